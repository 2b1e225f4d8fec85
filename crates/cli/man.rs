//! Man pages, made from the arguments.
//!
//! A page has a day, which is that of its making unless `SOURCE_DATE_EPOCH` says another: whoever packages the pages wants
//! the same bytes each time.

use clap::Command;
use portcullis_rules::Date;

use crate::check::today;
use crate::terminal::Failure;

/// The page of a command that knows its ancestors.
pub(crate) fn page(command: &Command) -> Result<String, Failure> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .title(name.to_uppercase())
        .section("1")
        .date(day().to_string())
        .source(concat!("portcullis ", env!("CARGO_PKG_VERSION")))
        .manual("Portcullis Manual")
        .render(&mut page)?;
    let page = String::from_utf8(page).expect("a page is made of texts");
    let lines: Vec<&str> = page.lines().map(str::trim_end).collect();
    // A blank line between two breaks is what its authors mean by a paragraph, and one word of the language.
    Ok(lines.join("\n").replace("\n.br\n\n.br\n", "\n.sp\n") + "\n")
}

fn day() -> Date {
    let told = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    told.map_or_else(today, Date::from_unix)
}
