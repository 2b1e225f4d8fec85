//! What a requirement allows.
pub struct Requirement;
