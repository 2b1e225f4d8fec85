//! What belongs to a scheme besides its order: ecosystems, names, prereleases, majors.

use portcullis_advisories::Scheme;

#[test]
fn ecosystems_have_schemes() {
    for (name, expected) in [
        ("npm", Some(Scheme::Npm)),
        ("crates.io", Some(Scheme::Cargo)),
        ("PyPI", Some(Scheme::Pypi)),
        ("Maven", Some(Scheme::Maven)),
        ("Maven:https://repo.example/maven2", Some(Scheme::Maven)),
        ("RubyGems", Some(Scheme::RubyGems)),
        ("Packagist", Some(Scheme::Packagist)),
        ("Packagist:https://packages.example/8", Some(Scheme::Packagist)),
        ("NuGet", Some(Scheme::Nuget)),
        ("Go", Some(Scheme::Go)),
        ("Pub", Some(Scheme::Pub)),
        ("Hex", Some(Scheme::Hex)),
        ("Hackage", Some(Scheme::Hackage)),
        ("GHC", Some(Scheme::Hackage)),
        ("CRAN", Some(Scheme::Cran)),
        ("Bioconductor:3.18", Some(Scheme::Cran)),
        ("ConanCenter", Some(Scheme::Conan)),
        ("SwiftURL", Some(Scheme::Swift)),
        ("GitHub Actions", Some(Scheme::Actions)),
        ("Julia", Some(Scheme::Semver)),
        ("Bitnami", Some(Scheme::Semver)),
        ("Debian", Some(Scheme::Debian)),
        ("Debian:12", Some(Scheme::Debian)),
        ("Ubuntu:22.04:LTS", Some(Scheme::Debian)),
        ("Ubuntu:Pro:18.04:LTS", Some(Scheme::Debian)),
        ("Red Hat:enterprise_linux:9::appstream", Some(Scheme::Redhat)),
        ("Rocky Linux:9", Some(Scheme::Redhat)),
        ("AlmaLinux:9", Some(Scheme::Redhat)),
        ("openSUSE:Leap 15.6", Some(Scheme::Redhat)),
        ("SUSE:Linux Enterprise Server 15 SP5", Some(Scheme::Redhat)),
        ("Mageia:9", Some(Scheme::Redhat)),
        ("Photon OS:5.0", Some(Scheme::Redhat)),
        ("Alpine:v3.18", Some(Scheme::Alpine)),
        ("Alpine", Some(Scheme::Alpine)),
        ("Wolfi", Some(Scheme::Alpine)),
        ("Chainguard", Some(Scheme::Alpine)),
        ("GIT", None),
        ("OSS-Fuzz", None),
        ("Linux", None),
        ("Android", None),
        ("", None),
        ("npmx", None),
    ] {
        assert_eq!(Scheme::of_ecosystem(name), expected, "{name}");
    }
}

#[test]
fn names_have_one_spelling() {
    for (scheme, name, expected) in [
        (Scheme::Pypi, "Django", "django"),
        (Scheme::Pypi, "zope.interface", "zope-interface"),
        (Scheme::Pypi, "a-_.B", "a-b"),
        (Scheme::Pypi, "ruamel.yaml.clib", "ruamel-yaml-clib"),
        (Scheme::Pypi, "requests", "requests"),
        (Scheme::Nuget, "Newtonsoft.Json", "newtonsoft.json"),
        (Scheme::Packagist, "Symfony/HTTP-Kernel", "symfony/http-kernel"),
        (Scheme::Actions, "Actions/Checkout", "actions/checkout"),
        (Scheme::Swift, "https://github.com/Vapor/vapor.git", "github.com/vapor/vapor"),
        (Scheme::Swift, "github.com/vapor/vapor", "github.com/vapor/vapor"),
        (Scheme::Npm, "@types/Node", "@types/Node"),
        (Scheme::Npm, "JSONStream", "JSONStream"),
        (Scheme::Go, "github.com/BurntSushi/toml", "github.com/BurntSushi/toml"),
        (Scheme::Maven, "org.Foo:Bar", "org.Foo:Bar"),
        (Scheme::RubyGems, "RedCloth", "RedCloth"),
        (Scheme::Cargo, "serde_json", "serde_json"),
    ] {
        assert_eq!(scheme.normalise_name(name), expected, "{scheme:?} {name}");
    }
}

#[test]
fn prereleases_are_known() {
    for (scheme, prereleases, releases) in [
        (Scheme::Npm, &["1.0.0-rc.1", "v2.0.0-0", "1.0.0-a+b"][..], &["1.0.0", "v1", "1.0.0+a-b", ""][..]),
        (Scheme::Cargo, &["0.1.0-alpha"], &["0.1.0"]),
        (Scheme::Pub, &["1.0.0-dev.1"], &["1.0.0+1"]),
        (Scheme::Nuget, &["1.0-beta", "1.0.0.0-x"], &["1.0.0.1"]),
        (Scheme::Go, &["v0.0.0-20200101000000-abcdefabcdef", "go1.21rc2"], &["v1.0.0+incompatible", "go1.21.1"]),
        (Scheme::Pypi, &["1.0a1", "1.0.dev1", "1.0.post1.dev2", "1.0RC1"], &["1.0", "1.0.post1", "1.0+local", "weird"]),
        (
            Scheme::Maven,
            &["1.0-SNAPSHOT", "1.0.M1", "2.0-rc-1", "1.0.Beta2"],
            &["1.0.Final", "1.0-jre", "1.0-1", "1.0.SP1"],
        ),
        (Scheme::RubyGems, &["1.0.rc1", "1.0-1", "1.0.0.pre"], &["1.0", "1.0.0"]),
        (Scheme::Packagist, &["1.0-beta1", "dev-main", "1.x-dev", "v1.0RC1"], &["v1.0", "1.0pl1", "1.0.0"]),
        (Scheme::Conan, &["1.0-pre"], &["1.1.1k"]),
        (Scheme::Debian, &["1.0~rc1-1"], &["1.0-1", "1.0+really"]),
        (Scheme::Redhat, &["1.0~rc1-1"], &["1.0-1.el9"]),
        (Scheme::Alpine, &["1.0_rc1-r0", "1.0_alpha"], &["1.0-r0", "1.0_p1", "1.0b"]),
        (Scheme::Cran, &[], &["1.0-1"]),
        (Scheme::Hackage, &[], &["1.0"]),
    ] {
        for (versions, expected) in [(prereleases, true), (releases, false)] {
            for version in versions {
                assert_eq!(scheme.is_prerelease(version), expected, "{scheme:?} {version}");
            }
        }
    }
}

#[test]
fn majors_are_compared() {
    for (scheme, a, b, expected) in [
        (Scheme::Npm, "1.2.3", "1.9.0", true),
        (Scheme::Npm, "1.2.3", "2.0.0", false),
        (Scheme::Npm, "0.2.3", "0.2.9", true),
        (Scheme::Npm, "0.2.3", "0.3.0", false),
        (Scheme::Npm, "0.0.3", "0.0.4", false),
        (Scheme::Cargo, "0.0.3", "0.0.3-alpha", true),
        (Scheme::Cargo, "1", "v1.5", true),
        (Scheme::Cargo, "0.1.0", "1.1.0", false),
        (Scheme::Pub, "0.0.3", "0.0.4", true),
        (Scheme::Pub, "0.1.3", "0.2.4", false),
        (Scheme::Go, "v1.2.3", "1.9.9", true),
        (Scheme::Go, "v0.1.0", "v0.2.0", false),
        (Scheme::Pypi, "1.0rc1", "1.9", true),
        (Scheme::Pypi, "1!1.0", "1.0", false),
        (Scheme::Pypi, "0.1", "0.2", true),
        (Scheme::Debian, "1:2.3-1", "1:2.9-4", true),
        (Scheme::Debian, "1:2.3-1", "2.9-4", false),
        (Scheme::Redhat, "2.3-1", "3.0-1", false),
        (Scheme::Maven, "5.3.1.RELEASE", "5.9", true),
        (Scheme::RubyGems, "7.0.1", "7.1", true),
        (Scheme::Hackage, "1.2.3", "1.3", false),
        (Scheme::Hackage, "1.2.3", "1.2.9", true),
        (Scheme::Alpine, "3.0.7-r0", "3.1.0-r4", true),
        (Scheme::Packagist, "v5.4.1", "5.9.0", true),
    ] {
        assert_eq!(scheme.same_major(a, b), expected, "{scheme:?} {a} {b}");
        assert_eq!(scheme.same_major(b, a), expected, "{scheme:?} {b} {a}");
    }
}
