//! Kubernetes manifests for the benchmarks of relations across files: every kind that a relation needs, in many
//! namespaces, and one reference in eight wrong.
//!
//! Metadata and containers are as full as in public repositories; files are still half as long as those, which have 1,350
//! bytes on average. The same bytes on every machine: the variation comes from the file's number alone.

use std::io;
use std::path::Path;

use crate::corpus::hash;

/// Files of one application, each of another kind.
const FILES: usize = 25;

/// The rest of a container, as those have it that pass a review.
const CONTAINER: &str = "          imagePullPolicy: IfNotPresent\n          args:\n            - --port=8080\n            - --log-format=json\n            - --shutdown-delay=10s\n          livenessProbe:\n            httpGet:\n              path: /live\n              port: 8080\n            periodSeconds: 10\n            failureThreshold: 3\n          readinessProbe:\n            httpGet:\n              path: /ready\n              port: 8080\n            periodSeconds: 5\n          securityContext:\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n            runAsNonRoot: true\n            capabilities:\n              drop:\n                - ALL\n            seccompProfile:\n              type: RuntimeDefault\n";

/// Applications of one namespace.
const APPS: usize = 4;

/// Writes `count` files below `folder`, a folder for each application; returns their size in bytes.
pub fn write(folder: &Path, count: usize) -> io::Result<u64> {
    let mut total = 0;
    for number in 0..count {
        let app = App::new(number / FILES);
        let (name, text) = app.file(number % FILES);
        let path = folder.join(format!("{}/{}/{name}", app.namespace, app.name));
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        total += text.len() as u64;
        std::fs::write(path, text)?;
    }
    Ok(total)
}

/// One application: a workload and everything around it.
struct App {
    number: usize,
    name: String,
    namespace: String,
}

impl App {
    fn new(number: usize) -> Self {
        Self { number, name: format!("app-{number:05}"), namespace: format!("shop-{:04}", number / APPS) }
    }

    /// One time in eight what is wrong.
    fn pick<T>(&self, salt: usize, wrong: T, right: T) -> T {
        if hash(self.number, salt).is_multiple_of(8) { wrong } else { right }
    }

    /// The name of something of the application, as one that refers to it writes it: one time in eight of something that
    /// is nowhere.
    fn refer(&self, what: &str, salt: usize) -> String {
        let suffix = self.pick(salt, "-gone", "");
        format!("{}{what}{suffix}", self.name)
    }

    /// `metadata` of something of the application, with the labels that Kubernetes recommends and what teams annotate.
    fn meta(&self, what: &str) -> String {
        let Self { name, namespace, .. } = self;
        format!(
            "metadata:\n  name: {name}{what}\n  namespace: {namespace}\n  labels:\n    app.kubernetes.io/name: {name}\n    app.kubernetes.io/instance: {name}-{namespace}\n    app.kubernetes.io/version: 1.4.2\n    app.kubernetes.io/component: backend\n    app.kubernetes.io/part-of: store\n    app.kubernetes.io/managed-by: delivery\n  annotations:\n    example.com/owner: team-{namespace}@example.com\n    example.com/runbook: https://runbooks.example.com/{namespace}/{name}{what}\n    example.com/description: What {name} needs in {namespace}; see the runbook before it is changed\n"
        )
    }

    /// A file of the application: its name and its text.
    fn file(&self, index: usize) -> (&'static str, String) {
        match index {
            0 => ("deployment.yaml", self.deployment()),
            1 => ("service.yaml", self.service()),
            2 => ("account.yaml", format!("apiVersion: v1\nkind: ServiceAccount\n{}", self.meta(""))),
            3 => ("config.yaml", format!("apiVersion: v1\nkind: ConfigMap\n{}data:\n  color: red\n", self.meta(""))),
            4 => ("external.yaml", self.external_secret()),
            5 => ("policy.yaml", self.network_policy()),
            6 => ("budget.yaml", self.budget()),
            7 => ("scaler.yaml", self.scaler()),
            8 => ("ingress.yaml", self.ingress()),
            9 => ("route.yaml", self.route()),
            10 => ("role.yaml", self.role()),
            11 => ("cluster-role.yaml", self.cluster_role()),
            12 => ("claim.yaml", self.claim()),
            13 => ("monitor.yaml", self.monitor()),
            14 => ("widget.yaml", self.widget()),
            15 => ("mesh.yaml", self.mesh()),
            16 => ("certificate.yaml", self.certificate()),
            17 => ("database.yaml", self.database()),
            18 => ("cronjob.yaml", self.cronjob()),
            19 => ("secret.yaml", self.secret()),
            20 => ("base/deployment.yaml", self.base()),
            21 => ("base/kustomization.yaml", "resources:\n  - deployment.yaml\n".to_owned()),
            22 => (
                "overlays/large/kustomization.yaml",
                format!("namespace: {}\nresources:\n  - ../../base\npatches:\n  - path: patch.yaml\n", self.namespace),
            ),
            23 => (
                "overlays/large/patch.yaml",
                format!(
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {}-base\nspec:\n  replicas: 3\n",
                    self.name
                ),
            ),
            _ if self.number.is_multiple_of(APPS) => ("namespace.yaml", self.namespace()),
            _ => ("sizer.yaml", self.sizer()),
        }
    }

    fn deployment(&self) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\n{}spec:\n  replicas: {}\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n        app.kubernetes.io/part-of: store\n    spec:\n      serviceAccountName: {}\n      containers:\n        - name: main\n          image: ghcr.io/example/main:1.4.2\n          envFrom:\n            - configMapRef:\n                name: {}\n          env:\n            - name: PASSWORD\n              valueFrom:\n                secretKeyRef:\n                  name: {}\n                  key: password\n          ports:\n            - name: http\n              containerPort: 8080\n          resources:\n            requests:\n              cpu: {}m\n              memory: 256Mi\n            limits:\n              memory: 512Mi\n{CONTAINER}          volumeMounts:\n            - name: data\n              mountPath: /data\n      volumes:\n        - name: data\n          persistentVolumeClaim:\n            claimName: {}\n",
            self.meta(""),
            1 + self.number % 3,
            self.refer("", 1),
            self.refer("", 2),
            self.refer("-db", 3),
            100 + hash(self.number, 4) % 300,
            self.refer("-data", 5),
            name = self.name,
        )
    }

    fn service(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Service\n{}spec:\n  selector:\n    app.kubernetes.io/name: {}\n  ports:\n    - name: http\n      port: 80\n      targetPort: {}\n",
            self.meta(""),
            self.refer("", 6),
            self.pick(7, "web", "http"),
        )
    }

    fn external_secret(&self) -> String {
        let store = self.pick(8, "gone", "vault");
        format!(
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n{}spec:\n  secretStoreRef:\n    name: {store}\n  data:\n    - secretKey: password\n      remoteRef:\n        key: {}/db\n",
            self.meta("-db"),
            self.name,
        )
    }

    fn network_policy(&self) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{}spec:\n  podSelector:\n    matchExpressions:\n      - key: app.kubernetes.io/name\n        operator: In\n        values:\n          - {}\n  policyTypes:\n    - Ingress\n  ingress:\n    - from:\n        - podSelector:\n            matchLabels:\n              app.kubernetes.io/name: {}\n",
            self.meta(""),
            self.refer("", 9),
            self.refer("-db", 10),
        )
    }

    fn budget(&self) -> String {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\n{}spec:\n  minAvailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {}\n",
            self.meta(""),
            self.refer("", 11),
        )
    }

    fn scaler(&self) -> String {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n{}spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: {}\n  minReplicas: 2\n  maxReplicas: {}\n  metrics:\n    - type: Resource\n      resource:\n        name: cpu\n        target:\n          type: Utilization\n          averageUtilization: 70\n",
            self.meta(""),
            self.refer("", 12),
            3 + self.number % 5,
        )
    }

    fn ingress(&self) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\n{}spec:\n  ingressClassName: nginx\n  tls:\n    - hosts:\n        - {name}.example.com\n      secretName: {name}-tls\n  rules:\n    - host: {name}.example.com\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service:\n                name: {}\n                port:\n                  number: {}\n",
            self.meta(""),
            self.refer("", 13),
            self.pick(14, 8080, 80),
            name = self.name,
        )
    }

    fn route(&self) -> String {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n{}spec:\n  parentRefs:\n    - name: edge\n  hostnames:\n    - {}.example.org\n  rules:\n    - backendRefs:\n        - name: {}\n          port: 80\n",
            self.meta(""),
            self.name,
            self.refer("", 15),
        )
    }

    fn role(&self) -> String {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n{}rules:\n  - apiGroups: [\"\"]\n    resources: [configmaps]\n    verbs: [get, list, watch]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n{}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {}\nsubjects:\n  - kind: ServiceAccount\n    name: {}\n",
            self.meta(""),
            self.meta(""),
            self.refer("", 16),
            self.refer("", 17),
        )
    }

    fn cluster_role(&self) -> String {
        let resource = self.pick(18, "secrets", "nodes");
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:\n  - apiGroups: [\"\"]\n    resources: [{resource}]\n    verbs: [get, list]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: {name}\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {}\nsubjects:\n  - kind: ServiceAccount\n    name: {name}\n    namespace: {}\n",
            self.refer("", 19),
            self.namespace,
            name = self.name,
        )
    }

    fn claim(&self) -> String {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\n{}spec:\n  accessModes:\n    - ReadWriteMany\n  resources:\n    requests:\n      storage: {}Gi\n",
            self.meta("-data"),
            self.pick(20, 60, 10),
        )
    }

    fn monitor(&self) -> String {
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n{}spec:\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {}\n  endpoints:\n    - port: http\n",
            self.meta(""),
            self.refer("", 21),
        )
    }

    fn widget(&self) -> String {
        format!(
            "apiVersion: example.com/v1\nkind: Widget\n{}spec:\n  size: {}\n  secretName: {}-widget\n",
            self.meta("-widget"),
            1 + self.number % 9,
            self.name,
        )
    }

    fn mesh(&self) -> String {
        let subset = self.pick(22, "canary", "stable");
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\n{}spec:\n  hosts:\n    - {name}\n  http:\n    - route:\n        - destination:\n            host: {}\n            subset: {subset}\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\n{}spec:\n  host: {name}\n  subsets:\n    - name: stable\n      labels:\n        version: v1\n",
            self.meta(""),
            self.refer("", 23),
            self.meta(""),
            name = self.name,
        )
    }

    fn certificate(&self) -> String {
        let issuer = self.pick(24, "gone", "ca");
        format!(
            "apiVersion: cert-manager.io/v1\nkind: Certificate\n{}spec:\n  secretName: {name}-tls\n  dnsNames:\n    - {name}.example.com\n  issuerRef:\n    name: {issuer}\n",
            self.meta(""),
            name = self.name,
        )
    }

    fn database(&self) -> String {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\n{}spec:\n  serviceName: {}\n  replicas: 2\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}-db\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}-db\n    spec:\n      automountServiceAccountToken: false\n      initContainers:\n        - name: prepare\n          image: ghcr.io/example/prepare:1.0.0\n          resources:\n            requests:\n              cpu: 500m\n              memory: 64Mi\n      containers:\n        - name: db\n          image: ghcr.io/example/db:1.0.0\n{CONTAINER}          resources:\n            requests:\n              cpu: 250m\n              memory: 512Mi\n            limits:\n              memory: {}\n  volumeClaimTemplates:\n    - metadata:\n        name: data\n      spec:\n        accessModes:\n          - ReadWriteOnce\n        resources:\n          requests:\n            storage: 10Gi\n---\napiVersion: v1\nkind: Service\n{}spec:\n  clusterIP: None\n  selector:\n    app.kubernetes.io/name: {name}-db\n  ports:\n    - port: 5432\n",
            self.meta("-db"),
            self.refer("-db", 25),
            self.pick(26, "4Gi", "1Gi"),
            self.meta("-db"),
            name = self.name,
        )
    }

    fn cronjob(&self) -> String {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\n{}spec:\n  schedule: \"15 3 * * *\"\n  jobTemplate:\n    spec:\n      parallelism: 2\n      template:\n        spec:\n          restartPolicy: OnFailure\n          serviceAccountName: {}\n          containers:\n            - name: report\n              image: ghcr.io/example/report:2.0.1\n              envFrom:\n                - secretRef:\n                    name: {}\n",
            self.meta("-report"),
            self.refer("", 27),
            self.refer("-report", 28),
        )
    }

    fn secret(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Secret\n{}type: Opaque\nstringData:\n  token: \"${{TOKEN}}\"\n",
            self.meta("-report")
        )
    }

    fn base(&self) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}-base\nspec:\n  replicas: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}-base\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}-base\n    spec:\n      serviceAccountName: {}\n      containers:\n        - name: main\n          image: ghcr.io/example/base:1.0.0\n{CONTAINER}          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n            limits:\n              memory: 128Mi\n",
            self.refer("", 29),
            name = self.name,
        )
    }

    fn namespace(&self) -> String {
        let of = |name: &str| format!("metadata:\n  name: {name}\n  namespace: {}\n", self.namespace);
        let mut text = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n---\napiVersion: v1\nkind: ResourceQuota\n{}spec:\n  hard:\n    requests.cpu: \"{}\"\n    requests.memory: 64Gi\n    limits.memory: 64Gi\n    pods: \"{}\"\n    requests.storage: 200Gi\n    services: \"20\"\n---\napiVersion: v1\nkind: LimitRange\n{}spec:\n  limits:\n    - type: Container\n      default:\n        memory: 512Mi\n      defaultRequest:\n        cpu: 100m\n        memory: 128Mi\n      max:\n        memory: 2Gi\n    - type: PersistentVolumeClaim\n      max:\n        storage: 50Gi\n---\napiVersion: external-secrets.io/v1\nkind: SecretStore\n{}spec:\n  provider: {{}}\n---\napiVersion: cert-manager.io/v1\nkind: Issuer\n{}spec:\n  selfSigned: {{}}\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n{}spec:\n  gatewayClassName: public\n  listeners:\n    - name: http\n      port: 80\n      protocol: HTTP\n",
            self.namespace,
            of("team"),
            self.pick(30, 4, 40),
            self.pick(31, 10, 100),
            of("team"),
            of("vault"),
            of("ca"),
            of("edge"),
        );
        if self.number == 0 {
            text.push_str(
                "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.com\nspec:\n  group: example.com\n  scope: Namespaced\n  names:\n    kind: Widget\n    plural: widgets\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n            spec:\n              type: object\n              properties:\n                size:\n                  type: integer\n                secretName:\n                  type: string\n",
            );
        }
        text
    }

    fn sizer(&self) -> String {
        format!(
            "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\n{}spec:\n  targetRef:\n    apiVersion: apps/v1\n    kind: StatefulSet\n    name: {}\n  updatePolicy:\n    updateMode: \"{}\"\n---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n{}spec:\n  scaleTargetRef:\n    name: {}\n  minReplicaCount: 1\n  maxReplicaCount: 4\n  triggers:\n    - type: cron\n      metadata:\n        timezone: Etc/UTC\n        start: 0 6 * * *\n        end: 0 20 * * *\n        desiredReplicas: \"3\"\n",
            self.meta("-db"),
            self.refer("-db", 32),
            self.pick(33, "Auto", "Off"),
            self.meta("-base"),
            self.refer("-base", 34),
        )
    }
}
