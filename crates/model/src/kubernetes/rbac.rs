//! What roles grant and whom bindings name, in the terms of RBAC.
//!
//! Names are compared as the authorizer compares them: letter by letter, `*` alone for everything, `*/exec` for that
//! subresource of everything. `pods/*` and `*/*` match nothing there. A value that is filled in later matches nothing.

use portcullis_syntax::{Lookup, Node};

use super::Object;

/// One entry of a role's `rules`.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'t> {
    /// The entry.
    pub node: Node<'t>,
}

/// A role of the cluster that a binding gives.
#[derive(Clone, Copy, Debug)]
pub struct RoleRef<'t> {
    /// `roleRef.name`.
    pub node: Node<'t>,
    /// Its text.
    pub name: &'t str,
    /// `Role` or `ClusterRole`.
    pub kind: &'t str,
}

/// Somebody whom a binding names.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'t> {
    /// The name's node.
    pub node: Node<'t>,
    /// The name.
    pub name: &'t str,
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: &'t str,
}

/// The API group of roles and bindings.
pub const RBAC_GROUP: &str = "rbac.authorization.k8s.io";
/// OpenShift's group for the same objects; its API server hands them on to RBAC.
pub const OPENSHIFT_RBAC_GROUP: &str = "authorization.openshift.io";

/// What the role grants by itself. Nothing for an aggregated ClusterRole, whose rules the control plane overwrites.
pub fn grants<'t>(role: &Object<'t>) -> Vec<Grant<'t>> {
    if !is_rbac(role, &["Role", "ClusterRole"]) {
        return Vec::new();
    }
    let Lookup::Absent(_) = role.node.get("aggregationRule") else { return Vec::new() };
    let Lookup::Present(rules) = role.node.get("rules") else { return Vec::new() };
    rules.items().filter(|rule| rule.is_map()).map(|node| Grant { node }).collect()
}

/// The role that a binding gives, where it is known.
pub fn role_ref<'t>(binding: &Object<'t>) -> Option<RoleRef<'t>> {
    if !is_rbac(binding, &["RoleBinding", "ClusterRoleBinding"]) {
        return None;
    }
    let node = binding.node.get("roleRef.name").present()?;
    let kind = match binding.node.get("roleRef.kind") {
        Lookup::Present(kind) => kind.as_str()?,
        // OpenShift's own objects need not name the kind: without a namespace it is a role of the cluster.
        Lookup::Absent(_) if binding.node.get("roleRef.namespace").absent().is_some() => "ClusterRole",
        Lookup::Absent(_) => "Role",
        Lookup::Unknown(_) => return None,
    };
    Some(RoleRef { node, name: node.as_str()?, kind })
}

/// Whom a binding names; those that are filled in later are left out.
pub fn subjects<'t>(binding: &Object<'t>) -> Vec<Subject<'t>> {
    if !is_rbac(binding, &["RoleBinding", "ClusterRoleBinding"]) {
        return Vec::new();
    }
    let items = |field: &str| binding.node.field(field).into_iter().flat_map(Node::items);
    let subject = |item: Node<'t>| {
        let node = item.field("name")?;
        Some(Subject { node, name: node.as_str()?, kind: item.field("kind")?.as_str()? })
    };
    let mut found: Vec<Subject<'t>> = items("subjects").filter_map(subject).collect();
    if found.is_empty() && binding.group() == OPENSHIFT_RBAC_GROUP {
        for (field, kind) in [("userNames", "User"), ("groupNames", "Group")] {
            found.extend(items(field).filter_map(|node| Some(Subject { node, name: node.as_str()?, kind })));
        }
    }
    found
}

/// Whether Kubernetes itself brings the role or binding: it is marked as such, or has a name that is reserved.
pub fn is_bootstrapped(object: &Object<'_>) -> bool {
    let is_marked = match object.node.get("metadata.labels") {
        Lookup::Present(labels) => labels.key_lookup("kubernetes.io/bootstrapping").absent().is_none(),
        Lookup::Absent(_) | Lookup::Unknown(_) => false,
    };
    let name = object.name.unwrap_or_default();
    let is_default = matches!(
        (object.kind, name),
        ("ClusterRole", "cluster-admin" | "admin" | "edit" | "view") | ("ClusterRoleBinding", "cluster-admin")
    );
    is_marked || is_default || name.starts_with("system:")
}

fn is_rbac(object: &Object<'_>, kinds: &[&str]) -> bool {
    // OpenShift 3 wrote these objects as `v1`.
    matches!(object.group(), RBAC_GROUP | OPENSHIFT_RBAC_GROUP | "") && kinds.contains(&object.kind)
}

impl<'t> Grant<'t> {
    /// The known elements of one of its lists.
    pub fn words(&self, field: &str) -> impl Iterator<Item = (Node<'t>, &'t str)> + use<'t> {
        let items = self.node.field(field).into_iter().flat_map(Node::items);
        items.filter_map(|item| Some((item, item.as_str()?)))
    }

    /// The known elements whose text is wanted. Whether an element is known is asked last, because it costs most.
    fn wanted<F: Fn(&str) -> bool>(
        &self,
        field: &str,
        is_wanted: F,
    ) -> impl Iterator<Item = (Node<'t>, &'t str)> + use<'t, F> {
        let items = self.node.field(field).into_iter().flat_map(Node::items);
        let wanted = items.filter(move |item| is_wanted(item.text()));
        wanted.filter_map(|item| Some((item, item.as_str()?)))
    }

    /// The element that is the word itself.
    pub fn word(&self, field: &str, wanted: &str) -> Option<Node<'t>> {
        self.wanted(field, |word| word == wanted).next().map(|(node, _)| node)
    }

    /// Whether it is about one of these API groups. The core group where no group is written.
    pub fn is_for(&self, groups: &[&str]) -> bool {
        match self.node.get("apiGroups") {
            Lookup::Present(_) => {
                self.wanted("apiGroups", |group| group == "*" || groups.contains(&group)).next().is_some()
            }
            Lookup::Absent(_) => groups.contains(&""),
            Lookup::Unknown(_) => false,
        }
    }

    /// The elements that name one of these resources. `*/exec` names `pods/exec`; `*` names none.
    pub fn resources(&self, wanted: &[&str]) -> Vec<(Node<'t>, &'t str)> {
        self.wanted("resources", |word| is_resource_of(word, wanted)).collect()
    }

    /// Whether it names any of these resources.
    pub fn has_resource(&self, wanted: &[&str]) -> bool {
        self.wanted("resources", |word| is_resource_of(word, wanted)).next().is_some()
    }

    /// The elements that are one of these verbs. `*` is none of them.
    pub fn verbs(&self, wanted: &[&str]) -> Vec<(Node<'t>, &'t str)> {
        self.wanted("verbs", |verb| wanted.contains(&verb)).collect()
    }

    /// Whether any of these verbs is among its own.
    pub fn has_verb(&self, wanted: &[&str]) -> bool {
        self.wanted("verbs", |verb| wanted.contains(&verb)).next().is_some()
    }

    /// Whether it is limited to objects of certain names, as far as is known. `*` is no name, though it is written as
    /// if it were one.
    pub fn is_named(&self) -> bool {
        match self.node.get("resourceNames") {
            Lookup::Present(names) => {
                (names.items().len() > 0 || !names.is_list()) && self.word("resourceNames", "*").is_none()
            }
            Lookup::Absent(_) => false,
            Lookup::Unknown(_) => true,
        }
    }

    /// Whether it lets its holder change something, read Secrets, or do what cannot be told.
    pub fn is_elevated(&self) -> bool {
        const WRITES: &[&str] = &["create", "update", "patch", "delete", "deletecollection", "bind", "escalate"];
        const ABOUT_ONESELF: &[&str] = &["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"];
        if self.node.get("resources").present().is_none() {
            return self.word("nonResourceURLs", "*").is_some() && self.word("verbs", "*").is_some();
        }
        let only_asks = self.words("resources").all(|(_, resource)| ABOUT_ONESELF.contains(&resource));
        let writes =
            self.word("verbs", "*").is_some() || self.word("verbs", "impersonate").is_some() || self.has_verb(WRITES);
        writes && !only_asks
            || self.word("resources", "*").is_some()
            || self.is_for(&[""]) && self.word("resources", "secrets").is_some()
    }
}

/// Whether a word stands for one of the resources.
fn is_resource_of(word: &str, resources: &[&str]) -> bool {
    let of_all = word.strip_prefix("*/");
    resources
        .iter()
        .any(|&resource| word == resource || of_all.is_some() && resource.split_once('/').map(|(_, sub)| sub) == of_all)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use portcullis_core::FileId;
    use portcullis_syntax::{Dialect, yaml};

    use super::*;

    fn with_grant<T>(rule: &str, check: impl FnOnce(Grant<'_>) -> T) -> T {
        let text =
            format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{ name: x }}\nrules: [{rule}]\n");
        let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
        let root = tree.documents().next().unwrap().root;
        let object = Object::new(root).unwrap();
        check(grants(&object)[0])
    }

    #[test]
    fn grants_match_as_the_authorizer_matches() {
        for (rule, group, resource, expected) in [
            ("{ apiGroups: [''], resources: [secrets] }", "", "secrets", true),
            ("{ apiGroups: ['*'], resources: [secrets] }", "", "secrets", true),
            ("{ apiGroups: [x.io], resources: [secrets] }", "", "secrets", false),
            ("{ apiGroups: ['${G}'], resources: [secrets] }", "", "secrets", false),
            ("{ resources: [secrets] }", "", "secrets", true),
            ("{ resources: [secrets] }", "apps", "secrets", false),
            ("{ apiGroups: [''], resources: ['*'] }", "", "secrets", false),
            ("{ apiGroups: [''], resources: [Secrets] }", "", "secrets", false),
            ("{ apiGroups: [''], resources: ['pods/*'] }", "", "pods/exec", false),
            ("{ apiGroups: [''], resources: ['*/*'] }", "", "pods/exec", false),
            ("{ apiGroups: [''], resources: ['*/exec'] }", "", "pods/exec", true),
            ("{ apiGroups: [''], resources: [pods] }", "", "pods/exec", false),
            ("{ apiGroups: [''], resources: [pods/exec] }", "", "pods", false),
        ] {
            let matches = with_grant(rule, |grant| grant.is_for(&[group]) && !grant.resources(&[resource]).is_empty());
            assert_eq!(matches, expected, "{rule} for {resource} in `{group}`");
        }
    }

    #[test]
    fn grants_are_elevated_by_what_they_change_or_reveal() {
        for (rule, expected) in [
            ("{ apiGroups: [''], resources: [pods], verbs: [get, list] }", false),
            ("{ apiGroups: [''], resources: [pods], verbs: [delete] }", true),
            ("{ apiGroups: [''], resources: [secrets], verbs: [get] }", true),
            ("{ apiGroups: ['*'], resources: ['*'], verbs: [list] }", true),
            ("{ apiGroups: [''], resources: [pods], verbs: ['*'] }", true),
            ("{ apiGroups: [authorization.k8s.io], resources: [selfsubjectaccessreviews], verbs: [create] }", false),
            ("{ nonResourceURLs: [/healthz], verbs: [get] }", false),
        ] {
            assert_eq!(with_grant(rule, |grant| grant.is_elevated()), expected, "{rule}");
        }
    }
}
