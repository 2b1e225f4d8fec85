//! Image references by the grammar of the distribution project: `registry:5000/path/name:tag@sha256:…`.
//!
//! Decides what the parts are and whether they are legal. Whether the image exists it cannot know.

use std::ops::Range;

/// Whether the last components of an image's path are these, whatever registry or mirror it is in.
pub fn ends_with_path(path: &str, last: &str) -> bool {
    path.strip_suffix(last).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// A legal image reference. Offsets are bytes of the text that was parsed, so that spans can point to a part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageRef {
    text: String,
    registry: Option<Range<usize>>,
    path: Range<usize>,
    tag: Option<Range<usize>>,
    digest: Option<Range<usize>>,
}

/// Why a text is no image reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidImage {
    /// Nothing was given.
    #[error("the image reference is empty")]
    Empty,
    /// The repository breaks the grammar.
    #[error("the repository name is malformed")]
    Repository,
    /// The repository has upper-case letters.
    #[error("the repository name must be in lower case")]
    UpperCase,
    /// Registry and path have more than 255 bytes.
    #[error("the repository name is longer than 255 characters")]
    TooLong,
    /// What follows `:` is no tag.
    #[error("the tag is malformed")]
    Tag,
    /// What follows `@` is no digest.
    #[error("the digest is malformed")]
    Digest,
    /// 64 hexadecimal digits name an image's id, which no registry serves.
    #[error("a bare image id cannot be a repository name")]
    BareId,
}

impl ImageRef {
    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Self, InvalidImage> {
        if text.is_empty() {
            return Err(InvalidImage::Empty);
        }
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return Err(InvalidImage::BareId);
        }
        let Parts { registry, path, tag, digest } = Parts::of(text);
        let part = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        if digest.as_ref().is_some_and(|digest| !is_digest(part(digest))) {
            return Err(InvalidImage::Digest);
        }
        if tag.as_ref().is_some_and(|tag| !is_tag(part(tag))) {
            return Err(InvalidImage::Tag);
        }
        if registry.as_ref().is_some_and(|registry| !is_registry(part(registry))) {
            return Err(InvalidImage::Repository);
        }
        if !part(&path).split('/').all(is_component) {
            let lower = part(&path).to_ascii_lowercase();
            let only_case = lower != part(&path) && lower.split('/').all(is_component);
            return Err(if only_case { InvalidImage::UpperCase } else { InvalidImage::Repository });
        }
        if path.end > MAX_REPOSITORY {
            return Err(InvalidImage::TooLong);
        }
        Ok(Self { text: text.to_owned(), registry, path, tag, digest })
    }

    /// The text as it was parsed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port as written; absent where Docker Hub is meant.
    pub fn registry(&self) -> Option<&str> {
        self.slice(self.registry.as_ref())
    }

    /// The path without the registry, as written: `nginx`, `library/nginx`.
    pub fn path(&self) -> &str {
        self.slice(Some(&self.path)).unwrap_or_default()
    }

    /// Registry and path as written.
    pub fn repository(&self) -> &str {
        self.text.get(..self.path.end).unwrap_or_default()
    }

    /// Without the colon.
    pub fn tag(&self) -> Option<&str> {
        self.slice(self.tag.as_ref())
    }

    /// With its algorithm: `sha256:…`.
    pub fn digest(&self) -> Option<&str> {
        self.slice(self.digest.as_ref())
    }

    /// Where the registry stands.
    pub fn registry_range(&self) -> Option<Range<usize>> {
        self.registry.clone()
    }

    /// Where registry and path stand.
    pub fn repository_range(&self) -> Range<usize> {
        0..self.path.end
    }

    /// Where the tag stands, the colon left out.
    pub fn tag_range(&self) -> Option<Range<usize>> {
        self.tag.clone()
    }

    /// Where the digest stands, the `@` left out.
    pub fn digest_range(&self) -> Option<Range<usize>> {
        self.digest.clone()
    }

    /// The registry that is meant: `docker.io` where none is written, and for Docker Hub's other names.
    pub fn normal_registry(&self) -> &str {
        match self.registry() {
            None | Some("index.docker.io" | "registry-1.docker.io") => "docker.io",
            Some(registry) => registry,
        }
    }

    /// The path that is meant: Docker Hub's images without an owner are `library/…`.
    pub fn normal_path(&self) -> String {
        if self.normal_registry() == "docker.io" && !self.path().contains('/') {
            format!("library/{}", self.path())
        } else {
            self.path().to_owned()
        }
    }

    /// Registry and path that are meant: `docker.io/library/nginx`.
    pub fn normal_repository(&self) -> String {
        format!("{}/{}", self.normal_registry(), self.normal_path())
    }

    fn slice(&self, range: Option<&Range<usize>>) -> Option<&str> {
        self.text.get(range?.clone())
    }
}

/// The longest registry and path.
const MAX_REPOSITORY: usize = 255;

/// Where the parts of a text would be, legal or not.
pub(crate) struct Parts {
    pub(crate) registry: Option<Range<usize>>,
    pub(crate) path: Range<usize>,
    pub(crate) tag: Option<Range<usize>>,
    pub(crate) digest: Option<Range<usize>>,
}

impl Parts {
    /// A digest follows the first `@`; a tag the last `:` after the last slash; a registry is a first component that
    /// has a dot, a port or a capital, or is `localhost`.
    pub(crate) fn of(text: &str) -> Self {
        let (name, digest) = match text.find('@') {
            Some(at) => (text.get(..at).unwrap_or_default(), Some(at + 1..text.len())),
            None => (text, None),
        };
        let last = name.rfind('/').map_or(0, |at| at + 1);
        let colon = name.get(last..).and_then(|last| last.rfind(':')).map(|at| at + last);
        let (path_end, tag) = colon.map_or((name.len(), None), |colon| (colon, Some(colon + 1..name.len())));
        let first = name.get(..path_end).and_then(|path| path.split_once('/')).map(|(first, _)| first);
        let registry = first.filter(|first| {
            *first == "localhost" || first.contains(['.', ':']) || first.contains(|c: char| c.is_ascii_uppercase())
        });
        let path_start = registry.map_or(0, |registry| registry.len() + 1);
        Self { registry: registry.map(|registry| 0..registry.len()), path: path_start..path_end, tag, digest }
    }
}

/// Lower-case letters and digits, separated by one dot, one or two underscores, or any number of dashes.
fn is_component(component: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut rest = component;
    loop {
        let after = rest.trim_start_matches(is_alphanumeric);
        if after.len() == rest.len() {
            return false;
        }
        if after.is_empty() {
            return true;
        }
        rest = after.trim_start_matches(|c| !is_alphanumeric(c));
        let separator = after.get(..after.len() - rest.len()).unwrap_or_default();
        if !matches!(separator, "." | "_" | "__") && !separator.chars().all(|c| c == '-') {
            return false;
        }
    }
}

/// Host labels or an IPv6 address in brackets, and perhaps a port.
fn is_registry(registry: &str) -> bool {
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (registry, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = address.map_or_else(
        || host.split('.').all(is_label),
        |address| !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'),
    );
    is_host && port.is_none_or(is_port)
}

fn is_tag(tag: &str) -> bool {
    const MAX_TAG: usize = 128;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= MAX_TAG && tag.starts_with(is_word) && tag.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
}

/// `algorithm:hex`. No registry or builder takes another algorithm.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let digits = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == digits && hex.bytes().all(is_lower_hex)
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `registry|path|tag|digest`, or the error.
    fn show(text: &str) -> String {
        match ImageRef::parse(text) {
            Ok(image) => {
                let none = "-";
                let (registry, tag) = (image.registry().unwrap_or(none), image.tag().unwrap_or(none));
                format!("{registry}|{}|{tag}|{}", image.path(), image.digest().unwrap_or(none))
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn references_fall_into_their_parts() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let digested = |name: &str| format!("{name}@{digest}");
        for (text, expected) in [
            ("nginx".to_owned(), "-|nginx|-|-".to_owned()),
            ("nginx:1.27".to_owned(), "-|nginx|1.27|-".to_owned()),
            ("library/nginx:1".to_owned(), "-|library/nginx|1|-".to_owned()),
            ("localhost/x".to_owned(), "localhost|x|-|-".to_owned()),
            ("localhost:5000/x:1".to_owned(), "localhost:5000|x|1|-".to_owned()),
            ("ghcr.io/a/b/c:v1.2-3_4".to_owned(), "ghcr.io|a/b/c|v1.2-3_4|-".to_owned()),
            ("[2001:db8::1]:5000/x".to_owned(), "[2001:db8::1]:5000|x|-|-".to_owned()),
            (digested("nginx"), format!("-|nginx|-|{digest}")),
            (digested("r.io:443/a:1"), format!("r.io:443|a|1|{digest}")),
            ("a__b/c.d/e---f".to_owned(), "-|a__b/c.d/e---f|-|-".to_owned()),
            ("nginx:5000".to_owned(), "-|nginx|5000|-".to_owned()),
            (format!("x:{}", "t".repeat(128)), format!("-|x|{}|-", "t".repeat(128))),
            (String::new(), "Empty".to_owned()),
            ("Nginx".to_owned(), "UpperCase".to_owned()),
            ("a/Nginx:1".to_owned(), "UpperCase".to_owned()),
            ("a..b".to_owned(), "Repository".to_owned()),
            ("a___b".to_owned(), "Repository".to_owned()),
            ("-a".to_owned(), "Repository".to_owned()),
            ("a/".to_owned(), "Repository".to_owned()),
            ("/a".to_owned(), "Repository".to_owned()),
            ("a//b".to_owned(), "Repository".to_owned()),
            ("r.io:port/a".to_owned(), "Repository".to_owned()),
            ("nginx ".to_owned(), "Repository".to_owned()),
            ("https://x.io/a".to_owned(), "Repository".to_owned()),
            ("nginx:".to_owned(), "Tag".to_owned()),
            ("nginx:-1".to_owned(), "Tag".to_owned()),
            ("nginx:a b".to_owned(), "Tag".to_owned()),
            (format!("x:{}", "t".repeat(129)), "Tag".to_owned()),
            ("nginx@".to_owned(), "Digest".to_owned()),
            ("nginx@sha256:abc".to_owned(), "Digest".to_owned()),
            (format!("nginx@{}", digest.to_uppercase()), "Digest".to_owned()),
            ("0a".repeat(32), "BareId".to_owned()),
            ("a/".repeat(130) + "a", "TooLong".to_owned()),
        ] {
            assert_eq!(show(&text), expected, "{text}");
        }
    }

    #[test]
    fn ranges_cut_the_parts_out_of_the_text() {
        let text = format!("r.io:443/a/b:1.2@sha256:{}", "ab".repeat(32));
        let image = ImageRef::parse(&text).expect("the reference is legal");
        let parts = [image.registry_range(), Some(image.repository_range()), image.tag_range(), image.digest_range()];
        let cut: Vec<&str> = parts.into_iter().flatten().map(|range| text.get(range).unwrap()).collect();
        assert_eq!(cut, ["r.io:443", "r.io:443/a/b", "1.2", text.split('@').nth(1).unwrap()]);
    }

    #[test]
    fn docker_hub_has_many_names() {
        for (text, expected) in [
            ("nginx", "docker.io/library/nginx"),
            ("docker.io/nginx", "docker.io/library/nginx"),
            ("index.docker.io/library/nginx:1", "docker.io/library/nginx"),
            ("bitnami/nginx", "docker.io/bitnami/nginx"),
            ("quay.io/nginx", "quay.io/nginx"),
        ] {
            assert_eq!(ImageRef::parse(text).expect("the reference is legal").normal_repository(), expected);
        }
    }
}
