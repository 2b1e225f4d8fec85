use crate::{check, check_fault, check_requirements};

#[test]
fn packages_lock() {
    check(
        "packages.lock.json",
        r#"{
  "version": 2,
  "dependencies": {
    "net8.0": {
      "App.Core": { "type": "Direct", "requested": "[1.0, )", "resolved": "1.2.0", "contentHash": "aGFzaA==",
        "dependencies": { "lib.one": "2.0.0" } },
      "Lib.One": { "type": "Transitive", "resolved": "2.0.0", "contentHash": "b25l" },
      "Lib.Central": { "type": "CentralTransitive", "requested": "[3, )", "resolved": "3.0.0" },
      "my.library": { "type": "Project", "dependencies": { "Lib.Central": "[3, )" } }
    },
    "net8.0/linux-x64": {
      "Lib.One": { "type": "Direct", "resolved": "2.0.0" },
      "Lib.Two": { "type": "Transitive", "resolved": "1.0.0" },
      "App.Core": { "type": "Transitive", "resolved": "1.2.0", "dependencies": { "Lib.Two": "1.0.0" } }
    }
  }
}"#,
        &[
            "5 App.Core 1.2.0 direct dev? sha512:agfzaa== >Lib.One >Lib.Two",
            "7 Lib.One 2.0.0 direct dev? sha512:b25l",
            "8 Lib.Central 3.0.0 transitive dev?",
            "9 my.library - dev? project >Lib.Central",
            "13 Lib.Two 1.0.0 transitive dev?",
        ],
    );
    check(
        "packages.lock.json",
        r#"{"version": "x", "dependencies": {"a": [1], "b": {"c": 1, "d": {}, "e": {"resolved": "1"}}}}"#,
        &["1 e 1 dev?"],
    );
    let cut = "{\"dependencies\": {\"net8.0\": {\n\"A\": {\"resolved\": \"1\"},\n\"B\": {\"resolved\": ";
    check_fault("packages.lock.json", cut, 3, &["A"]);
}

#[test]
fn packages_config() {
    check(
        "packages.config",
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>
<packages>
  <package id=\"Newtonsoft.Json\" version=\"13.0.1\" targetFramework=\"net48\" />
  <package id='StyleCop' version='1.1' developmentDependency='True' />
  <package id=\"No.Version\" />
  <package version=\"1\" />
</packages>",
        &["3 Newtonsoft.Json 13.0.1", "4 StyleCop 1.1 dev", "5 No.Version -"],
    );
    check_fault("packages.config", "<packages>\n<package id=\"A\" version=\"1\"/>\n<package id=\"", 3, &["A"]);
}

#[test]
fn deps_json() {
    check(
        "bin/App.deps.json",
        r#"{
  "runtimeTarget": { "name": ".NETCoreApp,Version=v8.0/linux-x64" },
  "targets": {
    ".NETCoreApp,Version=v8.0": {},
    ".NETCoreApp,Version=v8.0/linux-x64": {
      "App/1.0.0": { "dependencies": { "Serilog": "3.1.1", "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64": "8.0.0" } },
      "Serilog/3.1.1": { "dependencies": { "Meta": "1.0.0", "Not.Here": "1.0.0" }, "runtime": { "a.dll": {} } },
      "Meta/1.0.0": { "dependencies": { "System.Text": "4.0.0", "Meta": "1.0.0" } },
      "System.Text/4.0.0": { "native": { "a.so": {} } },
      "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.0": { "runtime": { "b.dll": {} } }
    }
  },
  "libraries": {
    "App/1.0.0": { "type": "project", "sha512": "" },
    "Serilog/3.1.1": { "type": "package", "sha512": "sha512-c2VyaQ==" },
    "Meta/1.0.0": { "type": "package" },
    "System.Text/4.0.0": { "type": "Package" },
    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.0": { "type": "runtimepack" },
    "Some.Reference/1.0.0.0": { "type": "reference" },
    "nothing": { "type": "package" }
  }
}"#,
        &[
            "14 App 1.0.0 dev? project >Serilog >Microsoft.NETCore.App.Runtime.linux-x64",
            "15 Serilog 3.1.1 direct dev? sha512:c2vyaq== >System.Text",
            "17 System.Text 4.0.0 transitive dev?",
            "18 Microsoft.NETCore.App.Runtime.linux-x64 8.0.0 direct dev?",
        ],
    );
}

#[test]
fn deps_json_without_its_target() {
    let text = r#"{ "runtimeTarget": "x", "libraries": { "A/1": { "type": "package" }, "B/2": {}, "C": { "type": "package" } } }"#;
    check("App.deps.json", text, &["1 A 1 dev?"]);
}

#[test]
fn central_versions() {
    check_requirements(
        "Directory.Packages.props",
        r#"<Project>
  <PropertyGroup>
    <AspNet>8.0.1</AspNet>
    <Twice>1</Twice><Twice>2</Twice>
    <Maybe Condition="'$(X)' == ''">3</Maybe>
  </PropertyGroup>
  <ItemGroup>
    <PackageVersion Include="Plain" Version="1.2.3" />
    <PackageVersion Include="Child"><Version>[2,3)</Version></PackageVersion>
    <PackageVersion Include="Filled" Version="$(aspnet)" />
    <PackageVersion Update="Updated" Version="4.*" />
    <PackageVersion Include="Twice" Version="$(Twice)" />
    <PackageVersion Include="Maybe" Version="$(Maybe)" />
    <PackageVersion Include="$(Name)" Version="1" />
    <PackageVersion Include="Unversioned" />
    <PackageVersion Include="Conditional" Version="1" Condition="$(X)" />
    <GlobalPackageReference Include="Analyzer" Version="5" />
  </ItemGroup>
  <ItemGroup Condition="'$(TargetFramework)' == 'net8.0'"><PackageVersion Include="Some" Version="1" /></ItemGroup>
</Project>"#,
        &[
            "17 Analyzer 5 dev",
            "8 shared Plain 1.2.3 dev?",
            "9 shared Child [2,3) dev?",
            "10 shared Filled 8.0.1 dev?",
            "11 shared Updated 4.* dev?",
        ],
    );
}
