//! The scan as a whole.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use gix_hash::ObjectId;
use portcullis_core::{
    Baseline, Catalog, FileId, FileKind, FileKinds, Files, Finding, FixSafety, Note, NoteKind, Profile, RootPaths,
    RuleIdx, RuleMeta, ScanError, ScanReport, Severity, Stats,
};
use portcullis_model::facts::{Claim, Facts, Homes, Seen, Unread};
use portcullis_model::kubernetes::KubernetesVersion;
use portcullis_model::kubernetes::schema::Definitions;
use portcullis_rules::{Context, Date, Dispatch, PodSecurity, is_about_secrets};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::asked;
use crate::baseline::{self, Faulty, Sight, Standing};
use crate::builds::{Built, Scan};
use crate::callers::Callers;
use crate::classify::Language;
use crate::config::{Config, DEFAULT_PROFILE, RuleSwitch};
use crate::constraints::{self, Constraints, Declarations, Gate, Gathering, Search};
use crate::context::ContextFiles;
use crate::definitions::{self, Customs, Holder};
use crate::discover::{self, Around, Discovered, Reads, Target, below_named, discover, of_index};
use crate::files::{FILE_LIMIT, Overlay, Worktree};
use crate::filters::{Filters, OverrideSet};
use crate::git::{GitError, GitPlaces, Index, Repository};
use crate::inside::{Edge, Inside};
use crate::judge::{Input, Judge, Judged, Yields, reason};
use crate::kustomize::{Kustomizations, World};
use crate::named::Named;
use crate::packages::Packages;
use crate::past::{self, Past};
use crate::policies::{Asking, Policies};
use crate::relations;
use crate::scrub::clean_report;
use crate::seal::Needs;
use crate::select::{Selection, SelectionError, Wanted};
use crate::shard::{self, Base, Equal, Last, Leaving, Seeing, Shard, Stage, State, Units, Watched};
use crate::targets::Builds;
use crate::{helm, packages, paths, piped, taken_in, terraform};

/// What to scan and how. Paths are relative to `cwd`.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// Whether somebody named these: nothing is expected of a working directory that nobody did.
    pub is_named: bool,
    /// Whether named files may be left out.
    pub exclusions: Exclusions,
    /// Which tree is seen.
    pub tree: Tree,
    /// Where git says that the repository is.
    pub git: GitPlaces,
    /// A file that is not on disk.
    pub stdin: Option<Stdin>,
    /// The least safe of the fixes that [`fix`](crate::fix()) applies.
    pub fixes: FixSafety,
    /// Named files that can be read only once, with their names: what a shell puts in the place of `<(…)`.
    pub pipes: Vec<Stdin>,
    /// `--cluster`: those of the paths that hold what is in a cluster; `-` is standard input.
    pub dumps: Vec<PathBuf>,
    /// `--compose-file`: the Compose files that make one project, the weakest first. They are scanned as well.
    pub compose_files: Vec<PathBuf>,
    /// `--tf-var-file`: values of Terraform's variables, the strongest last. They are read, and scanned where the walk
    /// meets them.
    pub tf_var_files: Vec<PathBuf>,
    /// `--tf-var`: names and values; weaker than the files.
    pub tf_vars: Vec<(String, String)>,
    /// `--root`; else the repository of the working directory, else that of all paths, else the working directory.
    pub root: Option<PathBuf>,
    /// Databases of advisories that have to be there, beside those of the configuration.
    pub databases: Vec<PathBuf>,
    /// The database that is used where none is named, if it is there.
    pub default_database: Option<PathBuf>,
    /// Files of statements about advisories, OpenVEX or CycloneDX, beside those of the configuration.
    pub vex: Vec<PathBuf>,
    /// Whether advisories are left out that no version fixes, whatever the configuration says.
    pub ignore_unfixed: bool,
    /// Policies that are asked about what is scanned, beside the rules.
    pub policies: Option<Arc<Policies>>,
    /// Worker threads; 0: one for each core.
    pub threads: usize,
    /// `--only`.
    pub only: Vec<String>,
    /// `--skip`.
    pub skip: Vec<String>,
    /// `--profile`; stronger than the configuration.
    pub profile: Option<Profile>,
    /// `--pod-security`.
    pub pod_security: Option<PodSecurity>,
    /// `--kubernetes-version`; stronger than the configuration.
    pub kubernetes_version: Option<KubernetesVersion>,
    /// `--min-severity`.
    pub min_severity: Severity,
    /// The day to judge dates by.
    pub date: Date,
    /// The configuration and the directory that its globs are relative to.
    pub config: Config,
    /// The directory of the configuration file.
    pub config_directory: Option<PathBuf>,
    /// What the reports need.
    pub needs: Needs,
    /// Findings that are known: they are suppressed.
    pub baseline: Option<Arc<Baseline>>,
    /// A commit or branch: only findings are kept that changes since it and `HEAD` parted are to blame for. With an index, it is
    /// always the commit that is checked out.
    pub changed: Option<String>,
    /// Which part of the scan this is, if it is one.
    pub shard: Option<Shard>,
}

impl ScanOptions {
    /// A scan of nothing yet: the recommended rules, no configuration, no output to prepare for, and a day so early that
    /// nothing has ended.
    pub fn new(cwd: PathBuf) -> Self {
        Self {
            cwd,
            paths: Vec::new(),
            is_named: false,
            exclusions: Exclusions::default(),
            tree: Tree::Worktree,
            git: GitPlaces::default(),
            stdin: None,
            fixes: FixSafety::Safe,
            pipes: Vec::new(),
            dumps: Vec::new(),
            compose_files: Vec::new(),
            tf_var_files: Vec::new(),
            tf_vars: Vec::new(),
            databases: Vec::new(),
            default_database: None,
            vex: Vec::new(),
            ignore_unfixed: false,
            policies: None,
            root: None,
            threads: 0,
            only: Vec::new(),
            skip: Vec::new(),
            profile: None,
            pod_security: None,
            kubernetes_version: None,
            min_severity: Severity::Info,
            date: Date::default(),
            config: Config::default(),
            config_directory: None,
            needs: Needs::default(),
            baseline: None,
            changed: None,
            shard: None,
        }
    }
}

/// Which files the configuration's `include` and `exclude` are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exclusions {
    /// Those below directories: who names a file means it.
    #[default]
    Found,
    /// Named ones as well: a hook names whatever was changed.
    Named,
}

/// A tree of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tree {
    /// What is on disk.
    #[default]
    Worktree,
    /// What the next commit will hold. Only what it changes is judged, below the named paths where some are.
    Index {
        /// Where git says that the index is (`GIT_INDEX_FILE`).
        file: Option<PathBuf>,
    },
}

/// A file that comes from standard input.
#[derive(Clone, Debug)]
pub struct Stdin {
    /// The path it would have; its name decides its language, else its content.
    pub name: Option<String>,
    /// The content.
    pub bytes: Vec<u8>,
}

/// Why a scan cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A selector of `--only`, `--skip` or the configuration.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// A git repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The worker threads could not be started.
    #[error("cannot start the worker threads: {0}")]
    Threads(String),
}

impl EngineError {
    /// What may be done about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Git(error) => error.help(),
            Self::Selection(_) | Self::Threads(_) => None,
        }
    }
}

/// Is told how far the scan is.
pub trait Progress: Sync {
    /// `done` of `total` files are judged. Called from any thread.
    fn files(&self, done: usize, total: usize);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn files(&self, _: usize, _: usize) {}
}

/// Runs a scan.
///
/// [`ScanReport::errors`] holds what kept it from doing its whole job; findings and errors can stand side by side.
pub fn scan(options: &ScanOptions, progress: &dyn Progress) -> Result<Scanned, EngineError> {
    scan_texts(options, &BTreeMap::new(), progress)
}

/// Runs a scan with these texts in the place of the files of these paths.
pub(crate) fn scan_texts(
    options: &ScanOptions,
    texts: &BTreeMap<String, Arc<str>>,
    progress: &dyn Progress,
) -> Result<Scanned, EngineError> {
    let started = Instant::now();
    let since = since(options)?;
    let mut viewed = scan_view(options, texts, (progress, started), None)?;
    if let Some(commit) = since {
        viewed.scanned.nothing = false;
        past::keep_changed(options, texts, commit, &mut viewed)?;
        viewed.scanned.report.stats.elapsed_ms = started.elapsed().as_millis();
    }
    Ok(viewed.scanned)
}

/// Scans what is now, or what was before.
pub(crate) fn scan_view(
    options: &ScanOptions,
    texts: &BTreeMap<String, Arc<str>>,
    progress: (&dyn Progress, Instant),
    past: Option<&Past>,
) -> Result<Viewed, EngineError> {
    let search = Search::of(options);
    if search != Search::Read
        && let Some(scanned) = scan_once(options, texts, progress, search, past)?
    {
        return Ok(scanned);
    }
    let scanned = scan_once(options, texts, progress, Search::Read, past)?;
    Ok(scanned.expect("a scan that knows its constraints does not stop for them"))
}

/// Scans; nothing comes of it where it watches for constraints and meets some.
fn scan_once(
    options: &ScanOptions,
    texts: &BTreeMap<String, Arc<str>>,
    (progress, started): (&dyn Progress, Instant),
    search: Search,
    past: Option<&Past>,
) -> Result<Option<Viewed>, EngineError> {
    let filters = Filters::new(&options.config, &options.cwd, options.config_directory.as_deref());
    let threads = if options.threads == 0 { available_threads() } else { options.threads };

    let reads = reads(options);
    let compose_files: Vec<String> = options.compose_files.iter().map(|path| shown(&options.cwd, path)).collect();
    let dumps: Vec<String> = options.dumps.iter().map(|path| dump(options, path)).collect();
    let disk = Overlay::new(Worktree::new(options.cwd.clone(), FILE_LIMIT), texts);
    let index = match past {
        Some(past) => Some(past.index(options)?),
        None => index(options)?,
    };
    let worktree: &dyn Files = index.as_ref().map_or(&disk, |index| index);
    let watched = options.shard.filter(|_| options.needs.facts).map(|_| Watched::new(worktree));
    let worktree: &dyn Files = watched.as_ref().map_or(worktree, |watched| watched);
    let (mut found, around) = match (&index, past) {
        (Some(index), Some(past)) => {
            let named = Named::new(options, &past.named, &filters);
            (of_index(index, &options.cwd, &past.chosen, past.around, (&named, reads)), past.around)
        }
        (Some(index), None) => {
            let around = Around::needed(index, &filters);
            let below = below_named(&options.cwd, &options.paths);
            let chosen = index.changed().filter(|path| below(path)).collect();
            let named = Named::new(options, &options.paths, &filters);
            (of_index(index, &options.cwd, &chosen, around, (&named, reads)), around)
        }
        (None, _) => (on_disk(options, threads, &filters, reads)?, Around::All(discover::Kinds::EVERY)),
    };
    if let Some(past) = past {
        found.targets.retain(|(target, _)| past.is_asked(&options.cwd, &target.path));
    }
    let notes = found.recognise(worktree, reads);
    let mut piped = options.stdin.as_ref().map_or_else(Vec::new, |stdin| piped::files(&options.cwd, stdin, reads));
    piped.extend(options.pipes.iter().map(|pipe| piped::whole(&options.cwd, pipe, reads)));
    piped::add_to(&mut found, &piped);
    let tree = Inside::new(worktree, &options.cwd, reach(options));
    taken_in::add(&mut found, &tree, &filters, &options.cwd);
    let given: HashMap<&str, &[u8]> = piped.iter().map(|file| (file.target.path.as_str(), &*file.bytes)).collect();
    let total = found.targets.len();
    let pool = worker_pool(threads, total)?;
    let charts = helm::parts(&options.cwd, &found, worktree);
    let kustomizations = Kustomizations::read(&options.cwd, &found, worktree);
    // What standard input changes would have to be seen by builds.
    let worlds = if piped.is_empty() { kustomizations.worlds(&found) } else { Vec::new() };
    let homes = relations::homes(&kustomizations, &found);
    let gathering = Gathering {
        found: &found,
        given: &given,
        files: worktree,
        charts: &charts,
        homes: &homes,
        worlds: &worlds,
        tree: &tree,
        pool: pool.as_ref(),
    };
    let units = Units::new(options.shard, &found, &worlds);
    // A part does not meet what the others judge.
    let search = match (options.shard, search) {
        (Some(_), Search::Watch) if gathering.has_declarations() => Search::Read,
        (Some(_), Search::Watch) => Search::Off,
        (_, search) => search,
    };
    let none = Declarations::default();
    let named = options.policies.as_deref().map_or(&none, Policies::declarations);
    let mut constraints = (search == Search::Read).then(|| Constraints::load(gathering.declarations(named)));
    // Each advisory that holds is a rule: they have to be known before the rules are chosen.
    let read_packages = || packages::read_all(options, &found, &given, worktree);
    let mut packages = pool.as_ref().map_or_else(read_packages, |pool| pool.install(read_packages));
    let own_rules = options.config.secret_rules();
    let of_policies = options.policies.iter().flat_map(|policies| policies.rules());
    let of_constraints = constraints.iter().flat_map(Constraints::rules);
    let others: Vec<RuleMeta> = std::mem::take(&mut packages.rules)
        .into_iter()
        .chain(own_rules)
        .chain(of_constraints)
        .chain(of_policies)
        .collect();
    let catalog = portcullis_rules::catalog_with(others.iter().cloned());
    let mut report = ScanReport {
        catalog: Arc::clone(&catalog),
        files: found.targets.iter().map(|(target, _)| Arc::from(target.path.as_str())).collect(),
        root_paths: paths::root_paths(&options.cwd, &scan_root(options)),
        findings: Vec::new(),
        packages: Vec::new(),
        lockfiles: Vec::new(),
        stats: Stats::default(),
        excluded: found.excluded.clone(),
        notes,
        errors: found.errors.clone(),
    };
    let scan_root_paths = report.root_paths.clone();
    let asking = options.policies.as_deref().map(|policies| {
        report.errors.extend_from_slice(policies.errors());
        report.notes.extend_from_slice(policies.notes());
        Asking::new(policies, &catalog)
    });
    let builds = Builds::default();
    let callers = Callers::default();
    let faulty = Faulty::default();
    if let Some(constraints) = &mut constraints {
        constraints.say(&mut report);
    }
    let gate = match &constraints {
        Some(constraints) => Some(Gate::Reviewing(Box::new(constraints.reviews(&catalog, &gathering)))),
        None => (search == Search::Watch).then(|| Gate::Watching(AtomicBool::new(false))),
    };

    let sets: Vec<OverrideSet> = found.targets.iter().map(|(target, _)| filters.overrides(&target.path)).collect();
    let mut rules = Rules::of_sets(options, &catalog, &filters, &sets, Kinds::All)?;
    let selections: Vec<&Selection> = rules.values().map(|rules| &rules.selection).collect();
    report.notes.extend(asked::notes(options, &catalog, &selections));
    let base = options.config_directory.as_deref().unwrap_or(&options.cwd);
    let folders = &options.config.kubernetes_crds;
    let known = Arc::new(definitions::load(folders, &options.cwd, base, worktree, &mut report.errors));
    define(&mut rules, &known);
    let root_paths: Vec<String> = (0..).map(FileId).take(report.files.len()).map(|f| report.root_path(f)).collect();
    let yields = Yields::new(&catalog);
    let shared = Shared {
        options,
        needs: Needs {
            // Which baseline the merge will have is not known.
            trace: options.needs.trace || options.needs.facts || options.baseline.is_some() || is_about_change(options),
            ..options.needs
        },
        catalog: &catalog,
        yields: &yields,
        files: worktree,
        homes: &homes,
        sets: &sets,
        variables_files: &found.variables,
        compose_files: &compose_files,
        dumps: &dumps,
        found: &found,
        root_paths: &scan_root_paths,
        builds: &builds,
        callers: &callers,
        faulty: &faulty,
        policies: asking.as_ref(),
        gate: gate.as_ref(),
    };
    let input = |index: usize| {
        let (target, language) = found.targets.get(index)?;
        Some(Input {
            file: FileId(u32::try_from(index).unwrap_or(u32::MAX)),
            target,
            language: *language,
            root_path: root_paths.get(index).map_or("", String::as_str),
            part: charts.get(&index),
            given: given.get(target.path.as_str()).copied(),
        })
    };
    for path in &options.tf_var_files {
        let shown = shown(&options.cwd, path);
        let fault = match worktree.read(&shown) {
            Ok(bytes) => terraform::file_error(&shown, &bytes),
            Err(error) => Some(reason(&error)),
        };
        report.errors.extend(fault.map(|reason| ScanError::Path { path: path.clone(), reason }));
    }
    let done = AtomicUsize::new(0);
    let judge_worlds = |rules: &BTreeMap<OverrideSet, Rules>, worlds: &[&World]| {
        let judge = |index| shared.judge_of(rules, index);
        let input = |index| input(index);
        judge_worlds(pool.as_ref(), worlds, &found, &judge, &input, &tree)
    };
    let tf_options = portcullis_terraform::Options {
        variable_files: options.tf_var_files.iter().map(|path| shown(&options.cwd, path)).collect(),
        variables: options.tf_vars.clone(),
    };
    let judge_modules = |rules: &BTreeMap<OverrideSet, Rules>, targets: &[usize]| {
        let judge = |index| shared.judge_of(rules, index);
        let input = |index| input(index);
        judge_terraform(pool.as_ref(), targets, (&tf_options, options.shard), (&found, &judge, &input, &tree))
    };
    let judge_file = |rules: &BTreeMap<OverrideSet, Rules>, index: usize| {
        input(index).map(|input| shared.judge_of(rules, index).judge(&input)).unwrap_or_default()
    };

    let mut in_worlds: HashSet<usize> = worlds.iter().flat_map(|world| world.targets.iter().copied()).collect();
    in_worlds.retain(|index| !charts.contains_key(index));
    let (own_numbers, own_worlds) = units.worlds();
    let (from_worlds, built) = judge_worlds(&rules, &own_worlds);
    if !in_worlds.is_empty() {
        progress.files(done.fetch_add(in_worlds.len(), Ordering::Relaxed) + in_worlds.len(), total);
    }
    let terraform_targets = || terraform::targets(&found, &given, worktree);
    let of_terraform = pool.as_ref().map_or_else(terraform_targets, |pool| pool.install(terraform_targets));
    in_worlds.extend(&of_terraform);
    let mut from_terraform = judge_modules(&rules, &of_terraform);
    if !of_terraform.is_empty() {
        progress.files(done.fetch_add(of_terraform.len(), Ordering::Relaxed) + of_terraform.len(), total);
    }
    let mut from_packages = {
        let judge = |index| shared.judge_of(&rules, index);
        let input = |index| input(index);
        judge_packages(pool.as_ref(), (&packages, options.shard), (&found, &judge, &input, &tree))
    };
    let before = in_worlds.len();
    in_worlds.extend(packages.targets());
    let of_packages = in_worlds.len() - before;
    if of_packages > 0 {
        progress.files(done.fetch_add(of_packages, Ordering::Relaxed) + of_packages, total);
    }
    let mut last = Last::default();
    let patches = kustomizations.unbuilt_patches(&found, &built, &mut last.notes);
    units.retain_notes(&mut last.notes);
    last.patches = patches.iter().filter(|index| units.has_file(**index)).count();
    report.stats.kinds = kinds_apart(&found, in_worlds.iter().filter(|index| !patches.contains(*index)), &of_terraform);
    let judge_one = |index: usize, _: &(Target, Language)| {
        let is_apart = patches.contains(&index) || in_worlds.contains(&index) || !units.has_file(index);
        if is_apart || gate.as_ref().is_some_and(Gate::is_met) {
            return Judged::default();
        }
        let result = judge_file(&rules, index);
        progress.files(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        result
    };
    let seen = relations::seen(&found, !piped.is_empty());
    let mut facts = Facts::of_scan(seen, &homes);
    if !found.unreadable.is_empty() || !report.errors.is_empty() {
        facts.add_unread(Unread::anything());
    }
    let mut claims = Vec::new();
    let mut customs = Customs::default();
    let mut context = ContextFiles::default();
    let index_of = |path: &str| found.index_of(path).ok();
    let is_search = is_search(&rules, &catalog);
    // Who looks for nothing but secrets misses no advisory.
    if !is_search {
        report.notes.append(&mut packages.notes);
    }
    report.errors.append(&mut packages.errors);
    let mut base = options.shard.filter(|shard| shard.is_first()).map(|_| {
        let (cwd, directory) = (&options.cwd, options.config_directory.as_deref().unwrap_or(&options.cwd));
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let mut once: Vec<u32> = in_worlds.iter().copied().map(number).collect();
        once.sort_unstable();
        Base {
            facts: facts.clone(),
            notes: report.notes.clone(),
            errors: report.errors.clone(),
            manifests: relations::manifests(&found).map(|(index, _)| number(index)).collect(),
            once,
            targets: total,
            others,
            unreadable: Vec::new(),
            constraints: Vec::new(),
            ignore: &options.config.ignore,
            directories: shard::apart(cwd, directory),
            date: options.date.to_string(),
            fail_on: options.config.fail_on.map(|severity| severity.name().to_owned()),
            is_search,
            // What nobody named is not expected to hold anything.
            is_empty: found.empty_directory && options.is_named,
            hits: Vec::new(),
            kinds: report.stats.kinds,
            excluded: report.excluded.clone(),
            seeing: Seeing::default(),
        }
    });
    let mut leaving = options.shard.filter(|_| options.needs.facts).map(|shard| {
        let equal = equal(options, &found, &report, &rules);
        Leaving::new(shard, equal, options.config.scanner(&catalog))
    });
    report.notes.append(&mut last.notes.clone());
    for ((world, number), mut judged) in own_worlds.iter().zip(own_numbers).zip(from_worlds) {
        customs.take(Holder::World(world), &mut judged);
        leave(&mut leaving, Stage::World, number, &mut judged);
        context.number(&mut judged, index_of, &mut report.files);
        // Files that come later may stand before those of worlds: nothing is settled yet.
        claims.append(&mut judged.claims);
        take(judged, &mut facts, &mut claims, &mut report);
    }
    report.notes.extend(from_terraform.unsaid.notes());
    leave(&mut leaving, Stage::Terraform, 0, &mut from_terraform);
    take(from_terraform, &mut facts, &mut claims, &mut report);
    leave(&mut leaving, Stage::Packages, 0, &mut from_packages);
    take(from_packages, &mut facts, &mut claims, &mut report);
    let mut unrendered = BTreeMap::new();
    let mut taken = 0..;
    in_parallel(pool.as_ref(), &found.targets, judge_one, |mut file| {
        let index: usize = taken.next().unwrap_or_default();
        customs.take(Holder::File(index), &mut file);
        if units.has_file(index) && !in_worlds.contains(&index) {
            leave(&mut leaving, Stage::File, u32::try_from(index).unwrap_or(u32::MAX), &mut file);
        }
        if let Some(chart) = file.unrendered.take() {
            *unrendered.entry(chart).or_insert(0) += 1;
        }
        report.stats.kinds.merge(file.kinds);
        context.number(&mut file, index_of, &mut report.files);
        take(file, &mut facts, &mut claims, &mut report);
    });
    if gate.as_ref().is_some_and(Gate::is_met) {
        return Ok(None);
    }
    if options.shard.is_some() && customs.has_waiting() {
        let apart: HashSet<usize> = in_worlds.union(&patches.iter().copied().collect()).copied().collect();
        let files = shard::files_elsewhere(&units, &found, worktree, &apart);
        in_parallel(pool.as_ref(), &files, |_, index| judge_file(&rules, *index).definitions, |it| customs.define(it));
        let others: Vec<&World> = worlds.iter().filter(|world| !units.has_world(world)).collect();
        let define = |_, world: &&World| {
            let judge = |index| shared.judge_of(&rules, index);
            let input = |index| input(index);
            let scan = Scan { found: &found, judge: &judge, input: &input, tree: &tree };
            if scan.may_define(world) { scan.judge_world(world).0.definitions } else { Definitions::default() }
        };
        in_parallel(pool.as_ref(), &others, define, |it| customs.define(it));
    }
    let (worlds_again, files_again) = customs.waiting();
    if !(worlds_again.is_empty() && files_again.is_empty()) {
        define(&mut rules, &customs.into_definitions(&known));
        let again: HashSet<usize> =
            worlds_again.iter().flat_map(|world| &world.targets).chain(&files_again).copied().collect();
        report.findings.retain(|finding| !again.contains(&(finding.location.file().0 as usize)));
        for (world, mut judged) in worlds_again.iter().zip(judge_worlds(&rules, &worlds_again).0) {
            if let Some(leaving) = &mut leaving {
                leaving.again(Stage::WorldAgain, world.number, &world.targets, &judged);
            }
            context.number(&mut judged, index_of, &mut report.files);
            report.findings.extend(judged.findings);
        }
        let judge_again = |_, index: &usize| judge_file(&rules, *index);
        let mut taken = files_again.iter();
        in_parallel(pool.as_ref(), &files_again, judge_again, |mut judged| {
            if let (Some(leaving), Some(&index)) = (&mut leaving, taken.next()) {
                leaving.again(Stage::FileAgain, u32::try_from(index).unwrap_or(u32::MAX), &[index], &judged);
            }
            context.number(&mut judged, index_of, &mut report.files);
            report.findings.extend(judged.findings);
        });
    }

    if let Some(asking) = asking.as_ref().filter(|asking| asking.is_any_apart() && units.has_rest()) {
        let judge = |index| shared.judge_of(&rules, index);
        let input = |index| input(index);
        let scan = Scan { found: &found, judge: &judge, input: &input, tree: &tree };
        let work = || asking.apart(&scan);
        let mut judged = pool.as_ref().map_or_else(work, |pool| pool.install(work));
        leave(&mut leaving, Stage::Apart, 0, &mut judged);
        take(judged, &mut facts, &mut claims, &mut report);
    }
    report.stats.searched = found.targets.iter().filter(|(_, language)| *language == Language::Text).count();
    report.stats.files = total - report.stats.searched - patches.len() - unrendered.values().sum::<usize>();
    report.stats.kinds.add(FileKind::Template, unrendered.values().sum());
    report.notes.extend(unrendered.iter().map(|(chart, &count)| unrendered_note(chart, count)));
    report.stats.rules = rules.get(&0).map_or(0, |rules| rules.selection.count());
    if units.has_rest() {
        let unreadable = unreadable_findings(&shared.judge(&rules, 0), &found, &mut report);
        if let Some(base) = &mut base {
            base.unreadable.clone_from(&unreadable);
        }
        report.findings.extend(unreadable.into_iter().filter_map(|(_, finding)| finding));
    }
    let mut waiting = 0;
    match &leaving {
        Some(leaving) => {
            let accounts: HashSet<&str> = leaving.accounts().collect();
            last.made = relations::named_in_terraform(&accounts, &found, worktree).into_iter().collect();
            last.made.sort_unstable();
        }
        // What others hold decides about them.
        None if options.shard.is_some() => waiting = std::mem::take(&mut claims).len(),
        None => {}
    }
    if let Some(shard) = options.shard.filter(|shard| !shard.is_whole()) {
        waiting = waiting.max(leaving.as_ref().map_or(0, |leaving| leaving.waiting));
        report.notes.extend(waiting_note(shard, waiting));
    }
    let mut manifests = relations::manifests(&found).map(|(_, path)| path);
    let made = |accounts: &HashSet<&str>| relations::named_in_terraform(accounts, &found, worktree);
    let named = (&*report.files, &context);
    let mut held: Vec<Finding> = relations::held(&facts, claims, pool.as_ref(), &mut manifests, &made, named).collect();
    context.number_others(&mut held, index_of, &mut report.files);
    report.findings.extend(held);
    if let Some(Gate::Reviewing(reviews)) = &gate {
        let (notes, errors, undecided) = reviews.take_said();
        last.notes.extend(notes.iter().cloned());
        last.errors.extend(errors.iter().cloned());
        report.notes.extend(notes);
        report.errors.extend(errors);
        if options.shard.is_some() {
            let left = undecided.iter().map(|((kind, name), (path, reasons))| {
                (path.clone(), kind.clone(), name.clone(), reasons.iter().cloned().collect())
            });
            last.undecided = left.collect();
        }
        constraints::say_undecided(undecided, &mut report);
        if let Some(base) = &mut base {
            let all = (0..).map(RuleIdx).take(catalog.len()).collect();
            let places = reviews.places(&all).into_iter();
            base.constraints.extend(places.filter_map(|(rule, (path, place))| Some((rule.0, path, place?))));
            base.constraints.sort_unstable();
        }
        constraints::relate(&reviews.places(&constraints::rules_of(&report)), &mut report, index_of);
    }
    match &pool {
        // Giving back what is known of tens of thousands of objects takes as long as the sorting.
        Some(pool) => _ = pool.join(|| put_in_order(&mut report), || drop(facts)),
        None => put_in_order(&mut report),
    }
    in_worlds.extend(context.numbers());
    if !in_worlds.is_empty() {
        say_once(&mut report.findings, &in_worlds, &yields);
    }
    filters.accept(&mut report, options.date);
    clean_report(&mut report, &options.config.scanner(&catalog));
    if options.needs.packages || base.is_some() && options.needs.facts {
        let hits = packages.list(&mut report);
        if let Some(base) = &mut base {
            base.hits = hits;
        }
    }
    let is_on = |target: Option<usize>, rule: RuleIdx| {
        let set = target.and_then(|target| sets.get(target)).copied().unwrap_or_default();
        rules.get(&set).is_some_and(|rules| rules.selection.is_on(rule))
    };
    let root = scan_root(options);
    let sight = Sight {
        cwd: options.cwd.clone(),
        root: root.clone(),
        named: shard::absolute_of(options),
        targets: total,
        seen,
        is_looked_up: shard::is_looked_up(options),
        faulty: faulty.files(),
        is_file: &|path| worktree.is_file(&baseline::shown_of(&options.cwd, &root, path)),
        is_of_packages: &|target| matches!(found.targets.get(target), Some((_, Language::Packages(_)))),
        is_on: &is_on,
    };
    let baseline = options.baseline.as_deref().map(|baseline| match options.shard {
        Some(_) => baseline::hide(baseline, &mut report, &sight),
        None => baseline::apply(baseline, &mut report, &sight),
    });
    if leaving.is_some() {
        last.faulty = faulty.files().into_iter().map(|file| file.0).collect();
        if let Some(base) = &mut base {
            let selections = rules.iter().map(|(set, rules)| (*set, &rules.selection)).collect();
            base.seeing = Seeing::of(options, (worktree, &found, seen), &catalog, &selections, &sets);
        }
    }
    let facts = leaving.zip(watched.as_ref()).map(|(leaving, watched)| {
        let state = || State::of(watched, &found, (&options.cwd, &root));
        let state = pool.as_ref().map_or_else(state, |pool| pool.install(state));
        leaving.finish(last, base, (&state, &report))
    });
    report.stats.elapsed_ms = started.elapsed().as_millis();
    // A directory of other texts holds something for those who look for nothing but secrets, and for those who find one.
    let searched = report.stats.searched > 0;
    let nothing = found.empty_directory && !(searched && (is_search || !report.findings.is_empty()));
    let scanned = Scanned { report, nothing, baseline: baseline.unwrap_or_default(), facts };
    Ok(Some(Viewed { scanned, around, seen, targets: total }))
}

/// Hands what is left of a file to the file of facts, where one is written.
fn leave(leaving: &mut Option<Leaving>, stage: Stage, number: u32, judged: &mut Judged) {
    if let Some(leaving) = leaving {
        leaving.part(stage, number, judged);
    }
}

/// What the files are that are not judged one by one: those of `apart`, and entries that the walk could not look at.
fn kinds_apart<'i>(found: &Discovered, apart: impl Iterator<Item = &'i usize>, of_terraform: &[usize]) -> FileKinds {
    let of_terraform: HashSet<&usize> = of_terraform.iter().collect();
    let mut kinds = FileKinds::default();
    kinds.add(FileKind::Unreadable, found.unreadable.len());
    for index in apart {
        let kind = match found.targets.get(*index) {
            Some((_, Language::Terraform | Language::TerraformVariables)) => FileKind::Terraform,
            Some((_, Language::Packages(_))) => FileKind::Dependencies,
            _ if of_terraform.contains(index) => FileKind::Terraform,
            _ => FileKind::Kubernetes,
        };
        kinds.add(kind, 1);
    }
    kinds
}

/// What is said of findings that other parts of the scan decide about.
fn waiting_note(shard: Shard, count: usize) -> Option<Note> {
    let what = if count == 1 { "1 finding is" } else { &format!("{count} findings are") };
    let message =
        format!("this is part {shard} of a scan: {what} left to `portcullis merge`, for want of the other files");
    (count > 0).then(|| Note { path: String::new(), kind: NoteKind::Other, message })
}

/// What has to be the same in all parts of a scan.
fn equal(
    options: &ScanOptions,
    found: &Discovered,
    report: &ScanReport,
    rules: &BTreeMap<OverrideSet, Rules>,
) -> Equal {
    let mut equal = Equal::default();
    let files = found.targets.iter();
    equal.add("files", files.map(|(target, language)| format!("{} {language:?} {:?}", target.path, target.origin)));
    equal.add("files that cannot be read", found.unreadable.iter().map(|(path, reason)| format!("{path} {reason}")));
    equal.add_rules(&report.catalog);
    equal.add("rules that are on", rules.iter().map(|(set, rules)| format!("{set} {:?}", rules.selection)));
    equal.add("days", [options.date.to_string()]);
    equal.add("roots", [format!("{:?}", report.root_paths)]);
    let ignore = options.config.ignore.iter().map(|ignore| format!("{ignore:?}"));
    let others = [
        format!("{:?} {:?}", asked::version(options), options.pod_security),
        format!("{:?} {:?} {:?}", options.dumps, options.compose_files, options.tf_var_files),
        format!("{:?} {}", options.tf_vars, options.ignore_unfixed),
    ];
    equal.add("options", ignore.chain(others));
    let config = &options.config;
    let decides = [
        format!("{:?} {:?} {:?}", config.rules, config.overrides, config.advisories),
        format!("{:?} {:?} {:?}", config.secrets, config.licences, config.kubernetes_crds),
    ];
    equal.add("configurations", decides);
    equal.add("policies", options.policies.iter().map(|policies| policies.digest().to_string()));
    equal.add("severities to fail on (--fail-on)", [format!("{:?}", config.fail_on)]);
    let named = shard::absolute_of(options).into_iter().map(|path| paths::relative(&options.cwd, &path));
    equal.add("named paths", named.chain([options.is_named.to_string()]));
    let known = options.baseline.iter().flat_map(|baseline| &baseline.entries);
    let known = known.map(|entry| format!("{} {} {} {:x}", entry.path, entry.rule, entry.fingerprint, entry.content));
    equal.add("baselines", known);
    equal
}

/// Builds and judges the worlds of a scan, in order.
fn judge_worlds<'a>(
    pool: Option<&ThreadPool>,
    worlds: &[&World],
    found: &'a Discovered,
    judge: &'a (dyn Fn(usize) -> Judge<'a> + Sync),
    input: &'a (dyn Fn(usize) -> Option<Input<'a>> + Sync),
    tree: &'a Inside<'a>,
) -> (Vec<Judged>, Built) {
    let mut built = Built::default();
    let mut left = Vec::new();
    if worlds.is_empty() {
        return (left, built);
    }
    let scan = Scan { found, judge, input, tree };
    in_parallel(
        pool,
        worlds,
        |_, world| scan.judge_world(world),
        |(judged, more)| {
            left.push(judged);
            built.merge(more);
        },
    );
    (left, built)
}

/// The targets of a scan, how each is judged, as what, and the tree that they may refer to.
type Targets<'a> = (
    &'a Discovered,
    &'a (dyn Fn(usize) -> Judge<'a> + Sync),
    &'a (dyn Fn(usize) -> Option<Input<'a>> + Sync),
    &'a Inside<'a>,
);

/// Judges the Terraform files of a scan.
fn judge_terraform(
    pool: Option<&ThreadPool>,
    targets: &[usize],
    (options, shard): (&portcullis_terraform::Options, Option<Shard>),
    (found, judge, input, tree): Targets<'_>,
) -> Judged {
    if targets.is_empty() {
        return Judged::default();
    }
    let scan = Scan { found, judge, input, tree };
    match pool {
        Some(pool) => pool.install(|| terraform::judge(&scan, targets, options, shard)),
        None => terraform::judge(&scan, targets, options, shard),
    }
}

/// Judges the files that name packages.
fn judge_packages(
    pool: Option<&ThreadPool>,
    (packages, shard): (&Packages, Option<Shard>),
    targets: Targets<'_>,
) -> Judged {
    let (found, judge, input, tree) = targets;
    let scan = Scan { found, judge, input, tree };
    match pool {
        Some(pool) => pool.install(|| packages.judge(&scan, shard)),
        None => packages.judge(&scan, shard),
    }
}

/// Of findings of one rule at one place of a file that builds take in, leaves one: what holds in several builds was
/// written once. One that is not suppressed stands for those that are.
pub(crate) fn say_once(findings: &mut Vec<Finding>, built: &HashSet<usize>, yields: &Yields) {
    findings.dedup_by(|next, kept| {
        let span = kept.location.span;
        let is_same = kept.rule == next.rule
            && span == next.location.span
            && built.contains(&(span.file.0 as usize))
            && (kept.message == next.message || !yields.is_of_policy(kept.rule));
        if is_same && kept.suppressed.is_some() && next.suppressed.is_none() {
            std::mem::swap(kept, next);
        }
        is_same
    });
}

/// Files that are judged before their results are taken over: enough to keep the workers busy, few enough that what the
/// workers leave behind stays small.
const BATCH: usize = 512;

/// The workers, or none where one thread does: a pool is felt in the cold start of a hook.
pub(crate) fn worker_pool(threads: usize, files: usize) -> Result<Option<ThreadPool>, EngineError> {
    if files < 2 || threads == 1 {
        return Ok(None);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
    pool.map(Some).map_err(|error| EngineError::Threads(error.to_string()))
}

/// What a worker has for its stack, in bytes: as much as the first thread. Policies go down into what they are written of.
const STACK: usize = 8 << 20;

/// Maps on the workers, and hands over the results in order. One worker takes over a batch while the others are at work on
/// the next.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    pool: Option<&ThreadPool>,
    items: &[T],
    work: impl Fn(usize, &T) -> R + Sync,
    mut take: impl FnMut(R) + Send,
) {
    let Some(pool) = pool else {
        items.iter().enumerate().for_each(|(index, item)| take(work(index, item)));
        return;
    };
    pool.install(|| {
        let mut finished: Vec<R> = Vec::new();
        for (batch, first) in items.chunks(BATCH).zip((0..).step_by(BATCH)) {
            let indexed = batch.par_iter().enumerate();
            let judge = || indexed.map(|(index, item)| work(first + index, item)).collect();
            let (next, ()) = rayon::join(judge, || finished.into_iter().for_each(&mut take));
            finished = next;
        }
        finished.into_iter().for_each(take);
    });
}

/// A scan's report, and whether some directory that was named holds nothing to scan.
#[derive(Debug)]
pub struct Scanned {
    /// The report.
    pub report: ScanReport,
    /// Exit code 3.
    pub nothing: bool,
    /// What became of the baseline's entries, in their order; empty without one.
    pub baseline: Vec<Standing>,
    /// What a part of a scan leaves for the whole, where it was asked for.
    pub facts: Option<Vec<u8>>,
}

/// What a scan gave, and how much it saw.
pub(crate) struct Viewed {
    pub(crate) scanned: Scanned,
    pub(crate) around: Around,
    pub(crate) seen: Seen,
    /// How many of the report's files were asked for.
    pub(crate) targets: usize,
}

/// Whether only findings count that a change is to blame for.
fn is_about_change(options: &ScanOptions) -> bool {
    options.changed.is_some() || options.tree != Tree::Worktree
}

/// The commit that changes are counted from, where they are: that which the named one and `HEAD` have in common, or `HEAD`
/// itself for what is staged. Before the first commit everything is new.
fn since(options: &ScanOptions) -> Result<Option<ObjectId>, EngineError> {
    Ok(match &options.changed {
        _ if options.tree != Tree::Worktree => git_repository(options)?.head()?,
        Some(revision) => Some(git_repository(options)?.start_of(revision)?),
        None => None,
    })
}

/// The targets in the worktree. What a change is to blame for is asked of all of it, wherever one stands.
fn on_disk(
    options: &ScanOptions,
    threads: usize,
    filters: &Filters<'_>,
    reads: Reads,
) -> Result<Discovered, EngineError> {
    let mut all = Vec::new();
    if options.changed.is_some() && options.paths.is_empty() {
        let repository = git_repository(options)?;
        all.push(repository.place.top.ok_or_else(|| GitError::Bare(options.cwd.clone()))?);
    }
    let mut named = if options.paths.is_empty() { all } else { options.paths.clone() };
    if options.exclusions == Exclusions::Named {
        named.retain(|path| {
            let is_file = || paths::absolute(&options.cwd, path).is_file();
            !(filters.leaves_out(&shown(&options.cwd, path)) && is_file())
        });
    }
    let mut found = discover((&options.cwd, &options.git), &named, threads, filters, reads);
    // Those that the walk met keep their origin: the scan sees no less of the tree for them.
    let is_new = |path: &&PathBuf| found.index_of(&shown(&options.cwd, path)).is_err();
    let unmet: Vec<PathBuf> = options.compose_files.iter().filter(is_new).cloned().collect();
    found.merge(discover((&options.cwd, &options.git), &unmet, threads, filters, Reads::Known));
    Ok(found)
}

/// The index that is seen, if it is.
pub(crate) fn index(options: &ScanOptions) -> Result<Option<Index>, EngineError> {
    let Tree::Index { file } = &options.tree else { return Ok(None) };
    let repository = git_repository(options)?;
    Ok(Some(Index::open(repository, &options.cwd, file.as_deref(), named_files(options))?))
}

/// The files that options name, as the scan shows them.
pub(crate) fn named_files(options: &ScanOptions) -> BTreeSet<String> {
    options.compose_files.iter().chain(&options.tf_var_files).map(|path| shown(&options.cwd, path)).collect()
}

/// The repository that the named paths are in, or else the working directory. They may be gone from the worktree.
pub(crate) fn git_repository(options: &ScanOptions) -> Result<Repository, GitError> {
    let named: Vec<PathBuf> = options.paths.iter().map(|path| paths::absolute(&options.cwd, path)).collect();
    let start = named.first().and_then(|path| path.ancestors().find(|path| path.is_dir())).unwrap_or(&options.cwd);
    let repository = Repository::find(start, &options.cwd, &options.git)?;
    if let Some(top) = &repository.place.top
        && let Some(outside) = named.iter().position(|path| !path.starts_with(top))
    {
        return Err(GitError::Outside(options.paths.get(outside).cloned().unwrap_or_default()));
    }
    Ok(repository)
}

/// Which files are read: every text where some rule looks for secrets.
pub(crate) fn reads(options: &ScanOptions) -> Reads {
    // They may be about any file that can be parsed.
    if options.policies.is_some() {
        return Reads::Texts;
    }
    let catalog = options.config.catalog();
    let wanted = Wanted { switches: &options.config.switches(&catalog), ..wanted(options) };
    // What names no rule of these may name one of a database's; it is judged when that is read.
    let Ok(selection) = Selection::new(&catalog, &wanted) else { return Reads::Texts };
    let is_on = catalog.iter().any(|(rule, meta)| selection.is_on(rule) && meta.id.starts_with(SECRET));
    if is_on || !options.config.overrides.is_empty() { Reads::Texts } else { Reads::Known }
}

/// How the ids of the rules begin that look into every text.
const SECRET: &str = "secret-";

/// Whether nothing is looked for but secrets.
fn is_search(rules: &BTreeMap<OverrideSet, Rules>, catalog: &Catalog) -> bool {
    rules
        .values()
        .all(|rules| catalog.iter().all(|(rule, meta)| !rules.selection.is_on(rule) || is_about_secrets(meta)))
}

/// What the options want of a selection; the configuration's switches come from elsewhere.
fn wanted(options: &ScanOptions) -> Wanted<'_> {
    static NONE: BTreeMap<RuleIdx, RuleSwitch> = BTreeMap::new();
    Wanted {
        profile: options.profile.or(options.config.profile).unwrap_or(DEFAULT_PROFILE),
        pod_security: options.pod_security,
        only: &options.only,
        skip: &options.skip,
        min_severity: options.min_severity,
        switches: &NONE,
    }
}

/// What all files have in common.
struct Shared<'a> {
    options: &'a ScanOptions,
    needs: Needs,
    catalog: &'a Catalog,
    yields: &'a Yields,
    files: &'a dyn Files,
    homes: &'a Homes,
    /// By the target's index.
    sets: &'a [OverrideSet],
    variables_files: &'a [String],
    compose_files: &'a [String],
    dumps: &'a [String],
    found: &'a Discovered,
    root_paths: &'a RootPaths,
    builds: &'a Builds,
    callers: &'a Callers,
    faulty: &'a Faulty,
    policies: Option<&'a Asking>,
    gate: Option<&'a Gate<'a>>,
}

impl<'a> Shared<'a> {
    /// The judge of a target, by its index; of any other file that of the empty set of overrides.
    fn judge_of(&self, rules: &'a BTreeMap<OverrideSet, Rules>, index: usize) -> Judge<'a> {
        self.judge(rules, self.sets.get(index).copied().unwrap_or_default())
    }

    /// The judge of the files under a set of overrides.
    fn judge(&self, rules: &'a BTreeMap<OverrideSet, Rules>, set: OverrideSet) -> Judge<'a> {
        let rules = rules.get(&set).expect("every set that a target has was compiled");
        Judge {
            catalog: self.catalog,
            selection: &rules.selection,
            dispatch: &rules.dispatch,
            yields: self.yields,
            needs: self.needs,
            files: self.files,
            homes: self.homes,
            variables_files: self.variables_files,
            compose_files: self.compose_files,
            dumps: self.dumps,
            targets: &self.found.targets,
            directories: &self.found.directories,
            root_paths: self.root_paths,
            builds: self.builds,
            callers: self.callers,
            faulty: self.faulty,
            policies: self.policies,
            gate: self.gate,
            today: self.options.date,
        }
    }
}

/// Lets custom resources be judged by these definitions.
fn define(rules: &mut BTreeMap<OverrideSet, Rules>, definitions: &Arc<Definitions>) {
    for rules in rules.values_mut() {
        rules.dispatch.define(Arc::clone(definitions));
    }
}

/// The rules of files under one set of overrides.
pub(crate) struct Rules {
    pub(crate) selection: Selection,
    pub(crate) dispatch: Dispatch,
}

/// Which rules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kinds {
    All,
    /// Those with the tag `secret`.
    Secrets,
}

impl Rules {
    /// Compiles the rules of each set of overrides that some file has. Nearly always there is one: the empty set.
    pub(crate) fn of_sets(
        options: &ScanOptions,
        catalog: &Catalog,
        filters: &Filters<'_>,
        sets: &[OverrideSet],
        kinds: Kinds,
    ) -> Result<BTreeMap<OverrideSet, Self>, SelectionError> {
        let config = &options.config;
        let context = Context {
            kubernetes: asked::version(options).map(KubernetesVersion::known),
            pod_security: options.pod_security,
            date: options.date,
            options: config.options(catalog),
            secrets: config.scanner(catalog),
        };
        let distinct: BTreeSet<OverrideSet> = sets.iter().copied().chain([0]).collect();
        let compile = |set| Ok((set, Self::new(options, catalog, &context, (filters, set), kinds)?));
        let mut all: BTreeMap<OverrideSet, Self> = distinct.into_iter().map(compile).collect::<Result<_, _>>()?;
        if all.values().any(|rules| rules.dispatch.needs_facts()) {
            for rules in all.values_mut() {
                rules.dispatch.keep_facts();
            }
        }
        Ok(all)
    }

    fn new(
        options: &ScanOptions,
        catalog: &Catalog,
        context: &Context,
        (filters, set): (&Filters<'_>, OverrideSet),
        kinds: Kinds,
    ) -> Result<Self, SelectionError> {
        let mut switches = options.config.switches(catalog);
        for (rule, switch) in filters.switches(set, catalog) {
            let known = switches.entry(rule).or_default();
            known.on = switch.on.or(known.on);
            known.severity = switch.severity.or(known.severity);
        }
        let wanted = Wanted { switches: &switches, ..wanted(options) };
        let mut selection = Selection::new(catalog, &wanted)?;
        if kinds == Kinds::Secrets {
            selection.retain(|rule| catalog.get(rule).tags.contains("secret"));
        }
        let dispatch = Dispatch::new(catalog, context.clone(), |rule| selection.is_on(rule));
        Ok(Self { selection, dispatch })
    }
}

/// Takes over what a file left behind.
pub(crate) fn take(file: Judged, facts: &mut Facts, claims: &mut Vec<(Finding, Claim)>, report: &mut ScanReport) {
    facts.merge(file.facts);
    // Files come in order: what is the first of its kind here stays the first.
    claims.extend(file.claims.into_iter().filter(|(_, claim)| !facts.is_first(claim)));
    report.findings.extend(file.findings);
    report.notes.extend(file.notes);
    report.errors.extend(file.errors);
    report.stats.bytes = report.stats.bytes.saturating_add(file.bytes);
    report.stats.documents = report.stats.documents.saturating_add(file.documents);
}

/// Findings that are sorted by several workers; with fewer, a worker would be asked for less than it costs to wake.
const MANY: usize = 10_000;

/// Puts everything in order. Files are numbered in order of their paths, and rules in order of their ids; nothing depends
/// on which worker was first.
pub(crate) fn put_in_order(report: &mut ScanReport) {
    let ranks = ranks(&report.files);
    let order = |a: &Finding, b: &Finding| {
        let key = |finding: &Finding| {
            let span = finding.location.span;
            (ranks.get(span.file.0 as usize), span, finding.rule)
        };
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)).then_with(|| a.commit.cmp(&b.commit))
    };
    // Of equal ones the first stays the first: which of them is kept decides about its fingerprint.
    let findings = &report.findings;
    let by_place = |a: &usize, b: &usize| match (findings.get(*a), findings.get(*b)) {
        (Some(first), Some(second)) => order(first, second).then(a.cmp(b)),
        _ => a.cmp(b),
    };
    let mut places: Vec<usize> = (0..findings.len()).collect();
    if places.len() > MANY && rayon::current_thread_index().is_some() {
        places.par_sort_unstable_by(by_place);
    } else {
        places.sort_unstable_by(by_place);
    }
    arrange(&mut report.findings, places);
    report.notes.sort();
    report.errors.sort();
    // What keeps every file from being judged is said once.
    report.errors.dedup();
}

/// Puts items into an order that names each of them once. Findings are large: each is moved once.
fn arrange<T>(items: &mut [T], mut order: Vec<usize>) {
    for start in 0..order.len() {
        let mut at = start;
        while let Some(from) = order.get_mut(at).map(|from| std::mem::replace(from, at)) {
            if from == start || from == at {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

/// For each file its place in the order of the paths: entries that could not be read were numbered last.
fn ranks(files: &[Arc<str>]) -> Vec<usize> {
    let mut by_path: Vec<usize> = (0..files.len()).collect();
    by_path.sort_by_key(|&file| files.get(file));
    let mut ranks = vec![0; files.len()];
    for (rank, file) in by_path.into_iter().enumerate() {
        if let Some(slot) = ranks.get_mut(file) {
            *slot = rank;
        }
    }
    ranks
}

pub(crate) fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

pub(crate) fn scan_root(options: &ScanOptions) -> PathBuf {
    match &options.root {
        Some(root) => paths::absolute(&options.cwd, root),
        None => match paths::repository_root(&options.cwd) {
            Some(root) => root.to_path_buf(),
            None => repository_of_paths(options).unwrap_or_else(|| options.cwd.clone()),
        },
    }
}

/// The folder below which files may refer to one another. Without a repository, the working directory and what is scanned lie
/// in it; where they have nothing but the file system in common, what is scanned alone.
pub(crate) fn reach(options: &ScanOptions) -> (PathBuf, Edge) {
    let root = scan_root(options);
    if options.root.is_some() || root != options.cwd || paths::repository_root(&options.cwd).is_some() {
        return (root, Edge::Said);
    }
    let scanned = || options.paths.iter().map(|path| paths::absolute(&options.cwd, path));
    let is_deep = |folder: &PathBuf| folder.components().count() > 2;
    let shared = scanned().fold(options.cwd.clone(), |shared, path| common(&shared, &path));
    if is_deep(&shared) {
        return (shared, Edge::Guessed);
    }
    let apart = scanned().reduce(|shared, path| common(&shared, &path)).filter(is_deep);
    (apart.unwrap_or(root), Edge::Guessed)
}

/// The folder that two paths are both in.
fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// The repository that all paths are in. From outside it, findings keep the identity that they have inside.
fn repository_of_paths(options: &ScanOptions) -> Option<PathBuf> {
    let mut roots = options.paths.iter().map(|path| {
        let path = paths::absolute(&options.cwd, path);
        paths::repository_root(&path).map(Path::to_path_buf)
    });
    let first = roots.next()??;
    roots.all(|root| root.as_ref() == Some(&first)).then_some(first)
}

/// A dump as the scan calls it.
fn dump(options: &ScanOptions, path: &Path) -> String {
    if path != Path::new("-") {
        return shown(&options.cwd, path);
    }
    let name = options.stdin.as_ref().and_then(|stdin| stdin.name.as_deref());
    name.map_or_else(|| piped::UNNAMED.to_owned(), |name| shown(&options.cwd, Path::new(name)))
}

/// A path as the scan calls it.
fn shown(cwd: &Path, path: &Path) -> String {
    paths::relative(cwd, &paths::absolute(cwd, path))
}

/// One note for each chart whose templates were met.
pub(crate) fn unrendered_note(chart: &str, count: usize) -> Note {
    let templates = if count == 1 { "1 template".to_owned() } else { format!("{count} templates") };
    let message = format!(
        "not judged: {templates} of a Helm chart, of which the values alone are; scan the output of `helm template`"
    );
    Note { path: chart.to_owned(), kind: NoteKind::Template, message }
}

/// Directories and entries that the walk could not look into, with what is said of them.
fn unreadable_findings(
    judge: &Judge<'_>,
    found: &Discovered,
    report: &mut ScanReport,
) -> Vec<(String, Option<Finding>)> {
    let said = found.unreadable.iter().map(|(path, reason)| {
        let file = FileId(u32::try_from(report.files.len()).unwrap_or(u32::MAX));
        report.files.push(Arc::from(path.as_str()));
        let root_path = report.root_path(file);
        (path.clone(), judge.unreadable_entry(file, &root_path, reason))
    });
    said.collect()
}
