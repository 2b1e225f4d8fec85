//! Other tools' files, what is written for them, and what is said of the rest.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;

use portcullis_engine::config::{Config, ImportError, import_texts};

/// What is imported, without the comment at its top, and each remark as `line message`; of several files as
/// `path:line: message`. Whatever is written has to read without a mistake.
fn imported(files: &[(&str, &str)]) -> Result<(String, Vec<String>), ImportError> {
    let catalog = portcullis_rules::catalog();
    let imported = import_texts(files.iter().map(|(name, text)| (Path::new(*name), *text)), &catalog)?;
    let (_, errors) = Config::parse(&imported.text, &catalog);
    assert_eq!(errors, [], "{}", imported.text);
    let (_, text) = imported.text.split_once('\n').unwrap();
    let one = |remark: &portcullis_engine::config::Remark| format!("{} {}", remark.line, remark.message);
    let remarks = imported.remarks.iter();
    let remarks =
        if files.len() == 1 { remarks.map(one).collect() } else { remarks.map(ToString::to_string).collect() };
    Ok((text.to_owned(), remarks))
}

/// Each case: the file's name, its text, what is written, what is said.
fn check(cases: &[(&str, &str, &str, &[&str])]) {
    for (name, text, expected, remarks) in cases {
        let (written, said) = imported(&[(name, text)]).unwrap();
        assert_eq!(written, *expected, "{name}\n{text}");
        assert_eq!(said, *remarks, "{name}\n{text}");
    }
}

#[test]
fn hadolint() {
    check(&[
        (".hadolint.yaml", "", "", &[]),
        (".hadolint.yaml", "ignored:\n", "", &[]),
        (
            ".hadolint.yaml",
            "ignored:\n  - DL3006\n  - SC2086\n  - SC9999\n",
            "rules:\n  docker-image-untagged: off\n  docker-shell-unquoted-variable: off\n",
            &["4 no rule stands for `SC9999`"],
        ),
        (
            "hadolint.yml",
            "override:\n  error: [DL3007]\n  warning: [DL3008]\n  info: [DL3015]\n  style: [DL3059]\nfailure-threshold: warning\n",
            "fail-on: medium\nrules:\n  docker-apt-recommends-installed:\n    severity: low\n  docker-apt-unpinned:\n    \
             severity: medium\n  docker-consecutive-run:\n    severity: info\n  docker-image-latest-tag:\n    severity: high\n",
            &[],
        ),
        // What is ignored stays so, whatever its severity.
        (
            ".hadolint.yaml",
            "ignored: [DL3007]\noverride: { error: [DL3007] }\n",
            "rules:\n  docker-image-latest-tag: off\n",
            &[],
        ),
        (
            ".hadolint.yaml",
            "trustedRegistries:\n  - docker.io\n  - \"*.gcr.io\"\n",
            "rules:\n  docker-registry-not-allowed:\n    registries:\n      - docker.io\n      - \"*.gcr.io\"\n",
            &[],
        ),
        (
            ".hadolint.yaml",
            "label-schema:\n  author: text\n  created: rfc3339\n  size: number\nstrict-labels: true\n",
            "rules:\n  docker-label-empty: on\n  docker-label-missing:\n    labels:\n      - \"author=text\"\n      - \
             \"created=rfc3339\"\n  docker-label-not-rfc3339: on\n  docker-label-superfluous: on\n",
            &["4 `number` is no form of a label that is known"],
        ),
        (
            ".hadolint.yaml",
            "no-fail: true\nformat: tty\nno-color: true\ndisable-ignore-pragma: true\nfailure-threshold: none\n",
            "",
            &[
                "1 `no-fail` is `--exit-zero` on the command line",
                "2 `format` is `--format` on the command line",
                "3 `no-color` has no equivalent",
                "4 `disable-ignore-pragma` has no equivalent: hadolint's comments are always obeyed",
                "5 `failure-threshold: none` has no equivalent",
            ],
        ),
    ]);
}

#[test]
fn checkov() {
    check(&[
        (
            ".checkov.yaml",
            "skip-check:\n  - CKV_K8S_16\n  - CKV_K8S_17,CKV_NO_1\n  - LOW\n",
            "rules:\n  k8s-host-pid: off\n  k8s-privileged-container: off\n",
            &["3 no rule stands for `CKV_NO_1`", "4 `skip-check: LOW` is `--min-severity medium` on the command line"],
        ),
        (
            ".checkov.yaml",
            "skip-check: CKV2_DOCKER_1*\nframework: [dockerfile, terraform]\n",
            "rules:\n  \"actions-*\": off\n  docker-apt-force-yes: off\n  docker-env-git-ssl-no-verify: off\n  docker-env-npm-strict-ssl-false: off\n  docker-env-pip-trusted-host: off\n  docker-npm-yarn-strict-ssl-false: off\n  docker-rpm-nosignature: off\n  docker-run-chpasswd: off\n  docker-run-sudo: off\n  docker-yum-sslverify-off: off\n  \"k8s-*\": off\n",
            &[],
        ),
        (
            ".checkov.yaml",
            "framework: [kubernetes, ansible]\nskip-framework: [secrets]\n",
            "rules:\n  \"actions-*\": off\n  \"docker-*\": off\n  \"tf-*\": off\n",
            &["1 the framework `ansible` has no equivalent"],
        ),
        (
            ".checkov.yaml",
            "skip-framework: terraform,terraform_json,terraform_plan\n",
            "rules:\n  \"tf-*\": off\n",
            &[],
        ),
        (
            ".checkov.yaml",
            "framework: [terraform]\ncheck: [CKV_AWS_41, CKV_AWS_9999]\n",
            "rules:\n  \"actions-*\": off\n  \"docker-*\": off\n  \"k8s-*\": off\n  \"tf-*\": off\n  \
             tf-aws-provider-credentials-hardcoded: on\n",
            &["2 no rule stands for `CKV_AWS_9999`"],
        ),
        (
            ".checkov.yml",
            "check: [CKV_K8S_16]\nsoft-fail-on: [CKV_K8S_17, LOW]\n",
            "fail-on: medium\nrules:\n  \"actions-*\": off\n  \"docker-*\": off\n  \"k8s-*\": off\n  k8s-host-pid:\n    severity: \
             info\n  k8s-privileged-container: on\n  \"tf-*\": off\n",
            &[],
        ),
        (
            ".checkov.yaml",
            "skip-path:\n  - tests/\n  - ^charts/old/.*\n  - .*/fixtures/a\\.yaml$\n  - (a|b)\ndirectory: [., deploy]\n",
            "include:\n  - \"/deploy\"\nexclude:\n  - tests/\n  - \"/charts/old/\"\n  - \"**/fixtures/a.yaml\"\n",
            &["5 `(a|b)` is a regular expression; write a glob under `exclude`"],
        ),
        (
            ".checkov.yaml",
            "soft-fail: true\ncompact: true\nquiet: false\noutput: cli\nhard-fail-on: [HIGH, CKV_K8S_16]\nbaseline: b.json\ncheck: HIGH\n",
            "fail-on: high\n",
            &[
                "1 `soft-fail` is `--exit-zero` on the command line",
                "2 `compact` is `--quiet` or `--format concise` on the command line",
                "4 `output` is `--format` on the command line",
                "5 `hard-fail-on: CKV_K8S_16` has no equivalent: every finding fails",
                "6 `baseline` has no equivalent",
                "7 `check: HIGH` is `--min-severity high` on the command line",
            ],
        ),
        // One rule of ours may be several checks of theirs.
        (
            ".checkov.yaml",
            "skip-check: [CKV_K8S_100, CKV_K8S_102]\n",
            "rules:\n  k8s-apiserver-tls-etcd-insecure: off\n",
            &[
                "1 `CKV_K8S_100` is part of `k8s-apiserver-tls-etcd-insecure`, which stands for `CKV_K8S_71`, `CKV_K8S_72`, `CKV_K8S_73`, `CKV_K8S_88` and 3 more as well",
            ],
        ),
    ]);
}

#[test]
fn trivy() {
    check(&[
        (
            "trivy.yaml",
            "severity: [HIGH, CRITICAL]\nexit-code: 1\nscan:\n  skip-dirs: [vendor/charts, ./old]\n  skip-files:\n    - \
             \"**/gen.yaml\"\n  scanners: [misconfig, vuln]\n  offline: true\n",
            "exclude:\n  - \"/vendor/charts/\"\n  - \"/old/\"\n  - \"**/gen.yaml\"\nfail-on: high\n",
            &[
                "1 lower findings are shown, but do not fail; `--min-severity high` hides them",
                "7 the scanner `vuln` has no equivalent",
            ],
        ),
        (
            "trivy.yaml",
            "severity: MEDIUM,CRITICAL\nexit-code: 0\nignorefile: deploy/.trivyignore\nmisconfiguration:\n  scanners: \
             [dockerfile]\n  include-non-failures: false\n  terraform:\n    vars: [a.tfvars]\ntimeout: 5m\n",
            "fail-on: medium\nrules:\n  \"k8s-*\": off\n  \"tf-*\": off\n",
            &[
                "1 `high` findings fail as well: a severity stands for all above it",
                "1 lower findings are shown, but do not fail; `--min-severity medium` hides them",
                "2 `exit-code: 0` is `--exit-zero` on the command line",
                "3 import `deploy/.trivyignore` as well",
                "8 `a.tfvars` is `--tf-var-file a.tfvars` on the command line",
                "9 `timeout` has no equivalent",
            ],
        ),
        (
            ".trivyignore",
            "# agreed on\nAVD-DS-0002\nKSV017\n\nCVE-2024-0001\nDS-0001 exp:2027-03-01 # later\nDS-0004 exp:soon\n",
            "rules:\n  docker-last-user-root: off\n  docker-user-missing: off\n  k8s-privileged-container: off\nignore:\n  - rule: CVE-2024-0001\n  - expires: \"2027-02-28\"\n    rule: docker-image-latest-tag\n  - expires: \"2027-02-28\"\n    rule: docker-image-untagged\n",
            &["7 `soon` is no date"],
        ),
        (
            "trivy.yaml",
            "severity: UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL,BAD\n",
            "fail-on: low\n",
            &["1 `BAD` is no severity"],
        ),
        ("ci/.trivyignore-main", "KSV017", "rules:\n  k8s-privileged-container: off\n", &[]),
        (
            ".trivyignore.yaml",
            "misconfigurations:\n  - id: KSV-0017\n    paths: [agent.yaml, deploy/*.yaml]\n    expired_at: 2027-01-01\n    \
             statement: mounts the disks\n  - id: AVD-KSV-0010\n  - id: DS-0002\n    purls: [x]\nvulnerabilities:\n  - { id: CVE }\nlicenses: []\n",
            "rules:\n  k8s-host-pid: off\nignore:\n  - expires: \"2026-12-31\"\n    path: \"/agent.yaml\"\n    reason: \"mounts the disks\"\n    rule: k8s-privileged-container\n  - expires: \"2026-12-31\"\n    path: \"/deploy/*.yaml\"\n    reason: \"mounts the disks\"\n    rule: k8s-privileged-container\n",
            &[
                "8 `purls` has no equivalent, and neither has the entry with it",
                "10 `CVE` is no id of an advisory that is known here",
                "11 `licenses` has no equivalent",
            ],
        ),
    ]);
}

#[test]
fn kube_linter() {
    check(&[
        (
            ".kube-linter.yaml",
            "checks:\n  exclude: [privileged-container, nothing]\n  include: [required-label-owner, run-as-non-root]\n  \
             ignorePaths: [testdata/**, ~/x, \"/**/gen.yaml\", ../up]\n",
            "rules:\n  k8s-privileged-container: off\n  k8s-required-labels-missing: on\noverrides:\n  - paths:\n      - \"/testdata/**\"\n      - \"/**/gen.yaml\"\n    rules:\n      \"k8s-*\": off\n",
            &[
                "2 no rule stands for `nothing`",
                "4 `/../up` cannot be used as a glob: nothing above the configuration file's directory is matched",
                "4 `~/x` is a path of one machine",
            ],
        ),
        (
            ".kube-linter.yaml",
            "checks:\n  doNotAutoAddDefaults: true\n  include: [privileged-container]\n",
            "rules:\n  \"k8s-*\": off\n  k8s-privileged-container: on\n",
            &[],
        ),
        (
            "kube-linter.yaml",
            "customChecks:\n  - name: team\n    template: required-label\n    params: { key: team }\n    remediation: ask\n  - \
             name: regex\n    template: required-label\n    params: { key: \"^a\" }\n  - name: kinds\n    template: \
             disallowed-api-obj\n    params: { group: extensions, version: v1beta1, kind: Ingress }\n  - name: probes\n    \
             template: readiness-probe\n  - name: many\n    template: minimum-replicas\n    params: { minReplicas: 3 }\n",
            "rules:\n  k8s-disallowed-kind:\n    kinds:\n      - extensions/v1beta1/Ingress\n  k8s-required-labels-missing:\n    labels:\n      - team\n",
            &[
                "5 `remediation` of the custom check `team` has no equivalent",
                "6 the custom check `regex` (template `required-label`) has no equivalent",
                "14 the custom check `many` (template `minimum-replicas`) has no equivalent",
            ],
        ),
    ]);
}

#[test]
fn zizmor_and_actionlint() {
    check(&[
        (
            "zizmor.yml",
            "rules:\n  artipacked: { disable: true }\n  unpinned-images: { disable: true }\n  template-injection:\n    ignore: \
             [ci.yml, release.yml:10, release.yml:12:3]\n  unpinned-uses:\n    config:\n      policies:\n        actions/*: \
             ref-pin\n        a/b: any\n        \"*\": hash-pin\n  forbidden-uses: { config: { deny: [a/b] } }\n  \
             dependabot-cooldown: { config: { days: 4 } }\n  no-such: { disable: true }\n",
            "rules:\n  actions-checkout-credentials-persisted: off\n  actions-dependabot-cooldown-missing:\n    days: 4\n  actions-forbidden-uses:\n    deny:\n      - a/b\n  actions-image-latest-or-untagged: off\n  actions-unpinned-images: off\n  actions-unpinned-uses:\n    ref-pin:\n      - \"actions/*\"\n      - a/b\nignore:\n  - path: ci.yml\n    rule: actions-expression-in-script\n  - path: ci.yml\n    rule: actions-template-injection\n  - path: ci.yml\n    rule: actions-template-injection-by-caller\n  - path: ci.yml\n    rule: actions-template-injection-by-collaborator\n",
            &[
                "5 `template-injection` in release.yml is for line 10 alone: write `# zizmor: ignore[template-injection]` there",
                "5 `template-injection` in release.yml is for line 12 alone: write `# zizmor: ignore[template-injection]` there",
                "10 `a/b: any` is taken for `ref-pin`",
                "14 no rule stands for `no-such`",
            ],
        ),
        (
            "actionlint.yaml",
            "self-hosted-runner:\n  labels: [gpu, \"linux-*\"]\nconfig-variables: null\npaths:\n  .github/workflows/**/*.yml:\n    ignore: \
             [\"shellcheck reported.+\"]\n",
            "rules:\n  actions-runner-label-unknown:\n    labels:\n      - gpu\n      - \"linux-*\"\n",
            &[
                "6 `shellcheck reported.+` is about messages; name a rule and `.github/workflows/**/*.yml` under `ignore` instead",
            ],
        ),
        (
            "actionlint.yml",
            "config-variables: [A]\n",
            "",
            &["1 `config-variables` has no equivalent: names of variables are not checked"],
        ),
    ]);
}

#[test]
fn tools_for_terraform() {
    check(&[
        (".tflint.hcl", "", "", &[]),
        (
            ".tflint.hcl",
            "config {\n  varfile = [\"a.tfvars\"]\n  call_module_type = \"local\"\n  ignore_module = {}\n}\nplugin \"aws\" {\n  \
             enabled = true\n}\nplugin \"terraform\" {\n  enabled = true\n  preset = \"recommended\"\n}\nrule \
             \"terraform_unused_declarations\" {\n  enabled = false\n}\nrule \"terraform_documented_variables\" {\n  enabled = \
             true\n}\nrule \"terraform_naming_convention\" {\n  enabled = true\n}\n",
            "rules:\n  tf-declaration-unused: off\n  tf-variable-undocumented: on\n",
            &[
                "2 `varfile` is `--tf-var-file` on the command line",
                "4 `ignore_module` has no equivalent",
                "6 the plugin `aws` has no equivalent",
                "19 no rule stands for `terraform_naming_convention`",
            ],
        ),
        (
            ".tflint.hcl",
            "config {\n  disabled_by_default = true\n}\nrule \"terraform_typed_variables\" {\n  enabled = true\n}\n",
            "rules:\n  \"tf-*\": off\n  tf-variable-untyped: on\n",
            &[],
        ),
        (
            ".tfsec/config.yml",
            "minimum_severity: HIGH\nexclude: [aws-ami-ensure-ami-has-owners, AVD-AWS-0104]\nseverity_overrides:\n  \
             aws-apigateway-no-public-access: ERROR\n  no-such: LOW\n",
            "rules:\n  tf-aws-apigateway-method-unauthenticated:\n    severity: high\n  tf-aws-ec2-ami-owner-unset: off\n  \
             tf-aws-security-group-egress-open: off\n",
            &["1 `minimum_severity` is `--min-severity high` on the command line", "5 no rule stands for `no-such`"],
        ),
        (
            "trivy.yaml",
            "misconfiguration: { scanners: [terraform], terraform: { vars: [a.tfvars], exclude-downloaded-modules: true } }\n",
            "rules:\n  \"docker-*\": off\n  \"k8s-*\": off\n",
            &[
                "1 `a.tfvars` is `--tf-var-file a.tfvars` on the command line",
                "1 `misconfiguration.terraform.exclude-downloaded-modules` has no equivalent",
            ],
        ),
    ]);
}

#[test]
fn accepted_advisories() {
    check(&[
        (
            ".trivyignore",
            "CVE-2024-0001 exp:2027-01-01\nghsa-aaaa-aaaa-aaaa\nCVE-2024-0002 exp:soon\n",
            "ignore:\n  - expires: \"2026-12-31\"\n    rule: CVE-2024-0001\n  - rule: ghsa-aaaa-aaaa-aaaa\n",
            &["3 `soon` is no date"],
        ),
        (
            ".trivyignore.yaml",
            "vulnerabilities:\n  - id: CVE-2024-0001\n    paths: [app/package-lock.json]\n    statement: not called\n",
            "ignore:\n  - path: \"/app/package-lock.json\"\n    reason: \"not called\"\n    rule: CVE-2024-0001\n",
            &[],
        ),
        (
            "osv-scanner.toml",
            "[[IgnoredVulns]]\nid = \"GO-2022-0968\"\nignoreUntil = 2027-03-01T00:00:00Z\nreason = \"No ssh\"\n\n\
             [[IgnoredVulns]]\nid = \"GO-2022-1059\"\n\n[[IgnoredVulns]]\nreason = \"x\"\n\n\
             [[PackageOverrides]]\nname = \"lib\"\nignore = true\n\n[[PackageOverrides]]\ngroup = \"dev\"\nignore = true\n",
            "ignore:\n  - expires: \"2027-02-28\"\n    reason: \"No ssh\"\n    rule: GO-2022-0968\n  - rule: GO-2022-1059\n\
             advisories:\n  development: false\n",
            &[
                "9 there is no `id`, and without it the entry has no equivalent",
                "12 the override of `lib` has no equivalent: accept the advisories by their ids",
            ],
        ),
        (
            ".cargo/audit.toml",
            "[advisories]\nignore = [\"RUSTSEC-2020-0071\", \"time\"]\ninformational_warnings = [\"unsound\"]\n\
             severity_threshold = \"medium\"\n\n[database]\npath = \"db\"\nfetch = false\n\n[yanked]\nenabled = true\n",
            "rules:\n  notice: off\n  unmaintained: off\nignore:\n  - rule: RUSTSEC-2020-0071\n",
            &[
                "2 `time` is no id of an advisory that is known here",
                "4 `severity_threshold = \"medium\"` is `--min-severity medium` on the command line, which holds for all findings",
                "7 `path`: databases are made by `portcullis db`",
                "11 `yanked.enabled` has no equivalent",
            ],
        ),
        (
            "deny.toml",
            "[advisories]\nversion = 2\nunmaintained = \"none\"\nunsound = \"workspace\"\nyanked = \"deny\"\nignore = [\n  \
             { id = \"RUSTSEC-2021-0001\", reason = \"no such input\" },\n  \"RUSTSEC-2021-0002\",\n  { crate = \"old@1\" },\n]\n\n\
             [licenses]\nallow = [\"MIT\"]\n\n[bans]\nmultiple-versions = \"deny\"\n",
            "rules:\n  unmaintained: off\nignore:\n  - reason: \"no such input\"\n    rule: RUSTSEC-2021-0001\n  - rule: RUSTSEC-2021-0002\n",
            &[
                "4 `unsound = \"workspace\"` has no equivalent: here they count for all packages",
                "5 `advisories.yanked` has no equivalent",
                "9 there is no `id`, and without it the entry has no equivalent",
                "12 `licenses` has no equivalent and is not imported",
                "15 `bans` has no equivalent and is not imported",
            ],
        ),
        (
            ".nsprc",
            "{\n  \"GHSA-aaaa-aaaa-aaaa\": { \"active\": true, \"notes\": \"test only\", \"expiry\": \"2027-03-01\" },\n  \
             \"CVE-2024-0001\": \"build only\",\n  \"CVE-2024-0002\": { \"active\": false },\n  \"1234\": \"old\"\n}\n",
            "ignore:\n  - expires: \"2027-02-28\"\n    reason: \"test only\"\n    rule: GHSA-aaaa-aaaa-aaaa\n  - reason: \"build only\"\n    rule: CVE-2024-0001\n",
            &["5 `1234` is no id of an advisory that is known here"],
        ),
        (
            "audit-ci.jsonc",
            "{\n  // agreed\n  \"allowlist\": [\"GHSA-aaaa-aaaa-aaaa\", \"axios\", \"GHSA-bbbb-bbbb-bbbb|a>b\",\n    \
             { \"CVE-2024-0001\": { \"notes\": \"why\" } }],\n  \"skip-dev\": true,\n  \"moderate\": true,\n  \"low\": false\n}\n",
            "ignore:\n  - rule: GHSA-aaaa-aaaa-aaaa\n  - reason: why\n    rule: CVE-2024-0001\nadvisories:\n  development: false\n",
            &[
                "3 `GHSA-bbbb-bbbb-bbbb|a>b` is no id of an advisory that is known here",
                "3 `axios` is no id of an advisory that is known here",
                "6 `moderate` is `--fail-on medium` on the command line, which holds for all findings",
            ],
        ),
        // Told by their keys.
        ("ci/own.toml", "[[IgnoredVulns]]\nid = \"GO-1-1\"\n", "ignore:\n  - rule: GO-1-1\n", &[]),
        (
            "ci/own.toml",
            "advisories = { ignore = [\"RUSTSEC-2021-0002\"] }\n",
            "ignore:\n  - rule: RUSTSEC-2021-0002\n",
            &[],
        ),
    ]);
}

#[test]
fn several_files_are_one_configuration() {
    let (text, remarks) = imported(&[
        (".hadolint.yaml", "ignored: [DL3007]\n"),
        (".checkov.yaml", "check: [CKV_K8S_16]\ndirectory: deploy\n"),
        ("other.yaml", "checks: { exclude: [host-pid] }\n"),
    ])
    .unwrap();
    // hadolint looks at all it knows, and so does kube-linter.
    assert_eq!(
        text,
        "rules:\n  \"actions-*\": off\n  docker-image-latest-tag: off\n  k8s-host-pid: off\n  \"tf-*\": off\n"
    );
    assert_eq!(remarks, [".checkov.yaml:2: only here the scan is of `/deploy`: name it on the command line"]);
}

#[test]
fn files_are_told_by_their_keys() {
    for (text, expected) in [
        ("ignored: [DL3007]\n", Some("rules:\n  docker-image-latest-tag: off\n")),
        ("skip-check: [CKV_K8S_16]\n", Some("rules:\n  k8s-privileged-container: off\n")),
        ("misconfigurations: [{ id: KSV-0017 }]\n", Some("rules:\n  k8s-privileged-container: off\n")),
        ("rules: { artipacked: { disable: true } }\n", Some("rules:\n  actions-checkout-credentials-persisted: off\n")),
        ("rules: { k8s-host-pid: off }\n", None),
        ("rules: [{ apiGroups: [a] }]\n", None),
        ("kind: Pod\n", None),
        ("- a\n", None),
        ("", None),
        ("a: [\n", None),
    ] {
        let found = imported(&[("ci/lint.yaml", text)]).ok().map(|(text, _)| text);
        assert_eq!(found.as_deref(), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    for (name, text, expected) in [
        ("lint.yaml", "kind: Pod\n", "lint.yaml: neither its name nor its keys tell whose configuration it is"),
        (".hadolint.yaml", "a: 1\n- b\n", ".hadolint.yaml:2: "),
        (".checkov.yaml", "\n- a\n", ".checkov.yaml:2: expected a mapping"),
        ("Cargo.toml", "[package]\n", "Cargo.toml: neither its name nor its keys tell whose configuration it is"),
        ("deny.toml", "[advisories\n", "deny.toml:1: "),
        (".nsprc", "\n[]", ".nsprc:2: expected a mapping"),
    ] {
        let error = imported(&[(name, text)]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
