//! Image references by the grammar of the distribution project: `registry:5000/path/name:tag@sha256:…`.
//!
//! Decides what the parts are and whether they are legal. Whether the image exists it cannot know.

use std::ops::Range;

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
        Ok(Self { text: text.to_owned(), registry: None, path: 0..text.len(), tag: None, digest: None })
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
