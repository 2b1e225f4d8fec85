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
