//! Policies of users in a scan: read, loaded once, and asked about every file that they may mean.
//!
//! What a policy cannot do (a file that does not parse, a rule that panics or never ends) is an error of the scan; other
//! policies still run. Inputs are texts as they are written, but for objects that Kustomize builds, which stand for the files
//! that they are built of. Modules of Terraform as they are evaluated and the packages of lockfiles are handed to the policies
//! that ask for them.

mod apart;
mod asking;
mod bundles;
mod contents;
mod packs;
mod sources;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{Note, NoteKind, RuleMeta, ScanError, StableHash};
use portcullis_policy::{Fault, Limits, Module, Namespaces, Options};

pub(crate) use asking::{Asking, on_one_line, subject};
pub use bundles::BundleChoice;
pub use contents::Parser;
pub use packs::{PackChoice, packs};
use sources::{DEPTH, data, read, walk};

use crate::constraints::{Constraints, Declarations, may_declare};
use crate::paths;

/// The tag of every rule that comes from a policy.
pub const POLICY_TAG: &str = "policy";

/// Policies, loaded, and what was wrong with them.
pub struct Policies {
    loaded: Arc<portcullis_policy::Policies>,
    parser: Option<Parser>,
    is_combined: bool,
    errors: Vec<ScanError>,
    notes: Vec<Note>,
    /// Templates and constraints beside the policies, and the rules that these are.
    declarations: Declarations,
    constraints: Vec<RuleMeta>,
    /// A hash of what is asked, and how: that of the parts of one scan is the same. Data and templates do not enter it.
    digest: u64,
}

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct PolicySources {
    /// Files, folders and archives of policies.
    pub policies: Vec<PathBuf>,
    /// Packs that ship with the program.
    pub packs: Vec<PackChoice>,
    /// Archives and folders of policies with their data.
    pub bundles: Vec<BundleChoice>,
    /// Files and folders of data documents.
    pub data: Vec<PathBuf>,
    /// The packages whose `deny`, `warn` and `violation` are asked; empty: `main`.
    pub namespaces: Vec<String>,
    /// Whether those of every package are.
    pub every_namespace: bool,
    /// What reads the files that are named, whatever they are called.
    pub parser: Option<Parser>,
    /// Whether all documents of the scan are one input.
    pub combine: bool,
}

impl PolicySources {
    /// Whether there is nothing to load.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.packs.is_empty() && self.bundles.is_empty()
    }
}

impl Policies {
    /// Reads and loads; paths are relative to `cwd`. What is wrong is kept, and becomes errors of the scan.
    pub fn load(sources: &PolicySources, cwd: &Path) -> Self {
        let mut errors = Vec::new();
        let mut notes = Vec::new();
        let mut modules: Vec<Module> = Vec::new();
        let mut declarations = Declarations::default();
        let mut bundles = sources.bundles.clone();
        let (archives, policies): (Vec<&PathBuf>, Vec<&PathBuf>) =
            sources.policies.iter().partition(|named| bundles::is_archive(named));
        bundles.extend(archives.into_iter().map(|path| BundleChoice { path: path.clone(), digest: None }));
        for named in policies {
            let mut found = Vec::new();
            walk(&paths::absolute(cwd, named), &mut found, DEPTH, &mut errors);
            let (policies, others): (Vec<PathBuf>, Vec<PathBuf>) = found.into_iter().partition(|file| is_policy(file));
            let known = declarations.len();
            for file in others {
                let shown = paths::relative(cwd, &file);
                if let Some(dialect) = may_declare(&shown)
                    && let Ok(text) = read(&file)
                {
                    errors.extend(declarations.read(&shown, &text, dialect));
                }
            }
            if policies.is_empty() && declarations.len() == known {
                let what = "no policy is there: a file `.rego` that is no test, or a ConstraintTemplate or constraint";
                errors.push(path_error(named, what.to_owned()));
            }
            for file in policies {
                let shown = paths::relative(cwd, &file);
                match read(&file) {
                    Ok(text) if modules.iter().all(|known| *known.path != *shown) => {
                        modules.push(Module::new(shown, text));
                    }
                    Ok(_) => {}
                    Err(reason) => errors.push(path_error(Path::new(&shown), reason)),
                }
            }
        }
        let data = data(&sources.data, cwd, &mut errors);
        let data = bundles::add(&bundles, cwd, data, &mut modules, &mut errors, &mut notes);
        let data = packs::add(&sources.packs, data, &mut modules, &mut errors, &mut notes);
        let namespaces = match (sources.every_namespace, sources.namespaces.is_empty()) {
            (true, _) => Namespaces::All,
            (false, true) => Namespaces::default(),
            (false, false) => Namespaces::Named(sources.namespaces.clone()),
        };
        let options = Options { limits: Limits { time: TIME, ..Limits::default() }, ..Options::default() };
        let (loaded, faults) = portcullis_policy::Policies::load(&modules, &data, &namespaces, &options);
        errors.extend(faults.into_iter().map(policy_error));
        let unasked = loaded.unasked().iter().map(|it| Note {
            path: it.module.clone(),
            kind: NoteKind::Other,
            message: format!("its rules are not asked: name the package with `--namespace {}`", it.namespace),
        });
        notes.extend(unasked);
        let constraints = if declarations.is_empty() {
            Vec::new()
        } else {
            Constraints::load(declarations.clone()).rules().collect()
        };
        let (parser, is_combined) = (sources.parser, sources.combine);
        let loaded = Arc::new(loaded);
        let mut digest = StableHash::new();
        modules.iter().flat_map(|module| [&module.path, &module.text]).for_each(|text| digest.text(text));
        digest.text(&format!("{namespaces:?} {parser:?} {is_combined}"));
        let digest = digest.short();
        Self { loaded, parser, is_combined, errors, notes, declarations, constraints, digest }
    }

    /// Templates and constraints that stand beside the policies.
    pub(crate) fn declarations(&self) -> &Declarations {
        &self.declarations
    }

    /// The rules that they add to the catalog.
    pub fn rules(&self) -> impl Iterator<Item = RuleMeta> {
        let checks = self.loaded.checks().iter().map(|check| check.meta.clone());
        checks.chain(self.constraints.iter().cloned())
    }

    /// A hash of what is asked.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// What could not be loaded.
    pub fn errors(&self) -> &[ScanError] {
        &self.errors
    }

    /// What is left out.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("checks", &self.loaded.checks().len()).finish_non_exhaustive()
    }
}

/// What one document may take: a policy that needs more has a loop.
pub(crate) const TIME: std::time::Duration = std::time::Duration::from_secs(5);

fn is_policy(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".rego") && !name.ends_with("_test.rego")
}

fn path_error(path: &Path, reason: String) -> ScanError {
    ScanError::Path { path: path.to_owned(), reason }
}

fn policy_error(fault: Fault) -> ScanError {
    ScanError::Policy { path: fault.path, line: fault.line, column: fault.column, reason: fault.message }
}
