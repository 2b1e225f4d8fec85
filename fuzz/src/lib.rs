//! What must hold for every input: nothing panics, every span lies in the file and on character boundaries, and the
//! number of steps grows with the input and not faster.
//!
//! The fuzz targets call these functions, and so does `tests/fuzz_smoke.rs`, which needs no fuzzer. A time is never
//! looked at here; the target `slow` does that, and a fuzzer's own time limit catches a hang.
#![allow(unreachable_pub, clippy::panic, reason = "also a module of a test, where a panic is the failure")]

#[allow(dead_code, reason = "the target `slow` uses all of it, and a test that has it as a module only a part")]
pub mod parsers;
pub mod policy;
pub mod repeated;

use std::cmp::Ordering;
use std::sync::Arc;

use portcullis_advisories::build::{Stamp, Texts, build_of};
use portcullis_advisories::database::{Database, file};
use portcullis_advisories::record::{osv, rustsec};
use portcullis_advisories::{Advisories, Requirement, Scheme};
use portcullis_core::{FileError, FileId, Files, OffsetMap, Profile, Span};
use portcullis_engine::config::Config;
use portcullis_engine::{Needs, ScanOptions, Silent, Stdin, merge_from, packed};
use portcullis_model::compose::{Sources, Surroundings};
use portcullis_model::dockerfile::Build;
use portcullis_model::kustomize::{directory_of, is_kustomization};
use portcullis_model::packages::{Ecosystem, Format, PackageId};
use portcullis_render::Library;
use portcullis_report::{Format as ReportFormat, write};
use portcullis_secrets::{Scanner, Subject, credential};
use portcullis_syntax::dockerfile::{Dockerfile, Instruction, Text, Word};
use portcullis_syntax::hcl::{self as syntax_hcl, Body, Expr, ExprKind};
use portcullis_syntax::shell::{Script, Word as ShellWord};
use portcullis_syntax::{Dialect, Node, Tree};

const FILE: FileId = FileId(0);

/// A target by its name, which is also the name of its folder of seeds.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("yaml", yaml),
    ("json", json),
    ("toml", toml),
    ("packages", packages),
    ("dockerfile", dockerfile),
    ("hcl", hcl),
    ("shell", shell),
    ("embedded", embedded),
    ("compose", compose),
    ("config", config),
    ("kustomize", kustomize),
    ("expression", expression),
    ("actions", actions),
    ("scan", scan),
    ("fix", fix),
    ("versions", versions),
    ("advisories", advisories),
    ("secrets", secrets),
    ("policy", policy::policy),
    ("facts", facts),
];

/// A file of facts, and what one holds: what was seen of the tree; or the length of what is common to all parts, then that, then
/// the records. It is refused, or every report of it can be written.
pub fn facts(data: &[u8]) {
    merged(data.to_vec());
    merged(packed(&[data.to_vec(), Vec::new(), Vec::new()]));
    let Some((length, rest)) = data.split_first_chunk::<4>() else { return };
    let Some((common, records)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else { return };
    // Nothing was seen: no commit, no files.
    merged(packed(&[vec![0, 0], common.to_vec(), records.to_vec()]));
}

fn merged(file: Vec<u8>) {
    let Ok(merged) = merge_from(&[("fuzz".to_owned(), file)], None, 1, &Silent) else { return };
    for format in ReportFormat::ALL {
        write(&merged.scanned.report, format, &portcullis_report::Options::default(), &mut std::io::sink())
            .expect("a sink takes everything");
    }
}

/// A text with its path in the first line: what is found lies in it, in order, and nothing is found twice.
pub fn secrets(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (path, text) = text.split_once('\n').unwrap_or(("", &text));
    let mut end = 0;
    for hit in Scanner::default().scan(&Subject { path, text }) {
        assert!(text.get(hit.range.clone()).is_some_and(|secret| !secret.is_empty()), "{:?}", hit.range);
        assert!(hit.range.start >= end, "{:?} overlaps what was found before it", hit.range);
        end = hit.range.end;
    }
    for known in credential::all_known(text) {
        assert!(text.get(known.range.clone()).is_some_and(|secret| !secret.is_empty()), "{:?}", known.range);
    }
}

/// A database file, a part of one within valid checksums, and records of both formats with the database of each.
pub fn advisories(data: &[u8]) {
    ask(data.to_vec());
    ask(file::around(data, &[], &[]));
    let (bucket, block) = data.split_at(data.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1));
    for (bucket, block) in [(data, &[][..]), (bucket, block)] {
        ask(file::around(&[0, 0], bucket, block));
    }
    let records = [osv::parse(data).ok(), text(data).and_then(|text| rustsec::parse(&text).ok())];
    for record in records.into_iter().flatten() {
        let built = build_of("fuzz", vec![record], Texts::Keep, &Stamp::default()).expect("a record is small");
        let database = Database::of_bytes("fuzz", built.bytes.clone()).expect("what is built can be opened");
        database.verify().expect("what is built is whole");
        assert!(ask(built.bytes), "what is built can be read");
    }
}

/// Everything that a file answers; whether all of it could be read.
fn ask(bytes: Vec<u8>) -> bool {
    let Ok(database) = Database::of_bytes("fuzz", bytes) else { return false };
    let Ok(packages) = database.packages() else { return false };
    let owned = |(ecosystem, name): (&str, &str)| Some((Ecosystem::of_osv(ecosystem)?, name.to_owned()));
    let packages: Vec<(Ecosystem, String)> = packages.into_iter().filter_map(owned).collect();
    let advisories = Advisories::empty().with(database);
    let read = |ecosystem: Ecosystem, name: &str| {
        for version in ["0", "1.0.0", "2.5.1-rc.1"] {
            for it in advisories.matches_of(ecosystem, name, version)? {
                it.smallest_upgrade(version)?;
                it.text()?;
            }
        }
        Ok::<(), portcullis_advisories::Error>(())
    };
    packages.iter().all(|(ecosystem, name)| read(*ecosystem, name).is_ok())
}

/// Each line a version, a name and a requirement of every scheme. Orders are total, and a pin allows what it pins.
pub fn versions(data: &[u8]) {
    let Some(text) = text(data) else { return };
    // Every three lines are compared: more or longer ones would say nothing more.
    let lines: Vec<&str> = text.lines().filter(|line| line.len() <= 200).take(5).collect();
    for &scheme in Scheme::ALL {
        for a in &lines {
            assert_eq!(scheme.compare(a, a), Ordering::Equal, "{scheme:?}: {a:?} is not itself");
            let name = scheme.normalise_name(a);
            assert_eq!(scheme.normalise_name(&name), name, "{scheme:?}: {a:?} has no normal name");
            if let Some(requirement) = Requirement::parse(scheme, a)
                && let Some(pin) = requirement.exact()
            {
                assert_ne!(requirement.matches(pin), Some(false), "{scheme:?}: {a:?} refuses what it pins");
            }
            for b in &lines {
                check_pair(scheme, a, b, &lines);
            }
        }
    }
}

fn check_pair(scheme: Scheme, a: &str, b: &str, others: &[&str]) {
    let order = scheme.compare(a, b);
    assert_eq!(scheme.compare(b, a), order.reverse(), "{scheme:?}: {a:?} and {b:?} have two orders");
    assert_eq!(scheme.same_major(a, b), scheme.same_major(b, a), "{scheme:?}: {a:?} and {b:?}");
    for c in others {
        let (first, second) = (order, scheme.compare(b, c));
        // Two steps that do not turn come out where each of them goes.
        if first == second || first.is_eq() || second.is_eq() {
            assert_eq!(scheme.compare(a, c), first.then(second), "{scheme:?}: {a:?}, {b:?} and {c:?} go round");
        }
    }
}

/// Both dialects of YAML.
pub fn yaml(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for dialect in [Dialect::Yaml11, Dialect::Yaml12] {
        let tree = portcullis_syntax::yaml::parse(FILE, &text, dialect);
        assert_eq!(tree, portcullis_syntax::yaml::parse_events(FILE, &text, dialect), "the short way goes elsewhere");
        walk(&tree, |_| {});
    }
}

/// JSON, and several documents of it.
pub fn json(data: &[u8]) {
    let Some(text) = text(data) else { return };
    walk(&portcullis_syntax::json::parse(FILE, &text), |_| {});
}

/// TOML.
pub fn toml(data: &[u8]) {
    let Some(text) = text(data) else { return };
    walk(&portcullis_syntax::toml::parse(FILE, &text), |_| {});
}

/// Lockfiles and manifests of every format: the first line names the file, and its text follows.
pub fn packages(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Some((name, text)) = text.split_once('\n') else { return };
    let Some(format) = Format::of_path(name) else { return };
    let text: Arc<str> = Arc::from(text);
    let contents = portcullis_model::packages::read(format, FILE, &text);
    let check = |span: Span| assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    if let Some(manifest) = &contents.manifest {
        for asked in manifest.requirements.iter().chain(&manifest.overrides).chain(&manifest.shared) {
            check(asked.span);
            check(asked.range_span);
        }
        manifest.references.iter().for_each(|it| check(it.span));
        manifest.faults.iter().for_each(|fault| check(fault.span));
    }
    let Some(mut lock) = contents.lock else { return };
    portcullis_model::packages::link(&mut lock, &contents.manifest.iter().collect::<Vec<_>>());
    let paths = portcullis_model::packages::Paths::of(&lock);
    for (id, package) in (0..).map(PackageId).zip(&lock.packages) {
        check(package.span);
        check(package.version_span);
        package.integrity.iter().for_each(|hash| check(hash.span));
        assert!(package.dependencies.iter().all(|edge| (edge.0 as usize) < lock.packages.len()));
        if id.0 < 64 {
            assert!(paths.to(id).len() <= lock.packages.len());
        }
    }
    lock.faults.iter().for_each(|fault| check(fault.span));
}

/// Dockerfiles, their stages, and the scripts of their RUN instructions.
pub fn dockerfile(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let dockerfile = portcullis_syntax::dockerfile::parse(FILE, &text);
    check_dockerfile(&dockerfile, &text);
    let build = Build::new(&dockerfile);
    if let Some(stage) = build.final_stage() {
        let _ = (build.user(stage), build.workdir(stage));
    }
    for instruction in &dockerfile.instructions {
        let _ = (build.shell_at(instruction), instruction.command());
        check_script(&portcullis_syntax::shell::parse(&instruction.body, &instruction.body.map), &text);
        for heredoc in &instruction.heredocs {
            check_script(&portcullis_syntax::shell::parse(&heredoc.content, &heredoc.content.map), &text);
        }
    }
}

/// HCL in both syntaxes, and as one template.
pub fn hcl(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let files = [
        (syntax_hcl::parse(&text, FILE), Syntax::Native),
        (syntax_hcl::parse_json(&text, FILE), Syntax::Json),
        (syntax_hcl::parse_json_variables(&text, FILE), Syntax::Json),
    ];
    for (file, syntax) in files {
        check_body(&file.body, &text, syntax);
        for comment in &file.comments {
            within(comment.span, &text, "a comment");
        }
        assert!(file.comments.is_sorted_by(|a, b| a.span.end <= b.span.start), "a comment is there twice");
        for error in &file.errors {
            within(error.span, &text, &error.message);
        }
        assert!(!file.body.open || !file.errors.is_empty(), "open without an error");
    }
    let (template, errors) = syntax_hcl::parse_template(&text, FILE);
    check_expr(&template, &text, Syntax::Json);
    for error in errors {
        within(error.span, &text, &error.message);
    }
}

/// Of strings in JSON, it depends on the block whether they are templates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Native,
    Json,
}

fn check_body(body: &Body, text: &str, syntax: Syntax) {
    within(body.span, text, "a body");
    for attribute in &body.attributes {
        within(attribute.name.span, text, "an attribute's name");
        check_expr(&attribute.value, text, syntax);
    }
    for block in &body.blocks {
        within(block.span, text, "a block");
        assert!(block.span.contains(block.header), "a header stands outside of its block");
        for label in &block.labels {
            within(label.span, text, "a label");
        }
        check_body(&block.body, text, syntax);
    }
}

fn check_expr(expr: &Expr, text: &str, syntax: Syntax) {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        within(expr.span, text, "an expression");
        if let ExprKind::String(decoded) = &expr.kind
            && let Some(map) = syntax_hcl::content_map(expr.span, text)
        {
            within(map.span(0, map.len()), text, "a string's text");
            if syntax == Syntax::Native {
                check_map(decoded, &map, text, expr.span);
            }
        }
        expr.children(&mut |child| open.push(child));
    }
}

/// A shell script that is a file of its own.
pub fn shell(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut map = OffsetMap::new(FILE, 0);
    map.push(0, length(&text));
    check_script(&portcullis_syntax::shell::parse(&text, &map), &text);
}

/// The way back from decoded scalars to the source, and documents inside them.
pub fn embedded(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let tree = portcullis_syntax::yaml::parse(FILE, &text, Dialect::Yaml11);
    // Aliases may name one long scalar many times; the work is then theirs and not the map's.
    let mut budget = text.len().saturating_mul(4).saturating_add(1024);
    walk(&tree, |node| {
        // A null has no text of its own.
        let Some((decoded, map)) = node.as_str().and_then(|_| node.embedded()) else { return };
        let Some(rest) = budget.checked_sub(decoded.len().saturating_add(1)) else { return };
        budget = rest;
        check_map(decoded, &map, &text, node.span());
        let inner = portcullis_syntax::yaml::parse_embedded(decoded, &map, Dialect::Yaml11);
        for error in inner.errors() {
            within(error.span, &text, "an error of an embedded document");
        }
        for document in inner.documents() {
            within(document.root.span(), &text, "the root of an embedded document");
        }
    });
}

/// A Compose project all of whose files hold the same text, so that whatever it includes or extends leads back to it.
pub fn compose(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let filled = portcullis_syntax::interpolation::fill(&text, &|name| (name.len() > 3).then(|| name.repeat(2).into()));
    assert!(filled.fault.is_none_or(|at| text.is_char_boundary(at)), "a fault is not in the text");
    for expression in portcullis_syntax::interpolation::expressions(&text) {
        assert!(text.get(expression.range).is_some(), "an expression is no slice of the text");
    }
    let _ = portcullis_syntax::dotenv::parse(&text);
    let files = Same(data);
    let asked = ["compose.yaml".to_owned(), "a.yaml".to_owned()];
    for asked in [&asked[..0], &asked[..]] {
        let around = Surroundings { files: &files, asked, tracks: &|_| true, ignores: &|_| false };
        let tree = portcullis_syntax::yaml::parse(FILE, &text, Dialect::Yaml12);
        let sources = Sources::load("compose.yaml", tree, &around);
        walk(sources.tree(), |_| {});
        let project = sources.project();
        for service in project.services.iter().take(64) {
            for port in service.ports() {
                let _ = (port.bound(), port.published, project.may_meet(service, service));
            }
            let spots = service.mounts().map(|mount| mount.spot).chain(service.list("command"));
            for spot in spots.filter(|spot| spot.tree().file() == FILE) {
                within(spot.span(), &text, "a mount or an argument");
            }
            for setting in service.settings("environment") {
                if setting.node.tree().file() == FILE {
                    within(setting.value_span(), &text, "the value of a setting");
                }
            }
            let _ = (service.is_complete(), service.get("deploy.resources.limits.memory"), project.built(service));
        }
    }
}

/// A tree in which every file holds the same.
struct Same<'d>(&'d [u8]);

impl Files for Same<'_> {
    fn read(&self, _: &str) -> Result<Vec<u8>, FileError> {
        Ok(self.0.to_vec())
    }

    fn list(&self, _: &str) -> Result<Vec<String>, FileError> {
        Ok(Vec::new())
    }
}

/// The configuration file: every mistake has its place, and what was read can be shown.
pub fn config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let catalog = portcullis_rules::catalog();
    let (config, errors) = Config::parse(&text, &catalog);
    let _ = config.show();
    for error in &errors {
        within(error.span, &text, &error.message);
        // What it quotes of the file may be cut or escaped.
        assert!(error.render("portcullis.yaml").starts_with("portcullis.yaml:"), "an error without its place");
    }
}

/// A build of files that the input names by `file=` lines: every node lies in the file that it is said to be of.
pub fn kustomize(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut files = Memory::default();
    let mut path = "kustomization.yaml".to_owned();
    for line in text.lines().take_while(|line| *line != "expect=") {
        match line.strip_prefix("file=") {
            Some(next) => next.clone_into(&mut path),
            None => files.0.entry(path.clone()).or_default().extend([line, "\n"]),
        }
    }
    let names: Vec<&String> = files.0.keys().collect();
    let mut file_id = |path: &str| FileId(names.iter().position(|name| *name == path).map_or(u32::MAX, narrow));
    let kustomizations = files.0.keys().filter(|path| is_kustomization(path)).cloned();
    let library = Library::gather(kustomizations, &files, &mut file_id);
    for path in files.0.keys().filter(|path| is_kustomization(path)) {
        let Ok(build) = portcullis_render::Builds::new(&library).build(directory_of(path)) else { continue };
        for object in &build.objects {
            walk_within(&object.tree, &mut |span| {
                let text = names.get(span.file.0 as usize).and_then(|name| files.0.get(*name));
                within(span, text.map_or("", |text| text), "a node of a built object");
            });
        }
    }
}

/// Files in memory.
#[derive(Default)]
struct Memory(std::collections::BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| FileError::Missing(path.into()))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(directory.into()))
    }
}

fn walk_within(tree: &Tree, check: &mut dyn FnMut(Span)) {
    let mut open: Vec<Node<'_>> = tree.documents().map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        check(node.span());
        node.via().for_each(&mut *check);
        let _ = (node.value(), node.structure(), node.title_span());
        open.extend(node.items());
        open.extend(node.entries().flat_map(|(key, value)| [key, value]));
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Expressions: the whole text as one, and those between `${{` and `}}`.
pub fn expression(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let inside = |start: u32, end: u32, what: &str| {
        assert!(text.get(start as usize..end as usize).is_some(), "{what} at {start}..{end} is not in the text");
    };
    let whole = portcullis_syntax::expression::parse(&text);
    let fences: Vec<_> = portcullis_syntax::expression::fences(&text).collect();
    assert!(fences.windows(2).all(|pair| matches!(pair, [a, b] if a.end <= b.start)), "fences overlap");
    for fence in &fences {
        inside(fence.start, fence.end, "a fence");
    }
    for expr in fences.into_iter().map(|fence| fence.expr).chain([whole]) {
        match expr {
            Ok(expr) => {
                expr.walk(&mut |part| inside(part.start, part.end, "an expression"));
                let _ = (expr.constant(), expr.paths(), expr.sources());
            }
            Err(error) => inside(error.start, error.end, "an error"),
        }
    }
}

/// A whole scan of standard input as each of GitHub's files.
pub fn actions(data: &[u8]) {
    scan_as(data, &[".github/workflows/in.yml", "action.yml", ".github/dependabot.yml", ".pre-commit-config.yaml"]);
}

/// A whole scan of standard input, as each kind of file.
pub fn scan(data: &[u8]) {
    scan_as(data, &["in.yaml", "in.json", "Dockerfile", "compose.yaml"]);
}

fn scan_as(data: &[u8], names: &[&str]) {
    for &name in names {
        let options = options(name, data);
        let scanned = match portcullis_engine::scan(&options, &Silent) {
            Ok(scanned) => scanned.report,
            Err(error) => panic!("{name}: the scan did not start: {error}"),
        };
        assert!(scanned.errors.is_empty(), "{name}: {:?}", scanned.errors);
        let text = String::from_utf8_lossy(data);
        let is_text = std::str::from_utf8(data).is_ok();
        for finding in &scanned.findings {
            assert!(!finding.message.is_empty(), "{name}: a finding without a message");
            let places = std::iter::once(&finding.location).chain(finding.related.iter().map(|r| &r.location));
            for place in places {
                assert!(place.start.line >= 1 && place.start.column >= 1, "{name}: a position before the first");
                assert!(place.start <= place.end, "{name}: {} ends before it starts", finding.message);
                if is_text {
                    within(place.span, &text, &finding.message);
                }
            }
        }
        let places = scanned.findings.iter().map(|finding| (finding.location.span, finding.rule));
        assert!(places.is_sorted(), "{name}: findings are out of order");
    }
}

/// Fixes of standard input: none is taken back, none is left, and a second run changes nothing.
pub fn fix(data: &[u8]) {
    for name in ["in.yaml", "in.json", "Dockerfile", ".github/workflows/in.yml"] {
        let fixed = fix_once(name, data);
        if fixed != data {
            assert_eq!(fix_once(name, &fixed), fixed, "{name}: a second run changes something");
        }
    }
}

fn fix_once(name: &str, data: &[u8]) -> Vec<u8> {
    let fixed = match portcullis_engine::fix(&options(name, data), &Silent) {
        Ok(fixed) => fixed,
        Err(error) => panic!("{name}: the scan did not start: {error}"),
    };
    let report = fixed.scanned.report;
    assert!(report.errors.is_empty(), "{name}: {:?}", report.errors);
    assert!(!report.active().any(portcullis_core::Finding::is_fixable), "{name}: something is left to fix");
    fixed.stdin.expect("what came in comes back")
}

/// A scan of standard input with every rule.
fn options(name: &str, data: &[u8]) -> ScanOptions {
    ScanOptions {
        stdin: Some(Stdin { name: Some(name.to_owned()), bytes: data.to_vec() }),
        root: Some(std::path::PathBuf::from("/nowhere")),
        threads: 1,
        profile: Some(Profile::All),
        date: "2026-11-21".parse().expect("a date"),
        needs: Needs { line: true, line_hash: true, packages: true, trace: true, facts: false },
        // Only what is given is read, so this folder need not exist.
        ..ScanOptions::new(std::path::PathBuf::from("/nowhere"))
    }
}

fn text(data: &[u8]) -> Option<Arc<str>> {
    std::str::from_utf8(data).ok().map(Arc::from)
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// Visits every node. Aliases are followed, so the steps are bounded by the text and the parser's alias budget.
fn walk(tree: &Tree, mut visit: impl FnMut(Node<'_>)) {
    let text = tree.text();
    let mut steps = text.len().saturating_mul(2).saturating_add(210_000);
    let mut open: Vec<Node<'_>> = tree.documents().map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        steps = steps.checked_sub(1).expect("nodes are no more than the text and the alias budget allow");
        within(node.span(), text, "a node");
        within(node.title_span(), text, "a node's title");
        let _ = (node.value(), node.as_str(), node.as_i64());
        visit(node);
        for (key, value) in node.entries() {
            within(key.span(), text, "a key");
            open.push(value);
        }
        open.extend(node.items());
    }
    for comment in tree.comments() {
        within(comment.span, text, "a comment");
    }
    for error in tree.errors() {
        within(error.span, text, &error.message);
    }
}

fn check_map(decoded: &str, map: &OffsetMap, source: &str, scalar: Span) {
    assert_eq!(map.len(), length(decoded), "the map is not as long as {decoded:?}");
    let mut last = 0;
    for (at, character) in decoded.char_indices() {
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let width = u32::try_from(character.len_utf8()).unwrap_or(u32::MAX);
        let span = map.span(start, start.saturating_add(width));
        within(span, source, "a decoded character");
        // Line breaks are folded, quotes and escapes are written in two characters or more; all else is written as it is.
        let written = span.slice(source);
        let same = written.starts_with(character) || written.starts_with(['\\', '\'']);
        assert!(same || character.is_whitespace(), "{character:?} of {decoded:?} maps to {written:?}");
        assert!(span.start >= last, "offsets go back at {at} of {decoded:?}");
        last = span.start;
    }
    let whole = map.span(0, length(decoded));
    assert!(scalar.contains(whole) || decoded.is_empty(), "{decoded:?} maps to {whole:?}, outside of {scalar:?}");
}

fn check_dockerfile(dockerfile: &Dockerfile, text: &str) {
    assert!(dockerfile.instructions.len() <= text.len(), "more instructions than bytes");
    let mut end = 0;
    for instruction in &dockerfile.instructions {
        assert!(instruction.span.start >= end, "instructions overlap");
        end = instruction.span.end;
        check_instruction(instruction, text);
        check_instruction(instruction.triggered(), text);
    }
    for comment in &dockerfile.comments {
        within(comment.span, text, "a comment");
    }
    for error in &dockerfile.errors {
        within(error.span, text, &error.message);
    }
    for directive in &dockerfile.directives {
        within(directive.span, text, "a directive");
        within(directive.value_span, text, "a directive's value");
    }
}

fn check_instruction(instruction: &Instruction, text: &str) {
    within(instruction.span, text, "an instruction");
    within(instruction.head, text, "an instruction's head");
    within(instruction.keyword_span, text, "a keyword");
    check_text(&instruction.body, text, "a body");
    let words = instruction.words().iter();
    for word in words.chain(instruction.flags.iter().filter_map(|flag| flag.value.as_ref())) {
        check_word(word, text);
    }
    for pair in instruction.pairs() {
        check_word(&pair.key, text);
        if let Some(value) = &pair.value {
            check_word(value, text);
        }
    }
    for heredoc in &instruction.heredocs {
        within(heredoc.span, text, "a heredoc");
        within(heredoc.operator, text, "a heredoc's operator");
        check_text(&heredoc.content, text, "a heredoc's content");
    }
    for span in instruction.empty_continuations.iter().chain(&instruction.invalid_json) {
        within(*span, text, "a part of an instruction");
    }
}

fn check_word(word: &Word, text: &str) {
    check_text(&word.raw, text, "a word");
    check_text(&word.value, text, "a word's value");
}

fn check_text(decoded: &Text, text: &str, what: &str) {
    within(decoded.span(), text, what);
    assert_eq!(decoded.map.len(), length(decoded.as_str()), "{what}: the map is not as long as {:?}", decoded.as_str());
}

fn check_script(script: &Script, text: &str) {
    let mut steps = text.len().saturating_mul(8).saturating_add(1024);
    for (index, command) in script.commands.iter().enumerate() {
        within(command.span, text, "a command");
        assert!(command.wrapped_by.is_none_or(|wrapper| wrapper < index), "a command stands before its wrapper");
        let words = command.name.iter().chain(&command.args);
        let words = words.chain(command.redirects.iter().map(|redirect| &redirect.target));
        let words = words.chain(command.assignments.iter().map(|assignment| &assignment.value));
        for word in words {
            steps = steps.checked_sub(1).expect("words are no more than the text allows");
            check_shell_word(script, word, text);
        }
        for redirect in &command.redirects {
            within(redirect.span, text, "a redirection");
            if let Some(heredoc) = &redirect.heredoc {
                within(heredoc.span, text, "a heredoc in a script");
            }
        }
        let _ = (script.errexit_at(index), script.pipefail_at(index), command.program());
    }
}

fn check_shell_word(script: &Script, word: &ShellWord, text: &str) {
    within(word.span, text, "a shell word");
    let _ = script.resolve(word, &|_| None);
}

#[track_caller]
fn within(span: Span, text: &str, what: &str) {
    let inside = text.get(span.start as usize..span.end as usize).is_some();
    assert!(inside, "{what}: {}..{} is no slice of {} bytes", span.start, span.end, text.len());
}
