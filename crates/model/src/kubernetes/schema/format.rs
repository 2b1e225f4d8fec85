//! Formats of strings that the API server holds custom resources to.
//!
//! Those that it does not know, such as `int-or-string`, are notes for readers. Of a grammar that is large (addresses of mail,
//! URIs) only what is plainly wrong is told.

use std::net::Ipv6Addr;

/// A format that is checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format(&'static Row);

type Row = (&'static str, fn(&str) -> bool);

/// By name; hyphens in a name are passed over, as the server does.
static FORMATS: &[Row] = &[
    ("byte", is_base64),
    ("cidr", is_cidr),
    ("date", is_date),
    ("date-time", is_date_time),
    ("duration", is_duration),
    ("email", is_email),
    ("hexcolor", is_hex_color),
    ("hostname", is_hostname),
    ("ipv4", is_ipv4),
    ("ipv6", is_ipv6),
    ("mac", is_mac),
    ("uri", is_uri),
    ("uuid", |text| is_uuid(text, None)),
    ("uuid3", |text| is_uuid(text, Some('3'))),
    ("uuid4", |text| is_uuid(text, Some('4'))),
    ("uuid5", |text| is_uuid(text, Some('5'))),
];

impl Format {
    pub(super) fn of(name: &str) -> Option<Self> {
        let letters = |name: &'static str| name.bytes().filter(|byte| *byte != b'-');
        let row = FORMATS.iter().find(|(known, _)| letters(known).eq(name.bytes().filter(|byte| *byte != b'-')));
        row.map(Self)
    }

    pub(super) fn name(self) -> &'static str {
        self.0.0
    }

    /// Whether a text may be of the format.
    pub(super) fn allows(self, text: &str) -> bool {
        (self.0.1)(text)
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Base64 with padding, in the alphabet of old. The server refuses an empty text as well, which few mean to be told.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let is_padded = text.len().is_multiple_of(4) && text.len() - body.len() <= 2;
    is_padded && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Leading zeros are taken, and so is the IPv6 form of an address.
fn is_ipv4(text: &str) -> bool {
    let is_octet = |part: &str| is_digits(part) && part.parse::<u32>().is_ok_and(|octet| octet <= 255);
    let mut count = 0_u32;
    let is_dotted = text.split('.').inspect(|_| count = count.saturating_add(1)).all(is_octet) && count == 4;
    is_dotted || text.contains('.') && is_ipv6(text)
}

fn is_ipv6(text: &str) -> bool {
    text.contains(':') && text.parse::<Ipv6Addr>().is_ok()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = if is_ipv6(address) {
        128
    } else if is_ipv4(address) {
        32
    } else {
        return false;
    };
    is_digits(length) && length.parse::<u32>().is_ok_and(|length| length <= most)
}

/// Six, eight or twenty bytes: pairs between colons or hyphens, or fours between dots.
fn is_mac(text: &str) -> bool {
    [(':', 2), ('-', 2), ('.', 4)].into_iter().any(|(between, digits)| {
        let mut bytes = 0_usize;
        let is_group = |group: &str| group.len() == digits && is_hex(group);
        text.split(between).inspect(|_| bytes = bytes.saturating_add(digits / 2)).all(is_group)
            && matches!(bytes, 6 | 8 | 20)
    })
}

fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && is_hex(digits)
}

/// 8, 4, 4, 4 and 12 hexadecimal digits, with or without hyphens between them.
fn is_uuid(text: &str, version: Option<char>) -> bool {
    let mut rest = text;
    for (at, digits) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((group, after)) = rest.split_at_checked(digits) else { return false };
        let is_version = at != 2 || version.is_none_or(|version| group.starts_with(version));
        let is_variant =
            at != 3 || !matches!(version, Some('4' | '5')) || group.starts_with(['8', '9', 'a', 'b', 'A', 'B']);
        if !is_hex(group) || !is_version || !is_variant {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        parts.next().filter(|part| part.len() == digits && is_digits(part)).and_then(|part| part.parse::<u32>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else { return false };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day) && parts.next().is_none()
}

fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['t', 'T']) else { return false };
    let is_pair = |text: Option<&str>, most: u32| {
        text.is_some_and(|text| is_digits(text) && text.parse::<u32>().is_ok_and(|number| number <= most))
    };
    let Some((clock, zone)) = time.split_at_checked(8) else { return false };
    let mut parts = clock.split(':');
    let is_clock = is_pair(parts.next(), 23) && is_pair(parts.next(), 59) && is_pair(parts.next(), 59);
    let zone = match zone.strip_prefix(['.', ',']) {
        Some(fraction) => fraction.trim_start_matches(|char: char| char.is_ascii_digit()),
        None => zone,
    };
    let is_zone = zone.eq_ignore_ascii_case("z")
        || zone.strip_prefix(['+', '-']).and_then(|zone| zone.split_once(':')).is_some_and(|(hours, minutes)| {
            [hours, minutes].into_iter().all(|part| part.len() == 2 && is_digits(part))
        });
    is_date(date) && is_clock && parts.next().is_none() && is_zone
}

/// Each row's last word is the start of longer ones: `sec` of `seconds`.
static UNITS: &[&[&str]] = &[
    &["ns", "nano"],
    &["us", "\u{b5}s", "micro"],
    &["ms", "milli"],
    &["s", "sec"],
    &["m", "min"],
    &["h", "hr", "hour"],
    &["d", "day"],
    &["w", "wk", "week"],
];

/// A number with a unit anywhere in the text is enough.
fn is_duration(text: &str) -> bool {
    let is_unit = |word: &str| {
        let word = word.to_lowercase();
        UNITS.iter().any(|row| row.contains(&&*word) || row.last().is_some_and(|last| word.starts_with(last)))
    };
    let has_unit = text.match_indices(|char: char| char.is_ascii_digit()).any(|(at, digit)| {
        let after = text.get(at + digit.len()..).unwrap_or_default().trim_start();
        let end = after.find(|char: char| !char.is_ascii_alphabetic() && char != '\u{b5}').unwrap_or(after.len());
        is_unit(after.get(..end).unwrap_or_default())
    });
    has_unit || text.strip_prefix(['+', '-']).unwrap_or(text) == "0"
}

fn is_email(text: &str) -> bool {
    // A name with the address in brackets, and comments, have a grammar of their own.
    let is_plain = !text.contains(['<', '"', '(']);
    !is_plain || text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

/// An absolute URI or an absolute path.
fn is_uri(text: &str) -> bool {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return false;
    }
    if text.starts_with('/') || text == "*" {
        return true;
    }
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let Some(rest) = rest.strip_prefix("//") else { return is_scheme };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let is_port = match host.rsplit_once(':') {
        Some((_, port)) if !host.starts_with('[') => port.is_empty() || is_digits(port),
        _ => true,
    };
    is_scheme && is_port && !host.contains(' ')
}

/// A name of one label may have a hyphen in the second place and nowhere else; that is what the server takes.
fn is_hostname(text: &str) -> bool {
    // Letters and symbols of all alphabets are taken.
    if !text.is_ascii() {
        return true;
    }
    let is_member = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'+' | b'<' | b'=' | b'>' | b'^' | b'`' | b'|' | b'~')
    };
    let is_all = |text: &str| text.bytes().all(is_member);
    if text.len() > 255 || text.split('.').any(|label| label.len() > 63) {
        return false;
    }
    let Some((labels, last)) = text.rsplit_once('.') else {
        let Some((first, rest)) = text.split_at_checked(1) else { return false };
        return is_all(first) && is_all(rest.strip_prefix('-').unwrap_or(rest));
    };
    let is_label = |label: &str| {
        let ends = [label.bytes().next(), label.bytes().next_back()];
        ends.into_iter().all(|end| end.is_some_and(is_member))
            && label.bytes().all(|byte| is_member(byte) || byte == b'-')
    };
    labels.split('.').all(is_label) && last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_the_server() {
        for (format, good, bad) in [
            ("byte", &["YQ==", "YWJj", ""][..], &["YQ", "YQ=", "Y===", "a-b_", "YW Jj"][..]),
            (
                "cidr",
                &["10.0.0.0/8", "fd00::/64", "010.0.0.0/08"],
                &["10.0.0.0", "10.0.0.0/33", "fd00::/129", "a/8", "1.2.3/8"],
            ),
            (
                "date",
                &["2024-02-29", "2023-12-31"],
                &["2023-02-29", "2023-13-01", "2023-1-1", "2023-01-01T", "2023-04-31", ""],
            ),
            (
                "date-time",
                &["2024-01-02T03:04:05Z", "2024-01-02t03:04:05.678+01:00", "2024-01-02T03:04:05z"],
                &[
                    "2024-01-02",
                    "2024-01-02T24:00:00Z",
                    "2024-01-02 03:04:05Z",
                    "2024-01-02T03:04:05",
                    "2024-01-02T3:04:05Z",
                ],
            ),
            ("datetime", &["2024-01-02T03:04:05Z"], &["now"]),
            (
                "duration",
                &["1h30m", "0", "22 ns", "1.5h", "3 Seconds", "2w", "-1m", "P1D"],
                &["", "10", "h", "1 fortnight", "PT"],
            ),
            ("email", &["a@example.com", "A <a@example.com>"], &["a", "@example.com", "a@", ""]),
            ("hexcolor", &["#fff", "A0b1C2"], &["#ffff", "#ggg", ""]),
            (
                "hostname",
                &["a", "web1", "w-eb", "my-host.example.com", "localhost"],
                &["my-host", "-a", "a.b-", "a.example.c", "a_b", "a.1", ""],
            ),
            ("ipv4", &["10.0.0.1", "010.1.1.1", "::ffff:10.0.0.1"], &["10.0.0", "10.0.0.256", "10.0.0.0/8", "::1", ""]),
            ("ipv6", &["::1", "fd00::a"], &["10.0.0.1", "fd00::g", "fe80::1%eth0", ""]),
            (
                "mac",
                &["01:23:45:67:89:ab", "01-23-45-67-89-AB", "0123.4567.89ab"],
                &["01:23:45:67:89", "0123456789ab", "01:23-45:67:89:ab"],
            ),
            (
                "uri",
                &["https://example.com/a?b#c", "/a", "mailto:a@b", "https://[::1]:80", "postgres://u:p@h:5432/d", "*"],
                &[
                    "example.com",
                    "",
                    "://a",
                    "a b:c",
                    "https://example.com:port",
                    "https://exa mple.com",
                    "1a:b",
                    "a\u{1}",
                ],
            ),
            (
                "uuid",
                &["123e4567-e89b-12d3-a456-426614174000", "123E4567E89B12D3A456426614174000"],
                &["123e4567", "g23e4567-e89b-12d3-a456-426614174000", ""],
            ),
            (
                "uuid4",
                &["123e4567-e89b-42d3-a456-426614174000"],
                &["123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-42d3-1456-426614174000"],
            ),
            ("uuid3", &["123e4567-e89b-32d3-1456-426614174000"], &["123e4567-e89b-42d3-a456-426614174000"]),
        ] {
            let known = Format::of(format).expect("the table has it");
            for text in good {
                assert!(known.allows(text), "{format}: {text}");
            }
            for text in bad {
                assert!(!known.allows(text), "{format}: {text}");
            }
        }
        for format in ["int-or-string", "quantity", "semver", "password", "", "ip"] {
            assert_eq!(Format::of(format), None, "{format}");
        }
    }
}
