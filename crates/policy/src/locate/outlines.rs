//! Outlines of what is no tree of nodes: names and values, XML, modules of Terraform, packages.

use std::collections::BTreeMap;

use portcullis_core::{FileId, Span};
use portcullis_model::packages::Lockfile;
use portcullis_model::terraform::value::Entry;
use portcullis_model::terraform::{Configuration, Kind, Mode, Value as Known};
use portcullis_syntax::ini::Section;
use portcullis_syntax::properties::Property;
use portcullis_syntax::xml::{Document, Element};

use super::{Outline, Spot};
use crate::inputs::listed;

impl<'t> Outline<'t> {
    /// Names and values, one in a line.
    pub fn of_dotenv(text: &'t str, whole: Span) -> Self {
        let mut outline = Self { spots: Vec::new() };
        let root = outline.push(Spot::new(None, Span { end: whole.start, ..whole }, whole));
        for (name, value) in portcullis_syntax::dotenv::parse(text) {
            // The names are slices of the text.
            let at = (name.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            let start = u32::try_from(at).unwrap_or(u32::MAX);
            let end = start.saturating_add(u32::try_from(name.len()).unwrap_or(u32::MAX));
            let span = Span { start, end, ..whole };
            let spot = Spot::new(Some(root), span, span);
            outline.push(Spot { key: Some(name.into()), text: Some(value.into()), ..spot });
        }
        outline
    }

    /// Sections, and names and values in them.
    pub fn of_ini(sections: &'t [Section<'t>], whole: Span) -> Self {
        let mut outline = Self::of_whole(whole);
        for section in sections {
            let spot = Spot::new(Some(0), section.span, section.span);
            let at = outline.push(Spot { key: Some(section.name.into()), is_titled: true, ..spot });
            for entry in &section.entries {
                let spot = Spot::new(Some(at), entry.value_span, entry.name_span.to(entry.value_span));
                let text = Some(entry.value.as_str().into());
                outline.push(Spot { key: Some(entry.name.into()), text, ..spot });
            }
        }
        outline
    }

    /// Names and values.
    pub fn of_properties(properties: &'t [Property], whole: Span) -> Self {
        let mut outline = Self::of_whole(whole);
        for property in properties {
            let spot = Spot::new(Some(0), property.value_span, property.name_span.to(property.value_span));
            let text = Some(property.value.as_str().into());
            outline.push(Spot { key: Some(property.name.as_str().into()), text, ..spot });
        }
        outline
    }

    /// Lines.
    pub fn of_lines(text: &'t str, whole: Span) -> Self {
        let mut outline = Self::of_whole(whole);
        for (index, line) in text.lines().enumerate() {
            let start = narrow((line.as_ptr() as usize).saturating_sub(text.as_ptr() as usize));
            let span = Span { start, end: start.saturating_add(narrow(line.len())), ..whole };
            let spot = Spot::new(Some(0), span, span);
            outline.push(Spot { index: Some(index), text: Some(line.trim().into()), ..spot });
        }
        outline
    }

    /// The elements of XML, as the value has them: of one name, they are a list.
    pub fn of_xml(document: &'t Document<'t>, whole: Span) -> Self {
        let mut outline = Self::of_whole(whole);
        if let Some(root) = document.root() {
            outline.element(root, 0, Some(root.name()), None);
        }
        outline
    }

    /// A root module of Terraform: the way to a resource goes over its mode, type and address.
    pub fn of_terraform(configuration: &'t Configuration, whole: Span) -> Self {
        let mut outline = Self::of_whole(whole);
        let mut blocks: BTreeMap<&str, usize> = BTreeMap::new();
        for configured in configuration.modules.first().into_iter().flat_map(|root| &root.configured) {
            let at = outline.below(0, "provider", configured.header);
            let at = outline.below(at, &configured.name, configured.header);
            let index = blocks.entry(&configured.name).or_default();
            let spot = Spot::new(Some(at), configured.header, configured.span);
            let at = outline.push(Spot { index: Some(*index), ..spot });
            *index = index.saturating_add(1);
            if let Some(region) = &configured.region {
                let region = outline.value(region, at, configured.header);
                if let Some(spot) = outline.spots.get_mut(region) {
                    spot.key = Some("region".into());
                }
            }
        }
        for resource in &configuration.resources {
            let mode = match resource.mode {
                Mode::Managed => "resource",
                Mode::Data => "data",
                Mode::Ephemeral => "ephemeral",
            };
            let at = outline.below(0, mode, resource.header);
            let at = outline.below(at, &resource.kind, resource.header);
            let spot = Spot::new(Some(at), resource.header, resource.span);
            let at = outline.push(Spot { key: Some((&*resource.address).into()), is_titled: true, ..spot });
            for (name, entry) in &resource.body.entries {
                outline.known(entry, at, name);
            }
        }
        outline
    }

    /// The packages of a lockfile.
    pub fn of_packages(lock: &'t Lockfile, whole: Span) -> Self {
        let mut outline = Self::of_whole(whole);
        let list = outline.below(0, "packages", Span { end: whole.start, ..whole });
        for (index, package) in listed(lock).enumerate() {
            let spot = Spot::new(Some(list), package.span, package.span);
            let at = outline.push(Spot { index: Some(index), ..spot });
            let texts = [
                ("name", Some(&package.name), package.span),
                ("version", package.version.as_ref(), package.version_span),
            ];
            for (key, text, span) in texts {
                let Some(text) = text else { continue };
                let spot = Spot::new(Some(at), span, span);
                outline.push(Spot { key: Some(key.into()), text: Some((&**text).into()), ..spot });
            }
        }
        outline
    }

    /// A text that nothing is said about: its start.
    pub fn of_start(file: FileId) -> Self {
        Self::of_whole(Span::new(file, 0, 0))
    }

    fn of_whole(whole: Span) -> Self {
        Self { spots: vec![Spot::new(None, Span { end: whole.start, ..whole }, whole)] }
    }

    /// The spot of a name below another, made where it is not there.
    fn below(&mut self, parent: usize, name: &'t str, span: Span) -> usize {
        let is_same = |spot: &Spot<'_>| spot.parent == Some(parent) && spot.key.as_deref() == Some(name);
        self.spots.iter().position(is_same).unwrap_or_else(|| {
            let spot = Spot::new(Some(parent), span, span);
            self.push(Spot { key: Some(name.into()), ..spot })
        })
    }

    /// Depth is bounded by the parser.
    fn element(&mut self, of: Element<'t>, parent: usize, key: Option<&'t str>, index: Option<usize>) {
        let text = of.text().map(Into::into);
        let span = if text.is_some() { of.text_span() } else { of.span() };
        let spot = Spot::new(Some(parent), span, of.span());
        let at = self.push(Spot { key: key.map(Into::into), index, text, ..spot });
        for attribute in of.attributes() {
            let spot = Spot::new(Some(at), attribute.span, attribute.span);
            let text = attribute.value.as_deref().map(Into::into);
            self.push(Spot { key: Some(format!("-{}", attribute.name).into()), text, ..spot });
        }
        let mut counts: std::collections::HashMap<&str, (usize, usize)> = std::collections::HashMap::new();
        for child in of.children() {
            counts.entry(child.name()).or_default().0 += 1;
        }
        for child in of.children() {
            let Some((count, next)) = counts.get_mut(child.name()) else { continue };
            if *count == 1 {
                self.element(child, at, Some(child.name()), None);
                continue;
            }
            let index = *next;
            *next = next.saturating_add(1);
            let list = self.below(at, child.name(), child.span());
            self.element(child, list, None, Some(index));
        }
    }

    /// Evaluation bounds the depth.
    fn known(&mut self, entry: &'t Entry, parent: usize, name: &'t str) {
        let at = self.value(&entry.value, parent, entry.key);
        if let Some(spot) = self.spots.get_mut(at) {
            spot.key = Some(name.into());
        }
    }

    fn value(&mut self, value: &'t Known, parent: usize, name: Span) -> usize {
        let text = match &value.kind {
            Kind::String(text) => Some((&**text).into()),
            _ => None,
        };
        let is_large = matches!(value.kind, Kind::List(_) | Kind::Map(_));
        let spot = Spot::new(Some(parent), if is_large { name } else { value.span }, value.span);
        let at = self.push(Spot { text, known: Some(value), ..spot });
        match &value.kind {
            Kind::List(list) => {
                for (index, item) in list.items.iter().enumerate() {
                    let item = self.value(item, at, item.span);
                    if let Some(spot) = self.spots.get_mut(item) {
                        spot.index = Some(index);
                    }
                }
            }
            Kind::Map(map) => {
                for (name, entry) in &map.entries {
                    self.known(entry, at, name);
                }
            }
            _ => {}
        }
        at
    }
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
