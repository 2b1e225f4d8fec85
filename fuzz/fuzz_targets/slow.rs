//! Looks for inputs that make a parser slow: a piece of the fuzzer's is repeated to 100 KB, between two other pieces.
//!
//! The only target that looks at the clock, so it is none of [`portcullis_fuzz::TARGETS`], which tests run.
#![no_main]

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_fuzz::parsers::{LIMIT, PARSERS, SIZE};

/// How much slower a build with a sanitizer, coverage and debug assertions may be than the one that the limit is for.
const SLACK: u32 = 20;

/// Between the pieces.
const SEPARATOR: char = '\u{1}';

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = std::str::from_utf8(data).ok().and_then(repeated) else { return };
    for (name, parser) in PARSERS {
        let took = fastest(*parser, &text);
        assert!(took < LIMIT * SLACK, "{name}: {took:?} for {} bytes", text.len());
    }
});

/// The middle of three pieces again and again, the first before it and the last after it. One piece is the middle.
fn repeated(input: &str) -> Option<Arc<str>> {
    let mut pieces = input.splitn(3, SEPARATOR);
    let first = pieces.next()?;
    let (before, unit) = pieces.next().map_or(("", first), |unit| (first, unit));
    let after = pieces.next().unwrap_or_default();
    let times = SIZE.checked_div(unit.len())?;
    Some(format!("{before}{}{after}", unit.repeat(times)).into())
}

/// A slow run is repeated: the machine may have had other work.
fn fastest(parser: fn(&Arc<str>), text: &Arc<str>) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        parser(text);
        fastest = fastest.min(started.elapsed());
        if fastest < LIMIT * SLACK {
            break;
        }
    }
    fastest
}
