//! Files that scanners wrote: SARIF, and the reports of this program.
//!
//! They quote what was found and the docs of rules, where a name stands beside a value as it does in a setting, and a directive
//! as it does in a comment. Neither was written for the file: only what has a form of its own is a secret there. A token that
//! leaked into a report has leaked.

use memchr::memmem;

/// Bytes at the start, and at the end, in which a report says what it is.
const HEAD: usize = 2048;

/// Whether a text is a report of findings.
pub fn is_report(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or(text);
    match text.as_bytes().first() {
        Some(b'{') => is_of_json(head) || is_sarif(head, text),
        Some(b'[') => {
            let first = head.trim_start_matches('[').trim_start();
            first.starts_with(r#"{"schema":"portcullis"#)
                || first.starts_with(r#"{"type":"issue","check_name":""#) && first.contains(r#""fingerprint":""#)
        }
        Some(b'<') => is_of_markup(head),
        Some(_) => STARTS.iter().any(|start| text.starts_with(start)),
        None => false,
    }
}

/// How reports in formats begin that have no structure: Markdown, CSV.
const STARTS: &[&str] = &["## portcullis: ", "path,line,column,end_line,end_column,severity,confidence,rule,message,"];

/// Our JSON, the lines of it, baselines, and security reports for GitLab.
fn is_of_json(head: &str) -> bool {
    head.starts_with(r#"{"schema":"portcullis"#)
        || head.starts_with(r#"{"rule":""#) && head.contains(r#","severity":""#) && head.contains(r#","confidence":""#)
        || head.contains(r#""scan":{"analyzer":{"id":"portcullis""#)
}

/// Our page, and JUnit's XML as we write it. Not more of either: tests of programs print what they like.
fn is_of_markup(head: &str) -> bool {
    let has = |what: &str| head.contains(what);
    has("<title>portcullis: ") && has("http-equiv=\"Content-Security-Policy\"")
        || has("<testsuites>") && has(" package=\"portcullis\" ")
}

/// Whoever wrote it: `$schema` and `version` may stand behind the runs.
fn is_sarif(head: &str, text: &str) -> bool {
    let tail = text.get(text.floor_char_boundary(text.len().saturating_sub(HEAD))..).unwrap_or_default();
    let has = |what: &str| memmem::find(text.as_bytes(), what.as_bytes()).is_some();
    let names_schema = |part: &str| {
        let schema = part.split_once("\"$schema\"").map_or("", |(_, behind)| behind);
        let value = schema.trim_start_matches([' ', '\t', ':']).strip_prefix('"').unwrap_or_default();
        value.split('"').next().unwrap_or_default().to_ascii_lowercase().contains("sarif")
    };
    let has_version = |part: &str| {
        let behind = part.split("\"version\"").skip(1);
        behind
            .map(|it| it.trim_start_matches([' ', ':', '\t']))
            .any(|it| it.starts_with("\"2.1.") || it.starts_with("\"2.0."))
    };
    let says_so = |part: &str| names_schema(part) || has_version(part) && has("\"tool\"") && has("\"driver\"");
    (says_so(head) || says_so(tail)) && has("\"runs\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_known_by_their_heads() {
        let long = "x".repeat(3 * HEAD);
        for (text, expected) in [
            (
                r#"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[]}"#.to_owned(),
                true,
            ),
            (
                "\u{feff}{\n  \"version\" : \"2.1.0\",\n  \"runs\": [ { \"tool\": { \"driver\": {} } } ]\n}".to_owned(),
                true,
            ),
            (format!(r#"{{"runs":[{{"x":"{long}"}}],"$schema":"https://example.com/Sarif/schema.json"}}"#), true),
            (format!(r#"{{"runs":[{{"x":"{long}","tool":{{"driver":{{}}}}}}],"version":"2.1.0"}}"#), true),
            (r#"{"version":"2.1.0","runs":"npm start"}"#.to_owned(), false),
            (r#"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json"}"#.to_owned(), false),
            (r#"{"$schema":"https://json.schemastore.org/package.json","runs":{},"about":"sarif"}"#.to_owned(), false),
            (r#"{"schema":"portcullis/1","tool":{}}"#.to_owned(), true),
            (r#"{"rule":"secret-password","severity":"medium","confidence":"high"}"#.to_owned(), true),
            (r#"{"rule":"a","password":"b"}"#.to_owned(), false),
            ("[\n{\"type\":\"issue\",\"check_name\":\"a\",\"fingerprint\":\"b\"}]".to_owned(), true),
            ("[{\"type\":\"issue\"}]".to_owned(), false),
            ("[{\"schema\":\"portcullis-baseline/1\"}\n]".to_owned(), true),
            (
                "<?xml version=\"1.0\"?>\n<testsuites>\n  <testsuite name=\"a\" package=\"portcullis\" id=\"0\">"
                    .to_owned(),
                true,
            ),
            ("<testsuites>\n  <testsuite name=\"a\" package=\"web\">".to_owned(), false),
            ("<html><title>portcullis: how to</title>".to_owned(), false),
            ("## portcullis: 3 findings\n".to_owned(), true),
            ("# portcullis\n".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_report(&text), expected, "{}", text.chars().take(120).collect::<String>());
        }
    }
}
