//! Configuration and policies from files, as `check` reads them: what is set there holds for both.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_engine::config::{Admission, Config, Listen};
use portcullis_engine::{BundleChoice, Objects, Policies, PolicySources, ScanOptions};
use portcullis_rules::Date;

use crate::decision::{Clock, Judge};
use crate::reload::{LoadError, Loaded, Source};
use crate::settings::Settings;

/// Where everything is read from, and what the command line says otherwise.
#[derive(Clone, Debug, Default)]
pub struct FileSource {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// Policies and data beside those of the configuration.
    pub policies: PolicySources,
    /// The namespace that the webhook runs in.
    pub own_namespace: Option<String>,
    /// What is stronger than the configuration.
    pub flags: Flags,
}

/// What the command line says of the server.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`.
    pub listen: Option<Listen>,
    /// `--metrics-listen`.
    pub metrics_listen: Option<Listen>,
    /// `--tls-cert`.
    pub certificate: Option<PathBuf>,
    /// `--tls-key`.
    pub key: Option<PathBuf>,
    /// `--self-signed`.
    pub self_signed: Vec<String>,
}

impl Source for FileSource {
    fn load(&self) -> Result<Loaded, LoadError> {
        let mut watched: Vec<PathBuf> = self.config.iter().map(|path| self.cwd.join(path)).collect();
        watched.extend(self.policies.policies.iter().chain(&self.policies.data).map(|path| self.cwd.join(path)));
        match self.read(&mut watched) {
            Ok((settings, judge)) => Ok(Loaded { settings, decider: Arc::new(judge), watched }),
            Err(reason) => Err(LoadError { reason, watched }),
        }
    }
}

impl FileSource {
    /// Adds what it comes by to `watched`, whatever is wrong further on.
    fn read(&self, watched: &mut Vec<PathBuf>) -> Result<(Settings, Judge), String> {
        let file = self.config.as_ref().map(|path| self.cwd.join(path));
        let directory = file.as_deref().and_then(Path::parent).unwrap_or(&self.cwd);
        let policies = self.policies(file.as_deref(), directory, watched);
        let builtin = portcullis_rules::catalog_with(policies.iter().flat_map(|policies| policies.rules()));
        let config = match &file {
            Some(file) => Config::load(file, &builtin).map_err(|error| error.to_string())?,
            None => Config::default(),
        };
        watched.extend(config.kubernetes_crds.iter().map(|folder| directory.join(folder)));
        let dumps: Vec<PathBuf> = config.admission.inventory.iter().map(|file| directory.join(file)).collect();
        watched.extend(dumps.iter().cloned());
        let settings = self.settings(&config.admission, directory);
        let options = ScanOptions {
            date: Date::from_unix(now()),
            config_directory: Some(directory.to_owned()),
            config,
            policies,
            dumps,
            ..ScanOptions::new(self.cwd.clone())
        };
        let objects = Objects::new(options).map_err(|error| error.to_string())?;
        let judge = Judge::new(objects, &settings, Clock::System).map_err(|error| error.to_string())?;
        Ok((settings, judge))
    }

    fn policies(&self, file: Option<&Path>, directory: &Path, watched: &mut Vec<PathBuf>) -> Option<Arc<Policies>> {
        let mut sources = self.policies.clone();
        if let Some(file) = file {
            let (keys, data) = Config::policies(file, &portcullis_rules::catalog());
            let named: Vec<PathBuf> = keys.dirs.iter().map(|folder| directory.join(folder)).collect();
            let data: Vec<PathBuf> = data.iter().map(|file| directory.join(file)).collect();
            let bundles = keys.bundles.into_iter();
            let bundles: Vec<BundleChoice> =
                bundles.map(|bundle| BundleChoice { path: directory.join(&bundle.path), ..bundle }).collect();
            watched.extend(named.iter().chain(&data).chain(bundles.iter().map(|bundle| &bundle.path)).cloned());
            sources.policies.extend(named);
            sources.packs.extend(keys.packs);
            sources.bundles.extend(bundles);
            sources.data.extend(data);
            if sources.namespaces.is_empty() {
                sources.namespaces = keys.namespaces;
            }
        }
        (!sources.is_empty()).then(|| Arc::new(Policies::load(&sources, &self.cwd)))
    }

    fn settings(&self, admission: &Admission, directory: &Path) -> Settings {
        let mut settings = Settings::new(admission, directory, self.own_namespace.as_deref());
        let Flags { listen, metrics_listen, certificate, key, self_signed } = &self.flags;
        settings.listen = listen.map_or(settings.listen, |listen| listen.0);
        settings.metrics_listen = metrics_listen.map_or(settings.metrics_listen, |listen| listen.0);
        if let Some(certificate) = certificate {
            settings.tls.certificate = Some(self.cwd.join(certificate));
        }
        if let Some(key) = key {
            settings.tls.key = Some(self.cwd.join(key));
        }
        if !self_signed.is_empty() {
            // Who asks for one on the command line wants it in place of what the file names.
            settings.tls.certificate = None;
            settings.tls.key = None;
            settings.tls.self_signed.clone_from(self_signed);
        }
        settings
    }
}

fn now() -> u64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
