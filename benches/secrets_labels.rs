//! How well secrets are told from what looks like them, on the labelled files of `fixtures/secrets`.
//!
//! Prints precision and recall, for files of infrastructure and for all, for those that the code was tuned on and those that it
//! was not. `-v` adds every line that is judged wrong, `-v held` those of the files that were held back as well. Lines
//! with weak passwords count for nothing.
#![allow(missing_docs, reason = "a program of its own")]
#![allow(clippy::print_stdout, clippy::panic, reason = "a program for the terminal")]

#[path = "../crates/secrets/tests/labelled/mod.rs"]
mod labelled;

use labelled::{Label, Line, scanned};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let asks = |what: &str| args.iter().any(|arg| arg == what);
    let lines = scanned();
    if asks("-v") {
        for line in lines.iter().filter(|line| asks("held") == is_held(line) && line.label != Label::Weak) {
            match (line.label.is_true(), line.found.is_empty()) {
                (true, true) => println!("missed {:?} {}:{}: {}", line.label, line.path, line.number, line.text),
                (false, false) => println!("noise {:?} {}:{}: {}", line.found, line.path, line.number, line.text),
                _ => {}
            }
        }
    }
    println!("{:24} {:>6} {:>6} {:>10} {:>8}", "", "lines", "true", "precision", "recall");
    for (title, is_in) in [
        ("infrastructure, tuned", (|line| is_infrastructure(line) && !is_held(line)) as fn(&Line) -> bool),
        ("infrastructure, held", |line| is_infrastructure(line) && is_held(line)),
        ("all, tuned", |line| !is_held(line)),
        ("all, held", is_held),
    ] {
        let counted: Vec<&Line> = lines.iter().filter(|line| is_in(line)).collect();
        println!("{title:24} {}", row(&counted));
    }
}

fn is_infrastructure(line: &Line) -> bool {
    let name = line.path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit('.').next().unwrap_or_default();
    matches!(extension, "yml" | "yaml" | "tf" | "tfvars" | "env") || name.contains("Dockerfile")
}

/// Whether the file was kept back while the code was tuned.
fn is_held(line: &Line) -> bool {
    line.path.starts_with("held/")
}

fn row(lines: &[&Line]) -> String {
    let count = |is_in: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| is_in(line)).count();
    let truth = count(&|line| line.label.is_true());
    let right = count(&|line| line.label.is_true() && !line.found.is_empty());
    let noise = count(&|line| !line.label.is_true() && line.label != Label::Weak && !line.found.is_empty());
    let share = |part: usize, whole: usize| format!("{:.3}", per_mille(part, whole) / 1000.0);
    format!("{:>6} {truth:>6} {:>10} {:>8}", lines.len(), share(right, right + noise), share(right, truth))
}

fn per_mille(part: usize, whole: usize) -> f64 {
    let per_mille = (part * 1000).checked_div(whole).unwrap_or_default();
    f64::from(u32::try_from(per_mille).unwrap_or_default())
}
