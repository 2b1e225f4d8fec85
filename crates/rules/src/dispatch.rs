//! The rules that are on, compiled to a table: each document is walked once and sent to the rules that want it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use portcullis_core::{Catalog, Draft, FileId, RuleIdx, RuleMeta, Span, StableHash};
use portcullis_model::compose::{Project, Service};
use portcullis_model::dockerfile::{Build, BuildContext};
use portcullis_model::facts::{Claim, Facts};
use portcullis_model::helm::Values;
use portcullis_model::kubernetes::schema::{self, CustomKind, Definitions, Fault};
use portcullis_model::kubernetes::{Object, Pod, pods};
use portcullis_model::packages::{Folder, PackageFile};
use portcullis_secrets::{Kind, Structural, Subject};

use crate::actions::Table;
use crate::dockerfile::Image;
use crate::{Check, Context, Report, builtin, secrets, terraform};

/// What the rules said of one document or file.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings that stand.
    pub drafts: Vec<Draft>,
    /// Findings that stand if their claim holds of the whole scan.
    pub claims: Vec<(Draft, Claim)>,
    /// What the document adds to the scan's facts.
    pub facts: Facts,
    /// The custom resource definitions of the document, where a rule asks for them.
    pub definitions: Definitions,
    /// The kinds of custom resources in the document, where a rule looks at them.
    pub custom_kinds: Vec<CustomKind>,
    /// How often a rule could not decide, because a value is not known.
    pub undecided: usize,
    /// Findings in other files of a Compose project than the judged one.
    pub elsewhere: Vec<Draft>,
    /// Rules that panicked; what they said before is kept.
    pub panicked: Vec<RuleIdx>,
    /// Secrets beside those that drafts name, also of rules that are off: no line that is shown has their text.
    pub masked: Vec<Span>,
}

impl Outcome {
    /// Nothing said yet of a file whose facts so far are `facts`.
    pub fn of_file(facts: Facts) -> Self {
        Self { facts, ..Self::default() }
    }

    /// Drops the claims that the file itself refutes, and those of parts of objects, before they cost anything.
    pub fn settle(&mut self) {
        let facts = &self.facts;
        self.claims.retain(|(_, claim)| !facts.is_patch() && !facts.refutes(claim));
    }
}

/// The tag of every rule that makes claims. Where none of them is on, no facts are kept.
pub const ACROSS_FILES: &str = "across-files";

/// The tag of the rules for pods that also read the values of Helm charts. They say nothing of what is not written.
pub const HELM_VALUES: &str = "helm-values";

/// Passwords that everybody tries first: in Compose files by what is reachable, in other files by where they stand.
const WEAK_DEFAULT: &str = "secret-weak-default";

/// The compiled table.
#[derive(Debug)]
pub struct Dispatch {
    context: Context,
    needs_facts: bool,
    /// The rules' ids by their index.
    ids: Vec<&'static str>,
    pod: Vec<(RuleIdx, PodCheck)>,
    values: Vec<(RuleIdx, PodCheck)>,
    dockerfile: Vec<(RuleIdx, DockerfileCheck)>,
    compose: Vec<(RuleIdx, ComposeCheck)>,
    service: Vec<(RuleIdx, ServiceCheck)>,
    pub(crate) actions: Table,
    pub(crate) terraform: terraform::Table,
    packages: Vec<(RuleIdx, PackagesCheck)>,
    secrets: secrets::Table,
    any_object: Vec<(RuleIdx, ObjectCheck)>,
    objects: HashMap<&'static str, Vec<(RuleIdx, ObjectCheck)>>,
    schema: Vec<(RuleIdx, SchemaCheck)>,
    custom_schema: Vec<(RuleIdx, SchemaCheck)>,
    /// By what custom resources are judged.
    definitions: Arc<Definitions>,
}

type DockerfileCheck = fn(&Image<'_>, &mut Report<'_>);
type ComposeCheck = fn(&Project<'_>, &mut Report<'_>);
type ServiceCheck = fn(&Service<'_>, &Project<'_>, &mut Report<'_>);
type PackagesCheck = fn(&PackageFile, &Folder, &mut Report<'_>);
type PodCheck = fn(&Pod<'_>, &mut Report<'_>);
type ObjectCheck = fn(&Object<'_>, &mut Report<'_>);
type SchemaCheck = fn(&Object<'_>, &Fault<'_, '_>, &mut Report<'_>);

impl Dispatch {
    /// Compiles the builtin rules of `catalog` for which `is_on` holds.
    pub fn new(catalog: &Catalog, context: Context, is_on: impl Fn(RuleIdx) -> bool) -> Self {
        let secrets = secrets::Table::new(catalog, Arc::clone(&context.secrets), &is_on);
        let mut dispatch = Self {
            context,
            needs_facts: false,
            ids: vec![""; catalog.len()],
            pod: Vec::new(),
            values: Vec::new(),
            dockerfile: Vec::new(),
            compose: Vec::new(),
            service: Vec::new(),
            actions: Table::default(),
            terraform: terraform::Table::default(),
            packages: Vec::new(),
            secrets,
            any_object: Vec::new(),
            objects: HashMap::new(),
            schema: Vec::new(),
            custom_schema: Vec::new(),
            definitions: Arc::default(),
        };
        // Policies make claims as well.
        let claims = |(rule, meta): (RuleIdx, &RuleMeta)| meta.tags.contains(ACROSS_FILES) && is_on(rule);
        dispatch.needs_facts = catalog.iter().any(claims);
        for rule in builtin() {
            let Some(index) = catalog.by_id(&rule.meta.id).filter(|&index| is_on(index)) else { continue };
            if let Some(id) = dispatch.ids.get_mut(index.0 as usize) {
                *id = &rule.meta.id;
            }
            match rule.check {
                Check::Pod(check) => dispatch.pod.push((index, check)),
                Check::Object(kinds, check) => dispatch.add_kinds(kinds, index, check),
                Check::PodAndObject(pod_check, kinds, check) => {
                    dispatch.pod.push((index, pod_check));
                    dispatch.add_kinds(kinds, index, check);
                }
                Check::Schema(check) => dispatch.schema.push((index, check)),
                Check::CustomSchema(check) => dispatch.custom_schema.push((index, check)),
                Check::Dockerfile(check) => dispatch.dockerfile.push((index, check)),
                Check::Compose(check) => dispatch.compose.push((index, check)),
                Check::ComposeService(check) => dispatch.service.push((index, check)),
                Check::Actions(check) => dispatch.actions.add(index, check),
                Check::Terraform(check) => dispatch.terraform.add(index, check),
                Check::Packages(check) => dispatch.packages.push((index, check)),
                Check::Secret(kind) => dispatch.secrets.add(index, kind),
                Check::Engine => {}
            }
            if rule.meta.id == WEAK_DEFAULT {
                dispatch.secrets.add(index, Kind::Structural(Structural::Weak));
            }
            if let (true, Some(check)) = (rule.meta.tags.contains(HELM_VALUES), rule.check.of_pods()) {
                dispatch.values.push((index, check));
            }
        }
        dispatch
    }

    /// Whether any of its rules asks what other files hold.
    pub fn needs_facts(&self) -> bool {
        self.needs_facts
    }

    /// Keeps facts although none of its rules asks for them: rules that are on for other files do.
    pub fn keep_facts(&mut self) {
        self.needs_facts = true;
    }

    /// Whether a rule judges custom resources by their definitions.
    pub fn judges_by_definition(&self, rule: RuleIdx) -> bool {
        self.custom_schema.iter().any(|&(own, _)| own == rule)
    }

    /// By what custom resources are judged.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// Judges custom resources by these definitions from now on.
    pub fn define(&mut self, definitions: Arc<Definitions>) {
        self.definitions = definitions;
    }

    /// Runs the rules for Kubernetes objects on one object.
    pub fn object(&self, object: &Object<'_>, outcome: &mut Outcome) {
        self.object_as(object, object.identity(), outcome);
    }

    /// The same of an object that is known by another name in its file; `subject` tells it from the others there.
    pub fn object_as(&self, object: &Object<'_>, subject: u64, outcome: &mut Outcome) {
        let pods = if self.needs_facts || !self.pod.is_empty() { pods(object) } else { Vec::new() };
        if self.needs_facts {
            outcome.facts.extract(object, &pods);
        }
        let own = self.objects.get(object.kind).map_or(&[][..], Vec::as_slice);
        for &(rule, check) in self.any_object.iter().chain(own) {
            self.run(rule, subject, outcome, |report| check(object, report));
        }
        self.schemas(object, subject, outcome);
        for pod in &pods {
            for &(rule, check) in &self.pod {
                self.run(rule, subject, outcome, |report| check(pod, report));
            }
        }
    }

    /// Runs the rules for pods that read values on one values file.
    pub fn values(&self, values: &Values, outcome: &mut Outcome) {
        if self.values.is_empty() {
            return;
        }
        for pod in &values.pods() {
            for &(rule, check) in &self.values {
                self.run(rule, 0, outcome, |report| check(pod, report));
            }
        }
    }

    /// Runs the rules for files that name packages on one of a folder.
    pub fn packages(&self, file: &PackageFile, folder: &Folder, outcome: &mut Outcome) {
        let mut subject = StableHash::new();
        subject.text(&file.name);
        let subject = subject.short();
        for &(rule, check) in &self.packages {
            self.run(rule, subject, outcome, |report| check(file, folder, report));
        }
    }

    /// Walks the object once beside its schema, and lets the rules say what is wrong.
    fn schemas(&self, object: &Object<'_>, subject: u64, outcome: &mut Outcome) {
        if !self.schema.is_empty() {
            for fault in schema::faults(object, self.context.kubernetes) {
                for &(rule, check) in &self.schema {
                    self.run(rule, subject, outcome, |report| check(object, &fault, report));
                }
            }
        }
        if self.custom_schema.is_empty() {
            return;
        }
        if schema::is_known(object) {
            outcome.definitions.merge(Definitions::of(object));
            return;
        }
        outcome.custom_kinds.push(CustomKind::of(object));
        for fault in schema::custom_faults(object, &self.definitions) {
            for &(rule, check) in &self.custom_schema {
                self.run(rule, subject, outcome, |report| check(object, &fault, report));
            }
        }
    }

    /// Runs the rules for Dockerfiles on one file, which was parsed from `text`.
    pub fn dockerfile(&self, build: &Build<'_>, text: &str, context: &BuildContext, outcome: &mut Outcome) {
        if self.dockerfile.is_empty() {
            return;
        }
        let image = Image::new(build, text, context);
        for &(rule, check) in &self.dockerfile {
            self.run(rule, 0, outcome, |report| check(&image, report));
        }
    }

    /// Whether any rule is on for Compose files.
    pub fn has_compose_rules(&self) -> bool {
        !self.compose.is_empty() || !self.service.is_empty()
    }

    /// Runs the rules for Compose files on one project. What they say of its other files is kept apart: it is for when
    /// those are judged, if they are.
    pub fn compose(&self, project: &Project<'_>, outcome: &mut Outcome) {
        let before = outcome.drafts.len();
        for &(rule, check) in &self.compose {
            self.run(rule, 0, outcome, |report| check(project, report));
        }
        for service in &project.services {
            for &(rule, check) in &self.service {
                self.run(rule, 0, outcome, |report| check(service, project, report));
            }
        }
        let of_project = outcome.drafts.split_off(before);
        let is_own = |draft: &Draft| draft.place.span.file == project.file;
        let (own, elsewhere): (Vec<Draft>, Vec<Draft>) = of_project.into_iter().partition(is_own);
        outcome.drafts.extend(own);
        outcome.elsewhere.extend(elsewhere);
    }

    /// Whether any rule looks for secrets in texts.
    pub fn has_secret_rules(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Looks for secrets in a text of any kind, after all other rules have spoken of it.
    pub fn secrets(&self, file: FileId, subject: &Subject<'_>, outcome: &mut Outcome) {
        // Where no rule looks for them, they are hidden all the same in what the others show.
        let says_nothing = outcome.drafts.is_empty() && outcome.claims.is_empty();
        if !self.has_secret_rules() && says_nothing {
            return;
        }
        // It holds no state either: see `run`.
        if catch_unwind(AssertUnwindSafe(|| self.secrets.judge(file, subject, outcome))).is_err() {
            outcome.panicked.extend(self.secrets.any());
        }
    }

    /// The places of the secrets in a text that is shown and not judged.
    pub fn secret_spans(&self, file: FileId, subject: &Subject<'_>) -> Vec<Span> {
        catch_unwind(AssertUnwindSafe(|| self.secrets.spans(file, subject))).unwrap_or_default()
    }

    /// The settings that the rules see.
    pub fn context(&self) -> &Context {
        &self.context
    }

    fn add_kinds(&mut self, kinds: &[&'static str], rule: RuleIdx, check: ObjectCheck) {
        if kinds.is_empty() {
            self.any_object.push((rule, check));
        }
        for kind in kinds {
            self.objects.entry(kind).or_default().push((rule, check));
        }
    }

    pub(crate) fn run(&self, rule: RuleIdx, subject: u64, outcome: &mut Outcome, check: impl FnOnce(&mut Report<'_>)) {
        let id = self.ids.get(rule.0 as usize).copied().unwrap_or_default();
        let mut report = Report {
            context: &self.context,
            rule,
            id,
            subject,
            facts: &outcome.facts,
            drafts: &mut outcome.drafts,
            claims: &mut outcome.claims,
            undecided: &mut outcome.undecided,
        };
        // A rule holds no state, so what it leaves behind when it panics is at worst a finding too few.
        if catch_unwind(AssertUnwindSafe(|| check(&mut report))).is_err() {
            outcome.panicked.push(rule);
        }
    }
}
