//! Makes a database file of what advisory databases publish.
//!
//! The same inputs give the same bytes, whatever the number of threads. A record that cannot be read is named in the report
//! and the rest goes on; so does what no lockfile can name (distributions, ecosystems that are not known here).

mod archives;
mod compact;
mod exploits;
mod inputs;
mod yanked;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use portcullis_core::YANKED;
use portcullis_model::packages::Ecosystem;
use rayon::prelude::*;

pub use crate::database::file::Stamp;
use crate::database::file::{Sections, assemble};
use crate::database::package::{Details, Entry, NewAdvisory};
use crate::database::{Coverage, Meta, SourceInfo, package, texts};
use crate::group::Groups;
use crate::record::{Affected, Kind, Record};
use crate::{Error, Rating, Scheme};
use exploits::Exploits;
use inputs::{Batch, Loaded};
use yanked::Yanked;

/// What a database is made of.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// OSV records: zip files, JSON files, or folders of both.
    pub osv: Vec<PathBuf>,
    /// Checkouts of the RustSec database: folders, or tar files, packed by gzip or not.
    pub rustsec: Vec<PathBuf>,
    /// The index of crates.io: checkouts, or the folders that Cargo keeps.
    pub crates_index: Vec<PathBuf>,
    /// EPSS's scores: the CSV file of a day, packed by gzip or not.
    pub epss: Option<PathBuf>,
    /// The catalogue of known exploited vulnerabilities, as JSON.
    pub exploited: Option<PathBuf>,
}

/// Whether a database has what people read about an advisory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Summaries, details and references.
    Keep,
    /// Only what matching needs.
    Leave,
}

/// A database that was built.
#[derive(Debug)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it was made of, and what it knows.
    pub meta: Meta,
    /// Records that could not be read, each with its file and the reason.
    pub faults: Vec<Error>,
    /// How many records were withdrawn and left out.
    pub withdrawn: usize,
    /// How many entries for packages name an ecosystem that is not known here.
    pub foreign: usize,
}

/// Builds a database.
pub fn build(inputs: &Inputs, texts: Texts, stamp: &Stamp) -> Result<Built, Error> {
    let loaded = inputs::load(inputs)?;
    let exploits = Exploits::load(inputs.epss.as_deref(), inputs.exploited.as_deref())?;
    let yanked = Yanked::load(&inputs.crates_index)?;
    of_records(loaded, yanked, &exploits, texts, stamp)
}

/// The records of all inputs in their order, and what could not be read.
pub fn records(inputs: &Inputs) -> Result<(Vec<Record>, Vec<Error>), Error> {
    let Loaded { batches, faults } = inputs::load(inputs)?;
    Ok((batches.into_iter().flat_map(|batch| batch.records).collect(), faults))
}

/// Builds a database of records that are at hand, as of one source of this name.
pub fn build_of(name: &str, records: Vec<Record>, texts: Texts, stamp: &Stamp) -> Result<Built, Error> {
    let batch = Batch { info: SourceInfo { name: name.to_owned(), ..SourceInfo::default() }, records };
    let loaded = Loaded { batches: vec![batch], faults: Vec::new() };
    of_records(loaded, Yanked::default(), &Exploits::default(), texts, stamp)
}

fn of_records(
    loaded: Loaded,
    yanked: Yanked,
    exploits: &Exploits,
    texts: Texts,
    stamp: &Stamp,
) -> Result<Built, Error> {
    let Loaded { mut batches, mut faults } = loaded;
    faults.extend(yanked.faults);
    let complete = complete(&batches);
    let mut withdrawn = 0;
    let mut sources = Vec::new();
    for batch in &mut batches {
        batch.info.date = batch.records.iter().filter_map(|record| record.modified).max();
        let all = batch.records.len();
        batch.records.retain(|record| record.withdrawn.is_none());
        withdrawn += all - batch.records.len();
        batch.info.records = batch.records.len() as u64;
        sources.push(std::mem::take(&mut batch.info));
    }
    sources.extend(yanked.sources);
    let records = youngest(batches);
    let groups = Groups::of(&records);
    let texts = match texts {
        Texts::Keep => pack(&records)?,
        Texts::Leave => Packed::default(),
    };
    let mut foreign = 0;
    let mut packages: BTreeMap<(Ecosystem, Box<str>), Vec<NewAdvisory<'_>>> = BTreeMap::new();
    for (number, record) in records.iter().enumerate() {
        let group = groups.get(&record.id).expect("every record is in a group");
        let (epss, exploited) = exploits.of(&group.ids);
        for (ecosystem, name, affected) in by_package(record, &mut foreign) {
            let Some(facts) = compact::compact(ecosystem, &affected) else { continue };
            let own = affected.iter().fold(Rating::Unknown, |rating, it| rating.max(it.rating()));
            packages.entry((ecosystem, name)).or_default().push(NewAdvisory {
                id: &record.id,
                kind: affected.iter().map(|it| it.kind).max().unwrap_or_default(),
                ranges: facts.ranges,
                versions: facts.versions,
                details: Details {
                    ids: group.ids.clone(),
                    rating: if record.is_malicious() { record.rating() } else { group.rating.max(own) },
                    epss,
                    exploited,
                    text: texts.places.get(number).copied(),
                },
            });
        }
    }
    let meta = Meta { sources, ecosystems: coverage(&packages, &complete) };
    for (name, versions) in &yanked.crates {
        packages.entry((Ecosystem::CratesIo, name.clone())).or_default().push(NewAdvisory {
            id: YANKED,
            kind: Kind::Yanked,
            versions: versions.iter().map(String::as_str).collect(),
            details: Details { ids: vec![YANKED], ..Details::default() },
            ..NewAdvisory::default()
        });
    }
    let entries: Vec<Entry<'_>> = packages
        .into_iter()
        .map(|((ecosystem, name), advisories)| Entry { ecosystem: ecosystem.osv(), name, advisories })
        .collect();
    let (directory, packages) = package::write(&entries).ok_or(Error::TooLarge)?;
    let sections = Sections { meta, directory, packages, blocks: texts.directory, texts: texts.blocks };
    Ok(Built { bytes: assemble(stamp, &sections), meta: sections.meta, faults, withdrawn, foreign })
}

/// The ecosystems that a source is about. An export of one ecosystem also has records that name packages of others, but
/// each of them names one of its own as well; so a source is about an ecosystem where a record names no other.
fn complete(batches: &[Batch]) -> BTreeSet<Ecosystem> {
    let records = batches.iter().flat_map(|batch| &batch.records);
    let single = records.filter_map(|record| {
        let mut names = record.affected.iter().map(|affected| affected.ecosystem.as_str());
        let first = names.next()?;
        names.all(|name| name == first).then(|| Ecosystem::of_osv(first)).flatten()
    });
    single.collect()
}

/// All records by their ids, each once: the one that was changed last, and of equals the one that was given first.
fn youngest(batches: Vec<Batch>) -> Vec<Record> {
    let mut chosen: HashMap<String, Record> = HashMap::new();
    for record in batches.into_iter().flat_map(|batch| batch.records) {
        match chosen.get_mut(&record.id) {
            Some(known) if known.modified >= record.modified => {}
            Some(known) => *known = record,
            None => {
                chosen.insert(record.id.clone(), record);
            }
        }
    }
    let mut records: Vec<Record> = chosen.into_values().collect();
    records.par_sort_unstable_by(|a, b| a.id.cmp(&b.id));
    records
}

/// The entries of a record, those of one package together.
fn by_package<'r>(record: &'r Record, foreign: &mut usize) -> Vec<(Ecosystem, Box<str>, Vec<&'r Affected>)> {
    let mut packages: BTreeMap<(Ecosystem, Box<str>), Vec<&'r Affected>> = BTreeMap::new();
    for affected in &record.affected {
        let Some(ecosystem) = Ecosystem::of_osv(&affected.ecosystem) else {
            *foreign += 1;
            continue;
        };
        let scheme = Scheme::of_ecosystem(ecosystem.osv());
        let name = scheme.map_or_else(|| affected.name.as_str().into(), |scheme| scheme.normalise_name(&affected.name));
        packages.entry((ecosystem, name.into())).or_default().push(affected);
    }
    packages.into_iter().map(|((ecosystem, name), affected)| (ecosystem, name, affected)).collect()
}

fn coverage(
    packages: &BTreeMap<(Ecosystem, Box<str>), Vec<NewAdvisory<'_>>>,
    complete: &BTreeSet<Ecosystem>,
) -> Vec<Coverage> {
    let mut counts: BTreeMap<&str, (bool, u64, BTreeSet<&str>)> = BTreeMap::new();
    for ecosystem in complete {
        counts.entry(ecosystem.osv()).or_default().0 = true;
    }
    for ((ecosystem, _), advisories) in packages {
        let (_, packages, ids) = counts.entry(ecosystem.osv()).or_default();
        *packages += 1;
        ids.extend(advisories.iter().map(|advisory| advisory.id));
    }
    counts
        .into_iter()
        .map(|(ecosystem, (complete, packages, ids))| Coverage {
            ecosystem: ecosystem.to_owned(),
            complete,
            packages,
            advisories: ids.len() as u64,
        })
        .collect()
}

/// Texts in blocks.
#[derive(Default)]
struct Packed {
    /// Where the text of each record is.
    places: Vec<texts::Place>,
    directory: Vec<u8>,
    blocks: Vec<u8>,
}

fn pack(records: &[Record]) -> Result<Packed, Error> {
    let written: Vec<Vec<u8>> = records.par_iter().map(texts::write).collect();
    let (places, counts) = texts::blocks(written.iter().map(Vec::len));
    let mut rest = written.as_slice();
    let mut chunks = Vec::with_capacity(counts.len());
    for count in counts {
        let (chunk, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        chunks.push(chunk);
        rest = after;
    }
    let packed: Vec<texts::Packed> =
        chunks.into_par_iter().map(texts::pack).collect::<Option<_>>().ok_or(Error::TooLarge)?;
    let (directory, blocks) = texts::join(&packed);
    Ok(Packed { places, directory, blocks })
}
