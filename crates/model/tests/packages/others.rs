//! Go, Ruby and PHP.

use portcullis_core::FileId;
use portcullis_model::packages::{GoSumOf, go_sums};

use crate::{Case, check, check_fault, check_paths, check_requirements};

const GO_MOD: &str = r#"module example.com/app // the project

go 1.21.3

toolchain go1.22.1

require example.com/a v1.0.0
require (
	example.com/b v1.1.0 // indirect
	"example.com/c" v1.2.0
	example.com/d v0.0.0-20200101000000-0123456789ab // indirect; for a test
	example.com/e v2.0.0+incompatible // indirectly
)

exclude example.com/a v0.9.0
retract [v1.0.0, v1.0.1]

replace (
	example.com/b => example.com/fork/b v1.1.1
	example.com/c v1.2.0 => ../c
	example.com/a v0.9.0 => example.com/no v1.0.0
)
"#;

#[test]
fn modules_of_go() {
    check(&[
        Case {
            about: "go.mod",
            files: &[("go.mod", GO_MOD)],
            packages: &[
                "7 example.com/a v1.0.0 direct dev?",
                "19 example.com/fork/b v1.1.1 transitive dev? as:example.com/b",
                "10 example.com/c - direct dev? path:../c",
                "11 example.com/d v0.0.0-20200101000000-0123456789ab transitive dev?",
                "12 example.com/e v2.0.0+incompatible direct dev?",
                "5 stdlib 1.22.1 direct dev?",
            ],
        },
        Case {
            about: "a version of the language is no release",
            files: &[("go.mod", "module a\n\ngo 1.20\n")],
            packages: &["3 stdlib - direct dev?"],
        },
    ]);
    check_fault("go.mod", "module a\nrequire b v1.0.0\nrequire\nwhat is this\nrequire c v1.0.0\n", 3, &["b", "c"]);
    let sums = go_sums(FileId(0), "a v1.0.0 h1:AA=\na v1.0.0/go.mod h1:BB=\nbroken\n");
    let shown: Vec<_> = sums.iter().map(|sum| (&*sum.version, sum.of, &*sum.hash.digest)).collect();
    assert_eq!(shown, [("v1.0.0", GoSumOf::Module, "AA="), ("v1.0.0", GoSumOf::GoMod, "BB=")]);
}

const GEMFILE_LOCK: &str = r"GIT
  remote: https://github.com/x/g.git
  revision: 0123456789abcdef0123456789abcdef01234567
  branch: main
  specs:
    g (1.0.0)
      rack (>= 1)

PATH
  remote: .
  specs:
    mine (0.1.0)
      nokogiri (~> 1.15)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.15.0)
      racc (~> 1.4)
    nokogiri (1.15.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.7.0)
    rack (2.0.0)
    rspec (3.0.0)

GEM
  remote: https://gems.example.com/
  specs:
    inner (1.0.0.pre1)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  g!
  inner (= 1.0.0.pre1)!
  mine!
  rspec

CHECKSUMS
  racc (1.7.0) sha256=aa
  nokogiri (1.15.0-x86_64-linux) sha256=bb

BUNDLED WITH
   2.5.0
";

const GEMFILE: &str = r#"source "https://rubygems.org"
gemspec
gem "g", git: "https://github.com/x/g.git", ref: "0123456789abcdef0123456789abcdef01234567"
gem 'inner', '= 1.0.0.pre1', '< 2' # a range of two
group :development, :test do
  if ENV["X"]
    gem "rspec"
  end
  gem "rake", :require => false
end
gem "web", "~> 1", group: :production
gem "lint", group: [:development, :test], require: false
gem "local", path: "../local"
gem name
"#;

#[test]
fn gems_of_ruby() {
    let expected: &[&str] = &[
        "6 g 1.0.0 direct dev? git:https://github.com/x/g.git#0123456789abcdef0123456789abcdef01234567",
        "12 mine 0.1.0 dev? project",
        "18 nokogiri 1.15.0 direct sha256:bb",
        "22 racc 1.7.0 transitive sha256:aa",
        "23 rack 2.0.0 transitive dev?",
        "24 rspec 3.0.0 direct dev?",
        "29 inner 1.0.0.pre1 direct dev? url:https://gems.example.com/",
    ];
    check(&[
        Case { about: "Gemfile.lock", files: &[("Gemfile.lock", GEMFILE_LOCK)], packages: expected },
        Case {
            about: "beside its Gemfile",
            files: &[("Gemfile.lock", GEMFILE_LOCK), ("Gemfile", GEMFILE)],
            packages: &[
                "6 g 1.0.0 direct git:https://github.com/x/g.git#0123456789abcdef0123456789abcdef01234567",
                "12 mine 0.1.0 dev? project",
                "18 nokogiri 1.15.0 direct sha256:bb",
                "22 racc 1.7.0 transitive sha256:aa",
                "23 rack 2.0.0 transitive",
                "24 rspec 3.0.0 direct dev optional",
                "29 inner 1.0.0.pre1 direct url:https://gems.example.com/",
            ],
        },
    ]);
    check_requirements(
        "Gemfile",
        GEMFILE,
        &[
            "3 g  elsewhere",
            "4 inner = 1.0.0.pre1, < 2",
            "7 rspec  dev optional",
            "9 rake  dev",
            "11 web ~> 1",
            "12 lint  dev",
            "13 local  elsewhere",
        ],
    );
    check_requirements("Gemfile", GEMFILE_OF_SOME, GEMS_OF_SOME);
    check_paths(
        "gems",
        &[("Gemfile.lock", GEMFILE_LOCK)],
        &["g", "", "nokogiri", "nokogiri > racc", "g > rack", "rspec", "inner"],
    );
    check_fault("Gemfile.lock", "GEM\n  specs:\n    a (1)\n    b (1", 4, &["a"]);
    check_fault("Gemfile.lock", "GEM\n  specs:\n    a (1)\nwhat?\nGEM\n  specs:\n    b (1)\n", 4, &["a", "b"]);
}

/// Gems that not every platform and every version of Ruby gets, and so not every lockfile.
const GEMFILE_OF_SOME: &str = r#"source "https://rubygems.org" do
  gem "rack", "~> 3.0"
end
gem "tzinfo-data", platforms: %i[windows jruby]
gem "wdm", "~> 0.1",
    require: false,
    :platforms => [:mswin]
platforms :ruby do
  gem "sqlite3", "~> 2.0"
end
if RUBY_VERSION >= "3.4"
  gem "mutex_m"
end
group :test do
  gem "rspec"
  install_if -> { RUBY_PLATFORM =~ /darwin/ } do
    gem "terminal-notifier"
  end
end
gem "bigdecimal" if RUBY_VERSION >= "3.4"
gem "puma", ">= 6",
    "< 8"
"#;

const GEMS_OF_SOME: &[&str] = &[
    "2 rack ~> 3.0",
    "4 tzinfo-data  optional",
    "5 wdm ~> 0.1 optional",
    "9 sqlite3 ~> 2.0 optional",
    "12 mutex_m  optional",
    "15 rspec  dev",
    "17 terminal-notifier  dev optional",
    "20 bigdecimal  optional",
    "21 puma >= 6, < 8",
];

const COMPOSER: &str = r#"{
    "content-hash": "00ff",
    "packages": [
        {
            "name": "Vendor/a",
            "version": "v1.0.0",
            "source": { "type": "git", "url": "https://github.com/v/a.git", "reference": "0123456789abcdef0123456789abcdef01234567" },
            "dist": { "type": "zip", "url": "https://api.github.com/repos/v/a/zipball/0123", "reference": "0123", "shasum": "00aa" },
            "require": { "php": ">=8", "vendor/virtual": "*" },
            "license": ["MIT", "GPL-2.0-only"]
        },
        {
            "name": "vendor/b",
            "version": "dev-main",
            "source": { "type": "git", "url": "https://github.com/v/b.git", "reference": "0123456789abcdef0123456789abcdef01234567" },
            "provide": { "vendor/virtual": "1" }
        }
    ],
    "packages-dev": [
        { "name": "vendor/d", "version": "2.0.0", "dist": { "type": "path", "url": "../d", "shasum": "" } }
    ]
}
"#;

#[test]
fn packages_of_php() {
    check(&[Case {
        about: "composer.lock beside its composer.json",
        files: &[
            ("composer.lock", COMPOSER),
            ("composer.json", r#"{"require": {"vendor/A": "^1", "php": "8"}, "require-dev": {"vendor/d": "*"}}"#),
        ],
        packages: &[
            "5 Vendor/a v1.0.0 direct url:https://api.github.com/repos/v/a/zipball/0123 sha1:00aa licence:MIT OR GPL-2.0-only",
            "13 vendor/b dev-main transitive git:https://github.com/v/b.git#0123456789abcdef0123456789abcdef01234567",
            "20 vendor/d 2.0.0 direct dev path:../d",
        ],
    }]);
    check_requirements(
        "composer.json",
        "{\"require\": {\"php\": \"8\", \"ext-json\": \"*\",\n\"a/b\": \"^1\"}, \"require-dev\": {\"c/d\": \"*\"}}",
        &["2 a/b ^1", "2 c/d * dev"],
    );
    check_fault(
        "composer.lock",
        "{\"packages\": [{\"name\": \"a/b\", \"version\": \"1\"},\n{\"name\": }]}",
        2,
        &["a/b"],
    );
}
