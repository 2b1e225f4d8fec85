//! Credentials that are told by the place where they stand.

use std::borrow::Cow;

use crate::credential::assignments;
use crate::{Hit, Kind, Setting, Slot, Structural, Subject, Verdict, judge};

/// Adds what the settings of a text hold.
pub(crate) fn settings<'t>(subject: &Subject<'t>, hits: &mut Vec<Hit<'t>>) {
    for assignment in assignments(subject.text) {
        let setting = Setting { name: assignment.name, parents: &[], value: assignment.value, slot: Slot::Setting };
        let kind = match judge(&setting) {
            Verdict::Password => Structural::Password,
            Verdict::Key => Structural::Key,
            Verdict::Weak => Structural::Weak,
            Verdict::Nothing => continue,
        };
        let name = Cow::Borrowed(assignment.name);
        hits.push(Hit { kind: Kind::Structural(kind), range: assignment.range, name, wrapped: None });
    }
}
