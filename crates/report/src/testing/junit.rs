//! JUnit's XML: a suite for each package, a case for each test. Times are left out, so that equal runs give equal texts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use portcullis_core::{Outcome, TestCase, TestReport};

use crate::escape::markup;

pub(super) fn write(report: &TestReport, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&TestCase>> = BTreeMap::new();
    for case in &report.cases {
        suites.entry(&case.group).or_default().push(case);
    }
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites{}>",
        counts(&report.cases.iter().collect::<Vec<_>>())
    )?;
    for (name, cases) in suites {
        writeln!(out, "  <testsuite name=\"{}\"{}>", markup(name), counts(&cases))?;
        for case in cases {
            write_case(case, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn counts(cases: &[&TestCase]) -> String {
    let of = |wanted: fn(&Outcome) -> bool| cases.iter().filter(|case| wanted(&case.outcome)).count();
    let failures = of(|outcome| matches!(outcome, Outcome::Failed(_)));
    let errors = of(|outcome| matches!(outcome, Outcome::Error(_)));
    let skipped = of(|outcome| matches!(outcome, Outcome::Skipped));
    format!(" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"", cases.len())
}

fn write_case(case: &TestCase, out: &mut dyn Write) -> io::Result<()> {
    let (name, class, file) = (markup(&case.name), markup(&case.group), markup(&case.path));
    write!(out, "    <testcase name=\"{name}\" classname=\"{class}\" file=\"{file}\" line=\"{}\"", case.line)?;
    let mut inner = String::new();
    let place = format!("{}:{}: ", case.path, case.line);
    match &case.outcome {
        Outcome::Passed => {}
        Outcome::Skipped => inner.push_str("      <skipped/>\n"),
        Outcome::Failed(reason) => inner.push_str(&told("failure", &place, reason)),
        Outcome::Error(reason) => inner.push_str(&told("error", &place, reason)),
    }
    if !case.prints.is_empty() {
        let printed = markup(&case.prints.join("\n"));
        inner.extend(["      <system-out>", &printed, "</system-out>\n"]);
    }
    if inner.is_empty() { writeln!(out, "/>") } else { write!(out, ">\n{inner}    </testcase>\n") }
}

fn told(element: &str, place: &str, reason: &str) -> String {
    format!("      <{element} message=\"{}\">{}</{element}>\n", markup(reason), markup(&format!("{place}{reason}")))
}
