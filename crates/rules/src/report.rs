//! Where a rule says what it found.

use std::borrow::Cow;

pub use portcullis_core::Place;
use portcullis_core::{Draft, RuleIdx, Span, StableHash};
use portcullis_model::facts::{Claim, Facts, Namespace};
use portcullis_model::kubernetes::Object;
use portcullis_syntax::{Anchor, Node};

use crate::Context;
use crate::context::Options;

/// What a rule writes its findings to, and asks for the settings of the scan.
#[derive(Debug)]
pub struct Report<'a> {
    pub(crate) context: &'a Context,
    pub(crate) rule: RuleIdx,
    pub(crate) id: &'a str,
    /// Hash of the object or stage that the rule looks at: part of every fingerprint.
    pub(crate) subject: u64,
    /// The facts of the file so far.
    pub(crate) facts: &'a Facts,
    pub(crate) drafts: &'a mut Vec<Draft>,
    pub(crate) claims: &'a mut Vec<(Draft, Claim)>,
    /// How often a rule could not decide.
    pub(crate) undecided: &'a mut usize,
}

impl<'a> Report<'a> {
    /// Reports at a node (its value), an anchor (absence) or any other spot.
    #[allow(clippy::needless_pass_by_value, reason = "spots are small handles, and `report.at(node, …)` reads best")]
    pub fn at(&mut self, spot: impl Spot, message: impl Into<Cow<'static, str>>) -> &mut Draft {
        let draft = self.draft(&spot, message);
        self.drafts.push(draft);
        self.drafts.last_mut().expect("the draft was pushed just now")
    }

    /// Reports only if `claim` holds of the whole scan. The rule has the tag `across-files`.
    #[allow(clippy::needless_pass_by_value, reason = "as for `at`")]
    pub fn claim(&mut self, spot: impl Spot, message: impl Into<Cow<'static, str>>, claim: Claim) -> &mut Draft {
        let draft = self.draft(&spot, message);
        self.claims.push((draft, claim));
        &mut self.claims.last_mut().expect("the claim was pushed just now").0
    }

    /// Counts a place that the rule cannot judge, because a value is not known there.
    pub fn undecided(&mut self) {
        *self.undecided = self.undecided.saturating_add(1);
    }

    /// The settings of the scan.
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The facts of the file up to and with the object that is looked at.
    pub fn facts(&self) -> &'a Facts {
        self.facts
    }

    /// The object's namespace, for claims.
    pub fn namespace(&self, object: &Object<'_>) -> Namespace {
        self.facts.namespace(object)
    }

    /// The rule's options from the configuration.
    pub fn options(&self) -> Option<&'a Options> {
        self.context.options.get(self.id)
    }

    /// Another rule's options, for rules that share them.
    pub(crate) fn options_of(&self, rule: &str) -> Option<&'a Options> {
        self.context.options.get(rule)
    }

    fn draft(&self, spot: &impl Spot, message: impl Into<Cow<'static, str>>) -> Draft {
        let place = spot.place();
        let mut structure = StableHash::new();
        structure.number(self.subject);
        structure.number(place.structure);
        let mut draft = Draft::new(self.rule, Place { structure: structure.short(), ..place }, message);
        draft.via = spot.via();
        draft
    }
}

/// Something that a finding can be about.
pub trait Spot {
    /// Span and identity.
    fn place(&self) -> Place;

    /// The places that its value came through.
    fn via(&self) -> Vec<Span> {
        Vec::new()
    }
}

impl Spot for Node<'_> {
    fn place(&self) -> Place {
        Place::from(*self)
    }

    fn via(&self) -> Vec<Span> {
        Node::via(*self).collect()
    }
}

impl Spot for Anchor<'_> {
    fn place(&self) -> Place {
        Place::from(*self)
    }

    fn via(&self) -> Vec<Span> {
        self.parent.via().collect()
    }
}

impl Spot for Place {
    fn place(&self) -> Place {
        *self
    }
}

/// A span with a name for it that survives moved lines: `("FROM", 0)`, an instruction and its ordinal.
impl Spot for (Span, &str) {
    fn place(&self) -> Place {
        let mut structure = StableHash::new();
        structure.text(self.1);
        Place { span: self.0, structure: structure.short(), value: 0 }
    }
}
