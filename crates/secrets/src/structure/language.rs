//! The syntax that a text is written in, told by its path: what stands for a value, and where.

use crate::Slot;

/// A syntax, as far as it matters for names and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Json,
    Toml,
    /// `name = value`, `name: value`, `name value`; sections in brackets.
    Ini,
    /// `name=value` for environments.
    Env,
    Shell,
    Dockerfile,
    Hcl,
    Xml,
    Html,
    /// Programs: what is not quoted is an expression.
    Code,
    Sql,
    /// Texts for people.
    Prose,
    /// `machine host login user password value`.
    Netrc,
    /// Anything else.
    Other,
}

impl Language {
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
        // What a template makes is told by the extension before its own.
        let base = [
            ".j2",
            ".jinja",
            ".jinja2",
            ".tmpl",
            ".tpl",
            ".erb",
            ".template",
            ".example",
            ".sample",
            ".dist",
            ".in",
            ".bak",
            ".orig",
        ]
        .iter()
        .find_map(|end| name.strip_suffix(end).filter(|base| base.contains('.')))
        .unwrap_or(&name);
        match base {
            "dockerfile" | "containerfile" => return Self::Dockerfile,
            "jenkinsfile" | "vagrantfile" | "gemfile" | "rakefile" | "podfile" | "fastfile" => return Self::Code,
            "makefile" | "gnumakefile" | "procfile" => return Self::Shell,
            ".netrc" | "_netrc" | "netrc" => return Self::Netrc,
            ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" | ".envrc" => return Self::Shell,
            "env" | "env.example" | "env.sample" | "env.template" | "env.dist" => return Self::Env,
            ".babelrc" | ".eslintrc" | ".dockerconfigjson" | ".dockercfg" => return Self::Json,
            "readme" | "changelog" | "license" | "notice" => return Self::Prose,
            _ => {}
        }
        if base.starts_with("dockerfile.") || base.starts_with(".env") || base.starts_with("containerfile.") {
            return if base.starts_with(".env") { Self::Env } else { Self::Dockerfile };
        }
        match base.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "yaml" | "yml" | "sls" | "eyaml" => Self::Yaml,
            "json" | "jsonc" | "json5" | "ipynb" | "tfstate" | "webmanifest" | "har" | "avsc" => Self::Json,
            "toml" => Self::Toml,
            "ini" | "cfg" | "conf" | "cnf" | "cf" | "config" if base != "web.config" && base != "app.config" => {
                Self::Ini
            }
            "properties" | "props" if base != "directory.build.props" => Self::Ini,
            "env" => Self::Env,
            "sh" | "bash" | "zsh" | "ksh" | "fish" | "csh" | "bat" | "cmd" | "bats" | "mk" | "service" => Self::Shell,
            "dockerfile" | "containerfile" => Self::Dockerfile,
            "tf" | "tfvars" | "hcl" | "nomad" | "pkr" => Self::Hcl,
            "xml" | "config" | "props" | "csproj" | "vbproj" | "fsproj" | "targets" | "pom" | "plist" | "xaml"
            | "jmx" | "wsdl" | "xsd" | "resx" | "nuspec" | "pubxml" | "publishsettings" | "settings" | "jelly"
            | "xsl" | "xslt" | "axml" | "storyboard" | "iml" | "fxml" => Self::Xml,
            "html" | "htm" | "xhtml" | "vue" | "svelte" | "jsp" | "jspx" | "ejs" | "hbs" | "mustache" | "cshtml"
            | "aspx" | "twig" | "ftl" | "haml" | "pug" => Self::Html,
            "py" | "pyi" | "pyx" | "go" | "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "mts" | "cts" | "java"
            | "kt" | "kts" | "scala" | "groovy" | "gradle" | "rb" | "php" | "phtml" | "cs" | "vb" | "fs" | "c"
            | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "m" | "mm" | "rs" | "swift" | "lua" | "pl" | "pm" | "t"
            | "dart" | "r" | "ex" | "exs" | "erl" | "hrl" | "clj" | "cljs" | "edn" | "hs" | "ml" | "jl" | "ps1"
            | "psm1" | "psd1" | "coffee" | "ino" | "zig" | "nim" | "cr" | "d" | "tcl" | "vbs" | "bas" | "pas"
            | "as" | "proto" | "graphql" | "gql" | "thrift" | "sol" | "jsonnet" | "libsonnet" | "cue" | "nix"
            | "rego" | "bicep" | "css" | "scss" | "less" | "sass" | "robot" | "feature" | "jmespath" | "st" | "pp"
            | "gs" | "asm" | "s" | "v" | "sv" | "vhd" => Self::Code,
            "sql" | "ddl" | "psql" | "pgsql" | "hql" | "cql" => Self::Sql,
            "md" | "markdown" | "mdx" | "rst" | "adoc" | "asciidoc" | "txt" | "text" | "tex" | "org" | "textile"
            | "wiki" | "log" | "out" | "csv" | "tsv" | "po" | "pot" | "srt" | "rtf" | "eml" | "mail" => Self::Prose,
            _ => Self::Other,
        }
    }

    /// By the word behind the marks that open a block of code in a text for people.
    pub(super) fn of_fence(info: &str) -> Self {
        match info.trim().split([' ', '{', ',', ':']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "bash" | "sh" | "shell" | "console" | "zsh" | "shell-session" | "terminal" | "bat" | "fish" => Self::Shell,
            "" | "text" | "txt" | "none" | "plain" | "plaintext" | "log" | "output" | "http" => Self::Other,
            "terraform" | "tf" => Self::Hcl,
            "dockerfile" | "docker" => Self::Dockerfile,
            "dotenv" | "env" => Self::Env,
            "python" | "javascript" | "typescript" | "ruby" | "csharp" | "rust" | "kotlin" | "golang" | "c++"
            | "powershell" | "pwsh" | "perl" | "elixir" | "node" => Self::Code,
            info => Self::of(&["x.", info].concat()),
        }
    }

    /// What a value is where names and values stand as this language has them.
    pub(super) fn slot(self) -> Slot {
        match self {
            Self::Env | Self::Shell | Self::Dockerfile => Slot::Environment,
            Self::Code | Self::Sql | Self::Html => Slot::Literal,
            Self::Prose => Slot::Prose,
            _ => Slot::Setting,
        }
    }

    /// Whether a value without quotes is an expression.
    pub(super) fn quotes_texts(self) -> bool {
        matches!(self, Self::Code | Self::Hcl | Self::Toml | Self::Sql | Self::Html | Self::Xml | Self::Json)
    }

    /// Whether what is indented more belongs to what is above it.
    pub(super) fn nests_by_indentation(self) -> bool {
        matches!(self, Self::Yaml | Self::Json | Self::Hcl | Self::Code | Self::Other)
    }
}
