//! Secrets are shown in no output: not their own finding's, and not that of another rule about the same line.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic in a helper is the failure message"
)]

use std::path::Path;
use std::process::Command;

/// Values of the manifest that nobody may see.
const PLANTED: &[&str] = &[
    "kX9mQ2vL7",
    "Zq8-pTr4vNw6_yBs2",
    "9f86d081884c7d659a2feaa0c55ad015",
    "AKIAQ3EGRZ7PLN5TXW2B",
    "a1g5bVEydkw3LXNlY3JldA==",
    "cG9zdGdyZXM6Ly9hcHA6a1g5bVEydkw3QGRiOjU0MzIvc2hvcA==",
    "MIIEpAIBAAKCAQEA7bq8",
];

const MANIFEST: &str = r#"
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: web
      args: [--password=kX9mQ2vL7, --token, Zq8-pTr4vNw6_yBs2]
      env:
        - { name: DB_PASSWORD, value: "kX9mQ2vL7" }
        - { name: DB_PASSWORD, value: 'kX9mQ2vL7' }
        - { name: URLS, value: "amqp://a:kX9mQ2vL7@x,amqp://b:Zq8-pTr4vNw6_yBs2@y" }
      securityContext: { privileged: true }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: web, namespace: default }
data: { api-token: 9f86d081884c7d659a2feaa0c55ad015, id: AKIAQ3EGRZ7PLN5TXW2B }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: files }
data:
  app.properties: |
    db.password=kX9mQ2vL7
    db.token="Zq8-pTr4vNw6_yBs2"
  key.pem: |
    -----BEGIN RSA PRIVATE KEY-----
    MIIEpAIBAAKCAQEA7bq8
    -----END RSA PRIVATE KEY-----
---
apiVersion: v1
kind: Secret
metadata: { name: db }
data:
  password: a1g5bVEydkw3LXNlY3JldA==
  url: cG9zdGdyZXM6Ly9hcHA6a1g5bVEydkw3QGRiOjU0MzIvc2hvcA==
stringData: { token: Zq8-pTr4vNw6_yBs2, other: "kX9mQ2vL7" }
"#;

const DOCKERFILE: &str = "FROM debian\nENV DB_PASSWORD=kX9mQ2vL7\nARG API_TOKEN=Zq8-pTr4vNw6_yBs2\n";

#[test]
fn no_output_shows_a_planted_value() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("masking");
    std::fs::create_dir_all(directory.join(".git")).unwrap();
    std::fs::write(directory.join("all.yaml"), MANIFEST).unwrap();
    std::fs::write(directory.join("Dockerfile"), DOCKERFILE).unwrap();
    for format in [
        "pretty",
        "concise",
        "json",
        "sarif",
        "github",
        "gitlab",
        "gitlab-sast",
        "junit",
        "markdown",
        "html",
        "jsonl",
        "csv",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["check", "--no-config", "--profile", "all", "--color", "never", "--format", format, "."])
            .current_dir(&directory)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        for rule in [
            "k8s-secret-env-literal",
            "k8s-secret-in-configmap",
            "k8s-secret-data-decoded",
            "k8s-duplicate-env-var",
            "docker-secret-in-arg-or-env",
        ] {
            assert!(text.contains(rule), "{format} says nothing of {rule}:\n{text}");
        }
        for planted in PLANTED {
            assert!(!text.contains(planted), "{format} shows {planted}:\n{text}");
        }
    }
}

/// A value that nothing else has; its middle is what nobody may see.
fn planted(number: usize) -> String {
    let mut seed = number as u64 * 0x9e37_79b9 + 0x1234_5678;
    let letters = b"bcdfghjkmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ23456789";
    let tail = (0..14).map(|_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(letters[usize::try_from(seed >> 33).unwrap() % letters.len()])
    });
    format!("zq{number:02}Xk{}", tail.collect::<String>())
}

fn base64(text: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let shown = digit <= chunk.len();
            encoded.push(if shown { char::from(alphabet[(bits >> (18 - 6 * digit) & 63) as usize]) } else { '=' });
        }
    }
    encoded
}

/// Files of every domain, in which `<NN>` is a planted value and `<<NN>>` the same in base64.
const FILES: &[(&str, &str)] = &[
    (
        "portcullis.yaml",
        "secrets:\n  rules:\n    - { id: secret-planted, description: A planted value, regex: 'zq[0-9]{2}Xk[A-Za-z0-9]{14}', keywords: [zq] }\n",
    ),
    (
        "k8s/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: { app: \"<01> x\" }\n  annotations: { note: '<02>', note: '<03>' }\nspec:\n  \
         restartPolicy: <04>\n  dnsPolicy: \"<05>\"\n  hostNetwork: \"<06>\"\n  unknownField: <07>\n  containers:\n    - { name: \"<08>\", image: \
         \"user:<09>@registry.example.org/web:latest\", imagePullPolicy: <10>, securityContext: { privileged: true }, args: \
         [\"--password=<11>\", --token, <12>], env: [{ name: DB_PASSWORD, value: <13> }, { name: DB_PASSWORD, value: <14> }], ports: \
         [{ containerPort: <15>, protocol: <16> }] }\n---\napiVersion: v1\nkind: Secret\nmetadata: { name: s }\ntype: Opaque\ndata: { \
         password: <<17>>, other: <97> }\nstringData: { token: <18> }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { \
         url: \"postgres://a:<19>@db/x\", app.properties: \"db.password=<20>\\n\" }\n---\napiVersion: apps/v1beta1\nkind: <21>\nmetadata: { \
         name: <22> }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { type: <23>, ports: [{ port: 80, targetPort: \
         <24>, nodePort: \"<25>\" }] }\n---\na: [<26>\n",
    ),
    (
        "Dockerfile",
        "FROM user:<27>@registry.example.org/x:latest AS <28>\nENV DB_PASSWORD=<29> OTHER <30>\nARG TOKEN=<31>\nRUN curl -u admin:<32> \
         https://x:<33>@example.org/a.sh | sh && sudo echo <34> # portcullis: ignore[docker-shell-pipe] because <35>\nFOOO <36>\nEXPOSE \
         <37>\nUSER root\nCMD serve --password <38>\nSTOPSIGNAL <39>\nCOPY --from=<40> a b\nADD https://x:<41>@example.org/a.tar /a\n",
    ),
    (
        "compose.yaml",
        "services:\n  web:\n    image: user:<42>@registry.example.org/web\n    privileged: true\n    environment: { DB_PASSWORD: <43>, A: <44> \
         }\n    command: serve --password <45>\n    restart: <46>\n    network_mode: <47>\n    depends_on: [<48>]\n    volumes: \
         [\"<49>:/x:<50>\"]\n    ports: [\"<51>:80\"]\n    foo: <52>\n    build: { context: ., args: { TOKEN: <53> } }\n",
    ),
    (
        ".github/workflows/w.yml",
        "on: [push, <54>]\npermissions: { contents: <55> }\njobs:\n  a:\n    runs-on: <56>\n    env: { API_TOKEN: <57> }\n    container: { \
         image: x, credentials: { username: a, password: <58> } }\n    steps:\n      - uses: <59>/x@v1\n      - uses: \
         actions/checkout@<60>\n        with: { token: <61>, foo: <62> }\n      - run: curl -u a:<63> x | bash; echo ${{ <64> }} ${{ \
         secrets.<65> }}\n        shell: <66>\n",
    ),
    (
        "tf/main.tf",
        "variable \"password\" {\n  default = \"<67>\"\n}\nresource \"aws_db_instance\" \"a\" {\n  password = var.password\n  username = \
         \"<68>\"\n  engine = \"<69>\"\n  publicly_accessible = \"<70>\"\n  tags = { a = \"${var.<71>}\" }\n}\noutput \"o\" {\n  value = \
         \"<72>\"\n}\nmodule \"m\" {\n  source = \"git::https://x:<73>@example.org/m.git\"\n}\nprovider \"aws\" {\n  access_key = \"a\"\n  secret_key \
         = \"<74>\"\n}\nresource \"aws_s3_bucket\" \"<75>\" {\n  acl = \"<76>\"\n}\nresource \"aws_instance\" \"i\" {\n  user_data = <<EOF\nexport \
         PASSWORD=<77>\nEOF\n}\nbroken = = \"<78>\"\n",
    ),
    ("tf/terraform.tfvars", "password = \"<79>\"\nnobody = \"<80>\"\n"),
    (
        "js/package-lock.json",
        "{ \"name\": \"a\", \"lockfileVersion\": 3, \"packages\": { \"\": { \"dependencies\": { \"left-pad\": \"1.0.0\" } }, \
         \"node_modules/left-pad\": { \"version\": \"1.0.0\", \"resolved\": \"http://u:<81>@registry.example.org/left-pad.tgz\", \"license\": \
         \"MIT\" } } }\n",
    ),
    (
        "py/requirements.txt",
        "--index-url http://u:<83>@pypi.example.org/simple\n--trusted-host <84>\na==1.0.0\ngit+https://u:<85>@example.org/b.git\nc @ \
         http://u:<86>@example.org/c.whl\n",
    ),
    (
        "rs/Cargo.lock",
        "version = 3\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://u:<87>@example.org/a?rev=1#abc\"\n",
    ),
    (
        "kust/kustomization.yaml",
        "resources: [\"https://u:<88>@example.org/x//y?ref=v1\", <89>.yaml]\nfoo: <90>\nnamePrefix: <91>\n",
    ),
    (".env", "DB_PASSWORD=<92>\n"),
    ("notes.txt", "the password is <93>  # gitleaks:allow\nand <94>\n"),
    ("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
    (
        "chart/values.yaml",
        "image: { repository: x, tag: latest }\ndb: { password: <95> }\nsecurityContext: { privileged: true, x: <96> }\n",
    ),
];

/// The values that stand where a secret is told without anybody's help: under a name, after a flag, in a URL.
const TOLD: &[usize] = &[
    11, 12, 13, 14, 17, 18, 19, 20, 29, 31, 32, 33, 38, 43, 45, 53, 57, 58, 63, 67, 74, 77, 79, 81, 83, 85, 86, 87, 88,
    92, 95,
];

/// What the program shows of values, plain or in base64, beyond the hints; each with the run and the line.
fn leaks(root: &Path, values: &[String], runs: &[&[&str]]) -> Vec<String> {
    let mut leaks = Vec::new();
    for run in runs {
        let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(*run)
            .args(["--color", "never"].iter().filter(|_| run[0] != "config"))
            .current_dir(root)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(!text.contains("error: unexpected argument"), "{run:?}\n{text}");
        for value in values {
            let encoded = base64(value);
            for hidden in [&value[4..value.len() - 2], &encoded[4..encoded.len() - 2]] {
                let lines = text.lines().filter(|line| line.contains(hidden));
                leaks.extend(lines.take(3).map(|line| {
                    format!("{} shows {value}: {}", run.join(" "), line.chars().take(400).collect::<String>())
                }));
            }
        }
    }
    leaks
}

#[test]
fn nothing_that_is_planted_anywhere_is_shown_by_any_output() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("masking-everywhere");
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join(".git")).unwrap();
    let values: Vec<String> = (0..100).map(planted).collect();
    for (name, text) in FILES {
        let mut text = (*text).to_owned();
        for (number, value) in values.iter().enumerate() {
            text = text.replace(&format!("<<{number:02}>>"), &base64(value)).replace(&format!("<{number:02}>"), value);
        }
        std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        std::fs::write(root.join(name), text).unwrap();
    }
    let runs: &[&[&str]] = &[
        &["check", "--profile", "all", "--format", "pretty", "-v", "."],
        &["check", "--profile", "all", "--format", "concise", "-v", "."],
        &["check", "--profile", "all", "--include-suppressed", "--format", "pretty", "."],
        &["check", "--profile", "all", "--include-suppressed", "--format", "json", "."],
        &["check", "--profile", "all", "--include-suppressed", "--format", "sarif", "."],
        &["check", "--profile", "all", "--include-suppressed", "--format", "html", "."],
        &["check", "--profile", "all", "--include-suppressed", "--format", "junit", "."],
        &["check", "--profile", "all", "--include-suppressed", "--format", "markdown", "."],
        &["check", "--profile", "all", "--include-suppressed", "--format", "csv", "."],
        &["check", "--profile", "all", "--format", "gitlab-sast", "."],
        &["check", "--format", "cyclonedx", "."],
        &["check", "--format", "spdx", "."],
        // Rules that know nothing of secrets show lines as well.
        &[
            "check",
            "--only",
            "k8s-*,docker-*,compose-*,actions-*,tf-*,lock-*",
            "--skip",
            "cwe-798,secret",
            "--format",
            "pretty",
            ".",
        ],
        &["check", "--only", "k8s-privileged-container,syntax-error", "--format", "sarif", "."],
        &["check", "--explain-path", "left-pad", "."],
        &["check", "--explain-path", "a", "."],
        &["explain", "secret-planted"],
        &["config", "show"],
    ];
    let fixes: &[&str] = &["check", "--profile", "all", "--fix", "--unsafe-fixes", "--format", "json", "-v", "."];
    let own: Vec<&[&str]> = runs.iter().copied().filter(|run| run[0] == "check").collect();
    let told: Vec<String> = TOLD.iter().map(|number| values[*number].clone()).collect();
    let mut leaks = leaks(&root, &values, runs);
    std::fs::remove_file(root.join("portcullis.yaml")).unwrap();
    leaks.extend(self::leaks(&root, &told, &own));
    leaks.extend(self::leaks(&root, &told, &[fixes]));
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}
