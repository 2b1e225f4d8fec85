//! What the rules about flags share: finding a program's command line, reading it, and judging it by a table.
//!
//! The last of repeated flags counts. An element that is filled in later may be any flag, so that nothing counts as
//! missing beside it.

use portcullis_model::image::ImageRef;
use portcullis_model::kubernetes::{Container, Object, Pod};
use portcullis_syntax::Anchor;

use crate::rule::prelude::*;

/// A program, and where its flags may stand.
pub(super) struct Program {
    /// `kube-apiserver`.
    pub(super) name: &'static str,
    /// Where kubeadm's ClusterConfiguration has its flags.
    pub(super) extra_args: &'static str,
    /// What stands before a flag's name in the variables that mean the same, where the program reads any.
    pub(super) variables: Option<&'static str>,
}

/// What a flag must be.
pub(super) struct Row {
    /// Without dashes.
    pub(super) flag: &'static str,
    /// Whether a written value is right.
    pub(super) is_right: fn(&str) -> bool,
    /// When it is wrong that the flag is not written.
    pub(super) absent: Absent,
    /// What to write: `--profiling=false`.
    pub(super) wanted: &'static str,
}

/// The gate by which kubelets renew their serving certificates: the kubelet and who signs for it both read it.
pub(super) const SERVER_CERTIFICATES_ROTATE: Row = Row {
    flag: "feature-gates",
    is_right: |gates| !gates.split(',').any(|gate| gate.trim() == "RotateKubeletServerCertificate=false"),
    absent: Absent::Right,
    wanted: "--feature-gates` without `RotateKubeletServerCertificate=false",
};

/// What it means that a flag is not written.
#[derive(Clone, Copy)]
pub(super) enum Absent {
    /// The default is right.
    Right,
    /// The default is wrong.
    Wrong,
    /// The default is wrong unless other flags make up for it.
    WrongUnless(fn(&Flags<'_>) -> bool),
}

/// The flags of one program.
pub(super) struct Flags<'t> {
    /// In the order they stand in.
    flags: Vec<Flag<'t>>,
    /// Where to say that some are missing; `None` where others may be added.
    whole: Option<Anchor<'t>>,
}

struct Flag<'t> {
    /// Without dashes, lower case with dashes.
    name: String,
    /// `None` where it is filled in later.
    value: Option<&'t str>,
    node: Node<'t>,
}

/// Reports what of a table is wrong with the program wherever the pod runs it.
pub(super) fn judge_pod(program: &Program, rows: &[Row], pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        if let Some(flags) = Flags::of(container, program) {
            judge(program, rows, &flags, report);
        }
    }
}

/// Reports what of a table is wrong with the arguments that kubeadm's configuration adds.
pub(super) fn judge_kubeadm(program: &Program, rows: &[Row], object: &Object<'_>, report: &mut Report<'_>) {
    if let Some(flags) = Flags::of_kubeadm(object, program) {
        judge(program, rows, &flags, report);
    }
}

/// One finding for each wrong flag, and one for all that are missing.
fn judge(program: &Program, rows: &[Row], flags: &Flags<'_>, report: &mut Report<'_>) {
    let name = program.name;
    let mut missing = Vec::new();
    for row in rows {
        match flags.get(row.flag) {
            Some((node, Some(value))) if !(row.is_right)(value) => {
                report
                    .at(node, format!("{name} runs with `--{}={value}`", row.flag))
                    .help(format!("set `{}`", row.wanted));
            }
            Some(_) => {}
            None => missing.extend(row.absent.is_wrong(flags).then_some(row.wanted)),
        }
    }
    if let Some(anchor) = flags.whole.filter(|_| !missing.is_empty()) {
        let flags = missing.join("`, `");
        report.at(anchor, format!("{name} runs without `{flags}`")).help("add it to the command");
    }
}

impl Absent {
    fn is_wrong(self, flags: &Flags<'_>) -> bool {
        match self {
            Self::Right => false,
            Self::Wrong => true,
            Self::WrongUnless(made_up_for) => !made_up_for(flags),
        }
    }
}

impl<'t> Flags<'t> {
    /// The flags of the program, if the container runs it.
    pub(super) fn of(container: &Container<'t>, program: &Program) -> Option<Self> {
        let command = container.node.field("command").filter(|command| command.is_list());
        let start = match command {
            Some(command) => start_of(command, program.name)?,
            None if is_image_of(container, program.name) => 0,
            None => return None,
        };
        let arguments = container.node.field("args");
        let lists = [command, arguments].into_iter().flatten();
        let is_whole = lists.clone().all(|list| list.is_list() || list.is_null());
        let anchor = Anchor { parent: command.or(arguments)? };
        let mut flags = Self { flags: Vec::new(), whole: is_whole.then_some(anchor) };
        if let Some(prefix) = program.variables {
            flags.add_variables(container, prefix);
        }
        flags.add_arguments(lists.flat_map(Node::items).skip(start));
        Some(flags)
    }

    /// What kubeadm's `extraArgs` say: a mapping, or since `v1beta4` a list of names and values.
    pub(super) fn of_kubeadm(object: &Object<'t>, program: &Program) -> Option<Self> {
        let arguments = object.node.get(program.extra_args).present().filter(|_| object.group() == "kubeadm.k8s.io")?;
        let written = arguments.entries().map(|(key, value)| (key.text(), value));
        let listed = arguments.items().filter_map(|item| Some((item.field("name")?.as_str()?, item.field("value")?)));
        let flags = written.chain(listed).map(|(name, node)| Flag { name: name.to_owned(), value: scalar(node), node });
        Some(Self { flags: flags.collect(), whole: None })
    }

    /// Where the flag is written last, and its value where that is known.
    pub(super) fn get(&self, name: &str) -> Option<(Node<'t>, Option<&'t str>)> {
        self.flags.iter().rev().find(|flag| flag.name == name).map(|flag| (flag.node, flag.value))
    }

    /// Whether the flag is written.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Where to say that flags are missing; `None` where others may be added.
    pub(super) fn anchor(&self) -> Option<Anchor<'t>> {
        self.whole
    }

    fn add_arguments(&mut self, arguments: impl Iterator<Item = Node<'t>>) {
        let mut arguments = arguments.peekable();
        while let Some(node) = arguments.next() {
            let text = match node.value() {
                Value::String(text) => text,
                // What stands before a placeholder is known; without a `=` there, the name is not.
                Value::Template(template) => match template.prefix().split_once('=') {
                    Some((flag, _)) if flag.starts_with('-') => {
                        self.flags.push(Flag { name: dashed(flag), value: None, node });
                        continue;
                    }
                    _ => {
                        self.whole = None;
                        continue;
                    }
                },
                Value::Number(_) | Value::Bool(_) => continue,
                _ => {
                    self.whole = None;
                    continue;
                }
            };
            if !text.starts_with('-') {
                continue;
            }
            let (name, value, node) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value), node),
                None => match arguments.next_if(|next| !next.text().starts_with('-') && !next.is_map()) {
                    Some(next) => (text, scalar(next), next),
                    // A flag alone switches something on.
                    None => (text, Some("true"), node),
                },
            };
            self.flags.push(Flag { name: dashed(name), value, node });
        }
    }

    /// Variables mean flags, and a flag that is written counts before them.
    fn add_variables(&mut self, container: &Container<'t>, prefix: &str) {
        if container.node.field("envFrom").is_some_and(|from| !from.is_null()) {
            self.whole = None;
        }
        for variable in container.list("env") {
            let Some(name) = variable.field("name").and_then(Node::as_str) else {
                self.whole = None;
                continue;
            };
            let Some(name) = name.strip_prefix(prefix) else { continue };
            let value = variable.field("value");
            let node = value.unwrap_or(variable);
            let name = name.to_ascii_lowercase().replace('_', "-");
            self.flags.push(Flag { name, value: value.and_then(scalar), node });
        }
    }
}

/// The name of a flag as it is written in the documentation.
fn dashed(flag: &str) -> String {
    flag.trim_start_matches('-').replace('_', "-")
}

/// The text of a scalar, where it is known.
fn scalar(node: Node<'_>) -> Option<&str> {
    match node.value() {
        Value::String(text) | Value::Number(text) => Some(text),
        Value::Bool(_) => Some(node.text()),
        _ => None,
    }
}

/// Programs that start another one, which they are told by their arguments.
const LAUNCHERS: &[&str] = &["hyperkube", "go-runner", "tini", "dumb-init", "nice"];

/// How many elements of a command belong to a launcher and the program's name, if the command runs the program.
fn start_of(command: Node<'_>, program: &str) -> Option<usize> {
    let first = basename(command.items().next()?.text());
    if first == program {
        return Some(1);
    }
    if !LAUNCHERS.contains(&first) {
        return None;
    }
    let position = command.items().position(|element| basename(element.text()) == program)?;
    Some(position.saturating_add(1))
}

/// Whether the container runs the image's own command, and the image is the program's.
fn is_image_of(container: &Container<'_>, program: &str) -> bool {
    let is_flags = container.list("args").next().is_some_and(|first| first.text().starts_with("--"));
    is_flags
        && container
            .image()
            .present()
            .filter(|image| image.text().contains(program))
            .and_then(|image| ImageRef::parse(image.text()).ok())
            .is_some_and(|image| basename(image.path()) == program)
}

fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// For flags that only have to be written.
pub(super) fn is_anything(value: &str) -> bool {
    !value.is_empty()
}

/// For flags that must be on.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "true" | "True" | "TRUE" | "T" | "t" | "1")
}

/// For flags that must be off.
pub(super) fn is_false(value: &str) -> bool {
    matches!(value, "false" | "False" | "FALSE" | "F" | "f" | "0")
}

/// For addresses that only the node itself may reach.
pub(super) fn is_loopback(address: &str) -> bool {
    address == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// For lists of cipher suites: none is broken (RC4, 3DES) or without forward secrecy.
pub(super) fn is_strong_ciphers(suites: &str) -> bool {
    let is_weak = |suite: &str| {
        suite.contains("_RC4_")
            || suite.contains("_3DES_")
            || suite.starts_with("TLS_RSA_WITH_")
            || suite.contains("NULL")
    };
    !suites.split(',').any(|suite| is_weak(suite.trim()))
}

/// For the least version of TLS.
pub(super) fn is_modern_tls(version: &str) -> bool {
    !matches!(version, "VersionTLS10" | "VersionTLS11" | "TLS1.0" | "TLS1.1")
}
