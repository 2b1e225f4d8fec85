//! `portcullis.image`: what is known of a reference to an image.

use portcullis_model::image::ImageRef;
use regorus::Value;
use regorus::value::Object;

use super::arguments::{refuse, text};
use super::{Builtin, Refusal};

pub(super) static TABLE: &[Builtin] =
    &[Builtin { name: "portcullis.image", arity: 1, call: |a, _| image(text(a, 0)?) }];

/// `{registry, repository, path, tag, digest, partial}` as the container runtime reads them: `nginx` is
/// `docker.io/library/nginx`. What is not known is absent, and then `partial` is true.
fn image(reference: &str) -> Result<Value, Refusal> {
    let wrong = || refuse(format!("`{reference}` is no reference to an image"));
    let Some(unknown) = UNKNOWN.iter().filter_map(|mark| reference.find(mark)).min() else {
        let image = ImageRef::parse(reference).map_err(|_| wrong())?;
        let mut object = named(&image);
        object.insert(Value::from("partial"), Value::Bool(false));
        for (key, part) in [("tag", image.tag()), ("digest", image.digest())] {
            if let Some(part) = part {
                object.insert(Value::from(key), Value::from(part));
            }
        }
        return Ok(object.into_value());
    };
    let (known, rest) = reference.split_at_checked(unknown).ok_or_else(wrong)?;
    let last = known.rfind('/').map_or(0, |at| at.saturating_add(1));
    let ends = known.get(last..).and_then(|last| last.find([':', '@'])).and_then(|at| last.checked_add(at));
    let mut object = match (ends, known.get(..last).filter(|before| !before.is_empty())) {
        // `registry:${PORT}/app` looks like a tag until the slash.
        (Some(_), None) if rest.contains('/') => return Err(wrong()),
        (Some(end), _) => named(&ImageRef::parse(known.get(..end).unwrap_or_default()).map_err(|_| wrong())?),
        // The name goes on where the text is not known, so any name tells the registry.
        (None, Some(before)) => {
            let image = ImageRef::parse(&format!("{before}x")).map_err(|_| wrong())?;
            [(Value::from("registry"), Value::from(image.normal_registry()))].into_iter().collect()
        }
        (None, None) => return Err(wrong()),
    };
    object.insert(Value::from("partial"), Value::Bool(true));
    Ok(object.into_value())
}

/// What stands for a text that somebody fills in later.
const UNKNOWN: &[&str] = &["$", "{{"];

fn named(image: &ImageRef) -> Object {
    let mut object = Object::new();
    object.insert(Value::from("registry"), Value::from(image.normal_registry()));
    object.insert(Value::from("repository"), Value::from(image.normal_repository()));
    object.insert(Value::from("path"), Value::from(image.normal_path()));
    object
}
