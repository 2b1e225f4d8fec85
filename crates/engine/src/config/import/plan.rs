//! What the files that are imported ask for, put together, and written at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use portcullis_core::{Catalog, LineIndex, Profile, RuleIdx, Severity, Span, is_advisory};
use portcullis_rules::{Date, OptionValue};
use portcullis_syntax::Node;

use super::peer::{Family, Peer};
use super::{Imported, Remark};
use crate::config::secrets::{PREFIX, is_rule_id};
use crate::config::{
    Advisories, AllowCondition, Config, Ignore, Override, PathMatcher, RuleSetting, RuleSwitch, SecretAllow,
    SecretRule, Secrets, text,
};

/// The configuration as far as it is known.
pub(super) struct Plan<'a> {
    catalog: &'a Catalog,
    /// How many files were opened.
    files: usize,
    sources: Vec<String>,
    lines: LineIndex<'a>,
    fail_on: Option<Severity>,
    exclude: Vec<String>,
    /// Paths with the remark for when other tools' files are imported as well, which look at all paths.
    include: Vec<(String, Remark)>,
    rules: BTreeMap<RuleIdx, RuleSetting>,
    off: BTreeSet<RuleIdx>,
    /// Tags of kinds of advisories that are off.
    kinds_off: BTreeSet<&'static str>,
    advisories: Advisories,
    accepted: Vec<Accepted>,
    runs: Vec<(Family, Run)>,
    overrides: Vec<Override>,
    ignore: Vec<Ignore>,
    secrets: Secrets,
    /// The ids here of the rules that were imported, by their ids there.
    own_secrets: BTreeMap<String, String>,
    fingerprints: Vec<(Fingerprint, Remark)>,
    remarks: Vec<Remark>,
}

/// A finding of gitleaks that was accepted.
#[derive(Clone, Debug)]
pub(super) struct Fingerprint {
    pub(super) commit: Option<String>,
    pub(super) path: String,
    pub(super) rule: String,
    /// The line that names it.
    pub(super) line: u32,
}

/// What a tool runs of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// What it always does.
    Defaults,
    /// Only what is named.
    Named,
    /// Nothing.
    Nothing,
}

/// An id of a peer that was turned off or ignored.
struct Accepted {
    peer: Peer,
    id: String,
    /// With the place of the id, and nothing said yet.
    remark: Remark,
}

/// Where, why and until when a check is ignored.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    pub(super) path: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) expires: Option<Date>,
}

/// Ids that a remark names.
const NAMED: usize = 4;

impl<'a> Plan<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            files: 0,
            sources: Vec::new(),
            lines: LineIndex::new(""),
            fail_on: None,
            exclude: Vec::new(),
            include: Vec::new(),
            rules: BTreeMap::new(),
            off: BTreeSet::new(),
            kinds_off: BTreeSet::new(),
            advisories: Advisories::default(),
            accepted: Vec::new(),
            runs: Vec::new(),
            overrides: Vec::new(),
            ignore: Vec::new(),
            secrets: Secrets::default(),
            own_secrets: BTreeMap::new(),
            fingerprints: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// What follows is of this file.
    pub(super) fn open(&mut self, path: &Path, text: &'a str) {
        self.files = self.files.saturating_add(1);
        self.sources.push(path.display().to_string());
        self.lines = LineIndex::new(text);
    }

    /// The line that a node starts at.
    pub(super) fn line(&self, node: Node<'_>) -> u32 {
        self.lines.line(node.span().start)
    }

    /// The line that a span starts at.
    pub(super) fn line_of(&self, span: Span) -> u32 {
        self.lines.line(span.start)
    }

    /// Says that something is not in the configuration as it was.
    pub(super) fn remark(&mut self, line: u32, message: String) {
        let remark = self.at(line, message);
        self.remarks.push(remark);
    }

    /// The same at a node.
    pub(super) fn say(&mut self, node: Node<'_>, message: String) {
        self.remark(self.line(node), message);
    }

    /// Says that a key has no equivalent.
    pub(super) fn no_equivalent(&mut self, key: Node<'_>) {
        self.say(key, format!("`{}` has no equivalent", key.text()));
    }

    fn at(&self, line: u32, message: String) -> Remark {
        let path = self.sources.last().cloned().unwrap_or_default();
        Remark { file: self.files, path, line, message }
    }

    /// What the tool runs, said for each family that it could look at.
    pub(super) fn runs(&mut self, family: Family, run: Run) {
        self.runs.push((family, run));
    }

    /// Our rules for a check of a peer.
    pub(super) fn rules(&self, peer: Peer, id: &str) -> Vec<RuleIdx> {
        let families = peer.families();
        let is_looked_at = |rule: &RuleIdx| {
            let [family] = families else { return true };
            self.catalog.get(*rule).id.starts_with(family.prefix())
        };
        let rules = self.catalog.by_peer(&format!("{}:{id}", peer.scheme()));
        rules.iter().copied().filter(is_looked_at).collect()
    }

    /// The same; where there is none it is said.
    pub(super) fn named(&mut self, peer: Peer, id: &str, line: u32) -> Vec<RuleIdx> {
        let rules = self.rules(peer, id);
        if rules.is_empty() {
            self.remark(line, format!("no rule stands for `{id}`"));
        }
        rules
    }

    /// The peer's ids in the catalog that a pattern with `*` means.
    pub(super) fn matching(&self, peer: Peer, pattern: &str) -> Vec<String> {
        let ids = self.catalog.iter().flat_map(|(_, rule)| rule.peers.iter());
        let ids = ids.filter_map(|id| id.strip_prefix(peer.scheme())?.strip_prefix(':'));
        let found: BTreeSet<&str> = ids.filter(|id| is_match(pattern, id)).collect();
        found.into_iter().map(str::to_owned).collect()
    }

    /// Turns off what stands for a check.
    pub(super) fn off(&mut self, peer: Peer, id: &str, line: u32) {
        let rules = self.named(peer, id, line);
        if !rules.is_empty() {
            self.off.extend(rules);
            self.accept(peer, id, line);
        }
    }

    fn accept(&mut self, peer: Peer, id: &str, line: u32) {
        let remark = self.at(line, String::new());
        self.accepted.push(Accepted { peer, id: id.to_owned(), remark });
    }

    /// Ignores findings of what stands for a check.
    pub(super) fn ignore(&mut self, peer: Peer, id: &str, line: u32, terms: &Terms) {
        let rules = self.named(peer, id, line);
        if rules.is_empty() {
            return;
        }
        let mut path = None;
        if let Some(glob) = &terms.path {
            let Some(matcher) = self.glob(glob, line) else { return };
            path = Some(matcher);
        }
        self.accept(peer, id, line);
        for rule in rules {
            let rule = self.catalog.get(rule).id.to_string();
            let (path, reason, expires) = (path.clone(), terms.reason.clone(), terms.expires);
            let entry = Ignore { rule, path, reason, expires };
            if !self.ignore.contains(&entry) {
                self.ignore.push(entry);
            }
        }
    }

    /// Accepts an advisory by one of its ids.
    pub(super) fn advisory(&mut self, id: &str, line: u32, terms: &Terms) {
        let is_id = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
        if !is_advisory(id) || !is_id || !id.contains('-') {
            self.remark(line, format!("`{id}` is no id of an advisory that is known here"));
            return;
        }
        let mut path = None;
        if let Some(glob) = &terms.path {
            let Some(matcher) = self.glob(glob, line) else { return };
            path = Some(matcher);
        }
        let entry = Ignore { rule: id.to_owned(), path, reason: terms.reason.clone(), expires: terms.expires };
        if !self.ignore.contains(&entry) {
            self.ignore.push(entry);
        }
    }

    /// The ids of our rules for a check of a peer; where there is none it is said.
    pub(super) fn named_ids(&mut self, peer: Peer, id: &str, line: u32) -> Vec<String> {
        let rules = self.named(peer, id, line);
        rules.into_iter().map(|rule| self.catalog.get(rule).id.to_string()).collect()
    }

    /// The id here of a rule about secrets that was imported.
    pub(super) fn own_secret(&self, id: &str) -> Option<String> {
        self.own_secrets.get(id).cloned()
    }

    /// Adds a rule about secrets under an id that nothing else has, which is returned.
    pub(super) fn secret_rule(&mut self, id: &str, rule: SecretRule) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let name: String = id.chars().map(plain).collect();
        let name = name.trim_matches('-').trim_start_matches(PREFIX);
        let name = if name.is_empty() { "imported" } else { name };
        let is_free = |id: &String| {
            let is_own = self.secrets.rules.iter().any(|rule| rule.id.as_ref() == Some(id));
            is_rule_id(id) && self.catalog.by_id(id).is_none() && !is_own
        };
        let first = [format!("{PREFIX}{name}"), format!("{PREFIX}{name}-own")];
        let more = (2..).map(|number: u32| format!("{PREFIX}{name}-{number}"));
        let own = first.into_iter().chain(more).find(is_free).expect("there are more numbers than rules");
        self.secrets.rules.push(SecretRule { id: Some(own.clone()), ..rule });
        self.own_secrets.insert(id.to_owned(), own.clone());
        own
    }

    /// Adds to what is no secret.
    pub(super) fn secret_allow(&mut self, allow: SecretAllow) {
        if !self.secrets.allow.contains(&allow) {
            self.secrets.allow.push(allow);
        }
    }

    /// Accepts a finding of gitleaks; its rule may be one of a file that comes later.
    pub(super) fn fingerprint(&mut self, fingerprint: Fingerprint) {
        let remark = self.at(fingerprint.line, format!("no rule stands for `{}`", fingerprint.rule));
        self.fingerprints.push((fingerprint, remark));
    }

    /// Accepts the secrets of a file.
    pub(super) fn accept_secrets(&mut self, path: &str, line: u32) {
        let Some(path) = self.glob(&exact(path), line) else { return };
        let reason = Some("accepted in the baseline of detect-secrets".to_owned());
        let entry = Ignore { rule: SECRETS.to_owned(), path: Some(path), reason, expires: None };
        if !self.ignore.contains(&entry) {
            self.ignore.push(entry);
        }
    }

    /// Accepts what gitleaks was told to: with a commit nothing but what that commit has.
    fn accept_fingerprints(&mut self) {
        for (Fingerprint { commit, path, rule, line }, remark) in std::mem::take(&mut self.fingerprints) {
            let mut rules: Vec<String> = self.own_secret(&rule).into_iter().collect();
            if rules.is_empty() {
                let found = self.rules(Peer::Gitleaks, &rule).into_iter();
                rules.extend(found.map(|rule| self.catalog.get(rule).id.to_string()));
            }
            if rules.is_empty() {
                self.remarks.push(remark);
                continue;
            }
            if let Some(commit) = commit {
                let Ok(path) = format!("^{}$", escaped(&path)).parse() else { continue };
                let condition = Some(AllowCondition::And);
                let allow = SecretAllow {
                    rules,
                    paths: vec![path],
                    commits: vec![commit],
                    condition,
                    ..SecretAllow::default()
                };
                self.secret_allow(allow);
                continue;
            }
            let Some(path) = self.glob(&exact(&path), line) else { continue };
            for rule in rules {
                let reason = Some("accepted in .gitleaksignore".to_owned());
                let entry = Ignore { rule, path: Some(path.clone()), reason, expires: None };
                if !self.ignore.contains(&entry) {
                    self.ignore.push(entry);
                }
            }
        }
    }

    /// Turns off a kind of advisories.
    pub(super) fn kind_off(&mut self, tag: &'static str) {
        self.kinds_off.insert(tag);
    }

    /// Packages do not count that only development needs.
    pub(super) fn leave_out_development(&mut self) {
        self.advisories.development = Some(false);
    }

    /// Turns a rule on.
    pub(super) fn on(&mut self, rule: RuleIdx) {
        self.rules.entry(rule).or_default().switch.on = Some(true);
    }

    /// Turns a rule of ours on by its id.
    pub(super) fn on_by_id(&mut self, id: &str) {
        if let Some(rule) = self.catalog.by_id(id) {
            self.on(rule);
        }
    }

    /// Sets a severity, which turns the rule on as well.
    pub(super) fn severity(&mut self, rule: RuleIdx, severity: Severity) {
        self.on(rule);
        let setting = self.rules.entry(rule).or_default();
        setting.switch.severity = setting.switch.severity.max(Some(severity));
    }

    /// Adds to a list that a rule of ours takes, and turns the rule on.
    pub(super) fn list(&mut self, rule: &str, option: &str, values: impl IntoIterator<Item = String>) {
        let Some(rule) = self.catalog.by_id(rule) else { return };
        self.on(rule);
        let options = &mut self.rules.entry(rule).or_default().options.0;
        let held = options.entry(option.to_owned()).or_insert_with(|| OptionValue::Strings(Vec::new()));
        if let OptionValue::Strings(held) = held {
            for value in values {
                if !held.contains(&value) {
                    held.push(value);
                }
            }
        }
    }

    /// Sets a number that a rule of ours takes, and turns the rule on.
    pub(super) fn number(&mut self, rule: &str, option: &str, value: i64) {
        let Some(rule) = self.catalog.by_id(rule) else { return };
        self.on(rule);
        self.rules.entry(rule).or_default().options.0.insert(option.to_owned(), OptionValue::Number(value));
    }

    /// Of several tools the strictest counts.
    pub(super) fn fail_on(&mut self, severity: Severity) {
        self.fail_on = Some(self.fail_on.map_or(severity, |known| known.min(severity)));
    }

    /// A path that is not looked at.
    pub(super) fn exclude(&mut self, glob: String, line: u32) {
        if self.glob(&glob, line).is_some() && !self.exclude.contains(&glob) {
            self.exclude.push(glob);
        }
    }

    /// A path that alone is looked at.
    pub(super) fn include(&mut self, glob: String, line: u32) {
        if self.glob(&glob, line).is_some() {
            let message = format!("only here the scan is of `{glob}`: name it on the command line");
            let remark = self.at(line, message);
            self.include.push((glob, remark));
        }
    }

    /// A path where a family is not looked at.
    pub(super) fn exclude_family(&mut self, family: Family, glob: &str, line: u32) {
        let Some(paths) = self.glob(glob, line) else { return };
        let rules = vec![(format!("{}*", family.prefix()), RuleSwitch { on: Some(false), severity: None })];
        if let Some(known) = self.overrides.iter_mut().find(|known| known.rules == rules)
            && let Ok(paths) = PathMatcher::new(known.paths.globs().iter().map(String::as_str).chain([glob]))
        {
            known.paths = paths;
        } else {
            self.overrides.push(Override { paths, rules });
        }
    }

    /// A glob that can be used, or the remark that it cannot.
    fn glob(&mut self, glob: &str, line: u32) -> Option<PathMatcher> {
        match PathMatcher::new([glob]) {
            Ok(matcher) => Some(matcher),
            Err(error) => {
                self.remark(line, error.to_string());
                None
            }
        }
    }

    /// The file, and what is not in it.
    pub(super) fn finish(mut self) -> Imported {
        self.accept_fingerprints();
        self.say_what_goes_along();
        let silent: Vec<Family> = Family::ALL.into_iter().filter(|family| self.is_silent(*family)).collect();
        let mut config =
            Config { fail_on: self.fail_on, overrides: self.overrides, ignore: self.ignore, ..Config::default() };
        config.advisories = self.advisories;
        config.secrets = self.secrets;
        for tag in self.kinds_off {
            let switch = RuleSwitch { on: Some(false), severity: None };
            config.rules.push((tag.to_owned(), RuleSetting { switch, ..RuleSetting::default() }));
        }
        for family in &silent {
            let switch = RuleSwitch { on: Some(false), severity: None };
            config.rules.push((format!("{}*", family.prefix()), RuleSetting { switch, ..RuleSetting::default() }));
        }
        for rule in &self.off {
            self.rules.insert(
                *rule,
                RuleSetting { switch: RuleSwitch { on: Some(false), severity: None }, ..RuleSetting::default() },
            );
        }
        for (rule, mut setting) in self.rules {
            let rule = self.catalog.get(rule);
            let is_plain =
                setting.switch == RuleSwitch { on: Some(true), severity: None } && setting.options.0.is_empty();
            let is_silent = silent.iter().any(|family| rule.id.starts_with(family.prefix()));
            if is_plain && !is_silent && rule.profile == Profile::Recommended {
                continue;
            }
            if !is_plain && setting.switch.on == Some(true) {
                // To name a rule is to turn it on.
                setting.switch.on = None;
            }
            config.rules.push((rule.id.to_string(), setting));
        }
        let mut remarks = self.remarks;
        let (include, unheard): (Vec<String>, Vec<Remark>) = self.include.into_iter().unzip();
        if self.files == 1 {
            config.include = PathMatcher::new(include).unwrap_or_default();
        } else {
            remarks.extend(unheard);
        }
        remarks.sort();
        remarks.dedup();
        Imported { text: text::imported(&config, &self.exclude, &self.sources), remarks }
    }

    /// Whether every tool that looks at a family has turned off what it does not name.
    fn is_silent(&self, family: Family) -> bool {
        let mut runs = self.runs.iter().filter(|(known, _)| *known == family).map(|(_, run)| *run).peekable();
        runs.peek().is_some() && runs.all(|run| run != Run::Defaults)
    }

    /// A rule of ours may stand for several checks of one peer, of which only some were turned off.
    fn say_what_goes_along(&mut self) {
        let accepted: BTreeSet<String> =
            self.accepted.iter().flat_map(|one| self.spellings(one.peer, &one.id)).collect();
        let mut told = BTreeSet::new();
        let mut remarks = Vec::new();
        for Accepted { peer, id, remark } in &self.accepted {
            for rule in self.rules(*peer, id) {
                let meta = self.catalog.get(rule);
                let ids = meta.peers.iter().filter_map(|id| id.strip_prefix(peer.scheme())?.strip_prefix(':'));
                let others: Vec<&str> = ids.filter(|id| !accepted.contains(&id.to_lowercase())).collect();
                if others.is_empty() || !told.insert(rule) {
                    continue;
                }
                let shown: Vec<String> = others.iter().take(NAMED).map(|id| format!("`{id}`")).collect();
                let more = others.len().saturating_sub(shown.len());
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                let message =
                    format!("`{id}` is part of `{}`, which stands for {}{more} as well", meta.id, shown.join(", "));
                remarks.push(Remark { message, ..remark.clone() });
            }
        }
        self.remarks.extend(remarks);
    }

    /// A peer's id in each spelling that the catalog writes it in.
    fn spellings(&self, peer: Peer, id: &str) -> Vec<String> {
        let mut spellings = vec![id.to_lowercase()];
        for rule in self.rules(peer, id) {
            let ids =
                self.catalog.get(rule).peers.iter().filter_map(|id| id.strip_prefix(peer.scheme())?.strip_prefix(':'));
            spellings.extend(ids.map(str::to_lowercase).filter(|held| is_same_id(held, id)));
        }
        spellings
    }
}

/// The tag that all rules about written secrets have, those of domains included.
const SECRETS: &str = "secret";

/// The glob of one path from the root.
fn exact(path: &str) -> String {
    let path = path.trim_start_matches("./").trim_start_matches('/').replace('\\', "/");
    let mut glob = String::from("/");
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!' | '\\') {
            glob.push('\\');
        }
        glob.push(c);
    }
    glob
}

/// The expression of one text.
fn escaped(text: &str) -> String {
    let mark = |c: char| (c.is_ascii_punctuation() && !matches!(c, '/' | '-' | '_' | '<' | '>')).then_some('\\');
    text.chars().flat_map(|c| mark(c).into_iter().chain([c])).collect()
}

/// Whether two ids of Trivy differ in nothing but the form: `AVD-KSV-0012`, `KSV012`.
fn is_same_id(held: &str, written: &str) -> bool {
    let parts = |id: &str| {
        let id = id.to_ascii_lowercase();
        let id = id.strip_prefix("avd-").unwrap_or(&id).replace('-', "");
        let digits = id.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let family = id.strip_suffix(digits).unwrap_or_default().to_owned();
        (family, digits.trim_start_matches('0').to_owned())
    };
    parts(held) == parts(written)
}

/// Whether `text` is what `pattern` means, where `*` is any text. Case does not matter.
fn is_match(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    true
}
