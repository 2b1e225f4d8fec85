use portcullis_core::{FileId, Span};
use portcullis_model::packages::{Ecosystem, Package, Purl, Source, purl_of};

#[test]
fn package_urls_are_read_and_written() {
    for (text, canonical) in [
        ("pkg:npm/left-pad@1.3.0", Some("pkg:npm/left-pad@1.3.0")),
        ("PKG:NPM/%40scope/Name@1.0.0", Some("pkg:npm/%40scope/Name@1.0.0")),
        ("pkg:npm/@scope/name@1.0.0", Some("pkg:npm/%40scope/name@1.0.0")),
        ("pkg:npm/@scope/name", Some("pkg:npm/%40scope/name")),
        ("pkg://npm//left-pad@1", Some("pkg:npm/left-pad@1")),
        ("pkg:PyPI/Django_Package@1.0", Some("pkg:pypi/django-package@1.0")),
        ("pkg:golang/GitHub.com/User/Repo@v1.0.0#Sub/./../Dir", Some("pkg:golang/github.com/user/repo@v1.0.0#Sub/Dir")),
        ("pkg:github/Package-URL/Purl-Spec@abc", Some("pkg:github/package-url/purl-spec@abc")),
        (
            "pkg:maven/Org.Apache/Commons@1?type=jar&Classifier=sources",
            Some("pkg:maven/Org.Apache/Commons@1?classifier=sources&type=jar"),
        ),
        (
            "pkg:maven/g/a@1?repository_url=https://h/x%20y",
            Some("pkg:maven/g/a@1?repository_url=https:%2F%2Fh%2Fx%20y"),
        ),
        ("pkg:cran/A3@0.9.1?empty=", Some("pkg:cran/A3@0.9.1")),
        ("pkg:golang/g.com/a@v1%2Bincompatible", Some("pkg:golang/g.com/a@v1%2Bincompatible")),
        ("pkg:golang/g.com/a@v1+incompatible", Some("pkg:golang/g.com/a@v1%2Bincompatible")),
        ("pkg:docker/a@sha256:0f", Some("pkg:docker/a@sha256:0f")),
        ("pkg:nuget/Newtonsoft.Json@13", Some("pkg:nuget/Newtonsoft.Json@13")),
        ("pkg:composer/Laravel/Laravel@5", Some("pkg:composer/laravel/laravel@5")),
        ("pkg:npm/na%C3%AFve@1", Some("pkg:npm/na%C3%AFve@1")),
        ("npm/left-pad@1", None),
        ("pkg:npm", None),
        ("pkg:npm/", None),
        ("pkg:maven/@1.0", None),
        ("pkg:swift/github.com/a/@1", None),
        ("pkg:3d/a@1", None),
        ("pkg:n&m/a@1", None),
        ("pkg:npm/a@1?in%20production=true", None),
        ("pkg:npm/%zz", None),
        ("pkg:npm/%ff", None),
        ("pkg:npm/%4", None),
        ("", None),
    ] {
        let written = Purl::parse(text).map(|purl| purl.to_string());
        assert_eq!(written.as_deref(), canonical, "{text}");
        if let Some(written) = written {
            let again = Purl::parse(&written).map(|purl| purl.to_string());
            assert_eq!(again, Some(written), "{text} read again");
        }
    }
}

#[test]
fn packages_have_urls() {
    let span = Span::new(FileId(0), 0, 0);
    for (ecosystem, name, version, url) in [
        (Ecosystem::Npm, "@scope/name", Some("1.0.0"), "pkg:npm/%40scope/name@1.0.0"),
        (Ecosystem::PyPi, "Ruamel_Yaml", Some("1"), "pkg:pypi/ruamel-yaml@1"),
        (Ecosystem::Maven, "org.a:b", Some("1-SNAPSHOT"), "pkg:maven/org.a/b@1-SNAPSHOT"),
        (Ecosystem::Go, "github.com/Azure/go", Some("v1.0.0"), "pkg:golang/github.com/azure/go@v1.0.0"),
        (Ecosystem::Go, "stdlib", None, "pkg:golang/stdlib"),
        (Ecosystem::Packagist, "Vendor/Name", Some("v2"), "pkg:composer/vendor/name@v2"),
        (Ecosystem::Swift, "github.com/apple/swift-nio", Some("2.0.0"), "pkg:swift/github.com/apple/swift-nio@2.0.0"),
        (Ecosystem::CratesIo, "serde", Some("1.0.0+meta"), "pkg:cargo/serde@1.0.0%2Bmeta"),
        (Ecosystem::RubyGems, "rails", None, "pkg:gem/rails"),
        (Ecosystem::NuGet, "Newtonsoft.Json", Some("13"), "pkg:nuget/Newtonsoft.Json@13"),
        (Ecosystem::Hackage, "AC-HalfInteger", Some("1.2.1"), "pkg:hackage/AC-HalfInteger@1.2.1"),
    ] {
        assert_eq!(purl_of(&Package::new(ecosystem, name, version, span)), url);
    }
    let mut package = Package::new(Ecosystem::Npm, "a", None, span);
    package.source = Source::Git { url: "https://h/a.git".into(), commit: Some("abc".into()), span };
    assert_eq!(purl_of(&package), "pkg:npm/a?vcs_url=git%2Bhttps:%2F%2Fh%2Fa.git%40abc");
}
