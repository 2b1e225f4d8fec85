//! Packages with their advisories, as they lie in the file.
//!
//! A bucket is a checksum and packages; a package is its ecosystem, its name and its advisories. Buckets are small, so
//! that a lookup reads and checks a few hundred bytes. Ranges come first in an advisory: where a version is in none of
//! them, the rest is stepped over.

use std::hash::Hasher;

use crc32fast::hash as crc32;
use siphasher::sip::SipHasher13;

use super::bytes::{Reader, Writer};
use super::texts::Place;
use crate::record::{Event, Kind};
use crate::severity::Score;
use crate::{Fault, Level, Rating, Scheme, evaluate};

/// How many packages share a bucket, on average and at most.
const BUCKET: usize = 4;

/// What a database says about a package in one advisory.
#[derive(Clone, Debug)]
pub(crate) struct Advisory<'d> {
    /// Its own id.
    pub(crate) id: &'d str,
    /// What it says of the package.
    pub(crate) kind: Kind,
    ranges: Reader<'d>,
    versions: Reader<'d>,
    rest: Reader<'d>,
    marks: u8,
}

/// The part of an advisory that only matters where it holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details<'d> {
    /// Every id of the defect, the canonical one first.
    pub(crate) ids: Vec<&'d str>,
    /// The highest rating of the defect.
    pub(crate) rating: Rating,
    /// How likely it is to be exploited within 30 days, by EPSS.
    pub(crate) epss: Option<f32>,
    /// Whether it is known to be exploited.
    pub(crate) exploited: bool,
    /// Where its text is.
    pub(crate) text: Option<Place>,
}

const HAS_EPSS: u8 = 0x10;
const EXPLOITED: u8 = 0x20;
const HAS_TEXT: u8 = 0x40;
const KIND: u8 = 0x0f;

/// The advisories about a package.
pub(super) fn find<'d>(
    directory: &'d [u8],
    packages: &'d [u8],
    ecosystem: &str,
    name: &str,
) -> Result<Vec<Advisory<'d>>, Fault> {
    let buckets = bucket_count(directory)?;
    let Some(mut reader) = bucket(directory, packages, bucket_of(ecosystem, name, buckets))? else {
        return Ok(Vec::new());
    };
    while !reader.is_empty() {
        let package = package(&mut reader).ok_or(MALFORMED)?;
        if package.ecosystem == ecosystem && package.name == name {
            return advisories(package.advisories).ok_or(MALFORMED);
        }
    }
    Ok(Vec::new())
}

/// The ecosystems and names of all packages, in the order of the file.
pub(super) fn all<'d>(directory: &'d [u8], packages: &'d [u8]) -> Result<Vec<(&'d str, &'d str)>, Fault> {
    let mut all = Vec::new();
    for number in 0..bucket_count(directory)? {
        let Some(mut reader) = bucket(directory, packages, number)? else { continue };
        while !reader.is_empty() {
            let package = package(&mut reader).ok_or(MALFORMED)?;
            all.push((package.ecosystem, package.name));
        }
    }
    Ok(all)
}

/// An advisory with the ecosystem and the name of the package that it is about.
pub(crate) type Named<'d> = (&'d str, &'d str, Advisory<'d>);

/// The advisories of an id, or with it among their ids, whatever its case, in the order of the file. Looks at all of it.
pub(super) fn named<'d>(directory: &'d [u8], packages: &'d [u8], id: &str) -> Result<Vec<Named<'d>>, Fault> {
    let mut found = Vec::new();
    for number in 0..bucket_count(directory)? {
        let Some(mut reader) = bucket(directory, packages, number)? else { continue };
        while !reader.is_empty() {
            let package = package(&mut reader).ok_or(MALFORMED)?;
            for advisory in advisories(package.advisories).ok_or(MALFORMED)? {
                let mut ids = std::iter::once(advisory.id).chain(advisory.details()?.ids);
                if ids.any(|own| own.eq_ignore_ascii_case(id)) {
                    found.push((package.ecosystem, package.name, advisory));
                }
            }
        }
    }
    Ok(found)
}

const MALFORMED: Fault = Fault::Malformed("packages");

struct Package<'d> {
    ecosystem: &'d str,
    name: &'d str,
    advisories: &'d [u8],
}

fn package<'d>(reader: &mut Reader<'d>) -> Option<Package<'d>> {
    Some(Package { ecosystem: reader.text()?, name: reader.text()?, advisories: reader.block()? })
}

fn advisories(bytes: &[u8]) -> Option<Vec<Advisory<'_>>> {
    Reader::new(bytes).list(|reader| {
        let marks = reader.u8()?;
        Some(Advisory {
            kind: *Kind::ALL.get(usize::from(marks & KIND))?,
            id: reader.text()?,
            ranges: Reader::new(reader.block()?),
            versions: Reader::new(reader.block()?),
            rest: Reader::new(reader.block()?),
            marks,
        })
    })
}

/// The directory has one entry more than there are buckets, which are a power of two.
fn bucket_count(directory: &[u8]) -> Result<usize, Fault> {
    match (directory.len() / 4).checked_sub(1) {
        Some(count) if count.is_power_of_two() && directory.len().is_multiple_of(4) => Ok(count),
        _ => Err(Fault::Malformed("directory")),
    }
}

/// The contents of a bucket; `None` where it is empty.
fn bucket<'d>(directory: &[u8], packages: &'d [u8], number: usize) -> Result<Option<Reader<'d>>, Fault> {
    let place = || {
        let mut entries = Reader::new(directory.get(number.checked_mul(4)?..)?);
        let (start, end) = (entries.u32()?, entries.u32()?);
        packages.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    };
    let bytes = place().ok_or(Fault::Malformed("directory"))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader::new(bytes);
    let checksum = reader.u32();
    match bytes.get(4..) {
        Some(contents) if checksum == Some(crc32(contents)) => Ok(Some(Reader::new(contents))),
        _ => Err(Fault::Checksum("packages")),
    }
}

fn bucket_of(ecosystem: &str, name: &str, buckets: usize) -> usize {
    let mut hasher = SipHasher13::new();
    hasher.write(ecosystem.as_bytes());
    hasher.write_u8(0xff);
    hasher.write(name.as_bytes());
    let mask = (buckets as u64).wrapping_sub(1);
    usize::try_from(hasher.finish() & mask).expect("a bucket's number is less than their count")
}

impl<'d> Advisory<'d> {
    /// Whether it holds for a version, by [`evaluate`].
    pub(crate) fn affects(&self, scheme: Option<Scheme>, version: &str) -> Result<bool, Fault> {
        let judge = || {
            let mut versions = self.versions;
            let listed = versions.list(Reader::text)?;
            if evaluate::is_listed(scheme, version, listed.into_iter()) {
                return Some(true);
            }
            let Some(scheme) = scheme else { return Some(false) };
            let mut ranges = self.ranges;
            for _ in 0..ranges.count()? {
                let events = ranges.list(event)?;
                if evaluate::in_range(scheme, version, events.into_iter()) {
                    return Some(true);
                }
            }
            Some(false)
        };
        judge().ok_or(MALFORMED)
    }

    /// The versions in which it is fixed, in any of the ranges, in the order of the file.
    pub(crate) fn fixed(&self) -> Result<Vec<&'d str>, Fault> {
        let fixed = self.ranges()?.into_iter().flatten().filter_map(|event| match event {
            Event::Fixed(version) => Some(version),
            Event::Introduced(_) | Event::LastAffected(_) | Event::Limit(_) => None,
        });
        Ok(fixed.collect())
    }

    /// The events of each of its ranges, in the order of their versions.
    pub(crate) fn ranges(&self) -> Result<Vec<Vec<Event<&'d str>>>, Fault> {
        let mut ranges = self.ranges;
        ranges.list(|ranges| ranges.list(event)).ok_or(MALFORMED)
    }

    /// The versions that it names one by one.
    pub(crate) fn versions(&self) -> Result<Vec<&'d str>, Fault> {
        let mut versions = self.versions;
        versions.list(Reader::text).ok_or(MALFORMED)
    }

    /// What matters where it holds.
    pub(crate) fn details(&self) -> Result<Details<'d>, Fault> {
        let mut rest = self.rest;
        let read = |rest: &mut Reader<'d>| {
            Some(Details {
                rating: rating(rest.u8()?)?,
                epss: if self.marks & HAS_EPSS == 0 { None } else { Some(rest.f32()?) },
                exploited: self.marks & EXPLOITED != 0,
                ids: rest.list(Reader::text)?,
                text: if self.marks & HAS_TEXT == 0 {
                    None
                } else {
                    Some(Place { block: rest.varint()?, index: rest.varint()? })
                },
            })
        };
        read(&mut rest).ok_or(MALFORMED)
    }
}

fn event<'d>(reader: &mut Reader<'d>) -> Option<Event<&'d str>> {
    let kind = reader.u8()?;
    let version = reader.text()?;
    Some(match kind {
        0 => Event::Introduced(version),
        1 => Event::Fixed(version),
        2 => Event::LastAffected(version),
        3 => Event::Limit(version),
        _ => return None,
    })
}

/// Tenths of a score, or a level's word above them.
const WORDS: [(u8, Rating); 6] = [
    (250, Rating::Unknown),
    (251, Rating::Word(Level::None)),
    (252, Rating::Word(Level::Low)),
    (253, Rating::Word(Level::Medium)),
    (254, Rating::Word(Level::High)),
    (255, Rating::Word(Level::Critical)),
];

fn rating(code: u8) -> Option<Rating> {
    let word = WORDS.iter().find(|(known, _)| *known == code).map(|&(_, rating)| rating);
    word.or_else(|| Score::of_tenths(code).map(Rating::Score))
}

fn code(rating: Rating) -> u8 {
    let word = WORDS.iter().find(|(_, known)| *known == rating).map(|&(code, _)| code);
    word.unwrap_or_else(|| rating.score().map_or(250, Score::tenths))
}

/// What a builder knows about a package.
#[derive(Debug)]
pub(crate) struct Entry<'r> {
    pub(crate) ecosystem: &'static str,
    pub(crate) name: Box<str>,
    pub(crate) advisories: Vec<NewAdvisory<'r>>,
}

/// An advisory to write.
#[derive(Debug, Default)]
pub(crate) struct NewAdvisory<'r> {
    pub(crate) id: &'r str,
    pub(crate) kind: Kind,
    /// The events of each range in the order of their versions.
    pub(crate) ranges: Vec<Vec<Event<&'r str>>>,
    pub(crate) versions: Vec<&'r str>,
    pub(crate) details: Details<'r>,
}

/// The directory and the buckets of packages, whose order does not matter; `None` where they are too many.
pub(crate) fn write(packages: &[Entry<'_>]) -> Option<(Vec<u8>, Vec<u8>)> {
    let buckets = (packages.len() / BUCKET).max(1).next_power_of_two();
    let mut sorted: Vec<(usize, &Entry<'_>)> =
        packages.iter().map(|package| (bucket_of(package.ecosystem, &package.name, buckets), package)).collect();
    sorted.sort_by(|(a_bucket, a), (b_bucket, b)| {
        (a_bucket, a.ecosystem, &a.name).cmp(&(b_bucket, b.ecosystem, &b.name))
    });
    let contents = sorted.chunk_by(|(a, _), (b, _)| a == b).map(|bucket| {
        let mut writer = Writer::default();
        for (_, package) in bucket {
            write_package(&mut writer, package);
        }
        (bucket.first().map_or(0, |&(number, _)| number), writer.bytes)
    });
    write_buckets(buckets, contents)
}

/// A directory of buckets, a power of two of them, and the buckets; those that are not given are empty.
pub(super) fn write_buckets(
    buckets: usize,
    contents: impl IntoIterator<Item = (usize, Vec<u8>)>,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut directory, mut packages) = (Writer::default(), Writer::default());
    let mut next = 0;
    for (number, contents) in contents {
        let start = u32::try_from(packages.bytes.len()).ok()?;
        (next..=number).for_each(|_| directory.u32(start));
        next = number + 1;
        packages.u32(crc32(&contents));
        packages.bytes.extend(contents);
    }
    let end = u32::try_from(packages.bytes.len()).ok()?;
    (next..=buckets).for_each(|_| directory.u32(end));
    Some((directory.bytes, packages.bytes))
}

fn write_package(writer: &mut Writer, package: &Entry<'_>) {
    let mut advisories = Writer::default();
    advisories.count(package.advisories.len());
    for advisory in &package.advisories {
        write_advisory(&mut advisories, advisory);
    }
    writer.text(package.ecosystem);
    writer.text(&package.name);
    writer.block(&advisories.bytes);
}

fn write_advisory(writer: &mut Writer, advisory: &NewAdvisory<'_>) {
    let details = &advisory.details;
    let kind = Kind::ALL.iter().position(|&kind| kind == advisory.kind).expect("every kind is listed");
    let mut marks = u8::try_from(kind).expect("there are few kinds");
    marks |= if details.epss.is_some() { HAS_EPSS } else { 0 };
    marks |= if details.exploited { EXPLOITED } else { 0 };
    marks |= if details.text.is_some() { HAS_TEXT } else { 0 };
    writer.u8(marks);
    writer.text(advisory.id);

    let mut part = Writer::default();
    part.count(advisory.ranges.len());
    for events in &advisory.ranges {
        part.count(events.len());
        for event in events {
            write_event(&mut part, event);
        }
    }
    writer.block(&part.bytes);

    let mut part = Writer::default();
    part.texts(advisory.versions.iter().copied());
    writer.block(&part.bytes);

    let mut part = Writer::default();
    part.u8(code(details.rating));
    if let Some(epss) = details.epss {
        part.f32(epss);
    }
    part.texts(details.ids.iter().copied());
    if let Some(place) = details.text {
        part.varint(place.block);
        part.varint(place.index);
    }
    writer.block(&part.bytes);
}

fn write_event(writer: &mut Writer, event: &Event<&str>) {
    let code = match event {
        Event::Introduced(_) => 0,
        Event::Fixed(_) => 1,
        Event::LastAffected(_) => 2,
        Event::Limit(_) => 3,
    };
    writer.u8(code);
    writer.text(event.version());
}
