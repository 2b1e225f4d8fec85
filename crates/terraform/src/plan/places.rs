//! The places that a plan's values have in the sources that it was made from.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Entry, List, Map};
use portcullis_model::terraform::{Configuration, Configured, Kind, Resource, Value};

use super::without_instances;
use crate::provenance::with_references;

/// The configuration of a plan with the places of the sources that it was made from, where an address is in both.
///
/// A value that the sources have at the same name is reported there; what only the plan has, at the block.
#[must_use]
pub fn placed(plan: Configuration, sources: &Configuration) -> Configuration {
    let Configuration { mut modules, resources, .. } = plan;
    let symbolic: HashMap<String, &Resource> =
        sources.resources.iter().map(|resource| (without_instances(&resource.address), resource)).collect();
    for module in &mut modules {
        let same = sources.modules.iter().find(|it| {
            it.address == module.address || without_instances(&it.address) == without_instances(&module.address)
        });
        if let Some(same) = same {
            module.directory = same.directory.clone();
            module.calls.clone_from(&same.calls);
            let mut written: Vec<&Configured> = same.configured.iter().collect();
            for configured in &mut module.configured {
                let Some(at) = written.iter().position(|it| it.name == configured.name) else { continue };
                let source = written.remove(at);
                (configured.header, configured.span) = (source.header, source.span);
                configured.region = configured.region.as_ref().map(|planned| match &source.region {
                    Some(written) => placed_value(planned, written),
                    None => at_place(planned, source.header),
                });
            }
        }
    }
    let resources = resources.into_iter().map(|mut resource| {
        let source =
            sources.at(&resource.address).or_else(|| symbolic.get(&without_instances(&resource.address)).copied());
        if let Some(source) = source {
            resource.header = source.header;
            resource.span = source.span;
            resource.body = Arc::new(placed_map(&resource.body, &source.body, source.header));
        }
        resource
    });
    let resources = resources.collect();
    Configuration::new(modules, resources)
}

fn placed_map(planned: &Map, source: &Map, at: Span) -> Map {
    let entries = planned.entries.iter().map(|(name, entry)| {
        let entry = match source.entries.get(name) {
            Some(written) => Entry { key: written.key, value: placed_value(&entry.value, &written.value) },
            None => Entry { key: at, value: at_place(&entry.value, at) },
        };
        (name.clone(), entry)
    });
    Map { entries: entries.collect(), open: planned.open }
}

fn placed_value(planned: &Value, source: &Value) -> Value {
    let kind = match (&planned.kind, &source.kind) {
        (Kind::Map(planned), Kind::Map(written)) => Kind::Map(Arc::new(placed_map(planned, written, source.span))),
        (Kind::List(planned), Kind::List(written)) => {
            let items = planned.items.iter().enumerate().map(|(position, item)| {
                // Blocks of which it was not known how many there are stand for all of them.
                match written.items.get(position).or_else(|| written.items.last().filter(|_| written.open)) {
                    Some(written) => placed_value(item, written),
                    None => at_place(item, source.span),
                }
            });
            Kind::List(Arc::new(List { items: items.collect(), open: planned.open, set: planned.set }))
        }
        (Kind::List(_) | Kind::Map(_), _) => at_place(planned, source.span).kind,
        (kind, _) => kind.clone(),
    };
    let mut placed = Value { kind, span: source.span, via: source.via.clone(), refers: planned.refers.clone() };
    placed = with_references(placed, source.references());
    placed
}

/// A value with all that is in it at one place.
fn at_place(value: &Value, at: Span) -> Value {
    let kind = match &value.kind {
        Kind::Map(map) => {
            let entries = map.entries.iter();
            let entries =
                entries.map(|(name, entry)| (name.clone(), Entry { key: at, value: at_place(&entry.value, at) }));
            Kind::Map(Arc::new(Map { entries: entries.collect(), open: map.open }))
        }
        Kind::List(list) => {
            let items = list.items.iter().map(|item| at_place(item, at)).collect();
            Kind::List(Arc::new(List { items, open: list.open, set: list.set }))
        }
        kind => kind.clone(),
    };
    Value { kind, span: at, via: None, refers: value.refers.clone() }
}
