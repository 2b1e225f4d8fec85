//! The file that keeps advisories: made once, mapped, and read in place.
//!
//! Opening it checks the header, the length, and the checksums of the sections that every lookup needs; a lookup checks
//! the bucket that it reads, and a text the block that it is in. So a damaged file is an error and never an answer, at a
//! cost that does not grow with the file. [`Database::verify`] checks every byte.
//!
//! ```text
//! header     magic, schema, build, times, and for each section its place, length and SHA-256
//! meta       sources, ecosystems
//! directory  where each bucket starts; a package's bucket is given by the hash of its ecosystem and name
//! packages   buckets: checksum, then packages with everything that matching needs
//! blocks     where each block of texts starts
//! texts      blocks, deflated: summaries, details, references; read only for what is reported
//! ```

mod bytes;
pub mod file;
mod header;
mod mapped;
mod meta;
pub(crate) mod package;
pub(crate) mod texts;

use std::path::Path;

use portcullis_model::packages::Ecosystem;

pub use header::Header;
pub use meta::{Coverage, Meta, SourceInfo};
pub use texts::Text;

use crate::{Error, Fault, Timestamp};
use header::Section;
use mapped::Contents;
use package::Advisory;

/// A database that is open.
#[derive(Debug)]
pub struct Database {
    name: Box<str>,
    contents: Contents,
    header: Header,
    meta: Meta,
}

impl Database {
    /// Opens a file, which may be used until it expires.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, Error> {
        let contents = Contents::of_file(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let name: Box<str> = path.display().to_string().into();
        let database = Self::of_contents(name.clone(), contents)?;
        match database.header.expires_at {
            Some(at) if at <= now => Err(Error::Database { name, fault: Fault::Expired { at } }),
            _ => Ok(database),
        }
    }

    /// A database that was built or received in memory; its expiry is not looked at.
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        Self::of_contents(name.into(), Contents::Owned(bytes))
    }

    /// A database that is part of the program; its expiry is not looked at.
    pub fn of_static(name: &str, bytes: &'static [u8]) -> Result<Self, Error> {
        Self::of_contents(name.into(), Contents::Static(bytes))
    }

    fn of_contents(name: Box<str>, contents: Contents) -> Result<Self, Error> {
        let checked = || {
            let header = Header::parse(contents.bytes())?;
            for section in Section::NEEDED {
                header.verify(contents.bytes(), section)?;
            }
            let meta = Meta::parse(header.section(contents.bytes(), Section::Meta))?;
            Ok((header, meta))
        };
        match checked() {
            Ok((header, meta)) => Ok(Self { name, contents, header, meta }),
            Err(fault) => Err(Error::Database { name, fault }),
        }
    }

    /// The path of the file, or what stands for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What it was made of, and what it knows.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        self.contents.bytes().len()
    }

    /// Whether it was made of all that is known of an ecosystem, so that silence means that nothing is known.
    pub fn covers(&self, ecosystem: Ecosystem) -> bool {
        self.meta.coverage(ecosystem).is_some_and(|coverage| coverage.complete)
    }

    /// Reads the whole file and checks every section.
    pub fn verify(&self) -> Result<(), Error> {
        Section::ALL.into_iter().try_for_each(|section| {
            self.header.verify(self.contents.bytes(), section).map_err(|fault| self.fault(fault))
        })
    }

    /// The advisories about a package, given its name as [`Scheme::normalise_name`](crate::Scheme::normalise_name) has it.
    pub(crate) fn advisories(&self, ecosystem: Ecosystem, name: &str) -> Result<Vec<Advisory<'_>>, Error> {
        let found = package::find(
            self.header.section(self.contents.bytes(), Section::Directory),
            self.header.section(self.contents.bytes(), Section::Packages),
            ecosystem.osv(),
            name,
        );
        found.map_err(|fault| self.fault(fault))
    }

    /// The names of all packages, with their ecosystems, in the order of the file.
    pub fn packages(&self) -> Result<Vec<(&str, &str)>, Error> {
        let all = package::all(
            self.header.section(self.contents.bytes(), Section::Directory),
            self.header.section(self.contents.bytes(), Section::Packages),
        );
        all.map_err(|fault| self.fault(fault))
    }

    /// The advisories with an id among theirs, and the ecosystems and names of their packages.
    pub(crate) fn named(&self, id: &str) -> Result<Vec<package::Named<'_>>, Error> {
        let found = package::named(
            self.header.section(self.contents.bytes(), Section::Directory),
            self.header.section(self.contents.bytes(), Section::Packages),
            id,
        );
        found.map_err(|fault| self.fault(fault))
    }

    /// The text at a place that one of the advisories names.
    pub(crate) fn text(&self, place: texts::Place) -> Result<Text, Error> {
        let text = texts::read(
            self.header.section(self.contents.bytes(), Section::Blocks),
            self.header.section(self.contents.bytes(), Section::Texts),
            place,
        );
        text.map_err(|fault| self.fault(fault))
    }

    fn fault(&self, fault: Fault) -> Error {
        Error::Database { name: self.name.clone(), fault }
    }
}
