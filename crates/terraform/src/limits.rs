//! What evaluation may cost: steps, sizes, nesting and instances.
//!
//! Values share what they hold, so that a short text can stand for a value of any size (`[local.a, local.a]`, thirty
//! times). What has to be walked is therefore weighed as it is made, and is unknown once it is too heavy.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use portcullis_model::terraform::value::{Encoded, List, Map, Piece};
use portcullis_model::terraform::{Kind, Value};

/// Expressions that are evaluated within one another: chains of locals, variables and outputs included.
pub(crate) const DEPTH: usize = 1_000;
/// Expressions that one root may have evaluated.
pub(crate) const STEPS: u64 = 5_000_000;
/// Values in a value.
const WEIGHT: usize = 1_000_000;
/// Levels of lists and maps in a value.
const NESTING: usize = 100;
/// Instances that one `count` or `for_each` may give.
pub const INSTANCES: usize = 10_000;
/// Instances of resources in a configuration before one stands for all that a `count` or `for_each` gives.
pub(crate) const REPEATED: usize = 50_000;
/// Instances of modules in a configuration.
pub(crate) const MODULES: usize = 20_000;
/// Instances of resources in a configuration.
pub(crate) const RESOURCES: usize = 100_000;
/// Modules that are called within one another.
pub const MODULE_DEPTH: usize = 40;
/// Bytes of a text that is put together.
pub(crate) const TEXT: usize = 1024 * 1024;

/// How much a value holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weight {
    /// Values, each place counted; long texts count for several.
    pub(crate) nodes: usize,
    nesting: usize,
}

impl Weight {
    /// Whether no value may hold as much.
    pub(crate) fn is_too_much(self) -> bool {
        self.nodes > WEIGHT || self.nesting > NESTING
    }
}

/// Weighs values, those that are heavy only once.
#[derive(Debug, Default)]
pub(crate) struct Scales {
    /// By the place of what they share, which is held so that nothing else comes to stand there.
    heavy: HashMap<usize, (Place, Weight)>,
}

/// Holds a place in memory, but not what stands there.
#[derive(Debug)]
#[allow(dead_code, reason = "held, never looked at")]
enum Place {
    List(Weak<List>),
    Map(Weak<Map>),
    Encoded(Weak<Encoded>),
}

/// What is lighter is weighed again each time.
const HEAVY: usize = 64;

impl Scales {
    /// The weight of a value.
    pub(crate) fn weigh(&mut self, value: &Value) -> Weight {
        match &value.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Unknown(_) => Weight { nodes: 1, nesting: 0 },
            Kind::String(text) => Weight { nodes: text_weight(text), nesting: 0 },
            Kind::Template(pieces) => {
                let texts = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => text_weight(text),
                    Piece::Unknown(_) => 1,
                });
                Weight { nodes: texts.fold(1, usize::saturating_add), nesting: 0 }
            }
            Kind::Encoded(encoded) => {
                let place = || Place::Encoded(Arc::downgrade(encoded));
                self.shared(Arc::as_ptr(encoded).addr(), place, |scales| {
                    let inner = scales.weigh(&encoded.value);
                    Weight { nodes: inner.nodes.saturating_add(1), nesting: inner.nesting.saturating_add(1) }
                })
            }
            Kind::List(list) => {
                let place = || Place::List(Arc::downgrade(list));
                self.shared(Arc::as_ptr(list).addr(), place, |scales| scales.sum(list.items.iter()))
            }
            Kind::Map(map) => {
                let place = || Place::Map(Arc::downgrade(map));
                let values = map.entries.values().map(|entry| &entry.value);
                self.shared(Arc::as_ptr(map).addr(), place, |scales| scales.sum(values))
            }
        }
    }

    fn shared(
        &mut self,
        address: usize,
        place: impl FnOnce() -> Place,
        weigh: impl FnOnce(&mut Self) -> Weight,
    ) -> Weight {
        if let Some((_, weight)) = self.heavy.get(&address) {
            return *weight;
        }
        let weight = weigh(self);
        if weight.nodes >= HEAVY || weight.nesting > 4 {
            self.heavy.insert(address, (place(), weight));
        }
        weight
    }

    fn sum<'v>(&mut self, values: impl Iterator<Item = &'v Value>) -> Weight {
        let mut all = Weight { nodes: 1, nesting: 0 };
        for value in values {
            let one = self.weigh(value);
            all.nodes = all.nodes.saturating_add(one.nodes);
            all.nesting = all.nesting.max(one.nesting.saturating_add(1));
            if all.is_too_much() {
                break;
            }
        }
        all
    }
}

fn text_weight(text: &str) -> usize {
    (text.len() / 64).saturating_add(1)
}
