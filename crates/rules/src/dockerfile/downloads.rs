//! Downloads: run unseen, without a checksum, over plain HTTP, or with two tools for one job.
//!
//! Decided by the commands of each RUN and the sources of ADD. It cannot know what a script that is copied in verifies.

use std::collections::BTreeMap;

use portcullis_core::{Place, Span, StableHash};
use portcullis_model::dockerfile::{Call, Run};
use portcullis_syntax::dockerfile::{Instruction, Keyword, Word as Argument};
use portcullis_syntax::shell::{Command, OptionsWithArguments, RedirectKind, Wrapper};

use super::Image;
use super::packages::{spot, title};
use super::tls::{CURL, WGET};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&CURL_PIPE_SHELL, &DOWNLOAD_WITHOUT_CHECKSUM, &ADD_FROM_HTTP, &WGET_AND_CURL, &WGET_NO_PROGRESS];

const DOWNLOADERS: &[&str] = &["curl", "wget"];
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];
const INTERPRETERS: &[&str] = &["python", "python2", "python3", "perl", "ruby", "node", "php"];

rule! {
    /// A download is run without being looked at
    ///
    /// Whatever the server sends at build time runs as root: a changed script, an attacker's, or half of one when the connection
    /// breaks. Looks at every stage, at pipes into shells and interpreters and at `sh -c "$(curl …)"`, `sh <(curl …)`, `eval` and
    /// `source`. A program that only reads data from the pipe (`python -m json.tool`, `sh -c …`) is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN curl -fsSL https://example.com/install.sh | sudo -E bash -
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN bash -c "$(wget -qO- https://example.com/install.sh)"
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN curl -fsSL https://example.com/a.json | python3 -m json.tool && curl -fsSL https://example.com/a | bash own.sh
    /// RUN curl -fsSL https://example.com/x.tar.gz | tar -xz && echo "curl https://example.com | sh"
    /// ```
    CURL_PIPE_SHELL = "docker-curl-pipe-shell" {
        check: Check::Dockerfile(curl_pipe_shell),
        severity: Severity::High,
        tags: &["cwe-494"],
        peers: &["scorecard:downloadThenRun", "poutine:unverified_script_exec"],
    }
}

fn curl_pipe_shell(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        let mut downloads: Vec<Call<'_>> = run.calls(DOWNLOADERS).collect();
        downloads.sort_by_key(|download| download.command.span.start);
        // The first download of each pipeline.
        let mut piped: BTreeMap<u32, usize> = BTreeMap::new();
        for (at, download) in downloads.iter().enumerate() {
            if let Some(pipe) = download.command.pipe {
                piped.entry(pipe.pipeline).or_insert(at);
            }
        }
        for (command, runner) in runners(run) {
            let piped = command.pipe.and_then(|pipe| piped.get(&pipe.pipeline));
            let piped = piped.and_then(|at| downloads.get(*at)).filter(|download| is_piped(&download.command, command));
            let Some(download) = piped.or_else(|| substituted(&downloads, command)) else { continue };
            let span = download.command.span.to(command.span);
            report
                .at(
                    spot(run, span, &download.command.span_text()),
                    format!("what {} downloads is run by {runner} unseen", title(download)),
                )
                .help("download it to a file, compare its checksum, then run it");
        }
    }
}

/// A name for a command that does not change when lines move.
trait SpanText {
    fn span_text(&self) -> String;
}

impl SpanText for Command {
    fn span_text(&self) -> String {
        self.args.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// The commands that run code: shells, interpreters, `eval` and `source`.
fn runners<'r>(run: &'r Run<'_>) -> Vec<(&'r Command, String)> {
    let commands = run.script.commands.iter();
    let runners = commands.filter_map(|command| {
        let name = run.program(command)?;
        let known =
            SHELLS.contains(&&*name) || INTERPRETERS.contains(&&*name) || matches!(&*name, "eval" | "source" | ".");
        known.then(|| (command, name.into_owned()))
    });
    runners.collect()
}

/// Whether `runner` reads its code from a pipe that `download` writes to.
fn is_piped(download: &Command, runner: &Command) -> bool {
    let (Some(from), Some(to)) = (download.pipe, runner.pipe) else { return false };
    from.pipeline == to.pipeline && from.index < to.index && reads_code(runner)
}

fn reads_code(runner: &Command) -> bool {
    if runner.wrapper == Some(Wrapper::Xargs) {
        return false;
    }
    let shell = runner.is_any(SHELLS);
    let options = if shell {
        OptionsWithArguments { short: "oO", long: &[] }
    } else {
        OptionsWithArguments { short: "WX", long: &[] }
    };
    let elsewhere: &[&str] = if shell { &["-c"] } else { &["-c", "-m", "-e", "-n", "-p", "-E", "-r", "-i"] };
    if runner.flag_among(elsewhere, &options).is_some() {
        return false;
    }
    let first = runner.positionals(&options).first().map(|word| word.text.as_str());
    first.is_none_or(|word| matches!(word, "-" | "/dev/stdin"))
        || shell && runner.flag_among(&["-s"], &options).is_some()
}

/// The download that an argument of `runner` which is code comes from. `downloads` are in order of their spans.
fn substituted<'d, 'r>(downloads: &'d [Call<'r>], runner: &Command) -> Option<&'d Call<'r>> {
    let code = runner.is_any(&["eval", "source", "."]) || runner.has_flag(&["-c"]);
    runner.args.iter().filter(|word| word.has_expansion && (code || word.text.starts_with("<("))).find_map(|word| {
        let first = downloads.partition_point(|download| download.command.span.start < word.span.start);
        downloads
            .get(first)
            .filter(|download| download.command.substitution && word.span.contains(download.command.span))
    })
}

/// Programs that compare a checksum or a signature.
const VERIFIERS: &[&str] = &[
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shasum",
    "md5sum",
    "b2sum",
    "cksum",
    "gpg",
    "gpgv",
    "gpg2",
    "cosign",
    "minisign",
    "signify",
    "openssl",
    "rsum",
    "slsa-verifier",
    "sha256",
    "gh",
];

rule! {
    /// A download is used without comparing its checksum
    ///
    /// If the server, its owner or the way to it changes, the image holds something else at the next build and nobody notices.
    /// Looks at every stage: at ADD of a URL without `--checksum`, and at a file that a RUN downloads and then runs, installs or
    /// makes executable. Silent where the RUN compares a checksum or a signature, for ADD also a later one, and for git
    /// repositories.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// ADD https://example.com/tool.tar.gz /tmp/
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN curl -fsSLo /usr/local/bin/tool https://example.com/tool && chmod +x /usr/local/bin/tool
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/a.gz /tmp/
    /// ADD https://example.com/team/tool.git#v1.2.3 /src
    /// RUN curl -fsSLO https://example.com/tool && echo "24454f83  tool" | sha256sum -c && chmod +x tool
    /// RUN curl -fsSL https://example.com/health -o /dev/null
    /// ```
    DOWNLOAD_WITHOUT_CHECKSUM = "docker-download-without-checksum" {
        check: Check::Dockerfile(download_without_checksum),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cwe-494"],
        yields_to: &["docker-add-from-http"],
    }
}

fn download_without_checksum(image: &Image<'_>, report: &mut Report<'_>) {
    let help = "compare it with a checksum that the Dockerfile holds";
    for added in added_urls(image) {
        if !added.is_verified {
            let message = format!("`{}` is added without a checksum", added.url);
            report.at(added.place, message).help("add `--checksum=sha256:…`");
        }
    }
    for run in image.runs().iter().filter(|run| run.script.complete && !verifies(run)) {
        for call in run.calls(DOWNLOADERS) {
            let Some(name) = downloaded_file(&call) else { continue };
            let user = run
                .script
                .commands
                .iter()
                .skip(call.index.saturating_add(1))
                .take(MAX_LATER)
                .find(|user| uses(user, &name));
            let (Some(_), Some((span, url))) = (user, url_of(&call)) else { continue };
            report.at(spot(run, span, &url), format!("`{name}` is downloaded and used without a checksum")).help(help);
        }
    }
}

/// Whether a RUN compares a checksum or a signature.
pub(super) fn verifies(run: &Run<'_>) -> bool {
    run.calls(VERIFIERS).next().is_some()
}

/// Whether a command runs or installs a file, or makes it executable.
fn uses(command: &Command, name: &str) -> bool {
    let is_file = |text: &str| base_name(text) == name;
    if command.name.as_ref().is_some_and(|program| program.text.contains('/') && is_file(&program.text)) {
        return true;
    }
    let takes = command.is_any(&["chmod", "dpkg", "rpm", "apt-get", "apt", "yum", "dnf", "apk", "install", "java"])
        || command.is_any(SHELLS)
        || command.is_any(INTERPRETERS);
    takes && command.args.iter().any(|word| is_file(&word.text))
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The name of the file that curl or wget writes; absent where it goes to a pipe or its name is not known.
fn downloaded_file(call: &Call<'_>) -> Option<String> {
    let command = &call.command;
    let redirected = command.redirects.iter().find(|redirect| {
        matches!(redirect.kind, RedirectKind::Write) && redirect.descriptor.is_none_or(|descriptor| descriptor == 1)
    });
    let output: &[&str] = if command.is("curl") { &["-o", "--output"] } else { &["-O", "--output-document"] };
    let named = command.option_value(output).map(|value| value.text);
    let named = named.or_else(|| redirected.map(|redirect| redirect.target.text.as_str()));
    let remote = command.is("wget") || command.flag_among(&["-O", "--remote-name", "-J"], &CURL).is_some();
    let url = url_of(call);
    let name = match (named, &url) {
        (Some(named), _) => named,
        (None, Some((_, url))) if remote => url.split(['?', '#']).next().unwrap_or_default(),
        _ => return None,
    };
    let name = base_name(name);
    (!name.is_empty() && !name.contains('$') && name != "-" && name != "null").then(|| name.to_owned())
}

/// The first URL that curl or wget is given.
fn url_of(call: &Call<'_>) -> Option<(Span, String)> {
    let options = if call.command.is("curl") { &CURL } else { &WGET };
    let explicit = call.command.option_value(&["--url"]).map(|value| (value.word.span, value.text.to_owned()));
    let words = call.command.positionals(options);
    let word = words.into_iter().find(|word| word.text.contains("://") || word.text.contains('.'));
    explicit.or_else(|| word.map(|word| (word.span, word.text.clone())))
}

/// A URL that ADD takes.
struct Added {
    place: Place,
    url: String,
    is_verified: bool,
}

fn added_urls(image: &Image<'_>) -> Vec<Added> {
    let mut found = Vec::new();
    for stage in &image.build.stages {
        for instruction in stage.instructions.iter().map(|instruction| instruction.triggered()) {
            if instruction.keyword != Keyword::Add {
                continue;
            }
            let Some((sources, _)) = instruction.sources_and_destination() else { continue };
            found.extend(sources.iter().filter_map(|word| added(image, stage.index, instruction, word)));
        }
    }
    found
}

fn added(image: &Image<'_>, stage: usize, instruction: &Instruction, word: &Argument) -> Option<Added> {
    let url = image.build.variables_at(instruction).expand(word).text;
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return None;
    }
    // The fragment of a repository names its commit.
    let path = url.split(['#', '?']).next().unwrap_or_default();
    if path.ends_with(".git") {
        return None;
    }
    let name = base_name(path);
    let runs = image.runs();
    let first = runs.partition_point(|run| run.instruction.span.start < word.span().start);
    let later = runs.iter().skip(first).take_while(|run| run.stage == stage);
    let is_verified = instruction.flag("checksum").is_some()
        || later.take(MAX_LATER).any(|run| verifies(run) && run.instruction.body.contains(name));
    let mut hash = StableHash::new();
    hash.text("ADD");
    let structure = hash.short();
    hash.text(&url);
    Some(Added { place: Place { span: word.span(), structure, value: hash.short() }, url, is_verified })
}

/// RUNs after an ADD, and commands after a download, that are looked at, so that long files stay linear.
const MAX_LATER: usize = 32;

rule! {
    /// Something is fetched over plain HTTP
    ///
    /// Anyone on the way can read and replace it, and it becomes part of the image. Looks at every stage, at ADD, curl, wget and
    /// `git clone`. Silent for the own host, for hosts that are not known, and where a checksum or signature is compared.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// ADD http://example.com/tool.tar.gz /tmp/
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN curl -fsSL http://example.com/tool -o /usr/local/bin/tool
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN curl -fsS http://localhost:8080/ready && curl -x http://proxy:3128 https://example.com/a && wget http://$MIRROR/b
    /// RUN wget -q http://example.com/tool && echo "24454f83  tool" | sha256sum -c
    /// ```
    ADD_FROM_HTTP = "docker-add-from-http" {
        check: Check::Dockerfile(add_from_http),
        severity: Severity::Medium,
        tags: &["cwe-319"],
    }
}

fn add_from_http(image: &Image<'_>, report: &mut Report<'_>) {
    let help = "use https, or compare a checksum";
    for added in added_urls(image) {
        if !added.is_verified && is_foreign_http(&added.url) {
            report.at(added.place, format!("`{}` is added over plain HTTP", added.url)).help(help);
        }
    }
    for run in image.runs().iter().filter(|run| !verifies(run)) {
        for call in run.calls(&["curl", "wget", "git"]) {
            let options = match title(&call).as_str() {
                "curl" => CURL,
                "wget" => WGET,
                _ if call.command.has_subcommand(&["clone"], &GIT) => GIT,
                _ => continue,
            };
            let mut words = call.command.positionals(&options);
            words.extend(call.command.option_value(&["--url"]).map(|value| value.word));
            let Some(word) = words.into_iter().find(|word| is_foreign_http(word.text.trim_start_matches("--url=")))
            else {
                continue;
            };
            report
                .at(
                    spot(run, word.span, &word.text),
                    format!("{} fetches `{}` over plain HTTP", title(&call), word.text),
                )
                .help(help);
        }
    }
}

const GIT: OptionsWithArguments<'static> =
    OptionsWithArguments { short: "cCbou", long: &["--branch", "--depth", "--config", "--origin", "--reference"] };

/// `http://` and a host that is known and not this one.
fn is_foreign_http(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    let own = ["localhost", "host.docker.internal", "0.0.0.0"].contains(&name)
        || name.ends_with(".localhost")
        || name.starts_with("127.")
        || host.starts_with("[::1]");
    !name.is_empty() && !own && !authority.contains(['$', '`', '{'])
}

rule! {
    /// Both wget and curl are run
    ///
    /// Two tools for one job make the image larger. Each stage is looked at by itself; installing them is no finding.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:12
    /// RUN curl -fsSLO https://example.com/a
    /// RUN wget -q https://example.com/b
    /// ```
    /// ```dockerfile good
    /// FROM debian:12 AS build
    /// RUN apt-get install -y wget && curl -fsSLO https://example.com/a
    /// FROM debian:12
    /// RUN wget -q https://example.com/b
    /// ```
    WGET_AND_CURL = "docker-wget-and-curl" {
        check: Check::Dockerfile(wget_and_curl),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL4001", "trivy:DS-0014", "kics:fc775e75"],
    }
}

fn wget_and_curl(image: &Image<'_>, report: &mut Report<'_>) {
    let mut first: Option<(usize, String, Span)> = None;
    let mut reported = None;
    for run in image.runs() {
        for call in run.calls(DOWNLOADERS) {
            let name = title(&call);
            match &first {
                Some((stage, tool, span)) if *stage == run.stage => {
                    if *tool != name && reported != Some(run.stage) {
                        reported = Some(run.stage);
                        report
                            .at(spot(run, call.name_span(), &name), format!("the stage runs {name} and {tool}"))
                            .help("use one of them")
                            .label(*span, format!("{tool} runs here"));
                    }
                }
                _ => first = Some((run.stage, name, call.name_span())),
            }
        }
    }
}

rule! {
    /// wget draws its progress bar into the log
    ///
    /// A large download then fills the log of the build with thousands of lines. Looks at every stage. Silent where the output goes
    /// elsewhere.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN wget https://example.com/a
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN wget -qO- https://example.com/a && wget -nv https://example.com/a && wget --progress=dot:giga https://example.com/a
    /// RUN wget -o /tmp/log https://example.com/a && wget https://example.com/a 2>/dev/null && wget --version
    /// ```
    WGET_NO_PROGRESS = "docker-wget-no-progress" {
        check: Check::Dockerfile(wget_no_progress),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3047"],
    }
}

fn wget_no_progress(image: &Image<'_>, report: &mut Report<'_>) {
    const QUIET: &[&str] = &[
        "--progress",
        "-q",
        "--quiet",
        "-o",
        "--output-file",
        "-a",
        "--append-output",
        "--no-verbose",
        "--version",
        "-V",
        "--help",
    ];
    for run in image.runs().iter().filter(|run| run.script.complete) {
        for call in run.calls(&["wget"]) {
            let command = &call.command;
            let redirected = command.redirects.iter().any(|redirect| {
                redirect.descriptor == Some(2)
                    || matches!(redirect.kind, RedirectKind::WriteBoth | RedirectKind::AppendBoth)
            });
            let quiet = command.has_flag(QUIET) || command.args.iter().any(|word| word.text == "-nv");
            if !redirected && !quiet && !call.open {
                report
                    .at(spot(run, call.name_span(), &command.span_text()), "wget draws its progress bar into the log")
                    .help("add `-nv`, or `--progress=dot:giga`");
            }
        }
    }
}
