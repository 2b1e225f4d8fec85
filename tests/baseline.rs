//! Known findings: what hides them, what does not, and what became of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

mod support;

use support::{folder, run};

/// A change of a tree.
#[derive(Clone, Copy)]
enum Do {
    Write(&'static str, &'static str),
    Move(&'static str, &'static str),
    Twin(&'static str, &'static str),
    Remove(&'static str),
    /// In a file, what stands for what.
    Replace(&'static str, &'static str, &'static str),
}

use Do::{Move, Remove, Replace, Twin, Write};

fn take(root: &Path, steps: &[Do]) {
    for step in steps {
        match *step {
            Write(path, text) => {
                fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
                fs::write(root.join(path), text).unwrap();
            }
            Move(from, to) => {
                fs::create_dir_all(root.join(to).parent().unwrap()).unwrap();
                fs::rename(root.join(from), root.join(to)).unwrap();
            }
            Twin(from, to) => _ = fs::copy(root.join(from), root.join(to)).unwrap(),
            Remove(path) => fs::remove_file(root.join(path)).unwrap(),
            Replace(path, old, new) => {
                let text = fs::read_to_string(root.join(path)).unwrap();
                assert!(text.contains(old), "{path}: {old}");
                fs::write(root.join(path), text.replace(old, new)).unwrap();
            }
        }
    }
}

const ONLY: &str = "k8s-privileged-container,k8s-secret-env-literal,k8s-host-network,docker-image-latest-tag,\
                    docker-user-missing,secret-password,syntax-error,k8s-dangling-service";

fn check(root: &Path, more: &[&str]) -> Output {
    let flags = ["check", "--format", "concise", "--only", ONLY];
    run(root, &[&flags[..], more].concat())
}

fn write_down(root: &Path) {
    let output = run(root, &["baseline", "write", "--only", ONLY]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The findings as `path:line rule`.
fn findings(output: &Output) -> Vec<String> {
    let place = |line: &str| {
        let mut parts = line.split(':');
        let (path, line_number) = (parts.next().unwrap(), parts.next().unwrap());
        let rule = line.split(['[', ']']).nth(1).unwrap();
        format!("{path}:{line_number} {rule}")
    };
    text(&output.stdout).lines().map(place).collect()
}

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostNetwork: true
  containers:
    - name: web
      image: web:1
      securityContext:
        privileged: true
      env:
        - name: DB_PASSWORD
          value: kX9mQ2vL7
";

/// The same for the cluster.
const REFORMATTED: &str = "# The web server.
apiVersion: \"v1\"
kind: 'Pod'
spec:
    containers:
    -   env: [{ value: 'kX9mQ2vL7', name: DB_PASSWORD }]
        securityContext: { privileged: true }
        image: \"web:1\"
        name: \"web\"
    hostNetwork: true
metadata: { name: web }
";

const IMAGE: &str = "FROM node:latest\nCOPY app /app\nCMD [\"/app\"]\n";

#[test]
fn what_is_known_is_hidden_and_nothing_else() {
    let cases: &[(&str, &[Do], &[&str])] = &[
        ("nothing changes", &[], &[]),
        ("lines move", &[Replace("k8s/pod.yaml", "apiVersion", "# one\n\n# two\napiVersion")], &[]),
        ("the file is laid out otherwise", &[Write("k8s/pod.yaml", REFORMATTED)], &[]),
        ("a file is renamed", &[Move("k8s/pod.yaml", "k8s/web.yaml")], &[]),
        ("a file is moved", &[Move("k8s/pod.yaml", "deploy/base/web.yaml"), Move("Dockerfile", "web/Dockerfile")], &[]),
        ("case changes", &[Move("k8s/pod.yaml", "k8s/Pod.yaml")], &[]),
        ("two files change places", &[Move("a.env", "c"), Move("b.env", "a.env"), Move("c", "b.env")], &[]),
        (
            "a file is renamed and edited, beside what is known as well",
            &[
                Move("k8s/pod.yaml", "k8s/web.yaml"),
                Replace("k8s/web.yaml", "kind: Pod", "kind: Pod # the web server"),
                Replace("k8s/web.yaml", "      image: web:1\n", "      image: web:1\n      tty: true\n"),
            ],
            &[],
        ),
        ("a finding is fixed", &[Replace("k8s/pod.yaml", "privileged: true", "privileged: false")], &[]),
        (
            "a file is copied",
            &[Twin("Dockerfile", "Dockerfile.dev")],
            &["Dockerfile.dev:1 docker-image-latest-tag", "Dockerfile.dev:1 docker-user-missing"],
        ),
        (
            "a file is copied and the first one renamed",
            &[Twin("Dockerfile", "Dockerfile.a"), Move("Dockerfile", "Dockerfile.b")],
            &["Dockerfile.b:1 docker-image-latest-tag", "Dockerfile.b:1 docker-user-missing"],
        ),
        (
            "another container does the same",
            &[Replace(
                "k8s/pod.yaml",
                "      env:",
                "    - name: two\n      securityContext:\n        privileged: true\n      env:",
            )],
            &["k8s/pod.yaml:14 k8s-privileged-container", "k8s/pod.yaml:17 k8s-secret-env-literal"],
        ),
        (
            "the same line once more",
            &[Write("a.env", "A_PASSWORD=kX9mQ2vL7\nA_PASSWORD=kX9mQ2vL7\n")],
            &["a.env:2 secret-password"],
        ),
        (
            "a file goes and another comes that is wrong alike",
            &[Remove("Dockerfile"), Write("api/Dockerfile", "FROM python:latest\nCOPY api /api\nCMD [\"/api\"]\n")],
            &["api/Dockerfile:1 docker-image-latest-tag", "api/Dockerfile:1 docker-user-missing"],
        ),
        (
            "a defect is fixed here and made there",
            &[Replace("Dockerfile", "node:latest", "node:22"), Write("b.Dockerfile", "FROM node:latest\nUSER 1\n")],
            &["b.Dockerfile:1 docker-image-latest-tag"],
        ),
        (
            "another value is wrong",
            &[Replace("Dockerfile", "node:latest", "deno:latest")],
            &["Dockerfile:1 docker-image-latest-tag"],
        ),
    ];
    for (name, steps, expected) in cases {
        let files = [
            ("k8s/pod.yaml", POD),
            ("Dockerfile", IMAGE),
            ("a.env", "A_PASSWORD=kX9mQ2vL7\n"),
            ("b.env", "A_PASSWORD=kX9mQ2vL7\n"),
        ];
        let root = folder("baseline", name, &files);
        write_down(&root);
        take(&root, steps);
        let output = check(&root, &["--baseline", "portcullis-baseline.json"]);
        assert_eq!(findings(&output), *expected, "{name}: {}", text(&output.stderr));
        assert_eq!(output.status.code(), Some(i32::from(!expected.is_empty())), "{name}");
    }
}

/// A name, what is changed, the words behind the command, how many findings are told as fixed, and how many `prune` leaves.
type Fixed = (&'static str, &'static [Do], &'static [&'static str], usize, usize);

#[test]
fn what_is_fixed_is_told_and_pruned_where_the_scan_can_tell() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  selector: { app: nobody }\n  ports: [{ port: 80 }]\n";
    let cases: &[Fixed] = &[
        ("nothing", &[], &[], 0, 6),
        ("one", &[Replace("k8s/pod.yaml", "privileged: true", "privileged: false")], &[], 1, 5),
        ("a file is gone", &[Remove("Dockerfile")], &[], 2, 4),
        ("it is gone from elsewhere", &[Remove("Dockerfile")], &["k8s"], 0, 6),
        ("it is named by a neighbour", &[Replace("Dockerfile", ":latest", ":22")], &["k8s/pod.yaml"], 0, 6),
        ("it is named", &[Replace("Dockerfile", ":latest", ":22")], &["Dockerfile"], 1, 5),
        ("the rule is off", &[Remove("Dockerfile")], &["--skip", "docker-*"], 0, 6),
        ("it is left out", &[Write("portcullis.yaml", "exclude: [k8s/]\n")], &[], 0, 6),
        ("it cannot be parsed", &[Write("k8s/pod.yaml", "a: [\n")], &["--skip", "syntax-error"], 0, 6),
        (
            "a comment suppresses it",
            &[Replace(
                "k8s/pod.yaml",
                "privileged: true",
                "privileged: true # portcullis: ignore[k8s-privileged-container] so",
            )],
            &[],
            0,
            6,
        ),
        (
            "the other end came",
            &[Write(
                "web.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: { name: web2, labels: { app: nobody } }\nspec: { containers: [{ name: web, image: \"web:1\" }] }\n",
            )],
            &[],
            1,
            5,
        ),
        ("the other end is not seen", &[], &["service.yaml"], 0, 6),
    ];
    for (name, steps, arguments, fixed, left) in cases {
        let files = [("k8s/pod.yaml", POD), ("Dockerfile", IMAGE), ("service.yaml", service)];
        let root = folder("baseline-fixed", name, &files);
        write_down(&root);
        take(&root, steps);
        let with = |first: &[&str]| run(&root, &[first, &["--only", ONLY], arguments].concat());
        let output = with(&["check", "--baseline", "portcullis-baseline.json", "--format", "json"]);
        let told = text(&output.stdout).matches("\"kind\":\"fixed\"").count();
        assert_eq!(told, *fixed, "{name}: {}", text(&output.stdout));
        let is_said = text(&output.stderr).contains("fixed since the baseline");
        assert_eq!(is_said, *fixed > 0, "{name}: {}", text(&output.stderr));
        let output = with(&["baseline", "prune"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stderr));
        let lines = fs::read_to_string(root.join("portcullis-baseline.json")).unwrap().lines().count();
        assert_eq!(lines - 2, *left, "{name}");
    }
}

#[test]
fn writing_again_keeps_what_the_scan_cannot_tell() {
    let root = folder("baseline-again", "again", &[("k8s/pod.yaml", POD), ("Dockerfile", IMAGE)]);
    write_down(&root);
    let file = root.join("portcullis-baseline.json");
    let first = fs::read_to_string(&file).unwrap();
    for arguments in [&["k8s"][..], &["--only", "docker-*"], &["--only", "k8s-privileged-container"], &["--only", ONLY]]
    {
        let output = run(&root, &[&["baseline", "write"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        if arguments != ["k8s"] && arguments != ["--only", "docker-*"] {
            continue;
        }
        let now = fs::read_to_string(&file).unwrap();
        assert!(first.lines().all(|line| now.contains(line)), "{arguments:?}: {now}");
    }
    // A file that cannot be read leaves it as it is, and so does a folder that is not there.
    let before = fs::read_to_string(&file).unwrap();
    let output = run(&root, &["baseline", "write", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    // Each finding is a line of its own, in order, and no line tells the secret.
    let paths: Vec<&str> = before.lines().filter_map(|line| line.split('"').nth(3)).collect();
    assert!(paths[1..].is_sorted(), "{before}");
    assert!(!before.contains("kX9mQ2vL7"));
}

#[test]
fn the_configuration_names_it_and_the_flag_is_stronger() {
    let files = [
        ("k8s/pod.yaml", POD),
        ("portcullis.yaml", "baseline: known/findings.json\n"),
        ("known/.keep", ""),
        (".git/HEAD", "ref: refs/heads/main\n"),
    ];
    let root = folder("baseline-config", "config", &files);
    assert!(text(&check(&root, &[]).stderr).contains("`portcullis baseline write` makes it"));
    assert_eq!(check(&root, &[]).status.code(), Some(2));
    write_down(&root);
    assert!(root.join("known/findings.json").is_file());
    assert_eq!(findings(&check(&root, &[])), [""; 0]);
    // From a folder below, and of a single file.
    assert_eq!(findings(&run(&root.join("k8s"), &["--format", "concise", "--only", ONLY])), [""; 0]);
    assert_eq!(findings(&check(&root, &["k8s/pod.yaml"])), [""; 0]);
    fs::write(root.join("none.json"), "[{\"schema\":\"portcullis-baseline/1\"}]").unwrap();
    assert_eq!(findings(&check(&root, &["--baseline", "none.json"])).len(), 3);
}

#[test]
fn what_is_no_baseline_is_refused() {
    let root = folder("baseline-broken", "broken", &[("k8s/pod.yaml", POD)]);
    write_down(&root);
    let good = fs::read_to_string(root.join("portcullis-baseline.json")).unwrap();
    let conflict = good.replacen("\n,", "\n<<<<<<< ours\n,", 1);
    for (name, content, why) in [
        ("cut", good.get(..good.len() - 3).unwrap(), "it is damaged"),
        ("empty", "", "it is damaged"),
        ("of git", &conflict, "a merge left its marks in line 2"),
        ("of a report", "{\"schema\":\"portcullis/1\",\"findings\":[]}", "it is no baseline of portcullis"),
        ("of another tool", "[]", "it is no baseline of portcullis"),
        ("newer", "[{\"schema\":\"portcullis-baseline/2\"}]", "it is a baseline of version 2"),
        (
            "without a field",
            "[{\"schema\":\"portcullis-baseline/1\"},{\"path\":\"a\"}]",
            "finding 1 has not the fields",
        ),
        ("of bytes", "\u{0}\u{1}", "it is damaged"),
    ] {
        fs::write(root.join("portcullis-baseline.json"), content).unwrap();
        for arguments in
            [&["check", "--baseline", "portcullis-baseline.json"][..], &["baseline", "write"], &["baseline", "prune"]]
        {
            let output = run(&root, arguments);
            let error = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{name} {arguments:?}: {error}");
            assert!(error.contains(why), "{name} {arguments:?}: {error}");
            assert_eq!(fs::read_to_string(root.join("portcullis-baseline.json")).unwrap(), content, "{name}");
        }
    }
    for arguments in
        [&["check", "--baseline", "k8s"][..], &["check", "--baseline", "none"], &["baseline", "prune", "-o", "none"]]
    {
        assert_eq!(run(&root, arguments).status.code(), Some(2), "{arguments:?}");
    }
    // Another layout is as good.
    let pretty = good.replace('{', "{ \n  ").replace("\n,", "\r\n  ,\n");
    fs::write(root.join("portcullis-baseline.json"), pretty).unwrap();
    assert_eq!(findings(&check(&root, &["--baseline", "portcullis-baseline.json"])), [""; 0]);
}

#[test]
fn every_output_leaves_it_out_or_marks_it() {
    let root = folder("baseline-outputs", "outputs", &[("k8s/pod.yaml", POD)]);
    write_down(&root);
    take(&root, &[Write("Dockerfile", IMAGE)]);
    for (format, arguments, has, has_not) in [
        ("json", &[][..], &["\"suppressed\":3,\"baselined\":3", "docker-user-missing"][..], &["k8s-host-network"][..]),
        ("json", &["--include-suppressed"], &["{\"by\":\"baseline\",\"reason\":null}"], &[]),
        ("sarif", &[], &["\"baselineState\":\"new\""], &["k8s-host-network", "unchanged", "suppressions"]),
        ("sarif", &["--include-suppressed"], &["\"baselineState\":\"unchanged\"", "\"kind\":\"external\""], &[]),
        ("pretty", &[], &["3 in the baseline"], &["suppressed"]),
        ("pretty", &["--include-suppressed"], &["known: in the baseline"], &[]),
        ("concise", &[], &["docker-user-missing"], &["k8s-host-network"]),
    ] {
        let output = run(
            &root,
            &[&["check", "--only", ONLY, "--baseline", "portcullis-baseline.json", "--format", format], arguments]
                .concat(),
        );
        let shown = text(&output.stdout);
        assert!(has.iter().all(|part| shown.contains(part)), "{format} {arguments:?}: {shown}");
        assert!(!has_not.iter().any(|part| shown.contains(part)), "{format} {arguments:?}: {shown}");
        assert_eq!(output.status.code(), Some(1), "{format}");
    }
    // A severe finding that is known does not fail the scan, and none is fixed.
    let output = check(&root, &["--baseline", "portcullis-baseline.json", "--fail-on", "high"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let before = fs::read_to_string(root.join("k8s/pod.yaml")).unwrap();
    check(&root, &["--baseline", "portcullis-baseline.json", "--fix", "--unsafe-fixes"]);
    assert_eq!(fs::read_to_string(root.join("k8s/pod.yaml")).unwrap(), before);
    // The file itself holds nothing that a scan would tell.
    let output = run(&root, &["check", "--profile", "all", "--format", "concise", "portcullis-baseline.json"]);
    assert_eq!(text(&output.stdout), "");
}

/// Numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Pods by name, in the files of a tree: whether each is privileged.
type World = BTreeMap<String, Vec<(usize, bool)>>;

fn lay_out(root: &Path, world: &World, blanks: usize) {
    _ = fs::remove_dir_all(root.join("k8s"));
    fs::create_dir_all(root.join("k8s")).unwrap();
    for (path, pods) in world {
        let mut text = "\n".repeat(blanks);
        for (name, is_bad) in pods {
            let _ = write!(
                text,
                "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-{name}\nspec:\n  containers:\n    - name: web\n      \
                 securityContext:\n        privileged: {is_bad}\n      image: web:{name}\n"
            );
        }
        fs::write(root.join(path), text).unwrap();
    }
}

/// How many pods of each name are privileged.
fn bad(world: &World) -> BTreeMap<usize, usize> {
    let mut bad = BTreeMap::new();
    for (name, _) in world.values().flatten().filter(|(_, is_bad)| *is_bad) {
        *bad.entry(*name).or_default() += 1;
    }
    bad
}

#[test]
fn renames_and_moves_hide_nothing_that_is_new() {
    let root = folder("baseline-property", "dice", &[("k8s/.keep", "")]);
    let only = ["--only", "k8s-privileged-container", "--format", "concise"];
    for seed in 1..=25 {
        let mut dice = Dice(seed);
        let mut names = 0..;
        let mut world = World::new();
        for file in 0..2 + dice.below(3) {
            let pods = (0..=dice.below(3)).map(|_| (names.next().unwrap(), dice.below(3) > 0)).collect();
            world.insert(format!("k8s/{file}.yaml"), pods);
        }
        lay_out(&root, &world, 0);
        _ = fs::remove_file(root.join("portcullis-baseline.json"));
        assert_eq!(run(&root, &["baseline", "write", "--only", "k8s-privileged-container"]).status.code(), Some(0));
        let known = bad(&world);
        for step in 0..=dice.below(4) {
            let at = dice.below(world.len());
            let path = world.keys().nth(at).unwrap().clone();
            let other = format!("k8s/new-{step}.yaml");
            match dice.below(6) {
                0 | 1 => {
                    let pods = world.remove(&path).unwrap();
                    world.insert(other, pods);
                }
                2 => _ = world.insert(other, world[&path].clone()),
                3 => world.get_mut(&path).unwrap().push((names.next().unwrap(), true)),
                4 => world.get_mut(&path).unwrap().iter_mut().for_each(|(_, is_bad)| *is_bad = false),
                _ => _ = world.insert(other, vec![(names.next().unwrap(), true)]),
            }
        }
        lay_out(&root, &world, dice.below(3));
        let output = run(&root, &[&["check", "--baseline", "portcullis-baseline.json"], &only[..]].concat());
        let shown = text(&output.stdout);
        for (name, count) in bad(&world) {
            let new = count.saturating_sub(known.get(&name).copied().unwrap_or_default());
            // Lines are those of the pods, in their files.
            let places =
                world.iter().flat_map(|(path, pods)| pods.iter().enumerate().map(move |(at, pod)| (path, at, pod)));
            let first = |path: &str| {
                text(&fs::read(root.join(path)).unwrap()).lines().take_while(|line| line.is_empty()).count()
            };
            let told = places
                .filter(|(_, _, pod)| pod.0 == name && pod.1)
                .filter(|(path, at, _)| shown.contains(&format!("{path}:{}:", first(path) + at * 11 + 10)))
                .count();
            assert_eq!(told, new, "seed {seed}, pod {name}: {world:?}\n{shown}");
        }
    }
}
