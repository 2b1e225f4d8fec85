//! Typed views on trees: what rules ask of a pod or a stage, without knowing how it was written.
//!
//! A view holds nodes and borrowed text only; it decides nothing about right and wrong.

pub mod actions;
pub mod base64;
pub mod compose;
pub mod cron;
pub mod dockerfile;
pub mod facts;
pub mod helm;
pub mod image;
pub mod kubernetes;
pub mod kustomize;
pub mod packages;
pub mod placeholder;
pub mod prometheus;
pub mod terraform;
pub mod time_zone;
