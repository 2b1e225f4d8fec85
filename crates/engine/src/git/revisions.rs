//! Which commits a text names: `HEAD~3`, `v1.2^2`, `4f2a91c`, and ranges of them.
//!
//! Not known are what depends on the log of references (`@{1}`), on messages (`:/fix`) and on dates.

use gix_hash::{ObjectId, Prefix};
use gix_object::{CommitRefIter, Kind, TagRefIter};
use gix_ref::Target;

use super::merge_base::SHALLOW;
use super::{GitError, Objects, Repository};

/// The commits that are reachable from some and not from others.
#[derive(Debug, Default)]
pub(crate) struct Range {
    pub(crate) tips: Vec<ObjectId>,
    pub(crate) hidden: Vec<ObjectId>,
}

/// Stands for all branches, tags and other references, as `--all` does.
const ALL: [&str; 2] = ["all", "--all"];

/// References that lead to references, one after the other.
const HOPS: usize = 8;

/// What clones call the repositories that they are of.
const REMOTES: [&str; 2] = ["origin", "upstream"];

/// Where it goes on where a history is all there.
const FEWER: &str = "name a commit that is there, as `git log` lists them";

/// Tags of tags.
const TAGS: usize = 16;

impl Repository {
    /// The commit that is checked out; `None` where there is none yet.
    pub(crate) fn head(&self) -> Result<Option<ObjectId>, GitError> {
        let Some(id) = self.reference("HEAD") else { return Ok(None) };
        self.peel(id, &mut self.objects()).map(Some)
    }

    /// The range that a text names: words of which each is `A`, `A..B`, `A...B` or `^A`, and `all`.
    pub(crate) fn range(&self, text: &str) -> Result<Range, GitError> {
        let mut range = Range::default();
        let mut objects = self.objects();
        for word in text.split_whitespace() {
            if ALL.contains(&word) && self.reference(&format!("refs/heads/{word}")).is_none() {
                range.tips.extend(self.tips(&mut objects)?);
            } else if let Some((from, to)) = word.split_once("...") {
                let (from, to) = (self.commit(from, &mut objects)?, self.commit(to, &mut objects)?);
                range.hidden.extend(self.shared(from, to)?);
                range.tips.extend([from, to]);
            } else if let Some((from, to)) = word.split_once("..") {
                range.hidden.push(self.commit(from, &mut objects)?);
                range.tips.push(self.commit(to, &mut objects)?);
            } else if let Some(hidden) = word.strip_prefix('^') {
                range.hidden.push(self.commit(hidden, &mut objects)?);
            } else {
                range.tips.push(self.commit(word, &mut objects)?);
            }
        }
        if range.tips.is_empty() {
            return Err(fault(text, "it names no commit to begin with"));
        }
        Ok(range)
    }

    /// The commits that all references lead to.
    fn tips(&self, objects: &mut Objects) -> Result<Vec<ObjectId>, GitError> {
        let fail = |reason: String| fault("all", &reason);
        let platform = self.references.iter().map_err(|error| fail(error.to_string()))?;
        let all = platform.all().map_err(|error| fail(error.to_string()))?;
        let ids = all.filter_map(Result::ok).filter_map(|reference| self.follow(reference.target));
        // A tag may name a file.
        let mut tips: Vec<ObjectId> = ids.filter_map(|id| self.peel(id, objects).ok()).collect();
        tips.extend(self.head()?);
        Ok(tips)
    }

    /// The commit of one name and the steps behind it.
    pub(super) fn commit(&self, text: &str, objects: &mut Objects) -> Result<ObjectId, GitError> {
        let (name, mut steps) = text.find(['~', '^']).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        let mut id = self.peel(self.object(name, objects)?, objects)?;
        while let Some(step) = steps.chars().next() {
            let rest = steps.get(1..).unwrap_or_default();
            if step == '^'
                && let Some(after) = rest.strip_prefix("{commit}").or_else(|| rest.strip_prefix("{}"))
            {
                steps = after;
                continue;
            }
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (number, after) = rest.split_at_checked(digits).unwrap_or((rest, ""));
            let number = if number.is_empty() { Ok(1) } else { number.parse::<u32>() };
            let number = number.map_err(|_| fault(text, "a number in it is too large"))?;
            let none = || {
                let help = if self.shallow.is_empty() { FEWER } else { SHALLOW };
                with_help(text, "there is no such parent", help.to_owned())
            };
            match step {
                '~' => {
                    for _ in 0..number {
                        id = self.parents(id, objects)?.into_iter().next().ok_or_else(none)?;
                    }
                }
                '^' => {
                    if let Some(nth) = number.checked_sub(1) {
                        id = self.parents(id, objects)?.into_iter().nth(nth as usize).ok_or_else(none)?;
                    }
                }
                _ => return Err(fault(text, "it is not written as commits are named here")),
            }
            steps = after;
        }
        Ok(id)
    }

    pub(super) fn parents(&self, id: ObjectId, objects: &mut Objects) -> Result<Vec<ObjectId>, GitError> {
        if self.shallow.contains(&id) {
            return Ok(Vec::new());
        }
        let hash = self.hash;
        let found = objects.read(&id)?;
        Ok(CommitRefIter::from_bytes(found.data, hash).parent_ids().collect())
    }

    /// The object of a name without steps.
    fn object(&self, name: &str, objects: &mut Objects) -> Result<ObjectId, GitError> {
        let name = if matches!(name, "" | "@") { "HEAD" } else { name };
        let is_hex = name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex && name.len() == self.hash.len_in_hex() {
            return ObjectId::from_hex(name.as_bytes()).map_err(|_| fault(name, "it is not written as an id is"));
        }
        if let Some(id) = self.reference(name) {
            return Ok(id);
        }
        if is_hex && let Ok(prefix) = Prefix::from_hex(name) {
            return match objects.handle.lookup_prefix(prefix, None) {
                Ok(Some(Ok(id))) => Ok(id),
                Ok(Some(Err(()))) => Err(fault(name, "several objects have ids that start like this")),
                _ => Err(self.unknown(name)),
            };
        }
        Err(self.unknown(name))
    }

    /// A name that stands for nothing here.
    fn unknown(&self, name: &str) -> GitError {
        if name == "HEAD" {
            let help = "before the first commit all is new: scan without it, or with --staged";
            return with_help(name, "there are no commits yet", help.to_owned());
        }
        let remote = REMOTES.map(|remote| format!("{remote}/{name}"));
        let help = match (name.split_once(".."), remote.iter().find(|name| self.reference(name).is_some())) {
            (Some((from, _)), _) => {
                format!("name one commit, as `{from}`: what counts is what has changed since HEAD and it parted")
            }
            (None, Some(remote)) => format!("`{remote}` is here: name that"),
            (None, None) => {
                let [origin, ..] = REMOTES;
                let branch = name.strip_prefix(origin).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
                format!("fetch it first, as `git fetch {origin} {branch}` or `fetch-depth: 0` in actions/checkout does")
            }
        };
        with_help(name, "no branch, tag or object is called so", help)
    }

    fn reference(&self, name: &str) -> Option<ObjectId> {
        let found = self.references.try_find(name).ok().flatten()?;
        self.follow(found.target)
    }

    fn follow(&self, target: Target) -> Option<ObjectId> {
        let mut target = target;
        for _ in 0..HOPS {
            target = match target {
                Target::Object(id) => return Some(id),
                Target::Symbolic(name) => self.references.try_find(name.as_ref()).ok().flatten()?.target,
            };
        }
        None
    }

    /// The commit that an object is, or that a tag leads to.
    fn peel(&self, id: ObjectId, objects: &mut Objects) -> Result<ObjectId, GitError> {
        let mut id = id;
        for _ in 0..TAGS {
            let hash = self.hash;
            let found = objects.read(&id)?;
            id = match found.kind {
                Kind::Commit => return Ok(id),
                Kind::Tag => TagRefIter::from_bytes(found.data, hash)
                    .target_id()
                    .map_err(|error| fault(&id.to_string(), &error.to_string()))?,
                Kind::Tree | Kind::Blob => return Err(fault(&id.to_string(), "it is a file or directory")),
            };
        }
        Err(fault(&id.to_string(), "too many tags lead to one another"))
    }
}

fn fault(revision: &str, reason: &str) -> GitError {
    GitError::Revision { revision: revision.to_owned(), reason: reason.to_owned(), help: None }
}

fn with_help(revision: &str, reason: &str, help: String) -> GitError {
    GitError::Revision { revision: revision.to_owned(), reason: reason.to_owned(), help: Some(help) }
}
