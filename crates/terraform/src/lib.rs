//! Terraform configurations evaluated: variables, locals, functions, `count`, `for_each`, `dynamic`, modules.
//!
//! Evaluation is lazy, remembers what it has evaluated, and depends on nothing but the texts: no network, no
//! environment, no clock. What cannot be known is a value like any other, with the reason.

mod functions;
