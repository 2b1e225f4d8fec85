use std::borrow::Cow;

use portcullis_core::{
    Confidence, FixSafety, Location, Note, NoteKind, Position, RuleIdx, SealedFix, Severity, Span, SuppressedBy,
    Suppression,
};
use portcullis_report::{
    Color, Format, Glyphs, Links, Options, SuppressedFindings, Thousands, Verbosity, summary_line,
};

use crate::support::{Builder, options, report};

const POD: &str = "kind: Pod\nspec:\n  containers:\n    - privileged: true\n";

/// The findings alone, without the summary.
fn check(builder: &Builder, options: Options, expect: &str) {
    let written = builder.write(Format::Pretty, &Options { verbosity: Verbosity::Quiet, ..options });
    assert_eq!(written, expect, "\n{written}");
}

fn everything() -> Builder {
    report(&[("deploy/web.yaml", POD), ("svc.yaml", "selector: {app: web}\n")])
        .find("k8s-privileged-container", 0, "true", "container `web` runs privileged")
        .related(1, "{app: web}", "this service sends traffic to it")
        .last(|finding| {
            finding.help = Some("remove it; add only the capabilities that the program needs, no others".into());
            finding.also = vec![RuleIdx(2)];
            finding.confidence = Confidence::Low;
            let (title, edits) = ("remove it".to_owned(), Vec::new());
            finding.fix = Some(Box::new(SealedFix {
                safety: FixSafety::Safe,
                title,
                edits,
                holds_secret: false,
                precondition: 0,
            }));
        })
}

#[test]
fn a_finding_shows_its_line_related_places_help_and_peers() {
    check(
        &everything(),
        options(),
        "\
critical[k8s-privileged-container]: container `web` runs privileged
   ╭─[deploy/web.yaml:4:19]
 4 │     - privileged: true
   ·                   ────
   ╰────
   ╭─[svc.yaml:1:11]
 1 │ selector: {app: web}
   ·           ─────┬────
   ·                ╰── this service sends traffic to it
   ╰────
  help: remove it; add only the capabilities that the program needs, no others
        (fix available)
  note: confidence is low: a heuristic, so look before you act
  also: trivy KSV-0017, checkov CKV_K8S_16, polaris privileged

",
    );
}

#[test]
fn ascii_and_forty_columns() {
    check(
        &everything(),
        Options { width: 1, glyphs: Glyphs::Ascii, ..options() },
        "\
critical[k8s-privileged-container]:
  container `web` runs privileged
   ,-[deploy/web.yaml:4:19]
 4 |     - privileged: true
   :                   ^^^^
   `----
   ,-[svc.yaml:1:11]
 1 | selector: {app: web}
   :           ^^^^^|^^^^
   :                `-| this service
   :                  | sends traffic to
   :                  | it
   `----
  help: remove it; add only the
        capabilities that the program
        needs, no others (fix available)
  note: confidence is low: a heuristic,
        so look before you act
  also: trivy KSV-0017,
        checkov CKV_K8S_16,
        polaris privileged

",
    );
}

#[test]
fn colour_and_links_are_the_callers_choice() {
    let builder = report(&[("a", "x\n")]).find("docker-latest-tag", 0, "x", "m");
    check(
        &builder,
        Options { color: Color::Always, links: Links::Hyperlinks, ..options() },
        "\u{1b}[33;1m\u{1b}]8;;https://p.test/rules#docker-latest-tag\u{1b}\\medium[docker-latest-tag]\
         \u{1b}]8;;\u{1b}\\\u{1b}[0m: \u{1b}[1mm\u{1b}[0m
   ╭─[\u{1b}[36ma:1:1\u{1b}[0m]
 \u{1b}[2m1\u{1b}[0m │ x
   · \u{1b}[33;1m─\u{1b}[0m
   ╰────

",
    );
}

/// The drawn part of one finding over one line.
fn snippet(text: &str, marked: &str, expect: &str) {
    let builder = report(&[("f", text)]).find("docker-latest-tag", 0, marked, "m");
    let options = Options { width: 60, verbosity: Verbosity::Quiet, ..options() };
    let written = builder.write(Format::Pretty, &options);
    let drawn: Vec<&str> = written.lines().skip(2).take_while(|line| !line.contains('╰')).collect();
    assert_eq!(drawn.join("\n"), expect, "the span {marked:?}");
}

#[test]
fn underlines_stand_under_tabs_and_wide_characters() {
    snippet("a\tb: x", "x", " 1 │ a    b: x\n   ·         ─");
    snippet("名前: 値", "値", " 1 │ 名前: 値\n   ·       ──");
    snippet("e\u{301}: x", "x", " 1 │ e\u{301}: x\n   ·    ─");
}

#[test]
fn spans_of_no_width_and_of_many_lines_are_marked_on_one_line() {
    snippet("abc", "¦", " 1 │ abc\n   ·    ▲");
    snippet("", "¦", " 1 │\n   · ▲");
    snippet("a\n\nb", "\nb", " 2 │\n   · ▲");
    snippet("a: b\nc: d", "b\nc", " 1 │ a: b\n   ·    ─");
}

#[test]
fn long_lines_are_cut_around_the_span() {
    let (left, right) = ("x".repeat(5000), "y".repeat(5000));
    snippet(
        &format!("{left}<SPAN>{right}"),
        "<SPAN>",
        &format!(" 1 │ …{}<SPAN>{}…\n   ·                 ──────", "x".repeat(15), "y".repeat(32)),
    );
    snippet(&format!("a: <SPAN>{right}"), "<SPAN>", &format!(" 1 │ a: <SPAN>{}…\n   ·    ──────", "y".repeat(45)));
    snippet(
        &format!("{left}<SPAN>z"),
        "<SPAN>",
        &format!(" 1 │ …{}<SPAN>z\n   ·  {}──────", "x".repeat(47), " ".repeat(47)),
    );
    let drawn = "─".repeat(53);
    snippet(&format!("{left}{right}."), &right, &format!(" 1 │ …{}…\n   ·  {drawn}", "y".repeat(53)));
}

#[test]
fn every_line_fits_the_terminal() {
    let line = format!("{}\t{}値{}", "名".repeat(90), "é".repeat(90), "\u{7}x".repeat(90));
    let builder = report(&[("f", &line)]).find("docker-latest-tag", 0, "値", &"word ".repeat(60)).related(
        0,
        "\t",
        &"word ".repeat(30),
    );
    for width in 40..=200 {
        for line in builder.write(Format::Pretty, &Options { width, ..options() }).lines() {
            let wide: usize = line.chars().map(|c| if c == '名' || c == '値' { 2 } else { 1 }).sum();
            assert!(wide <= width, "{width}: {line}");
        }
    }
}

#[test]
fn hostile_text_cannot_reach_the_terminal() {
    let hostile = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{200b}\u{e0041}\u{7f}\r";
    let text = format!("{hostile}true");
    let builder = report(&[(hostile, &text)])
        .find("docker-latest-tag", 0, "true", &format!("m {hostile} \n x"))
        .related(0, "true", hostile)
        .last(|finding| {
            finding.help = Some(hostile.into());
            finding.suppressed =
                Some(Box::new(Suppression { by: SuppressedBy::Config, reason: Some(hostile.to_owned()) }));
        });
    let note = Note { path: hostile.to_owned(), kind: NoteKind::Other, message: hostile.to_owned() };
    let mut builder = builder;
    builder.report.notes.push(note);
    for format in [Format::Pretty, Format::Concise] {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let options =
                Options { glyphs, suppressed: SuppressedFindings::Include, verbosity: Verbosity::Verbose, ..options() };
            let written = builder.write(format, &options);
            assert!(written.contains("31m"), "{written:?}");
            let escaped = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}\u{e0041}".contains(c));
            assert!(!written.contains(escaped), "{written:?}");
        }
    }
}

#[test]
fn a_finding_without_its_line_names_the_place() {
    let builder = everything().last(|finding| finding.line = None);
    let written = builder.write(Format::Pretty, &options());
    assert!(written.contains("   ╭─[svc.yaml:1:11]"), "{written}");
    assert!(written.contains("  --> deploy/web.yaml:4:19\n"), "{written}");
}

#[test]
fn positions_that_do_not_fit_the_line_do_no_harm() {
    let far = Position { line: 9, column: 70_000, utf16: 70_000 };
    for (start, end) in [(far, far), (far, Position::default()), (Position::default(), Position::default())] {
        let builder = report(&[("f", "short")])
            .find("docker-latest-tag", 0, "short", "m")
            .last(|finding| finding.location = Location { span: Span::default(), start, end });
        for format in Format::ALL {
            let is_bill = format.needs().packages;
            assert_eq!(builder.write(format, &options()).contains("docker-latest-tag"), !is_bill, "{format}");
        }
    }
}

#[test]
fn suppressed_findings_are_left_out_or_marked() {
    let builder = report(&[("f", "x\n")]);
    let (at, _) = builder.place(0, "x");
    let builder = builder.find("docker-latest-tag", 0, "x", "m").last(|finding| {
        finding.suppressed =
            Some(Box::new(Suppression { by: SuppressedBy::Comment(at), reason: Some("known".to_owned()) }));
    });
    check(&builder, options(), "");
    check(
        &builder,
        Options { suppressed: SuppressedFindings::Include, ..options() },
        "\
medium[docker-latest-tag]: m
   ╭─[f:1:1]
 1 │ x
   · ─
   ╰────
  suppressed: by the comment at f:1:1: known

",
    );
}

#[test]
fn the_summary_counts_and_points_to_the_docs() {
    let mut builder = everything().find("docker-latest-tag", 0, "Pod", "m");
    let summary = |builder: &Builder| summary_line(&builder.report, &options());
    assert_eq!(summary(&builder), "2 findings: 1 critical, 1 medium · 2 files, 118 rules, 41 ms");
    let written = builder.write(Format::Pretty, &options());
    let closing = "2 findings: 1 critical, 1 medium · 2 files, 118 rules, 41 ms\n1 of 2 can be fixed with --fix\n\
                   portcullis explain k8s-privileged-container\n";
    assert!(written.ends_with(closing), "{written}");

    let last = builder.report.findings[1].clone();
    builder.report.findings.extend(std::iter::repeat_n(last, 1200));
    builder.report.stats.elapsed_ms = 12_345;
    let written = builder.write(Format::Pretty, &options());
    let top = "most frequent:\n    1,201  docker-latest-tag\n        1  k8s-privileged-container\n\n1,202 findings: ";
    assert!(written.contains(top), "{written}");
    assert!(summary(&builder).ends_with("12.3 s"));
    assert_eq!(summary(&report(&[("f", "x")])), "no findings · 1 file, 118 rules, 41 ms");
}

#[test]
fn thousands_are_told_by_their_rules() {
    let mut builder = everything().find("docker-latest-tag", 0, "Pod", "m");
    let last = builder.report.findings[1].clone();
    builder.report.findings.extend(std::iter::repeat_n(last, 2_500));
    let terminal = Options { thousands: Thousands::ByRule, ..options() };
    let written = builder.write(Format::Pretty, &terminal);
    let start = "by rule, with a place of each:\n\n\
                 critical       1  k8s-privileged-container deploy/web.yaml:4:19\n\
                 medium     2,501  docker-latest-tag deploy/web.yaml:1:7\n\n\
                 -v shows each finding with its source line, ";
    assert!(written.starts_with(start), "{written}");
    assert!(!written.contains("most frequent"), "{written}");
    for options in [Options { verbosity: Verbosity::Verbose, ..terminal }, options()] {
        let all = builder.write(Format::Pretty, &options);
        assert_eq!(all.matches("medium[docker-latest-tag]").count(), 2_501);
    }
}

#[test]
fn the_summary_says_what_can_be_fixed() {
    let mut builder = everything();
    for (safety, suppressed) in [(FixSafety::Safe, true), (FixSafety::Unsafe, false)] {
        builder = builder.find("docker-latest-tag", 0, "true", "m").last(|finding| {
            let (title, edits) = ("t".to_owned(), Vec::new());
            finding.fix = Some(Box::new(SealedFix { safety, title, edits, holds_secret: false, precondition: 0 }));
            finding.suppressed = suppressed.then(|| Box::new(Suppression { by: SuppressedBy::Baseline, reason: None }));
        });
    }
    let written = builder.write(Format::Pretty, &options());
    assert!(written.contains("\n1 of 2 can be fixed with --fix, 1 more with --fix --unsafe-fixes\n"), "{written}");
    assert_eq!(written.matches("fix available").count(), 1);
}

#[test]
fn concise_is_one_line_each() {
    let builder = report(&[("a b.yaml", "é: x\n")])
        .find("docker-latest-tag", 0, "x", "tag\nmissing")
        .last(|finding| finding.severity = Severity::High)
        .find("k8s-privileged-container", 0, "é", "m")
        .last(|finding| finding.message = Cow::Borrowed("privileged"))
        .last(|finding| finding.help = Some(Cow::Borrowed("remove it")))
        .find("docker-latest-tag", 0, "x", "tga")
        .last(|finding| finding.help = Some(Cow::Borrowed("did you mean `tag`?")));
    assert_eq!(
        builder.write(Format::Concise, &options()),
        "a b.yaml:1:4: high[docker-latest-tag] tag missing\na b.yaml:1:1: critical[k8s-privileged-container] privileged\n\
         a b.yaml:1:4: medium[docker-latest-tag] tga (did you mean `tag`?)\n"
    );
}
