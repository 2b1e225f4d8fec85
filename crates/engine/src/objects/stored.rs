//! What is wrong with a manifest and not with the object that the cluster keeps of it.
//!
//! A Secret's values are where they belong once they are in the cluster; in a file they are readable to whoever reads the
//! repository. That holds for the copy in `last-applied-configuration` as well: who may read that may read the Secret.

use portcullis_core::{Catalog, Draft, RuleIdx, Span};
use portcullis_model::kubernetes::Object;
use portcullis_rules::{Outcome, is_about_secrets};

/// Rules about values in manifests, beside those with the tag `secret`.
const OF_FILES: &[&str] = &["k8s-secret-committed", "k8s-dockerconfig-inline-auth", "k8s-secret-in-command-args"];

/// Drops what is said of the values of Secrets.
pub(crate) fn drop_stored(outcome: &mut Outcome, objects: &[Object<'_>], catalog: &Catalog) {
    let is_secret = |object: &&Object<'_>| object.kind == "Secret" && object.group().is_empty();
    let secrets: Vec<Span> = objects.iter().filter(is_secret).map(|object| object.node.span()).collect();
    if secrets.is_empty() {
        return;
    }
    let is_of_files = |rule: RuleIdx| {
        let meta = catalog.get(rule);
        is_about_secrets(meta) || OF_FILES.contains(&&*meta.id)
    };
    let is_inside = |span: Span| {
        // Objects of a list stand in order, and none in another.
        let next = secrets.partition_point(|secret| secret.end < span.end);
        secrets.get(next).is_some_and(|secret| secret.start <= span.start)
    };
    // Their values stay hidden in what is said otherwise.
    let drafts = std::mem::take(&mut outcome.drafts).into_iter();
    let (dropped, kept): (Vec<Draft>, Vec<Draft>) =
        drafts.partition(|draft| is_of_files(draft.rule) && is_inside(draft.place.span));
    outcome.drafts = kept;
    outcome.masked.extend(dropped.into_iter().flat_map(|draft| draft.masked));
}
