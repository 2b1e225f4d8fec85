//! What custom resources make. Their kinds are without number, so that most of it is inferred: an operator names what it
//! makes after the resource that asks for it, or by a name that stands in it.

use portcullis_syntax::{Lookup, Node};

use super::contents::{self, Customs};
use super::{Facts, Namespace, mesh, written};
use crate::kubernetes::{Object, Pod};

/// Groups, and kinds of groups, that make no objects: they route, watch, scale, permit or describe others.
const MAKES_NOTHING: &[(&str, &[&str])] = &[
    ("monitoring.coreos.com", &["ServiceMonitor", "PodMonitor", "PrometheusRule", "Probe", "ScrapeConfig"]),
    ("argoproj.io", &["Rollout", "AppProject", "AnalysisTemplate", "ClusterAnalysisTemplate", "Application"]),
    ("keda.sh", &["ScaledObject", "ScaledJob", "TriggerAuthentication", "ClusterTriggerAuthentication"]),
    ("networking.istio.io", &[]),
    ("security.istio.io", &[]),
    ("telemetry.istio.io", &[]),
    ("traefik.io", &[]),
    ("traefik.containo.us", &[]),
    ("cilium.io", &[]),
    ("crd.projectcalico.org", &[]),
    ("projectcalico.org", &[]),
    ("velero.io", &[]),
    ("policies.kyverno.io", &[]),
    ("templates.gatekeeper.sh", &[]),
    ("constraints.gatekeeper.sh", &[]),
    // Besides the Secrets that are known above.
    ("external-secrets.io", &[]),
    ("bitnami.com", &[]),
    ("cert-manager.io", &[]),
    ("isindir.github.com", &[]),
    ("source.toolkit.fluxcd.io", &[]),
    ("kustomize.toolkit.fluxcd.io", &[]),
    ("image.toolkit.fluxcd.io", &[]),
    ("apps.openshift.io", &[]),
    ("apps.kruise.io", &[]),
    ("security.openshift.io", &[]),
    ("route.openshift.io", &[]),
];

/// How deep, and into how many nodes of a custom resource names are looked for.
const MENTION_DEPTH: usize = 12;
const MENTIONS: usize = 4096;

/// Adds what a custom resource may make.
pub(super) fn extract(facts: &mut Facts, object: &Object<'_>, namespace: &Namespace, pods: &[Pod<'_>]) {
    let node = object.node;
    match (object.group(), object.kind) {
        ("external-secrets.io", "ExternalSecret") => {
            makes(facts, namespace, "Secret", node.get("spec.target.name"), object.name);
        }
        ("external-secrets.io", "ClusterExternalSecret") => {
            makes(facts, &Namespace::Unknown, "Secret", node.get("spec.externalSecretName"), object.name);
            makes(facts, &Namespace::Unknown, "Secret", node.get("spec.externalSecretSpec.target.name"), object.name);
        }
        ("bitnami.com", "SealedSecret") => {
            makes(facts, namespace, "Secret", node.get("spec.template.metadata.name"), object.name);
        }
        ("cert-manager.io", "Certificate") => makes(facts, namespace, "Secret", node.get("spec.secretName"), None),
        ("isindir.github.com", "SopsSecret") => {
            for template in node.get("spec.secretTemplates").present().into_iter().flat_map(Node::items) {
                makes(facts, namespace, "Secret", template.get("name"), None);
            }
        }
        ("helm.toolkit.fluxcd.io", "HelmRelease") | ("helm.cattle.io", "HelmChart") => {
            let target = facts.referred(node.get("spec.targetNamespace"), object);
            facts.note_unseen(&target);
        }
        ("argoproj.io", "Application") => argo(facts, node),
        ("argoproj.io", "ApplicationSet") => {
            if let Lookup::Present(template) = node.get("spec.template") {
                argo(facts, template);
            }
        }
        ("operators.coreos.com", "Subscription") => facts.note_unseen(namespace),
        ("kyverno.io", "ClusterPolicy" | "Policy") => {
            let rules = node.get("spec.rules").present();
            for kind in rules.into_iter().flat_map(Node::items).filter_map(|rule| rule.get("generate.kind").present()) {
                facts.contents(&Namespace::Unknown).custom.makes.extend(kind.as_str().map(str::to_owned));
            }
            let changes = |rule: Node<'_>| {
                let mutate = rule.field("mutate");
                mutate.is_some_and(|node| node.span().slice(node.tree().text()).contains("resources"))
            };
            facts.changes_pods |= rules.into_iter().flat_map(Node::items).any(changes);
        }
        ("policies.kyverno.io", "MutatingPolicy") | ("mutations.gatekeeper.sh", _) => facts.changes_pods = true,
        ("networking.istio.io", _) => mesh::extract(facts, object),
        _ => {}
    }
    let isolates = ["NetworkPolicy", "ClusterwideNetworkPolicy"].iter().any(|end| object.kind.ends_with(end));
    if isolates {
        let is_global = object.kind.contains("Global") || object.kind.contains("Cluster");
        let of = if is_global { &Namespace::Unknown } else { namespace };
        facts.contents(of).has_other_policies = true;
    }
    if makes_nothing(object) {
        return;
    }
    // What is of the whole cluster makes things in any namespace.
    let is_global = object.kind.starts_with("Cluster") || object.group() == "eksctl.io";
    let customs = &mut facts.contents(if is_global { &Namespace::Unknown } else { namespace }).custom;
    customs.names.extend(object.name.map(str::to_owned));
    customs.groups.insert(object.group().to_owned());
    if pods.is_empty() {
        let mut budget = MENTIONS;
        mention(node, MENTION_DEPTH, &mut budget, customs);
    }
}

fn makes_nothing(object: &Object<'_>) -> bool {
    let group = object.group();
    MAKES_NOTHING.iter().any(|(name, kinds)| *name == group && (kinds.is_empty() || kinds.contains(&object.kind)))
}

/// Adds an object with the name that is written, else with the resource's own.
fn makes(facts: &mut Facts, namespace: &Namespace, kind: &str, name: Lookup<'_>, own: Option<&str>) {
    let name = match name {
        Lookup::Absent(_) => own,
        Lookup::Present(name) => name.as_str(),
        Lookup::Unknown(_) => None,
    };
    let contents = facts.contents(namespace);
    match name {
        Some(name) => contents.add_made(kind, name),
        None => _ = contents.custom.makes.insert(kind.to_owned()),
    }
}

/// An Argo CD application brings in a chart that the scan does not see. One that deploys a directory is taken to deploy
/// what is scanned.
fn argo(facts: &mut Facts, application: Node<'_>) {
    let sources = application.get("spec.sources").present().into_iter().flat_map(Node::items);
    let brings_chart = application
        .get("spec.source")
        .present()
        .into_iter()
        .chain(sources)
        .any(|source| source.field("chart").is_some());
    if brings_chart {
        let target = written(application.get("spec.destination.namespace"));
        facts.note_unseen(&target);
    }
}

/// Remembers every text below `node` that can be the name of an object.
fn mention(node: Node<'_>, depth: usize, budget: &mut usize, customs: &mut Customs) {
    if depth == 0 || *budget == 0 {
        return;
    }
    *budget -= 1;
    if let Some(text) = node.as_str()
        && is_name(text)
    {
        customs.mentions.insert(contents::mention(text));
    }
    for (key, value) in node.entries() {
        if !matches!(key.text(), "apiVersion" | "kind" | "namespace" | "labels" | "annotations") {
            mention(value, depth - 1, budget, customs);
        }
    }
    for item in node.items() {
        mention(item, depth - 1, budget, customs);
    }
}

fn is_name(text: &str) -> bool {
    (2..=253).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
}
