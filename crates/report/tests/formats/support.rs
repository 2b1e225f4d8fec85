//! Reports made from sources: a finding is said by file, rule and the text that it marks.

use std::borrow::Cow;
use std::sync::Arc;

use portcullis_core::{
    Catalog, Confidence, FileId, Finding, Fingerprint, LineIndex, Location, Related, RootPaths, RuleMeta, ScanReport,
    Severity, Span, Stats, Words, line_hashes,
};
use portcullis_report::{Format, Options, Tool};

/// Three rules: with everything, with little, and one that gives way to the first.
pub(crate) fn catalog() -> Catalog {
    let rule = |id: &'static str, severity, docs: &'static str| RuleMeta {
        id: Cow::Borrowed(id),
        severity,
        docs: Cow::Borrowed(docs),
        ..RuleMeta::DEFAULT
    };
    Catalog::new([
        RuleMeta {
            tags: Words::Static(&["pss:baseline", "cwe-250"]),
            peers: Words::Static(&["trivy:KSV-0017", "checkov:CKV_K8S_16"]),
            ..rule("k8s-privileged-container", Severity::Critical, PRIVILEGED)
        },
        rule("docker-latest-tag", Severity::Medium, " Base image has no fixed tag\n"),
        RuleMeta {
            peers: Words::Static(&["trivy:KSV-0017", "polaris:privileged"]),
            ..rule("k8s-security-context", Severity::Low, " Container has a loose security context\n")
        },
    ])
}

const PRIVILEGED: &str = " Container runs privileged

 A privileged container holds every capability and every host device:
 one code-execution bug in it is `root` on the node.

 ```yaml bad:2
 spec:
   privileged: true
 ```
 ```yaml good
 file=a/pod.yaml
 spec: {}
 file=b.yaml
 x: 1
 ```
";

/// A report over `(path, text)` files.
pub(crate) fn report(files: &[(&str, &str)]) -> Builder {
    Builder {
        texts: files.iter().map(|(_, text)| (*text).to_owned()).collect(),
        report: ScanReport {
            catalog: Arc::new(catalog()),
            files: files.iter().map(|(path, _)| Arc::from(*path)).collect(),
            root_paths: RootPaths::Same,
            findings: Vec::new(),
            packages: Vec::new(),
            lockfiles: Vec::new(),
            stats: Stats {
                files: files.len(),
                bytes: 100,
                documents: 2,
                rules: 118,
                elapsed_ms: 41,
                ..Stats::default()
            },
            excluded: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
        },
    }
}

pub(crate) struct Builder {
    texts: Vec<String>,
    pub(crate) report: ScanReport,
}

impl Builder {
    /// A finding of `rule` at the first `marked` of a file; `¦` in `marked` stands for nothing, so that `"¦"` is the
    /// empty span at the end of the text.
    pub(crate) fn find(mut self, rule: &str, file: usize, marked: &str, message: &str) -> Self {
        let (location, line) = self.place(file, marked);
        let rule = self.report.catalog.by_id(rule).unwrap();
        self.report.findings.push(Finding {
            rule,
            severity: self.report.catalog.get(rule).severity,
            unrated: self.report.catalog.get(rule).unrated,
            confidence: Confidence::High,
            message: Cow::Owned(message.to_owned()),
            help: None,
            location,
            related: Vec::new(),
            also: Vec::new(),
            fingerprint: Fingerprint(0xabc + self.report.findings.len() as u128),
            line_hash: line_hashes(&self.texts[file]).get(location.start.line as usize - 1).copied(),
            line: Some(line),
            fix: None,
            suppressed: None,
            commit: None,
            trace: None,
        });
        self
    }

    /// Points the last finding to a second place.
    pub(crate) fn related(self, file: usize, marked: &str, message: &str) -> Self {
        let (location, line) = self.place(file, marked);
        let message = Cow::Owned(message.to_owned());
        self.last(|finding| finding.related.push(Related { location, message, line: Some(line) }))
    }

    /// Changes the last finding.
    pub(crate) fn last(mut self, change: impl FnOnce(&mut Finding)) -> Self {
        change(self.report.findings.last_mut().unwrap());
        self
    }

    pub(crate) fn place(&self, file: usize, marked: &str) -> (Location, Box<str>) {
        let text = &self.texts[file];
        let start = if marked == "¦" { text.len() } else { text.find(marked).unwrap() };
        let end = if marked == "¦" { start } else { start + marked.len() };
        let narrow = |value: usize| u32::try_from(value).unwrap();
        let span = Span::new(FileId(narrow(file)), narrow(start), narrow(end));
        let index = LineIndex::new(text);
        let location = Location { span, start: index.position(span.start), end: index.position(span.end) };
        (location, Box::from(index.text(location.start.line)))
    }

    pub(crate) fn write(&self, format: Format, options: &Options) -> String {
        let mut out = Vec::new();
        portcullis_report::write(&self.report, format, options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

/// Plain text, 80 columns, a fixed version.
pub(crate) fn options() -> Options {
    Options {
        width: 80,
        tool: Tool {
            version: Cow::Borrowed("1.2.3"),
            uri: Cow::Borrowed("https://p.test"),
            rules_uri: Cow::Borrowed("https://p.test/rules#"),
        },
        ..Options::default()
    }
}

/// A pipe that closes after so many bytes.
pub(crate) struct ClosedPipe(pub(crate) usize);

impl std::io::Write for ClosedPipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.min(bytes.len()) {
            0 => Err(std::io::ErrorKind::BrokenPipe.into()),
            some => {
                self.0 -= some;
                Ok(some)
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
