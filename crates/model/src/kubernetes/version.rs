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

    /// Reads `1.30`, `v1.30`, `1.30.4` or `latest`. A version newer than the newest known is read as the newest.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let wrong = || format!("`{text}` is not a Kubernetes version such as 1.30 or latest");
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let (Some("1"), Some(minor)) = (parts.next(), parts.next()) else { return Err(wrong()) };
        let patch_is_number = parts.next().is_none_or(|patch| patch.parse::<u32>().is_ok());
        if !patch_is_number || parts.next().is_some() || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let minor: u32 = minor.parse().map_err(|_| wrong())?;
        Ok(Self::new(minor).min(Self::LATEST))
    }
}
