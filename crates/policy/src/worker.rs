//! One thread's evaluator.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::interpreter::{Evaluator, Interpreter};
use crate::library::{Aggregate, Group, Together};
use crate::module::{Evaluation, Fault};
use crate::plan::Program;
use crate::value::Value;

/// Evaluates the rules of a library; made by [`crate::Library::worker`], one for each thread.
pub struct Worker {
    evaluator: Box<dyn Evaluator>,
    groups: Arc<[Together]>,
    program: Arc<Program>,
    evaluation: Evaluation,
}

/// What a policy printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    /// The module.
    pub path: String,
    /// The line of the call, from 1.
    pub line: u32,
    /// The values, separated by spaces.
    pub text: String,
}

impl Print {
    pub(crate) fn read(printed: &str) -> Self {
        let read = || {
            // A path may hold colons, and so may the text: the line is the first number between two of them.
            printed.match_indices(':').find_map(|(at, _)| {
                let (line, text) = printed.get(at.checked_add(1)?..)?.split_once(": ")?;
                Some(Self { path: printed.get(..at)?.to_owned(), line: line.parse().ok()?, text: text.to_owned() })
            })
        };
        read().unwrap_or_else(|| Self { path: String::new(), line: 0, text: printed.to_owned() })
    }
}

/// The lines of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The module.
    pub path: String,
    /// Lines that were evaluated.
    pub covered: BTreeSet<u32>,
    /// Lines that could be and were not.
    pub missed: BTreeSet<u32>,
}

impl Worker {
    pub(crate) fn new(
        interpreter: Interpreter,
        groups: Arc<[Together]>,
        program: Arc<Program>,
        evaluation: Evaluation,
    ) -> Self {
        Self { evaluator: Box::new(interpreter), groups, program, evaluation }
    }

    /// The value of a rule (`data.main.deny`) or of a package or data document, for an input; undefined where there is none.
    pub fn rule(&mut self, path: &str, input: &Value) -> Result<Value, Fault> {
        let planned = self.program.find(path).and_then(|rule| self.program.run([rule].into_iter(), input).pop()?);
        if self.evaluation != Evaluation::Checked
            && let Some(value) = planned
        {
            return Ok(value);
        }
        let value = self.evaluator.rule(path, input).map_err(|fault| blame(fault, path));
        match planned {
            Some(planned) if value.as_ref() != Ok(&planned) => Err(differ(path, &planned, value)),
            _ => value,
        }
    }

    /// The value of the first expression of a query in its first result; undefined where there is no result.
    pub fn query(&mut self, query: &str, input: &Value) -> Result<Value, Fault> {
        self.evaluator.query(query, input)
    }

    /// The values of all rules of an aggregate, in its order: each with its index, undefined ones left out.
    ///
    /// One evaluation computes what the rules share once. Where it fails, parts of it and then single rules are evaluated by
    /// themselves, so that a fault takes no other rule with it.
    pub fn aggregate(&mut self, aggregate: Aggregate, input: &Value) -> Vec<(usize, Result<Value, Fault>)> {
        let Some(Together { planned, interpreted }) = self.groups.get(aggregate.0).cloned() else { return Vec::new() };
        let mut results = Vec::new();
        if let Some(group) = interpreted {
            self.collect(&group, input, &mut results);
        }
        let values = self.program.run(planned.iter().map(|(_, _, rule)| *rule), input);
        for ((index, path, _), planned) in planned.iter().zip(values) {
            let result = match (self.evaluation, planned) {
                (Evaluation::Checked, None) => continue,
                (Evaluation::Checked, Some(planned)) => {
                    let known = results.iter().position(|(at, _)| at == index);
                    let known = known.map_or(Ok(Value::UNDEFINED), |at| results.swap_remove(at).1);
                    if known.as_ref() == Ok(&planned) { known } else { Err(differ(path, &planned, known)) }
                }
                (_, Some(planned)) => Ok(planned),
                (_, None) => self.evaluator.rule(path, input).map_err(|fault| blame(fault, path)),
            };
            if result != Ok(Value::UNDEFINED) {
                results.push((*index, result));
            }
        }
        results.sort_by_key(|(index, _)| *index);
        results
    }

    fn collect(&mut self, group: &Group, input: &Value, results: &mut Vec<(usize, Result<Value, Fault>)>) {
        if let [(index, path)] = &*group.rules {
            match self.evaluator.rule(path, input) {
                Ok(value) if value.is_undefined() => {}
                result => results.push((*index, result.map_err(|fault| blame(fault, path)))),
            }
            return;
        }
        match self.evaluator.rule(&group.path, input) {
            Ok(values) => results.extend(values.items().filter_map(|pair| {
                let mut pair = pair.items();
                let index = usize::try_from(pair.next()?.as_i64()?).ok()?;
                Some((index, Ok(pair.next()?)))
            })),
            // The depth of the parts is the logarithm of how many rules there are.
            Err(_) => group.parts.iter().for_each(|part| self.collect(part, input, results)),
        }
    }

    /// What was printed since this was asked for last.
    pub fn prints(&mut self) -> Vec<Print> {
        self.evaluator.prints()
    }

    /// The lines that this worker evaluated; nothing unless [`crate::Options::coverage`] is on.
    pub fn coverage(&self) -> Vec<Coverage> {
        self.evaluator.coverage()
    }
}

/// A plan that is wrong.
fn differ(path: &str, planned: &Value, interpreted: Result<Value, Fault>) -> Fault {
    let interpreted = interpreted.map_or_else(|fault| fault.to_string(), |value| value.to_json().to_string());
    let planned = planned.to_json();
    Fault::new("", 0, 0, format!("{path}: its plan gives {planned}, and the interpreter {interpreted}"))
}

/// A fault without a place (time, size, a panic) names the rule.
fn blame(fault: Fault, path: &str) -> Fault {
    if fault.path.is_empty() { Fault { message: format!("{path}: {}", fault.message), ..fault } } else { fault }
}

#[cfg(test)]
mod tests {
    use crate::{Module, Options, Value};

    #[test]
    fn a_panic_is_a_fault_of_its_rule_alone() {
        let text =
            "package main\n\nimport rego.v1\n\nbad contains 1 if test.panic(input)\n\ngood contains 2 if input == 3\n";
        let modules = [Module::new("main.rego", text)];
        let (mut library, faults) = crate::Library::compile(&modules, &Value::UNDEFINED, &Options::default());
        assert_eq!(faults, []);
        let made = library.aggregate(&[vec!["data.main.bad", "data.main.good"]]);
        let Ok([aggregate]) = made.as_deref() else { panic!("{made:?}") };
        let mut worker = library.worker();
        for _ in 0..2 {
            let results = worker.aggregate(*aggregate, &Value::from(3));
            let [(0, Err(fault)), (1, Ok(good))] = results.as_slice() else { panic!("{results:?}") };
            assert_eq!(fault.message, "data.main.bad: the interpreter panicked");
            assert_eq!(good.items().collect::<Vec<_>>(), [Value::from(2)]);
        }
    }
}
