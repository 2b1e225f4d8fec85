use super::*;

/// One line for each instruction, then one for each error (`!`).
fn dump(text: &str) -> String {
    let dockerfile = parse(FileId(0), text);
    let mut lines: Vec<String> = dockerfile.instructions.iter().map(show).collect();
    lines.extend(dockerfile.errors.iter().map(|error| format!("! {}", error.message)));
    lines.join("\n")
}

/// `KEYWORD --flags arguments heredocs`: JSON words in brackets, blank-separated ones with `|` between them, shell text
/// as it is, `~` for invalid JSON and for each empty continuation.
fn show(instruction: &Instruction) -> String {
    let mut shown = vec![instruction.keyword.name().to_owned()];
    shown.extend(instruction.flags.iter().map(|flag| match &flag.value {
        Some(value) => format!("--{}={}", flag.name, value.as_str()),
        None => format!("--{}", flag.name),
    }));
    shown.extend(instruction.invalid_json.map(|_| "~json".to_owned()));
    match &instruction.args {
        Args::None => {}
        Args::Exec(words) => shown.push(format!("[{}]", values(words))),
        Args::Shell => shown.push(instruction.body.text.clone()),
        Args::Words(words) => shown.push(values(words)),
        Args::Pairs(pairs) => shown.extend(pairs.iter().map(|pair| {
            let separator = if pair.form == PairForm::Legacy { " := " } else { "=" };
            let value = pair.value.as_ref().map(|value| format!("{separator}{}", value.as_str()));
            format!("{}{};", pair.key.as_str(), value.unwrap_or_default())
        })),
        Args::From(from) => {
            let words = [Some(&from.image), from.as_keyword.as_ref(), from.name.as_ref()];
            shown.extend(words.into_iter().flatten().map(|word| word.as_str().to_owned()));
        }
        Args::Healthcheck(check) => {
            shown.push(check.kind.as_str().to_owned());
            shown.extend(match &check.command {
                Some(HealthcheckCommand::Exec(words)) => Some(format!("[{}]", values(words))),
                Some(HealthcheckCommand::Shell(text)) => Some(text.text.clone()),
                None => None,
            });
        }
        Args::Onbuild(inner) => shown.push(show(inner)),
    }
    shown.extend(instruction.heredocs.iter().map(|heredoc| {
        let tabs = if heredoc.strip_tabs { "-" } else { "" };
        let expand = if heredoc.expand { "$" } else { "" };
        let fd = heredoc.fd.map(|fd| fd.to_string()).unwrap_or_default();
        format!("{{{fd}<<{tabs}{}{expand} {:?}}}", heredoc.name, heredoc.content.text)
    }));
    shown.extend(instruction.empty_continuations.iter().map(|_| "~blank".to_owned()));
    shown.join(" ")
}

fn values(words: &[Word]) -> String {
    words.iter().map(Word::as_str).collect::<Vec<_>>().join("|")
}

const CASES: &[(&str, &str)] = &[
    // Keywords.
    ("", ""),
    ("\n \n# only a comment\n", ""),
    ("from a\nRun b\ncMd c", "FROM a\nRUN b\nCMD c"),
    ("  FROM a\n\tRUN b  ", "FROM a\nRUN b"),
    ("FROM\ta", "FROM a"),
    ("FRM a\nRUN b", "UNKNOWN\nRUN b\n! unknown instruction `FRM`"),
    ("FROM a\r\nRUN b \\\r\n  c\r\n", "FROM a\nRUN b   c"),
    ("\u{feff}FROM a", "FROM a"),
    ("STOPSIGNAL SIGTERM\nMAINTAINER A B <c@d>", "STOPSIGNAL SIGTERM\nMAINTAINER A B <c@d>"),
    ("USER\nEXPOSE 80", "USER\nEXPOSE 80\n! USER has no arguments"),
    ("RUN\nCMD\nENTRYPOINT", "RUN\nCMD\nENTRYPOINT"),
    // Continuation.
    ("RUN a \\\n b \\\nc", "RUN a  b c"),
    ("RUN a \\ \t\n b", "RUN a  b"),
    ("RUN a \\\\\nUSER b", "RUN a \\\\\nUSER b"),
    ("RUN a\\\nb", "RUN ab"),
    ("RUN a \\\n\\\n  \\\n b", "RUN a    b"),
    ("\\\nRUN a", "RUN a"),
    ("RU\\\nN a", "RUN a"),
    ("RUN a \\", "RUN a"),
    ("RUN a \\\n", "RUN a"),
    ("\\\n", "! a continued line without an instruction"),
    // Comments and blank lines inside.
    ("RUN a && \\\n# no\n  # no \\\n\n \t\n b", "RUN a &&  b ~blank ~blank"),
    ("RUN a \\\n# no\nUSER b", "RUN a USER b"),
    ("RUN a # not a comment\n#c\nUSER b", "RUN a # not a comment\nUSER b"),
    ("RUN a \\\n\n", "RUN a ~blank"),
    // Heredocs.
    ("RUN <<EOF\na\nb\nEOF\nUSER u", "RUN <<EOF {<<EOF$ \"a\\nb\\n\"}\nUSER u"),
    ("RUN cat <<EOF > /x && y\na\nEOF", "RUN cat <<EOF > /x && y {<<EOF$ \"a\\n\"}"),
    ("RUN a \\\n  b <<E\n# body\n\nx \\\nE\nCMD c", "RUN a   b <<E {<<E$ \"# body\\n\\nx \\\\\\n\"}\nCMD c"),
    ("RUN <<A cat <<B\n1\nA\n2\nB", "RUN <<A cat <<B {<<A$ \"1\\n\"} {<<B$ \"2\\n\"}"),
    ("RUN <<-E\n\ta\n \tb\n\tE\nUSER u", "RUN <<-E {<<-E$ \"a\\n \\tb\\n\"}\nUSER u"),
    ("RUN <<E\n\tE\n E\nE \nE", "RUN <<E {<<E$ \"\\tE\\n E\\nE \\n\"}"),
    ("RUN <<'E'\n$x\nE", "RUN <<'E' {<<E \"$x\\n\"}"),
    ("RUN <<\"E\"\nE", "RUN <<\"E\" {<<E \"\"}"),
    ("RUN <<\\EOT\nEOT", "RUN <<\\EOT {<<EOT \"\"}"),
    ("COPY <<\\EOT /x\nEOT", "COPY <<EOT|/x {<<EOT$ \"\"}"),
    ("RUN <<'E O'\nE O", "RUN <<'E O' {<<E O \"\"}"),
    ("RUN << EOF\nEOF", "RUN << EOF {<<EOF$ \"\"}"),
    ("RUN 3<<EOF x\nEOF", "RUN 3<<EOF x {3<<EOF$ \"\"}"),
    ("RUN <<EOF bash\nEOF\nUSER u", "RUN <<EOF bash {<<EOF$ \"\"}\nUSER u"),
    ("RUN python3 <<EOF\n#!x\nEOF", "RUN python3 <<EOF {<<EOF$ \"#!x\\n\"}"),
    ("RUN --mount=type=cache,target=/x <<E\na\nE", "RUN --mount=type=cache,target=/x <<E {<<E$ \"a\\n\"}"),
    (
        "COPY <<a.txt <<b.txt /d/\n1\na.txt\n2\nb.txt",
        "COPY <<a.txt|<<b.txt|/d/ {<<a.txt$ \"1\\n\"} {<<b.txt$ \"2\\n\"}",
    ),
    ("ADD <<E /x\nE", "ADD <<E|/x {<<E$ \"\"}"),
    ("ONBUILD RUN <<E\na\nE\nUSER u", "ONBUILD RUN <<E {<<E$ \"a\\n\"}\nUSER u"),
    ("RUN <<E\r\na\r\nE\r\nUSER u", "RUN <<E {<<E$ \"a\\r\\n\"}\nUSER u"),
    ("RUN cat <<<word\nUSER u", "RUN cat <<<word\nUSER u"),
    ("RUN echo $((1<<2)) a<<b\nUSER u", "RUN echo $((1<<2)) a<<b\nUSER u"),
    ("RUN echo \"<<EOF\" '<<EOF' \\<<EOF\nUSER u", "RUN echo \"<<EOF\" '<<EOF' \\<<EOF\nUSER u"),
    ("RUN [\"cat\", \"<<EOF\"]\nUSER u", "RUN [cat|<<EOF]\nUSER u"),
    ("RUN it's <<EOF\nUSER u", "RUN it's <<EOF\nUSER u"),
    ("RUN echo ${x^^} <<EOF\nUSER u", "RUN echo ${x^^} <<EOF\nUSER u"),
    (
        "RUN echo ${x:-'a b'} ${y#\\}} ${z/a/b} <<E\nE\nUSER u",
        "RUN echo ${x:-'a b'} ${y#\\}} ${z/a/b} <<E {<<E$ \"\"}\nUSER u",
    ),
    ("CMD cat <<EOF\nUSER u", "CMD cat <<EOF\nUSER u"),
    ("RUN <<A <<B\nx\nUSER u", "RUN <<A <<B {<<A$ \"x\\nUSER u\"}\n! the heredoc `A` is not terminated"),
    ("RUN <<E", "RUN <<E {<<E$ \"\"}\n! the heredoc `E` is not terminated"),
    // Windows.
    (
        "# escape=`\nRUN dir C:\\\nCOPY a C:\\b\\\nRUN x `\n  y\nENV A=`\"b c`\"",
        "RUN dir C:\\\nCOPY a|C:\\b\\\nRUN x   y\nENV A=\"b;\n! `c`\"` is not of the form name=value",
    ),
    ("COPY a C:\\\nUSER b", "COPY a|C:USER|b"),
    // JSON and shell forms.
    ("RUN [\"a\", \"b c\"]", "RUN [a|b c]"),
    ("CMD [ ]\nENTRYPOINT []", "CMD []\nENTRYPOINT []"),
    ("CMD [\"a\" , \\\n \"b\" ]", "CMD [a|b]"),
    ("CMD [\"\\u0041\\n\\\"\\\\\\/\\ud83d\\ude00\\ud800\"]", "CMD [A\n\"\\/\u{1f600}\u{fffd}]"),
    ("CMD ['a']", "CMD ~json ['a']"),
    ("CMD [\"a\",]", "CMD ~json [\"a\",]"),
    ("CMD [\"a\" \"b\"]", "CMD ~json [\"a\" \"b\"]"),
    ("CMD [\"a\"] b", "CMD ~json [\"a\"] b"),
    ("CMD [\"a", "CMD ~json [\"a"),
    ("RUN [ -f x ] && y", "RUN ~json [ -f x ] && y"),
    ("CMD [\"C:\\x\"]", "CMD ~json [\"C:\\x\"]"),
    ("CMD [1, \"a\"]", "CMD ~json [1, \"a\"]\n! a JSON array of arguments may hold strings only"),
    ("COPY [\"a b\", \"c\"]\nVOLUME [\"/x\"]", "COPY [a b|c]\nVOLUME [/x]"),
    ("COPY ['a', 'b']", "COPY ~json [a,|b]"),
    ("SHELL [\"bash\", \"-c\"]", "SHELL [bash|-c]"),
    ("SHELL bash -c", "SHELL bash -c\n! SHELL takes a JSON array of strings"),
    // Pairs.
    ("ENV a=1 b=\"x y\" c='z w' d=q\\ r e=", "ENV a=1; b=x y; c=z w; d=q r; e=;"),
    ("ENV a b c\\ d", "ENV a := b c d;"),
    ("ENV a  \"b  c\"", "ENV a := b  c;"),
    ("ENV a", "ENV\n! ENV needs a name and a value"),
    ("ENV a=1 b", "ENV a=1;\n! `b` is not of the form name=value"),
    ("ENV =1 a=2", "ENV a=2;\n! ENV names cannot be blank"),
    ("ENV a='it''s' b=\"it's\" c=\"\\\"\"", "ENV a=its; b=it's; c=\";"),
    ("ENV a=\"${x:-b c}\" b=${y:-'c'}", "ENV a=${x:-b c}; b=${y:-'c'};"),
    ("LABEL \"a.b\"=\"c\" \\\n  d=e", "LABEL a.b=c; d=e;"),
    ("LABEL a b c", "LABEL a := b c;"),
    ("ARG a=1 b c=\"d e\"", "ARG a=1; b; c=d e;"),
    ("ARG =1", "ARG\n! ARG names cannot be blank"),
    // Words.
    ("COPY a  b\tc d/", "COPY a|b|c|d/"),
    ("COPY a", "COPY a\n! COPY needs a source and a destination"),
    ("EXPOSE 80/tcp 443\nVOLUME /a /b", "EXPOSE 80/tcp|443\nVOLUME /a|/b"),
    ("WORKDIR /a b", "WORKDIR /a b"),
    ("USER \"a b\"", "USER a b"),
    // FROM.
    ("FROM --platform=linux/amd64 a aS B", "FROM --platform=linux/amd64 a aS B"),
    ("FROM a b c\nRUN x", "FROM a\nRUN x\n! FROM takes an image, or an image, AS and a name"),
    ("FROM a AS", "FROM a AS\n! FROM takes an image, or an image, AS and a name"),
    ("FROM a AS 1b", "FROM a AS 1b\n! `1b` is not a stage name"),
    ("FROM", "FROM\n! FROM has no arguments"),
    // HEALTHCHECK.
    ("HEALTHCHECK none", "HEALTHCHECK none"),
    ("HEALTHCHECK --interval=5m CMD curl -f x", "HEALTHCHECK --interval=5m CMD curl -f x"),
    ("HEALTHCHECK CMD [\"a\", \"b\"]", "HEALTHCHECK CMD [a|b]"),
    ("HEALTHCHECK CMD ['a']", "HEALTHCHECK ~json CMD ['a']"),
    ("HEALTHCHECK CMD", "HEALTHCHECK CMD\n! HEALTHCHECK CMD has no command"),
    ("HEALTHCHECK NONE x", "HEALTHCHECK NONE\n! HEALTHCHECK NONE takes no arguments"),
    ("HEALTHCHECK TCP 80", "HEALTHCHECK TCP\n! `TCP` is neither CMD nor NONE"),
    // ONBUILD.
    ("ONBUILD COPY --from=x a b", "ONBUILD COPY --from=x a|b"),
    ("ONBUILD ONBUILD RUN x", "ONBUILD ONBUILD RUN x"),
    ("ONBUILD ONBUILD ONBUILD ONBUILD RUN x", "ONBUILD ONBUILD ONBUILD"),
    ("ONBUILD RNU x", "ONBUILD UNKNOWN\n! unknown instruction `RNU`"),
    ("ONBUILD", "ONBUILD\n! ONBUILD has no arguments"),
    // Flags.
    (
        "RUN --network=none --security=insecure --device=x a --b",
        "RUN --network=none --security=insecure --device=x a --b",
    ),
    (
        "COPY --link --parents --exclude=*.a --exclude=*.b --chmod=0755 a b",
        "COPY --link --parents --exclude=*.a --exclude=*.b --chmod=0755 a|b",
    ),
    ("ADD --checksum=sha256:0 --keep-git-dir=true a b", "ADD --checksum=sha256:0 --keep-git-dir=true a|b"),
    ("RUN --mount=\"type=bind,target=/a b\" x", "RUN --mount=type=bind,target=/a b x"),
    ("CMD -- --x y", "CMD --x y"),
    ("RUN \\\n  --mount=type=ssh \\\n  x", "RUN --mount=type=ssh x"),
    ("RUN --x", "RUN --x"),
];

#[test]
fn instructions_fall_into_their_parts() {
    for (text, expected) in CASES {
        assert_eq!(dump(text), *expected, "{text}");
    }
}

#[test]
fn directives_stand_at_the_very_top() {
    for (text, expected) in [
        (
            "# syntax=docker/dockerfile:1\n#escape = `\n# check=skip=A;error=true\nFROM a",
            "syntax:docker/dockerfile:1 escape:` check:skip=A;error=true",
        ),
        ("\u{feff}# syntax=x\n", "syntax:x"),
        ("  # SYNTAX=x \r\nFROM a", "syntax:x"),
        ("# a comment\n# escape=`\nFROM a", ""),
        ("\n# escape=`\nFROM a", ""),
        ("FROM a\n# escape=`", ""),
        ("# other=x\n# escape=`\nFROM a", ""),
        ("## escape=`\nFROM a", ""),
        ("# escape=\nFROM a", ""),
        ("#!/bin/x\n# escape=`\nFROM a", ""),
        ("# escape=`\n# escape=\\\nFROM a", "escape:` escape:\\ ! the `escape` directive is given twice"),
        ("# escape=x\nFROM a", "escape:x ! `x` is not an escape character (\\ or `)"),
    ] {
        let dockerfile = parse(FileId(0), text);
        let directives = dockerfile.directives.iter().map(|it| {
            assert_eq!(it.value_span.slice(text), it.value, "{text}");
            assert!(it.span.slice(text).starts_with('#') && it.span.contains(it.value_span), "{text}");
            format!("{}:{}", it.name, it.value)
        });
        let errors = dockerfile.errors.iter().map(|error| format!("! {}", error.message));
        assert_eq!(directives.chain(errors).collect::<Vec<_>>().join(" "), expected, "{text}");
        let escape = if expected.starts_with("escape:`") || expected.contains(" escape:` ") { '`' } else { '\\' };
        assert_eq!(dockerfile.escape, escape, "{text}");
    }
}

#[test]
fn comments_keep_their_places() {
    let text = "# top\nFROM a\n\n# one\n  # two\nRUN a \\\n # in\n b <<E\n# body\nE\n# end";
    let dockerfile = parse(FileId(0), text);
    let slices = |comments: &[Comment]| comments.iter().map(|it| it.span.slice(text).to_owned()).collect::<Vec<_>>();
    assert_eq!(slices(&dockerfile.comments), ["# top", "# one", "# two", "# in", "# end"]);
    assert_eq!(slices(dockerfile.comments_before(0)), ["# top"]);
    assert_eq!(slices(dockerfile.comments_before(1)), ["# one", "# two"]);
    assert_eq!(slices(dockerfile.comments_in(dockerfile.instructions[1].span)), ["# in"]);
    assert!(dockerfile.comments_before(2).is_empty());
}

#[test]
fn templates_are_recognised_where_no_dockerfile_could_stand() {
    for (text, expected) in [
        ("{{ include \"base\" }}\nRUN x", true),
        ("ARG A\n{% if x %}\nFROM a\n{% endif %}", true),
        ("<%= base %>\nRUN x", true),
        ("@@BASE@@\nRUN x", true),
        ("FROM a\nRUN {{ insert(\"x\", [\n  \"a\": 1\n]) }}", true),
        ("FROM a\n{{- if .X }}\nRUN x\n{{- end }}", true),
        ("FROM {{ .Base }}\nRUN x", true),
        ("FROM a\nRUN docker ps --format '{{.Names}}'", false),
        ("RUN docker ps --format '{{.Names}}'", false),
        ("FROM {{.Base}}", false),
        ("FRM a\nRUN echo '{{'", false),
    ] {
        assert_eq!(parse(FileId(0), text).is_template, expected, "{text}");
    }
}

/// The source of every part of the last instruction.
fn slices(text: &str) -> Vec<String> {
    let dockerfile = parse(FileId(0), text);
    let mut spans = Vec::new();
    collect_spans(dockerfile.instructions.last().unwrap(), &mut spans);
    spans.into_iter().map(|(name, span)| format!("{name} {}", span.slice(text))).collect()
}

fn collect_spans(instruction: &Instruction, spans: &mut Vec<(&'static str, Span)>) {
    let mut put = |name, span| spans.push((name, span));
    put("span", instruction.span);
    put("head", instruction.head);
    put("keyword", instruction.keyword_span);
    for flag in &instruction.flags {
        put("flag", flag.span);
        put("name", flag.name_span);
        flag.value.iter().for_each(|value| put("value", value.span()));
        for entry in flag.mount().iter().flat_map(|mount| &mount.entries) {
            put("key", entry.key_span);
            entry.value.iter().for_each(|value| put("entry", value.span()));
        }
    }
    put("body", instruction.body.span());
    instruction.invalid_json.iter().for_each(|&span| put("json", span));
    instruction.empty_continuations.iter().for_each(|&span| put("blank", span));
    for word in instruction.words() {
        put("word", word.span());
        put("text", word.value.span());
    }
    for pair in instruction.pairs() {
        put("pair", pair.span);
        put("key", pair.key.span());
        pair.value.iter().for_each(|value| put("value", value.span()));
    }
    for heredoc in &instruction.heredocs {
        put("operator", heredoc.operator);
        put("heredoc", heredoc.span);
        put("content", heredoc.content.span());
        heredoc.terminator.iter().for_each(|&span| put("end", span));
    }
    match &instruction.args {
        Args::From(from) => {
            let words = [Some(&from.image), from.as_keyword.as_ref(), from.name.as_ref()];
            words.into_iter().flatten().for_each(|word| put("from", word.span()));
        }
        Args::Healthcheck(check) => {
            put("kind", check.kind.span());
            match &check.command {
                Some(HealthcheckCommand::Exec(words)) => words.iter().for_each(|word| put("word", word.span())),
                Some(HealthcheckCommand::Shell(text)) => put("shell", text.span()),
                None => {}
            }
        }
        Args::Onbuild(inner) => collect_spans(inner, spans),
        _ => {}
    }
}

#[test]
fn spans_cut_the_parts_out_of_the_source() {
    for (text, expected) in [
        (
            " FROM --platform=x img:1 \\\n  As Two \n",
            vec![
                "span FROM --platform=x img:1 \\\n  As Two",
                "head FROM --platform=x img:1 \\\n  As Two",
                "keyword FROM",
                "flag --platform=x",
                "name platform",
                "value x",
                "body img:1 \\\n  As Two",
                "from img:1",
                "from As",
                "from Two",
            ],
        ),
        (
            "COPY \\\n# c\n  \"a\" \\\n\n  b\\\nc d",
            vec![
                "span COPY \\\n# c\n  \"a\" \\\n\n  b\\\nc d",
                "head COPY \\\n# c\n  \"a\" \\\n\n  b\\\nc d",
                "keyword COPY",
                "body \"a\" \\\n\n  b\\\nc d",
                "blank ",
                "word \"a\"",
                "text a",
                "word b\\\nc",
                "text b\\\nc",
                "word d",
                "text d",
            ],
        ),
        (
            "ENV É=\"x y\" \\\r\n  b=c\r\n",
            vec![
                "span ENV É=\"x y\" \\\r\n  b=c",
                "head ENV É=\"x y\" \\\r\n  b=c",
                "keyword ENV",
                "body É=\"x y\" \\\r\n  b=c",
                "pair É=\"x y\"",
                "key É",
                "value \"x y\"",
                "pair b=c",
                "key b",
                "value c",
            ],
        ),
        (
            "RUN --mount=type=cache,dst=/x cat <<-E >y\n\tone\n\tE\n# end",
            vec![
                "span RUN --mount=type=cache,dst=/x cat <<-E >y\n\tone\n\tE",
                "head RUN --mount=type=cache,dst=/x cat <<-E >y",
                "keyword RUN",
                "flag --mount=type=cache,dst=/x",
                "name mount",
                "value type=cache,dst=/x",
                "key type",
                "entry cache",
                "key dst",
                "entry /x",
                "body cat <<-E >y",
                "operator <<-E",
                "heredoc \tone\n\tE",
                "content one\n",
                "end E",
            ],
        ),
        (
            "CMD [\"a\", \"\\u0041b\"]",
            vec![
                "span CMD [\"a\", \"\\u0041b\"]",
                "head CMD [\"a\", \"\\u0041b\"]",
                "keyword CMD",
                "body [\"a\", \"\\u0041b\"]",
                "word \"a\"",
                "text a",
                "word \"\\u0041b\"",
                "text \\u0041b",
            ],
        ),
        (
            "ONBUILD HEALTHCHECK CMD ['a']",
            vec![
                "span ONBUILD HEALTHCHECK CMD ['a']",
                "head ONBUILD HEALTHCHECK CMD ['a']",
                "keyword ONBUILD",
                "body HEALTHCHECK CMD ['a']",
                "span HEALTHCHECK CMD ['a']",
                "head HEALTHCHECK CMD ['a']",
                "keyword HEALTHCHECK",
                "body CMD ['a']",
                "json ['a']",
                "kind CMD",
                "shell ['a']",
            ],
        ),
    ] {
        assert_eq!(slices(text), expected, "{text}");
    }
}

#[test]
fn every_byte_of_a_continued_text_knows_its_place() {
    let text = "RUN a=1 && \\\n  # no\n  cü rl \\\n-k";
    let dockerfile = parse(FileId(0), text);
    let body = &dockerfile.instructions[0].body;
    for (at, c) in body.char_indices() {
        assert_eq!(body.span_of(at..at + c.len_utf8()).slice(text), c.to_string());
    }
    let start = body.find("-k").unwrap();
    assert_eq!(body.span_of(start..start + 2).start, 31);
}

#[test]
fn a_heredoc_is_a_script_only_where_it_stands_alone() {
    for (text, script, shebang) in [
        ("RUN <<EOF\n#!/usr/bin/env python3 \nx\nEOF", true, Some("/usr/bin/env python3")),
        ("RUN --network=none \\\n  << EOF\nx\nEOF", true, None),
        ("ONBUILD RUN <<EOF\nEOF", true, None),
        ("RUN <<EOF bash\nx\nEOF", false, None),
        ("RUN cat <<EOF\n#!/bin/sh\nEOF", false, Some("/bin/sh")),
        ("RUN <<A <<B\nA\nB", false, None),
        ("COPY <<EOF /x\n#!/bin/sh -e\nEOF", false, Some("/bin/sh -e")),
    ] {
        let dockerfile = parse(FileId(0), text);
        let worker = dockerfile.instructions[0].triggered();
        assert_eq!(worker.script().is_some(), script, "{text}");
        assert_eq!(worker.heredocs[0].shebang(), shebang, "{text}");
    }
}

#[test]
fn copies_have_sources_heredocs_and_a_destination() {
    let dockerfile = parse(FileId(0), "COPY a <<E b/\nx\nE\nADD [\"a\", \"b\"]\nCOPY a\nRUN a b");
    let shown: Vec<Option<String>> = dockerfile
        .instructions
        .iter()
        .map(|instruction| {
            let (sources, destination) = instruction.sources_and_destination()?;
            let contents = sources.iter().map(|source| instruction.heredoc_of(source).map(|it| it.content.as_str()));
            Some(format!("{} {:?} {}", values(sources), contents.collect::<Vec<_>>(), destination.as_str()))
        })
        .collect();
    let expected = ["a|<<E [None, Some(\"x\\n\")] b/", "a [None] b"];
    assert_eq!(shown, [Some(expected[0].to_owned()), Some(expected[1].to_owned()), None, None]);
}

#[test]
fn mounts_are_lists_of_keys_and_values() {
    for (flag, expected) in [
        ("type=cache,target=/x", "cache: type=cache target=/x"),
        ("dst=/x,TYPE=Secret,required", "secret: target=/x type=Secret required"),
        ("src=a,destination=b,ro,rw=false", "bind: source=a target=b readonly readwrite=false"),
        ("target=/a=b", "bind: target=/a=b"),
        ("'\"target=/a,b\",ro'", "bind: target=/a,b readonly"),
        ("'\"a=\"\"b\"\"\"'", "bind: a=\"b\""),
        ("a,,", "bind: a  "),
    ] {
        let text = format!("RUN --mount={flag} x");
        let dockerfile = parse(FileId(0), &text);
        let mounts: Vec<Mount> = dockerfile.instructions[0].mounts().collect();
        let shown = mounts.iter().map(|mount| {
            let entries = mount.entries.iter().map(|entry| match &entry.value {
                Some(value) => format!("{}={}", entry.key, value.as_str()),
                None => entry.key.clone(),
            });
            format!("{}: {}", mount.kind(), entries.collect::<Vec<_>>().join(" "))
        });
        assert_eq!(shown.collect::<Vec<_>>(), [expected], "{flag}");
    }
}

/// A word after expansion: unknown references in angle brackets, or the error after `!`.
fn expanded(word: &str, escape: char) -> String {
    let text = if escape == '`' { format!("# escape=`\nUSER {word}") } else { format!("USER {word}") };
    let dockerfile = parse(FileId(0), &text);
    let word = &dockerfile.instructions[0].words()[0];
    let result = expand(word.expandable(), escape, |name| match name {
        "A" => Variable::Set("abc".into()),
        "P" => Variable::Set("/usr/local/bin".into()),
        "EMPTY" => Variable::Set("".into()),
        "TARGETARCH" => Variable::Unknown,
        _ => Variable::Unset,
    });
    if let Some(error) = result.error {
        return format!("! {error}");
    }
    for used in result.used.iter().chain(&result.unknown) {
        assert!(used.span.slice(&text).starts_with('$') && used.span.slice(&text).contains(&used.name), "{text}");
        assert!(result.text.get(used.range.clone()).is_some(), "{text}");
    }
    assert_eq!(result.known().is_none(), !result.unknown.is_empty());
    let mut shown = result.text;
    for unknown in result.unknown.iter().rev() {
        shown.replace_range(unknown.range.clone(), &format!("<{}>", unknown.name));
    }
    shown
}

#[test]
fn words_expand_as_the_builder_expands_them() {
    for (word, expected) in [
        ("plain", "plain"),
        ("$A-${A}x", "abc-abcx"),
        ("a$", "a$"),
        ("$.", "$."),
        ("$U", "<U>"),
        ("x${U}y", "x<U>y"),
        ("$1a", "<1>a"),
        ("${U:-d}${U-d}", "dd"),
        ("${EMPTY:-d}${EMPTY-d}", "d"),
        ("${A:-d}${A-d}", "abcabc"),
        ("${A:+y}${A+y}", "yy"),
        ("${EMPTY:+y}${EMPTY+z}${U+n}", "z"),
        ("${A:?e}${EMPTY?e}", "abc"),
        ("${U?e}${EMPTY:?e}", "<U><EMPTY>"),
        ("${TARGETARCH:-amd64}", "<TARGETARCH>"),
        ("${U:-$A}${U:-${U:-x}}", "abcx"),
        ("${U:-a$V}b", "a<V>b"),
        ("${U:-\"a b\"}", "a b"),
        ("${P#*/}|${P##*/}", "usr/local/bin|bin"),
        ("${P%/*}|${P%%/*}", "/usr/local|"),
        ("${A#?}${A%?}${A#x}", "bcababc"),
        ("${A#a\\*}", "abc"),
        ("${A##$U}", "<A>"),
        ("${A/b/X}${P/\\//-}${P//\\//-}", "aXc-usr/local/bin-usr-local-bin"),
        ("${A/b*/}${A//?/x}${A/z/y}", "axxxabc"),
        ("${U/a/b}", "<U>"),
        ("'$A' \"$A\" \\$A", "$A abc $A"),
        ("\"\\$A\\x\\\"\"", "$A\\x\""),
        ("'it''s' a\\'b", "its a'b"),
        ("a\\", "a"),
        ("ünï${A}ö", "ünïabcö"),
        ("${", "! `${` is not closed"),
        ("${A", "! `${` is not closed"),
        ("${A:-x", "! `${` is not closed"),
        ("${A/b", "! `${` is not closed"),
        ("${}", "! bad substitution"),
        ("${{A}", "! bad substitution"),
        ("${A^^}", "! bad substitution"),
        ("${A:2}", "! bad substitution"),
        ("'a", "! a single quote is not closed"),
        ("\"a", "! a double quote is not closed"),
        ("${A#\\q}", "! the pattern has an invalid escape"),
        ("${A//}", "! `${` is not closed"),
        ("${A///x}", "! an empty pattern replaces nothing"),
    ] {
        assert_eq!(expanded(word, '\\'), expected, "{word}");
    }
    assert_eq!(expanded("`$A C:\\x$A", '`'), "$A C:\\xabc");
    assert_eq!(expanded(&"${U:-".repeat(100), '\\'), "! substitutions are nested too deeply");
    assert_eq!(expanded(&"$P".repeat(1_000), '\\'), "! the expansion is too long");
    assert_eq!(expanded(&format!("${{A#{}}}", "?".repeat(99)), '\\'), "! the pattern is too long");
}

#[test]
fn limits_are_reported_once() {
    let repeated = |unit: &str, count: usize| unit.repeat(count);
    for (text, instructions, expected) in [
        (repeated("RUN\n", 20_002), 20_000, "more than 20000 instructions; the rest is not read"),
        (repeated("x\n", 300), 300, "more than 200 syntax errors; no more are reported"),
        (format!("EXPOSE {}", repeated("1 ", 200_002)), 1, "more than 200000 words; the rest is not read"),
    ] {
        let dockerfile = parse(FileId(0), &text);
        assert_eq!(dockerfile.instructions.len(), instructions);
        let limits = dockerfile.errors.iter().filter(|it| it.kind == portcullis_core::SyntaxErrorKind::Limit);
        assert_eq!(limits.map(|it| it.message.as_str()).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn hostile_texts_are_read_to_their_end() {
    for (unit, instructions) in [("\\\n", 0), ("<<A ", 1), ("RUN <<A\nA\n", 20_000), ("${a:-", 1), ("RUN \\\n#\n\n", 1)]
    {
        let text = format!("RUN x {}", unit.repeat((1 << 20) / unit.len()));
        let dockerfile = parse(FileId(0), &text);
        assert!(dockerfile.instructions.len() >= instructions, "{unit}");
        assert!(dockerfile.errors.len() <= 2, "{unit}");
    }
}

#[test]
fn no_text_panics_or_has_spans_outside_of_it() {
    let nasty = ["\0", "\\", "\"", "'", "$", "${", "<<", "\n", "\r\n", "\u{feff}", "é", "\u{85}", "#", "[", "--", "`"];
    for (text, _) in CASES {
        for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let (before, after) = text.split_at(at);
            check(before);
            check(after);
            for insert in nasty {
                check(&format!("{before}{insert}{after}"));
            }
        }
    }
}

/// Every span is a slice of the text, and every word can be expanded.
fn check(text: &str) {
    let dockerfile = parse(FileId(0), text);
    let mut spans: Vec<Span> = dockerfile.errors.iter().map(|error| error.span).collect();
    spans.extend(dockerfile.comments.iter().map(|comment| comment.span));
    spans.extend(dockerfile.directives.iter().flat_map(|directive| [directive.span, directive.value_span]));
    let mut end = 0;
    for instruction in &dockerfile.instructions {
        let mut own = Vec::new();
        collect_spans(instruction, &mut own);
        assert!(instruction.span.start >= end, "instructions overlap in {text:?}");
        end = instruction.span.end;
        for (name, span) in own {
            assert!(
                name == "head" || name == "span" || name == "blank" || instruction.span.contains(span),
                "{name} of {text:?}"
            );
            spans.push(span);
        }
        for word in instruction.triggered().words() {
            let result = expand(word.expandable(), dockerfile.escape, |_| Variable::Set("v".into()));
            spans.extend(result.used.iter().map(|used| used.span));
        }
    }
    for span in spans {
        let range = span.start as usize..span.end as usize;
        assert!(text.get(range).is_some(), "{span:?} is not a slice of {text:?}");
    }
}
