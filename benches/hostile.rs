//! What each parser takes for inputs that are built to make it slow: a piece repeated, pieces nested, a long tail after
//! an opener. Every parser reads all of them, because what is hostile to one was often found with another. And what
//! kustomizations take that take in one another again and again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_core::{FileError, FileId, Files};
use portcullis_render::{Builds, Library};

use crate::parsers::{LIMIT, PARSERS, SIZE};

/// Pieces to repeat; `~` becomes the number of the repetition.
#[rustfmt::skip] // A line for each would be the longest file here.
const UNITS: &[&str] = &[
    "[", "]", "{", "}", "(", ")", "<", ">", "'", "\"", "`", "\\", "$", "&", "|", ";", "*", "!", "?", "-", ":", ",", "#",
    " ", "\t", "\n", "\r\n", "a", "é", "%", "@", "=", "{{", "}}", "${", "${{", "$(", "((", "$((", "<(", "<<", "<<<",
    "<%", "[[", "''", "\"\"", "\\\n", "\\\\", "{a: ", "{\"a\":", "[1,", "[[]", "- ", "? ", ": ", "- - ", "--- \n",
    "---\n", "...\n", "---\na: [\n", "%YAML 1.2\n---\n", "a: |\n ", "a: >\n ", "a: b\n", "a~: b\n", "a~: {b: c}\n",
    "- &a~ x\n- *a~\n", "- *a~\n", "&a [*a,", "<<: {k~: 1}\n", "<<: *a\n", "? a~\n: b\n", "? [a~]\n: b\n", "# x\n",
    "a # x\n", "a: b # x\n", "- a # x\n", "- # x\n", "a:\n  # x\n  b~: c\n", "- a: b\n  c: d\n", "- \"a\\n\"\n",
    "- 'a''b'\n", "a\n\n", "x: \"\\u00e9\"\n", "\\u00e9", "\"\\", "!!str a: b\n", "!a b~: c\n", "{a~: b}, ", "a~, ", "\"a~\", ",
    "\"a~\": 1, ", "{} ", "[] ", "1 ", "1e5,", "null,", "\u{feff}", "\u{2028}", "\0", "if ", "fi ", "do ", "case ", "case a in ",
    "a) ", "a(", "a() ", "a=( ", "@(", "if x; then ", "while x; do ", "for a in b; do ", "{ ", "! ", "sudo ",
    "sh -c '", "sh -c \"", "eval ", "a=b ", "a~=b ", "a~=$a~\n", "a=$a; ", "echo $a~ ", "a | ", "a && ", "a || ", "a & ",
    "<<E ", "<<E\n", "cat <<E\n", "cat <<E~\n", "cat <<-E\n", "$(cat <<E\n", "$(`", "`$(", "${a:-", "${A:-", "${A:-$", "${A-${",
    "${AB}", "$AB ", "$$", "${A!", "${A:-}}", "\"$(", "\"${a:-\"", "$'", "$'\\", "RUN <<E\n", "RUN <<E~\n", "RUN a <<E <<F\n", "RUN a\\\n",
    "RUN a \\\n~ b\n", "RUN a \\\n\n", "RUN [\"a\", ", "RUN [\"", "RUN \"", "RUN --mount=type=cache,target=/a~ a\n", "--mount=a=b ",
    "RUN --a=\"", "FROM a AS b~\n", "FROM a\n", "ENV a~=b c~=d\n", "ENV a=\"", "a~=\"b\" ", "a=\\", "ENV a ${a~:-b}\n", "LABEL ", "ONBUILD ",
    "ONBUILD RUN a\n", "COPY <<A <<B /c\n", "COPY <<E~\n", "<<E~ ", "HEALTHCHECK ", "SHELL [\"a\"]\n", "ARG a~\n", "# escape=`\n",
    "# syntax=a\n", "A\n", "a && ", "a == ", "a[", "a.b", ".a", "f(", "f(a, ", "!(", "!", "'a' ", "${{ a }} ", "${{ ' }} ", "${{ '' }}", "}} '", "1 < ",
    "$(<<", "<<$(", "a=$(<<`", "}}{{", "{{}", "${{}", "<%%", "find -exec ", "-exec a \\; ", "xargs ", "env a=b ", "bash -c ", "timeout 1 ",
    "sudo a <<E; ", "sudo nice env a <<E~; ",
    "a.*", "a['b']", "0x1 ", "A=b\n", "A~='b'\n", "A=\"b\n", "export ", "export A=b # c\n", "A=b #", " #", "A=$B\n",
];

/// What stands before and after the repetition.
const AROUND: &[(&str, &str)] = &[
    ("", ""),
    ("a: ", ""),
    ("a: [", "]"),
    ("a: \"", "\""),
    ("a: '", "'\n"),
    ("a: |\n  ", "\nb: c\n"),
    ("FROM a\nRUN ", "\n"),
    ("RUN <<E\n", "\nE\n"),
    ("FROM a\nENV a=", "\n"),
    ("COPY ", " /a\n"),
    ("x $(", ")"),
    ("x \"", "\""),
    ("${{ ", " }}"),
    ("f(", ")"),
    ("${A:-", "}"),
    ("A=\"", "\"\n"),
    ("{\"a\": [", "1]}"),
];

/// One piece again and again, and then another: where each of the first looks at all of the second.
const TWICE: &[(&str, &str, &str)] = &[
    ("find . ", "-exec a \\; ", ">a "),
    ("find . ", "-exec a \\; ", "<<E "),
    ("sudo a ", "<<E ", "b "),
    ("a ", "<<E~ ", "\nb"),
    ("RUN a ", "<<E~ ", "\nb"),
    ("", "((a) b ", ")"),
    ("", "(((a) b) c ", ")"),
    ("", "$(", ")"),
    ("", "$(", "\\"),
    ("", "`", "a\\"),
    ("", "export a~=b\n", "echo $a1 "),
    ("a: &a {", "k~: 1, ", "}\n"),
    ("a: &a {b: c}\nb:\n", "  <<: *a\n", "  k~: 1\n"),
    ("{", "\"a~\": 1, ", "\"a1\": 1, "),
    ("ENV ", "a~=b ", "$a1 "),
    ("", "ARG a~=b\n", "ENV c=$a1\n"),
    ("", "${", "}"),
    ("", "${A:-", "}"),
    ("${{ ", "a[", "]"),
    ("${{ ", "a && ", "b || "),
    ("", "a\\\n", "# b\n"),
    ("", "if a; then ", "fi "),
    ("", "case a in b) ", ";; esac "),
];

/// Openers and their closers, nested to some depths and as deep as the size allows, over and over.
const PAIRS: &[(&str, &str)] = &[
    ("[", "]"),
    ("{a: ", "}"),
    ("{\"a\": ", "}"),
    ("(", ")"),
    ("$(", ")"),
    ("$((", "))"),
    ("`", "`"),
    ("\"$(", ")\""),
    ("${a:-", "}"),
    ("${A:-", "}"),
    ("if a; then ", "; fi;"),
    ("{ ", "; }"),
    ("f(", ")"),
    ("!(", ")"),
    ("a[", "]"),
    ("sh -c \"", "\""),
];

/// Prints the worst input of each parser whose name holds `wanted`. What is over the limit is told as it is found.
pub fn print(wanted: &str, runs: usize) {
    let inputs = inputs();
    println!("{} inputs of {SIZE} and {} bytes, the fastest of {runs} runs\n", inputs.len(), SIZE / 2);
    println!("| parser | worst, ms for 100 KB | input | limit, ms |\n|---|---|---|---|");
    for (name, parser) in PARSERS.iter().filter(|(name, _)| name.contains(wanted)) {
        let mut worst = (Duration::ZERO, "");
        for (input, text) in &inputs {
            let time = fastest(*parser, text, runs) * length(SIZE) / length(text.len().max(1));
            if time > LIMIT {
                eprintln!("{name}: {:.1} ms for {}", milliseconds(time), input.escape_debug());
            }
            worst = worst.max((time, input));
        }
        let (time, input) = worst;
        println!("| {name} | {:.1} | `{}` | {} |", milliseconds(time), input.escape_debug(), LIMIT.as_millis());
    }
    if "kustomizations".contains(wanted) {
        for (what, head, leaf) in
            [("nothing", "", ""), ("an object each, renamed", "namePrefix: p~-\n", "  - ../web.yaml\n")]
        {
            let files = fan(head, leaf);
            let text: Arc<str> = Arc::from("");
            let time = fastest(|_| build_all(&files), &text, runs);
            println!("| kustomizations | {:.1} | {LEVELS} levels of 3 × 3 with {what} | |", milliseconds(time));
        }
    }
}

/// Levels of kustomizations, of three each, that take in all of the next level.
const LEVELS: usize = 21;

struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| FileError::Missing(PathBuf::from(path)))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(PathBuf::from(directory)))
    }
}

fn fan(head: &str, leaf: &str) -> Memory {
    let web = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n".to_owned();
    let mut files = BTreeMap::from([("web.yaml".to_owned(), web)]);
    for level in 0..LEVELS {
        for index in 0..3 {
            let mut text = format!("{}resources:\n", head.replace('~', &index.to_string()));
            if level + 1 == LEVELS {
                text.push_str(leaf);
            } else {
                (0..3).for_each(|next| writeln!(text, "  - ../l{}-{next}", level + 1).expect("a String takes all"));
            }
            files.insert(format!("l{level}-{index}/kustomization.yaml"), text);
        }
    }
    Memory(files)
}

/// Builds every kustomization by itself, as a scan does in the worst case.
fn build_all(files: &Memory) {
    let mut ids = 0;
    let mut file_id = |_: &str| {
        ids += 1;
        FileId(ids)
    };
    let paths = paths_of(files).map(|directory| format!("{directory}/kustomization.yaml"));
    let library = Library::gather(paths, files, &mut file_id);
    let builds = Builds::new(&library);
    for directory in paths_of(files) {
        drop(builds.build(directory));
    }
}

fn paths_of(files: &Memory) -> impl Iterator<Item = &str> {
    files.0.keys().filter_map(|path| path.strip_suffix("/kustomization.yaml"))
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The fastest of some runs: what else the machine does only ever adds. One run is enough where it is far from the limit.
fn fastest(parser: impl Fn(&Arc<str>), text: &Arc<str>, runs: usize) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..runs {
        let started = Clock::start();
        parser(text);
        fastest = fastest.min(started.spent());
        if fastest < LIMIT / 10 {
            break;
        }
    }
    fastest
}

/// The processor's time of this thread, where the kernel tells it; else the time that went by. With other work on the
/// machine the latter is a multiple of the former.
struct Clock {
    started: Instant,
    processor: Option<Duration>,
}

impl Clock {
    fn start() -> Self {
        Self { started: Instant::now(), processor: processor_time() }
    }

    fn spent(&self) -> Duration {
        let spent = self.processor.and_then(|before| processor_time()?.checked_sub(before));
        spent.unwrap_or_else(|| self.started.elapsed())
    }
}

/// Linux: nanoseconds on a processor, as the scheduler counts them at its ticks and switches.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Two sizes, because some work is only done for texts that are not too long.
fn inputs() -> Vec<(String, Arc<str>)> {
    let mut inputs: Vec<(String, String)> = Vec::new();
    for size in [SIZE, SIZE / 2] {
        for &(before, after) in AROUND {
            for unit in UNITS {
                inputs.push((format!("{before}({unit})×{after}"), repeat(before, unit, after, size)));
            }
        }
        for depth in [10, 30, 60, usize::MAX] {
            for &(open, close) in PAIRS {
                let depth = depth.min(size / (open.len() + close.len()));
                let unit = open.repeat(depth) + "x" + &close.repeat(depth) + " ";
                inputs.push((format!("({open}…{close}) {depth} deep"), unit.repeat((size / unit.len()).max(1))));
            }
        }
        for &(start, first, second) in TWICE {
            let half = repeat(start, first, "", size / 2);
            inputs.push((format!("{start}({first})×({second})×"), half + &repeat("", second, "", size / 2)));
        }
    }
    inputs.into_iter().map(|(name, text)| (name, Arc::from(text))).collect()
}

/// A piece again and again between two others, as many times as the size allows.
fn repeat(before: &str, unit: &str, after: &str, size: usize) -> String {
    let mut text = String::with_capacity(size + unit.len());
    text.push_str(before);
    let mut number = 0_usize;
    while text.len() + unit.len() + after.len() < size {
        if unit.contains('~') {
            text.push_str(&unit.replace('~', &number.to_string()));
        } else {
            text.push_str(unit);
        }
        number += 1;
    }
    text.push_str(after);
    text
}
