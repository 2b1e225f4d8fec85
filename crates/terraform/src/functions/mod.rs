//! Terraform's functions over values of which some may not be known.

use portcullis_core::{Files, Span};
use portcullis_model::terraform::{Reason, Value};

/// What functions that read files need.
#[derive(Clone, Copy)]
pub(crate) struct Place<'f> {
    /// The tree; nothing outside of it is read.
    pub(crate) files: &'f dyn Files,
    /// The folder of the module that calls, relative to the scan root.
    pub(crate) directory: &'f str,
}

/// Terraform would refuse the call: a wrong type, a value out of range, a key that is not there. `try` and `can` tell
/// it from a result that is not known; elsewhere it is [`Reason::Invalid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault;

/// Calls a function whose arguments are evaluated already. `at` is the call: where the result was written, unless it
/// is one of the arguments or was taken out of one.
///
/// `try`, `can`, `templatefile` and `templatestring` are the evaluator's: they need expressions.
pub(crate) fn call(name: &str, arguments: &[Value], at: Span, place: Place<'_>) -> Result<Value, Fault> {
    let _ = (name, arguments, place.files, place.directory);
    Ok(Value::unknown(Reason::Function, at))
}
