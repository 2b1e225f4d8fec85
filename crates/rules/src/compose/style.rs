//! How a file is written: quotes and order.

use portcullis_model::compose::{Project, Service};
use portcullis_syntax::Style;

use super::quote;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PORTS_UNQUOTED, &VOLUMES_QUOTED, &KEYS_UNSORTED];

rule! {
    /// Port mapping is a number to older readers
    ///
    /// To YAML 1.1, two numbers below 60 with a colon between them are one number to the base 60: `22:22` is 1342. Compose
    /// reads a text; older versions of it and other programs do not.
    ///
    /// ```compose bad:5
    /// services:
    ///   git:
    ///     image: git:1
    ///     ports:
    ///       - 22:22
    /// ```
    /// ```compose good
    /// services:
    ///   git: { image: "git:1", ports: ["22:22", 8080:80, 80] }
    /// ```
    PORTS_UNQUOTED = "compose-ports-unquoted" {
        check: Check::ComposeService(ports_unquoted),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["dclint:require-quotes-in-ports"],
    }
}

rule! {
    /// Volume is quoted without need
    ///
    /// A volume is a text with or without quotes; some houses want none. Off unless it is asked for. Silent where the text
    /// would be another value without them.
    ///
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     volumes:
    ///       - "./data:/data"
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     image: web:1
    ///     volumes:
    ///       - ./data:/data
    ///       - "./a: b:/data"
    ///       - "./a #b:/data"
    /// ```
    VOLUMES_QUOTED = "compose-volumes-quoted" {
        check: Check::ComposeService(volumes_quoted),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["dclint:no-quotes-in-volumes"],
    }
}

rule! {
    /// Keys or entries are out of order
    ///
    /// Where things have one place, changes are easier to review. The order of the top level is `x-…`, `version`, `name`,
    /// `include`, `services`, `networks`, `volumes`, `secrets`, `configs`; services, ports and dependencies are in the
    /// order of the alphabet. Reported once for each list, at the first that is out of place. Off unless it is asked for.
    ///
    /// ```compose bad:3
    /// services:
    ///   web: { image: "web:1" }
    ///   api: { image: "api:1" }
    /// ```
    /// ```compose bad:3
    /// volumes:
    ///   data:
    /// services:
    ///   web: { image: "web:1" }
    /// ```
    /// ```compose good
    /// name: shop
    /// services:
    ///   api: { image: "api:1", depends_on: [cache, db] }
    ///   web: { image: "web:1", ports: ["8080:80", "9090:90"] }
    /// volumes:
    ///   data:
    /// ```
    KEYS_UNSORTED = "compose-keys-unsorted" {
        check: Check::Compose(keys_unsorted),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &[
            "dclint:services-alphabetical-order", "dclint:service-ports-alphabetical-order",
            "dclint:service-dependencies-alphabetical-order", "dclint:top-level-properties-order",
        ],
    }
}

fn ports_unquoted(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for port in service.list("ports") {
        let text = port.text();
        if port.style() == Style::Plain && !port.is_filled_in() && is_sexagesimal(text) {
            report
                .at(port, format!("`{text}` is a number to readers of YAML 1.1"))
                .help("put it in quotes")
                .fix(quote(port));
        }
    }
}

fn is_sexagesimal(text: &str) -> bool {
    let Some((first, rest)) = text.split_once(':') else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(first)
        && !first.starts_with('0')
        && rest.split(':').all(|part| is_number(part) && part.len() < 3 && part.parse().is_ok_and(|part: u8| part < 60))
}

fn volumes_quoted(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for volume in service.list("volumes") {
        if matches!(volume.style(), Style::SingleQuoted | Style::DoubleQuoted) && is_plain(volume.text()) {
            report.at(volume, format!("`{}` needs no quotes", volume.text())).help("remove the quotes");
        }
    }
}

/// Whether the text is the same without quotes, in lists of either form.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '$'))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:$~".contains(c))
        && !text.ends_with(':')
        && text.contains(['/', '.'])
}

/// The top level in order; extensions come first.
const ORDER: &[&str] = &["version", "name", "include", "services", "networks", "volumes", "secrets", "configs"];

fn keys_unsorted(project: &Project<'_>, report: &mut Report<'_>) {
    for root in project.own() {
        let place = |key: &str| match key.strip_prefix("x-") {
            Some(_) => Some(0),
            None => ORDER.iter().position(|name| *name == key).map(|at| at + 1),
        };
        let keys: Vec<Node<'_>> = root.entries().map(|(key, _)| key).collect();
        let known: Vec<(Node<'_>, usize)> =
            keys.into_iter().filter_map(|key| Some((key, place(key.text())?))).collect();
        first_unsorted(&known, report);
        let Some(services) = root.field("services") else { continue };
        sorted_keys(services, report);
        for (_, service) in services.entries() {
            for field in ["ports", "depends_on"] {
                let Some(list) = service.field(field) else { continue };
                sorted_keys(list, report);
                let items: Vec<(Node<'_>, &str)> = list.items().map(|item| (item, item.text())).collect();
                if items.iter().all(|(_, text)| !text.is_empty()) {
                    first_unsorted(&items, report);
                }
            }
        }
    }
}

fn sorted_keys(map: Node<'_>, report: &mut Report<'_>) {
    // What a merge brings stands last, wherever it was written.
    let own = map.entries().filter(|(key, _)| map.span().contains(key.span()));
    let keys: Vec<(Node<'_>, &str)> = own.map(|(key, _)| (key, key.text())).collect();
    first_unsorted(&keys, report);
}

fn first_unsorted<K: PartialOrd>(keys: &[(Node<'_>, K)], report: &mut Report<'_>) {
    let pairs = keys.iter().zip(keys.iter().skip(1));
    for ((before, _), (key, _)) in pairs.filter(|((_, a), (_, b))| a > b).take(1) {
        report
            .at(*key, format!("`{}` stands after `{}`", key.text(), before.text()))
            .help("put it in its place in the order");
    }
}
