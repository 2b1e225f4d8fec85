//! What the edges of a lockfile and the manifests beside it say together: who asked for a package, and what for.
//!
//! A package is for development only where nothing but development reaches it; where it is not known what a root is for,
//! neither is what only that root reaches.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Asked, Groups, Lockfile, Manifest, Package, PackageId, Relation, Requirement, Source};

/// Fills in what the lockfile leaves open: direct or transitive, development, optional. `manifests` are those beside it, the
/// members of its workspace included; what it says itself stays.
pub fn link(lock: &mut Lockfile, manifests: &[&Manifest]) {
    let asked = asked_by(lock, manifests);
    if asked.is_empty() {
        return;
    }
    for asked in &asked {
        let package = lock.packages.get_mut(asked.package.0 as usize);
        let is_open =
            |package: &&mut Package| package.relation == Relation::Unknown && package.source != Source::Project;
        if let Some(package) = package.filter(is_open) {
            package.relation = Relation::Direct;
        }
    }
    let reach = |wanted: &dyn Fn(&Groups) -> bool| {
        reached(lock, asked.iter().filter(|asked| wanted(&asked.groups)).map(|asked| asked.package))
    };
    let shipped = reach(&|groups| groups.dev == Some(false));
    let unclear = reach(&|groups| groups.dev.is_none());
    let dev = reach(&|groups| groups.dev == Some(true));
    let required = reach(&|groups| groups.optional != Some(true));
    let has = |set: &[bool], index: usize| set.get(index).copied().unwrap_or_default();
    for (index, package) in lock.packages.iter_mut().enumerate() {
        if package.source == Source::Project {
            continue;
        }
        let (shipped, unclear, dev) = (has(&shipped, index), has(&unclear, index), has(&dev, index));
        if package.relation == Relation::Unknown && (shipped || unclear || dev) {
            package.relation = Relation::Transitive;
        }
        if package.groups.dev.is_none() {
            package.groups.dev = match (shipped, unclear, dev) {
                (true, ..) => Some(false),
                (_, false, true) => Some(true),
                _ => None,
            };
        }
        if package.groups.optional.is_none() && (shipped || unclear || dev) && !has(&required, index) {
            package.groups.optional = Some(true);
        }
    }
}

/// What the project asks for: by its manifests where they say more than the lockfile does.
fn asked_by(lock: &Lockfile, manifests: &[&Manifest]) -> Vec<Asked> {
    let known = asked_inside(lock);
    let is_clear = !known.is_empty() && known.iter().all(|asked| asked.groups.dev.is_some());
    if is_clear || manifests.iter().all(|manifest| manifest.requirements.is_empty()) {
        return known;
    }
    let finder = Finder::new(lock);
    let mut asked: Vec<Asked> = Vec::new();
    let mut seen = HashSet::new();
    let mut is_said = vec![false; lock.packages.len()];
    for manifest in manifests {
        let project = manifest.name.as_deref().and_then(|name| finder.project(name));
        for requirement in &manifest.requirements {
            let found = finder.find(project, requirement);
            // Asking again and again for a name that many packages have must not cost their product.
            if found.len() > 1 && !seen.insert((project, requirement.name.as_ref(), requirement.groups)) {
                continue;
            }
            for package in found {
                if let Some(said) = is_said.get_mut(package.0 as usize) {
                    *said = true;
                }
                asked.push(Asked { package, groups: requirement.groups });
            }
        }
    }
    // What the lockfile says is asked for and no manifest at hand explains stays unclear.
    asked.extend(known.into_iter().filter(|it| is_said.get(it.package.0 as usize) == Some(&false)));
    asked
}

/// What the lockfile itself says is asked for: else by the edges of the projects in it, whose purpose it does not say.
fn asked_inside(lock: &Lockfile) -> Vec<Asked> {
    if !lock.asked.is_empty() {
        return lock.asked.clone();
    }
    let projects = lock.packages.iter().filter(|package| package.source == Source::Project);
    let mut targets: Vec<PackageId> = projects.flat_map(|project| &project.dependencies).copied().collect();
    targets.sort_unstable();
    targets.dedup();
    let is_project = |id: &PackageId| lock.packages.get(id.0 as usize).is_none_or(|it| it.source == Source::Project);
    let targets = targets.into_iter().filter(|target| !is_project(target));
    targets.map(|package| Asked { package, groups: Groups::default() }).collect()
}

/// Finds the packages that requirements of a manifest came to.
struct Finder<'l> {
    lock: &'l Lockfile,
    /// Projects by their names as their ecosystem compares them.
    projects: HashMap<String, PackageId>,
    /// Packages by their names, those of the project aside.
    named: HashMap<String, Vec<PackageId>>,
    /// The edges of each project by the target's name.
    edges: HashMap<(PackageId, String), Vec<PackageId>>,
}

impl<'l> Finder<'l> {
    fn new(lock: &'l Lockfile) -> Self {
        let mut finder = Self { lock, projects: HashMap::new(), named: HashMap::new(), edges: HashMap::new() };
        for (index, package) in lock.packages.iter().enumerate() {
            let id = PackageId(u32::try_from(index).unwrap_or(u32::MAX));
            let name = package.ecosystem.compared(&package.name);
            if package.source != Source::Project {
                if let Some(alias) = &package.alias {
                    finder.named.entry(package.ecosystem.compared(alias)).or_default().push(id);
                }
                finder.named.entry(name).or_default().push(id);
                continue;
            }
            finder.projects.entry(name).or_insert(id);
            for &target in &package.dependencies {
                let Some(to) = lock.packages.get(target.0 as usize) else { continue };
                for name in std::iter::once(&to.name).chain(&to.alias) {
                    finder.edges.entry((id, to.ecosystem.compared(name))).or_default().push(target);
                }
            }
        }
        finder
    }

    fn project(&self, name: &str) -> Option<PackageId> {
        let ecosystem = self.lock.packages.first()?.ecosystem;
        self.projects.get(&ecosystem.compared(name)).copied()
    }

    /// An edge of the project that the manifest is of, or what the lockfile resolved this range to, or else whatever has
    /// the name: which of several it is nobody can say then, so all of them are.
    fn find(&self, project: Option<PackageId>, requirement: &Requirement) -> Vec<PackageId> {
        let name = requirement.ecosystem.compared(&requirement.name);
        if let Some(project) = project {
            return self.edges.get(&(project, name)).cloned().unwrap_or_default();
        }
        for pattern in [
            format!("{}@{}", requirement.name, requirement.range),
            format!("{}@npm:{}", requirement.name, requirement.range),
            requirement.name.to_string(),
        ] {
            let all = &self.lock.resolutions;
            if let Ok(at) = all.binary_search_by(|(text, _)| text.as_ref().cmp(pattern.as_str()))
                && let Some((_, package)) = all.get(at)
            {
                return vec![*package];
            }
        }
        self.named.get(&name).cloned().unwrap_or_default()
    }
}

/// Which packages can be reached from these, themselves included.
fn reached(lock: &Lockfile, roots: impl Iterator<Item = PackageId>) -> Vec<bool> {
    let mut reached = vec![false; lock.packages.len()];
    let mut waiting: Vec<PackageId> = roots.collect();
    while let Some(package) = waiting.pop() {
        let index = package.0 as usize;
        let Some(seen) = reached.get_mut(index) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        if let Some(package) = lock.packages.get(index).filter(|package| package.source != Source::Project) {
            waiting.extend(&package.dependencies);
        }
    }
    reached
}

/// The shortest way from what the project asks for to every package, found for all of them at once.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Who asks for each package on its shortest way; itself where the project asks, `None` where nothing leads there.
    before: Vec<Option<PackageId>>,
}

impl Paths {
    /// The ways in a lockfile, over the packages that are known to be direct. What is shipped is reached by a way without
    /// development where there is one; of ways of one length that of the packages that come first in the file counts.
    pub fn of(lock: &Lockfile) -> Self {
        let mut paths = Self { before: vec![None; lock.packages.len()] };
        for dev in [false, true] {
            let direct = lock.packages.iter().enumerate().filter(|(_, package)| {
                package.relation == Relation::Direct && (package.groups.dev == Some(true)) == dev
            });
            let ids = direct.map(|(index, _)| PackageId(u32::try_from(index).unwrap_or(u32::MAX)));
            paths.walk(lock, ids.collect());
        }
        paths
    }

    /// Goes from these to whatever no way leads to yet.
    fn walk(&mut self, lock: &Lockfile, mut waiting: VecDeque<PackageId>) {
        for &package in &waiting {
            // The project asks: no way is shorter, whatever was found before.
            if let Some(slot) = self.before.get_mut(package.0 as usize) {
                *slot = Some(package);
            }
        }
        while let Some(package) = waiting.pop_front() {
            let Some(found) = lock.packages.get(package.0 as usize) else { continue };
            for &next in &found.dependencies {
                let is_project = lock.packages.get(next.0 as usize).is_none_or(|it| it.source == Source::Project);
                if let Some(slot @ None) = self.before.get_mut(next.0 as usize).filter(|_| !is_project) {
                    *slot = Some(package);
                    waiting.push_back(next);
                }
            }
        }
    }

    /// From a package that the project asks for to this one, both included; empty where nothing leads there.
    pub fn to(&self, package: PackageId) -> Vec<PackageId> {
        let mut path = Vec::new();
        let mut at = package;
        while let Some(before) = self.before.get(at.0 as usize).copied().flatten() {
            path.push(at);
            if before == at {
                path.reverse();
                return path;
            }
            at = before;
        }
        Vec::new()
    }
}

/// [`Paths::to`] for a single package.
pub fn path_to(lock: &Lockfile, package: PackageId) -> Vec<PackageId> {
    Paths::of(lock).to(package)
}
