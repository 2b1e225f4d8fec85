//! The admission webhook: it takes reviews from an API server and answers each with a verdict.
//!
//! What is allowed is for a [`Decider`](decide::Decider) to say; the server around it decides what happens where there is no
//! verdict (a text that is no review, a panic, a deadline, an overload). It has no access to the cluster, and nothing of
//! a review is executed or written anywhere.

mod budget;
mod connection;
pub mod decide;
pub mod decision;
mod http;
mod log;
mod metrics;
mod pool;
mod reload;
pub mod review;
mod server;
pub mod settings;
mod short;
mod source;
mod status;
mod tls;

pub use reload::{LoadError, Loaded, Source};
pub use server::{Options, ServeError, Server, Signals};
pub use source::{FileSource, Flags};
