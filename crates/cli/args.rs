//! Every command and flag, declared once: help, completions and the man page are derived from here.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use portcullis_advisories::update::PUBLISHED_AT;
use portcullis_core::{Profile, Severity};
use portcullis_engine::Shard;
use portcullis_engine::config::Listen;
use portcullis_model::kubernetes::KubernetesVersion;
use portcullis_report::Format;
use portcullis_rules::{Date, PodSecurity};

/// Reads the files a platform team keeps in Git and says exactly what is wrong
///
/// Reads Kubernetes manifests, Dockerfiles, Compose files, GitHub Actions workflows and Terraform modules, says what is wrong with them at the exact
/// line, and knows the rule ids and ignore comments of the tools that it replaces. Nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(
    name = "portcullis",
    bin_name = "portcullis",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Without a command, the paths are checked: `portcullis k8s/` is `portcullis check k8s/`. A path that is \
                  named like a command is written with `./` before it.\n\nExit codes: 0 clean, 1 findings at or above \
                  --fail-on, 2 the job could not be done, 3 nothing to scan in a directory that was named."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scans files and folders (the default command)
    Check(Box<CheckArgs>),
    /// Says what a rule is about
    ///
    /// Prints the rule's docs, its examples and the ways to suppress it.
    Explain(ExplainArgs),
    /// Lists the rules
    Rules(RulesArgs),
    /// Writes or tidies the file of known findings
    ///
    /// `portcullis baseline write`, and from then on `portcullis --baseline portcullis-baseline.json` reports what is new. Files may
    /// be renamed and lines may move.
    Baseline(BaselineArgs),
    /// Builds or describes the database of advisories
    ///
    /// Lockfiles are looked up in it. What is known of Rust's crates is built into the program; a database brings the other
    /// ecosystems, and the texts.
    Db(DbArgs),
    /// Runs the tests of policies in Rego
    ///
    /// Tests are the rules `test_…`, as `opa test` runs them; `todo_test_…` are skipped. Exit codes: 0 all tests hold, 1 some do
    /// not, 2 something could not be loaded, 3 there are no tests.
    Test(TestArgs),
    /// Serves the admission webhook of a Kubernetes cluster
    ///
    /// Judges every object that the API server asks about by the rules, the configuration and the policies of `check`. What is
    /// denied, and everything else about the server, is set under `admission` in the configuration. Files are read again when they
    /// change. SIGTERM ends it when what is open is finished. Logs go to standard error.
    Admit(AdmitArgs),
    /// Shows, starts or describes the configuration
    Config(ConfigArgs),
    /// Puts the parts of a scan together
    ///
    /// Reads what `portcullis check --shard I/N --format facts=PATH` wrote in every part, judges what depends on files of several
    /// parts, and reports what one scan of the whole tree would have reported. The tree itself is not needed. Exit codes are those
    /// of `check`.
    Merge(MergeArgs),
    /// Prints the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints a man page
    ///
    /// `portcullis man > portcullis.1`, and for the pages of the commands `portcullis man config show`.
    Man {
        /// The command to print the page of; the program itself by default
        command: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Files and folders to scan, or - for standard input; the working directory by default
    ///
    /// In folders, whatever is recognised is scanned, except what git ignores. A file that is named is always scanned.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Fix what can be fixed safely, and report what is left
    ///
    /// Files are changed in place; comments, quotes and indentation stay. Fixed is what would be reported: no suppressed
    /// finding, none of a rule that is off, none below --min-severity. With - the fixed text goes to standard output and
    /// the findings to standard error.
    #[arg(long)]
    pub(crate) fix: bool,

    /// With --fix, also apply the fixes that something may depend on
    ///
    /// Such a fix removes the finding and may change what a build or a workflow does: a token that a later step pushes with,
    /// a permission that a job uses. Look at what has changed before it is committed.
    #[arg(long, requires = "fix")]
    pub(crate) unsafe_fixes: bool,

    /// Report what is staged: findings that the next commit is to blame for, as git's index has the files
    ///
    /// Kept are those that touch a changed line, at their place or at one that they come from, and those that were not there
    /// before. What files refer to is read from the index as well, and what git ignores from disk. With paths, those of files below
    /// them alone.
    #[arg(long, conflicts_with_all = ["fix", "explain_path", "stdin_filename", "changed"])]
    pub(crate) staged: bool,

    /// Report what was changed since a branch or commit: findings that the changes are to blame for
    ///
    /// Changes are counted from the commit that it has in common with HEAD, as in pull requests (`git diff main...`), up to the
    /// files on disk; files that git does not know yet count as a whole. Everything is scanned, and kept is what --staged keeps.
    #[arg(
        long,
        value_name = "REF",
        value_parser = NonEmptyStringValueParser::new(),
        conflicts_with_all = ["explain_path", "stdin_filename"]
    )]
    pub(crate) changed: Option<String>,

    /// Search the commits of a range for secrets, instead of the files on disk; all that HEAD has where none is named
    ///
    /// As git writes them: `main..HEAD`, `v1.2`, `HEAD~20..`, `'main ^release'`; `all` stands for every branch, tag and other
    /// reference. Each content that a commit brought is read once, and a secret is reported with the first commit that had it in
    /// that file. With paths, those below them alone: `--history main..HEAD deploy/`.
    #[arg(
        long,
        value_name = "RANGE",
        num_args = 0..=1,
        default_missing_value = "HEAD",
        value_parser = NonEmptyStringValueParser::new(),
        conflicts_with_all = ["fix", "explain_path", "stdin_filename", "staged", "changed"]
    )]
    pub(crate) history: Option<String>,

    /// Say how a package came into the project, and judge nothing
    ///
    /// The shortest way to each place where a lockfile has it: `api 1.2.0 → left-pad 1.3.0`. With `name@version`, that version
    /// alone.
    #[arg(long, value_name = "PACKAGE", conflicts_with_all = ["fix", "format"], help_heading = "Rules")]
    pub(crate) explain_path: Option<String>,

    /// Report only what is not in this file, which `portcullis baseline write` makes
    ///
    /// What is in it is counted, and shown with --include-suppressed; what of it is fixed is said on standard error. Stronger than
    /// the configuration's `baseline`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "history")]
    pub(crate) baseline: Option<PathBuf>,

    /// Judge one of several parts of the scan: 2/8
    ///
    /// Which part judges a file depends on its path, and each file is judged in one of them. The number may be a sum, for those
    /// who count from 0: `0+1/8`; all of 1/1 is the scan itself. With `--format facts=PATH` the part
    /// leaves what `portcullis merge` needs, the baseline included; what depends on files of other parts is not reported before.
    #[arg(
        long,
        value_name = "I/N",
        conflicts_with_all = ["fix", "explain_path", "stdin_filename", "staged", "history"]
    )]
    pub(crate) shard: Option<Shard>,

    #[command(flatten)]
    pub(crate) rules: RuleFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
    #[command(flatten)]
    pub(crate) input: InputFlags,
    #[command(flatten)]
    pub(crate) config: ConfigFlags,
}

#[derive(Args, Debug)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Scans, and writes down what is found
    ///
    /// Takes the flags of `check` that decide what is found. What an older baseline has stays where this scan cannot tell: of files
    /// that it does not look at, and of rules that are off.
    Write(Box<BaselineScanArgs>),
    /// Scans, and takes out what is fixed
    ///
    /// Nothing is added. What a scan cannot tell stays: of files that it does not look at or cannot read, and of rules that are off.
    Prune(Box<BaselineScanArgs>),
}

#[derive(Args, Debug)]
pub(crate) struct BaselineScanArgs {
    /// Files and folders to scan; the working directory by default
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Take what the parts of a scan left instead of scanning: the files of `check --shard I/N --format facts=PATH`
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        value_hint = ValueHint::FilePath,
        conflicts_with_all = [
            "paths", "only", "skip", "profile", "pod_security", "kubernetes_version", "min_severity", "fail_on", "combine",
            "parser", "ignore_unfixed", "date", "PolicyFlags", "InputFlags"
        ]
    )]
    pub(crate) facts: Vec<PathBuf>,

    /// The baseline; by default the configuration's, else portcullis-baseline.json
    #[arg(short, long, visible_alias = "baseline", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) rules: RuleFlags,
    #[command(flatten)]
    pub(crate) input: InputFlags,
    #[command(flatten)]
    pub(crate) config: ConfigFlags,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// The files of all parts, in any order
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The lowest severity that makes the exit code 1; that of the parts by default
    ///
    /// Profile, rules and everything else that decides what is found are those of the parts, too, and parts that differ in them are
    /// refused. The --exit-zero of a part is its own: the whole is only spared where it is given here.
    #[arg(long, value_name = "SEVERITY", value_parser = severity())]
    pub(crate) fail_on: Option<Severity>,

    /// Report only what is not in this file, which `portcullis baseline write` makes
    ///
    /// Stronger than the baseline that the parts were given, by `--baseline` or by the configuration.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) baseline: Option<PathBuf>,

    /// Threads to work with; one for each core by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

#[derive(Args, Debug)]
pub(crate) struct AdmitArgs {
    /// The address that reviews are taken at; 0.0.0.0:8443 by default
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<Listen>,

    /// The address of /healthz, /readyz and /metrics, without TLS; 0.0.0.0:8081 by default
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<Listen>,

    /// The certificate chain in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Its private key in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Make a certificate for a DNS name, repeatable, and print the caBundle for it
    ///
    /// Such as portcullis.security.svc. Each start makes another, so that it is for trying things out and for a single replica.
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "tls_cert")]
    pub(crate) self_signed: Vec<String>,

    /// A file or folder of policies in Rego to ask beside the rules, repeatable
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) policy: Vec<PathBuf>,

    /// A data document for policies, JSON or YAML, or a folder of them, repeatable
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) data: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) config: ConfigFlags,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleFlags {
    /// Run these rules alone
    ///
    /// Each is a rule's id, another tool's id (`DL3007`, `checkov:CKV_K8S_16`), a prefix (`docker-*`) or a tag
    /// (`pss:baseline`). Repeatable, or separated by commas. Rules that the profile leaves out run as well.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Leave these rules out
    ///
    /// As for --only, which it is stronger than.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,

    /// Which rules are on; recommended by default
    ///
    /// `all` adds the stricter rules. Rules of no profile are turned on by their id, with --only or in the configuration.
    #[arg(long, value_parser = PossibleValuesParser::new(PROFILES.map(Profile::name)).try_map(|name| name.parse::<Profile>()))]
    pub(crate) profile: Option<Profile>,

    /// Check a Pod Security level as a Kubernetes version defines it
    ///
    /// `baseline:v1.30` or `restricted:latest` runs exactly the rules of that level of the Pod Security Standards.
    #[arg(long, value_name = "LEVEL:VERSION")]
    pub(crate) pod_security: Option<PodSecurity>,

    /// The Kubernetes version that the manifests are for
    ///
    /// Such as 1.30. Without it, the configuration's; without that, the newest that is known. A note says so where schemas of
    /// another version have to do.
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubernetes_version: Option<KubernetesVersion>,

    /// Leave out findings below this severity
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severity())]
    pub(crate) min_severity: Severity,

    /// The lowest severity that makes the exit code 1; low by default
    #[arg(long, value_name = "SEVERITY", value_parser = severity())]
    pub(crate) fail_on: Option<Severity>,

    #[command(flatten)]
    pub(crate) policies: PolicyFlags,

    /// Hand policies all files at once, as a list of `{path, contents}`
    ///
    /// As `conftest test --combine`. What they find stands in the file whose number, path or message it names.
    #[arg(long)]
    pub(crate) combine: bool,

    /// What policies read the named files as, whatever they are called
    ///
    /// By Conftest's names: dockerfile, dotenv, hcl2, ignore, ini, json, jsonc, properties, toml, xml, yaml. The rules are not
    /// concerned.
    #[arg(long, value_name = "NAME")]
    pub(crate) parser: Option<portcullis_engine::Parser>,

    /// Leave out advisories that no version fixes
    #[arg(long)]
    pub(crate) ignore_unfixed: bool,

    /// The day to compare dates with; today by default
    ///
    /// Written 2026-11-21. It decides what has reached its end of life and which suppressions have expired, and stands in
    /// SPDX documents: a fixed day makes the output of a fixed tree the same for ever.
    #[arg(long)]
    pub(crate) date: Option<Date>,
}

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputFlags {
    /// How to write the result, and where
    ///
    /// Repeatable, for several outputs from one scan: `--format concise --format sarif=out.sarif`. Without `=PATH` the
    /// output goes to standard output, which takes one. The default is pretty on a terminal and concise elsewhere. For people:
    /// pretty, concise, markdown, html. For programs: json, jsonl, csv. For services: sarif, github, gitlab (code quality),
    /// gitlab-sast, junit. Bills of materials, the packages of all lockfiles: cyclonedx, with the advisories that hold for them,
    /// and spdx. For `portcullis merge`: facts, what --shard leaves.
    #[arg(long, value_name = "FMT[=PATH]", value_parser = output())]
    pub(crate) format: Vec<Asked>,

    /// Show suppressed findings as well
    #[arg(long)]
    pub(crate) include_suppressed: bool,

    /// Exit with 0 in spite of findings
    ///
    /// Errors still exit with 2, and named directories without anything to scan with 3.
    #[arg(long)]
    pub(crate) exit_zero: bool,

    /// Say less: findings only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more: what was left out, and why
    #[arg(short, long)]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) color: ColorFlag,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputFlags {
    /// The root that paths for services (sarif, github, gitlab, gitlab-sast) are relative to; by default that of the git repository
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,

    /// Leave out what the configuration excludes even where it is named: for hooks, which name all that was changed
    #[arg(long)]
    pub(crate) force_exclude: bool,

    /// The name of what comes on standard input
    ///
    /// It decides what the text is taken for and is shown in findings. Without it the content decides.
    #[arg(long, value_name = "NAME", value_hint = ValueHint::FilePath, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) stdin_filename: Option<String>,

    /// A file of what a cluster holds, repeatable: what `kubectl get … -o json` or `-o yaml` writes, or - for standard input
    ///
    /// Its objects are judged as the admission webhook judges them: the values of a Secret are where they belong.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cluster: Vec<PathBuf>,

    /// A Compose file of the project, repeatable: later ones are put over earlier ones
    ///
    /// As `docker compose -f`. Without it, each folder's `compose.yaml` and its `compose.override.yaml` are one project,
    /// and any other Compose file there is put over the former where it changes its services.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) compose_file: Vec<PathBuf>,

    /// A file of values of Terraform's variables, repeatable: later ones are stronger
    ///
    /// As `terraform plan -var-file`. `terraform.tfvars` and `*.auto.tfvars` beside a root module are read without it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tf_var_file: Vec<PathBuf>,

    /// The value of a variable of Terraform, repeatable: `NAME=VALUE`
    ///
    /// As `TF_VAR_NAME` in the environment, which is not read.
    #[arg(long, value_name = "NAME=VALUE", value_parser = tf_variable)]
    pub(crate) tf_var: Vec<(String, String)>,

    /// A database of advisories, repeatable; by default the one that `portcullis db path` names, where it is there
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) db: Vec<PathBuf>,

    /// A file that says which advisories do not matter here, repeatable: OpenVEX or CycloneDX, as JSON
    ///
    /// A finding about a package that it names by its package URL is suppressed, with its justification as the reason. Of
    /// several statements the latest holds.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) vex: Vec<PathBuf>,

    /// Threads to scan with; one for each core by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigFlags {
    /// The configuration file
    ///
    /// Without it, `portcullis.yaml` or `.portcullis.yaml` is looked for in the folder that is scanned (the working
    /// directory, where no single folder is named) and above it up to the root of the git repository.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,

    /// Take no configuration file into account
    #[arg(long)]
    pub(crate) no_config: bool,
}

#[derive(Args, Debug, Default)]
pub(crate) struct ColorFlag {
    /// Whether to colour the output
    ///
    /// `auto` colours a terminal, unless NO_COLOR is set.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: ColorChoice,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// Which policies there are beside the rules of the program and those that the configuration names.
#[derive(Args, Debug)]
#[command(next_help_heading = "Policies")]
pub(crate) struct PolicyFlags {
    /// A file, folder or bundle (`.tar.gz`) of policies to ask beside the rules, repeatable: Rego, or Gatekeeper's templates and constraints
    ///
    /// Those of Conftest (`deny`, `warn` and `violation` of package `main`), custom checks of Trivy, and rules that are marked as entry
    /// points. They are rules as all others: `--only`, `--skip`, comments and the configuration take their ids.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) policy: Vec<PathBuf>,

    /// Policies that ship with the program, repeatable
    ///
    /// What they allow and require is set in the configuration, below `policies.packs`, or in a data document, below `packs` and their names. docs/packs.md
    /// says which parameters they take.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(portcullis_engine::packs().map(|(name, _)| name)))]
    pub(crate) pack: Vec<String>,

    /// A data document for policies, JSON or YAML, or a folder of them, repeatable
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) data: Vec<PathBuf>,

    /// A package whose rules are asked, repeatable; `main` by default. `*`, `?` and `[a-z]` stand for more
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) namespace: Vec<String>,

    /// Ask the rules of every package
    #[arg(long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// A rule's id, another tool's (`DL3007`, `checkov:CKV_K8S_16`), or any id of an advisory (`RUSTSEC-2020-0071`)
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,

    /// A database of advisories, repeatable; by default the configuration's, else the one that `portcullis db path` names
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) db: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) color: ColorFlag,

    #[command(flatten)]
    pub(crate) policies: PolicyFlags,
}

#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    /// Only these: ids of ours or another tool's, prefixes (`secret-aws-*`) and tags
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,

    /// Only rules that stand for a rule of this tool, such as trivy or hadolint
    #[arg(long, value_name = "TOOL")]
    pub(crate) peer: Option<String>,

    /// How to write the list
    ///
    /// `json` holds the docs, examples and other tools' ids of each rule.
    #[arg(long, value_enum, value_name = "FMT", default_value_t)]
    pub(crate) format: ListFormat,

    #[command(flatten)]
    pub(crate) color: ColorFlag,

    #[command(flatten)]
    pub(crate) policies: PolicyFlags,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    #[default]
    Pretty,
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Makes a database of downloaded advisories
    ///
    /// `portcullis db build --osv npm/all.zip --osv PyPI/all.zip --rustsec advisory-db/ -o advisories.db`
    Build(DbBuildArgs),
    /// Puts a newer database in the place of the one that scans use
    ///
    /// By default that of the project, which is made every day. `portcullis db update --from https://example.org/advisories.db
    /// --key RWQ…` takes another.
    ///
    /// What comes has to be signed, with `minisign`, by one of the keys. Where it cannot be had, or is not what it should be,
    /// the database that is there stays.
    Update(DbUpdateArgs),
    /// Says what the database holds and how old it is, and checks every byte of it
    Status(DbStatusArgs),
    /// Prints where scans look for the database
    Path,
}

#[derive(Args, Debug)]
pub(crate) struct DbBuildArgs {
    /// OSV records, repeatable: an `all.zip` of the OSV export, a JSON file, or a folder of these
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, required_unless_present_any = ["rustsec", "crates_index"])]
    pub(crate) osv: Vec<PathBuf>,

    /// The RustSec database, repeatable: its checkout, or a tar file of it
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) rustsec: Vec<PathBuf>,

    /// The index of crates.io, repeatable, for versions that were yanked: a checkout of it, or the folder of Cargo's that
    /// keeps a part of it (`~/.cargo/registry/index`)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) crates_index: Vec<PathBuf>,

    /// EPSS's scores of a day, as CSV
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) epss: Option<PathBuf>,

    /// The catalogue of known exploited vulnerabilities, as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) kev: Option<PathBuf>,

    /// The file to write
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,

    /// The last day that it may be used; for ever by default
    #[arg(long)]
    pub(crate) expires: Option<Date>,

    /// The day it is made; today by default
    #[arg(long)]
    pub(crate) date: Option<Date>,

    /// The number of the build, which goes up; the time by default
    #[arg(long, value_name = "N")]
    pub(crate) build: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct DbUpdateArgs {
    /// Where the database is: an address, or a path; the project's by default. Its signature lies beside it, with `.minisig`
    /// behind the name
    #[arg(long, value_name = "URL|FILE", default_value = PUBLISHED_AT, hide_default_value = true)]
    pub(crate) from: String,

    /// A public key that may have signed it, repeatable, in place of the project's; or a file that holds one
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,

    /// Certificates of the authorities that servers are trusted by, in PEM, in place of those that browsers trust; also the
    /// variable SSL_CERT_FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,

    /// The file to replace; by default the one that `portcullis db path` names
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct DbStatusArgs {
    /// The database; by default the one that scans use
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) database: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Files and folders with policies, their tests and their data
    ///
    /// In folders, every .rego file is a policy, and every JSON or YAML file is data at the path of its folder: what
    /// `fruits/data.yaml` holds is `data.fruits`. Kubernetes objects are no data. Suites of Gatekeeper (kind Suite) are
    /// run as `gator verify` runs them.
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Run only the tests whose names match, such as 'main\.test_root'
    ///
    /// A test's name is its path, data.main.test_root_user. Of Gatekeeper's suites a name is suite//test//case; one pattern is
    /// looked for in any of the three, two are for test and case.
    #[arg(long, value_name = "REGEX")]
    pub(crate) run: Option<String>,

    /// Leave out files and folders like this below the named ones (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(crate) ignore: Vec<String>,

    /// Say which lines of the policies no test evaluates
    #[arg(long)]
    pub(crate) coverage: bool,

    /// Fail where fewer than so many percent of the lines are covered
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub(crate) threshold: Option<u32>,

    /// How to write what came of the tests
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: TestFormatArg,

    /// List every test
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Threads to test with; one for each core by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    #[command(flatten)]
    pub(crate) color: ColorFlag,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormatArg {
    /// For people
    #[default]
    Pretty,
    /// For programs: portcullis-test/1
    Json,
    /// For build servers: JUnit's XML
    Junit,
}

/// A share in hundredths of a percent.
fn parse_percent(text: &str) -> Result<u32, String> {
    let percent = || -> Option<u32> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        let rest: u32 = format!("{rest:0<2}").parse().ok().filter(|_| (1..=2).contains(&rest.len()))?;
        let hundredths = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(rest)?;
        (hundredths <= 10_000).then_some(hundredths)
    };
    percent().ok_or_else(|| "it is no number from 0 to 100, such as 80 or 92.5".to_owned())
}

#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints the configuration in effect, defaults filled in
    Show(ConfigFlags),
    /// Prints a configuration to start from, every key explained
    ///
    /// `portcullis config init > portcullis.yaml`
    Init,
    /// Prints the JSON Schema of the configuration, for editors
    Schema,
    /// Prints the equivalent of other tools' configurations
    ///
    /// `portcullis config import .hadolint.yaml .trivyignore > portcullis.yaml`
    ///
    /// Reads .hadolint.yaml, .checkov.yaml, trivy.yaml, .trivyignore, .trivyignore.yaml, .kube-linter.yaml, zizmor.yml,
    /// actionlint.yaml, .tflint.hcl and .tfsec/config.yml; under another name, the keys of a YAML file tell whose it is. What has
    /// no equivalent is said on standard error.
    Import(ImportArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The other tools' files; a rule that one of them turns off is off
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
}

/// What `--format` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A report.
    Report(Output),
    /// What a part of a scan leaves.
    Facts(Destination),
}

/// Where something goes that is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// `None`: standard output.
    pub(crate) path: Option<PathBuf>,
}

impl OutputFlags {
    /// The reports that are asked for.
    pub(crate) fn reports(&self) -> Vec<Output> {
        let reports = self.format.iter().filter_map(|asked| match asked {
            Asked::Report(output) => Some(output.clone()),
            Asked::Facts(_) => None,
        });
        reports.collect()
    }

    /// Where the facts of a part go.
    pub(crate) fn facts(&self) -> Option<&Destination> {
        self.format.iter().find_map(|asked| match asked {
            Asked::Report(_) => None,
            Asked::Facts(destination) => Some(destination),
        })
    }
}

/// A format and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// `None`: standard output.
    pub(crate) path: Option<PathBuf>,
}

/// The profiles that a scan can run with.
const PROFILES: [Profile; 2] = [Profile::Recommended, Profile::All];

fn severity() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::name)).try_map(|name| name.parse::<Severity>())
}

/// The formats are listed where all values of a flag are, in help and completions; `=PATH` may follow each.
fn output() -> impl clap::builder::TypedValueParser<Value = Asked> {
    OutputParser
}

#[derive(Clone)]
struct OutputParser;

impl clap::builder::TypedValueParser for OutputParser {
    type Value = Asked;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Asked, clap::Error> {
        read_output.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::ALL.into_iter().map(Format::name).chain([FACTS]).map(PossibleValue::new)))
    }
}

fn read_output(text: &str) -> Result<Asked, String> {
    let (format, path) = text.split_once('=').map_or((text, None), |(format, path)| (format, Some(path)));
    if path == Some("") {
        return Err("no path after `=`".to_owned());
    }
    // As elsewhere, `-` is not a file.
    let path = path.filter(|&path| path != "-");
    let path = path.map(PathBuf::from);
    if format == FACTS {
        return Ok(Asked::Facts(Destination { path }));
    }
    let format = format.parse().map_err(|unknown: String| unknown.replacen(')', &format!(", {FACTS})"), 1))?;
    Ok(Asked::Report(Output { format, path }))
}

/// The format of what parts of a scan leave for the whole.
const FACTS: &str = "facts";

/// Splits `NAME=VALUE`.
fn tf_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
