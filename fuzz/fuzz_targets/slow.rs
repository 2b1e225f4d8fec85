//! Looks for inputs that make a parser slow: a piece of the fuzzer's is repeated to 100 KB, between two other pieces.
//!
//! The only target that looks at the clock, so it is none of [`portcullis_fuzz::TARGETS`]; a test runs its seeds without one.
#![no_main]

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_fuzz::parsers::{LIMIT, PARSERS, SIZE};
use portcullis_fuzz::repeated::repeated;

/// How much slower a build with a sanitizer, coverage and debug assertions may be than the one that the limit is for.
const SLACK: u32 = 20;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = std::str::from_utf8(data).ok().and_then(|text| repeated(text, SIZE)) else { return };
    for (name, parser) in PARSERS {
        let took = fastest(*parser, &text);
        assert!(took < LIMIT * SLACK, "{name}: {took:?} for {} bytes", text.len());
    }
});

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
