//! What the lockfiles of a scan resolved, for bills of materials.
//!
//! The project itself and the members of its workspace are not materials but those who ask for them: what a member asks
//! for, the lockfile asks for. What stands in no edge counts as asked for as well, so that nothing is left out of the graph.
//! A hash is listed only where it is that of an archive.

use std::collections::{BTreeMap, HashMap, HashSet};

use portcullis_core::{
    ADVISORIES, Checksum, ChecksumKind, FileId, LineIndex, Material, MaterialPlace, MaterialRoot, ScanReport,
};
use portcullis_model::packages::{
    Algorithm, Ecosystem, Format, Integrity, Lockfile, Package, PackageId, Relation, Source, purl_of, without_login,
};

use super::{NOWHERE, Packages};
use crate::shard::Hit;

/// A lockfile with the index of the material that each of its packages is; `None` for those that are none.
struct Listed<'p> {
    file: FileId,
    format: Format,
    lock: &'p Lockfile,
    materials: Vec<Option<usize>>,
}

impl Packages {
    /// Fills in the packages of a report whose findings are in their final order, and gives the advisories that hold for them.
    pub(crate) fn list(&self, report: &mut ScanReport) -> Vec<Hit> {
        let files = self.folders.iter().flat_map(|folder| &folder.files).filter(|file| file.file != NOWHERE);
        let locks = files.filter_map(|file| Some((file.file, file.format, file.lock.as_ref()?)));
        let purls: Vec<_> = locks
            .map(|(file, format, lock)| {
                let purl = |package: &Package| is_material(package).then(|| purl_of(package));
                (file, format, lock, lock.packages.iter().map(purl).collect::<Vec<_>>())
            })
            .collect();
        let mut index: BTreeMap<&str, usize> =
            purls.iter().flat_map(|(.., purls)| purls).flatten().map(|purl| (purl.as_str(), 0)).collect();
        index.values_mut().zip(0..).for_each(|(slot, number)| *slot = number);
        let mut materials: Vec<Material> =
            index.keys().map(|purl| Material { purl: (*purl).to_owned(), ..Material::default() }).collect();
        let number = |purl: &Option<String>| index.get(purl.as_deref()?).copied();
        let mut listed: Vec<Listed<'_>> = purls
            .iter()
            .map(|&(file, format, lock, ref purls)| {
                let materials = purls.iter().map(number).collect();
                Listed { file, format, lock, materials }
            })
            .collect();
        listed.sort_by(|a, b| report.path(a.file).cmp(report.path(b.file)));
        for listed in &listed {
            listed.add_to(&mut materials, self.texts.get(&listed.file).map_or("", |text| text));
        }
        let hits = self.hits(&listed, report);
        let mut findings: HashMap<(u32, u32, u32), usize> = HashMap::new();
        let is_advisory: Vec<bool> = report.catalog.iter().map(|(_, rule)| rule.tags.contains(ADVISORIES)).collect();
        for (number, finding) in report.findings.iter().enumerate() {
            if is_advisory.get(finding.rule.0 as usize).copied().unwrap_or_default() {
                let span = finding.location.span;
                findings.entry((finding.rule.0, span.file.0, span.start)).or_insert(number);
            }
        }
        point(&hits, &mut materials, |hit| findings.get(&(hit.rule, hit.file, hit.start)).copied());
        for material in &mut materials {
            material.dependencies.sort_unstable();
            material.dependencies.dedup();
            material.checksums.sort_unstable();
            material.checksums.dedup();
        }
        report.packages = materials;
        report.lockfiles = listed.iter().map(Listed::root).filter(|root| !root.packages.is_empty()).collect();
        hits
    }

    /// The advisories that hold, with the numbers of their packages.
    fn hits(&self, listed: &[Listed<'_>], report: &ScanReport) -> Vec<Hit> {
        let of_file: HashMap<FileId, &Listed<'_>> = listed.iter().map(|listed| (listed.file, listed)).collect();
        let hits = self.hits.iter().filter_map(|hit| {
            let rule = report.catalog.by_id(&hit.id)?.0;
            let material = of_file.get(&hit.file)?.of(hit.package)?;
            let vectors = self.vectors.get(&hit.id).cloned().unwrap_or_default();
            let span = hit.place.span;
            Some(Hit { rule, file: span.file.0, start: span.start, material, vectors })
        });
        hits.collect()
    }
}

/// Points the materials to the findings of the advisories that hold for them.
pub(crate) fn point(hits: &[Hit], materials: &mut [Material], finding: impl Fn(&Hit) -> Option<usize>) {
    for hit in hits {
        let Some((finding, material)) = finding(hit).zip(materials.get_mut(hit.material)) else { continue };
        if material.advisories.iter().all(|known| known.finding != finding) {
            material.advisories.push(hit.advised(finding));
        }
    }
    for material in materials {
        material.advisories.sort_by_key(|advised| advised.finding);
    }
}

/// Whether a package is taken from somewhere, and is no part of the project.
fn is_material(package: &Package) -> bool {
    !matches!(package.source, Source::Project | Source::Path(_))
}

impl Listed<'_> {
    fn of(&self, package: PackageId) -> Option<usize> {
        self.materials.get(package.0 as usize).copied().flatten()
    }

    /// Says of each material what this file says of it.
    fn add_to(&self, materials: &mut [Material], text: &str) {
        let lines = LineIndex::new(text);
        for (package, number) in self.lock.packages.iter().zip(&self.materials) {
            let Some(material) = number.and_then(|number| materials.get_mut(number)) else { continue };
            let is_own = package.span.file == self.file;
            let place =
                MaterialPlace { file: self.file, line: if is_own { lines.line(package.span.start) } else { 1 } };
            let is_first = material.places.is_empty();
            if is_first {
                material.ecosystem = package.ecosystem.osv();
                material.name.clone_from(&package.name);
                material.version.clone_from(&package.version);
            }
            if !material.places.contains(&place) {
                material.places.push(place);
            }
            material.licence = material.licence.take().or_else(|| package.licence.clone());
            material.source = material.source.take().or_else(|| address(&package.source));
            let is_development = package.groups.dev == Some(true);
            let is_optional = package.groups.optional == Some(true);
            material.is_development = is_development && (is_first || material.is_development);
            material.is_optional = is_optional && (is_first || material.is_optional);
            material.is_direct |= package.relation == Relation::Direct;
            material.checksums.extend(package.integrity.iter().filter_map(|hash| self.checksum(package, hash)));
            let needed = self.reached(&package.dependencies);
            material.dependencies.extend(needed.into_iter().filter(|needed| Some(*needed) != *number));
        }
    }

    /// The materials that edges lead to, through the members of the workspace.
    fn reached(&self, edges: &[PackageId]) -> Vec<usize> {
        let mut reached = Vec::new();
        let mut through = HashSet::new();
        let mut open = edges.to_vec();
        while let Some(id) = open.pop() {
            match self.of(id) {
                Some(material) => reached.push(material),
                None if through.insert(id) => {
                    open.extend(self.lock.packages.get(id.0 as usize).iter().flat_map(|it| &it.dependencies));
                }
                None => {}
            }
        }
        reached
    }

    fn root(&self) -> MaterialRoot {
        let mut needed: HashSet<usize> = HashSet::new();
        let mut packages = Vec::new();
        for (package, number) in self.lock.packages.iter().zip(&self.materials) {
            let reached = self.reached(&package.dependencies);
            match number {
                Some(own) => needed.extend(reached.into_iter().filter(|reached| reached != own)),
                None => packages.extend(reached),
            }
        }
        let asked: Vec<PackageId> = self.lock.asked.iter().map(|asked| asked.package).collect();
        packages.extend(self.reached(&asked));
        for (package, number) in self.lock.packages.iter().zip(&self.materials) {
            let is_asked = |number: &usize| package.relation == Relation::Direct || !needed.contains(number);
            packages.extend(number.filter(is_asked));
        }
        packages.sort_unstable();
        packages.dedup();
        MaterialRoot { file: self.file, packages }
    }

    /// A hash as that of an archive. Go hashes the list of a module's files, Berry an archive that it makes itself,
    /// CocoaPods the text that describes the package, Julia a tree of Git, and Conan its recipe.
    fn checksum(&self, package: &Package, hash: &Integrity) -> Option<Checksum> {
        let is_other = matches!(
            package.ecosystem,
            Ecosystem::Go | Ecosystem::CocoaPods | Ecosystem::Julia | Ecosystem::Conan | Ecosystem::Swift
        );
        let is_hexadecimal = hash.digest.len() == 128;
        if is_other || (self.format == Format::YarnLock && is_hexadecimal) {
            return None;
        }
        let kind = match hash.algorithm {
            Algorithm::Md5 => ChecksumKind::Md5,
            Algorithm::Sha1 => ChecksumKind::Sha1,
            Algorithm::Sha256 => ChecksumKind::Sha256,
            Algorithm::Sha384 => ChecksumKind::Sha384,
            Algorithm::Sha512 => ChecksumKind::Sha512,
            Algorithm::Other => return None,
        };
        Some(Checksum { kind, hex: hash.hex()? })
    }
}

/// Bills of materials are handed on: what logs in must not go with them.
fn address(source: &Source) -> Option<Box<str>> {
    match source {
        Source::Url { url, .. } | Source::Git { url, .. } => Some(without_login(url).into()),
        Source::Registry | Source::Path(_) | Source::Project => None,
    }
}
