//! Plans as `terraform show -json` writes them: the same configuration, already evaluated.
//!
//! Values are those that are planned; what is only known after the apply is unknown. Which resource a value was taken from
//! is said by the configuration that the plan carries, followed through variables and outputs of modules, but not
//! through locals, which no plan has. Places are those of the plan, until [`placed`] finds them in the sources.

mod places;
mod references;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Entry, List, Map};
use portcullis_model::terraform::{Configuration, Configured, Kind, Mode, Module, Provider, Reason, Resource, Value};
use portcullis_syntax::{Node, Value as Json};

use crate::operators::parse_number;

pub use places::placed;

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
        expressions: HashMap::new(),
        addresses: HashMap::new(),
        modules: Vec::new(),
        resources: Vec::new(),
    };
    let planned = root.field("planned_values").and_then(|it| it.field("root_module"));
    let prior = root.field("prior_state").and_then(|it| it.field("values")).and_then(|it| it.field("root_module"));
    for module in planned.into_iter().chain(prior) {
        plan.list_addresses(module);
    }
    plan.list_expressions();
    let providers: Arc<[Provider]> = providers(root).into();
    plan.module(planned.unwrap_or(root), "", &providers);
    if let Some(prior) = prior {
        plan.data_sources(prior, &providers);
    }
    if let Some(module) = plan.modules.first_mut() {
        module.configured = configured(root);
    }
    Configuration::new(plan.modules, plan.resources)
}

struct Plan<'t> {
    after_unknown: HashMap<&'t str, Node<'t>>,
    /// The root module of the configuration in the plan.
    written: Option<Node<'t>>,
    /// The expressions of resources, by the addresses of their modules without instances and their own.
    expressions: HashMap<(String, &'t str), Node<'t>>,
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

/// The providers that the root module configures, or does without saying so. A region is known where it is written, or given to
/// the variable that stands for it.
fn configured(root: Node<'_>) -> Vec<Configured> {
    let written = root.field("configuration").and_then(|it| it.field("provider_config"));
    let of_root = |it: &Node<'_>| it.field("module_address").is_none();
    let variable =
        |reference: Node<'_>| root.field("variables")?.field(reference.text().strip_prefix("var.")?)?.field("value");
    let configured = written.into_iter().flat_map(Node::entries).map(|(_, it)| it).filter(of_root).filter_map(|it| {
        let region = it.field("expressions").and_then(|it| it.field("region")).map(|region| {
            let referred = || variable(region.field("references")?.items().next()?);
            match region.field("constant_value").or_else(referred) {
                Some(value) => merged(Some(value), None, it.span()),
                None => Value::unknown(Reason::Plan, region.span()),
            }
        });
        Some(Configured { name: it.field("name")?.text().into(), region, header: it.span(), span: it.span() })
    });
    configured.collect()
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
        let planned = node.field("values").filter(|values| values.is_map());
        let mut body = match merged(planned, unknown, header).kind {
            Kind::Map(map) => (*map).clone(),
            _ => Map::default(),
        };
        // A plan may have been stripped of its values.
        body.open |= planned.is_none();
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
}

fn new_module(address: &str, providers: &Arc<[Provider]>) -> Module {
    Module {
        address: address.into(),
        directory: "".into(),
        calls: Vec::new(),
        providers: providers.clone(),
        configured: Vec::new(),
        handed_out: Vec::new(),
        partial: false,
    }
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
    Value::new(Kind::Map(Arc::new(Map { entries: entries.into(), open: false })), at)
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
