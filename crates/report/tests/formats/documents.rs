//! The summary in Markdown and the page in HTML.

use portcullis_core::{Commit, Note, NoteKind, ScanError};
use portcullis_report::{FileLinks, Format, Options};

use crate::support::{Builder, options, report};

fn one(path: &str, text: &str, marked: &str, message: &str) -> Builder {
    report(&[(path, text)]).find("k8s-privileged-container", 0, marked, message)
}

/// So many findings with messages of their own, by turns medium and critical.
fn many(number: u32) -> Builder {
    let mut builder = one("k8s/web.yaml", "x\n", "x", "m").find("docker-latest-tag", 0, "x", "m");
    let [critical, medium] = [builder.report.findings[0].clone(), builder.report.findings[1].clone()];
    builder.report.findings = (1..=number)
        .map(|line| {
            let mut finding = if line % 2 == 0 { critical.clone() } else { medium.clone() };
            finding.location.start.line = line;
            finding.location.end.line = line;
            finding.message = format!("what is wrong at line {line}").into();
            finding
        })
        .collect();
    builder
}

#[test]
fn a_summary_has_totals_and_findings() {
    let mut builder = one("k8s/a b.yaml", "x\n", "x", "container `web` runs privileged")
        .last(|finding| finding.help = Some("remove it".into()));
    builder.report.errors.push(ScanError::Path { path: "q".into(), reason: "gone".to_owned() });
    let files = FileLinks { base: "https://git.test/a/b/blob".to_owned(), revision: "c0ffee".to_owned() };
    let written = builder.write(Format::Markdown, &Options { files: Some(files), ..options() });
    assert_eq!(
        written,
        "\
## portcullis: 1 finding

| critical | high | medium | low | info |
| ---: | ---: | ---: | ---: | ---: |
| 1 | 0 | 0 | 0 | 0 |

1 file, 118 rules

### The scan is not complete

- q: gone

<details open><summary><b>critical</b>: 1</summary>

| place | finding | rule |
| --- | --- | --- |
| [<code>k8s/a b.yaml:1</code>](https://git.test/a/b/blob/c0ffee/k8s/a%20b.yaml#L1) | container <code>web</code> runs privileged<br>→ remove it | [<code>k8s-privileged-container</code>](https://p.test/rules#k8s-privileged-container) |

</details>

"
    );
    let clean = report(&[("a.yaml", "x\n")]).write(Format::Markdown, &options());
    assert_eq!(clean, "## portcullis: no findings\n\n1 file, 118 rules\n\n");
}

/// Found in an older commit, a line is to be read there.
#[test]
fn a_finding_of_history_links_to_its_commit() {
    let builder = one("a.yaml", "x\n", "x", "m").last(|finding| {
        finding.commit = Some(Commit { day: "2024-05-01".to_owned(), id: "abc123".to_owned() }.into());
    });
    let files = FileLinks { base: "https://git.test".to_owned(), revision: "c0ffee".to_owned() };
    for format in [Format::Markdown, Format::Html] {
        let written = builder.write(format, &Options { files: Some(files.clone()), ..options() });
        assert!(written.contains("https://git.test/abc123/a.yaml#L1"), "{written}");
        assert!(written.contains("in commit abc123 of 2024-05-01"), "{written}");
    }
}

#[test]
fn nothing_scanned_writes_markdown() {
    let cases = [
        ("a|b", "a&#124;b"),
        ("<b>&", "&#60;b&#62;&#38;"),
        ("*x* _y_ ~z~", "&#42;x&#42; &#95;y&#95; &#126;z&#126;"),
        ("[a](http://b.test)", "&#91;a&#93;(http&#58;&#8203;//b.test)"),
        ("www.b.test", "www&#46;&#8203;b.test"),
        ("@team and a@b", "&#64;&#8203;team and a&#64;&#8203;b"),
        ("#12", "&#35;&#8203;12"),
        ("$x$ \\| \\`", "&#36;x&#36; &#92;&#124; &#92;&#96;"),
        ("one `a|<b>@c` two", "one <code>a&#124;&#60;b&#62;&#64;c</code> two"),
        ("a\nb", "a b"),
    ];
    for (message, expected) in cases {
        let written = one("f", "x\n", "x", message).write(Format::Markdown, &options());
        let row = written.lines().find(|line| line.starts_with("| <code>")).unwrap();
        assert_eq!(row.split(" | ").nth(1), Some(expected), "{message}");
    }
}

/// GitHub refuses a longer summary as a whole.
#[test]
fn a_summary_stays_below_its_limit_and_says_what_it_left_out() {
    for (limit, least) in [(usize::MAX, 900_000), (200_000, 190_000), (0, 120_000)] {
        let written = many(20_000).write(Format::Markdown, &Options { summary_limit: limit, ..options() });
        let most = limit.clamp(128 << 10, 1 << 20);
        assert!((least..=most).contains(&written.len()), "{limit}: {}", written.len());
        assert_eq!(written.matches("<details").count(), written.matches("</details>").count());
        assert!(written.contains("| 10,000 | critical | "), "totals count what is left out");
        let last = written.lines().last().unwrap();
        assert!(last.starts_with("Left out here, because a summary has a limit: "), "{last}");
        assert!(last.ends_with(" medium."), "{last}");
    }
}

#[test]
fn a_page_has_every_finding_with_its_line() {
    let mut builder =
        one("k8s/prod/web.yaml", "spec:\n\t  privileged: true # <b>\n", "true", "container `<web>` is \"privileged\"")
            .last(|finding| finding.help = Some("remove `privileged`".into()))
            .related(0, "spec", "of this pod");
    builder.report.notes.push(Note { path: "<n>".to_owned(), kind: NoteKind::Other, message: "left out".to_owned() });
    let page = builder.write(Format::Html, &options());
    for expected in [
        "<title>portcullis: 1 finding</title>",
        "<td class=\"critical\">critical</td><td><p>container <code>&lt;web&gt;</code> is &quot;privileged&quot;</p>",
        "<pre><i>2</i> privileged: <mark>true</mark> # &lt;b&gt;</pre>",
        "<p class=\"help\">remove <code>privileged</code></p>",
        "<p class=\"more\"><code>k8s/prod/web.yaml:1:1</code> of this pod</p>",
        "<a href=\"https://p.test/rules#k8s-privileged-container\">k8s-privileged-container</a>",
        "<small>trivy KSV-0017, checkov CKV_K8S_16</small>",
        "<span>k8s/<wbr>prod/<wbr>web.yaml<wbr>:2:16</span>",
        "data-domain=\"0\"><span class=\"name\">Kubernetes</span><span class=\"number\">1</span>",
        "data-folder=\"0\"><span class=\"name\"><code>k8s/<wbr>prod</code></span>",
        "aria-label=\"1 critical\"",
        "<li>&lt;n&gt;: left out</li>",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
}

#[test]
fn a_page_of_too_many_findings_keeps_the_worst_and_counts_all() {
    let page = many(20_010).write(Format::Html, &options());
    assert_eq!(page.matches("<tr data-n=").count(), 20_000);
    assert_eq!(page.matches("<td class=\"critical\">").count(), 10_005);
    assert!(page.contains("<h1>20,010 findings</h1>"));
    assert!(page.contains("10 findings of the lowest severity left out of this page, which shows 20,000;"));
}

#[test]
fn a_page_without_findings_says_so() {
    let page = report(&[("a.yaml", "x\n")]).write(Format::Html, &options());
    assert!(page.contains("<h1>no findings</h1>") && page.contains("Nothing to report."), "{page}");
    assert!(!page.contains("<table"), "{page}");
}
