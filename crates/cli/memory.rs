//! How the memory of a process that serves for long goes back to the system.
//!
//! Allocators keep what is freed for whoever comes next. glibc maps large blocks by themselves until one of them is freed, and takes those
//! of that size from heaps from then on, of which every thread has its own; mimalloc keeps freed blocks for a second, and may fill
//! huge pages where a few kilobytes are used. A stream of large reviews then holds several times what one of them needs. Both
//! are told otherwise by the environment alone, before they start. What becomes of the settings cannot be seen from here.

use std::env;

/// Starts the program once more with settings that give large blocks back as soon as they are freed. It stays the same process, with its
/// number, its arguments and its files; where it cannot, it goes on, and takes more memory. Settings that are there
/// already stay.
pub(crate) fn give_back() {
    let missing = || SETTINGS.iter().filter(|(name, _)| env::var_os(name).is_none());
    // The mark tells, not the settings: these may be taken away from a program with privileges, over and over.
    if missing().next().is_none() || env::var_os(MARK).is_some() {
        return;
    }
    #[cfg(unix)]
    if let Ok(own) = env::current_exe() {
        use std::os::unix::process::CommandExt as _;
        let mut again = std::process::Command::new(own);
        let mut args = env::args_os();
        if let Some(name) = args.next() {
            again.arg0(name);
        }
        // It only returns with an error, which is no reason not to serve.
        let _ = again.args(args).env(MARK, "1").envs(missing().copied()).exec();
    }
}

/// Says that the program has been started with the settings.
const MARK: &str = "PORTCULLIS_MEMORY";

/// Blocks of 1 MiB (in KiB) and more are the system's own, what is freed stays for a tenth of a second, and no huge pages.
#[cfg(all(target_os = "linux", target_env = "musl"))]
const SETTINGS: &[(&str, &str)] =
    &[("MIMALLOC_ARENA_MAX_OBJECT_SIZE", "1024"), ("MIMALLOC_PURGE_DELAY", "100"), ("MIMALLOC_ALLOW_THP", "0")];

/// Blocks of 256 KiB and more are the system's own, whatever was freed before.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const SETTINGS: &[(&str, &str)] = &[("MALLOC_MMAP_THRESHOLD_", "262144")];

#[cfg(not(all(target_os = "linux", any(target_env = "musl", target_env = "gnu"))))]
const SETTINGS: &[(&str, &str)] = &[];
