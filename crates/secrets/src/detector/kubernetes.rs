//! Credentials of Kubernetes and of registries that it pulls from.

use portcullis_core::Severity;

use super::{Detector, checksum};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-kubernetes-service-account-token",
        what: "a service account token of Kubernetes",
        title: "Service account token of Kubernetes is written in a file",
        docs: "Whoever has it and reaches the API server acts as the service account. Delete the Secret that it is from, or the account.",
        severity: Severity::Critical,
        keywords: &[".eyj"],
        pattern: r"ey[A-Za-z0-9_\-]{14,}={0,2}\.eyJ[A-Za-z0-9_\-]{12,}={0,2}\.[A-Za-z0-9_\-]{16,}",
        entropy: 3.0,
        before: 2_000,
        reach: 6_000,
        verify: Some(checksum::is_service_account_token),
        positives: &["token: {jwt:kubernetes/serviceaccount}"],
        negatives: &["token: eyJ{A20}.eyJ{A30}.{A40}", "token: {jwt:1234567890}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-kubeconfig-client-key",
        what: "the client key of a kubeconfig",
        title: "Client key of a kubeconfig is written in a file",
        docs: "Whoever has it acts as the user in the cluster until the certificate expires: it cannot be revoked. Rotate the cluster's authority, or remove the user's roles.",
        severity: Severity::Critical,
        keywords: &["client-key-data"],
        pattern: r#"client-key-data["\']?\s*:\s*["\']?(?P<secret>LS0tLS1CRUdJTi[A-Za-z0-9+/]{80,}={0,2})"#,
        reach: 16_000,
        verify: Some(checksum::is_encoded_pem),
        positives: &["    client-key-data: {pem64:RSA PRIVATE KEY}"],
        negatives: &["    client-key-data: LS0tLS1CRUdJTi...", "    client-certificate-data: {pem64:CERTIFICATE}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-kubernetes-bootstrap-token",
        what: "a bootstrap token of Kubernetes",
        title: "Bootstrap token of Kubernetes is written in a file",
        docs: "Whoever has it joins a node to the cluster. Delete it with `kubeadm token delete`.",
        keywords: &["kubeadm", "bootstrap", "--token", "bootstraptoken", "token-secret"],
        pattern: r#"(?i:(?:kubeadm|bootstrap|--token)[^\n]{0,120}?(?:token|bootstrap)[^\n]{0,20}?)[\s"\'=:](?P<secret>[a-z0-9]{6}\.[a-z0-9]{16})(?:[^A-Za-z0-9.\-]|$)|token-secret["\']?:[ \t]{0,4}["\']?(?P<other>[a-z0-9]{16})"#,
        entropy: 2.8,
        verify: Some(checksum::has_digit),
        positives: &[
            "kubeadm join 10.0.0.1:6443 --token {a6}.{a16}",
            "bootstrapToken: \"{a6}.{a16}\"",
            "token-id: {a6}\ntoken-secret: {a16}",
        ],
        negatives: &[
            "kubeadm join 10.0.0.1:6443 --token {x6}.{x16}",
            "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef",
            "kubeadm token {a6}.{a8}",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-openshift-token",
        what: "a user token of OpenShift",
        title: "User token of OpenShift is written in a file",
        docs: "Whoever has it acts as the user in the cluster until it expires. Delete it with `oc delete oauthaccesstoken`.",
        severity: Severity::Critical,
        keywords: &["sha256~"],
        pattern: r"sha256~[\w\-]{43}",
        entropy: 3.5,
        peers: &["gitleaks:openshift-user-token"],
        positives: &["oc login --token=sha256~{w43}"],
        negatives: &["oc login --token=sha256~{x43}", "sha256~{A10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-swarm-token",
        what: "a join token of Docker Swarm",
        title: "Join token of Docker Swarm is written in a file",
        docs: "Whoever has it and reaches a manager joins the swarm, with a manager's token as a manager. Rotate it with `docker swarm join-token --rotate`.",
        severity: Severity::Critical,
        keywords: &["swmtkn-1-"],
        pattern: "SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25}",
        entropy: 3.0,
        positives: &["docker swarm join --token SWMTKN-1-{a50}-{a25} 10.0.0.1:2377"],
        negatives: &["docker swarm join --token SWMTKN-1-{x50}-{x25} 10.0.0.1:2377", "SWMTKN-1-{a10}-{a5}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-k3s-token",
        what: "a join token of K3s",
        title: "Join token of K3s is written in a file",
        docs: "Whoever has it joins nodes to the cluster, with a server's token as a server. Rotate it with `k3s token rotate`.",
        severity: Severity::Critical,
        keywords: &["::server:", "::node:"],
        pattern: "K10[0-9a-f]{64}::(?:server|node):[0-9a-zA-Z]{16,64}",
        entropy: 3.0,
        positives: &["K3S_TOKEN=K10{h64}::server:{h32}"],
        negatives: &["K3S_TOKEN=K10{x64}::server:{x32}", "K3S_TOKEN=K10{h8}::server:{h8}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-docker-config-auth",
        what: "a user and password of a registry",
        title: "User and password of a registry in a Docker configuration is written in a file",
        docs: "Whoever has them pulls, and mostly pushes, images. Change the password, or revoke the token.",
        severity: Severity::Critical,
        keywords: &["\"auth\"", "auth\\\""],
        pattern: r#"\\?"auth\\?"\s*:\s*\\?"(?P<secret>[A-Za-z0-9+/]{8,}={0,2})\\?""#,
        reach: 600,
        verify: Some(checksum::is_basic_auth),
        positives: &[
            "{\"auths\": {\"registry.shop.internal\": {\"auth\": \"{basic}\"}}}",
            "config: \"{\\\"auths\\\": {\\\"r.example.org\\\": {\\\"auth\\\": \\\"{basic}\\\"}}}\"",
        ],
        negatives: &["{\"auth\": \"{A8}\"}", "{\"auth\": \"${AUTH}\"}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-docker-identity-token",
        what: "an identity token of a registry",
        title: "Identity token of a registry is written in a file",
        docs: "Whoever has it gets access tokens of the registry as the user. Revoke it.",
        severity: Severity::Critical,
        keywords: &["identitytoken"],
        pattern: r#"\\?"identitytoken\\?"\s*:\s*\\?"(?P<secret>[A-Za-z0-9_\-.+/=]{30,})\\?""#,
        entropy: 3.5,
        reach: 4_200,
        positives: &["{\"auths\": {\"r.example.org\": {\"identitytoken\": \"{A60}\"}}}"],
        negatives: &[
            "{\"auths\": {\"r.example.org\": {\"identitytoken\": \"{x60}\"}}}",
            "{\"identitytoken\": \"{A10}\"}",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-docker-config-encoded",
        what: "a Docker configuration with credentials in base64",
        title: "Docker configuration with credentials in base64 is written in a file",
        docs: "Whoever has it pulls, and mostly pushes, images. Change the password, or revoke the token.",
        severity: Severity::Critical,
        keywords: &["eyjhdxroc"],
        pattern: "eyJhdXRocyI6[A-Za-z0-9+/]{40,}={0,2}",
        reach: 8_000,
        verify: Some(checksum::is_docker_config),
        positives: &[".dockerconfigjson: {auths}"],
        negatives: &[".dockerconfigjson: eyJhdXRocyI6e319"],
        ..Detector::DEFAULT
    },
];
