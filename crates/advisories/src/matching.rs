//! Which advisories hold for a package.
//!
//! Several databases are laid over one another; what is built into the program answers for an ecosystem only where no
//! other covers it. Advisories about one defect are one [`Match`]. Only packages of their ecosystem's registry are
//! judged, and only those whose version is known: a fork in a repository or a folder has versions of its own.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use portcullis_model::packages::{Ecosystem, Package, Source};

use crate::database::package::{Advisory, Details};
use crate::database::{Database, Text};
use crate::group::{DisjointSets, precedence};
use crate::record::{Event, Kind};
use crate::{Error, Fault, Level, Rating, Scheme};

/// The facts of RustSec, without texts; see `cargo xtask advisories`.
static EMBEDDED: &[u8] = include_bytes!("../data/rustsec.bin");

/// Everything that is known: databases, the first of which counts most.
#[derive(Debug)]
pub struct Advisories {
    databases: Vec<Database>,
    /// What is built in, which knows about the ecosystems that nothing else covers.
    embedded: Option<Database>,
}

/// A defect of a package, by all the advisories about it.
#[derive(Debug)]
pub struct Match<'d> {
    /// Every id of it, the canonical one first, each once. Never empty.
    pub ids: Vec<&'d str>,
    /// What its advisories say of the package, the worst of it.
    pub kind: Kind,
    /// The highest rating that an advisory about it has.
    pub rating: Rating,
    /// Versions in which it is fixed, in order; empty where there is none.
    pub fixed: Vec<&'d str>,
    /// How likely it is to be exploited within 30 days, by EPSS, from 0 to 1.
    pub epss: Option<f32>,
    /// Whether it is in the catalogue of known exploited vulnerabilities.
    pub exploited: bool,
    /// The advisories, those of the first database first.
    holding: Vec<Holding<'d>>,
    scheme: Option<Scheme>,
}

/// A defect by one of its ids, whichever packages have it.
#[derive(Debug)]
pub struct Known<'d> {
    /// Its ids, kind, rating and text.
    pub advisory: Match<'d>,
    /// The packages that it is about, in order of their ecosystems and names.
    pub affected: Vec<Affected<'d>>,
}

/// What an advisory says of a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Affected<'d> {
    /// As OSV names it.
    pub ecosystem: &'d str,
    /// As its ecosystem compares it.
    pub name: &'d str,
    /// The advisory that says so.
    pub id: &'d str,
    /// The events of each range, in the order of their versions.
    pub ranges: Vec<Vec<Event<&'d str>>>,
    /// Versions that are named one by one.
    pub versions: Vec<&'d str>,
}

/// An advisory that holds.
#[derive(Debug)]
struct Holding<'d> {
    advisory: Advisory<'d>,
    details: Details<'d>,
    database: &'d Database,
}

impl Advisories {
    /// What is built into the program.
    pub fn embedded() -> Result<Self, Error> {
        let embedded = Database::of_static("that is built in", EMBEDDED)?;
        Ok(Self { databases: Vec::new(), embedded: Some(embedded) })
    }

    /// Nothing but databases that are added.
    pub const fn empty() -> Self {
        Self { databases: Vec::new(), embedded: None }
    }

    /// These and another database, which counts less than those before it and more than what is built in. Where two have an
    /// advisory of one id about a package, the first one's is taken.
    #[must_use]
    pub fn with(mut self, database: Database) -> Self {
        self.databases.push(database);
        self
    }

    /// Every database, in the order in which they count; what is built in last.
    pub fn databases(&self) -> impl Iterator<Item = &Database> {
        self.databases.iter().chain(&self.embedded)
    }

    /// Whether all that is published about an ecosystem is known, so that no match means that nothing is known.
    pub fn covers(&self, ecosystem: Ecosystem) -> bool {
        self.databases().any(|database| database.covers(ecosystem))
    }

    /// The defects of a package, the worst first and equals by their ids. None for one that cannot be judged: see
    /// [`is_judged`].
    pub fn matches(&self, package: &Package) -> Result<Vec<Match<'_>>, Error> {
        match (&package.version, is_judged(package)) {
            (Some(version), true) => self.matches_of(package.ecosystem, &package.name, version),
            _ => Ok(Vec::new()),
        }
    }

    /// The defects of a version of a package of its ecosystem's registry.
    pub fn matches_of(&self, ecosystem: Ecosystem, name: &str, version: &str) -> Result<Vec<Match<'_>>, Error> {
        if version.is_empty() {
            return Ok(Vec::new());
        }
        let scheme = Scheme::of_ecosystem(ecosystem.osv());
        let name = scheme.map_or(Cow::Borrowed(name), |scheme| scheme.normalise_name(name));
        let holding = self.holding(ecosystem, scheme, &name, version)?;
        if holding.is_empty() {
            return Ok(Vec::new());
        }
        let mut matches = grouped(holding)
            .into_iter()
            .map(|holding| Match::of(holding, scheme))
            .collect::<Result<Vec<Match<'_>>, Error>>()?;
        matches.sort_by(|a, b| {
            let worst_first = (b.kind, b.rating.level()).cmp(&(a.kind, a.rating.level()));
            worst_first.then_with(|| a.ids.cmp(&b.ids))
        });
        Ok(matches)
    }

    /// The defect that has an id, in any case, among its ids. Every package is looked at, which takes milliseconds.
    pub fn find(&self, id: &str) -> Result<Option<Known<'_>>, Error> {
        let mut holding = Vec::new();
        let mut affected: Vec<Affected<'_>> = Vec::new();
        for database in self.databases() {
            let fault = |fault: Fault| Error::Database { name: database.name().into(), fault };
            for (ecosystem, name, advisory) in database.named(id)? {
                let is_it = |it: &Affected<'_>| (it.ecosystem, it.name, it.id) == (ecosystem, name, advisory.id);
                // Another database that counts more has said it.
                if affected.iter().any(is_it) {
                    continue;
                }
                let (ranges, versions) = (advisory.ranges().map_err(fault)?, advisory.versions().map_err(fault)?);
                affected.push(Affected { ecosystem, name, id: advisory.id, ranges, versions });
                let details = advisory.details().map_err(fault)?;
                holding.push(Holding { advisory, details, database });
            }
        }
        affected.sort_by_key(|it| (it.ecosystem, it.name, precedence(it.id)));
        let Some(first) = affected.first() else { return Ok(None) };
        let scheme = Scheme::of_ecosystem(first.ecosystem);
        let scheme = scheme.filter(|_| affected.iter().all(|it| it.ecosystem == first.ecosystem));
        Ok(Some(Known { advisory: Match::of(holding, scheme)?, affected }))
    }

    fn holding(
        &self,
        ecosystem: Ecosystem,
        scheme: Option<Scheme>,
        name: &str,
        version: &str,
    ) -> Result<Vec<Holding<'_>>, Error> {
        let mut holding = Vec::new();
        // What a database before has said, where there is another that could say it again.
        let mut known = HashSet::new();
        let covered = self.databases.iter().any(|database| database.covers(ecosystem));
        let embedded = self.embedded.iter().filter(|_| !covered);
        let mut databases = self.databases.iter().chain(embedded).peekable();
        while let Some(database) = databases.next() {
            let fault = |fault: Fault| Error::Database { name: database.name().into(), fault };
            let advisories = database.advisories(ecosystem, name)?;
            for advisory in &advisories {
                if !known.contains(advisory.id) && advisory.affects(scheme, version).map_err(fault)? {
                    let details = advisory.details().map_err(fault)?;
                    holding.push(Holding { advisory: advisory.clone(), details, database });
                }
            }
            if databases.peek().is_some() {
                known.extend(advisories.iter().map(|advisory| advisory.id));
            }
        }
        Ok(holding)
    }
}

/// Whether a package can be looked up: its version is known, and it comes from its ecosystem's registry. An archive with an
/// address is taken for the registry's, whose mirrors lockfiles name as well; but not of Cargo, where an address is that of
/// another registry with names of its own.
pub fn is_judged(package: &Package) -> bool {
    let from_registry = match package.source {
        Source::Registry => true,
        Source::Url { .. } => package.ecosystem != Ecosystem::CratesIo,
        Source::Git { .. } | Source::Path(_) | Source::Project => false,
    };
    from_registry && package.version.as_deref().is_some_and(|version| !version.is_empty())
}

/// Advisories with a common id together, in the order of their first.
fn grouped(holding: Vec<Holding<'_>>) -> Vec<Vec<Holding<'_>>> {
    if holding.len() == 1 {
        return vec![holding];
    }
    let mut sets = DisjointSets::default();
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(holding.len() * 4);
    for it in &holding {
        let number = sets.add();
        for id in it.details.ids.iter().copied().chain([it.advisory.id]) {
            let other = *seen.entry(id).or_insert(number);
            sets.join(number, other);
        }
    }
    // The root of a set is its first number, so that the groups come in order.
    let mut groups: BTreeMap<usize, Vec<Holding<'_>>> = BTreeMap::new();
    for (number, it) in holding.into_iter().enumerate() {
        groups.entry(sets.root(number)).or_default().push(it);
    }
    groups.into_values().collect()
}

impl<'d> Match<'d> {
    fn of(holding: Vec<Holding<'d>>, scheme: Option<Scheme>) -> Result<Self, Error> {
        let mut ids: Vec<&str> =
            holding.iter().flat_map(|it| it.details.ids.iter().copied().chain([it.advisory.id])).collect();
        // Of one source's ids, that of the advisory about this package: another one may be about its twin.
        let own: Vec<&str> = holding.iter().map(|it| it.advisory.id).collect();
        ids.sort_unstable_by_key(|id| {
            let (source, text) = precedence(id);
            (source, !own.contains(id), text)
        });
        ids.dedup();
        let mut fixed = Vec::new();
        for it in &holding {
            fixed.extend(it.advisory.fixed().map_err(|fault| it.fault(fault))?);
        }
        fixed.sort_by(|a, b| compare(scheme, a, b).then_with(|| a.cmp(b)));
        fixed.dedup_by(|a, b| compare(scheme, a, b).is_eq());
        // An attack is one whichever of its advisories was found, and critical whatever score they give.
        let malicious = ids.iter().any(|id| id.starts_with("MAL-"));
        let rating = holding.iter().fold(Rating::Unknown, |rating, it| rating.max(it.details.rating));
        let kind = holding.iter().map(|it| it.advisory.kind).max().unwrap_or_default();
        Ok(Self {
            ids,
            kind: if malicious { Kind::Malicious } else { kind },
            rating: if malicious { Rating::Word(Level::Critical) } else { rating },
            fixed,
            epss: holding.iter().filter_map(|it| it.details.epss).max_by(f32::total_cmp),
            exploited: holding.iter().any(|it| it.details.exploited),
            holding,
            scheme,
        })
    }

    /// The id that it is reported by.
    pub fn id(&self) -> &'d str {
        self.ids.first().expect("a match has the id of its advisory")
    }

    /// The ids of the advisories that were found, without those that are only known as their aliases.
    pub fn advisories(&self) -> impl Iterator<Item = &'d str> {
        self.holding.iter().map(|it| it.advisory.id)
    }

    /// The advisories that were found, with what each of them says of the package.
    pub fn kinds(&self) -> impl Iterator<Item = (&'d str, Kind)> {
        self.holding.iter().map(|it| (it.advisory.id, it.advisory.kind))
    }

    /// The version to go to from the one that it was found in: the lowest fixed one above it on the same major version, else
    /// the lowest above it. A pre-release only where nothing else will do. `None` where every fixed version is lower, or
    /// has the defect by another advisory.
    pub fn smallest_upgrade(&self, version: &str) -> Result<Option<&'d str>, Error> {
        let Some(scheme) = self.scheme else { return Ok(None) };
        let mut best: Option<&'d str> = None;
        let rank = |candidate: &str| {
            let unwanted = scheme.is_prerelease(candidate) && !scheme.is_prerelease(version);
            (!scheme.same_major(version, candidate), unwanted)
        };
        for &candidate in &self.fixed {
            // They are in order, so that of equals the first is the lowest.
            let better = scheme.compare(candidate, version).is_gt()
                && best.is_none_or(|best| rank(candidate) < rank(best))
                && !self.affects(candidate)?;
            if better {
                best = Some(candidate);
            }
        }
        Ok(best)
    }

    /// Whether one of its advisories affects a version.
    pub fn affects(&self, version: &str) -> Result<bool, Error> {
        for it in &self.holding {
            if it.advisory.affects(self.scheme, version).map_err(|fault| it.fault(fault))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The text of the first advisory that has one, by the order in which ids count; the lists of the others are added.
    /// `None` where the databases were built without texts.
    pub fn text(&self) -> Result<Option<Text>, Error> {
        let mut places: Vec<(&Holding<'d>, _)> =
            self.holding.iter().filter_map(|it| Some((it, it.details.text?))).collect();
        places.sort_by_key(|(it, _)| precedence(it.advisory.id));
        let mut whole: Option<Text> = None;
        for (it, place) in places {
            let text = it.database.text(place)?;
            match &mut whole {
                Some(whole) => join(whole, text),
                None => whole = Some(text),
            }
        }
        Ok(whole)
    }
}

impl Holding<'_> {
    fn fault(&self, fault: Fault) -> Error {
        Error::Database { name: self.database.name().into(), fault }
    }
}

/// What another advisory adds to a text.
fn join(whole: &mut Text, other: Text) {
    if whole.summary.is_empty() {
        whole.summary = other.summary;
    }
    if whole.details.is_empty() {
        whole.details = other.details;
    }
    for vector in other.vectors {
        if !whole.vectors.contains(&vector) {
            whole.vectors.push(vector);
        }
    }
    for reference in other.references {
        if !whole.references.iter().any(|known| known.url == reference.url) {
            whole.references.push(reference);
        }
    }
    whole.functions.extend(other.functions);
    whole.published = whole.published.into_iter().chain(other.published).min();
    whole.modified = whole.modified.max(other.modified);
}

fn compare(scheme: Option<Scheme>, a: &str, b: &str) -> Ordering {
    scheme.map_or_else(|| a.cmp(b), |scheme| scheme.compare(a, b))
}
