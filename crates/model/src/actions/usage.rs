//! The expressions of a workflow or an action, each with the place that it stands in.
//!
//! Which contexts and functions a place has is GitHub's table "Context availability", read on 2026-08-22.

use std::cell::OnceCell;
use std::rc::Rc;

use portcullis_core::{OffsetMap, Place, Span, StableHash};
use portcullis_syntax::Node;
use portcullis_syntax::expression::{Expr, Fence, fences, parse};

/// An expression and where it stands.
#[derive(Debug)]
pub struct Usage<'t> {
    /// The scalar that holds it.
    pub node: Node<'t>,
    /// The place, as GitHub counts places.
    pub site: Site,
    /// The job that it is in.
    pub job: Option<usize>,
    /// The step that it is in.
    pub step: Option<usize>,
    /// The expression, or why it is none.
    pub fence: Fence,
    /// Whether it is a whole `if:` that is written without `${{ }}`.
    pub is_bare: bool,
    /// The way back to the source, shared by the expressions of one scalar and made when the first finding asks.
    map: Rc<OnceCell<Option<OffsetMap>>>,
}

/// A place of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// `run-name`, `concurrency`, and the default of a `workflow_call` input.
    Top,
    /// `env` of the workflow.
    Env,
    /// `value` of an output of `workflow_call`.
    CallOutput,
    /// `if` of a job.
    JobIf,
    /// `name`, `runs-on`, `container`, `with` and others of a job.
    Job,
    /// `strategy`
    Strategy,
    /// `env` of a job, and the secrets that it hands to a workflow.
    JobEnv,
    /// `defaults.run` of a job.
    JobDefaults,
    /// `outputs` of a job.
    JobOutput,
    /// `environment.url`
    EnvironmentUrl,
    /// `credentials` of a container.
    Credentials,
    /// `env` of a container.
    ContainerEnv,
    /// `if` of a step.
    StepIf,
    /// `run`, `with`, `env` and others of a step.
    Step,
    /// `if` of a composite action's step.
    ActionStepIf,
    /// Any other key of a composite action's step, and its outputs.
    ActionStep,
    /// A place whose contexts are not listed.
    Elsewhere,
}

impl Site {
    /// The contexts that can be used there, in lower case; `None` where that is not known.
    pub fn contexts(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Top => &["github", "inputs", "vars"],
            Self::Env => &["github", "inputs", "secrets", "vars"],
            Self::CallOutput => &["github", "inputs", "jobs", "vars"],
            Self::JobIf | Self::Strategy => &["github", "inputs", "needs", "vars"],
            Self::Job => &["github", "inputs", "matrix", "needs", "strategy", "vars"],
            Self::JobEnv => &["github", "inputs", "matrix", "needs", "secrets", "strategy", "vars"],
            Self::JobDefaults => &["env", "github", "inputs", "matrix", "needs", "strategy", "vars"],
            Self::EnvironmentUrl | Self::StepIf => {
                &["env", "github", "inputs", "job", "matrix", "needs", "runner", "steps", "strategy", "vars"]
            }
            Self::Credentials => &["env", "github", "inputs", "matrix", "needs", "secrets", "strategy", "vars"],
            Self::ContainerEnv => {
                &["env", "github", "inputs", "job", "matrix", "needs", "runner", "secrets", "strategy", "vars"]
            }
            Self::JobOutput | Self::Step => {
                &["env", "github", "inputs", "job", "matrix", "needs", "runner", "secrets", "steps", "strategy", "vars"]
            }
            Self::ActionStepIf | Self::ActionStep => {
                &["env", "github", "inputs", "job", "matrix", "runner", "steps", "strategy", "vars"]
            }
            Self::Elsewhere => return None,
        })
    }

    /// Whether a function can be called there; `name` is in lower case.
    pub fn has_function(self, name: &str) -> bool {
        match name {
            "always" | "cancelled" | "failure" | "success" => {
                matches!(self, Self::JobIf | Self::StepIf | Self::ActionStepIf | Self::Elsewhere)
            }
            "hashfiles" => {
                matches!(self, Self::StepIf | Self::Step | Self::ActionStepIf | Self::ActionStep | Self::Elsewhere)
            }
            _ => true,
        }
    }

    /// Whether it is a condition.
    pub fn is_condition(self) -> bool {
        matches!(self, Self::JobIf | Self::StepIf | Self::ActionStepIf)
    }
}

impl<'t> Usage<'t> {
    pub(super) fn of_workflow(root: Node<'t>) -> Vec<Self> {
        Collector::collect(root, workflow_site)
    }

    pub(super) fn of_action(root: Node<'t>) -> Vec<Self> {
        Collector::collect(root, action_site)
    }

    /// The expression, where it is one.
    pub fn expr(&self) -> Option<&Expr> {
        self.fence.expr.as_ref().ok()
    }

    /// Where bytes of the scalar's text stand in the file, for a finding about them.
    pub fn place(&self, start: u32, end: u32) -> Place {
        let part = self.node.text().get(start as usize..end as usize).unwrap_or_default();
        let mut value = StableHash::new();
        value.text(part);
        Place { span: self.span(start, end), structure: self.node.structure(), value: value.short() }
    }

    /// Where a part of the expression stands in the file.
    pub fn place_of(&self, expr: &Expr) -> Place {
        self.place(expr.start, expr.end)
    }

    /// The text of a part of the expression.
    pub fn text_of(&self, expr: &Expr) -> &'t str {
        self.node.text().get(expr.start as usize..expr.end as usize).unwrap_or_default()
    }

    fn span(&self, start: u32, end: u32) -> Span {
        let map = self.map.get_or_init(|| self.node.embedded().map(|(_, map)| map));
        map.as_ref().map_or_else(|| self.node.span(), |map| map.span(start, end))
    }
}

type SiteOf = fn(&[&str]) -> Site;

/// Walks the tree with the path to each node; elements of lists are `#`.
struct Collector<'t> {
    site: SiteOf,
    path: Vec<&'t str>,
    job: Option<usize>,
    step: Option<usize>,
    /// Steps of the job so far, those that run in parallel too, as [`super::Step::all`] numbers them.
    steps: usize,
    found: Vec<Usage<'t>>,
}

impl<'t> Collector<'t> {
    fn collect(root: Node<'t>, site: SiteOf) -> Vec<Usage<'t>> {
        let mut collector = Self { site, path: Vec::new(), job: None, step: None, steps: 0, found: Vec::new() };
        collector.walk(root);
        collector.found
    }

    /// Depth is bounded by the parser's nesting limit.
    fn walk(&mut self, node: Node<'t>) {
        if node.is_map() {
            let is_jobs = self.path == ["jobs"];
            for (index, (key, value)) in node.entries().enumerate() {
                if is_jobs {
                    self.job = Some(index);
                }
                self.path.push(key.text());
                self.walk(value);
                self.path.pop();
            }
            if is_jobs {
                self.job = None;
            }
        } else if node.is_list() {
            let is_outer = matches!(self.path[..], ["jobs", _, "steps"] | ["runs", "steps"]);
            let is_inner = matches!(self.path[..], ["jobs", _, "steps", "#", "parallel"]);
            let around = self.step;
            if is_outer {
                self.steps = 0;
            }
            self.path.push("#");
            for item in node.items() {
                if is_outer || is_inner {
                    self.step = Some(self.steps);
                    self.steps = self.steps.saturating_add(1);
                }
                self.walk(item);
            }
            self.path.pop();
            self.step = if is_outer { None } else { around };
        } else {
            self.scalar(node);
        }
    }

    fn scalar(&mut self, node: Node<'t>) {
        let text = node.text();
        let is_if = self.path.last() == Some(&"if") && (self.site)(&self.path).is_condition();
        if !is_if && memchr::memmem::find(text.as_bytes(), b"${{").is_none() {
            return;
        }
        let site = (self.site)(&self.path);
        let map = Rc::new(OnceCell::new());
        let usage =
            |fence, is_bare| Usage { node, site, job: self.job, step: self.step, fence, is_bare, map: Rc::clone(&map) };
        if is_if && !text.contains("${{") {
            if node.is_null() || text.trim().is_empty() {
                return;
            }
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            self.found.push(usage(Fence { start: 0, end, expr: parse(text) }, true));
            return;
        }
        let all: Vec<Usage<'t>> = fences(text).map(|fence| usage(fence, false)).collect();
        self.found.extend(all);
    }
}

fn workflow_site(path: &[&str]) -> Site {
    match path {
        ["run-name" | "concurrency", ..] | ["on", "workflow_call", "inputs", _, "default"] => Site::Top,
        ["env", ..] => Site::Env,
        ["on", "workflow_call", "outputs", _, "value"] => Site::CallOutput,
        ["jobs", _, rest @ ..] => match rest {
            ["if"] => Site::JobIf,
            ["strategy", ..] => Site::Strategy,
            ["env" | "secrets", ..] => Site::JobEnv,
            ["defaults", "run", ..] => Site::JobDefaults,
            ["outputs", ..] => Site::JobOutput,
            ["environment", "url"] => Site::EnvironmentUrl,
            ["container", "credentials", ..] | ["services", _, "credentials", ..] => Site::Credentials,
            ["container", "env", ..] | ["services", _, "env", ..] => Site::ContainerEnv,
            ["steps", "#", "if"] | ["steps", "#", "parallel", "#", "if"] => Site::StepIf,
            [
                "steps",
                "#",
                "run" | "with" | "env" | "name" | "continue-on-error" | "timeout-minutes" | "working-directory",
                ..,
            ]
            | [
                "steps",
                "#",
                "parallel",
                "#",
                "run" | "with" | "env" | "name" | "continue-on-error" | "timeout-minutes" | "working-directory",
                ..,
            ] => Site::Step,
            [
                "name" | "runs-on" | "concurrency" | "continue-on-error" | "timeout-minutes" | "environment"
                | "container" | "services" | "with",
                ..,
            ] => Site::Job,
            _ => Site::Elsewhere,
        },
        _ => Site::Elsewhere,
    }
}

fn action_site(path: &[&str]) -> Site {
    match path {
        ["runs", "steps", "#", "if"] => Site::ActionStepIf,
        [
            "runs",
            "steps",
            "#",
            "run" | "with" | "env" | "name" | "continue-on-error" | "timeout-minutes" | "working-directory" | "shell",
            ..,
        ]
        | ["outputs", _, "value"] => Site::ActionStep,
        _ => Site::Elsewhere,
    }
}
