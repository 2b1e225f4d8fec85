//! Views of services: short and long forms, lists and mappings, layers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use portcullis_core::{FileError, FileId, Files};
use portcullis_syntax::{Dialect, Lookup, Node, yaml};

use super::*;

/// A tree of files in memory; the first one is judged.
struct Memory(BTreeMap<&'static str, &'static str>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let text = self.0.get(path).ok_or_else(|| FileError::Missing(PathBuf::from(path)))?;
        Ok(text.as_bytes().to_vec())
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(PathBuf::from(directory)))
    }
}

fn sources(files: &[(&'static str, &'static str)]) -> Sources {
    let &(path, text) = files.first().expect("a judged file");
    let memory = Memory(files.iter().copied().collect());
    let around = Surroundings { files: &memory, asked: &[], tracks: &|_| true, ignores: &|_| false };
    Sources::load(path, yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12), &around)
}

/// What `show` says of the service `web` of one file.
fn of_web(service: &str, show: impl Fn(&Service<'_>) -> Vec<String>) -> Vec<String> {
    let text: &'static str = Box::leak(format!("services: {{ web: {{ image: a, {service} }} }}").into_boxed_str());
    let sources = sources(&[("compose.yaml", text)]);
    let project = sources.project();
    show(project.service("web").expect("the service is there"))
}

#[test]
fn ports_are_read_in_both_forms() {
    let show = |port: Port<'_>| {
        let part = |part: Part<PortRange>| match part {
            Part::Absent => "-".to_owned(),
            Part::Known(range) => range.to_string(),
            Part::Unknown => "?".to_owned(),
        };
        let protocol = port.protocol.known().unwrap_or("?");
        format!("{:?} {} {} {protocol}", port.bound(), part(port.published), part(port.target))
    };
    for (port, expected) in [
        ("80", "Everywhere - 80 tcp"),
        ("'80/udp'", "Everywhere - 80 udp"),
        ("8080:80", "Everywhere 8080 80 tcp"),
        ("'127.0.0.1:8080:80'", "Somewhere 8080 80 tcp"),
        ("'127.0.0.1::80'", "Somewhere - 80 tcp"),
        ("'0.0.0.0:8080:80'", "Everywhere 8080 80 tcp"),
        ("'[::1]:8080:80/udp'", "Somewhere 8080 80 udp"),
        ("'[::]:8080:80'", "Everywhere 8080 80 tcp"),
        ("'8000-8010:80-90'", "Everywhere 8000-8010 80-90 tcp"),
        ("'${PORT}:80'", "Everywhere ? 80 tcp"),
        ("'${PORT:-8080}:80'", "Everywhere 8080 80 tcp"),
        ("'${IP}:8080:80'", "Unknown 8080 80 tcp"),
        ("'99999:80'", "Everywhere ? 80 tcp"),
        ("{ target: 80 }", "Everywhere - 80 tcp"),
        ("{ target: 80, published: '8080-8090', host_ip: 127.0.0.1, protocol: udp }", "Somewhere 8080-8090 80 udp"),
        ("{ target: '80', published: '${P}' }", "Everywhere ? 80 tcp"),
    ] {
        let found = of_web(&format!("ports: [{port}]"), |service| service.ports().map(show).collect());
        assert_eq!(found, [expected], "{port}");
    }
}

#[test]
fn mounts_are_read_in_both_forms() {
    let show = |mount: Mount<'_>| {
        let part = |part: Part<&str>| match part {
            Part::Absent => "-".to_owned(),
            Part::Known(text) => text.to_owned(),
            Part::Unknown => "?".to_owned(),
        };
        let mode = match mount.read_only {
            Part::Known(true) => "ro",
            Part::Known(false) => "rw",
            Part::Absent | Part::Unknown => "?",
        };
        let propagation = mount.propagation.unwrap_or("-");
        format!("{:?} {} {} {mode} {propagation}", mount.kind, part(mount.source), part(mount.target))
    };
    for (mount, expected) in [
        ("/data", "Volume - /data rw -"),
        ("'data:/data'", "Volume data /data rw -"),
        ("'./data:/data:ro'", "Bind ./data /data ro -"),
        ("'/a:/b:rw,rshared'", "Bind /a /b rw rshared"),
        ("'~/a:/b'", "Bind ~/a /b rw -"),
        ("'C:\\a:/b:ro'", "Bind C:\\a /b ro -"),
        ("'c:/a'", "Volume c /a rw -"),
        ("'${DATA}:/b'", "Other ? /b rw -"),
        ("'${DATA:-/srv}:/b'", "Bind /srv /b rw -"),
        ("'./a:/b:${MODE}'", "Bind ./a /b ? -"),
        ("{ type: bind, source: /a, target: /b, read_only: true }", "Bind /a /b ro -"),
        ("{ type: volume, target: /b }", "Volume - /b rw -"),
        ("{ type: bind, source: /a, target: /b, bind: { propagation: shared } }", "Bind /a /b rw shared"),
        ("{ type: tmpfs, target: /b }", "Other - /b rw -"),
    ] {
        let found = of_web(&format!("volumes: [{mount}]"), |service| service.mounts().map(show).collect());
        assert_eq!(found, [expected], "{mount}");
    }
}

#[test]
fn settings_are_read_in_both_forms() {
    let show = |setting: Setting<'_>| match setting.value {
        Part::Absent => setting.name.to_owned(),
        Part::Known(value) => {
            let text = setting.node.tree().text();
            format!("{}={value} at {}", setting.name, setting.value_span().slice(text))
        }
        Part::Unknown => format!("{}=?", setting.name),
    };
    for (settings, expected) in [
        ("{ A: b, C: 1, D: true, E: null, F: '${X}' }", &["A=b at b", "C=1 at 1", "D=true at true", "E", "F=?"][..]),
        ("[A=b, C, 'D=e=f', 'F=${X}', 'G=']", &["A=b at b", "C", "D=e=f at e=f", "F=?", "G= at "]),
        ("['A=${X:-y}', '${X}=b']", &["A=y at 'A=${X:-y}'"]),
    ] {
        let found =
            of_web(&format!("environment: {settings}"), |s| s.settings("environment").into_iter().map(show).collect());
        assert_eq!(found, expected, "{settings}");
    }
}

#[test]
fn layers_are_merged_as_compose_merges_them() {
    let base = "services: { web: { image: a, user: b, cap_add: [A], environment: { A: 1, B: 2 }, volumes: ['x:/x'] } }";
    let over = "services: { web: { user: c, cap_add: [B], environment: [B=3, C=4], volumes: ['y:/x', 'z:/z'] } }";
    let both = sources(&[("compose.yaml", base), ("compose.override.yaml", over)]);
    let project = both.project();
    let web = project.service("web").expect("the service is there");
    let text = |path: &str| web.get(path).present().map(Node::text);
    assert_eq!((text("image"), text("user")), (Some("a"), Some("c")));
    assert_eq!(web.list("cap_add").map(Node::text).collect::<Vec<_>>(), ["A", "B"]);
    let settings: Vec<_> = web.settings("environment").iter().map(|s| (s.name, s.value.known())).collect();
    assert_eq!(settings, [("A", Some("1")), ("B", Some("3")), ("C", Some("4"))]);
    let mounts: Vec<_> = web.mounts().map(|mount| mount.source.known()).collect();
    assert_eq!(mounts, [Some("y"), Some("z")]);
    assert!(matches!(web.get("mem_limit"), Lookup::Absent(_)));
    assert!(!project.is_part && web.is_complete());
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let beside = ("other.yaml", "services: { base: { image: a } }");
    for (text, expected) in [
        ("services: { web: { image: a } }", "absent"),
        ("services: { web: { extends: { file: other.yaml, service: base } } }", "absent"),
        ("services: { web: { extends: { file: other.yaml, service: gone } } }", "unknown"),
        ("services: { web: { extends: { file: gone.yaml, service: base } } }", "unknown"),
        ("services: { web: { extends: { file: ../other.yaml, service: base } } }", "unknown"),
        ("services: { web: { extends: '${X}' } }", "unknown"),
        ("services: { web: { extends: web } }", "unknown"),
        ("services: { web: { <<: *gone, image: a } }", "unknown"),
        ("services: { web: { image: a, mem_limit: '${X}' } }", "present"),
        ("services: { web: { image: a, mem_limit: } }", "absent"),
        ("services: { web: '{{ x }}' }", "unknown"),
    ] {
        let text: &'static str = text;
        let sources = sources(&[("compose.yaml", text), beside]);
        let project = sources.project();
        let found = match project.service("web").expect("the service is there").get("mem_limit") {
            Lookup::Present(_) => "present",
            Lookup::Absent(_) => "absent",
            Lookup::Unknown(_) => "unknown",
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn projects_that_are_parts_say_so() {
    for (files, expected) in [
        (&[("compose.yaml", "services: { web: { image: a } }")][..], false),
        (&[("compose.yaml", "services: { web: { command: a } }")], true),
        (&[("compose.yaml", "volumes: { a: }")], true),
        (&[("compose.yaml", "include: [gone.yaml]\nservices: { web: { image: a } }")], true),
        (
            &[("compose.yaml", "include: [b.yaml]\nservices: { web: { image: a } }"), ("b.yaml", "volumes: { a: }")],
            false,
        ),
        (&[("compose.prod.yaml", "services: { web: { command: a } }")], true),
        (
            &[
                ("compose.override.yaml", "services: { web: { command: a } }"),
                ("docker-compose.yml", "services: { web: { image: a } }"),
            ],
            false,
        ),
        // Files that are asked for by name may be read with any others.
        (&[("compose.prod.yaml", "services: { web: { image: a } }")], true),
        (&[("web.yml", "services: { web: { image: a } }")], true),
        (&[("a/compose.yaml", "services: { web: { image: a } }")], false),
        (
            &[("a/b/compose.yaml", "services: { web: { image: a } }"), ("compose.yml", "include: [a/b/compose.yaml]")],
            true,
        ),
        (&[("a/b/compose.yaml", "services: { web: { image: a } }"), ("a/compose.yml", "include: [x.yaml]")], false),
    ] {
        assert_eq!(sources(files).project().is_part, expected, "{files:?}");
    }
}

#[test]
fn names_and_shapes_tell_compose_files() {
    for (path, expected) in [
        ("compose.yaml", true),
        ("a/docker-compose.yml", true),
        ("docker-compose.prod.yml", true),
        ("Compose.Override.YAML", true),
        ("docker-compose-dev.yml", false),
        ("compose.json", false),
        ("mycompose.yaml", false),
    ] {
        assert_eq!(has_compose_name(path), expected, "{path}");
    }
    for (text, expected) in [
        ("services: { web: { image: a } }", true),
        ("name: x\nx-y: 1\nservices: { web: { image: a, x-z: 1 }, b: { build: . } }\nvolumes: { c: }", true),
        ("services: { web: { image: a, replicaCount: 1 } }", false),
        ("services: { web: { image: { repository: a } } }", false),
        ("services: { web: { command: a } }", false),
        ("services: { web: { image: a } }\nreplicas: 1", false),
        ("services: [a]", false),
        ("services: {}", false),
        ("a: 1", false),
    ] {
        let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
        let found = tree.documents().next().is_some_and(|document| is_compose(document.root));
        assert_eq!(found, expected, "{text}");
    }
}
