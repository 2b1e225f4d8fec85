use crate::{check, check_among, check_fault, check_requirements};

const PLAIN: &str = r#"<?xml version="1.0"?>
<!DOCTYPE project [<!ENTITY hidden "9.9">]>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>org.shop</groupId>
  <artifactId>web</artifactId>
  <version>3.1</version>
  <properties>
    <jackson.version>2.17.1</jackson.version>
    <twice>${jackson.version}</twice>
    <circle>${circle}</circle>
    <both>${project.version}-${twice}</both>
  </properties>
  <dependencyManagement>
    <dependencies>
      <dependency>
        <groupId>org.managed</groupId><artifactId>here</artifactId>
        <version>${twice}</version><scope>test</scope>
      </dependency>
      <dependency>
        <groupId>org.managed</groupId><artifactId>jar-of-tests</artifactId>
        <version>7</version><type>test-jar</type>
      </dependency>
    </dependencies>
  </dependencyManagement>
  <dependencies>
    <dependency>
      <groupId>org.plain</groupId>
      <artifactId>plain</artifactId>
      <version>
        1.0 <!-- kept back -->
      </version>
    </dependency>
    <dependency><groupId>com.fasterxml</groupId><artifactId>core</artifactId><version>${twice}</version></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>own</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>org.both</groupId><artifactId>both</artifactId><version>${both}</version></dependency>
    <dependency><groupId>org.managed</groupId><artifactId>here</artifactId></dependency>
    <dependency><groupId>org.managed</groupId><artifactId>jar-of-tests</artifactId></dependency>
    <dependency><groupId>org.range</groupId><artifactId>range</artifactId><version>[1.2,2.0)</version></dependency>
    <dependency><groupId>org.range</groupId><artifactId>exact</artifactId><version>[1.5]</version></dependency>
    <dependency><groupId>org.range</groupId><artifactId>newest</artifactId><version>LATEST</version></dependency>
    <dependency><groupId>org.unknown</groupId><artifactId>property</artifactId><version>${nowhere}</version></dependency>
    <dependency><groupId>org.unknown</groupId><artifactId>circle</artifactId><version>${circle}</version></dependency>
    <dependency><groupId>org.unknown</groupId><artifactId>entity</artifactId><version>&hidden;</version></dependency>
    <dependency><groupId>${nowhere}</groupId><artifactId>nameless</artifactId><version>1</version></dependency>
    <dependency><groupId>a&amp;b</groupId><artifactId>escaped</artifactId><version>1<![CDATA[.5]]></version></dependency>
    <dependency><groupId>org.scope</groupId><artifactId>test</artifactId><version>1</version><scope>test</scope></dependency>
    <dependency><groupId>org.scope</groupId><artifactId>given</artifactId><version>1</version><scope>provided</scope></dependency>
    <dependency><groupId>org.scope</groupId><artifactId>extra</artifactId><version>1</version><optional>true</optional></dependency>
    <dependency><groupId>org.scope</groupId><artifactId>file</artifactId><version>1</version><scope>system</scope><systemPath>lib/a.jar</systemPath></dependency>
  </dependencies>
  <profiles><profile><dependencies><dependency>
    <groupId>org.profile</groupId><artifactId>profile</artifactId><version>1</version>
  </dependency></dependencies></profile></profiles>
  <build><plugins><plugin>
    <groupId>org.plugin</groupId><artifactId>plugin</artifactId><version>1</version>
    <dependencies><dependency><groupId>org.plugin</groupId><artifactId>of-plugin</artifactId><version>1</version></dependency></dependencies>
  </plugin></plugins></build>
</project>
"#;

#[test]
fn a_pom_by_itself() {
    check(
        "pom.xml",
        PLAIN,
        &[
            "28/30 org.plain:plain 1.0 direct",
            "33 com.fasterxml:core 2.17.1 direct",
            "34 org.shop:own 3.1 direct",
            "35 org.both:both 3.1-2.17.1 direct",
            "36 org.managed:here 2.17.1 direct dev",
            // Type and classifier are parts of what is managed.
            "37 org.managed:jar-of-tests - direct",
            "38 org.range:range - direct",
            "39 org.range:exact 1.5 direct",
            "40 org.range:newest - direct",
            "41 org.unknown:property - direct",
            "42 org.unknown:circle - direct",
            "43 org.unknown:entity - direct",
            "45 a&b:escaped 1.5 direct",
            "46 org.scope:test 1 direct dev",
            "47 org.scope:given 1 direct optional",
            "48 org.scope:extra 1 direct optional",
            "49 org.scope:file 1 direct path:lib/a.jar",
        ],
    );
    check_requirements(
        "pom.xml",
        PLAIN,
        &[
            "30 org.plain:plain 1.0",
            "33 com.fasterxml:core 2.17.1",
            "34 org.shop:own 3.1",
            "35 org.both:both 3.1-2.17.1",
            "38 org.range:range [1.2,2.0)",
            "39 org.range:exact [1.5]",
            "40 org.range:newest LATEST",
            "41 org.unknown:property ${nowhere}",
            "42 org.unknown:circle ${circle}",
            "45 a&b:escaped 1.5",
            "46 org.scope:test 1 dev",
            "47 org.scope:given 1",
            "48 org.scope:extra 1",
            "49 org.scope:file 1",
            "17 forced org.managed:here 2.17.1 dev",
            "21 forced org.managed:jar-of-tests 7",
        ],
    );
}

const PARENT: &str = "<project>
  <groupId>org.shop</groupId><artifactId>parent</artifactId><version>1</version><packaging>pom</packaging>
  <modules><module>web</module><module>bom</module></modules>
  <properties><a.version>1.1</a.version><b.version>from-parent</b.version></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>g</groupId><artifactId>a</artifactId><version>${a.version}</version></dependency>
    <dependency><groupId>g</groupId><artifactId>b</artifactId><version>${b.version}</version><scope>test</scope></dependency>
    <dependency><groupId>org.shop</groupId><artifactId>own</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>org.shop</groupId><artifactId>shop-bom</artifactId><version>1</version><type>pom</type><scope>import</scope></dependency>
  </dependencies></dependencyManagement>
</project>";

const BOM: &str = "<project>
  <parent><groupId>org.shop</groupId><artifactId>parent</artifactId><version>1</version></parent>
  <artifactId>shop-bom</artifactId>
  <properties><c.version>5</c.version></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>g</groupId><artifactId>a</artifactId><version>not-this</version></dependency>
    <dependency><groupId>g</groupId><artifactId>c</artifactId><version>${c.version}</version></dependency>
  </dependencies></dependencyManagement>
</project>";

fn child(parent: &str) -> String {
    format!(
        "<project><parent>{parent}</parent><artifactId>web</artifactId>
<properties><b.version>2.2</b.version></properties>
<dependencies>
<dependency><groupId>g</groupId><artifactId>a</artifactId></dependency>
<dependency><groupId>g</groupId><artifactId>b</artifactId></dependency>
<dependency><groupId>g</groupId><artifactId>c</artifactId></dependency>
<dependency><groupId>org.shop</groupId><artifactId>own</artifactId></dependency>
<dependency><groupId>g</groupId><artifactId>nowhere</artifactId></dependency>
</dependencies></project>"
    )
}

#[test]
fn parents_and_bills_in_the_tree() {
    let coordinates = "<groupId>org.shop</groupId><artifactId>parent</artifactId><version>1</version>";
    let found = [
        "4 g:a 1.1 direct",
        "5 g:b 2.2 direct dev",
        "6 g:c 5 direct",
        "7 org.shop:own 1 direct",
        "8 g:nowhere - direct",
    ];
    let nothing = [
        "4 g:a - direct dev?",
        "5 g:b - direct dev?",
        "6 g:c - direct dev?",
        "7 org.shop:own - direct dev?",
        "8 g:nowhere - direct dev?",
    ];
    let others = [("pom.xml", PARENT), ("bom/pom.xml", BOM)];
    for (about, parent, expected) in [
        ("the folder above", coordinates.to_owned(), found),
        ("a folder", format!("{coordinates}<relativePath>..</relativePath>"), found),
        ("a file", format!("{coordinates}<relativePath>../pom.xml</relativePath>"), found),
        ("only in a repository", format!("{coordinates}<relativePath/>"), nothing),
        ("out of the tree", format!("{coordinates}<relativePath>../../pom.xml</relativePath>"), nothing),
        ("not there", format!("{coordinates}<relativePath>../other</relativePath>"), nothing),
        ("another version", coordinates.replace("<version>1<", "<version>2<"), nothing),
        ("another name", coordinates.replace("parent", "other"), nothing),
    ] {
        let text = child(&parent);
        let files: Vec<_> = std::iter::once(("web/pom.xml", text.as_str())).chain(others).collect();
        check_among(about, &files, &expected);
    }
}

#[test]
fn an_import_that_is_not_at_hand_hides_those_behind_it() {
    let import = |name: &str| {
        format!(
            "<dependency><groupId>org.shop</groupId><artifactId>{name}</artifactId><version>1</version><type>pom</type>\
             <scope>import</scope></dependency>"
        )
    };
    let pom = |first: &str, second: &str| {
        format!(
            "<project><groupId>org.shop</groupId><artifactId>app</artifactId><version>1</version>
<modules><module>one-bom</module><module>two-bom</module></modules>
<dependencyManagement><dependencies>{}{}</dependencies></dependencyManagement>
<dependencies><dependency><groupId>g</groupId><artifactId>x</artifactId></dependency></dependencies></project>",
            import(first),
            import(second)
        )
    };
    let bill = |name: &str, version: &str| {
        format!(
            "<project><groupId>org.shop</groupId><artifactId>{name}</artifactId><version>1</version>
<dependencyManagement><dependencies>
<dependency><groupId>g</groupId><artifactId>x</artifactId><version>{version}</version></dependency>
</dependencies></dependencyManagement></project>"
        )
    };
    let (one, two) = (bill("one-bom", "1"), bill("two-bom", "2"));
    for (about, text, expected) in [
        ("the first counts", pom("one-bom", "two-bom"), "4 g:x 1 direct"),
        ("whichever it is", pom("two-bom", "one-bom"), "4 g:x 2 direct"),
        ("one that is unknown first", pom("three-bom", "one-bom"), "4 g:x - direct"),
        ("one that is unknown last", pom("one-bom", "three-bom"), "4 g:x 1 direct"),
    ] {
        check_among(
            about,
            &[("pom.xml", text.as_str()), ("one-bom/pom.xml", &one), ("two-bom/pom.xml", &two)],
            &[expected],
        );
    }
}

#[test]
fn what_stands_before_a_fault_counts() {
    let start = "<project><dependencies>
<dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency>\n";
    check_fault("pom.xml", start, 3, &["g:a"]);
    check_fault("pom.xml", &format!("{start}<dependency></wrong>"), 3, &["g:a"]);
    check_fault("pom.xml", "", 1, &[]);
    check_fault("pom.xml", "no markup", 1, &[]);
    check_fault("gradle.lockfile", "g:a:1=runtimeClasspath\n<html>\ng:b:2=runtimeClasspath\n", 2, &["g:a", "g:b"]);
}

#[test]
fn what_gradle_verifies() {
    check(
        "gradle/verification-metadata.xml",
        "<?xml version=\"1.0\"?>
<verification-metadata>
   <configuration><verify-metadata>true</verify-metadata></configuration>
   <components>
      <component group=\"com.google.guava\" name=\"guava\" version=\"32.1.3-jre\">
         <artifact name=\"guava-32.1.3-jre.jar\"><sha256 value=\"aa\" origin=\"Generated by Gradle\"/></artifact>
      </component>
      <component group=\"junit\" name=\"junit\"><artifact name=\"junit.pom\"/></component>
   </components>
</verification-metadata>
",
        &["5 com.google.guava:guava 32.1.3-jre dev? sha256:aa"],
    );
}

#[test]
fn gradle() {
    check(
        "gradle.lockfile",
        "# This is a Gradle generated file
com.google:guava:32.1.3-jre=compileClasspath,runtimeClasspath,testRuntimeClasspath
junit:junit:4.13=testCompileClasspath,testRuntimeClasspath
org.lombok:lombok:1.18=annotationProcessor
org.jetbrains:compiler:1.9=kotlinCompilerPluginClasspathMain
com.android:desugar:2=releaseRuntimeClasspath,debugAndroidTestRuntimeClasspath
org.own:own:1=whatever
org.own:both:1=testRuntimeClasspath,whatever
com.google:guava:32.1.3-jre=again
empty=annotationProcessor
",
        &[
            "2 com.google:guava 32.1.3-jre",
            "3 junit:junit 4.13 dev",
            "4 org.lombok:lombok 1.18 dev",
            "5 org.jetbrains:compiler 1.9 dev",
            "6 com.android:desugar 2",
            "7 org.own:own 1 dev?",
            "8 org.own:both 1 dev?",
        ],
    );
    check("buildscript-gradle.lockfile", "com.x:plugin:1=classpath\r\nempty=\r\n", &["1 com.x:plugin 1 dev"]);
}

#[test]
fn sbt() {
    check(
        "build.sbt.lock",
        r#"{ "lockVersion": 1, "dependencies": [
  { "org": "org.a", "name": "a", "version": "3.9", "artifacts": [{ "name": "a.jar", "hash": "sha1:0122" }],
    "configurations": ["test", "compile"] },
  { "org": "org.b", "name": "b", "version": "1", "configurations": ["test"] },
  { "org": "org.c", "name": "c", "version": "1" },
  { "name": "d" }
] }"#,
        &["2 org.a:a 3.9", "4 org.b:b 1 dev", "5 org.c:c 1 dev?"],
    );
}
