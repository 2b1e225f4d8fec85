//! Advisories of several databases about one defect.
//!
//! Aliases are symmetric and transitive, so that two records that share an alias are one group, whether or not they name
//! each other. What is only related, or comes from upstream, never joins groups.

use std::collections::HashMap;

use crate::Rating;
use crate::record::Record;

/// The groups of a set of records.
#[derive(Debug)]
pub struct Groups<'r> {
    /// The group of every id, as an index into `groups`.
    of: HashMap<&'r str, usize>,
    groups: Vec<Group<'r>>,
}

/// One defect.
#[derive(Debug, Default, PartialEq)]
pub struct Group<'r> {
    /// All its ids, those of records and those that only aliases name; the canonical one first, each once.
    pub ids: Vec<&'r str>,
    /// The highest rating that one of its records has.
    pub rating: Rating,
}

impl<'r> Groups<'r> {
    /// The groups of records, which are none of those that were withdrawn.
    pub fn of(records: impl IntoIterator<Item = &'r Record> + Clone) -> Self {
        let mut numbers: HashMap<&'r str, usize> = HashMap::new();
        let mut ids: Vec<&'r str> = Vec::new();
        let mut sets = DisjointSets::default();
        let mut number = |id: &'r str, sets: &mut DisjointSets| {
            *numbers.entry(id).or_insert_with(|| {
                ids.push(id);
                sets.add()
            })
        };
        for record in records.clone() {
            let own = number(&record.id, &mut sets);
            for alias in &record.aliases {
                let alias = number(alias, &mut sets);
                sets.join(own, alias);
            }
        }
        let mut of = HashMap::with_capacity(ids.len());
        let mut groups: Vec<Group<'r>> = Vec::new();
        let mut of_root: HashMap<usize, usize> = HashMap::new();
        for (number, id) in ids.iter().enumerate() {
            let group = *of_root.entry(sets.root(number)).or_insert_with(|| {
                groups.push(Group::default());
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(group) {
                group.ids.push(id);
            }
            of.insert(*id, group);
        }
        for group in &mut groups {
            group.ids.sort_unstable_by(|a, b| precedence(a).cmp(&precedence(b)));
        }
        for record in records {
            let group = of.get(record.id.as_str()).and_then(|&group| groups.get_mut(group));
            let group = group.expect("every record's id has a group");
            group.rating = group.rating.max(record.rating());
        }
        Self { of, groups }
    }

    /// The group of a record of the set, or of an id that one of them names.
    pub fn get(&self, id: &str) -> Option<&Group<'r>> {
        self.groups.get(*self.of.get(id)?)
    }
}

/// Sorts the ids of a group: the one that people know it by first. A malicious package is one before anything else; then
/// come the databases that say most, and equals by their text.
pub fn precedence(id: &str) -> (usize, &str) {
    const ORDER: [&str; 6] = ["MAL-", "RUSTSEC-", "GHSA-", "CVE-", "GO-", "PYSEC-"];
    (ORDER.iter().position(|prefix| id.starts_with(prefix)).unwrap_or(ORDER.len()), id)
}

/// Sets of numbers that can be joined, with paths halved on the way.
#[derive(Default)]
pub(crate) struct DisjointSets {
    parents: Vec<usize>,
}

impl DisjointSets {
    /// A new set of one number.
    pub(crate) fn add(&mut self) -> usize {
        self.parents.push(self.parents.len());
        self.parents.len() - 1
    }

    /// Makes one set of those of two numbers; the lower root stays, so that the outcome has no order.
    pub(crate) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.parents.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }

    /// The number that stands for the set of another.
    pub(crate) fn root(&mut self, mut number: usize) -> usize {
        loop {
            let parent = self.parent(number);
            if parent == number {
                return number;
            }
            let above = self.parent(parent);
            if let Some(parent) = self.parents.get_mut(number) {
                *parent = above;
            }
            number = above;
        }
    }

    fn parent(&self, number: usize) -> usize {
        self.parents.get(number).copied().unwrap_or(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn record(id: &str, aliases: &[&str], related: &[&str], word: Option<Level>) -> Record {
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        Record {
            id: id.to_owned(),
            aliases: owned(aliases),
            related: owned(related),
            upstream: owned(related),
            word,
            ..Record::default()
        }
    }

    #[test]
    fn records_with_a_common_alias_are_one_group() {
        let records = [
            record("PYSEC-1", &["CVE-1"], &[], None),
            record("GHSA-a", &["CVE-1", "CVE-2"], &["CVE-9"], Some(Level::High)),
            record("GO-1", &["CVE-2"], &[], Some(Level::Low)),
            record("CVE-9", &[], &["GHSA-a"], None),
            record("RUSTSEC-1", &["CVE-1"], &[], None),
            record("MAL-1", &["GHSA-b"], &[], None),
        ];
        let groups = Groups::of(&records);
        let all = ["RUSTSEC-1", "GHSA-a", "CVE-1", "CVE-2", "GO-1", "PYSEC-1"];
        for id in all {
            let group = groups.get(id).unwrap();
            assert_eq!((group.ids.as_slice(), group.rating), (all.as_slice(), Rating::Word(Level::High)), "{id}");
        }
        assert_eq!(groups.get("CVE-9").unwrap().ids, ["CVE-9"]);
        let malicious = groups.get("GHSA-b").unwrap();
        assert_eq!(
            (malicious.ids.as_slice(), malicious.rating.level()),
            (["MAL-1", "GHSA-b"].as_slice(), Level::Critical)
        );
        assert_eq!(groups.get("CVE-3"), None);
    }

    #[test]
    fn the_order_of_records_changes_nothing() {
        let mut records =
            vec![record("A", &["B"], &[], None), record("C", &["D"], &[], None), record("E", &["D", "B"], &[], None)];
        for _ in 0..3 {
            records.rotate_left(1);
            assert_eq!(Groups::of(&records).get("A").unwrap().ids, ["A", "B", "C", "D", "E"]);
        }
    }
}
