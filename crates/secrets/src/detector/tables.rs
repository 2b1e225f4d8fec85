//! What every declaration has to hold: its samples are found, what looks like them is not.

use regex::bytes::{Regex, RegexBuilder};

use super::sample::sample;
use super::{Detector, detectors};

#[test]
fn samples_are_found_and_what_looks_like_them_is_not() {
    let mut wrong = Vec::new();
    for detector in detectors() {
        let form = compile(detector);
        assert!(!detector.positives.is_empty() && !detector.negatives.is_empty(), "{} has samples", detector.id);
        for template in detector.positives {
            let text = sample(template);
            let found = secrets(detector, &form, &text);
            if found.len() != 1 {
                wrong.push(format!("{}: finds {found:?} in {text}", detector.id));
            }
        }
        for template in detector.negatives {
            let text = sample(template);
            let found = secrets(detector, &form, &text);
            if !found.is_empty() {
                wrong.push(format!("{}: finds {found:?} in {text}", detector.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn keywords_stand_in_every_match_within_reach() {
    let mut wrong = Vec::new();
    for detector in detectors() {
        let form = compile(detector);
        for keyword in detector.keywords {
            if keyword.len() < 3 || *keyword != keyword.to_ascii_lowercase() {
                wrong.push(format!("{}: keyword {keyword}", detector.id));
            }
        }
        if form.captures_len() > 1 && !detector.pattern.contains("(?P<secret>") {
            wrong.push(format!("{}: a group without a name", detector.id));
        }
        for template in detector.positives {
            let text = sample(template);
            let Some(matched) = form.find(text.as_bytes()) else { continue };
            let written = String::from_utf8_lossy(matched.as_bytes()).to_ascii_lowercase();
            let is_reached = detector
                .keywords
                .iter()
                .filter_map(|keyword| written.find(keyword))
                .any(|at| at <= detector.before && written.len() - at <= detector.reach);
            if !is_reached {
                wrong.push(format!("{}: no keyword in {written}", detector.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ids_are_unique_and_texts_complete() {
    let mut ids: Vec<_> = detectors().map(|detector| detector.id).collect();
    ids.sort_unstable();
    let repeated: Vec<_> = ids.iter().zip(ids.iter().skip(1)).filter(|(a, b)| a == b).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
    for detector in detectors() {
        let (id, what, title) = (detector.id, detector.what, detector.title);
        assert!(id.starts_with("secret-") && !title.ends_with('.'), "{id}");
        assert!(["a ", "an ", "the "].iter().any(|article| what.starts_with(article)), "{id}: {what}");
        assert!(detector.docs.ends_with('.'), "{id}");
    }
}

fn compile(detector: &Detector) -> Regex {
    RegexBuilder::new(detector.pattern)
        .unicode(false)
        .build()
        .unwrap_or_else(|error| panic!("{}: {error}", detector.id))
}

/// What the detector says of the text by its form, entropy and checksum.
fn secrets(detector: &Detector, form: &Regex, text: &str) -> Vec<String> {
    form.captures_iter(text.as_bytes())
        .filter_map(|captures| captures.name("secret").or_else(|| captures.get(0)))
        .map(|secret| String::from_utf8_lossy(secret.as_bytes()).into_owned())
        .filter(|secret| entropy(secret) >= detector.entropy)
        .filter(|secret| detector.verify.is_none_or(|verify| verify(secret)))
        .collect()
}

/// In bits for each byte.
fn entropy(text: &str) -> f32 {
    let mut counts = [0_u16; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = f32::from(u16::try_from(text.len()).expect("samples are short"));
    counts.iter().filter(|count| **count > 0).map(|count| f32::from(*count) / total).map(|p| -p * p.log2()).sum()
}
