//! Scripts to commands, as rules see them.

use std::fmt::Write as _;

use portcullis_core::{FileId, OffsetMap, Span};
use portcullis_syntax::shell::{
    Command, Joined, OptionsWithArguments, Script, ShellOptions, Word, interpreter, parse, parse_with,
};

fn map(text: &str) -> OffsetMap {
    let mut map = OffsetMap::new(FileId(0), 0);
    map.push(0, u32::try_from(text.len()).expect("test texts are short"));
    map
}

fn read(text: &str) -> Script {
    parse(text, &map(text))
}

/// One line per command: joiner, assignments, words, redirections, and in brackets what is true of it.
fn dump(script: &Script) -> Vec<String> {
    script.commands.iter().map(line).collect()
}

fn line(command: &Command) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(command.assignments.iter().map(|a| format!("{}={}", a.name, a.value.text)));
    words.extend(command.name.iter().chain(&command.args).map(|word| word.text.clone()));
    words.extend(command.redirects.iter().map(|r| format!("{:?}:{}", r.kind, r.target.text)));
    let joiner = match command.joined {
        Joined::First => "",
        Joined::And => "&& ",
        Joined::Or => "|| ",
        Joined::Seq => "; ",
        Joined::Background => "& ",
        Joined::Pipe => "| ",
    };
    let mut line = format!("{joiner}{}", words.join(" "));
    let mut notes = String::new();
    for (letter, on) in [
        ('s', command.in_subshell),
        ('c', command.in_condition),
        ('f', command.in_function),
        ('l', command.in_loop),
        ('b', command.in_branch),
        ('$', command.substitution),
    ] {
        notes.extend(on.then_some(letter));
    }
    if let Some(pipe) = command.pipe {
        write!(notes, "{}.{}{}", pipe.pipeline, pipe.index, if pipe.last { "!" } else { "" }).expect("strings grow");
    }
    if let Some(wrapper) = command.wrapper {
        write!(notes, "<{wrapper:?}").expect("strings grow");
    }
    if !notes.is_empty() {
        write!(line, " [{notes}]").expect("strings grow");
    }
    line
}

const TABLE: &[(&str, &[&str])] = &[
    ("apt-get install -y curl && rm -rf /x", &["apt-get install -y curl", "&& rm -rf /x"]),
    ("a; b & c\nd || e", &["a", "; b", "& c", "; d", "|| e"]),
    ("a |\n b |& c && d", &["a [0.0]", "| b [0.1]", "| c [0.2!]", "&& d"]),
    ("X=1 Y='a b' cmd \"$X\" > out 2>&1", &["X=1 Y=a b cmd $X Write:out Duplicate:1"]),
    ("X=1", &["X=1"]),
    ("a \\\n  -b 'é' \\\n  c # note\nd", &["a -b é c", "; d"]),
    ("a \\\r\n  b\r\nc\r\n", &["a b", "; c"]),
    ("sudo -u x apt-get install foo", &["sudo -u x apt-get install foo", "apt-get install foo [<Sudo]"]),
    ("env -u Z A=1 cmd x", &["env -u Z A=1 cmd x", "A=1 cmd x [<Env]"]),
    ("sh -c 'a b && c'", &["sh -c a b && c", "a b [s<Shell]", "&& c [s<Shell]"]),
    (
        "bash -o pipefail -lc \"a | \\\"b\\\"\"",
        &["bash -o pipefail -lc a | \"b\"", "a [s0.0<Shell]", "| b [s0.1!<Shell]"],
    ),
    ("su -c 'id' bob", &["su -c id bob", "id [s<Su]"]),
    ("eval \"a b\"; eval a b", &["eval a b", "a b [<Eval]", "; eval a b", "; a b [<Eval]"]),
    (
        "nice -n 5 timeout -k 1 10 curl x",
        &["nice -n 5 timeout -k 1 10 curl x", "timeout -k 1 10 curl x [<Nice]", "curl x [<Timeout]"],
    ),
    (
        "find . -name x -exec rm -f {} \\; -exec ls {} +",
        &["find . -name x -exec rm -f {} ; -exec ls {} +", "rm -f {} [<Find]", "ls {} [<Find]"],
    ),
    ("command -v curl", &["command -v curl"]),
    (
        "gosu app id; chroot /m ls; a | xargs -n 1 rm",
        &[
            "gosu app id",
            "id [<Gosu]",
            "; chroot /m ls",
            "; ls [<Chroot]",
            "; a [0.0]",
            "| xargs -n 1 rm [0.1!]",
            "| rm [0.1!<Xargs]",
        ],
    ),
    ("echo $(a | b) `c` > $(d)", &["echo $(a | b) `c` Write:$(d)", "a [s$0.0]", "| b [s$0.1!]", "c [s$]", "d [s$]"]),
    ("X=$(a \"$(b)\")", &["X=$(a \"$(b)\")", "a $(b) [s$]", "b [s$]"]),
    ("diff <(a) <(b)", &["diff <(a) <(b)", "a [s$]", "b [s$]"]),
    ("if a; then b; elif c; then d; else e; fi; f", &["a [c]", "; b [b]", "; c [cb]", "; d [b]", "; e [b]", "; f"]),
    ("while read x; do a; done < <(b)", &["read x [cl]", "; a [l]", "b [s$]"]),
    ("for x in a $(b); do c $x || d; done", &["b [sl$]", "; c $x [l]", "|| d [l]"]),
    ("case $x in a|b) c;; (d) e ;; *) f\nesac && g", &["; c [b]", "; e [b]", "; f [b]", "&& g"]),
    ("f() { a; }; function g { b; }; f", &["a [f]", "; b [f]", "; f"]),
    ("(a) 2>/dev/null; { b; } 2>&1", &["a [s]", "; b"]),
    ("(a && b) || { c; d; }", &["a [s]", "&& b [s]", "|| c", "; d"]),
    ("{ a; b; } | c", &["a [0.0]", "; b [0.0]", "| c [0.1!]"]),
    ("! a | b; c", &["a [c0.0]", "| b [c0.1!]", "; c"]),
    ("[[ -f x && $y =~ ^(a|b)$ ]] && z", &["[[ -f x $y =~ ^ a b $ ]]", "&& z"]),
    ("((i++)); echo $((1<<2)) ${x:-$(a)}", &["; echo $((1<<2)) ${x:-$(a)}", "a [s$]"]),
    ("cat <<EOF > x && b\nit's $(a)\nEOF\nc", &["cat Heredoc:EOF Write:x", "&& b", "a [s$]", "; c"]),
    ("bash -e <<'EOF'\na\nb\nEOF\nc", &["bash -e Heredoc:EOF", "a [s<Shell]", "; b [s<Shell]", "; c"]),
    ("x=$(cat <<E\ndon't )\nE\n) && b", &["x=$(cat <<E\ndon't )\nE\n)", "cat Heredoc:E [s$]", "&& b"]),
    ("x=$(case a in a) b;; esac); c", &["x=$(case a in a) b;; esac)", "; b [sb$]", "; c"]),
    ("echo ${{ a && 'b' }} && c", &["echo ${{ a && 'b' }}", "&& c"]),
    ("a=(b 'c d') && e", &["a=(b c d)", "&& e"]),
    ("echo $'it\\'s\\n' \"a\\\"b\" 'c'\"d\"e", &["echo it's\n a\"b cde"]),
    ("time { a; }; time b", &["a", "; time b", "; b [<Time]"]),
    ("\\cp a b; 'apt-get' update", &["cp a b", "; apt-get update"]),
];

#[test]
fn scripts_become_commands() {
    for (text, expected) in TABLE {
        let script = read(text);
        assert_eq!(dump(&script), *expected, "{text}");
        assert!(script.complete, "{text}");
    }
}

/// Texts that are no shell, or more than the limits: what can be read is read.
#[test]
fn broken_scripts_still_give_commands() {
    for (text, expected) in [
        ("a && b; fi; c", &["a", "&& b", "; c"][..]),
        ("(a; b", &["a [s]", "; b [s]"]),
        ("a; if b; then c", &["a", "; b [c]", "; c [b]"]),
        ("a ) b; c", &["a", "; b", "; c"]),
        ("a; echo 'x", &["a", "; echo x"]),
        ("a && && b", &["a", "&& b"]),
        ("a <<E\nb", &["a Heredoc:E"]),
    ] {
        let script = read(text);
        assert_eq!(dump(&script), expected, "{text}");
        assert!(!script.complete, "{text}");
    }
}

fn words(command: &Command) -> impl Iterator<Item = &Word> {
    let targets = command.redirects.iter().map(|redirect| &redirect.target);
    let values = command.assignments.iter().map(|assignment| &assignment.value);
    command.name.iter().chain(&command.args).chain(targets).chain(values)
}

#[test]
fn a_word_stands_where_its_span_says() {
    for (text, _) in TABLE {
        for command in &read(text).commands {
            for word in words(command) {
                let slice = word.span.slice(text);
                // Inside `bash -c "…\"b\"…"` the word's own text differs from the source by the outer escapes.
                assert_eq!(slice.replace('\\', ""), word.raw.replace('\\', ""), "{text}");
                assert!(command.span.contains(word.span) || command.wrapper.is_some(), "{text}");
            }
        }
    }
}

#[test]
fn spans_pass_through_maps_and_quotes() {
    // A RUN whose second line was joined: decoded `sh -c 'a é'`, source with 10 bytes between `-c` and the quote.
    let source = "RUN sh -c \\\n      'a é'";
    let decoded = "sh -c 'a é'";
    let mut map = OffsetMap::new(FileId(1), 4);
    map.push(4, 6);
    map.push(18, 6);
    let script = parse(decoded, &map);
    let spans: Vec<&str> =
        script.commands.iter().flat_map(words).map(|word| word.span).map(|span: Span| span.slice(source)).collect();
    assert_eq!(spans, ["sh", "-c", "'a é'", "a", "é"]);
}

#[test]
fn hostile_nesting_ends_in_fewer_commands_not_in_a_crash() {
    let nested = |open: &str, close: &str, times: usize| format!("{}x{}", open.repeat(times), close.repeat(times));
    for text in [
        nested("if ", "; then a; fi", 2_000),
        nested("$(", ")", 300),
        nested("echo $(", ")", 20_000),
        nested("\"$(", ")\"", 20_000),
        nested("( ", ")", 20_000),
        nested("{ ", "; }", 20_000),
        nested("${a:-", "}", 20_000),
        nested("while ", "; do a; done", 5_000),
        nested("(')' ", ")", 5_000),
        nested("sh -c \"", "\"", 5_000),
        "if a; then b; el".repeat(5_000),
        "! ".repeat(20_000),
        "time ".repeat(20_000),
        "sudo ".repeat(20_000),
        "case x in ".repeat(5_000),
        "`".repeat(20_001),
        "<<a ".repeat(10_000),
        format!("find {}", "-exec a \\; ".repeat(6_000)),
        "${{".repeat(20_000),
        "$((".repeat(20_000),
        "a() ".repeat(10_000),
        "{a,".repeat(20_000),
        format!("echo $(({}1))", "-".repeat(950)),
        format!("[[ {} a ]]", "! ".repeat(450)),
        format!("echo $(({}1))", "a=".repeat(450)),
        format!("echo $(({}1))", "-".repeat(30_000)),
        format!("[[ {} a ]]", "! ".repeat(20_000)),
        format!("[[ {} a ]]", "( ".repeat(20_000)),
        format!("echo $(({}1))", "a=".repeat(20_000)),
        format!("echo $(({}1))", "a?1:".repeat(10_000)),
        format!("[[ {} a ]]", "a && ".repeat(10_000)),
    ] {
        let script = read(&format!("apt-get update; {text}\n"));
        assert!(script.commands.first().is_some_and(|command| command.is("apt-get")));
        let total: usize = script.commands.iter().map(|command| command.args.len()).sum();
        assert!(total <= text.len() * 8, "{total} words of {} bytes", text.len());
    }
}

#[test]
fn damaged_texts_keep_their_spans_inside() {
    let check = |text: &str| {
        for command in &read(text).commands {
            for span in words(command).map(|word| word.span).chain([command.span]) {
                assert!(span.start <= span.end && span.end as usize <= text.len(), "{text:?}: {span:?}");
                assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text:?}: {span:?}");
            }
        }
    };
    for (text, _) in TABLE {
        for (at, _) in text.char_indices() {
            let (before, after) = text.split_at(at);
            check(before);
            check(after);
            for nasty in
                ["'", "\"", "`", "$(", ")", "${", "}", "\\", "<<", "é", "\0", "\n", "((", "${{", "|", ";;", "&>"]
            {
                check(&format!("{before}{nasty}{after}"));
            }
        }
    }
}

#[test]
fn flags_and_positionals_are_told_apart() {
    let options = OptionsWithArguments { short: "ot", long: &["--option"] };
    for (text, yes, option, positionals) in [
        ("/usr/bin/apt-get -qqy install -o Dir=x curl", true, Some("Dir=x"), "install curl"),
        ("apt-get install --option=Dir=y -- -y", false, Some("Dir=y"), "install -y"),
        ("apt-get --yes install -oDpkg::y=1 a", true, Some("Dpkg::y=1"), "install a"),
        ("apt-get install --option z $PKGS", false, Some("z"), "install $PKGS"),
        ("apt-get install -qo y a", false, Some("y"), "install a"),
    ] {
        let script = read(text);
        let command = script.commands.first().expect("every text is a command");
        assert!(command.is("apt-get"), "{text}");
        assert_eq!(command.flag_among(&["-y", "--yes"], &options).is_some(), yes, "{text}");
        assert_eq!(command.has_flag(&["-y", "--yes"]), yes, "{text}");
        assert_eq!(command.option_value(&["-o", "--option"]).map(|value| value.text), option, "{text}");
        let found: Vec<&str> = command.positionals(&options).into_iter().map(|word| word.text.as_str()).collect();
        assert_eq!(found.join(" "), positionals, "{text}");
        assert!(command.has_subcommand(&["install"], &options), "{text}");
    }
}

/// The last word of the last command, resolved with `ARG=arg` and `EMPTY=` known from outside.
#[test]
fn words_resolve_where_the_script_says_the_value() {
    for (text, expected) in [
        ("VER=1.2 && apt-get install foo=$VER", Some("foo=1.2")),
        ("export VER=1.2; x foo=${VER}", Some("foo=1.2")),
        ("A=1; B=$A-x; x \"$B\"", Some("1-x")),
        ("x $ARG/${EMPTY:-d}", Some("arg/d")),
        ("x ${ARG-d}", Some("arg")),
        ("x $NONE", None),
        ("x ${NONE:-d}", None),
        ("x '$NONE'", Some("$NONE")),
        ("x $(y)", None),
        ("ARG=2 x $ARG", Some("arg")),
        ("if a; then ARG=1; fi; x $ARG", None),
        ("(ARG=1); x $ARG", Some("arg")),
        ("ARG=1; (x $ARG)", Some("1")),
        ("a || ARG=1; x $ARG", None),
        ("for ARG in 1 2; do x $ARG; done", None),
        ("read ARG; x $ARG", None),
        ("A=$A; x $A", None),
        ("ARG=$ARG-1; x $ARG", Some("arg-1")),
        ("ARG=${{ github.ref }}; x $ARG", None),
        ("x $ARG; ARG=1; x $ARG", Some("1")),
    ] {
        let script = read(text);
        let command = script.commands.iter().rfind(|command| !command.substitution);
        let word = command.and_then(|command| command.args.last()).expect("every command has a word");
        let lookup = |name: &str| match name {
            "ARG" => Some("arg".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        assert_eq!(script.resolve(word, &lookup).as_deref(), expected, "{text}");
    }
}

/// `(errexit, pipefail)` at the last command.
#[test]
fn shell_options_are_followed() {
    for (text, expected) in [
        ("a", (false, false)),
        ("set -eux; a", (true, false)),
        ("set -euo pipefail && a", (true, true)),
        ("set -o errexit -o pipefail\na", (true, true)),
        ("set -e; set +e; a", (false, false)),
        ("#!/bin/bash -e\na", (true, false)),
        ("#!/usr/bin/env -S bash -eo pipefail\na", (true, true)),
        ("(set -e); a", (false, false)),
        ("set -e; (a)", (true, false)),
        ("set -e; bash -o pipefail -c 'a'", (false, true)),
        ("if a; then set -e; fi; a", (false, false)),
    ] {
        let script = read(text);
        let last = script.commands.len() - 1;
        assert_eq!((script.errexit_at(last), script.pipefail_at(last)), expected, "{text}");
    }
    let options = ShellOptions::from_flags(["-o", "pipefail", "-c"]);
    assert!(parse_with("a | b", &map("a | b"), options).pipefail_at(0));
}

#[test]
fn the_first_line_names_the_interpreter() {
    for (text, expected) in [
        ("#!/bin/bash -e\n", Some(("bash", true))),
        ("#!/usr/bin/env python3\nprint()", Some(("python3", false))),
        ("\u{feff}#! /bin/sh", Some(("sh", true))),
        ("echo #!/bin/sh", None),
        ("#!", None),
    ] {
        let found = interpreter(text);
        assert_eq!(found.as_ref().map(|found| (found.name.as_str(), found.is_shell())), expected, "{text}");
    }
}

#[test]
fn a_heredoc_keeps_its_body() {
    let text = "cat <<-'A' - <<B\n\tone\n\tA\ntwo $x\nB\nc";
    let script = read(text);
    let bodies: Vec<(&str, &str, bool)> = script
        .commands
        .iter()
        .flat_map(|command| &command.redirects)
        .filter_map(|redirect| redirect.heredoc.as_ref())
        .map(|heredoc| (heredoc.body.as_str(), heredoc.span.slice(text), heredoc.quoted))
        .collect();
    assert_eq!(bodies, [("\tone\n", "\tone\n", true), ("two $x\n", "two $x\n", false)]);
}

#[test]
fn a_heredoc_feeds_the_command_and_what_it_wraps() {
    for (text, expected) in [
        ("sudo a <<E; sudo b <<F\none\nE\ntwo\nF\n", &["sudo: one", "a: one", "sudo: two", "b: two"][..]),
        ("env nice a <<E <<F\none\nE\ntwo\nF\n", &["env: one two", "nice: one two", "a: one two"]),
        ("$(sudo a <<E\nE\n) <<F\nF\n", &["$(sudo a <<E\nE\n):", "sudo:", "a:"]),
    ] {
        let script = read(text);
        let found: Vec<String> = script
            .commands
            .iter()
            .map(|command| {
                let bodies = command.redirects.iter().filter_map(|redirect| redirect.heredoc.as_ref());
                let bodies: Vec<&str> = bodies.map(|heredoc| heredoc.body.trim()).collect();
                let name = command.name.as_ref().map_or("", |name| name.text.as_str());
                format!("{name}: {}", bodies.join(" ")).trim_end().to_owned()
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

/// Each expansion of a command's arguments with its span, in quotes or not, and what it reads or runs.
#[test]
fn expansions_have_their_own_places() {
    for (text, expected) in [
        ("a $x", &[("$x", false, Some("x"), None)][..]),
        ("a \"b${x:-c}\"$(d e)", &[("${x:-c}", true, Some("x"), None), ("$(d e)", false, None, Some("d e"))]),
        ("a '$x' \\$x `b`", &[("`b`", false, None, Some("b"))]),
        (
            "a $((1 + x)) $1 ${#x} ${{ b }}",
            &[
                ("$((1 + x))", false, None, None),
                ("$1", false, None, None),
                ("${#x}", false, None, None),
                ("${{ b }}", false, None, None),
            ],
        ),
        ("a b", &[]),
    ] {
        let script = read(text);
        let words = script.commands.first().unwrap().args.iter();
        let found: Vec<_> =
            words.flat_map(|word| word.expansions().into_iter().map(move |found| (word, found))).collect();
        let shown: Vec<_> = found
            .iter()
            .map(|(_, found)| (found.text, found.quoted, found.variable().map(|(name, _)| name), found.substitution()))
            .collect();
        assert_eq!(shown, expected, "{text}");
        for (word, found) in &found {
            assert_eq!(word.part(&found.range).slice(text), found.text, "{text}");
        }
    }
}
