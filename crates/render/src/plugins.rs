//! Transformers that are configured in files of their own: those that are built into Kustomize and need no other file.
//!
//! They change the fields that their configuration names, and no others. What any other transformer does is not known.

use std::collections::BTreeSet;

use portcullis_syntax::{Lookup, Node};

use crate::fault::Fault;
use crate::replace::replace;
use crate::resource::Resource;
use crate::settings::Spec;
use crate::transform::{End, Image, add_pairs_at, affix_at, namespace, replicas, set_namespaces};

/// Carries out the transformer of one document.
pub(crate) fn transform<'t>(config: Node<'t>, resources: &mut [Resource<'t>]) -> Result<(), Fault> {
    let text = |field: &str| config.field(field).and_then(Node::as_str).unwrap_or_default();
    let kind = text("kind");
    let unknown = || Fault::ours(format!("what the transformer `{kind}` does is not known"));
    if text("apiVersion") != "builtin" {
        return Err(unknown());
    }
    let none = BTreeSet::new();
    let specs = || config.field("fieldSpecs").into_iter().flat_map(Node::items);
    match kind {
        "NamespaceTransformer" => {
            let Lookup::Present(name) = config.get("metadata.namespace") else { return Err(unknown()) };
            let is_plain = ["unsetOnly", "setRoleBindingSubjects"].iter().all(|field| config.field(field).is_none());
            let is_usual = |spec: Node<'_>| match spec.field("path").map(Node::text) {
                Some("metadata/namespace") => true,
                Some("metadata/name") => spec.field("kind").map(Node::text) == Some("Namespace"),
                _ => false,
            };
            if !is_plain || !specs().all(is_usual) {
                return Err(unknown());
            }
            if specs().any(|spec| spec.field("kind").is_some()) {
                namespace(resources, name, &none);
            } else {
                set_namespaces(resources, name);
            }
        }
        "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => {
            let specs: BTreeSet<Spec> = specs().map(Spec::new).collect();
            affix_at(resources, text("prefix"), End::Prefix, &specs);
            affix_at(resources, text("suffix"), End::Suffix, &specs);
        }
        "LabelTransformer" | "AnnotationsTransformer" => {
            let field = if kind == "LabelTransformer" { "labels" } else { "annotations" };
            let Some(pairs) = config.field(field) else { return Err(unknown()) };
            for spec in specs() {
                add_pairs_at(resources, pairs, spec);
            }
        }
        "ImageTagTransformer" => {
            let image = config.field("imageTag").and_then(Image::new).ok_or_else(unknown)?;
            for resource in resources {
                image.apply(resource, &none);
            }
        }
        "ReplicaCountTransformer" => {
            let entry = config.field("replica").ok_or_else(unknown)?;
            replicas(resources, entry, &none);
        }
        "ReplacementTransformer" => {
            for entry in config.field("replacements").into_iter().flat_map(Node::items) {
                if entry.field("path").is_some() {
                    return Err(unknown());
                }
                replace(resources, entry)?;
            }
        }
        _ => return Err(unknown()),
    }
    Ok(())
}
