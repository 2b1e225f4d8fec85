//! Hackage (`Data.Version`): numbers between dots, the longer row later, which is R's order too.

pub(super) use super::cran::compare;
