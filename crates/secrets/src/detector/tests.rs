//! Every detector through the whole path of tokens: prefilter, window, decoys, checksums.

use std::collections::BTreeSet;

use super::sample::sample;
use super::window::compiled;
use super::*;

/// The detectors that speak, and what they take for a token.
fn told(text: &str) -> Vec<(&'static str, &str)> {
    window::found(text).into_iter().map(|it| (it.detector.id, text.get(it.range).unwrap_or_default())).collect()
}

#[test]
fn positives_are_found_once_and_by_their_own_detector() {
    let mut wrong = Vec::new();
    for detector in detectors() {
        for template in detector.positives {
            let text = sample(template);
            let told: Vec<&str> = told(&text).into_iter().map(|(id, _)| id).collect();
            if told != [detector.id] {
                wrong.push(format!("{}: {template}: {told:?}: {text}", detector.id));
            }
            let lower = text.to_lowercase();
            if !detector.keywords.iter().any(|keyword| lower.contains(keyword)) {
                wrong.push(format!("{}: {template}: no keyword", detector.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A window that begins too late or ends too early loses what the expression would match.
#[test]
fn keywords_stand_in_every_match_within_reach() {
    let mut wrong = Vec::new();
    for detector in detectors() {
        let form = compiled(detector);
        for template in detector.positives {
            let text = sample(template);
            let written = form.find(text.as_bytes()).map(|matched| matched.as_bytes().to_ascii_lowercase());
            let written = String::from_utf8_lossy(&written.unwrap_or_default()).into_owned();
            let mut places = detector.keywords.iter().filter_map(|keyword| written.find(keyword));
            if !places.any(|at| at <= detector.before && written.len() - at <= detector.reach) {
                wrong.push(format!("{}: no keyword in {written}", detector.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn negatives_are_silent() {
    let mut wrong = Vec::new();
    for detector in detectors() {
        for template in detector.negatives {
            let text = sample(template);
            if told(&text).iter().any(|(id, _)| *id == detector.id) {
                wrong.push(format!("{}: {template}: {text}", detector.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn declarations_are_complete() {
    let mut ids = BTreeSet::new();
    for detector in detectors() {
        let id = detector.id;
        assert!(id.starts_with("secret-") && ids.insert(id), "{id} is named twice or wrongly");
        assert!(
            detector.keywords.iter().all(|keyword| keyword.len() >= 3 && *keyword == keyword.to_lowercase()),
            "{id}"
        );
        assert!(
            !detector.keywords.is_empty() && !detector.positives.is_empty() && !detector.negatives.is_empty(),
            "{id}"
        );
        assert!(["a ", "an ", "the "].iter().any(|article| detector.what.starts_with(article)), "{id}");
        assert!(detector.title.ends_with(" is written in a file") && detector.docs.ends_with('.'), "{id}");
        assert_eq!(compiled(detector).captures_len() > 1, detector.pattern.contains("(?P<secret>"), "{id}");
    }
    assert!(ids.len() >= 110, "{}", ids.len());
}

/// A keyword that is everywhere would have every expression tried everywhere.
#[test]
fn keywords_are_rare() {
    let frequent = ["token", "secret", "password", "http", "https", "://", "api_key", "apikey", "auth", "key", "user"];
    for detector in detectors() {
        assert!(detector.keywords.iter().all(|keyword| !frequent.contains(keyword)), "{}", detector.id);
    }
}

/// The samples are made, so that nobody finds a token here.
#[test]
fn what_stands_around_a_token_decides() {
    let token = sample("ghp_{github}");
    let data = sample("{b90}");
    for (text, expected) in [
        (format!("a\n{token}\nb"), 1),
        (format!("{token} and {token}"), 2),
        (format!("x{token}"), 0),
        (format!("{token}x"), 0),
        (format!("{data}/{token}"), 0),
        (format!("sha512-{token}"), 0),
        (format!("data:font/woff2;base64,{token}"), 0),
        (format!("https://x:{token}@github.com/a/b"), 1),
        (format!("é{token}é"), 1),
    ] {
        assert_eq!(told(&text).len(), expected, "{text}");
    }
}

#[test]
fn tokens_are_named_by_what_stands_before_them() {
    let token = sample("ghp_{github}");
    for (before, expected) in [
        ("token: ", "token"),
        ("  \"auth.token\": \"", "auth.token"),
        ("export GH_TOKEN='", "GH_TOKEN"),
        ("token => ", "token"),
        ("--token=", "token"),
        ("clone ", ""),
        ("q7Zr2Lw9XbT40=", ""),
    ] {
        let text = format!("{before}{token}");
        let names: Vec<String> = tokens(&text).into_iter().map(|hit| hit.name.into_owned()).collect();
        assert_eq!(names, [expected], "{text}");
    }
}

/// Machines write long lines in which every name stands beside something random.
#[test]
fn long_lines_are_only_believed_where_the_form_is_certain() {
    let filler = "a=1;".repeat(600);
    let named = sample("HEROKU_API_KEY={uuid}");
    let certain = sample("ghp_{github}");
    assert_eq!(told(&named).len(), 1);
    assert_eq!(told(&format!("{filler}{named};{filler}")).len(), 0);
    assert_eq!(told(&format!("{filler}{certain};{filler}")).len(), 1);
}
