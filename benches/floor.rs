//! The least that a scan of YAML can cost: walk the tree, read every file, run the parser's events over it, drop them.
//!
//! A ratio to this says what our own work costs, on any machine.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use granit_parser::{Options, Parser};
use ignore::{WalkBuilder, WalkState};

/// What was read.
#[derive(Debug, Default)]
pub struct Counts {
    pub files: AtomicU64,
    pub bytes: AtomicU64,
    pub events: AtomicU64,
}

/// Reads the YAML below `folder` with `threads` threads.
pub fn read(folder: &Path, threads: usize) -> io::Result<Counts> {
    std::fs::metadata(folder)?;
    let counts = Counts::default();
    WalkBuilder::new(folder).hidden(false).git_global(false).threads(threads).build_parallel().run(|| {
        Box::new(|entry| {
            let Ok(entry) = entry else { return WalkState::Continue };
            let is_yaml = entry.path().extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
            if is_yaml && let Ok(text) = std::fs::read_to_string(entry.path()) {
                counts.files.fetch_add(1, Ordering::Relaxed);
                counts.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
                counts.events.fetch_add(events(&text), Ordering::Relaxed);
            }
            WalkState::Continue
        })
    });
    Ok(counts)
}

/// Comments included, as the scan needs them for suppressions.
fn events(text: &str) -> u64 {
    let mut options = Options::default();
    options.max_buffered_comment_events = usize::MAX;
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut count = 0;
    while let Some(Ok(event)) = parser.next_event() {
        std::hint::black_box(&event);
        count += 1;
        if matches!(event.0, granit_parser::Event::StreamEnd) {
            break;
        }
    }
    count
}
