//! The formats of texts and numbers in a Compose file: what Compose makes a value of, and what the engine takes.
//!
//! Decided as Compose's own readers decide, their leniency included: `1d` is a duration, `512 MB` a size, and a port may end in
//! a slash. A text that a variable decides never gets here.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use portcullis_model::image::{ImageRef, InvalidImage};

/// A form that a value must have.
#[derive(Debug)]
pub(super) struct Format {
    /// Its name in `schema.txt`.
    name: &'static str,
    /// What messages say that Compose takes, with an example.
    pub(super) expected: &'static str,
    holds: fn(&str) -> bool,
}

impl Format {
    /// The format of a name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Whether a value has it.
    pub(super) fn holds(&self, text: &str) -> bool {
        (self.holds)(text)
    }
}

macro_rules! formats {
    ($($name:literal $check:expr, $expected:literal;)*) => {
        static FORMATS: &[Format] = &[$(Format { name: $name, expected: $expected, holds: $check }),*];
    };
}

formats! {
    "address" |text| text.parse::<IpAddr>().is_ok(), "an IP address";
    "bytes" is_bytes, "a size such as `512m`";
    "count" |text| integer(text).is_some_and(|number| number >= 0), "a whole number, zero or more";
    "device" |text| text.split(':').count() <= 3, "`HOST:CONTAINER:PERMISSIONS`";
    "devices" |text| text.eq_ignore_ascii_case("all") || integer(text).is_some(), "a whole number or `all`";
    "duration" is_duration, "a duration such as `10s` or `1m30s`";
    "expose" is_exposed, "a port of the container, such as `8080` or `8080-8090/tcp`";
    "extra-host" is_extra_host, "`HOST=ADDRESS`";
    "filled" |text| !text.is_empty(), "a text that is not empty";
    "flag" is_flag, "true or false";
    "host" |text| !text.is_empty() && !text.contains([':', '=']), "a name of a host";
    "image" is_image, "a reference in lower case, such as `registry.example.org/web:1`";
    "integer" |text| integer(text).is_some(), "a whole number";
    "ipc" is_ipc, "`private`, `none`, `shareable`, `host`, `service:NAME` or `container:NAME`";
    "mode" |text| i64::from_str_radix(text, 8).is_ok(), "an octal mode such as `0440`";
    "mount-target" is_mount_target, "an absolute path in the container";
    "network-mode" |text| !matches!(text, "container:" | "service:"), "a name behind the colon";
    "number" is_number, "a number";
    "oom-score" |text| integer(text).is_some_and(|number| (-1000..=1000).contains(&number)), "-1000 to 1000";
    "path" |text| text.starts_with('/'), "an absolute path";
    "pid" is_pid, "`host`, `service:NAME` or `container:NAME`";
    "platform" is_platform, "`OS/ARCHITECTURE`, such as `linux/amd64`";
    "port" is_port, "`HOST:CONTAINER` with ports from 1 to 65535 and ranges of equal length";
    "project" is_project, "lower-case letters, digits, `-` and `_`, the first of them a letter or a digit";
    "protocol" is_protocol, "`tcp`, `udp` or `sctp`";
    "published" |text| ports(text).is_some(), "a port or a range of ports, up to 65535";
    "pull-policy" is_pull_policy,
        "`always`, `never`, `missing`, `if_not_present`, `build`, `daily`, `weekly` or `every_` with a duration";
    "restart" is_restart, "`no`, `always`, `on-failure`, `on-failure:TIMES` or `unless-stopped`";
    "target" |text| integer(text).is_some_and(|port| (1..=65535).contains(&port)), "one port, 1 to 65535";
    "userns" is_userns, "`host`";
    "uts" is_uts, "`host`";
    "volume" is_volume, "`SOURCE:TARGET:OPTIONS` with an absolute target and options such as `ro` and `z`";
}

/// YAML lets digits be put in groups: `1_000`.
fn integer(text: &str) -> Option<i64> {
    if text.contains('_') { text.replace('_', "").parse().ok() } else { text.parse().ok() }
}

fn is_number(text: &str) -> bool {
    // Rust takes no hexadecimal numbers, Go does.
    text.parse::<f64>().is_ok() || text.starts_with("0x")
}

fn is_flag(text: &str) -> bool {
    ["true", "false", "y", "yes", "on", "n", "no", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// `512`, `1.5g`, `512 MB`, `512MiB`; a bare number may be negative.
fn is_bytes(text: &str) -> bool {
    if integer(text).is_some() {
        return true;
    }
    let Some(last) = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' ')) else { return false };
    let (number, unit) = match text.as_bytes().get(last) {
        Some(b' ') => (text.get(..last), text.get(last + 1..)),
        _ => (text.get(..=last), text.get(last + 1..)),
    };
    let size = number.unwrap_or_default().parse::<f64>();
    let unit = unit.unwrap_or_default().to_ascii_lowercase();
    let is_unit = match unit.strip_prefix(['k', 'm', 'g', 't', 'p']) {
        Some(rest) => matches!(rest, "" | "b" | "ib"),
        None => matches!(unit.as_str(), "" | "b"),
    };
    size.is_ok_and(|size| size >= 0.0) && is_unit
}

/// Numbers with units, without spaces: `1m30s`, `1.5h`, `2d`; zero may stand alone.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let (number, after) =
            rest.split_at_checked(rest.find(|c| !is_number(c)).unwrap_or(rest.len())).unwrap_or_default();
        let is_amount = number.contains(|c: char| c.is_ascii_digit()) && number.matches('.').count() <= 1;
        let (unit, after) = after.split_at_checked(after.find(is_number).unwrap_or(after.len())).unwrap_or_default();
        if !is_amount || !matches!(unit, "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h" | "d" | "w") {
            return false;
        }
        rest = after;
    }
    true
}

/// `PORT` or `FIRST-LAST`; what follows a second hyphen is not read.
fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
    let mut parts = text.split('-');
    let first = number(parts.next()?)?;
    let last = parts.next().map_or(Some(first), number)?;
    (first <= last).then_some(first..=last)
}

/// `[IP:][HOST:]CONTAINER[/PROTOCOL]`.
fn is_port(text: &str) -> bool {
    let (before, container) = text.rsplit_once(':').map_or((None, text), |(before, last)| (Some(before), last));
    let (container, protocol) = container.split_once('/').unwrap_or((container, ""));
    let protocol = protocol.split('/').next().unwrap_or_default();
    let Some(container) = ports(container).filter(|ports| *ports.start() > 0) else { return false };
    if !protocol.is_empty() && !is_protocol(protocol) {
        return false;
    }
    let Some(before) = before else { return true };
    let (ip, host) = before.rsplit_once(':').map_or((None, before), |(ip, host)| (Some(ip), host));
    let is_address = |ip: &str| {
        // An address with colons stands in brackets.
        let bare = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
        ip.is_empty() || bare.unwrap_or(ip).parse::<IpAddr>().is_ok() && (bare.is_some() || !ip.contains(':'))
    };
    if !ip.is_none_or(is_address) {
        return false;
    }
    // One port of the container may get any of several of the host.
    host.is_empty() || ports(host).is_some_and(|host| container.len() == 1 || host.len() == container.len())
}

fn is_exposed(text: &str) -> bool {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    ports(range).is_some() && (protocol.is_empty() || is_protocol(protocol))
}

fn is_protocol(text: &str) -> bool {
    ["tcp", "udp", "sctp"].iter().any(|protocol| text.eq_ignore_ascii_case(protocol))
}

/// `HOST=ADDRESS` or `HOST:ADDRESS`. What the address is, is for the container to find out.
fn is_extra_host(text: &str) -> bool {
    let host = text.split_once('=').or_else(|| text.split_once(':')).map(|(host, _)| host);
    host.is_some_and(|host| !host.is_empty() && !host.contains(':'))
}

/// The sections between colons: a source, a target, and options. One letter and a colon are a drive.
fn is_volume(text: &str) -> bool {
    let mut sections = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(':').chain([(text.len(), "")]) {
        let section = text.get(start..at).unwrap_or_default();
        let is_drive = at < text.len() && section.chars().count() == 1 && section.starts_with(char::is_alphabetic);
        if is_drive {
            continue;
        }
        if section.is_empty() || sections.len() == 3 {
            return false;
        }
        sections.push(section);
        start = at + 1;
    }
    match sections.as_slice() {
        [target] | [_, target] => is_mount_target(target),
        [_, target, options] => is_mount_target(target) && options.split(',').all(is_mount_option),
        _ => false,
    }
}

/// A path from the root, or one of Windows.
fn is_mount_target(text: &str) -> bool {
    text.starts_with(['/', '\\'])
        || matches!(text.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

/// What Compose or the engine takes behind a target, and what Podman takes there.
fn is_mount_option(option: &str) -> bool {
    const WORDS: &[&str] = &[
        "",
        "ro",
        "rw",
        "z",
        "Z",
        "nocopy",
        "copy",
        "cached",
        "delegated",
        "consistent",
        "shared",
        "rshared",
        "slave",
        "rslave",
        "private",
        "rprivate",
        "unbindable",
        "runbindable",
        "bind",
        "rbind",
        "U",
        "O",
        "dev",
        "nodev",
        "exec",
        "noexec",
        "suid",
        "nosuid",
        "idmap",
        "noatime",
        "atime",
        "sync",
        "async",
    ];
    WORDS.contains(&option) || option.contains('=')
}

/// The reference of an image that the engine has or may fetch. Podman's transports and ids of images are none of a registry.
fn is_image(text: &str) -> bool {
    text.is_empty()
        || text.contains("://")
        || matches!(ImageRef::parse(text), Ok(_) | Err(InvalidImage::BareId | InvalidImage::TooLong))
}

fn is_project(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.is_empty() || text.starts_with(is_plain) && text.chars().all(|c| is_plain(c) || matches!(c, '-' | '_'))
}

/// Beside the host's, the namespaces of Podman.
fn is_userns(text: &str) -> bool {
    let (mode, _) = text.split_once(':').unwrap_or((text, ""));
    matches!(mode, "" | "host" | "private" | "auto" | "keep-id" | "nomap") || is_of_another(text)
}

fn is_uts(text: &str) -> bool {
    matches!(text, "" | "host" | "private") || is_of_another(text)
}

/// Beside Compose's own policies, those that its other place for them has. Only failures may be counted.
fn is_restart(text: &str) -> bool {
    let (policy, times) = text.split_once(':').unwrap_or((text, ""));
    match policy {
        "on-failure" => times.is_empty() || times.parse::<u32>().is_ok(),
        "" | "no" | "none" | "always" | "any" | "unless-stopped" => times.is_empty() || times.parse() == Ok(0),
        _ => false,
    }
}

/// Compose asks whether one of the words is in the text.
fn is_pull_policy(text: &str) -> bool {
    let is_interval = |rest: &str| {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        unit.len() < rest.len() && unit.starts_with(['w', 'd', 'h', 'm', 's'])
    };
    ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"]
        .iter()
        .any(|word| text.contains(word))
        || text.split("every_").skip(1).any(is_interval)
}

fn is_ipc(text: &str) -> bool {
    matches!(text, "" | "none" | "private" | "shareable" | "host") || is_of_another(text)
}

fn is_pid(text: &str) -> bool {
    // The last one is Podman's.
    matches!(text, "" | "host" | "private") || is_of_another(text)
}

/// The namespace of a service or a container, or, for Podman, one that a path names.
fn is_of_another(text: &str) -> bool {
    ["service:", "container:", "ns:"]
        .iter()
        .any(|prefix| text.strip_prefix(prefix).is_some_and(|name| !name.is_empty()))
}

/// One to three words; a single one is an operating system or an architecture.
fn is_platform(text: &str) -> bool {
    let is_word = |word: &str| {
        // A version of the system may stand in parentheses.
        let word = word.split('(').next().unwrap_or_default();
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    match text.split('/').count() {
        1 => text.is_empty() || PLATFORMS.contains(&text.to_ascii_lowercase().as_str()),
        2 | 3 => text.split('/').all(is_word),
        _ => false,
    }
}

/// Systems and architectures, with the other names that are known.
const PLATFORMS: &[&str] = &[
    "local",
    "aix",
    "android",
    "darwin",
    "macos",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
    "386",
    "i386",
    "amd64",
    "x86_64",
    "x86-64",
    "amd64p32",
    "arm",
    "armhf",
    "armel",
    "armbe",
    "arm64",
    "arm64be",
    "aarch64",
    "ppc64",
    "ppc64le",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_hold_for_what_compose_takes() {
        for (name, right, wrong) in [
            ("address", &["127.0.0.1", "::1"][..], &["", "localhost", "1.2.3"][..]),
            (
                "bytes",
                &["1", "-1", "512m", "512 MB", "512MiB", "1.5g", "1k"],
                &["", "lots", "512Mi", "512x", "-1g", " 1g", "1gbb"],
            ),
            ("count", &["0", "3"], &["-1", "x", "1.0"]),
            ("device", &["/dev/a", "/dev/a:/dev/b:rwm"], &["a:b:c:d"]),
            ("devices", &["all", "ALL", "2", "-1"], &["x"]),
            (
                "duration",
                &["0", "10s", "1m30s", "1.5h", ".5s", "1d", "2w", "-5s", "1µs"],
                &["", "10", "10 seconds", "1M", "1m30", "1m 30s", "s"],
            ),
            ("expose", &["80", "80-90/tcp"], &["x", "80:90", "80/http"]),
            ("extra-host", &["a:1.2.3.4", "a=::1", "a=", "a:host-gateway"], &["a", ":1.2.3.4", "=x", "a:b=c"]),
            ("flag", &["true", "Yes", "off"], &["", "maybe", "1"]),
            (
                "image",
                &["", "web", "Web/app:1", "registry.example.org:5000/a/b:1", "docker://A"],
                &["Foo:1", "a/B", "web:", "a b", "web:1:2"],
            ),
            ("integer", &["5", "-5", "+5"], &["", "x", "1.5", " 5"]),
            ("ipc", &["host", "service:a", "container:a", "shareable"], &["foo", "service:"]),
            ("mode", &["0440"], &["9", "0o440"]),
            ("mount-target", &["/a", "C:\\a", "\\\\.\\pipe\\a"], &["", "a", "./a"]),
            ("network-mode", &["host", "backend", "service:a"], &["container:"]),
            ("number", &["0.5", "1e3"], &["", "half", "500m"]),
            ("oom-score", &["-1000"], &["2000"]),
            ("pid", &["host", "container:a"], &["foo"]),
            ("platform", &["linux", "arm64", "linux/amd64", "linux/arm/v7"], &["foo", "linux/", "a/b/c/d"]),
            (
                "port",
                &["80", "80/", "80/TCP", ":80", "80-82:80", "1-3:1-3/udp", "127.0.0.1::80", "[::1]:80:80", "0:80"],
                &[
                    "",
                    "80:",
                    "99999:80",
                    "80-82:80-81",
                    "1:2:3:4",
                    "host:80:80",
                    "80/foo",
                    "80:0",
                    "8080: 80",
                    "+80:80",
                    "::1:80:80",
                    "90-80:80",
                    "0.0.0.0:80",
                    "80.5:80",
                    "70000",
                ],
            ),
            ("project", &["shop", "shop-1_a", "1"], &["Shop", "my shop", "-a", "a.b"]),
            ("published", &["80", "80-90", "0"], &["x", "99999"]),
            ("pull-policy", &["always", "every_12h", "daily"], &["", "sometimes", "Always", "every_12", "every_1x"]),
            (
                "restart",
                &["no", "always", "on-failure:3", "unless-stopped"],
                &["somtimes", "Always", "never", "always:3", "on-failure:-1", "on-failure:x"],
            ),
            ("target", &["80"], &["0", "99999", "80-81"]),
            ("userns", &["host", "keep-id:uid=1000", "auto", "ns:/proc/1/ns/user"], &["foo", "Host"]),
            ("uts", &["host", "private", "container:a"], &["foo"]),
            (
                "volume",
                &["/a", "/a:/b:ro", "C:\\a:/b", "a::/b", "data:/b:z,rslave", "a:C:\\b", "/a:/b:size=1", "/a:/b:U"],
                &["", "a", "a:b", "a::b", "/a:b", "/a:", ":/a", "/a::/b", "/a:/b:", "/a:/b:zz", "/a:/b:ro:zz"],
            ),
        ] {
            let format = Format::named(name).unwrap_or_else(|| panic!("{name} is a format"));
            for text in right {
                assert!(format.holds(text), "{text:?} is {name}");
            }
            for text in wrong {
                assert!(!format.holds(text), "{text:?} is not {name}");
            }
        }
    }
}
