use portcullis_core::FileId;
use portcullis_syntax::dockerfile::{Expanded, Text, parse};

use super::*;

/// One line for each stage: `index[*] name < base | effective SHELL, USER and WORKDIR`.
fn stages(text: &str) -> String {
    let dockerfile = parse(FileId(0), text);
    let build = Build::new(&dockerfile);
    let mut lines = Vec::new();
    if !build.preamble.is_empty() {
        lines.push(format!("preamble {}", build.preamble.len()));
    }
    for stage in &build.stages {
        let base = match &stage.base {
            Base::Scratch => "scratch".to_owned(),
            Base::Stage(parent) => format!("#{parent}"),
            Base::Image(image) => show_image(image),
            Base::Unknown => "?".to_owned(),
        };
        let mut line = format!("{}{}", stage.index, if stage.is_final { "*" } else { "" });
        line += &stage.name.map(|name| format!(" {}", name.as_str())).unwrap_or_default();
        line += " < ";
        line += &base;
        for keyword in [Keyword::Shell, Keyword::User, Keyword::Workdir, Keyword::Cmd, Keyword::Healthcheck] {
            let effective = build.effective(stage, keyword);
            line += &effective.map(|it| format!(" {}={}", it.written, it.body.as_str())).unwrap_or_default();
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// `registry repository tag digest`, `-` for absent and `?` for unknown parts.
fn show_image(image: &ImageWord) -> String {
    let parts = [image.registry(), image.repository(), image.tag(), image.digest()];
    let shown = parts.map(|part| match part {
        Part::Known(text) => text.get(..20).unwrap_or(text),
        Part::Unknown => "?",
        Part::Absent => "-",
    });
    let invalid = image.invalid.map(|error| format!(" !{error:?}")).unwrap_or_default();
    shown.join(" ") + &invalid
}

#[test]
fn stages_start_from_images_stages_or_nothing() {
    for (text, expected) in [
        ("", ""),
        ("FROM a\nRUN x", "0* < - a - -"),
        ("RUN x\nUSER y", "0* < ? USER=y"),
        ("ARG V=1\nFROM a:$V", "preamble 1\n0* < - a 1 -"),
        ("ARG V\nFROM a:${V:-2}", "preamble 1\n0* < - a 2 -"),
        ("ARG V\nFROM a:$V", "preamble 1\n0* < - a ? ?"),
        ("ARG V=1\nARG W=$V-x\nFROM a:$W", "preamble 2\n0* < - a 1-x -"),
        ("FROM a:$V", "0* < - a ? ?"),
        ("FROM $I", "0* < ? ? ? ?"),
        ("FROM r.io/$I", "0* < r.io ? ? ?"),
        ("FROM $R/a", "0* < ? ? - -"),
        ("FROM a:$V@sha256:$D", "0* < - a ? ?"),
        ("FROM a:${V:-x/y@z}$W", "0* < a:x a:x/y - ?"),
        ("FROM --platform=$TARGETPLATFORM a-$TARGETARCH", "0* < ? ? ? ?"),
        ("FROM scratch", "0* < scratch"),
        ("FROM 0", "0* < - 0 - -"),
        ("FROM a AS Build\nFROM BUILD", "0* Build < - a - -\n1* < #0"),
        ("FROM a AS b\nFROM b\nFROM c", "0 b < - a - -\n1 < #0\n2* < - c - -"),
        ("FROM a AS x\nFROM b AS x\nFROM x", "0 x < - a - -\n1* x < - b - -\n2* < #1"),
        // A stage does not see itself: its name is an image there.
        ("FROM a AS a", "0* a < - a - -"),
        ("FROM a AS x\nFROM x AS x\nFROM x", "0* x < - a - -\n1* x < #0\n2* < #1"),
        ("ARG S=x\nFROM a AS x\nFROM $S", "preamble 1\n0* x < - a - -\n1* < #0"),
        ("FROM UPPER", "0* < - UPPER - - !UpperCase"),
        ("ENV A=1\nFROM a:$A", "preamble 1\n0* < - a ? ?"),
        ("FROM a\nARG V=1\nFROM b:$V", "0 < - a - -\n1* < - b ? ?"),
        ("FROM ${x", "0* < ?"),
    ] {
        assert_eq!(stages(text), expected, "{text}");
    }
}

#[test]
fn what_a_stage_sets_is_inherited_by_those_built_from_it() {
    let text = "FROM a AS base\nUSER u\nWORKDIR /w\nSHELL [\"bash\", \"-c\"]\nHEALTHCHECK NONE\nONBUILD USER o\n\
        FROM base AS mid\nUSER v\nFROM mid\nCMD run\nFROM z";
    let expected = "0 base < - a - - SHELL=[\"bash\", \"-c\"] USER=u WORKDIR=/w HEALTHCHECK=NONE\n\
        1 mid < #0 SHELL=[\"bash\", \"-c\"] USER=v WORKDIR=/w HEALTHCHECK=NONE\n\
        2 < #1 SHELL=[\"bash\", \"-c\"] USER=v WORKDIR=/w CMD=run HEALTHCHECK=NONE\n\
        3* < - z - -";
    assert_eq!(stages(text), expected);
}

#[test]
fn an_instruction_sees_what_stands_before_it() {
    let dockerfile = parse(
        FileId(0),
        "FROM a AS b\nRUN 1\nSHELL [\"x\"]\nRUN 2\nFROM b\nRUN 3\nSHELL [\"y\"]\nONBUILD RUN 4\nFROM c\nRUN 5",
    );
    let build = Build::new(&dockerfile);
    let mut seen = Vec::new();
    for instruction in dockerfile.instructions.iter().map(Instruction::triggered) {
        if instruction.keyword == Keyword::Run {
            let shell = build.shell_at(instruction).map_or("-", |words| words[0].as_str());
            let stage = build.stage_of(instruction).map_or(99, |stage| stage.index);
            seen.push(format!("{} {stage} {shell}", instruction.body.as_str()));
        }
    }
    assert_eq!(seen, ["1 0 -", "2 0 x", "3 1 x", "4 1 y", "5 2 -"]);
}

/// What the words of the file's LABELs are after expansion, unknown references listed after `?`.
fn labels(text: &str) -> Vec<String> {
    let dockerfile = parse(FileId(0), text);
    let build = Build::new(&dockerfile);
    let mut shown = Vec::new();
    for instruction in dockerfile.instructions.iter().filter(|it| it.keyword == Keyword::Label) {
        let variables = build.variables_at(instruction);
        for pair in instruction.pairs() {
            let Expanded { text, unknown, .. } = variables.expand(pair.value.as_ref().unwrap());
            let names: Vec<&str> = unknown.iter().map(|unknown| unknown.name.as_str()).collect();
            shown.push(if names.is_empty() { text } else { format!("{text} ?{}", names.join(" ?")) });
        }
    }
    shown
}

#[test]
fn variables_hold_from_where_they_are_set() {
    for (text, expected) in [
        ("ARG A=1\nFROM x\nLABEL l=$A", vec!["$A ?A"]),
        ("ARG A=1\nFROM x\nARG A\nLABEL l=$A", vec!["1"]),
        ("ARG A=1\nFROM x\nARG A=2\nLABEL l=$A", vec!["2"]),
        ("FROM x\nLABEL l=$A\nARG A=1\nLABEL l=$A", vec!["$A ?A", "1"]),
        ("FROM x\nARG A=1\nENV A=2\nLABEL l=$A", vec!["2"]),
        ("FROM x\nENV A=2\nARG A\nLABEL l=$A", vec!["2"]),
        ("FROM x\nENV A=1 B=$A\nENV C=$A\nLABEL l=$B m=$C", vec!["$B ?B", "1"]),
        ("FROM x\nARG A=1 B=$A\nLABEL l=$B", vec!["1"]),
        ("FROM x AS b\nENV A=1\nARG C=1\nFROM b\nLABEL l=$A m=$C", vec!["1", "1"]),
        ("FROM x AS b\nENV A=1\nFROM b\nENV A=2\nFROM b\nLABEL l=$A", vec!["1"]),
        ("FROM x\nARG A\nLABEL l=${A:-d} m=$A", vec!["d", "$A ?A"]),
        // The image may bring the variable; scratch brings none.
        ("FROM x\nLABEL l=${A:-d}", vec!["${A:-d} ?A"]),
        ("FROM scratch\nLABEL l=${A:-d} m=${PATH:-d}", vec!["d", "${PATH:-d} ?PATH"]),
        ("FROM x\nARG TARGETARCH\nLABEL l=${TARGETARCH:-d}", vec!["${TARGETARCH:-d} ?TARGETARCH"]),
        ("FROM x\nENV A=$U-1\nLABEL l=$A", vec!["$A ?A"]),
        ("FROM x\nENV A one two\nLABEL l=$A", vec!["one two"]),
        ("FROM x\nONBUILD ENV A=1\nLABEL l=$A", vec!["$A ?A"]),
        ("ENV A=1\nLABEL l=$A", vec!["1"]),
    ] {
        assert_eq!(labels(text), expected, "{text}");
    }
}

#[test]
fn values_that_double_are_unknown_before_they_fill_memory() {
    let mut text = "FROM scratch\nENV A=0123456789\n".to_owned();
    text.push_str(&"ENV A=$A$A\n".repeat(100));
    text.push_str("LABEL l=$A");
    assert_eq!(labels(&text), ["$A ?A"]);
}

/// `text => target` for each reference to another stage or image.
fn sources(text: &str) -> Vec<String> {
    let dockerfile = parse(FileId(0), text);
    let build = Build::new(&dockerfile);
    let show = |source: SourceRef<'_>| {
        let target = match &source.target {
            SourceTarget::Stage(index) => format!("#{index}"),
            SourceTarget::NoSuchIndex(index) => format!("no #{index}"),
            SourceTarget::Scratch => "scratch".to_owned(),
            SourceTarget::Image(image) => show_image(image),
            SourceTarget::Unknown => "?".to_owned(),
        };
        format!("{}: {} => {target}", source.stage, source.span().slice(text))
    };
    build.copy_sources().into_iter().map(show).collect()
}

#[test]
fn references_to_stages_and_images_are_resolved() {
    for (copy, expected) in [
        ("COPY --from=one a b", vec!["1: one => #0"]),
        ("COPY --from=ONE a b", vec!["1: ONE => #0"]),
        ("COPY --from=0 a b", vec!["1: 0 => #0"]),
        ("COPY --from=two a b", vec!["1: two => #1"]),
        ("COPY --from=7 a b", vec!["1: 7 => no #7"]),
        ("COPY --from=-1 a b", vec!["1: -1 => - -1 - - !Repository"]),
        ("COPY --from=r.io/i:1 a b", vec!["1: r.io/i:1 => r.io r.io/i 1 -"]),
        ("COPY --from=$X a b", vec!["1: $X => ?"]),
        ("COPY --chown=1 \\\n  --from=\"one\" a b", vec!["1: one => #0"]),
        ("COPY a b", vec![]),
        ("COPY --from a b", vec![]),
        ("ADD --from=one a b", vec!["1: one => #0"]),
        ("ONBUILD COPY --from=one a b", vec!["1: one => #0"]),
        ("RUN --mount=type=cache,target=/x make", vec![]),
        ("RUN --mount=from=one,target=/a --mount=target=/b,from=i:2 make", vec!["1: one => #0", "1: i:2 => - i 2 -"]),
        // Mounts know names only.
        ("RUN --mount=from=0,target=/a make", vec!["1: 0 => - 0 - -"]),
        ("RUN --mount=from=scratch,target=/a make", vec!["1: scratch => scratch"]),
    ] {
        let text = format!("FROM a AS one\nFROM b AS two\n{copy}\n");
        assert_eq!(sources(&text), expected, "{copy}");
    }
}

#[test]
fn spans_point_to_the_parts_of_an_image() {
    for (text, tag, registry) in [
        ("FROM r.io/a:latest", "latest", "r.io"),
        ("FROM \"r.io/a:latest\"", "latest", "r.io"),
        ("FROM r.io/a:la\\\ntest", "la\\\ntest", "r.io"),
        ("FROM a", "a", "a"),
        ("ARG V=latest\nFROM a:$V", "a:$V", "a:$V"),
    ] {
        let dockerfile = parse(FileId(0), text);
        let build = Build::new(&dockerfile);
        let Base::Image(image) = &build.final_stage().unwrap().base else { panic!("{text} has an image") };
        assert_eq!((image.tag_span().slice(text), image.registry_span().slice(text)), (tag, registry), "{text}");
    }
}

#[test]
fn a_long_chain_of_stages_ends() {
    let stages: Vec<String> = (1..2_000).map(|index| format!("FROM s{} AS s{index}", index - 1)).collect();
    let text = format!("FROM scratch AS s0\nENV A=1\nUSER u\n{}\nLABEL l=$A", stages.join("\n"));
    assert_eq!(labels(&text), ["$A ?A"]);
    let dockerfile = parse(FileId(0), &text);
    let build = Build::new(&dockerfile);
    let last = build.final_stage().unwrap();
    assert_eq!(build.user(last).map(|user| user.body.as_str()), Some("u"));
    assert!(matches!(build.root_base(last), Base::Scratch));
    assert_eq!(build.ancestors(last).count(), 1_999);
}

#[test]
fn a_text_expands_like_a_word() {
    let dockerfile = parse(FileId(0), "FROM scratch\nENV A=1\nRUN x");
    let build = Build::new(&dockerfile);
    let mut text = Text::empty(FileId(0), 0);
    text.text.push_str("a$A");
    let variables = build.variables_at(&dockerfile.instructions[2]);
    assert_eq!(variables.expand_text(&text).known(), Some("a1"));
    assert_eq!(variables.declaration("A").map(|it| it.pair.key.as_str()), Some("A"));
    assert!(variables.declaration("B").is_none());
}

/// One line for each RUN: form, stage, whether it is complete, and the words of each command, which must be where their
/// spans say.
fn runs(text: &str) -> String {
    let dockerfile = parse(FileId(0), text);
    let build = Build::new(&dockerfile);
    let mut lines = Vec::new();
    for run in build.runs() {
        let mut line = format!("{:?} {}{}", run.form, run.stage, if run.is_final { "*" } else { "" });
        if !run.script.complete {
            line += " ?";
        }
        for (index, command) in run.script.commands.iter().enumerate() {
            let call = run.call(index, command);
            let words: Vec<&str> = call.command.args.iter().map(|word| word.text.as_str()).collect();
            line += format!(" | {} {}", run.program(command).unwrap_or_default(), words.join(" ")).trim_end();
            line += if call.open { " …" } else { "" };
            line += if run.script.pipefail_at(index) { " +p" } else { "" };
            line += if run.script.errexit_at(index) { " +e" } else { "" };
            for word in command.name.iter().chain(&command.args).filter(|word| !word.quoted && !word.has_expansion) {
                let written = text.get(word.span.start as usize..word.span.end as usize);
                assert_eq!(written, Some(word.text.as_str()), "{text}");
            }
        }
        lines.push(line);
    }
    lines.join("\n")
}

#[test]
fn runs_are_read_for_the_shell_that_runs_them() {
    for (text, expected) in [
        ("FROM a\nRUN b c && d", "Shell 0* | b c | d"),
        ("RUN b \\\n # note\n  c", "Shell 0* | b c"),
        ("FROM a AS x\nRUN b\nFROM a\nONBUILD RUN c", "Shell 0 | b\nShell 1* | c"),
        ("FROM a AS x\nRUN b\nFROM x\nRUN c", "Shell 0* | b\nShell 1* | c"),
        ("RUN [\"b\", \"c d\", \"it's\"]", "Exec 0* | b c d it's"),
        ("RUN [\"sh\", \"-c\", \"b && c\"]", "Exec 0* | b | c"),
        ("RUN [\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\", \"b\"]", "Exec 0* | b +p +e"),
        ("SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN b", "Shell 0* | b +p"),
        ("SHELL [\"/usr/bin/env\", \"bash\", \"-ec\"]\nRUN b", "Shell 0* | b +e"),
        ("SHELL [\"powershell\", \"-Command\"]\nRUN b", "Foreign 0* ?"),
        ("SHELL [\"cmd.exe\", \"/c\"]\nRUN b", "Foreign 0* ?"),
        ("FROM mcr.microsoft.com/windows/nanoserver:1809\nRUN b", "Foreign 0* ?"),
        ("FROM golang:1.23-nanoserver\nRUN b", "Foreign 0* ?"),
        ("RUN <<EOF\nb c\nd\nEOF", "Heredoc 0* | b c | d"),
        ("RUN <<-EOF\n\tb c\n\tEOF", "Heredoc 0* | b c"),
        ("RUN <<EOF\n#!/bin/bash -e\nb\nEOF", "Heredoc 0* | b +e"),
        ("RUN <<EOF\n#!/usr/bin/env python3\nb\nEOF", "Foreign 0* ?"),
        ("RUN <<EOF bash\nb c\nEOF", "Shell 0* | bash | b c"),
        ("RUN python3 <<EOF\nb c\nEOF", "Shell 0* | python3"),
        ("RUN cat <<A > /x && b <<B\none\nA\ntwo\nB", "Shell 0* | cat | b"),
        ("ARG V=1\nENV P=\"x y\"\nRUN b $P c=${V} \"$P\"", "Shell 0* | b x y c=1 x y"),
        ("ARG V\nRUN b $V c=$V", "Shell 0* | b $V c=$V …"),
        ("ARG T=pip\nRUN $T install x", "Shell 0* | pip install x"),
        ("FROM a\n{{ if x }}\nRUN b\n{{ end }}", "Shell 0* ? | b"),
    ] {
        assert_eq!(runs(text), expected, "{text}");
    }
}

#[test]
fn mounts_and_deletions_cover_folders() {
    for (text, path, mounted, deleted) in [
        ("RUN --mount=type=cache,target=/var/cache/apk a", "/var/cache/apk", true, false),
        ("RUN --mount=target=/var/cache/apk/,type=cache a", "/var/cache/apk", true, false),
        ("RUN --mount=dst=/var/cache,type=tmpfs a", "/var/cache/apk", true, false),
        ("RUN --mount=type=cache,destination=/var/cache/apk2 a", "/var/cache/apk", false, false),
        ("RUN --mount=type=secret,target=/var/cache/apk a", "/var/cache/apk", false, false),
        ("ARG D=/var/cache\nRUN --mount=type=cache,target=$D/apk a", "/var/cache/apk", true, false),
        ("ARG D\nRUN --mount=type=cache,target=$D a", "/var/cache/apk", true, false),
        ("RUN --mount=type=cache,target=/home/app/.cache/pip a", ".cache/pip", true, false),
        ("RUN --mount=type=cache,target=/root/.cache a", ".cache/pip", true, false),
        ("RUN --mount=type=cache,target=/root/.cache/npm a", ".cache/pip", false, false),
        ("RUN a; rm -rf /var/lib/apt/lists/*", "/var/lib/apt/lists", false, true),
        ("RUN a; rm -rf /var/lib/apt", "/var/lib/apt/lists", false, true),
        ("RUN a; rm -rf /var/lib/{apt,dpkg}/", "/var/lib/apt/lists", false, true),
        ("RUN a; rm -rf /var/lib/apt/lists/partial", "/var/lib/apt/lists", false, false),
        ("RUN a; rm -rf $DIRS", "/var/lib/apt/lists", false, true),
        ("RUN a; find /var/lib/apt/lists -type f -delete", "/var/lib/apt/lists", false, true),
        ("RUN a; find /var/lib/apt/lists -type f", "/var/lib/apt/lists", false, false),
        ("RUN a; rm -rf /var/cache/libdnf5*", "/var/cache/libdnf5", false, true),
        ("RUN a; rm -rf ~/.cache/*", ".cache/pip", false, true),
        ("RUN a; echo rm -rf /", "/var/lib/apt/lists", false, false),
    ] {
        let dockerfile = parse(FileId(0), text);
        let build = Build::new(&dockerfile);
        let runs = build.runs();
        let shown: Vec<_> =
            runs.iter().map(|run| (run.has_cache_mount(path), run.last_deletion(path).is_some())).collect();
        assert_eq!(shown, [(mounted, deleted)], "{text}");
    }
}
