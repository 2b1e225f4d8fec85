//! Credentials that stand in the file, and long-lived keys where none is needed.

use portcullis_model::actions::{Action, Job, Step, Workflow};
use portcullis_secrets::credential;

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HARDCODED_CONTAINER_CREDENTIALS, &HARDCODED_SECRET_ENV, &LONG_LIVED_CLOUD_KEYS];

rule! {
    /// Password of an image registry stands in the workflow
    ///
    /// Whoever can read the repository can pull, and perhaps push, the images. Silent where an expression gives the password.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     container:
    ///       image: registry.example.com/tool:1
    ///       credentials: { username: ci, password: hackme }
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     container:
    ///       image: registry.example.com/tool:1
    ///       credentials: { username: ci, password: "${{ secrets.REGISTRY }}" }
    ///     steps: [{ run: make }]
    /// ```
    HARDCODED_CONTAINER_CREDENTIALS = "actions-hardcoded-container-credentials" {
        check: Check::Actions(ActionsCheck::Job(hardcoded_container_credentials)),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
        peers: &["zizmor:hardcoded-container-credentials", "actionlint:credentials"],
    }
}

fn hardcoded_container_credentials(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let container = job.get("container").present();
    let services = job.get("services").present().map(Node::entries).into_iter().flatten().map(|(_, service)| service);
    for holder in container.into_iter().chain(services) {
        let Some(password) = holder.get("credentials.password").present() else { continue };
        if !password.text().contains("${{") && portcullis_model::actions::scalar(password).is_some() {
            report
                .at(password, "the registry's password stands in the workflow")
                .help("keep it in a secret: `${{ secrets.NAME }}`")
                .mask(password.span());
        }
    }
}

rule! {
    /// Credential stands in the workflow
    ///
    /// Whoever can read the repository, or its history, has it. Looks at `env` and `with`: values of names that promise a
    /// secret, and texts that are a credential by their form. Silent on expressions, placeholders and examples, and on the
    /// passwords of services, which live as long as the job.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./deploy
    ///         env: { API_TOKEN: 8fK2qLw9ZxT4vB7nM1cR }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     services: { db: { image: "postgres:17", env: { POSTGRES_PASSWORD: test_pass } } }
    ///     steps:
    ///       - run: ./deploy
    ///         env: { API_TOKEN: "${{ secrets.API_TOKEN }}", PASSWORD: changeme, SECRET_NAME: deploy-key }
    /// ```
    HARDCODED_SECRET_ENV = "actions-hardcoded-secret-env" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(secrets_of_workflow, secrets_of_action)),
        severity: Severity::High,
        confidence: Confidence::Medium,
        tags: &["secret", "cwe-798"],
    }
}

fn secrets_of_workflow(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    hardcoded(workflow.get("env").present(), report);
    for job in &workflow.jobs {
        hardcoded(job.get("env").present(), report);
        hardcoded(job.get("with").present(), report);
        steps(&job.steps, report);
    }
}

fn secrets_of_action(action: &Action<'_>, report: &mut Report<'_>) {
    steps(&action.steps, report);
}

fn steps(steps: &[Step<'_>], report: &mut Report<'_>) {
    for step in steps {
        hardcoded(step.get("env").present(), report);
        hardcoded(step.get("with").present(), report);
    }
}

fn hardcoded(block: Option<Node<'_>>, report: &mut Report<'_>) {
    for (key, value) in block.map(Node::entries).into_iter().flatten() {
        let Some(text) = value.as_str() else { continue };
        if credential::is_secret(key.text(), text) || credential::known(text).is_some() {
            report
                .at(value, format!("`{}` holds a credential", key.text()))
                .help("revoke it, and keep the new one in a secret: `${{ secrets.NAME }}`")
                .mask(value.span());
        }
    }
}

/// Actions that log in to a cloud: the inputs that take a long-lived key, and what to use in their place.
const LOGINS: &[(&str, &[&str], &str)] = &[
    (
        "aws-actions/configure-aws-credentials",
        &["aws-secret-access-key"],
        "give `role-to-assume` and `permissions: { id-token: write }`, and remove the keys",
    ),
    (
        "google-github-actions/auth",
        &["credentials_json"],
        "give `workload_identity_provider` and `permissions: { id-token: write }`, and remove the key",
    ),
    (
        "google-github-actions/setup-gcloud",
        &["service_account_key"],
        "log in by google-github-actions/auth without a key",
    ),
    (
        "azure/login",
        &["creds"],
        "give `client-id`, `tenant-id` and `subscription-id` with `permissions: { id-token: write }`, and remove `creds`",
    ),
    ("azure/docker-login", &["password"], "log in by azure/login without a password, then `az acr login`"),
];

rule! {
    /// Job logs in to a cloud with a key that never ends
    ///
    /// A key in a secret is good until somebody revokes it, from anywhere. GitHub signs an identity for each job with which AWS,
    /// Google Cloud and Azure give out credentials for an hour: nothing is kept that can be stolen. Looks at the login actions
    /// of the three; silent where `role-to-assume` is given as well, which trades the key for a role.
    ///
    /// ```workflow bad:8
    /// on: push
    /// jobs:
    ///   deploy:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: aws-actions/configure-aws-credentials@v4
    ///         with:
    ///           aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   deploy:
    ///     runs-on: ubuntu-latest
    ///     permissions: { id-token: write }
    ///     steps:
    ///       - uses: aws-actions/configure-aws-credentials@v4
    ///         with: { role-to-assume: "arn:aws:iam::123456789012:role/ci", aws-region: eu-west-1 }
    /// ```
    LONG_LIVED_CLOUD_KEYS = "actions-long-lived-cloud-keys" {
        check: Check::Actions(ActionsCheck::Step(long_lived_cloud_keys)),
        severity: Severity::Medium,
        tags: &["cwe-522"],
    }
}

fn long_lived_cloud_keys(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses else { return };
    let Some((name, inputs, help)) = LOGINS.iter().find(|(name, ..)| uses.is(name)) else { return };
    if step.input("role-to-assume").is_some() {
        return;
    }
    let key = inputs.iter().find_map(|input| step.input(input)).filter(|node| {
        // A key that an earlier step was given for an hour is none that never ends.
        !node.is_null() && !node.text().contains("steps.")
    });
    if let Some(node) = key {
        report.at(node, format!("`{name}` logs in with a key that never ends")).help(*help);
    }
}
