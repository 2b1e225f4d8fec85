//! Every parser by its name, as one function of a text: for the fuzz target that looks at the clock, and for the bench
//! that prints what the worst inputs cost.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::{FileId, OffsetMap};
use portcullis_syntax::{Dialect, dockerfile, dotenv, expression, hcl, interpolation, json, shell, toml, yaml};

const FILE: FileId = FileId(0);

/// A parser by its name.
pub type Parser = (&'static str, fn(&Arc<str>));

/// What any parser may take for [`SIZE`] bytes.
pub const LIMIT: Duration = Duration::from_millis(50);

/// Bytes of the inputs that the limit is stated for.
pub const SIZE: usize = 100_000;

/// Every parser.
pub const PARSERS: &[Parser] = &[
    ("YAML", |text| drop(yaml::parse(FILE, text, Dialect::Yaml11))),
    ("YAML by events", |text| drop(yaml::parse_events(FILE, text, Dialect::Yaml11))),
    ("JSON", |text| drop(json::parse(FILE, text))),
    ("TOML", |text| drop(toml::parse(FILE, text))),
    ("Dockerfile", |text| drop(dockerfile::parse(FILE, text))),
    ("HCL", |text| drop(hcl::parse(text, FILE))),
    ("HCL templates", |text| drop(hcl::parse_template(text, FILE))),
    ("HCL in JSON", |text| drop(hcl::parse_json(text, FILE))),
    ("shell", |text| {
        let mut map = OffsetMap::new(FILE, 0);
        map.push(0, u32::try_from(text.len()).unwrap_or(u32::MAX));
        drop(shell::parse(text, &map));
    }),
    ("GitHub expressions", |text| {
        let _ = (expression::parse(text), expression::fences(text).count());
    }),
    ("Compose interpolation", |text| {
        let long = "x".repeat(SIZE / 2);
        let filled = interpolation::fill(text, &|name| (name.len() > 1).then(|| long.as_str().into()));
        drop((filled, interpolation::expressions(text)));
    }),
    ("dotenv", |text| drop(dotenv::parse(text))),
];
