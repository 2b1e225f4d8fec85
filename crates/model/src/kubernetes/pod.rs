//! Where pods are: a table of the kinds that carry a pod template, and a structural search for the kinds that it does
//! not know.

use portcullis_syntax::{Anchor, Lookup, Node};

use super::{Container, Object, Role};

/// A pod or a pod template.
#[derive(Clone, Debug)]
pub struct Pod<'t> {
    /// The object that holds it.
    pub object: Object<'t>,
    /// The mapping with the pod's `metadata` and `spec`.
    pub template: Node<'t>,
    /// The pod's `spec`.
    pub spec: Node<'t>,
    /// Main containers first, then init (sidecars among them), then ephemeral ones.
    pub containers: Vec<Container<'t>>,
    /// How long it is meant to run.
    pub lifetime: Lifetime,
    security_context: Option<Node<'t>>,
    told: Told,
}

/// How much of a pod is in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Whole,
    /// Some fields: the others are set elsewhere, or nowhere.
    InPart,
}

/// Fields that hardly any pod sets, and that exempt it from much: one that is told of in part is taken not to have them.
const RARE: &[&str] = &["os.name", "hostUsers"];

/// How long a pod is meant to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is replaced: Deployments and their like, and pods that always restart.
    Serving,
    /// Until its work is done.
    Batch,
    /// A kind that the table does not know.
    Unknown,
}

/// `spec.os.name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// Linux, or not said.
    Linux,
    /// Windows: the Pod Security Standards ask less of it.
    Windows,
    /// Filled in later.
    Unknown,
}

/// Group, kind, the way to the template, and how long its pods run. `[]` means each element of a list.
type Row = (&'static str, &'static str, &'static str, Lifetime);

/// Kinds that carry a pod template. An empty path: the object itself is the pod.
const TEMPLATES: &[Row] = &[
    ("", "Pod", "", Lifetime::Serving),
    ("", "PodTemplate", "template", Lifetime::Serving),
    ("", "ReplicationController", "spec.template", Lifetime::Serving),
    ("apps", "Deployment", "spec.template", Lifetime::Serving),
    ("apps", "StatefulSet", "spec.template", Lifetime::Serving),
    ("apps", "DaemonSet", "spec.template", Lifetime::Serving),
    ("apps", "ReplicaSet", "spec.template", Lifetime::Serving),
    ("extensions", "Deployment", "spec.template", Lifetime::Serving),
    ("extensions", "DaemonSet", "spec.template", Lifetime::Serving),
    ("extensions", "ReplicaSet", "spec.template", Lifetime::Serving),
    ("batch", "Job", "spec.template", Lifetime::Batch),
    ("batch", "CronJob", "spec.jobTemplate.spec.template", Lifetime::Batch),
    ("argoproj.io", "Rollout", "spec.template", Lifetime::Serving),
    ("serving.knative.dev", "Service", "spec.template", Lifetime::Serving),
    ("serving.knative.dev", "Configuration", "spec.template", Lifetime::Serving),
    ("serving.knative.dev", "Revision", "", Lifetime::Serving),
    ("apps.openshift.io", "DeploymentConfig", "spec.template", Lifetime::Serving),
    ("apps.kruise.io", "CloneSet", "spec.template", Lifetime::Serving),
    ("apps.kruise.io", "StatefulSet", "spec.template", Lifetime::Serving),
    ("apps.kruise.io", "DaemonSet", "spec.template", Lifetime::Serving),
    ("apps.kruise.io", "BroadcastJob", "spec.template", Lifetime::Batch),
    ("apps.kruise.io", "AdvancedCronJob", "spec.template.jobTemplate.spec.template", Lifetime::Batch),
    ("apps.kruise.io", "AdvancedCronJob", "spec.template.broadcastJobTemplate.spec.template", Lifetime::Batch),
    ("apps.kruise.io", "UnitedDeployment", "spec.template.statefulSetTemplate.spec.template", Lifetime::Serving),
    ("keda.sh", "ScaledJob", "spec.jobTargetRef.template", Lifetime::Batch),
    ("jobset.x-k8s.io", "JobSet", "spec.replicatedJobs[].template.spec.template", Lifetime::Batch),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "spec.leaderWorkerTemplate.workerTemplate", Lifetime::Serving),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "spec.leaderWorkerTemplate.leaderTemplate", Lifetime::Serving),
];

/// Groups whose objects hold patterns and schemas of pods, not pods.
const POLICY_GROUPS: &[&str] = &[
    "kyverno.io",
    "policies.kyverno.io",
    "constraints.gatekeeper.sh",
    "templates.gatekeeper.sh",
    "mutations.gatekeeper.sh",
    "expansion.gatekeeper.sh",
    "policies.kubewarden.io",
    "kustomize.config.k8s.io",
];

/// How deep the structural search goes.
const SEARCH_DEPTH: usize = 12;

/// The pods of an object.
pub fn pods<'t>(object: &Object<'t>) -> Vec<Pod<'t>> {
    let group = object.group();
    if object.is_builtin() && !pod_kinds().any(|kind| kind == object.kind) {
        return Vec::new();
    }
    let group = if object.is_builtin() { usual_group(group, object.kind) } else { group };
    let mut known = false;
    let mut found = Vec::new();
    for &(_, _, path, lifetime) in TEMPLATES.iter().filter(|row| row.0 == group && row.1 == object.kind) {
        known = true;
        templates_at(object.node, path, &mut |template| found.extend(Pod::new(object, template, lifetime)));
    }
    if !known && !object.is_builtin() && !POLICY_GROUPS.contains(&group) {
        search(object, object.node, SEARCH_DEPTH, &mut found);
    }
    found
}

/// The kinds that carry pods, as far as they are known by name.
pub fn pod_kinds() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|row| row.1)
}

/// The group that a kind is of. `apiVersion: v1` over a Deployment is a mistake that must not hide what is in it, and
/// over a DeploymentConfig it is how OpenShift 3 wrote it.
fn usual_group<'g>(group: &'g str, kind: &str) -> &'g str {
    let of_kind =
        || TEMPLATES.iter().filter(|row| row.1 == kind && (!row.0.contains('.') || kind == "DeploymentConfig"));
    if of_kind().any(|row| row.0 == group) { group } else { of_kind().next().map_or(group, |row| row.0) }
}

fn templates_at<'t>(node: Node<'t>, path: &str, visit: &mut impl FnMut(Node<'t>)) {
    if path.is_empty() {
        return visit(node);
    }
    let (head, rest) = path.split_once("[]").map_or((path, None), |(head, rest)| (head, Some(rest)));
    let Lookup::Present(next) = node.get(head) else { return };
    match rest {
        None => visit(next),
        Some(rest) => next.items().for_each(|item| templates_at(item, rest.trim_start_matches('.'), visit)),
    }
}

/// Finds mappings whose `spec.containers` is a list of things with an image.
fn search<'t>(object: &Object<'t>, node: Node<'t>, depth: usize, found: &mut Vec<Pod<'t>>) {
    if depth == 0 || !(node.is_map() || node.is_list()) {
        return;
    }
    if let Lookup::Present(containers) = node.get("spec.containers")
        && containers.items().len() > 0
        && containers.items().all(|item| item.field("image").is_some())
    {
        found.extend(Pod::new(object, node, Lifetime::Unknown));
        return;
    }
    for (_, value) in node.entries() {
        search(object, value, depth - 1, found);
    }
    for item in node.items() {
        search(object, item, depth - 1, found);
    }
}

impl<'t> Pod<'t> {
    fn new(object: &Object<'t>, template: Node<'t>, lifetime: Lifetime) -> Option<Self> {
        let spec = template.get("spec").present().filter(|spec| spec.is_map())?;
        let mut pod = Self {
            object: *object,
            template,
            spec,
            containers: Vec::new(),
            lifetime,
            security_context: None,
            told: Told::Whole,
        };
        let mut lists = [None; 3];
        for (key, value) in spec.entries() {
            match key.text() {
                "containers" => lists[0] = Some((value, Role::Main)),
                "initContainers" => lists[1] = Some((value, Role::Init)),
                "ephemeralContainers" => lists[2] = Some((value, Role::Ephemeral)),
                "securityContext" => pod.security_context = Some(value),
                "restartPolicy" if object.kind == "Pod" && matches!(value.as_str(), Some("Never" | "OnFailure")) => {
                    pod.lifetime = Lifetime::Batch;
                }
                _ => {}
            }
        }
        for (list, role) in lists.into_iter().flatten() {
            let containers = list.items().enumerate().filter(|(_, node)| node.is_map());
            pod.containers.extend(containers.map(|(index, node)| Container::new(node, role, index)));
        }
        Some(pod)
    }

    /// A pod that is told of by parts. `spec` is where its other fields are looked for.
    pub(crate) fn of_parts(
        object: Object<'t>,
        spec: Node<'t>,
        security_context: Option<Node<'t>>,
        containers: Vec<Container<'t>>,
    ) -> Self {
        Self {
            object,
            template: spec,
            spec,
            containers,
            lifetime: Lifetime::Unknown,
            security_context,
            told: Told::InPart,
        }
    }

    /// Looks below the pod's `securityContext`.
    pub fn security(&self, path: &str) -> Lookup<'t> {
        match self.security_context {
            Some(node) => node.get(path),
            None => self.spec.missing(),
        }
    }

    /// A field of the container's security context, else of the pod's: as the kubelet resolves it.
    pub fn effective(&self, container: &Container<'t>, field: &str) -> Lookup<'t> {
        match container.security(field) {
            Lookup::Absent(_) => self.security(field),
            found => found,
        }
    }

    /// Looks below the pod's `spec`.
    pub fn get(&self, path: &str) -> Lookup<'t> {
        match self.spec.get(path) {
            Lookup::Unknown(_) if self.told == Told::InPart && RARE.contains(&path) => {
                Lookup::Absent(Anchor { parent: self.spec })
            }
            found => found,
        }
    }

    /// The elements of a list field of the pod's `spec`, such as `volumes`.
    pub fn list(&self, field: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.spec.field(field).into_iter().flat_map(Node::items)
    }

    /// Containers that the API lets have resources, ports and a lifecycle: all but ephemeral ones.
    pub fn lasting_containers(&self) -> impl Iterator<Item = &Container<'t>> {
        self.containers.iter().filter(|container| container.role != Role::Ephemeral)
    }

    /// The operating system it is for.
    pub fn os(&self) -> Os {
        match self.get("os.name") {
            Lookup::Absent(_) => Os::Linux,
            Lookup::Present(name) if name.as_str() == Some("windows") => Os::Windows,
            Lookup::Present(name) if name.as_str().is_some() => Os::Linux,
            Lookup::Present(_) | Lookup::Unknown(_) => Os::Unknown,
        }
    }

    /// An annotation of the pod (not of the object that makes it).
    pub fn annotations(&self) -> Lookup<'t> {
        self.template.get("metadata.annotations")
    }

    /// Whether any list of containers may have more elements than are written.
    pub fn has_unknown_containers(&self) -> bool {
        self.spec.is_open()
            || ["containers", "initContainers"]
                .iter()
                .filter_map(|field| self.spec.field(field))
                .any(|list| !list.is_list() && !list.is_null() || list.items().any(|item| !item.is_map()))
    }
}
