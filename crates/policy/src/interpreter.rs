//! The evaluator: what it must be able to do, and the interpreter that does it.
//!
//! `regorus` also has a virtual machine. It is three times as fast and not used. It loses `else`, what fails within a body is
//! a body that does not hold, and rules with two values have none, each without a word: a policy that fails open. And it
//! knows no functions but its own. What is fast here are plans (`plan`), which ask the interpreter wherever they would have
//! to guess.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use regorus::utils::limits::{ExecutionTimerConfig, PolicyLengthConfig};
use regorus::{Engine, Value as Inner};

use crate::builtins;
use crate::module::{BuiltinErrors, Counting, Fault, Limits, Options};
use crate::rewrite::Columns;
use crate::value::Value;
use crate::worker::{Coverage, Print};

/// What evaluates policies that are loaded.
pub(crate) trait Evaluator: Send {
    /// The value of a declared rule, undefined where it has none.
    fn rule(&mut self, path: &str, input: &Value) -> Result<Value, Fault>;
    /// The value of the first expression of a query in its first result, undefined where it has none.
    fn query(&mut self, query: &str, input: &Value) -> Result<Value, Fault>;
    /// What was printed since this was asked for last.
    fn prints(&mut self) -> Vec<Print>;
    /// The lines that were and were not evaluated so far.
    fn coverage(&self) -> Vec<Coverage>;
}

/// Characters in a line of a policy: generated ones hold whole tables.
const MAX_COLUMNS: u32 = 1 << 20;
const MAX_LINES: usize = 1_000_000;
const MAX_BYTES: usize = 32 << 20;
/// Steps between two looks at the clock.
const CLOCK_INTERVAL: u32 = 256;

/// An engine without policies.
pub(crate) fn engine(options: &Options) -> Engine {
    let mut engine = Engine::new();
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(MAX_COLUMNS).expect("not zero"),
        max_file_bytes: NonZeroUsize::new(MAX_BYTES).expect("not zero"),
        max_lines: NonZeroUsize::new(MAX_LINES).expect("not zero"),
    });
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: options.limits.time,
        check_interval: NonZeroU32::new(CLOCK_INTERVAL).expect("not zero"),
    });
    engine.set_strict_builtin_errors(options.builtin_errors == BuiltinErrors::Strict);
    // Otherwise what policies print goes to standard error.
    engine.set_gather_prints(true);
    if options.coverage == Counting::On {
        engine.set_enable_coverage(true);
    }
    builtins::install(&mut engine, options);
    engine
}

/// Runs what may panic on hostile input. A panic is a fault, and what it left behind must not be used again.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Fault::new("", 0, 0, "the interpreter panicked")))
}

/// The interpreter.
#[derive(Clone)]
pub(crate) struct Interpreter {
    engine: Engine,
    /// What [`Interpreter::engine`] is made of again after a panic.
    pristine: Engine,
    /// The paths that the interpreter takes by name; all others are queries.
    rules: Arc<BTreeSet<String>>,
    columns: Arc<Columns>,
    limits: Limits,
}

impl Interpreter {
    pub(crate) fn new(engine: &Engine, rules: Arc<BTreeSet<String>>, columns: Arc<Columns>, limits: Limits) -> Self {
        Self { engine: engine.clone(), pristine: engine.clone(), rules, columns, limits }
    }

    fn run(&mut self, run: impl FnOnce(&mut Engine) -> Result<Inner, Fault>) -> Result<Value, Fault> {
        let engine = &mut self.engine;
        builtins::size::start();
        let result = catch_unwind(AssertUnwindSafe(|| run(engine)));
        let value = match result {
            Ok(Ok(value)) => value,
            Ok(Err(fault)) => return Err(self.columns.correct(fault)),
            Err(_) => {
                self.engine = self.pristine.clone();
                return Err(Fault::new("", 0, 0, "the interpreter panicked"));
            }
        };
        if builtins::size::exceeds(&value, &self.limits) {
            return Err(Fault::new("", 0, 0, "the result is too large"));
        }
        Ok(Value(value))
    }
}

impl Evaluator for Interpreter {
    fn rule(&mut self, path: &str, input: &Value) -> Result<Value, Fault> {
        if !self.rules.contains(path) {
            return self.query(path, input);
        }
        self.run(|engine| {
            engine.set_input(input.0.clone());
            engine.eval_rule(path.to_owned()).map_err(|error| Fault::read(&error.to_string()))
        })
    }

    fn query(&mut self, query: &str, input: &Value) -> Result<Value, Fault> {
        self.run(|engine| {
            engine.set_input(input.0.clone());
            let results = engine.eval_query(query.to_owned(), false);
            let results = results.map_err(|error| Fault::read(&error.to_string()))?;
            let first = results.result.into_iter().next().and_then(|result| result.expressions.into_iter().next());
            Ok(first.map_or(Inner::Undefined, |expression| expression.value))
        })
    }

    fn prints(&mut self) -> Vec<Print> {
        let prints = self.engine.take_prints().unwrap_or_default();
        prints.iter().map(|text| Print::read(text)).collect()
    }

    fn coverage(&self) -> Vec<Coverage> {
        let Ok(report) = self.engine.get_coverage_report() else { return Vec::new() };
        // What was generated is nobody's to cover; no path of a policy looks like its name.
        let files = report.files.into_iter().filter(|file| !file.path.starts_with("<portcullis_"));
        files.map(|file| Coverage { path: file.path, covered: file.covered, missed: file.not_covered }).collect()
    }
}
