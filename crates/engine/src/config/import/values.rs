//! Values as these tools take them: a list, or one text with commas; `on` and `off` as YAML 1.1 has them.

use portcullis_core::Severity;
use portcullis_syntax::Node;

/// Each text of a list or of a text with commas, and the node that holds it.
pub(super) fn texts(node: Node<'_>) -> impl Iterator<Item = (Node<'_>, &str)> {
    let one = (!node.is_list()).then_some(node);
    let parts = node.items().chain(one).flat_map(|item| item.text().split(',').map(move |text| (item, text.trim())));
    parts.filter(|(_, text)| !text.is_empty())
}

/// Each whole text of a list, or the text itself.
pub(super) fn whole_texts(node: Node<'_>) -> impl Iterator<Item = (Node<'_>, &str)> {
    let one = (!node.is_list()).then_some(node);
    node.items().chain(one).map(|item| (item, item.text().trim())).filter(|(_, text)| !text.is_empty())
}

/// Whether a flag is set; anything but a boolean is not.
pub(super) fn is_true(node: Node<'_>) -> bool {
    matches!(node.text().to_ascii_lowercase().as_str(), "true" | "yes" | "on")
}

/// The severities of Trivy and checkov, but for Trivy's `UNKNOWN`, which may be anything.
pub(super) fn severity(text: &str) -> Option<Severity> {
    Some(match text.to_ascii_uppercase().as_str() {
        "CRITICAL" => Severity::Critical,
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        "INFO" | "NONE" => Severity::Info,
        _ => return None,
    })
}
