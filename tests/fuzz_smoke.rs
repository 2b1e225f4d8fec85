//! Every fuzz target on the committed seeds, on the files that break scanners, and on mutations of both.
//!
//! The mutations are the same on every machine; a fuzzer finds more, this catches what breaks by accident.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a panic is the failure message")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

/// Mutations of each input; all targets together stay within seconds.
const MUTATIONS: u32 = 10;

/// Larger inputs make a mutation slow without making it more telling.
const LARGEST: usize = 4096;

#[test]
fn every_target_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = inputs(&root.join("fixtures/bad-input"));
    assert!(!shared.is_empty());
    let mut faults = Faults::default();
    for (name, target) in targets::TARGETS {
        let seeds = inputs(&root.join("fuzz/seeds").join(name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        let all: Vec<&Vec<u8>> = seeds.iter().chain(&shared).collect();
        for (index, bytes) in all.iter().enumerate() {
            faults.run(name, *target, bytes);
            if bytes.len() > LARGEST {
                continue;
            }
            let other = all[(index + 1) % all.len()];
            let mut random = Random(index as u64 + 1);
            for _ in 0..MUTATIONS {
                faults.run(name, *target, &random.mutate(bytes, other));
            }
        }
    }
    faults.report();
}

/// Nothing that is built by repetition may cost more than its length, nor end the process.
#[test]
fn repetition_holds() {
    let units = [
        "[",
        "{a: ",
        "- ",
        "{\"a\":",
        "[1,",
        "$(",
        "`",
        "((",
        "{{",
        "$(<<",
        "-exec a \\; >a ",
        "if ",
        "RUN <<E\n",
        "a: |\n ",
        "&a [*a,",
        "\"\\",
        "# x\n",
        "--- \n",
        "${A:-",
        "x = [\n",
        "x {\ny = <<E\n",
        "x = \"${",
        "x = <<E\n${",
        "x = \"%{if a}",
        "a: $A\n",
        "services: {a: {extends: a}, b: {extends: {file: b.yaml, service: a}}}\n",
    ];
    let mut faults = Faults::default();
    for unit in units {
        let bytes = unit.repeat(3000).into_bytes();
        for (name, target) in targets::TARGETS {
            faults.run(name, *target, &bytes);
        }
    }
    faults.report();
}

/// The seeds of the target `slow`, repeated as it does, without its clock: every parser ends, and none panics.
#[test]
fn slow_seeds_end() {
    let seeds = inputs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/slow"));
    assert!(!seeds.is_empty());
    for seed in seeds {
        let seed = String::from_utf8(seed).unwrap();
        // A debug build takes its time for all of it.
        let text = targets::repeated::repeated(&seed, targets::parsers::SIZE / 10).unwrap();
        assert!(text.len() > seed.len(), "{seed:?}");
        for (_, parser) in targets::parsers::PARSERS {
            parser(&text);
        }
    }
}

thread_local! {
    /// What a target said when it panicked; `None` while no target runs.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// By target and place of the panic: its shortest input, and what was said of it.
#[derive(Default)]
struct Faults(BTreeMap<String, (Vec<u8>, String)>);

impl Faults {
    fn run(&mut self, name: &str, target: fn(&[u8]), bytes: &[u8]) {
        QUIET.call_once(|| {
            let default = take_hook();
            set_hook(Box::new(move |info| {
                let ours = PANIC.with_borrow_mut(|said| said.as_mut().map(|said| *said = info.to_string()).is_some());
                if !ours {
                    default(info);
                }
            }));
        });
        PANIC.set(Some(String::new()));
        let held = catch_unwind(|| target(bytes)).is_ok();
        let said = PANIC.take().unwrap_or_default();
        if !held {
            let place = said.lines().next().unwrap_or_default();
            let shortest = self.0.entry(format!("{name}: {place}")).or_insert_with(|| (bytes.to_vec(), said.clone()));
            if bytes.len() < shortest.0.len() {
                *shortest = (bytes.to_vec(), said);
            }
        }
    }

    fn report(&self) {
        let lines: Vec<String> = self.0.iter().map(|(place, (bytes, said))| fault(place, bytes, said)).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}

fn fault(place: &str, bytes: &[u8], said: &str) -> String {
    let message: Vec<&str> = said.lines().skip(1).collect();
    let input: String = bytes.escape_ascii().to_string().chars().take(1000).collect();
    format!("{place} {}\n    {input}", message.join(" "))
}

static QUIET: Once = Once::new();

/// The files below a folder, in order.
fn inputs(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, bytes)| bytes).collect()
}

/// Marsaglia's xorshift: a dependency would have to promise the same numbers for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap()
    }

    /// One to four changes: a byte, a cut, a repetition, a token, or the tail of another input.
    fn mutate(&mut self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        const TOKENS: &[&str] = &[
            "\n",
            "\r\n",
            "\r",
            "\t",
            " ",
            "---\n",
            "...\n",
            ": ",
            "- ",
            "&a ",
            "*a",
            "<<: ",
            "|\n",
            ">-\n",
            "\"",
            "'",
            "\\",
            "{",
            "}",
            "[",
            "]",
            "#",
            "$(",
            "${",
            "`",
            "<<EOF\n",
            "<<-EOT\n",
            "%{ if ",
            "~}",
            " = ",
            " {\n",
            "<<-'E'\n",
            "&&",
            "||",
            "|",
            ";",
            "FROM ",
            "RUN ",
            "ONBUILD ",
            "--mount=",
            "\u{feff}",
            "é",
            "\u{1f512}",
            "\u{2028}",
            "\0",
            "!!binary ",
            "%YAML 1.1\n",
            "\\u00e9",
            "# portcullis: ignore[k8s-*]\n",
        ];
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(40)).min(bytes.len());
            match self.below(6) {
                0 => {
                    let byte = u8::try_from(self.below(256)).unwrap();
                    bytes.splice(at..(at + 1).min(bytes.len()), [byte]);
                }
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let piece = bytes[at..end].repeat(1 + self.below(8));
                    bytes.splice(at..at, piece);
                }
                3 => {
                    let from = self.below(other.len() + 1);
                    bytes.truncate(at);
                    bytes.extend(other[from..].iter().take(LARGEST));
                }
                _ => {
                    let token = TOKENS[self.below(TOKENS.len())];
                    bytes.splice(at..at, token.bytes());
                }
            }
        }
        bytes.truncate(2 * LARGEST);
        bytes
    }
}
