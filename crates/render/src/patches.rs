//! Patches of a kustomization: which objects each of them is for, and what of these it may not change.

use std::collections::HashSet;

use portcullis_model::kubernetes::objects;
use portcullis_model::kustomize::{local, patch_path};
use portcullis_syntax::{Lookup, Node};

use crate::accumulate::{Place, Work};
use crate::fault::Fault;
use crate::json_patch;
use crate::library::Library;
use crate::merge::{Outcome, merge};
use crate::resource::{Id, Resource};
use crate::schema::Schema;
use crate::select::Target;
use crate::value::{Key, Value, View};

impl<'t> Work<'t> {
    /// Applies `patchesStrategicMerge`. An empty one of them changes nothing, but all together may not be empty.
    pub(crate) fn patch_by_id(&mut self, place: Place<'t, '_>, library: &'t Library) -> Result<(), Fault> {
        let mut is_empty = true;
        for entry in place.items("patchesStrategicMerge") {
            let mut apply = || {
                let documents = self.documents(place, entry, entry, library)?;
                is_empty &= documents.is_empty();
                documents.into_iter().try_for_each(|patch| self.merge_by_id(patch, Kept { name: true, kind: true }))
            };
            apply().map_err(|fault| fault.at(entry))?;
        }
        match place.items("patchesStrategicMerge").next() {
            Some(entry) if is_empty => Err(Fault::new("its patches are empty").at(entry)),
            _ => Ok(()),
        }
    }

    /// Applies an entry of `patchesJson6902`, which may not be empty.
    pub(crate) fn patch_json(
        &mut self,
        place: Place<'t, '_>,
        entry: Node<'t>,
        library: &'t Library,
    ) -> Result<(), Fault> {
        match self.patch(place, entry, library)? {
            0 => Err(Fault::new("a patch is empty")),
            _ => Ok(()),
        }
    }

    /// Applies an entry of `patches`, and says how many patches it holds. An empty file is one that changes nothing.
    pub(crate) fn patch(
        &mut self,
        place: Place<'t, '_>,
        entry: Node<'t>,
        library: &'t Library,
    ) -> Result<usize, Fault> {
        let inline = entry.field("patch").filter(|patch| !patch.text().trim().is_empty());
        let named = entry.field("path").filter(|path| !path.text().is_empty());
        if entry.is_map() && !entry.is_open() {
            match (inline, named) {
                (None, None) => return Err(Fault::new("a patch has neither `path` nor `patch`")),
                (Some(_), Some(_)) => return Err(Fault::new("a patch has both `path` and `patch`")),
                _ => {}
            }
        }
        let documents = self.documents(place, entry, inline.unwrap_or(entry), library)?;
        let target = match entry.get("target") {
            Lookup::Present(target) => Some(Target::new(target)?),
            Lookup::Absent(_) => None,
            Lookup::Unknown(_) => return Err(Fault::ours("the target of a patch is not known")),
        };
        let options = entry.field("options");
        let allows = |name: &str| options.is_some_and(|options| options.get(name).is_bool(true));
        let kept = Kept { name: !allows("allowNameChange"), kind: !allows("allowKindChange") };
        if target.is_some() && documents.len() > 1 && documents.iter().all(|patch| patch.is_map()) {
            return Err(Fault::new("an entry with a target holds several patches"));
        }
        let count = documents.len();
        for patch in documents {
            self.spend(self.resources.len())?;
            match &target {
                Some(target) if patch.is_list() => {
                    for resource in self.resources.iter_mut().filter(|resource| target.selects(resource)) {
                        resource.remember_if_renamed(|root| json_patch::apply(root, patch))?;
                    }
                }
                Some(target) => {
                    let mut removed = HashSet::new();
                    for (index, resource) in self.resources.iter_mut().enumerate() {
                        if target.selects(resource) && lay_over(resource, patch, kept)? == Outcome::Removed {
                            removed.insert(index);
                        }
                    }
                    let mut index = 0..;
                    self.resources.retain(|_| index.next().is_none_or(|index| !removed.contains(&index)));
                }
                None if patch.is_list() => return Err(Fault::new("a JSON patch has no target")),
                None => self.merge_by_id(patch, kept)?,
            }
        }
        Ok(count)
    }

    /// The documents of a patch: those of the file that `entry` names, or those that stand in `inline`. Kustomize passes over
    /// those that are empty.
    fn documents(
        &mut self,
        place: Place<'t, '_>,
        entry: Node<'t>,
        inline: Node<'t>,
        library: &'t Library,
    ) -> Result<Vec<Node<'t>>, Fault> {
        let tree = match patch_path(entry) {
            Some(text) => {
                let path = local(place.directory, text);
                let tree = path.as_deref().and_then(|path| library.tree(path));
                self.patches.extend(path.clone());
                let Some(tree) = tree else { return Err(library.missing(path.as_deref(), "patch", text)) };
                tree
            }
            None => library
                .embedded(place.path, inline)
                .ok_or_else(|| Fault::ours("a patch that stands in it cannot be read"))?,
        };
        let is_empty =
            |root: &Node<'t>| root.is_null() || root.is_map() && !root.is_open() && root.entries().len() == 0;
        let roots: Vec<Node<'t>> =
            tree.documents().map(|document| document.root).filter(|root| !is_empty(root)).collect();
        if roots.iter().any(|root| !root.is_map() && !root.is_list()) {
            let named = patch_path(entry).map_or_else(|| "that stands in it".to_owned(), |path| format!("`{path}`"));
            return Err(Fault::ours(format!("the patch {named} cannot be read")));
        }
        Ok(roots)
    }

    /// Lays a patch over the object that it names.
    fn merge_by_id(&mut self, patch: Node<'t>, kept: Kept) -> Result<(), Fault> {
        for patch in objects_of(patch)? {
            self.spend(self.resources.len())?;
            let id = Id::of(View::Node(patch));
            let mut found = self.resources.iter().enumerate().filter(|(_, resource)| resource.is_known_as(&id));
            let index = match (found.next(), found.next()) {
                (Some((index, _)), None) => index,
                (Some(_), Some(_)) => {
                    return Err(Fault::new(format!("a patch could be for several objects: {} `{}`", id.kind, id.name)));
                }
                // It may be for an object of a base that is not seen.
                (None, _) if !self.unseen.is_empty() => continue,
                (None, _) => {
                    let reason = format!("a patch is for the {} `{}`, which is not there", id.kind, id.name);
                    return Err(Fault::new(reason));
                }
            };
            let Some(resource) = self.resources.get_mut(index) else { continue };
            if lay_over(resource, patch, kept)? == Outcome::Removed {
                self.resources.remove(index);
            }
        }
        Ok(())
    }
}

/// What of an object a patch may not change.
#[derive(Clone, Copy, Debug)]
struct Kept {
    name: bool,
    kind: bool,
}

/// Lays a strategic-merge patch over an object. What the object is known by stays, unless the patch may change it.
fn lay_over<'t>(resource: &mut Resource<'t>, patch: Node<'t>, kept: Kept) -> Result<Outcome, Fault> {
    let id = resource.id();
    let mut known: Vec<(&[&str], Option<Value<'t>>)> =
        vec![(&["apiVersion"], None), (&["metadata", "namespace"], None)];
    if kept.kind {
        known.push((&["kind"], None));
    }
    if kept.name {
        known.push((&["metadata", "name"], None));
    }
    for (path, value) in &mut known {
        *value = at_path(&mut resource.root, path).cloned();
    }
    let before = (!kept.name || !kept.kind).then(|| id.clone());
    let outcome = merge(&mut resource.root, patch, Schema::of_object(&id.group, &id.kind))?;
    for (path, value) in known {
        let Some((last, above)) = path.split_last() else { continue };
        let Some(holder) = at_path(&mut resource.root, above) else { continue };
        match value {
            None => _ = holder.remove(last),
            Some(value) => {
                if let Some(now) = holder.get_mut(last) {
                    *now = value;
                } else {
                    let at = value.at();
                    holder.set(Key::Made((*last).to_owned(), at), value);
                }
            }
        }
    }
    resource.previous.extend(before.filter(|before| *before != resource.id()));
    Ok(outcome)
}

fn at_path<'v, 't>(value: &'v mut Value<'t>, path: &[&str]) -> Option<&'v mut Value<'t>> {
    path.iter().try_fold(value, |value, key| value.get_mut(key))
}

impl<'t> Resource<'t> {
    /// Changes the object; where that changes what it is known by, the old name still leads to it.
    fn remember_if_renamed(&mut self, change: impl FnOnce(&mut Value<'t>) -> Result<(), Fault>) -> Result<(), Fault> {
        let before = self.id();
        change(&mut self.root)?;
        if self.id() != before {
            self.previous.push(before);
        }
        Ok(())
    }
}

/// The objects of a patch document, which may be a `List`.
fn objects_of(patch: Node<'_>) -> Result<Vec<Node<'_>>, Fault> {
    if patch.is_list() {
        return Err(Fault::new("a patch that is merged is a list"));
    }
    let found = objects(patch);
    if found.is_empty() {
        return Err(Fault::new("a patch does not say which object it is for"));
    }
    Ok(found.iter().map(|object| object.node).collect())
}
