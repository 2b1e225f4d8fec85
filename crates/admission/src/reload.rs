//! What reviews are judged by, and how it is replaced.
//!
//! Whatever it was made of is read again every few seconds and compared by what it holds. A new set is made aside and takes the
//! place of the old one at once; a broken one is refused, and the last good one stays.

use std::hash::Hasher as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::decide::Decider;
use crate::settings::Settings;

/// Reads configuration and policies.
pub trait Source: Send + Sync {
    /// Reads everything again. A policy that cannot be loaded is an error here: leaving it out would let through what it denies.
    fn load(&self) -> Result<Loaded, LoadError>;
}

/// What was read.
pub struct Loaded {
    /// What is set.
    pub settings: Settings,
    /// What judges.
    pub decider: Arc<dyn Decider>,
    /// The files and folders that it was made of.
    pub watched: Vec<PathBuf>,
}

/// Why nothing could be made of it.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct LoadError {
    /// What is wrong.
    pub reason: String,
    /// The files and folders of which one has to change.
    pub watched: Vec<PathBuf>,
}

/// What reviews are judged by.
pub(crate) struct Serving {
    pub(crate) settings: Settings,
    pub(crate) decider: Arc<dyn Decider>,
    /// How many there have been.
    pub(crate) generation: u64,
}

/// Keeps it up to date.
pub(crate) struct Reloader {
    source: Arc<dyn Source>,
    current: RwLock<Arc<Serving>>,
    watch: Mutex<Watch>,
}

struct Watch {
    paths: Vec<PathBuf>,
    stamp: u128,
    /// What was seen the last time, where it is not what is in use.
    pending: Option<u128>,
    /// Why the newest is not in use.
    failure: Option<String>,
}

/// What came of looking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    Same,
    Done { generation: u64 },
    Refused(String),
}

impl Reloader {
    pub(crate) fn new(source: Arc<dyn Source>) -> Result<Self, LoadError> {
        let loaded = source.load()?;
        let watch = Watch { stamp: stamp(&loaded.watched), paths: loaded.watched, pending: None, failure: None };
        let serving = Serving { settings: loaded.settings, decider: loaded.decider, generation: 1 };
        Ok(Self { source, current: RwLock::new(Arc::new(serving)), watch: Mutex::new(watch) })
    }

    pub(crate) fn current(&self) -> Arc<Serving> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the newest is not in use; `None` where it is.
    pub(crate) fn failure(&self) -> Option<String> {
        self.watch().failure.clone()
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether something has changed, and loads it. A change is taken when it is seen for the second time: files that are being
    /// written are empty or end early, and may still say something.
    pub(crate) fn check(&self) -> Reload {
        let paths = self.watch().paths.clone();
        let seen = stamp(&paths);
        {
            let mut watch = self.watch();
            let is_news = seen != watch.stamp;
            let is_settled = watch.pending.replace(seen) == Some(seen);
            if !is_news || !is_settled {
                return Reload::Same;
            }
        }
        let loaded = catch_unwind(AssertUnwindSafe(|| self.source.load())).unwrap_or_else(|_| {
            Err(LoadError { reason: "loading it ended in a panic".to_owned(), watched: paths.clone() })
        });
        if stamp(&paths) != seen {
            return Reload::Same;
        }
        let (watched, result) = match loaded {
            Ok(Loaded { settings, decider, watched }) => (watched, Ok((settings, decider))),
            Err(LoadError { reason, watched }) => (watched, Err(reason)),
        };
        let stamp = if watched == paths { seen } else { stamp(&watched) };
        let mut watch = self.watch();
        watch.stamp = stamp;
        watch.paths = watched;
        match result {
            Ok((settings, decider)) => {
                watch.failure = None;
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                let generation = current.generation.saturating_add(1);
                *current = Arc::new(Serving { settings, decider, generation });
                Reload::Done { generation }
            }
            Err(reason) => {
                watch.failure = Some(reason.clone());
                Reload::Refused(reason)
            }
        }
    }
}

/// Folders in folders that are looked into.
const DEPTH: usize = 32;

/// What files hold and which there are, as one number.
fn stamp(paths: &[PathBuf]) -> u128 {
    let mut files = Vec::new();
    for path in paths {
        walk(path, DEPTH, &mut files);
    }
    let mut hash = SipHasher13::new();
    let mut add = |bytes: &[u8]| {
        // Lengths keep the end of one text apart from the start of the next.
        hash.write_usize(bytes.len());
        hash.write(bytes);
    };
    // What has expired depends on the day.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    add(&now.as_secs().div_euclid(86_400).to_le_bytes());
    for file in files {
        add(file.as_os_str().as_encoded_bytes());
        match std::fs::read(&file) {
            Ok(bytes) => add(&bytes),
            Err(error) => add(error.kind().to_string().as_bytes()),
        }
    }
    hash.finish128().as_u128()
}

/// As policies are found: hidden names are left out, so that the `..data` of a volume is read only through the links to it.
fn walk(path: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(path).ok().filter(|_| depth > 0);
    let Some(entries) = entries else {
        files.push(path.to_owned());
        return;
    };
    let mut below: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    below.sort();
    for path in below {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_hidden || path.is_symlink() && path.is_dir() {
            continue;
        }
        walk(&path, depth.saturating_sub(1), files);
    }
}
