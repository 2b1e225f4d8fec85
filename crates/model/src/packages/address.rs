//! Where an archive or a repository lies, by its address.

use std::borrow::Cow;

/// The parts of an address that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'u> {
    /// `https`, `git+ssh`, `git`; in the case of the text.
    pub scheme: &'u str,
    /// Without user, password and port; an IPv6 address without its brackets.
    pub host: &'u str,
    /// Behind the host, query and fragment left out; starts with `/` or is empty.
    pub path: &'u str,
}

impl<'u> Address<'u> {
    /// The parts of an absolute address; `None` for anything without scheme or host: `github:a/b`, `git@host:a/b`, a path.
    pub fn new(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((host, _)) => host,
            None => host.split(':').next().unwrap_or_default(),
        };
        (!scheme.is_empty() && !host.is_empty()).then_some(Self { scheme, host, path })
    }

    /// Whether what comes from there may be changed on the way: neither encrypted nor signed.
    pub fn is_plain(self) -> bool {
        ["http", "git", "git+http", "ftp", "svn", "bzr+http"]
            .iter()
            .any(|plain| self.scheme.eq_ignore_ascii_case(plain))
    }

    /// Whether the host is the machine itself, where nobody stands between.
    pub fn is_loopback(self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.starts_with("127.") || self.host == "::1"
    }

    /// Whether the host is a number and no name.
    pub fn is_ip(self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }
}

/// An address without what logs in: over HTTP any user may be a token, elsewhere (`git@`) only what has a password is.
pub fn without_login(url: &str) -> Cow<'_, str> {
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (user, host) = authority.rsplit_once('@')?;
        let is_http = ["http", "https", "git+http", "git+https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
        (is_http || user.contains(':')).then_some((scheme, host, path))
    });
    parts.map_or(Cow::Borrowed(url), |(scheme, host, path)| Cow::Owned(format!("{scheme}://{host}{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (url, expected) in [
            ("https://registry.example.org/a/-/a-1.tgz#abc", Some(("https", "registry.example.org", "/a/-/a-1.tgz"))),
            ("http://user:p%40ss@10.0.0.1:8080/x?y=/z", Some(("http", "10.0.0.1", "/x"))),
            ("git+ssh://git@example.org/a/b.git", Some(("git+ssh", "example.org", "/a/b.git"))),
            ("https://[2001:db8::1]:443/", Some(("https", "2001:db8::1", "/"))),
            ("https://host", Some(("https", "host", ""))),
            ("git@example.org:a/b.git", None),
            ("github:a/b", None),
            ("file:../a", None),
            ("file:///a", None),
            ("", None),
        ] {
            let found = Address::new(url).map(|it| (it.scheme, it.host, it.path));
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn logins_are_left_out() {
        for (url, expected) in [
            ("https://user:p%40ss@example.org:8080/x@y", "https://example.org:8080/x@y"),
            ("git+https://ghp_token@example.org/a.git", "git+https://example.org/a.git"),
            ("https://example.org?a=b@c", "https://example.org?a=b@c"),
            ("ssh://git:pass@example.org/a", "ssh://example.org/a"),
            ("ssh://git@example.org/a", "ssh://git@example.org/a"),
            ("git@example.org:a/b", "git@example.org:a/b"),
            ("", ""),
        ] {
            assert_eq!(without_login(url), expected);
        }
    }

    #[test]
    fn hosts_are_judged() {
        let all = |url: &str| Address::new(url).map(|it| (it.is_plain(), it.is_loopback(), it.is_ip()));
        assert_eq!(all("HTTP://10.1.2.3/"), Some((true, false, true)));
        assert_eq!(all("http://localhost:4873/"), Some((true, true, false)));
        assert_eq!(all("https://[::1]/"), Some((false, true, true)));
        assert_eq!(all("git://example.org/a"), Some((true, false, false)));
    }
}
