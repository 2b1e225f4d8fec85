//! Kubernetes minor versions.

use std::fmt;
use std::str::FromStr;

/// A minor version of Kubernetes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    /// The N of 1.N.
    pub minor: u32,
}

impl KubernetesVersion {
    /// The newest version whose Pod Security Standards and APIs are known here.
    pub const LATEST: Self = Self { minor: 37 };

    /// This version, or the newest that is known where it is newer.
    #[must_use]
    pub fn known(self) -> Self {
        self.min(Self::LATEST)
    }

    /// 1.`minor`.
    pub const fn new(minor: u32) -> Self {
        Self { minor }
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

impl FromStr for KubernetesVersion {
    type Err = String;

    /// Reads `1.30`, `v1.30`, `1.30.4`, `latest`, and what distributions append: `1.30.2-gke.1`, `v1.30.2+k3s1`. Versions to
    /// come are versions as well, up to two digits.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let wrong = || format!("`{text}` is not a Kubernetes version such as 1.30 or latest");
        let (numbers, suffix) = match text.split_once(['-', '+']) {
            Some((numbers, suffix)) => (numbers, Some(suffix)),
            None => (text, None),
        };
        let mut parts = numbers.strip_prefix('v').unwrap_or(numbers).split('.');
        let (Some("1"), Some(minor)) = (parts.next(), parts.next()) else { return Err(wrong()) };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // EKS and others leave the patch out: `1.30-eks-036c24b`, `1.30+`.
        let is_patched = parts.next().is_none_or(is_number);
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        let has_suffix = suffix.is_none_or(|suffix| suffix.chars().all(is_word));
        if !is_patched || !has_suffix || parts.next().is_some() || !is_number(minor) {
            return Err(wrong());
        }
        let minor = minor.parse().ok().filter(|minor| *minor < 100).ok_or_else(wrong)?;
        Ok(Self::new(minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_distributions_write_them() {
        for (text, minor) in [
            ("1.30", Some(30)),
            ("v1.30", Some(30)),
            ("1.30.4", Some(30)),
            ("1.30.2-gke.1", Some(30)),
            ("v1.30.2+k3s1", Some(30)),
            ("1.31-eks-036c24b", Some(31)),
            ("v1.29.0-rc.1+build.5", Some(29)),
            ("1.30+", Some(30)),
            ("latest", Some(KubernetesVersion::LATEST.minor)),
            ("1.99", Some(99)),
            ("1.100", None),
            ("1.99999999999", None),
            ("", None),
            ("2.0", None),
            ("1", None),
            ("1.", None),
            ("1.30.", None),
            ("1.30.x", None),
            ("1.30.1.1", None),
            ("1.30 beta", None),
            ("1.30-a/b", None),
        ] {
            assert_eq!(text.parse::<KubernetesVersion>().ok().map(|version| version.minor), minor, "{text}");
        }
    }
}
