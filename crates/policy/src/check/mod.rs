//! What is wrong with policies before they are evaluated: calls of functions that are nowhere, names that stand for
//! nothing, rules that need themselves.
//!
//! The interpreter looks a function up when a call is reached, so that a typo in a rule that seldom gets that far is no error
//! but a rule that finds nothing. Here it is an error at load. A rule that needs itself would never end. Whether a document
//! `data.x` exists is not decided: data may come from anywhere.

mod calls;
mod imports;
mod names;
mod recursion;
mod variables;
mod walk;
mod walks;

use regorus::Engine;

use crate::module::Fault;
use names::Names;

/// The faults of the modules that an engine has parsed; `known` are those of modules that it could not.
pub(crate) fn faults(engine: &mut Engine, known: &[Fault]) -> Vec<Fault> {
    let modules = engine.get_modules();
    let names = Names::new(modules);
    let mut faults = calls::faults(modules, &names, known);
    faults.extend(imports::faults(modules));
    faults.extend(names.doubled_defaults());
    faults.extend(recursion::faults(&names));
    faults.extend(variables::faults(modules, &names));
    faults.extend(walks::faults(modules));
    faults
}

/// A fault at the start of a span. Its line and column are those of the last token of a reference, so they are counted.
fn at(span: &regorus::unstable::Span, message: String) -> Fault {
    let before = span.source.contents().get(..span.start as usize).unwrap_or_default();
    let (lines, line) =
        before.rsplit_once('\n').map_or((0, before), |(above, line)| (above.matches('\n').count() + 1, line));
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    Fault::new(span.source.file(), number(lines), number(line.chars().count()), message)
}
