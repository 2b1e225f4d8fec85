//! The admission webhook: it takes reviews from an API server and answers each with a verdict.
//!
//! What is allowed is for a [`Decider`](decide::Decider) to say; the server around it decides what happens where there is no
//! verdict (a text that is no review, a panic, a deadline, an overload). It has no access to the cluster, and nothing of
//! a review is executed or written anywhere.

pub mod decide;
pub mod decision;
pub mod review;
pub mod settings;
