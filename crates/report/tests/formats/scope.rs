//! What reports say of their own limits: what was scanned, what was not, what is hidden and what is left out.

use portcullis_core::{FileKind, Note, NoteKind, SuppressedBy, Suppression};
use portcullis_report::{Format, Options, SuppressedFindings, Verbosity, summary_line};

use crate::support::{Builder, options, report};

/// So many findings, all but the first of medium severity.
fn many(number: u32) -> Builder {
    let mut builder = report(&[("a.yaml", "x\n")]).find("docker-latest-tag", 0, "x", "m");
    let medium = builder.report.findings[0].clone();
    builder = builder.find("k8s-privileged-container", 0, "x", "m");
    builder.report.findings.remove(0);
    builder.report.findings.extend((1..number).map(|line| {
        let mut finding = medium.clone();
        finding.location.start.line = line;
        finding.location.end.line = line;
        finding.message = format!("what is wrong at line {line}").into();
        finding
    }));
    builder
}

#[test]
fn what_is_left_out_is_returned_as_well() {
    let written = |number: u32, format: Format| {
        portcullis_report::write(&many(number).report, format, &options(), &mut std::io::sink()).unwrap()
    };
    for (number, format, expected) in [
        (11, Format::Github, None),
        (5_000, Format::Sarif, None),
        (
            12_000,
            Format::Sarif,
            Some("12,000 findings are in it, the most severe first: code scanning shows 5,000".to_owned()),
        ),
        (
            25_010,
            Format::Sarif,
            Some(
                "the 25,000 most severe of 25,010 findings are in it: code scanning takes no more, and shows 5,000"
                    .to_owned(),
            ),
        ),
        (20_000, Format::Html, None),
        (
            20_010,
            Format::Html,
            Some("the 20,000 most severe of 20,010 findings are in it: browsers show no more at once".to_owned()),
        ),
        (
            200,
            Format::Github,
            Some(
                "the 11 most severe of each level of 200 findings are in it: GitHub shows 10 of each level".to_owned(),
            ),
        ),
        (100, Format::Markdown, None),
        (20_000, Format::Json, None),
    ] {
        assert_eq!(written(number, format), expected, "{number} {format}");
    }
    let markdown = written(20_000, Format::Markdown).unwrap();
    assert!(markdown.ends_with("of 20,000 findings are in it: a summary has a limit"), "{markdown}");
}

/// No findings in nothing say nothing.
#[test]
fn a_report_of_nothing_says_so() {
    let empty = report(&[]);
    let mut templates = report(&[("a.j2", "x\n")]);
    templates.report.stats.kinds.add(FileKind::Template, 1);
    for builder in [&empty, &templates] {
        for (format, expected) in [
            (Format::Pretty, "nothing was scanned · "),
            (Format::Markdown, "## portcullis: nothing was scanned\n"),
            (Format::Html, "<h1>nothing was scanned</h1>"),
            (
                Format::Junit,
                "<testcase name=\"nothing was scanned\" classname=\"portcullis\" time=\"0\">\n      <skipped/>",
            ),
        ] {
            let written = builder.write(format, &options());
            assert!(written.contains(expected), "{format}: {written}");
            assert!(!written.contains("no findings") && !written.contains("Every rule that was on holds"), "{format}");
        }
    }
    assert!(empty.write(Format::Junit, &options()).contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""));
    let mut searched = report(&[]);
    searched.report.stats.searched = 1;
    assert_eq!(
        summary_line(&searched.report, &options()),
        "no findings · 1 text searched for secrets, 118 rules, 41 ms"
    );
}

/// Somebody decided about what is suppressed; a baseline is what nobody has looked at yet.
#[test]
fn what_a_baseline_knows_is_counted_apart() {
    let hide = |by: SuppressedBy| Some(Box::new(Suppression { by, reason: None }));
    let mut builder = many(5);
    for (finding, by) in builder.report.findings.iter_mut().skip(1).zip([
        SuppressedBy::Baseline,
        SuppressedBy::Config,
        SuppressedBy::Baseline,
    ]) {
        finding.suppressed = hide(by);
    }
    for (format, expected) in [
        (Format::Pretty, " · 1 suppressed · 2 in the baseline · "),
        (Format::Markdown, "\n1 suppressed · 2 in the baseline · 1 file, 118 rules\n"),
        (Format::Html, "<p>1 suppressed · 2 in the baseline · 1 file, 118 rules · "),
    ] {
        let written = builder.write(format, &options());
        assert!(written.contains(expected), "{format}: {written}");
    }
    let all = Options { suppressed: SuppressedFindings::Include, ..options() };
    for (format, baseline, config) in [
        (Format::Pretty, "  known: in the baseline\n", "  suppressed: by the configuration\n"),
        (Format::Concise, " (in the baseline)\n", " (suppressed by config)\n"),
        (Format::Markdown, " (in the baseline) |", " (suppressed by config) |"),
        (
            Format::Html,
            "<p class=\"more\">in the baseline</p>",
            "<p class=\"more\">suppressed by the configuration</p>",
        ),
    ] {
        let written = builder.write(format, &all);
        assert_eq!((written.matches(baseline).count(), written.matches(config).count()), (2, 1), "{format}: {written}");
    }
}

#[test]
fn the_summary_says_what_was_scanned_and_what_was_not() {
    let mut builder = report(&[("a.yaml", "x\n")]);
    let report = &mut builder.report;
    report.stats.files = 1_240;
    for (kind, count) in [
        (FileKind::Kubernetes, 1_200),
        (FileKind::Docker, 12),
        (FileKind::Other, 25),
        (FileKind::Template, 2),
        (FileKind::Unreadable, 1),
    ] {
        report.stats.kinds.add(kind, count);
    }
    report.excluded = vec!["a/node_modules/".to_owned(), "b/vendor/".to_owned(), "c/x.yaml".to_owned()];
    for (path, kind) in
        [("k/kustomization.yaml", NoteKind::Unbuilt), ("a.j2", NoteKind::Template), ("", NoteKind::Unknown)]
    {
        report.notes.push(Note { path: path.to_owned(), kind, message: "why".to_owned() });
    }
    let wide = Options { width: 200, ..options() };
    assert_eq!(
        builder.write(Format::Pretty, &wide),
        "no findings · 1,240 files, 118 rules, 41 ms\n\
         scanned: 1,200 Kubernetes, 12 Docker, 25 other files · not judged: 2 templates, 1 unreadable file, 1 kustomization · \
         excluded: 2 folders, 1 file · 2 notes (-v lists them)\n"
    );
    let verbose = Options { verbosity: Verbosity::Verbose, ..wide.clone() };
    let written = builder.write(Format::Pretty, &verbose);
    assert!(
        written.starts_with(
            "excluded: a/node_modules/\nexcluded: b/vendor/\nexcluded: c/x.yaml\nnote: k/kustomization.yaml: why\n"
        ),
        "{written}"
    );
    assert!(written.ends_with(" · excluded: 2 folders, 1 file\n"), "{written}");
    for width in [40, 80] {
        let narrow = builder.write(Format::Pretty, &Options { width, ..options() });
        assert!(narrow.lines().all(|line| line.chars().count() <= width), "{narrow}");
    }
    // One file needs no list.
    let mut one = crate::support::report(&[("a.yaml", "x\n")]);
    one.report.stats.kinds.add(FileKind::Docker, 1);
    assert_eq!(one.write(Format::Pretty, &options()), "no findings · 1 file, 118 rules, 41 ms\n");
}

/// A runner looks past blanks for `::`, and for `##[` anywhere.
#[test]
fn no_line_for_people_is_a_command() {
    let says = "a ::error::b ##[error]c\n::add-mask::d ".repeat(30);
    for (path, shown) in [
        ("::error::x", "./::error::x:1:1: "),
        ("\u{3000}::error::x", "./\u{3000}::error::x:1:1: "),
        ("a/##[error]x", "a/##\u{fffd}[error]x:1:1: "),
        ("a::b", "a::b:1:1: "),
    ] {
        let builder = report(&[(path, "##[add-mask]x ::warning::\n")]).find("docker-latest-tag", 0, "add", &says);
        let builder = builder.last(|finding| finding.help = Some(says.clone().into()));
        let concise = builder.write(Format::Concise, &options());
        assert!(concise.starts_with(&shown.replace(":1:1", ":1:4")), "{concise}");
        for width in 40..60 {
            for format in [Format::Pretty, Format::Concise] {
                let written = builder.write(format, &Options { width, ..options() });
                assert!(!written.contains("##["), "{written}");
                assert!(!written.lines().any(|line| line.trim_start().starts_with("::")), "{written}");
            }
        }
    }
}

/// What no system takes as a path may stand in the index of a repository.
#[test]
fn paths_that_cannot_be_are_cut() {
    let path = "folder/".repeat(10_000) + "a.yaml";
    let builder = report(&[(&path, "x\n")]).find("docker-latest-tag", 0, "x", "m").related(0, "x", "here");
    for (format, most) in [
        (Format::Pretty, 600),
        (Format::Concise, 4_200),
        (Format::Markdown, 1_000),
        (Format::Junit, 4_300),
        (Format::Csv, 4_300),
    ] {
        let written = builder.write(format, &options());
        let longest = written.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= most, "{format}: {longest}");
        assert!(written.contains("a.yaml:1") || written.contains("a.yaml,1"), "{format}: {written}");
    }
    let page = builder.write(Format::Html, &options());
    assert!(page.len() < 40_000, "{}", page.len());
}
