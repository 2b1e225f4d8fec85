//! Which files of the scan are parts of Helm charts.
//!
//! A chart is a directory with a `Chart.yaml`. What is in its `templates` is a template where it holds `{{`, and else what
//! Helm deploys as it stands. Charts are not rendered here. Everything else of a chart, `crds` among it, is like any other
//! file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{FileId, Files};
use portcullis_model::helm::{Chart, is_values_file};
use portcullis_syntax::{Dialect, yaml};

use crate::discover::{Discovered, Origin};
use crate::paths;

/// What a file is to its chart, with the chart's directory as it is shown.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Below `templates`.
    Template(Arc<str>),
    /// Values of its own folder.
    Values(Arc<str>),
}

/// The parts of charts among the targets, by their indices.
pub(crate) fn parts(cwd: &Path, found: &Discovered, files: &dyn Files) -> HashMap<usize, Part> {
    let mut charts: HashMap<PathBuf, Option<Arc<str>>> = HashMap::new();
    let mut chart_at = |directory: &Path| {
        if let Some(known) = charts.get(directory) {
            return known.clone();
        }
        let is_chart = files.is_file(&paths::relative(cwd, &directory.join(CHART)));
        let chart = is_chart.then(|| Arc::from(paths::relative(cwd, directory)));
        charts.insert(directory.to_owned(), chart.clone());
        chart
    };
    // The chart may lie above the working directory.
    let is_inside = cwd.components().any(|component| component.as_os_str() == TEMPLATES);
    let mut parts = HashMap::new();
    for (index, (target, _)) in found.targets.iter().enumerate() {
        let path = target.path.as_str();
        let is_values = is_values_file(path.rsplit('/').next().unwrap_or(path));
        let may_be_template = is_inside || path.contains(TEMPLATES) || path.starts_with("..");
        if target.origin == Origin::Rendered || !may_be_template && !is_values {
            continue;
        }
        let full = paths::absolute(cwd, Path::new(path));
        let mut above = full.ancestors().skip(1);
        let template = above.clone().filter(|directory| directory.ends_with(TEMPLATES)).find_map(|directory| {
            let chart = chart_at(directory.parent()?)?;
            Some(Part::Template(chart))
        });
        let part = template.or_else(|| {
            let chart = above.next().filter(|_| is_values).and_then(&mut chart_at)?;
            Some(Part::Values(chart))
        });
        parts.extend(part.map(|part| (index, part)));
    }
    parts
}

/// What the `Chart.yaml` of a directory says; nothing where it cannot be read.
pub(crate) fn read_chart(directory: &str, files: &dyn Files) -> Chart {
    let text = files.read(&format!("{directory}/{CHART}")).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else { return Chart::default() };
    let tree = yaml::parse(FileId::default(), &Arc::from(text), Dialect::Yaml11);
    tree.documents().next().map(|document| Chart::new(document.root)).unwrap_or_default()
}

/// The template that a path of `helm template`'s output names, as it is shown: that path, or the one in the chart that the
/// working directory is.
pub(crate) fn template_path(cwd: &Path, named: &str) -> String {
    let below = named.split_once('/').map(|(_, below)| below);
    match below.filter(|below| cwd.join(CHART).is_file() && cwd.join(below).is_file()) {
        Some(below) if !cwd.join(named).is_file() => below.to_owned(),
        _ => named.to_owned(),
    }
}

const CHART: &str = "Chart.yaml";
const TEMPLATES: &str = "templates";
