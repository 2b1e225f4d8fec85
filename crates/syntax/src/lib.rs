//! Text to trees with spans. Pure functions: nothing here opens a file.

pub mod shell;
