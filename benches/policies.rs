//! What policies cost: loading them, and asking them about documents.
//!
//! Prints a table and decides nothing; `benches/README.md` says how to run it. Documents are parsed and converted as a scan
//! does it; discovery, builtin rules and reports are left out. With `--bin` it times whole scans by a binary as well.
#![allow(missing_docs, reason = "a program of its own")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use portcullis_core::FileId;
use portcullis_policy::{Form, Kind, Module, Namespaces, Options, Policies, Value};
use portcullis_syntax::{Dialect, yaml};

const USAGE: &str = "usage: cargo bench -p portcullis-policy --bench policies -- [load|ask|corpus DIR] [--threads N] \
                     [--runs K] [--count N] [--bin PATH]";

/// Files of policies in the table: two rules and their helpers each.
const LOADED: usize = 100;
/// Those that are asked: 50 rules.
const ASKED: usize = 25;

fn main() -> ExitCode {
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

struct Settings {
    threads: usize,
    runs: usize,
    count: usize,
    bin: Option<PathBuf>,
}

fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let verb = args.first().map(String::as_str).filter(|first| !first.starts_with("--"));
    let folder = args.get(1).filter(|_| verb == Some("corpus"));
    let taken = usize::from(verb.is_some()) + usize::from(folder.is_some());
    let mut settings = Settings { threads: 2, runs: 5, count: 1000, bin: None };
    for pair in args.get(taken..).unwrap_or_default().chunks(2) {
        match pair {
            [name, value] if name == "--threads" => settings.threads = value.parse::<usize>()?.max(1),
            [name, value] if name == "--runs" => settings.runs = value.parse::<usize>()?.max(1),
            [name, value] if name == "--count" => settings.count = value.parse::<usize>()?.max(1),
            [name, value] if name == "--bin" => settings.bin = Some(PathBuf::from(value)),
            other => return Err(format!("{other:?} is not known").into()),
        }
    }
    match (verb, folder) {
        (None, _) => table(&settings),
        (Some("load"), _) => {
            (0..settings.runs).for_each(|_| drop(load(LOADED)));
            Ok(())
        }
        (Some("ask"), _) => {
            let (policies, texts) = (load(ASKED), texts(settings.count));
            (0..settings.runs).for_each(|_| _ = ask(&policies, &texts, settings.threads));
            Ok(())
        }
        (Some("corpus"), Some(folder)) => Ok(corpus(Path::new(folder), settings.count, ASKED)?),
        _ => Err("unknown verb".into()),
    }
}

fn table(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let (count, threads) = (settings.count, settings.threads);
    println!("{threads} threads, median of {}\n\n| what | findings | ms |\n|---|---|---|", settings.runs);
    let row = |what: &str, found: usize, took: Duration| println!("| {what} | {found} | {:.1} |", ms(took));
    let (_, took) = median(settings.runs, || load(LOADED).checks().len());
    row(&format!("{LOADED} files of policies, loaded"), 0, took);
    let policies = load(ASKED);
    let rules = policies.checks().len();
    let mut times = Vec::new();
    for count in [count, count * 10] {
        let texts = texts(count);
        let (found, took) = median(settings.runs, || ask(&policies, &texts, threads));
        if found == 0 {
            return Err("nothing was found, so the texts are not what they should be".into());
        }
        row(&format!("{count} documents, {rules} rules"), found, took);
        times.push(took);
    }
    if let [one, ten] = times.as_slice() {
        println!("\nten times the documents take {:.1} times as long", ten.as_secs_f64() / one.as_secs_f64());
    }
    let Some(bin) = &settings.bin else { return Ok(()) };
    println!("\n| whole scans | ms |\n|---|---|");
    let folder = std::env::temp_dir().join(format!("portcullis-policies-{}", std::process::id()));
    for (count, files) in [(1, LOADED), (count, ASKED), (count * 10, ASKED)] {
        corpus(&folder, count, files)?;
        let (_, took) = median(settings.runs, || scan(bin, &folder, threads));
        println!("| {count} documents, {files} files of policies | {:.1} |", ms(took));
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

/// The median time of some runs, after one that warms up, and what they counted.
fn median(runs: usize, work: impl Fn() -> usize) -> (usize, Duration) {
    let counted = work();
    let each = (0..runs).map(|_| {
        let started = Instant::now();
        work();
        started.elapsed()
    });
    let mut times: Vec<Duration> = each.collect();
    times.sort_unstable();
    (counted, times.get(times.len() / 2).copied().unwrap_or_default())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn scan(bin: &Path, folder: &Path, threads: usize) -> usize {
    let mut command = Command::new(bin);
    command.args(["check", "--only", "policy", "--format", "json", "--policy", "policy", "--threads"]);
    command.arg(threads.to_string()).arg("app").current_dir(folder).stdout(Stdio::null());
    command.status().ok().and_then(|status| status.code()).unwrap_or_default().unsigned_abs() as usize
}

fn load(files: usize) -> Policies {
    let modules: Vec<Module> =
        (0..files).map(|number| Module::new(format!("policy/p{number:03}.rego"), policy(number))).collect();
    let data = Value::object([("owners", Value::array([Value::from("shop"), Value::from("pay")]))]);
    let (policies, faults) = Policies::load(&modules, &data, &Namespaces::default(), &Options::default());
    assert!(faults.is_empty(), "{faults:?}");
    policies
}

/// Every rule about every text, with a worker for each thread; how much was found.
fn ask(policies: &Policies, texts: &[Arc<str>], threads: usize) -> usize {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut worker = policies.worker();
        let (mut found, mut faults) = (0, Vec::new());
        while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tree = yaml::parse(FileId::default(), text, Dialect::Yaml11);
            for document in tree.documents() {
                let value = Value::from_node(document.root);
                let what = (Kind::KubernetesYaml, Form::Plain);
                found += policies.judge(&mut worker, what, &value, &|_| true, &mut faults).len();
            }
        }
        assert!(faults.is_empty(), "{faults:?}");
        found
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        work() + others.into_iter().map(|other| other.join().unwrap_or_default()).sum::<usize>()
    })
}

fn corpus(folder: &Path, count: usize, files: usize) -> std::io::Result<()> {
    std::fs::create_dir_all(folder.join("app"))?;
    std::fs::create_dir_all(folder.join("policy"))?;
    for (number, text) in texts(count).iter().enumerate() {
        std::fs::write(folder.join(format!("app/{number:05}.yaml")), text.as_bytes())?;
    }
    for number in 0..files {
        std::fs::write(folder.join(format!("policy/p{number:03}.rego")), policy(number))?;
    }
    Ok(())
}

fn texts(count: usize) -> Vec<Arc<str>> {
    (0..count).map(|number| Arc::from(deployment(number))).collect()
}

/// A Deployment of two containers and one that starts before them; some numbers give it defects.
fn deployment(number: usize) -> String {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number:05}\n  namespace: team-{:02}\n  labels:\n    \
         app: app-{number:05}\n    owner: {}\n  annotations:\n    contact: team@example.com\nspec:\n  replicas: {}\n  \
         selector:\n    matchLabels:\n      app: app-{number:05}\n  template:\n    metadata:\n      labels:\n        app: \
         app-{number:05}\n    spec:\n      serviceAccountName: app\n      automountServiceAccountToken: false\n      \
         securityContext:\n        runAsNonRoot: true\n        seccompProfile:\n          type: RuntimeDefault\n      \
         initContainers:\n",
        number % 32,
        if number.is_multiple_of(8) { "nobody" } else { "shop" },
        1 + number % 4
    );
    for (at, name) in ["migrate", "web", "proxy"].into_iter().enumerate() {
        if at == 1 {
            text.push_str("      containers:\n");
        }
        let tag = if (number + at).is_multiple_of(16) { "latest" } else { "1.2.3" };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "        - name: {name}\n          image: registry.example.com/team/{name}:{tag}\n          args: [\"--port\", \
             \"8080\"]\n          ports:\n            - name: http\n              containerPort: 80{at}0\n          env:\n            \
                     - name: LOG_LEVEL\n              value: info\n            - name: REGION\n              value: \
             eu-west-1\n          resources:\n            requests:\n              cpu: 100m\n              memory: \
             128Mi\n            limits:\n              memory: 256Mi\n          securityContext:\n            \
             allowPrivilegeEscalation: {}\n            readOnlyRootFilesystem: true\n            capabilities:\n              \
             drop: [ALL]\n",
            (number + at).is_multiple_of(20)
        );
    }
    text
}

/// A file with two rules, as Conftest's users write them. The number chooses what they are about.
fn policy(number: usize) -> String {
    let rules = [
        "deny_tag_N contains msg if {\n\tworkload_N\n\tsome container in containers_N\n\tendswith(container.image, \
         \":latest\")\n\tmsg := sprintf(\"%s: container %s has no version\", [input.metadata.name, container.name])\n}\n",
        "deny_privileged_N contains msg if {\n\tworkload_N\n\tsome container in \
         containers_N\n\tcontainer.securityContext.privileged\n\tmsg := sprintf(\"%s is privileged\", \
         [container.name])\n}\n",
        "deny_registry_N contains msg if {\n\tworkload_N\n\tsome container in containers_N\n\tnot \
         startswith(container.image, \"registry.example.com/\")\n\tmsg := sprintf(\"%s comes from elsewhere\", \
         [container.image])\n}\n",
        "deny_owner_N contains msg if {\n\tworkload_N\n\tnot input.metadata.labels.owner in \
         {\"shop\", \"pay\", \"nobody\"}\n\tmsg := sprintf(\"%s has no owner\", [input.metadata.name])\n}\n",
        "deny_escalation_N contains msg if {\n\tsome container in \
         containers_N\n\tcontainer.securityContext.allowPrivilegeEscalation\n\tmsg := sprintf(\"%s may gain \
         privileges\", [container.name])\n}\n",
        "deny_limits_N contains {\"msg\": msg} if {\n\tsome container in containers_N\n\tnot \
         container.resources.limits.memory\n\tmsg := sprintf(\"%s has no limit\", [container.name])\n}\n",
        "deny_host_N[msg] {\n\tworkload_N\n\tinput.spec.template.spec.hostNetwork == true\n\tmsg := \
         \"it uses the network of its host\"\n}\n",
        "warn_replicas_N[msg] {\n\tinput.kind == \"Deployment\"\n\tinput.spec.replicas > 5\n\tmsg := \"many replicas\"\n}\n",
        "deny_label_N contains msg if {\n\tsome name, value in input.metadata.labels\n\tnot regex.match(`^[a-z0-9./-]+$`, \
         value)\n\tmsg := sprintf(\"label %s is not in lower case\", [name])\n}\n",
        "deny_capabilities_N contains msg if {\n\tsome container in containers_N\n\tdropped := {lower(name) | some name in \
         container.securityContext.capabilities.drop}\n\tnot \"all\" in dropped\n\tmsg := sprintf(\"%s keeps \
         capabilities\", [container.name])\n}\n",
    ];
    let at = number * 2 % rules.len();
    let both = rules.get(at..at + 2).unwrap_or_default().concat();
    let is_old = both.contains("[msg] {");
    let mut text = String::from("# What workloads must and must not do.\npackage main\n\n");
    if !is_old {
        text.push_str("import rego.v1\n\n");
    }
    text.push_str(&both);
    text.push_str(if is_old {
        "\nworkload_N { kinds_N[input.kind] }\n\nkinds_N := {\"Deployment\", \"StatefulSet\", \"DaemonSet\"}\n"
    } else {
        "\nworkload_N if input.kind in {\"Deployment\", \"StatefulSet\", \"DaemonSet\"}\n\n# Those that start before the \
         others count.\ncontainers_N contains container if some container in input.spec.template.spec.containers\n\n\
         containers_N contains container if some container in input.spec.template.spec.initContainers\n"
    });
    text.replace("_N", &format!("_{number:03}"))
}
