//! `html`: one page that needs nothing else: totals, charts, and every finding with its source line.
//!
//! All of it is there without scripts; those only filter, sort and change the theme. The page loads nothing: its policy
//! allows the one style and the one script in it by their hashes, so that not even a fault in the escaping could run what
//! was scanned. Nothing in it depends on when or where it was made.

mod charts;
mod row;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_core::{Finding, ScanReport};
use sha2::{Digest as _, Sha256};

use crate::domain::Domain;
use crate::escape::markup;
use crate::summary::{NOTHING, hidden, looked_at};
use crate::text::{clean, count, grouped};
use crate::{Glyphs, Options, stream, text};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Findings that a browser still shows at once; the totals count all.
const MAX_ROWS: usize = 20_000;

/// Notes and errors that are shown.
const MAX_NOTES: usize = 500;

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<Option<String>> {
    let mut findings: Vec<(usize, &Finding)> = options.shown(report).into_iter().enumerate().collect();
    // Within a severity the report's order stays: path, span, rule.
    findings.sort_by_key(|(_, finding)| (finding.suppressed.is_some(), Reverse(finding.severity)));
    let folders = Folders::of(report, &findings);
    out.write_all(head(report, options).as_bytes())?;
    out.write_all(charts::overview(report, &findings, &folders).as_bytes())?;
    let shown = findings.get(..MAX_ROWS).unwrap_or(&findings);
    if !shown.is_empty() {
        out.write_all(TABLE.replace("{names}", &names(&folders)?).as_bytes())?;
        stream::write(shown, out, |(at, finding), buffer| {
            buffer.extend_from_slice(row::row(report, options, finding, *at, &folders).as_bytes());
        })?;
        out.write_all(b"</tbody></table>\n")?;
    }
    out.write_all(tail(report, options, findings.len() - shown.len()).as_bytes())?;
    Ok(crate::left_out(shown.len(), findings.len(), "browsers show no more at once"))
}

/// The folders of the findings, numbered in the order of their names.
struct Folders {
    names: Vec<String>,
    of_file: HashMap<u32, usize>,
}

impl Folders {
    fn of(report: &ScanReport, findings: &[(usize, &Finding)]) -> Self {
        let mut files: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut seen = HashMap::new();
        for (_, finding) in findings {
            let file = finding.location.file();
            if seen.insert(file.0, 0).is_none() {
                files.entry(folder(report.path(file)).to_owned()).or_default().push(file.0);
            }
        }
        for (number, files) in files.values().enumerate() {
            seen.extend(files.iter().map(|file| (*file, number)));
        }
        Self { names: files.into_keys().collect(), of_file: seen }
    }

    fn number(&self, finding: &Finding) -> usize {
        self.of_file.get(&finding.location.file().0).copied().unwrap_or_default()
    }
}

/// The first two levels of a file's folder.
fn folder(path: &str) -> &str {
    let Some((folder, _)) = path.rsplit_once('/') else { return "." };
    let end = folder.match_indices('/').nth(1).map_or(folder.len(), |(at, _)| at);
    folder.get(..end).unwrap_or(folder)
}

/// Text of files on one line, in content or between double quotes.
fn shown(text: &str) -> String {
    markup(&clean(text, Glyphs::Unicode))
}

/// What the page's policy knows a style or a script by.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn head(report: &ScanReport, options: &Options) -> String {
    let title = match report.summary().total() {
        0 if report.stats.is_nothing() => NOTHING.replace('\u{a0}', " "),
        0 => "no findings".to_owned(),
        total => count(total, "finding").replace('\u{a0}', " "),
    };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {}; \
         img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>portcullis: {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n<header><div>\n<h1>{title}</h1>\n<p>",
        hash(STYLE),
        hash(SCRIPT),
    );
    for part in hidden(&report.summary()) {
        let _ = write!(page, "{} · ", part.replace('\u{a0}', " "));
    }
    let _ = write!(
        page,
        "{} · portcullis {} · <time>{}</time></p>\n</div><button id=\"theme\" type=\"button\" hidden>Dark</button></header>\n<main>\n",
        looked_at(&report.stats).replace('\u{a0}', " "),
        shown(&options.tool.version),
        shown(&options.day)
    );
    if !report.errors.is_empty() {
        page.push_str("<section class=\"errors\" role=\"alert\"><h2>The scan is not complete</h2><ul>");
        for error in report.errors.iter().take(MAX_NOTES) {
            let _ = write!(page, "<li>{}</li>", shown(&error.to_string()));
        }
        page.push_str("</ul></section>\n");
    }
    page
}

/// Controls are hidden until the script that serves them runs.
const TABLE: &str = "<h2 id=\"findings\">Findings</h2>\n\
    <form id=\"controls\" role=\"search\" hidden>\n\
    <input id=\"search\" type=\"search\" placeholder=\"Filter: text, rule, path, CVE\" aria-label=\"Filter the findings\" \
    autocomplete=\"off\" spellcheck=\"false\" aria-keyshortcuts=\"/\">\n\
    <fieldset id=\"severities\"><legend>Severity</legend></fieldset>\n\
    <select id=\"domain\" aria-label=\"Domain\"><option value=\"\">All domains</option></select>\n\
    <select id=\"folder\" aria-label=\"Folder\"><option value=\"\">All folders</option></select>\n\
    <button id=\"reset\" type=\"reset\">Reset</button>\n\
    <output id=\"count\" aria-live=\"polite\"></output>\n\
    </form>\n\
    <div id=\"under\" class=\"under\" hidden><span id=\"keys\"><kbd>/</kbd> filters, <kbd>j</kbd> and <kbd>k</kbd> go down and \
    up, <kbd>Esc</kbd> clears</span><label class=\"pill\"><input id=\"brief\" type=\"checkbox\" form=\"controls\">Brief</label></div>\n\
    <table id=\"table\" data-names=\"{names}\"><thead><tr><th scope=\"col\" data-key=\"severity\">Severity</th><th scope=\"col\" \
    data-key=\"finding\">Finding</th><th scope=\"col\" data-key=\"rule\">Rule</th><th scope=\"col\" \
    data-key=\"place\">Place</th></tr></thead>\n<tbody>\n";

fn tail(report: &ScanReport, options: &Options, left_out: usize) -> String {
    let mut page = String::new();
    if report.stats.is_nothing() {
        page.push_str(
            "<p class=\"none\">No file was there that could be judged: this says nothing about what is there.</p>\n",
        );
    } else if report.summary().total() == 0 && report.errors.is_empty() {
        page.push_str("<p class=\"none\">Nothing to report. Every rule that was on holds.</p>\n");
    }
    page.push_str("<p class=\"none\" id=\"nothing\" hidden>No finding is like that.</p>\n");
    if left_out > 0 {
        let _ = writeln!(
            page,
            "<p class=\"none\">{} of the lowest severity left out of this page, which shows {}; the numbers above count \
             them.</p>",
            count(left_out, "finding").replace('\u{a0}', " "),
            grouped(MAX_ROWS)
        );
    }
    let notes: Vec<_> = report.notes.iter().filter(|note| !note.is_minor()).collect();
    if !notes.is_empty() {
        let _ = write!(page, "<details class=\"notes\"><summary>{}</summary><ul>", count(notes.len(), "note"));
        for note in notes.iter().take(MAX_NOTES) {
            let place = if note.path.is_empty() {
                String::new()
            } else {
                format!("{}: ", text::path(&note.path, Glyphs::Unicode))
            };
            let _ = write!(page, "<li>{}</li>", shown(&format!("{place}{}", note.message)));
        }
        if let Some(more @ 1..) = notes.len().checked_sub(MAX_NOTES) {
            let _ = write!(page, "<li>and {} more</li>", grouped(more));
        }
        page.push_str("</ul></details>\n");
    }
    let _ = write!(
        page,
        "</main>\n<footer>Written by <a href=\"{}\">portcullis {}</a>. Secrets are masked.</footer>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        shown(&options.tool.uri),
        shown(&options.tool.version)
    );
    page
}

/// What the numbers of the rows stand for.
fn names(folders: &Folders) -> io::Result<String> {
    let domains = Domain::ALL.map(Domain::title);
    let folders: Vec<_> = folders.names.iter().map(|name| text::path(name, Glyphs::Unicode)).collect();
    Ok(markup(&serde_json::to_string(&serde_json::json!({ "domains": domains, "folders": folders }))?))
}

/// A domain's number in the page.
fn domain_number(domain: Domain) -> usize {
    domain as usize
}
