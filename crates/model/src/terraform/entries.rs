//! The entries of a map, in order of their keys.
//!
//! Nearly all maps are small: blocks, tags, statements. Those are sorted lists, which take the room of what they hold; a
//! tree has room for eleven entries where there is one.

use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

use super::value::Entry;

/// Entries by their keys.
#[derive(Clone, Debug)]
pub struct Entries(Store);

#[derive(Clone, Debug)]
enum Store {
    Few(Vec<(Arc<str>, Entry)>),
    Many(BTreeMap<Arc<str>, Entry>),
}

/// With more, putting one in between would move too many.
const FEW: usize = 32;

impl Entries {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.0 {
            Store::Few(few) => few.get(place(few, key).ok()?).map(|(_, entry)| entry),
            Store::Many(many) => many.get(key),
        }
    }

    /// The entry of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        match &mut self.0 {
            Store::Few(few) => {
                let at = place(few, key).ok()?;
                few.get_mut(at).map(|(_, entry)| entry)
            }
            Store::Many(many) => many.get_mut(key),
        }
    }

    /// Whether there is an entry of this key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Writes an entry; gives the one that it takes the place of.
    pub fn insert(&mut self, key: Arc<str>, entry: Entry) -> Option<Entry> {
        let few = match &mut self.0 {
            Store::Many(many) => return many.insert(key, entry),
            Store::Few(few) => few,
        };
        match place(few, &key) {
            Ok(at) => few.get_mut(at).map(|(_, known)| std::mem::replace(known, entry)),
            Err(_) if few.len() >= FEW => {
                let mut many: BTreeMap<Arc<str>, Entry> = std::mem::take(few).into_iter().collect();
                many.insert(key, entry);
                self.0 = Store::Many(many);
                None
            }
            Err(at) => {
                // Room for some more, and not for twice as many.
                if few.len() == few.capacity() {
                    few.reserve_exact(if few.len() < 4 { 1 } else { 4 });
                }
                few.insert(at, (key, entry));
                None
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Store::Few(few) => few.len(),
            Store::Many(many) => many.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in order of their keys.
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Store::Few(few) => Iter::Few(few.iter()),
            Store::Many(many) => Iter::Many(many.iter()),
        }
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.iter().map(|(key, _)| key)
    }

    /// The entries in order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &Entry> {
        self.iter().map(|(_, entry)| entry)
    }
}

/// Where a key is, or would be.
fn place(few: &[(Arc<str>, Entry)], key: &str) -> Result<usize, usize> {
    few.binary_search_by(|(other, _)| (**other).cmp(key))
}

impl Default for Entries {
    fn default() -> Self {
        Self(Store::Few(Vec::new()))
    }
}

impl From<BTreeMap<Arc<str>, Entry>> for Entries {
    fn from(entries: BTreeMap<Arc<str>, Entry>) -> Self {
        Self(if entries.len() > FEW { Store::Many(entries) } else { Store::Few(entries.into_iter().collect()) })
    }
}

impl FromIterator<(Arc<str>, Entry)> for Entries {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Entry)>>(entries: I) -> Self {
        let mut all = Self::default();
        all.extend(entries);
        all
    }
}

impl Extend<(Arc<str>, Entry)> for Entries {
    fn extend<I: IntoIterator<Item = (Arc<str>, Entry)>>(&mut self, entries: I) {
        for (key, entry) in entries {
            self.insert(key, entry);
        }
    }
}

impl<'e> IntoIterator for &'e Entries {
    type Item = (&'e Arc<str>, &'e Entry);
    type IntoIter = Iter<'e>;

    fn into_iter(self) -> Iter<'e> {
        self.iter()
    }
}

/// Goes through entries in order of their keys.
#[derive(Clone, Debug)]
pub enum Iter<'e> {
    /// Those of a list.
    Few(std::slice::Iter<'e, (Arc<str>, Entry)>),
    /// Those of a tree.
    Many(btree_map::Iter<'e, Arc<str>, Entry>),
}

impl<'e> Iterator for Iter<'e> {
    type Item = (&'e Arc<str>, &'e Entry);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(few) => few.next().map(|(key, entry)| (key, entry)),
            Self::Many(many) => many.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Few(few) => few.size_hint(),
            Self::Many(many) => many.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_core::Span;

    use super::*;
    use crate::terraform::Value;

    /// Few or many, they are the same as those of a tree.
    #[test]
    fn entries_are_those_of_a_tree() {
        let entry = |text: String| Entry { key: Span::default(), value: Value::string(text, Span::default()) };
        for count in [0, 1, 31, 32, 33, 100] {
            let (mut entries, mut tree) = (Entries::default(), BTreeMap::new());
            for number in (0..count).chain(0..count / 2) {
                let key: Arc<str> = (number * 7 % 10).to_string().repeat(number % 13).into();
                let replaced = entries.insert(key.clone(), entry(number.to_string())).is_some();
                assert_eq!(replaced, tree.insert(key, entry(number.to_string())).is_some());
            }
            let shown = |key: &Arc<str>, entry: &Entry| format!("{key} {:?}", entry.value.as_str());
            let expected: Vec<String> = tree.iter().map(|(key, entry)| shown(key, entry)).collect();
            assert_eq!(entries.iter().map(|(key, entry)| shown(key, entry)).collect::<Vec<_>>(), expected);
            assert_eq!(entries.len(), tree.len());
            for key in tree.keys() {
                assert_eq!(entries.get_mut(key).map(|entry| entry.value.as_str().map(str::to_owned)), {
                    tree.get(key).map(|entry| entry.value.as_str().map(str::to_owned))
                });
            }
            assert!(!entries.contains_key("none"));
            assert_eq!(
                Entries::from(tree).keys().cloned().collect::<Vec<_>>(),
                entries.keys().cloned().collect::<Vec<_>>()
            );
        }
    }
}
