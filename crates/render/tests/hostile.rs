//! Kustomizations that mean harm: each takes in several others, which do the same. What a build costs is counted in steps,
//! which depend on nothing but the files.

#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use portcullis_core::{FileError, FileId, Files};
use portcullis_render::{Builds, Library, Refusal};

struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| FileError::Missing(PathBuf::from(path)))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(PathBuf::from(directory)))
    }
}

impl Memory {
    fn library(&self) -> Library {
        let mut ids = 0;
        let mut file_id = |_: &str| {
            ids += 1;
            FileId(ids)
        };
        Library::gather(self.0.keys().cloned(), self, &mut file_id)
    }

    /// Levels of three directories, each of which takes in all three of the next level so many times.
    fn fan(levels: usize, times: usize, head: &str, leaf: &str) -> Self {
        let mut files = BTreeMap::new();
        for level in 0..levels {
            for index in 0..3 {
                let next = |index: usize| format!("  - ../l{:02}-{index}\n", level + 1);
                let bases: String = (0..3).map(next).collect();
                let bases = if level + 1 == levels { leaf.to_owned() } else { bases.repeat(times) };
                let text = format!("{}\nresources:\n{bases}", head.replace('~', &index.to_string()));
                files.insert(format!("l{level:02}-{index}/kustomization.yaml"), text);
            }
        }
        files.insert("web.yaml".to_owned(), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n".to_owned());
        Self(files)
    }

    fn chain(levels: usize, list: &str) -> Self {
        let one = |level: usize| {
            let text = format!("{list}: [../l{}]\n", level + 1);
            (format!("l{level}/kustomization.yaml"), text)
        };
        let mut files: BTreeMap<String, String> = (0..levels).map(one).collect();
        files.insert(format!("l{levels}/kustomization.yaml"), "namePrefix: a-\n".to_owned());
        Self(files)
    }
}

/// The outcome and the steps of the builds of these directories, each kustomization once.
fn build(files: &Memory, directories: &[&str]) -> (Vec<Result<usize, Refusal>>, usize) {
    let library = files.library();
    let builds = Builds::new(&library);
    let mut steps = BTreeMap::new();
    let outcome = directories.iter().map(|directory| {
        let build = builds.build(directory).map_err(|fault| fault.refusal)?;
        steps.extend(build.kustomizations);
        Ok(build.count)
    });
    let outcomes = outcome.collect();
    (outcomes, steps.values().sum())
}

#[test]
fn a_base_is_built_once_for_all_that_take_it_in() {
    let roots = ["l00-0", "l00-1", "l00-2"];
    let (outcomes, steps) = build(&Memory::fan(21, 2, "", ""), &roots);
    assert_eq!(outcomes, [Ok(0), Ok(0), Ok(0)]);
    // 63 kustomizations, each of which puts the sets of six others together.
    assert!(steps < 63 * 6 * 63, "{steps}");
    let (again, more) = build(&Memory::fan(42, 2, "", ""), &roots);
    assert_eq!(again, outcomes);
    assert!(more < steps * 5, "{more}");
}

#[test]
fn objects_that_multiply_are_too_many() {
    let files = Memory::fan(21, 1, "namePrefix: p~-", "  - ../web.yaml\n");
    let (outcomes, _) = build(&files, &["l00-0", "l14-0", "l17-0"]);
    assert_eq!(outcomes, [Err(Refusal::Ours), Ok(729), Ok(27)]);
    // What was built before makes no difference.
    let (outcomes, _) = build(&files, &["l17-0", "l14-0", "l00-0"]);
    assert_eq!(outcomes, [Ok(27), Ok(729), Err(Refusal::Ours)]);
}

#[test]
fn depth_counts_the_same_whoever_was_here_first() {
    for list in ["resources", "components"] {
        let mut files = Memory::chain(80, list);
        files.0.insert("half/kustomization.yaml".to_owned(), format!("{list}: [../l40]\n"));
        let (outcomes, _) = build(&files, &["half", "l0", "l17", "l16"]);
        let (reversed, _) = build(&files, &["l16", "l17", "l0", "half"]);
        assert_eq!(outcomes, [Ok(0), Err(Refusal::Ours), Ok(0), Err(Refusal::Ours)], "{list}");
        let kinds: BTreeSet<bool> = outcomes.iter().rev().zip(&reversed).map(|(a, b)| a == b).collect();
        assert_eq!(kinds, BTreeSet::from([true]), "{list}");
    }
}

#[test]
fn rings_end() {
    let ring = |list: &str| {
        let one = |from: usize, to: usize| (format!("r{from}/kustomization.yaml"), format!("{list}: [../r{to}]\n"));
        Memory([one(0, 1), one(1, 2), one(2, 0)].into())
    };
    for list in ["resources", "bases", "components"] {
        let (outcomes, _) = build(&ring(list), &["r0", "r1"]);
        assert_eq!(outcomes, [Err(Refusal::Kustomize), Err(Refusal::Kustomize)], "{list}");
    }
}
