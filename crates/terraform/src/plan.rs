//! Plans as `terraform show -json` writes them: the same configuration, already evaluated.
//!
//! Values are those that are planned; what is only known after the apply is unknown. Which resource a value was taken from
//! is said by the configuration that the plan carries, followed through variables and outputs of modules, but not
//! through locals, which no plan has. Places are those of the plan, until [`placed`] finds them in the sources.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Entry, List, Map, Reference};
use portcullis_model::terraform::{Configuration, Kind, Mode, Module, Provider, Reason, Resource, Value};
use portcullis_syntax::{Node, Value as Json};

use crate::operators::parse_number;
use crate::provenance::with_references;
use crate::resources::joined;

/// References that are followed within one another.
const DEPTH: usize = 16;
/// Places that the references of one expression are looked up in.
const LOOKUPS: usize = 200;
/// Instances that a reference is taken to mean where it does not say which.
const INSTANCES: usize = 16;

/// Whether a JSON document is a plan.
pub fn is_plan(root: Node<'_>) -> bool {
    root.field("format_version").is_some()
        && (root.field("planned_values").is_some_and(Node::is_map)
            || root.field("resource_changes").is_some_and(Node::is_list))
}

/// The configuration that a plan is of.
pub fn configuration(root: Node<'_>) -> Configuration {
    let mut plan = Plan {
        after_unknown: by_address(root),
        written: root.field("configuration").and_then(|it| it.field("root_module")),
        addresses: HashMap::new(),
        modules: Vec::new(),
        resources: Vec::new(),
    };
    let planned = root.field("planned_values").and_then(|it| it.field("root_module"));
    let prior = root.field("prior_state").and_then(|it| it.field("values")).and_then(|it| it.field("root_module"));
    for module in planned.into_iter().chain(prior) {
        plan.list_addresses(module);
    }
    let providers: Arc<[Provider]> = providers(root).into();
    plan.module(planned.unwrap_or(root), "", &providers);
    if let Some(prior) = prior {
        plan.data_sources(prior, &providers);
    }
    Configuration::new(plan.modules, plan.resources)
}

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

struct Plan<'t> {
    after_unknown: HashMap<&'t str, Node<'t>>,
    /// The root module of the configuration in the plan.
    written: Option<Node<'t>>,
    /// The resources that there are, by their addresses without instances.
    addresses: HashMap<String, Vec<&'t str>>,
    modules: Vec<Module>,
    resources: Vec<Resource>,
}

fn by_address(root: Node<'_>) -> HashMap<&str, Node<'_>> {
    let changes = root.field("resource_changes").into_iter().flat_map(Node::items);
    let unknown = changes.filter_map(|change| {
        let unknown = change.field("change")?.field("after_unknown")?;
        Some((change.field("address")?.text(), unknown))
    });
    unknown.collect()
}

fn providers(root: Node<'_>) -> Vec<Provider> {
    let configured = root.field("configuration").and_then(|it| it.field("provider_config"));
    let text = |node: Node<'_>, name: &str| node.field(name).map(|it| Arc::<str>::from(it.text()));
    let providers = configured.into_iter().flat_map(Node::entries).filter_map(|(_, provider)| {
        let source = text(provider, "full_name");
        Some(Provider { name: text(provider, "name")?, source, version: text(provider, "version_constraint") })
    });
    providers.collect()
}

impl<'t> Plan<'t> {
    fn list_addresses(&mut self, root: Node<'t>) {
        let mut open = vec![root];
        while let Some(module) = open.pop() {
            let resources = module.field("resources").into_iter().flat_map(Node::items);
            for address in resources.filter_map(|it| it.field("address")).map(Node::text) {
                self.addresses.entry(without_instances(address)).or_default().push(address);
            }
            open.extend(module.field("child_modules").into_iter().flat_map(Node::items));
        }
    }

    /// A module of the planned values with those in it. The document bounds how deep they are.
    fn module(&mut self, node: Node<'t>, address: &str, providers: &Arc<[Provider]>) {
        let number = self.modules.len();
        self.modules.push(new_module(address, providers));
        for resource in node.field("resources").into_iter().flat_map(Node::items) {
            self.resource(resource, number, address);
        }
        for child in node.field("child_modules").into_iter().flat_map(Node::items) {
            let address = child.field("address").map_or("", Node::text);
            self.module(child, address, providers);
        }
    }

    /// Data sources that were read already stand in the state from before.
    fn data_sources(&mut self, root: Node<'t>, providers: &Arc<[Provider]>) {
        let planned: BTreeSet<Arc<str>> = self.resources.iter().map(|it| it.address.clone()).collect();
        let mut open = vec![(root, "")];
        while let Some((module, address)) = open.pop() {
            for resource in module.field("resources").into_iter().flat_map(Node::items) {
                let is_data = resource.field("mode").is_some_and(|it| it.text() == "data");
                let is_new = resource.field("address").is_some_and(|it| !planned.contains(it.text()));
                if !is_data || !is_new {
                    continue;
                }
                let number = self.modules.iter().position(|it| *it.address == *address).unwrap_or_else(|| {
                    self.modules.push(new_module(address, providers));
                    self.modules.len().saturating_sub(1)
                });
                self.resource(resource, number, address);
            }
            let children = module.field("child_modules").into_iter().flat_map(Node::items);
            open.extend(children.map(|child| (child, child.field("address").map_or("", Node::text))));
        }
    }

    fn resource(&mut self, node: Node<'t>, module: usize, prefix: &str) {
        let text = |name: &str| node.field(name).map_or("", Node::text);
        let (kind, name) = (text("type"), text("name"));
        let Some(address) = node.field("address") else { return };
        let (mode, data) = match text("mode") {
            "data" => (Mode::Data, "data."),
            "ephemeral" => (Mode::Ephemeral, "ephemeral."),
            _ => (Mode::Managed, ""),
        };
        let local = format!("{data}{kind}.{name}");
        let header = address.span();
        let unknown = self.after_unknown.get(address.text()).copied();
        let value = node.field("values").map_or_else(
            || Value::new(Kind::Map(Arc::default()), header),
            |values| merged(Some(values), unknown, header),
        );
        let mut body = match value.kind {
            Kind::Map(map) => (*map).clone(),
            _ => Map { open: true, ..Map::default() },
        };
        self.refer(&mut body, prefix, &local);
        self.resources.push(Resource {
            address: address.text().into(),
            local: local.into(),
            mode,
            kind: kind.into(),
            name: name.into(),
            body: Arc::new(body),
            header,
            span: node.span(),
            module,
            symbolic: false,
        });
    }

    /// Adds what the expressions of a resource refer to.
    fn refer(&self, body: &mut Map, prefix: &str, local: &str) {
        let Some(module) = self.written_module(prefix) else { return };
        let mut resources = module.field("resources").into_iter().flat_map(Node::items);
        let found = resources.find(|it| it.field("address").is_some_and(|it| it.text() == local));
        let Some(expressions) = found.and_then(|it| it.field("expressions")) else { return };
        for (name, expression) in expressions.entries() {
            let Some(entry) = body.entries.get_mut(name.text()) else { continue };
            self.refer_value(&mut entry.value, expression, prefix);
        }
    }

    fn refer_value(&self, value: &mut Value, expression: Node<'t>, prefix: &str) {
        if let Some(references) = expression.field("references") {
            let mut found = Vec::new();
            let mut left = LOOKUPS;
            self.resolve(references, prefix, 0, &mut left, &mut found);
            *value = with_references(value.clone(), &found);
            return;
        }
        match (&mut value.kind, expression.is_list()) {
            // Nested blocks: expressions one for each, in order.
            (Kind::List(list), true) => {
                let mut made = (**list).clone();
                for (item, expression) in made.items.iter_mut().zip(expression.items()) {
                    self.refer_value(item, expression, prefix);
                }
                *list = Arc::new(made);
            }
            (Kind::Map(map), false) => {
                let mut made = (**map).clone();
                for (name, expression) in expression.entries() {
                    if let Some(entry) = made.entries.get_mut(name.text()) {
                        self.refer_value(&mut entry.value, expression, prefix);
                    }
                }
                *map = Arc::new(made);
            }
            _ => {}
        }
    }

    /// What a list of references leads to: each reference is followed by its own shorter forms, which say nothing more.
    fn resolve(&self, references: Node<'t>, prefix: &str, depth: usize, left: &mut usize, found: &mut Vec<Reference>) {
        let mut last = "";
        for reference in references.items().map(Node::text) {
            let is_shorter = last.strip_prefix(reference).is_some_and(|rest| rest.starts_with(['.', '[']));
            if is_shorter || depth > DEPTH || *left == 0 {
                continue;
            }
            last = reference;
            *left = left.saturating_sub(1);
            if let Some(rest) = reference.strip_prefix("var.") {
                let name = rest.split(['.', '[']).next().unwrap_or(rest);
                self.resolve_variable(name, prefix, depth, left, found);
            } else if let Some(rest) = reference.strip_prefix("module.") {
                self.resolve_output(rest, prefix, depth, left, found);
            } else {
                self.resolve_resource(reference, prefix, found);
            }
        }
    }

    fn resolve_variable(&self, name: &str, prefix: &str, depth: usize, left: &mut usize, found: &mut Vec<Reference>) {
        let (parent, call) = parent_of(prefix);
        if call.is_empty() {
            return;
        }
        let expression = self
            .written_module(parent)
            .and_then(|module| module.field("module_calls"))
            .and_then(|calls| calls.field(call))
            .and_then(|call| call.field("expressions")?.field(name)?.field("references"));
        if let Some(references) = expression {
            self.resolve(references, parent, depth.saturating_add(1), left, found);
        }
    }

    fn resolve_output(&self, rest: &str, prefix: &str, depth: usize, left: &mut usize, found: &mut Vec<Reference>) {
        let Some((call, output)) = split_output(rest) else { return };
        let inner = format!("{}module.{call}", joined(prefix));
        let expression = self
            .written_module(&inner)
            .and_then(|module| module.field("outputs")?.field(output)?.field("expression")?.field("references"));
        if let Some(references) = expression {
            self.resolve(references, &inner, depth.saturating_add(1), left, found);
        }
    }

    /// `aws_s3_bucket.b[0].id`: the resource that it means and the attribute. Which instance is meant is not said where
    /// it is computed.
    fn resolve_resource(&self, reference: &str, prefix: &str, found: &mut Vec<Reference>) {
        let first = reference.split(['.', '[']).next().unwrap_or_default();
        if matches!(first, "each" | "count" | "self" | "path" | "terraform" | "local") {
            return;
        }
        let names = if matches!(first, "data" | "ephemeral") { 3 } else { 2 };
        let Some((resource, rest)) = end_of_names(reference, names).and_then(|end| reference.split_at_checked(end))
        else {
            return;
        };
        let tail = after_key(rest);
        let key = rest.strip_suffix(tail).unwrap_or_default();
        let attribute = tail.replace(['[', ']'], ".").replace("..", ".");
        let attribute: Arc<str> = attribute.trim_matches('.').into();
        let whole = format!("{}{resource}", joined(prefix));
        let exact = format!("{whole}{key}");
        let all = self.addresses.get(&without_instances(&whole)).map_or(&[][..], Vec::as_slice);
        let mut add = |address: Arc<str>| {
            let reference = Reference { address, attribute: attribute.clone() };
            if !found.contains(&reference) {
                found.push(reference);
            }
        };
        if all.contains(&exact.as_str()) {
            add(exact.into());
        } else if all.is_empty() || key.is_empty() && all.iter().any(|it| it.starts_with(&format!("{whole}["))) {
            add(format!("{whole}[*]").into());
        } else {
            all.iter().take(INSTANCES).for_each(|address| add((*address).into()));
        }
    }

    /// The configuration of the module with this address.
    fn written_module(&self, address: &str) -> Option<Node<'t>> {
        let mut module = self.written?;
        let mut rest = address;
        while !rest.is_empty() {
            let after = rest.strip_prefix("module.")?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, tail) = after.split_at_checked(end)?;
            rest = after_key(tail).trim_start_matches('.');
            module = module.field("module_calls")?.field(name)?.field("module")?;
        }
        Some(module)
    }
}

fn new_module(address: &str, providers: &Arc<[Provider]>) -> Module {
    Module {
        address: address.into(),
        directory: "".into(),
        calls: Vec::new(),
        providers: providers.clone(),
        handed_out: Vec::new(),
        partial: false,
    }
}

/// What stands behind the key of an instance.
fn after_key(text: &str) -> &str {
    if !text.starts_with('[') {
        return text;
    }
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return text.get(at.saturating_add(1)..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

/// The address of the module around the one with this address, and the name of the call between them.
fn parent_of(address: &str) -> (&str, &str) {
    let mut last = 0;
    let mut rest = address;
    let mut name = "";
    while let Some(after) = rest.strip_prefix("module.") {
        last = address.len().saturating_sub(rest.len());
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let Some((found, tail)) = after.split_at_checked(end) else { break };
        name = found;
        rest = after_key(tail).trim_start_matches('.');
    }
    (address.get(..last).unwrap_or_default().trim_end_matches('.'), name)
}

/// `name["key"].output.more` as the instance of the call and the output.
fn split_output(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find(['.', '['])?;
    let tail = after_key(rest.get(end..)?);
    let output = tail.strip_prefix('.')?;
    Some((rest.strip_suffix(tail)?, output.split(['.', '[']).next().unwrap_or(output)))
}

/// Where the first so many names of a traversal end.
fn end_of_names(text: &str, names: usize) -> Option<usize> {
    let mut seen = 0usize;
    for (at, c) in text.char_indices() {
        if c == '.' || c == '[' {
            seen = seen.saturating_add(1);
            if seen == names {
                return Some(at);
            }
            if c == '[' {
                return None;
            }
        }
    }
    (seen.saturating_add(1) == names).then_some(text.len())
}

/// A planned value, and over it what is not known. The document bounds how deep it is.
fn merged(planned: Option<Node<'_>>, unknown: Option<Node<'_>>, at: Span) -> Value {
    let span = planned.map_or(at, Node::span);
    if unknown.and_then(Node::as_bool) == Some(true) {
        return Value::unknown(Reason::Plan, span);
    }
    let Some(node) = planned else {
        return match unknown {
            Some(unknown) if unknown.is_map() => object(None, Some(unknown), at),
            Some(unknown) if unknown.is_list() => list(None, Some(unknown), at),
            _ => Value::new(Kind::Null, at),
        };
    };
    let kind = match node.value() {
        Json::Null => match unknown {
            Some(unknown) if unknown.is_map() || unknown.is_list() => return merged(None, Some(unknown), span),
            _ => Kind::Null,
        },
        Json::Bool(value) => Kind::Bool(value),
        Json::Number(text) => parse_number(text).map_or(Kind::Unknown(Reason::Limit), Kind::Number),
        Json::List(_) => return list(Some(node), unknown, span),
        Json::Map(_) => return object(Some(node), unknown, span),
        // `${aws:username}` is no placeholder in a plan.
        Json::String(_) | Json::Template(_) => Kind::String(node.text().into()),
        Json::Unknown(_) if node.is_text() => Kind::String(node.text().into()),
        Json::Unknown(_) => Kind::Unknown(Reason::Invalid),
    };
    Value::new(kind, span)
}

fn list(planned: Option<Node<'_>>, unknown: Option<Node<'_>>, at: Span) -> Value {
    let mut known = planned.into_iter().flat_map(Node::items);
    let mut marks = unknown.into_iter().flat_map(Node::items);
    let mut items = Vec::new();
    loop {
        match (known.next(), marks.next()) {
            (None, None) => break,
            (known, mark) => items.push(merged(known, mark, at)),
        }
    }
    Value::new(Kind::List(Arc::new(List::closed(items))), at)
}

fn object(planned: Option<Node<'_>>, unknown: Option<Node<'_>>, at: Span) -> Value {
    let marks: HashMap<&str, Node<'_>> =
        unknown.into_iter().flat_map(Node::entries).map(|(key, mark)| (key.text(), mark)).collect();
    let mut entries = BTreeMap::new();
    for (key, node) in planned.into_iter().flat_map(Node::entries) {
        let value = merged(Some(node), marks.get(key.text()).copied(), at);
        entries.insert(Arc::from(key.text()), Entry { key: key.span(), value });
    }
    for (key, mark) in unknown.into_iter().flat_map(Node::entries) {
        if !entries.contains_key(key.text()) {
            entries.insert(Arc::from(key.text()), Entry { key: at, value: merged(None, Some(mark), at) });
        }
    }
    Value::new(Kind::Map(Arc::new(Map { entries, open: false })), at)
}

fn without_instances(address: &str) -> String {
    let mut made = String::with_capacity(address.len());
    let mut rest = address;
    while let Some(at) = rest.find('[') {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        made.push_str(before);
        rest = after_key(tail);
    }
    made.push_str(rest);
    made
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
