//! The page's totals and charts: numbers first, bars as inline pictures, so that nothing is said by colour alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portcullis_core::{Finding, RuleIdx, ScanReport, Severity, UNKNOWN};

use super::{Folders, domain_number, shown};
use crate::domain::Domain;
use crate::escape::markup;
use crate::text::grouped;
use crate::{Glyphs, text};

/// Bars of a chart.
const MOST: usize = 8;

/// Severities and what has none, in the order of the page.
const NAMES: [&str; 6] = ["critical", "high", "medium", "low", "info", UNKNOWN];

/// Findings by severity, in the order of [`NAMES`].
type Counts = [usize; 6];

pub(super) fn overview(report: &ScanReport, findings: &[(usize, &Finding)], folders: &Folders) -> String {
    let active: Vec<&Finding> =
        findings.iter().map(|(_, finding)| *finding).filter(|finding| finding.suppressed.is_none()).collect();
    if active.is_empty() {
        return String::new();
    }
    let mut totals = Counts::default();
    let mut domains: BTreeMap<Domain, Counts> = BTreeMap::new();
    let mut of_folder: BTreeMap<usize, Counts> = BTreeMap::new();
    let mut rules: BTreeMap<RuleIdx, Counts> = BTreeMap::new();
    for finding in active {
        let rule = report.catalog.get(finding.rule);
        add(&mut totals, finding);
        add(domains.entry(Domain::of(rule)).or_default(), finding);
        add(of_folder.entry(folders.number(finding)).or_default(), finding);
        add(rules.entry(finding.rule).or_default(), finding);
    }
    let mut page = tiles(&totals);
    page.push_str("<div class=\"charts\">\n");
    let domains = Domain::ALL.into_iter().filter_map(|domain| {
        let counts = *domains.get(&domain)?;
        let target = format!("href=\"#findings\" data-domain=\"{}\"", domain_number(domain));
        Some(Bar { label: domain.title().to_owned(), target, counts })
    });
    page.push_str(&chart("By domain", domains.collect()));
    let of_folder = of_folder.into_iter().map(|(number, counts)| {
        let name = folders.names.get(number).map_or(".", String::as_str);
        let label = match name {
            "." => "top level".to_owned(),
            name => format!("<code>{}</code>", markup(&text::path(name, Glyphs::Unicode)).replace('/', "/<wbr>")),
        };
        Bar { label, target: format!("href=\"#findings\" data-folder=\"{number}\""), counts }
    });
    page.push_str(&chart("By folder", of_folder.collect()));
    let rules = rules.into_iter().map(|(index, counts)| {
        let rule = report.catalog.get(index);
        let (id, title) = (shown(&rule.id), shown(rule.title()));
        let target = format!("href=\"#findings\" data-rule=\"{id}\" title=\"{title}\"");
        Bar { label: format!("<code>{id}</code>"), target, counts }
    });
    page.push_str(&chart("By rule", rules.collect()));
    page.push_str("</div>\n");
    page
}

fn add(counts: &mut Counts, finding: &Finding) {
    let at = NAMES.iter().position(|name| *name == finding.severity_name()).unwrap_or(Severity::ALL.len());
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
}

/// A number for each severity, and one bar of them all.
fn tiles(totals: &Counts) -> String {
    let mut page = String::from("<section aria-label=\"By severity\"><ul class=\"tiles\">");
    for (name, count) in NAMES.iter().zip(totals) {
        if *count > 0 || *name != UNKNOWN {
            let _ = write!(
                page,
                "<li class=\"{name}\"><a href=\"#findings\" data-severity=\"{name}\"><b>{}</b> {name}</a></li>",
                grouped(*count)
            );
        }
    }
    let _ = writeln!(page, "</ul>{}</section>", picture(totals, totals.iter().sum(), "all"));
    page
}

struct Bar {
    /// Markup.
    label: String,
    /// Attributes of its link.
    target: String,
    counts: Counts,
}

/// The longest bars, and how many there are beside them.
fn chart(title: &str, mut bars: Vec<Bar>) -> String {
    let total = |bar: &Bar| bar.counts.iter().sum::<usize>();
    bars.sort_by_key(|bar| std::cmp::Reverse(total(bar)));
    let longest = bars.first().map_or(1, total);
    let mut page = format!("<section><h2>{title}</h2><ul class=\"bars\">");
    for bar in bars.iter().take(MOST) {
        let _ = write!(
            page,
            "<li><a {}><span class=\"name\">{}</span><span class=\"number\">{}</span>{}</a></li>",
            bar.target,
            bar.label,
            grouped(total(bar)),
            picture(&bar.counts, longest, "bar")
        );
    }
    page.push_str("</ul>");
    if let Some(more @ 1..) = bars.len().checked_sub(MOST) {
        let findings: usize = bars.iter().skip(MOST).map(total).sum();
        let _ = write!(page, "<p class=\"rest\">and {} in {} more</p>", grouped(findings), grouped(more));
    }
    page.push_str("</section>\n");
    page
}

/// The least width of a part, of the thousand that a bar has.
const LEAST: usize = 8;

/// A bar whose parts are the severities, `of` being its full length.
fn picture(counts: &Counts, of: usize, class: &str) -> String {
    let told: Vec<String> = NAMES
        .iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{} {name}", grouped(*count)))
        .collect();
    // What is there is seen, however little it is.
    let widths = counts.map(|count| if count == 0 { 0 } else { (1000 * count / of.max(1)).max(LEAST) });
    let full = widths.iter().sum::<usize>().max(1000);
    let mut picture = format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {full} 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">",
        told.join(", ")
    );
    let mut x = 0;
    for (name, width) in NAMES.iter().zip(widths).filter(|(_, width)| *width > 0) {
        let _ = write!(picture, "<rect class=\"{name}\" x=\"{x}\" width=\"{width}\" height=\"10\"/>");
        x += width;
    }
    picture.push_str("</svg>");
    picture
}
