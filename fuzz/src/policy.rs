//! A policy and the document that it is asked about: nothing panics, and every fault lies in the policy.

use std::time::Duration;

use portcullis_core::FileId;
use portcullis_policy::{Fault, Form, Kind, Limits, Module, Namespaces, Options, Policies, Value};
use portcullis_syntax::{Dialect, yaml};

const PATH: &str = "policy.rego";

/// The document stands behind the first line `---`. A policy may use little: what takes long says nothing more.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (policy, document) = text.split_once("\n---\n").unwrap_or((text, "a: 1\n"));
    let limits = Limits { time: Duration::from_millis(100), values: 10_000, bytes: 100_000 };
    let options = Options { limits, ..Options::default() };
    let modules = [Module::new(PATH, policy)];
    let (policies, mut faults) = Policies::load(&modules, &Value::UNDEFINED, &Namespaces::All, &options);
    let tree = yaml::parse(FileId::default(), &document.into(), Dialect::Yaml11);
    let mut worker = policies.worker();
    for document in tree.documents() {
        let input = Value::from_node(document.root);
        for kind in Kind::ALL {
            for form in [Form::Plain, Form::Placed] {
                policies.judge(&mut worker, (kind, form), &input, &|_| true, &mut faults);
            }
        }
    }
    for fault in &faults {
        stands_in(fault, policy);
    }
}

/// A place is one of the policy's, so that rewritten text has the lines of what was written.
fn stands_in(fault: &Fault, policy: &str) {
    assert!(fault.path.is_empty() || fault.path == PATH, "a fault in another file: {fault}");
    // Behind the last line break, the end of the text is a line.
    let lines = policy.split('\n').count();
    assert!(usize::try_from(fault.line).is_ok_and(|line| line <= lines), "a fault behind the {lines} lines: {fault}");
    assert!(!fault.message.contains("panicked"), "{fault}");
}
