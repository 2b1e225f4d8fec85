//! What is known about packages: the order of their versions, and what a requirement allows.
//!
//! Nothing here knows rules, and nothing asks the network.

pub mod requirement;
pub mod versions;

pub use requirement::Requirement;
pub use versions::Scheme;
