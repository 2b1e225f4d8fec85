//! Rules that are rows of a second table: a resource, and another one that has to be there for it.

use portcullis_core::Span;
use portcullis_model::terraform::{Configuration, Lookup, Resource, lookups};

use super::attribute::{Given, Holds, all_hold};
use crate::Report;

/// A row of the table: of each resource of the types `on` for which `given` holds, one of `inline` has to hold, or a
/// resource of one of the types `by` has to be linked to it for which all of `wants` holds.
#[derive(Debug)]
pub struct LinkRow {
    /// The types of resources that are judged.
    pub on: &'static [&'static str],
    /// The row judges only resources for which all of these hold.
    pub given: &'static [Given],
    /// Conditions on the resource itself, any of which is enough: the block that the provider took before the resource
    /// of its own came.
    pub inline: &'static [Given],
    /// The types of the other resource, and the path of the attribute by which each names the one that is judged.
    pub by: &'static [(&'static str, &'static str)],
    /// The attributes of the judged resource that may stand there as plain text: `bucket`.
    pub names: &'static [&'static str],
    /// Conditions on the other resource, all of which have to hold.
    pub wants: &'static [Given],
    /// What is wrong with the resource, after its address: `has no flow log`.
    pub says: &'static str,
    /// What to do.
    pub help: &'static str,
}

impl LinkRow {
    /// What most rows leave out.
    pub const DEFAULT: Self =
        Self { on: &[], given: &[], inline: &[], by: &[], names: &[], wants: &[], says: "", help: "" };

    pub(crate) fn check(&self, resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
        match all_hold(resource, self.given) {
            Holds::Yes => {}
            Holds::No => return,
            Holds::Unknown => return report.undecided(),
        }
        let mut undecided = false;
        for inline in self.inline {
            match all_hold(resource, std::slice::from_ref(inline)) {
                Holds::Yes => return,
                Holds::No => {}
                Holds::Unknown => undecided = true,
            }
        }
        let mut wrong: Option<&Resource> = None;
        for (kind, path) in self.by {
            let links = configuration.linked(resource, kind, path, self.names);
            undecided |= links.maybe;
            for linked in links.certain {
                match all_hold(linked, self.wants) {
                    Holds::Yes => return,
                    Holds::No => wrong = wrong.or(Some(linked)),
                    Holds::Unknown => undecided = true,
                }
            }
        }
        if undecided {
            return report.undecided();
        }
        let draft = report.at_resource(resource, configuration, format!("`{}` {}", resource.local, self.says));
        draft.help(self.help);
        if let Some(linked) = wrong {
            let place = self.wants.iter().find_map(|want| place_of(linked, want)).unwrap_or(linked.header);
            draft.label(place, format!("`{}` is set up for it, but not so", linked.local));
        }
    }
}

/// Where a resource says the value of a condition.
fn place_of(resource: &Resource, condition: &Given) -> Option<Span> {
    lookups(resource, condition.path).iter().find_map(|lookup| match lookup {
        Lookup::Present(found) => Some(found.value.span),
        _ => None,
    })
}
