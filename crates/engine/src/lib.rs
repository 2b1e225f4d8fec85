//! Discovery, classification, parallel scanning, configuration and suppression.

pub mod config;
