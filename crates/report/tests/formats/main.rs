//! Exact outputs of hand-made reports.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod json;
#[cfg(test)]
mod materials;
#[cfg(test)]
mod pretty;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sarif;
#[cfg(test)]
mod scope;
#[cfg(test)]
mod services;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unrated;
