//! The commands that scan nothing.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;
use portcullis_core::{Catalog, RuleMeta, YANKED};
use portcullis_engine::config::{Config, import, nearest, select_rules, starter};
use portcullis_engine::{ScanOptions, advisory};
use portcullis_report::{RulesFormat, write_explanation, write_rules};

use crate::args::{
    Cli, ConfigArgs, ConfigCommand, ConfigFlags, ExplainArgs, ImportArgs, ListFormat, PolicyFlags, RulesArgs,
};
use crate::check::{asked_policies, load_policies, misnamed, read_config, today};
use crate::terminal::{self, Failure};
use crate::{db, man};

/// `portcullis explain`.
pub(crate) fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let catalog = catalog_here(&args.policies)?;
    let options = terminal::options(args.color.color);
    let mut text = Vec::new();
    for id in &args.ids {
        let named = select_rules(&catalog, id)?;
        // Advisories are no rules of the program: the databases hold them.
        let advisory = if named.is_empty() { Some(advisory_of(args, id)?) } else { None };
        for rule in named.into_iter().map(|rule| catalog.get(rule)).chain(&advisory) {
            if !text.is_empty() {
                text.push(b'\n');
            }
            write_explanation(rule, &options, &mut text)?;
        }
    }
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The builtin rules, those of the configuration of the working directory, and those of policies. A configuration with a
/// mistake declares none: what is wrong with it may be the name of a rule, which is looked up here. A policy that was named
/// and is broken ends the program; of those that the configuration names, what can be loaded is told.
fn catalog_here(asked: &PolicyFlags) -> Result<Arc<Catalog>, Failure> {
    let flags = ConfigFlags { config: None, no_config: false };
    let is_named = !asked.policy.is_empty() || !asked.pack.is_empty();
    let policies = match load_policies(&flags, Path::new("."), &asked_policies(asked)) {
        Ok(policies) => policies,
        Err(_) if !is_named => None,
        Err(failure) => return Err(failure),
    };
    if let Some(error) = policies.iter().flat_map(|it| it.errors()).next().filter(|_| is_named) {
        return Err(Failure::Message(error.to_string()));
    }
    let rules_of = || policies.iter().flat_map(|policies| policies.rules());
    let builtin = portcullis_rules::catalog_with(rules_of());
    Ok(match read_config(&flags, Path::new("."), &builtin) {
        Ok((config, _)) => portcullis_rules::catalog_with(config.secret_rules().into_iter().chain(rules_of())),
        Err(_) => builtin,
    })
}

/// An advisory by any of its ids.
fn advisory_of(args: &ExplainArgs, id: &str) -> Result<RuleMeta, Failure> {
    if id.contains('*') || !id.contains('-') && id != YANKED {
        return Err(Failure::with_help(format!("`{id}` names many advisories"), "name one by its id"));
    }
    let flags = ConfigFlags { config: None, no_config: false };
    let (config, file) = read_config(&flags, Path::new("."), &portcullis_rules::catalog())?;
    let cwd = std::env::current_dir()?;
    let config_directory = file.map(|file| cwd.join(file).parent().unwrap_or(&cwd).to_owned());
    let options = ScanOptions {
        databases: args.db.clone(),
        default_database: db::default_path(),
        date: today(),
        config,
        config_directory,
        ..ScanOptions::new(cwd)
    };
    let found = advisory(&options, id).map_err(|error| Failure::Message(error.to_string()))?;
    found.ok_or_else(|| {
        let help = "name a database that may have it with `--db`; `portcullis db status` says what is looked at";
        Failure::with_help(format!("no advisory `{id}` is known"), help)
    })
}

/// `portcullis rules`.
pub(crate) fn rules(args: &RulesArgs) -> Result<ExitCode, Failure> {
    let mut catalog = catalog_here(&args.policies)?;
    if let Some(peer) = &args.peer {
        catalog = Arc::new(of_peer(&catalog, peer)?);
    }
    if !args.ids.is_empty() {
        catalog = Arc::new(of_ids(&catalog, &args.ids)?);
    }
    let format = match args.format {
        ListFormat::Pretty if io::stdout().is_terminal() => RulesFormat::Table,
        ListFormat::Pretty => RulesFormat::Lines,
        ListFormat::Json => RulesFormat::Json,
    };
    let mut text = Vec::new();
    write_rules(&catalog, format, &terminal::options(args.color.color), &mut text)?;
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The rules that selectors name.
fn of_ids(catalog: &Catalog, ids: &[String]) -> Result<Catalog, Failure> {
    let mut named = BTreeSet::new();
    for id in ids {
        named.extend(select_rules(catalog, id)?);
    }
    Ok(Catalog::new(catalog.iter().filter(|(rule, _)| named.contains(rule)).map(|(_, meta)| meta.clone())))
}

/// The rules that stand for a rule of `peer`.
fn of_peer(catalog: &Catalog, peer: &str) -> Result<Catalog, Failure> {
    let schemes = |rule: &RuleMeta| -> Vec<String> {
        rule.peers.iter().filter_map(|id| Some(id.split_once(':')?.0.to_owned())).collect()
    };
    let wanted = peer.to_lowercase();
    let rules: Vec<RuleMeta> =
        catalog.iter().filter(|(_, rule)| schemes(rule).contains(&wanted)).map(|(_, rule)| rule.clone()).collect();
    if !rules.is_empty() {
        return Ok(Catalog::new(rules));
    }
    let mut known: Vec<String> = catalog.iter().flat_map(|(_, rule)| schemes(rule)).collect();
    known.sort();
    known.dedup();
    let help = match nearest(&wanted, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the tools are {}", known.join(", ")),
    };
    Err(Failure::with_help(format!("no rule stands for one of `{peer}`"), help))
}

/// `portcullis config`.
pub(crate) fn config(args: &ConfigArgs) -> Result<ExitCode, Failure> {
    let text = match &args.command {
        ConfigCommand::Show(flags) => show(flags)?,
        ConfigCommand::Init => starter(),
        ConfigCommand::Schema => Config::schema(&portcullis_rules::catalog()),
        ConfigCommand::Import(args) => imported(args)?,
    };
    terminal::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn show(flags: &ConfigFlags) -> Result<String, Failure> {
    for said in misnamed(flags, Path::new(".")) {
        terminal::complain(&format!("note: {said}"));
    }
    let (config, path) = read_config(flags, Path::new("."), &portcullis_rules::catalog())?;
    let from = path.map_or("the defaults".to_owned(), |path| path.display().to_string());
    // A name with a line break must not end the comment.
    Ok(format!("# {}\n{}", from.replace(char::is_control, "\u{fffd}"), config.show()))
}

fn imported(args: &ImportArgs) -> Result<String, Failure> {
    let imported = import(&args.files, &portcullis_rules::catalog())?;
    for remark in &imported.remarks {
        terminal::complain(&remark.to_string());
    }
    Ok(imported.text)
}

/// `portcullis completions`.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    // The generator panics where it cannot write, so it writes to memory.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "portcullis", &mut text);
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// `portcullis man`.
pub(crate) fn man(names: &[String]) -> Result<ExitCode, Failure> {
    let mut program = Cli::command();
    program.build();
    let mut command = &program;
    for name in names {
        let Some(next) = command.find_subcommand(name) else {
            let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if known.is_empty() => format!("`{}` has no commands", command.get_name()),
                None => format!("the commands are {}", known.join(", ")),
            };
            return Err(Failure::with_help(format!("unknown command `{name}`"), help));
        };
        command = next;
    }
    terminal::print(man::page(command)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
