//! `portcullis admit`: the admission webhook.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use portcullis_admission::{FileSource, Flags, Options, Server, Signals};
use portcullis_engine::PolicySources;

use crate::args::AdmitArgs;
use crate::check::{config_path, misnamed};
use crate::memory;
use crate::terminal::{self, Failure};

/// How often files are looked at: a volume of Kubernetes takes longer to change.
const POLL: Duration = Duration::from_secs(5);

/// Where Kubernetes tells a pod its namespace.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Serves until a signal ends it.
pub(crate) fn run(args: &AdmitArgs) -> Result<ExitCode, Failure> {
    memory::give_back();
    for said in misnamed(&args.config, Path::new(".")) {
        terminal::complain(&format!("note: {said}"));
    }
    let source = FileSource {
        cwd: std::env::current_dir()?,
        config: config_path(&args.config, Path::new("."))?,
        policies: PolicySources { policies: args.policy.clone(), data: args.data.clone(), ..PolicySources::default() },
        own_namespace: own_namespace(),
        flags: Flags {
            listen: args.listen,
            metrics_listen: args.metrics_listen,
            certificate: args.tls_cert.clone(),
            key: args.tls_key.clone(),
            self_signed: args.self_signed.clone(),
        },
    };
    let options =
        Options { source: Arc::new(source), log: Box::new(std::io::stderr()), poll: POLL, signals: Signals::Obeyed };
    // What a rule panicked about may hold what it looked at: only the place is told.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        terminal::complain(&format!(r#"{{"level":"error","msg":"panic","at":"{}"}}"#, place.escape_default()));
    }));
    let server = Server::start(options).map_err(|error| Failure::Message(error.to_string()))?;
    if let Some(bundle) = server.ca_bundle() {
        terminal::print(format!("caBundle: {bundle}\n").as_bytes())?;
    }
    server.wait();
    Ok(ExitCode::SUCCESS)
}

fn own_namespace() -> Option<String> {
    let given = std::env::var("POD_NAMESPACE").ok();
    let given = given.or_else(|| std::fs::read_to_string(PathBuf::from(NAMESPACE_FILE)).ok())?;
    Some(given.trim().to_owned()).filter(|namespace| !namespace.is_empty())
}
