//! Blocks that are pairs of a name and a value: parameters of a database, settings of a cluster.

use crate::terraform::prelude::*;

/// What the blocks of a resource say of one name.
pub(super) enum Setting<'v> {
    /// This.
    Is(Found<'v>),
    /// Nothing.
    Absent,
    /// That is not known: a name is not, or there may be more blocks.
    Unknown,
}

/// What the blocks of the kind `block` say of `name`.
pub(super) fn setting<'v>(resource: &'v Resource, block: &str, name: &str) -> Setting<'v> {
    let mut absent = Setting::Absent;
    for lookup in lookups(resource, block) {
        match lookup {
            Lookup::Present(found) => {
                let blocks = found.value.as_list().map_or(std::slice::from_ref(found.value), |list| &list.items);
                if found.value.as_list().is_some_and(|list| list.open) {
                    absent = Setting::Unknown;
                }
                for block in blocks {
                    let entry = |key| block.as_map().and_then(|map| map.get(key));
                    match (entry("name").and_then(Value::as_str), entry("value")) {
                        (Some(own), Some(value)) if own == name => return Setting::Is(Found { value, ..found }),
                        (Some(own), _) if own != name => {}
                        _ => absent = Setting::Unknown,
                    }
                }
            }
            Lookup::Absent(_) => {}
            Lookup::Unknown(_) => absent = Setting::Unknown,
        }
    }
    absent
}
