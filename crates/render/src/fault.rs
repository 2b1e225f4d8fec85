//! Why a kustomization cannot be built.

use std::borrow::Cow;

use portcullis_core::Span;
use portcullis_syntax::Node;

/// Why a kustomization cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    reason: Cow<'static, str>,
    /// Who else would refuse it.
    pub refusal: Refusal,
    /// The entry of a kustomization that asks for what cannot be done.
    pub place: Option<Span>,
}

/// Who refuses to build a kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `kustomize build` does as well.
    Kustomize,
    /// `kustomize build` does as long as nothing is at this path.
    Missing(String),
    /// Only this crate: a limit, a program, something that is filled in later.
    Ours,
}

impl Fault {
    /// What `kustomize build` refuses as well.
    pub(crate) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), refusal: Refusal::Kustomize, place: None }
    }

    /// What is too much, or cannot be known.
    pub(crate) fn ours(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { refusal: Refusal::Ours, ..Self::new(reason) }
    }

    /// A path that leads nowhere.
    pub(crate) fn missing(path: String, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { refusal: Refusal::Missing(path), ..Self::new(reason) }
    }

    /// Says which entry it is about, where that is not known better.
    pub(crate) fn at(mut self, entry: Node<'_>) -> Self {
        self.place.get_or_insert_with(|| if entry.text().is_empty() { entry.title_span() } else { entry.span() });
        if entry.is_unknown() {
            self.refusal = Refusal::Ours;
        }
        self
    }
}
