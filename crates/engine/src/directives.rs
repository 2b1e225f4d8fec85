//! Suppressions that are written in the files: ours, and those of the tools that ours replaces.
//!
//! A directive covers bytes: the line it stands on, the node or instruction below it, an object, a container, or the
//! file. A finding is suppressed when its own place, or a place that its value came through, starts in what is covered.
//! Ours are checked (unknown ids, expired, unused); peers' are read and never reported on.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use portcullis_core::{Catalog, Comment, Draft, FileId, Place, RuleIdx, Span, StableHash, is_advisory, is_constraint};
use portcullis_model::kubernetes::{Object, pods};
use portcullis_rules::{Date, is_about_secrets};
use portcullis_syntax::{Node, Tree, hcl};

/// A suppression.
#[derive(Clone, Debug)]
pub(crate) struct Directive {
    /// Where it is written.
    pub(crate) span: Span,
    /// Comment or annotation.
    pub(crate) carrier: Carrier,
    /// The rules it names, expanded; sorted.
    rules: Vec<RuleIdx>,
    scope: Scope,
    /// The reason that was given.
    pub(crate) reason: Option<String>,
    expires: Option<Date>,
    owner: Owner,
    used: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Comment,
    Annotation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Ours,
    Peer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    File,
    Bytes(Span),
}

/// A fault in a directive of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) span: Span,
    pub(crate) message: String,
}

/// The directives of one file.
#[derive(Debug, Default)]
pub(crate) struct Directives {
    all: Vec<Directive>,
    /// What they cover; made when the first finding asks, because nearly all files are done before.
    index: Option<Index>,
    /// Faults in directives of ours.
    pub(crate) faults: Vec<Fault>,
}

/// What a comment asks for, before it is known what it covers.
#[derive(Debug)]
struct Request<'c> {
    ids: Vec<&'c str>,
    /// Put before each id to make it a peer's.
    scheme: &'static str,
    reach: Reach,
    reason: Option<String>,
    expires: Option<Date>,
    owner: Owner,
}

/// How far a comment reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The line, or what stands below.
    Here,
    /// The stage of a Dockerfile that it stands in, or above.
    Stage,
    /// The block of Terraform's language, at the top level, that it stands in or above.
    Block,
    File,
}

impl Directives {
    /// Reads the comments of a YAML or JSON file and the annotations of its objects.
    pub(crate) fn of_tree(tree: &Tree, objects: &[Object<'_>], catalog: &Catalog) -> Self {
        let mut directives = Self::default();
        let text = tree.text();
        if !may_hold_any(text) {
            return directives;
        }
        directives.of_secrets(text, tree.file(), catalog);
        let mut below = Below::new(tree);
        for comment in tree.comments() {
            directives.comment(*comment, text, catalog, Reach::Here, |comment, _| below.comment(comment));
        }
        for object in objects {
            directives.annotations(object.node, object.node, object, catalog);
            for pod in pods(object) {
                if pod.template != object.node {
                    directives.annotations(pod.template, pod.template, object, catalog);
                }
            }
        }
        directives
    }

    /// Reads the comments of a Dockerfile. `below` says what one of them covers. To checkov, the line does not matter there.
    pub(crate) fn of_dockerfile(
        file: FileId,
        comments: &[Comment],
        text: &str,
        catalog: &Catalog,
        mut below: impl FnMut(Comment, Reach) -> Option<Span>,
    ) -> Self {
        let mut directives = Self::default();
        directives.of_secrets(text, file, catalog);
        for comment in comments {
            directives.comment(*comment, text, catalog, Reach::File, &mut below);
        }
        directives
    }

    /// Reads the comments of a file of Terraform's language. To checkov a comment anywhere in a resource covers all of it.
    pub(crate) fn of_hcl(id: FileId, file: &hcl::File, text: &str, catalog: &Catalog) -> Self {
        let mut directives = Self::default();
        if !may_hold_any(text) {
            return directives;
        }
        directives.of_secrets(text, id, catalog);
        let blocks = Blocks { file, text };
        for &comment in &file.comments {
            directives.comment(comment, text, catalog, Reach::Block, |comment, reach| blocks.covered(comment, reach));
        }
        for directive in &mut directives.all {
            if let Scope::Bytes(line) = directive.scope
                && let Some(block) = blocks.opened_on(line)
            {
                directive.scope = Scope::Bytes(block);
            }
        }
        directives
    }

    /// Reads the comments of a file of lines, which `mark` begins. One on a line of its own covers the lines below it, up to
    /// a blank one.
    pub(crate) fn of_lines(text: &str, file: FileId, mark: &str, catalog: &Catalog) -> Self {
        let mut directives = Self::default();
        if !may_hold_any(text) {
            return directives;
        }
        directives.of_secrets(text, file, catalog);
        directives.lines(text, file, mark, catalog);
        directives
    }

    fn lines(&mut self, text: &str, file: FileId, mark: &str, catalog: &Catalog) {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            // An address may hold the mark as well (`…#egg=name`).
            let asks = |at: &usize| line.get(at + mark.len()..).is_some_and(|body| read(body.trim()).is_some());
            let marks = line.match_indices(mark).map(|(at, _)| at);
            if let Some(at) = marks.filter(|_| may_hold_any(line)).find(asks) {
                let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let span = Span::new(file, offset(start + at), offset(start + line.trim_end().len()));
                let own_line = line.get(..at).is_some_and(|before| before.trim().is_empty());
                start = end;
                // Several marks may lead to one directive.
                if self.all.iter().any(|known| known.owner == Owner::Ours && known.span.end == span.end) {
                    continue;
                }
                let below = |_: Comment, _: Reach| {
                    let rest = text.get(end..)?;
                    let lines = rest.split_inclusive('\n').take_while(|line| !line.trim().is_empty());
                    let length: usize = lines.map(str::len).sum();
                    (length > 0).then(|| Span::new(file, offset(end), offset(end + length)))
                };
                self.comment(Comment { span, own_line }, text, catalog, Reach::Here, below);
            }
            start = end;
        }
    }

    /// Reads a file of any kind, by the marks that comments begin with in most languages.
    pub(crate) fn of_text(text: &str, file: FileId, catalog: &Catalog) -> Self {
        let mut directives = Self::of_lines(text, file, "#", catalog);
        if may_hold_any(text) {
            for mark in ["//", "/*", "<!--", "--", ";"] {
                directives.lines(text, file, mark, catalog);
            }
        }
        directives
    }

    /// Reads what allows secrets on a line, or on the one below. Those who look for secrets look for these words anywhere in a line.
    fn of_secrets(&mut self, text: &str, file: FileId, catalog: &Catalog) {
        let mut rules = None;
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        for marker in SECRET_MARKERS {
            for at in memchr::memmem::find_iter(text.as_bytes(), marker) {
                let end = at + marker.len();
                let span = Span::new(file, offset(at), offset(end));
                let allowed = if *marker == b"pragma:" {
                    pragma(text.get(end..).unwrap_or_default())
                } else {
                    Some(Allowed::Line)
                };
                let line = line_of(span, text);
                let covered = match allowed {
                    None => continue,
                    Some(Allowed::Line) => line,
                    Some(Allowed::NextLine) => {
                        let rest = text.get(line.end as usize..).unwrap_or_default();
                        let next = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r']));
                        let Some(next) = next else { continue };
                        line_of(Span::new(file, offset(text.len() - next.len()), offset(text.len() - next.len())), text)
                    }
                };
                let about =
                    || catalog.iter().filter(|(_, rule)| is_about_secrets(rule)).map(|(rule, _)| rule).collect();
                self.all.push(Directive {
                    span,
                    carrier: Carrier::Comment,
                    rules: Vec::clone(rules.get_or_insert_with(about)),
                    scope: Scope::Bytes(covered),
                    reason: None,
                    expires: None,
                    owner: Owner::Peer,
                    used: false,
                });
            }
        }
    }

    /// Adds a suppression for the whole file that a parser found by itself (`# check=skip=…`).
    pub(crate) fn whole_file(&mut self, span: Span, scheme: &'static str, ids: &[&str], catalog: &Catalog) {
        let request =
            Request { ids: ids.to_vec(), scheme, reach: Reach::File, reason: None, expires: None, owner: Owner::Peer };
        self.add(&request, span, Scope::File, Carrier::Comment, catalog);
    }

    /// Every suppression, in order.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Directive> {
        self.all.iter()
    }

    /// Whether there is nothing to apply and nothing to complain of.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.faults.is_empty()
    }

    /// The directive that suppresses `draft` in the file with this number, which they are of, if there is one; it then
    /// counts as used.
    ///
    /// A directive for a rule that gave way takes that rule from the draft and hides nothing: whoever accepts that there is
    /// no key of their own has not accepted that nothing is encrypted.
    pub(crate) fn suppress(&mut self, draft: &mut Draft, file: FileId, today: Date) -> Option<&Directive> {
        if self.all.is_empty() {
            return None;
        }
        let index = &*self.index.get_or_insert_with(|| Index::new(&self.all, today));
        let first = |rule: RuleIdx| {
            let spans = [draft.place.span].into_iter().chain(draft.via.iter().copied());
            spans.filter(|span| span.file == file).filter_map(|span| index.first(rule, span)).min()
        };
        if let Some(first) = first(draft.rule) {
            let directive = self.all.get_mut(first)?;
            directive.used = true;
            return Some(directive);
        }
        let accepted: Vec<(RuleIdx, usize)> =
            draft.also.iter().filter_map(|&rule| Some((rule, first(rule)?))).collect();
        for (rule, first) in accepted {
            draft.also.retain(|&also| also != rule);
            if let Some(directive) = self.all.get_mut(first) {
                directive.used = true;
            }
        }
        None
    }

    /// Directives of ours that hid nothing although all their rules ran and knew enough, and those that have expired.
    pub(crate) fn stale(
        &self,
        today: Date,
        could_tell: impl Fn(RuleIdx) -> bool,
    ) -> (Vec<&Directive>, Vec<&Directive>) {
        let ours = || self.all.iter().filter(|directive| directive.owner == Owner::Ours && !directive.used);
        let is_expired = |directive: &&Directive| directive.expires.is_some_and(|last| last < today);
        let unused =
            ours().filter(|directive| !is_expired(directive) && directive.rules.iter().all(|&rule| could_tell(rule)));
        (unused.collect(), ours().filter(is_expired).collect())
    }

    fn comment(
        &mut self,
        comment: Comment,
        text: &str,
        catalog: &Catalog,
        reach_of_checkov: Reach,
        below: impl FnOnce(Comment, Reach) -> Option<Span>,
    ) {
        let body = comment.span.slice(text).trim_start_matches(MARKS_OF_COMMENTS);
        let body = body.trim_end_matches("*/").trim_end_matches("-->").trim();
        let request = match read(body) {
            Some(Ok(request)) => request,
            Some(Err(message)) => return self.faults.push(Fault { span: comment.span, message }),
            None => return,
        };
        let reach = if request.scheme == "checkov:" { reach_of_checkov } else { request.reach };
        let scope = match reach {
            Reach::File => Some(Scope::File),
            Reach::Block => below(comment, reach).map(Scope::Bytes),
            Reach::Here | Reach::Stage if comment.own_line => below(comment, reach).map(Scope::Bytes),
            Reach::Here | Reach::Stage => Some(Scope::Bytes(line_of(comment.span, text))),
        };
        let Some(scope) = scope else {
            if request.owner == Owner::Ours {
                let message = "nothing stands below this suppression that it could cover".to_owned();
                self.faults.push(Fault { span: comment.span, message });
            }
            return;
        };
        self.add(&request, comment.span, scope, Carrier::Comment, catalog);
    }

    fn add(&mut self, request: &Request<'_>, span: Span, scope: Scope, carrier: Carrier, catalog: &Catalog) {
        let mut rules = Vec::new();
        for &id in &request.ids {
            let found = resolve(catalog, request.scheme, id);
            // Advisories are known by the packages that a scan meets: one that does not hold here is none of its rules.
            let may_come = is_advisory(id) || is_constraint(id);
            if found.is_empty() && request.owner == Owner::Ours && !may_come {
                self.faults.push(Fault { span, message: format!("`{id}` names no rule, so nothing is suppressed") });
            }
            rules.extend(found);
        }
        if rules.is_empty() {
            return;
        }
        rules.sort_unstable();
        rules.dedup();
        self.all.push(Directive {
            span,
            carrier,
            rules,
            scope,
            reason: request.reason.clone(),
            expires: request.expires,
            owner: request.owner,
            used: false,
        });
    }

    fn annotations(&mut self, holder: Node<'_>, covered: Node<'_>, object: &Object<'_>, catalog: &Catalog) {
        let Some(annotations) = holder.get("metadata.annotations").present() else { return };
        for (key, value) in annotations.entries() {
            match annotation(key.text(), value.text()) {
                None => {}
                Some(AnnotationRequest::Ours) => self.our_annotation(value, covered, object, catalog),
                Some(AnnotationRequest::Peer { scheme, ids, reason }) => {
                    let request = Request {
                        ids,
                        scheme,
                        reach: Reach::Here,
                        reason: reason.map(str::to_owned),
                        expires: None,
                        owner: Owner::Peer,
                    };
                    let scope = Scope::Bytes(covered.span());
                    self.add(&request, value.span(), scope, Carrier::Annotation, catalog);
                }
            }
        }
    }

    /// `portcullis.dev/ignore: "ID, ID@container"`.
    fn our_annotation(&mut self, value: Node<'_>, covered: Node<'_>, object: &Object<'_>, catalog: &Catalog) {
        let pods = pods(object);
        // Of equal names the first, as of any other search by name.
        let containers: HashMap<&str, Span> = pods
            .iter()
            .flat_map(|pod| &pod.containers)
            .rev()
            .filter_map(|container| Some((container.name?, container.node.span())))
            .collect();
        for entry in value.text().split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (id, container) = entry.split_once('@').map_or((entry, None), |(id, name)| (id, Some(name)));
            let scope = match container {
                None => Some(covered.span()),
                Some(name) => containers.get(name).copied(),
            };
            let Some(scope) = scope else {
                let message = format!("`{entry}` names no container of this object");
                self.faults.push(Fault { span: value.span(), message });
                continue;
            };
            let request = Request {
                ids: vec![id],
                scheme: "",
                reach: Reach::Here,
                reason: None,
                expires: None,
                owner: Owner::Ours,
            };
            self.add(&request, value.span(), Scope::Bytes(scope), Carrier::Annotation, catalog);
        }
    }
}

impl Directive {
    /// The place of a finding about the directive itself.
    pub(crate) fn place(&self) -> Place {
        place(self.span, &self.rules)
    }

    /// The ids that it names, for messages.
    pub(crate) fn names(&self, catalog: &Catalog) -> String {
        // All rules about secrets are no list that anybody reads.
        if self.rules.len() > NAMED {
            return format!("{} rules", self.rules.len());
        }
        let ids: Vec<&str> = self.rules.iter().map(|&rule| &*catalog.get(rule).id).collect();
        ids.join(", ")
    }

    /// The last day that it counted.
    pub(crate) fn expires(&self) -> Option<Date> {
        self.expires
    }
}

impl Fault {
    /// The place of a finding about the fault.
    pub(crate) fn place(&self) -> Place {
        place(self.span, &[])
    }
}

fn place(span: Span, rules: &[RuleIdx]) -> Place {
    let mut structure = StableHash::new();
    structure.text("suppression");
    for rule in rules {
        structure.number(u64::from(rule.0));
    }
    Place { span, structure: structure.short(), value: 0 }
}

/// For each rule the first directive that covers a byte: where it changes, and what it is from there on.
#[derive(Debug)]
struct Index(HashMap<RuleIdx, Vec<(u32, Option<usize>)>>);

impl Index {
    /// Indexes the directives that have not expired.
    fn new(all: &[Directive], today: Date) -> Self {
        let mut edges: HashMap<RuleIdx, Vec<(u32, usize)>> = HashMap::new();
        for (index, directive) in all.iter().enumerate() {
            if directive.expires.is_some_and(|last| last < today) {
                continue;
            }
            let (start, end) = directive.scope.range();
            for &rule in &directive.rules {
                edges.entry(rule).or_default().extend([(start, index), (end, index)]);
            }
        }
        Self(edges.into_iter().map(|(rule, edges)| (rule, Self::changes(edges))).collect())
    }

    /// An edge opens the directive where it is met first, and closes it where it is met again.
    fn changes(mut edges: Vec<(u32, usize)>) -> Vec<(u32, Option<usize>)> {
        edges.sort_unstable();
        let mut open = BTreeSet::new();
        let mut changes: Vec<(u32, Option<usize>)> = Vec::new();
        for (at, index) in edges {
            if !open.insert(index) {
                open.remove(&index);
            }
            match changes.last_mut() {
                Some(last) if last.0 == at => last.1 = open.first().copied(),
                _ => changes.push((at, open.first().copied())),
            }
        }
        changes
    }

    /// The first directive that names the rule and covers the start of the span.
    fn first(&self, rule: RuleIdx, span: Span) -> Option<usize> {
        let changes = self.0.get(&rule)?;
        let next = changes.partition_point(|&(at, _)| at <= span.start);
        changes.get(next.checked_sub(1)?)?.1
    }
}

impl Scope {
    /// First byte and one past the last; never empty.
    fn range(self) -> (u32, u32) {
        match self {
            Self::File => (0, u32::MAX),
            Self::Bytes(covered) => (covered.start, covered.end.max(covered.start.saturating_add(1))),
        }
    }
}

/// Words of which one stands in every directive and every annotation that suppresses.
const MARKERS: &[&str] = &[
    "portcullis",
    "hadolint",
    "trivy:",
    "tfsec:",
    "checkov",
    "bridgecrew",
    "cortex",
    "kics-scan",
    "zizmor:",
    "kube-linter.io",
    "kube-score/",
    "polaris.fairwinds.com",
    "gitleaks:allow",
    "trufflehog:ignore",
    "pragma:",
];

/// Rules that a message names one by one at most.
const NAMED: usize = 40;

/// What allows secrets: gitleaks', TruffleHog's and detect-secrets' words.
const SECRET_MARKERS: &[&[u8]] = &[b"gitleaks:allow", b"trufflehog:ignore", b"pragma:"];

/// What a word allows a secret on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    Line,
    NextLine,
}

/// What detect-secrets reads behind `pragma:`: `allowlist secret`, `allowlist nextline secret`; `whitelist` in older files.
fn pragma(rest: &str) -> Option<Allowed> {
    let mut words = rest.lines().next()?.split([' ', '\t', '-']).filter(|word| !word.is_empty());
    if !matches!(words.next()?, "allowlist" | "whitelist") {
        return None;
    }
    match (words.next()?, words.next()) {
        ("nextline", Some("secret")) => Some(Allowed::NextLine),
        ("secret", _) => Some(Allowed::Line),
        _ => None,
    }
}

/// Whether the text can hold a directive at all: most files have none, and finding that out is cheap.
pub(crate) fn may_hold_any(text: &str) -> bool {
    // All words at once, several bytes at a time; not every processor can.
    static ANY: LazyLock<Option<Searcher>> = LazyLock::new(|| Searcher::new(MARKERS));
    match &*ANY {
        Some(searcher) => searcher.find(text).is_some(),
        None => MARKERS.iter().any(|marker| memchr::memmem::find(text.as_bytes(), marker.as_bytes()).is_some()),
    }
}

/// What comments begin with, in any language.
const MARKS_OF_COMMENTS: &[char] = &['#', '/', '*', '-', ';', '<', '!'];

/// Reads a comment's body. `None` where it is no directive.
fn read(body: &str) -> Option<Result<Request<'_>, String>> {
    if let Some(at) = body.find("portcullis:")
        && (at == 0 || body.get(..at).is_some_and(|before| before.ends_with("# ") || before.ends_with('#')))
    {
        return Some(ours(body.get(at + "portcullis:".len()..)?.trim_start()));
    }
    if let Some(rest) = body.strip_prefix("hadolint ") {
        let rest = rest.trim_start();
        let (reach, rest) = match rest.split_once([' ', '\t']) {
            Some(("global", rest)) => (Reach::File, rest.trim_start()),
            Some(("stage", rest)) => (Reach::Stage, rest.trim_start()),
            _ => (Reach::Here, rest),
        };
        // `ignore = DL3006 , DL3008  # why`
        let ids = rest.strip_prefix("ignore")?.trim_start().strip_prefix('=')?;
        let (ids, reason) = ids.split_once('#').unwrap_or((ids, ""));
        return Some(Ok(peer_request("hadolint:", reach, ids, reason)));
    }
    let checkov = ["checkov:skip=", "bridgecrew:skip=", "cortex:skip="];
    if let Some(rest) = checkov.iter().find_map(|start| body.strip_prefix(start)) {
        let (id, reason) = rest.split_once(':').unwrap_or((rest, ""));
        return Some(Ok(peer_request("checkov:", Reach::Here, id, reason)));
    }
    if body.starts_with("trivy:ignore:") || body.starts_with("tfsec:ignore:") {
        return Some(Ok(trivy(body)));
    }
    if let Some((name, value)) = body.split_once('=')
        && name.trim_end().eq_ignore_ascii_case("check")
    {
        let request = peer_request("buildkit:", Reach::Here, "", "");
        return Some(Ok(Request { ids: buildkit_skips(value), ..request }));
    }
    if let Some(rest) = body.strip_prefix("zizmor:") {
        let (ids, reason) = rest.trim_start().strip_prefix("ignore[")?.split_once(']')?;
        return Some(Ok(peer_request("zizmor:", Reach::Here, ids, reason)));
    }
    if let Some(rest) = body.strip_prefix("kics-scan ") {
        return match rest.trim().split_once('=') {
            Some(("disable", ids)) => Some(Ok(peer_request("kics:", Reach::File, ids, ""))),
            None if rest.trim().starts_with("ignore-") => Some(Ok(peer_request("kics:", Reach::Here, "*", ""))),
            _ => None,
        };
    }
    None
}

/// `trivy:ignore:AWS-0086 tfsec:ignore:aws-s3-no-public-buckets:exp:2027-01-31`: both names, several of them on one line.
fn trivy(body: &str) -> Request<'_> {
    let mut ids = Vec::new();
    let mut expires = None;
    for word in body.split_whitespace() {
        let Some((_, rest)) = word.split_once("ignore:") else { continue };
        let (id, rest) = rest.split_once([':', '[']).unwrap_or((rest, ""));
        ids.push(id);
        let end = rest.split_once("exp:").and_then(|(_, rest)| rest.get(..10)).and_then(|date| date.parse().ok());
        expires = expires.or(end);
    }
    let scheme = if body.starts_with("trivy:") { "trivy:" } else { "tfsec:" };
    Request { ids, scheme, reach: Reach::Here, reason: None, expires, owner: Owner::Peer }
}

/// The rules that BuildKit's `check=skip=JSONArgsRecommended,StageNameCasing;error=true // why` turns off: for the whole
/// file as a directive, for one instruction as a comment above it. What follows the first blank is a remark.
pub(crate) fn buildkit_skips(value: &str) -> Vec<&str> {
    let settings = value.split_whitespace().next().unwrap_or_default().split(';');
    settings.filter_map(|setting| setting.strip_prefix("skip=")).flat_map(ids_of).collect()
}

fn peer_request<'c>(scheme: &'static str, reach: Reach, ids: &'c str, reason: &str) -> Request<'c> {
    let reason = reason.trim();
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    Request { ids: ids_of(ids), scheme, reach, reason, expires: None, owner: Owner::Peer }
}

/// `ignore[ID,…] reason`, `ignore-file[ID,…] expires=2027-01-31 reason`.
fn ours(text: &str) -> Result<Request<'_>, String> {
    let (reach, rest) = if let Some(rest) = text.strip_prefix("ignore-file") {
        (Reach::File, rest)
    } else if let Some(rest) = text.strip_prefix("ignore") {
        (Reach::Here, rest)
    } else {
        return Err("expected `ignore[ID,…]` or `ignore-file[ID,…]` after `portcullis:`".to_owned());
    };
    let Some((ids, tail)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Err("expected the ids in brackets: `ignore[ID,…]`".to_owned());
    };
    let ids = ids_of(ids);
    if ids.is_empty() {
        return Err("the brackets name no rule".to_owned());
    }
    let mut expires = None;
    let mut reason = Vec::new();
    for word in tail.split_whitespace() {
        match word.strip_prefix("expires=") {
            Some(date) => expires = Some(date.parse()?),
            None => reason.push(word),
        }
    }
    let reason = (!reason.is_empty()).then(|| reason.join(" "));
    Ok(Request { ids, scheme: "", reach, reason, expires, owner: Owner::Ours })
}

fn ids_of(text: &str) -> Vec<&str> {
    text.split([',', ';']).map(str::trim).filter(|id| !id.is_empty()).collect()
}

fn resolve(catalog: &Catalog, scheme: &str, id: &str) -> Vec<RuleIdx> {
    if scheme.is_empty() {
        return catalog.select(id);
    }
    if id == "*" || id.eq_ignore_ascii_case("all") {
        let held = catalog.iter().filter(|(_, rule)| rule.peers.iter().any(|peer| peer.starts_with(scheme)));
        return held.map(|(index, _)| index).collect();
    }
    // hadolint passes ShellCheck's findings on as its own.
    let scheme = if scheme == "hadolint:" && id.starts_with("SC") { "shellcheck:" } else { scheme };
    // The rules of other tools' engines (tfsec's ids in a `trivy:ignore`) are found by the bare id.
    let found = catalog.by_peer(&format!("{scheme}{id}"));
    if found.is_empty() { catalog.by_peer(id).to_vec() } else { found.to_vec() }
}

enum AnnotationRequest<'t> {
    Ours,
    Peer { scheme: &'static str, ids: Vec<&'t str>, reason: Option<&'t str> },
}

/// What an annotation of an object asks for.
fn annotation<'t>(key: &'t str, value: &'t str) -> Option<AnnotationRequest<'t>> {
    let peer = |scheme, ids, reason: &'t str| {
        let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
        Some(AnnotationRequest::Peer { scheme, ids, reason })
    };
    if key == "portcullis.dev/ignore" {
        return Some(AnnotationRequest::Ours);
    }
    if let Some(check) = key.strip_prefix("ignore-check.kube-linter.io/") {
        return peer("kube-linter:", vec![check], value);
    }
    if key == "kube-linter.io/ignore-all" {
        return peer("kube-linter:", vec!["*"], value);
    }
    let checkov = ["checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip"];
    // checkov numbers them, but takes any ending.
    if checkov.iter().any(|prefix| key.starts_with(prefix)) {
        let (id, reason) = value.split_once('=').unwrap_or((value, ""));
        return peer("checkov:", vec![id.trim()], reason);
    }
    if let Some(check) = key.strip_prefix("polaris.fairwinds.com/") {
        let check = check.strip_suffix("exempt")?;
        let check = check.strip_suffix('-').unwrap_or("*");
        return if value == "true" { peer("polaris:", vec![check], "") } else { None };
    }
    if key == "kube-score/ignore" {
        return peer("kube-score:", ids_of(value), "");
    }
    None
}

/// The bytes of the line that a span starts on.
fn line_of(span: Span, text: &str) -> Span {
    let start = span.start as usize;
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let rest = text.get(start..).unwrap_or_default();
    let line_end = rest.find(['\n', '\r']).map_or(text.len(), |at| start + at);
    let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Span::new(span.file, narrow(line_start), narrow(line_end))
}

/// What comments cover in a file of Terraform's language.
struct Blocks<'f> {
    file: &'f hcl::File,
    text: &'f str,
}

impl Blocks<'_> {
    fn covered(&self, comment: Comment, reach: Reach) -> Option<Span> {
        let around = block_at(&self.file.body, comment.span.start).filter(|block| block.span.contains(comment.span));
        if let (Reach::Block, Some(block)) = (reach, around) {
            return Some(block.span);
        }
        let next = next_content_of_hcl(self.text, comment.span.end)?;
        begins_at(&self.file.body, next)
    }

    /// A block whose first line ends in a comment is covered as a whole.
    fn opened_on(&self, line: Span) -> Option<Span> {
        let mut body = &self.file.body;
        loop {
            let first = body.blocks.partition_point(|block| block.span.end <= line.start);
            let block = body.blocks.get(first).filter(|block| block.span.start <= line.end)?;
            if line.contains(block.header) && block.span.end > line.end {
                return Some(block.span);
            }
            body = &block.body;
        }
    }
}

/// The block around an offset. Comments are of files in which blocks stand in the order of the text.
fn block_at(body: &hcl::Body, offset: u32) -> Option<&hcl::Block> {
    let behind = body.blocks.partition_point(|block| block.span.start <= offset);
    body.blocks.get(behind.checked_sub(1)?).filter(|block| offset < block.span.end)
}

/// The attribute or block that begins at an offset.
fn begins_at(mut body: &hcl::Body, offset: u32) -> Option<Span> {
    loop {
        let found = body.attributes.binary_search_by_key(&offset, |attribute| attribute.name.span.start);
        if let Some(attribute) = found.ok().and_then(|at| body.attributes.get(at)) {
            return Some(attribute.span());
        }
        let block = block_at(body, offset)?;
        if block.span.start == offset {
            return Some(block.span);
        }
        body = &block.body;
    }
}

/// Offset of the first character behind `from` that is neither blank nor in a comment.
fn next_content_of_hcl(text: &str, from: u32) -> Option<u32> {
    let mut at = from as usize;
    loop {
        let rest = text.get(at..)?;
        at += rest.len() - rest.trim_start().len();
        let rest = text.get(at..)?;
        at += match rest.as_bytes() {
            [b'#', ..] | [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
            [] => return None,
            _ => return u32::try_from(at).ok(),
        };
    }
}

/// What comments on their own lines cover in a tree.
struct Below<'t> {
    tree: &'t Tree,
    /// By offset the outermost node that begins there: a document, a list element, or an entry from its key on. Made for
    /// the first comment that asks.
    begins: Option<HashMap<u32, Span>>,
    /// The last search for content: from where, and what it found.
    searched: Option<(u32, Option<u32>)>,
}

impl<'t> Below<'t> {
    fn new(tree: &'t Tree) -> Self {
        Self { tree, begins: None, searched: None }
    }

    /// The outermost node that begins on the next line of content. Comments are asked about in their order.
    fn comment(&mut self, comment: Comment) -> Option<Span> {
        let from = comment.span.end;
        let offset = match self.searched {
            // Of a block of comments the first has found what stands below the others too.
            Some((start, found)) if start <= from && found.is_none_or(|found| from <= found) => found,
            _ => next_content(self.tree.text(), from),
        };
        self.searched = Some((from, offset));
        let begins = self.begins.get_or_insert_with(|| begins(self.tree));
        begins.get(&offset?).copied()
    }
}

/// The outermost node that begins at each offset where one does.
fn begins(tree: &Tree) -> HashMap<u32, Span> {
    let mut begins = HashMap::new();
    // Depth first, so that an outer node is met before what it holds. What an alias stands for was met at its anchor.
    let mut stack: Vec<Node<'_>> = Vec::new();
    for document in tree.documents() {
        begins.entry(document.root.span().start).or_insert(document.root.span());
        stack.push(document.root);
        while let Some(node) = stack.pop() {
            if node.via().next().is_some() {
                continue;
            }
            for (key, value) in node.entries() {
                begins.entry(key.span().start).or_insert_with(|| key.span().to(value.span()));
                stack.push(value);
            }
            for item in node.items() {
                begins.entry(item.span().start).or_insert(item.span());
                stack.push(item);
            }
        }
    }
    begins
}

/// Offset of the first character of content behind `from`: comments, blank lines, document markers and the dash of a
/// list element are passed over.
fn next_content(text: &str, from: u32) -> Option<u32> {
    let mut at = from as usize;
    loop {
        let rest = text.get(at..)?;
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        let rest = text.get(at..)?;
        let at_line_start = blank > 0;
        if rest.is_empty() {
            return None;
        }
        let skipped = if rest.starts_with('#') || at_line_start && (rest.starts_with("---") || rest.starts_with("..."))
        {
            rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else if rest.starts_with("- ") {
            1
        } else {
            return u32::try_from(at).ok();
        };
        at += skipped;
    }
}
