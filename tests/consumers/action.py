"""action.yml, run step by step as GitHub does, on repositories that are clean, wrong, broken and hostile.

usage: action.py BINARY

Nothing is fetched: `curl`, `gh` and `cargo` are stand-ins that note what they were asked. What cannot be known here is whether GitHub
takes the SARIF file (tests of the report do that) and what other runners than Linux have installed.
"""

import datetime
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import traceback
import zipfile

import yaml

from composite import Action

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(sys.argv[1]).resolve()
HELP = subprocess.run([str(BINARY), "check", "--help"], capture_output=True, text=True, check=True).stdout
UPLOAD = "github/codeql-action/upload-sarif@"

CLEAN = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: b }\ndata: { k: v }\n"
WRONG = """apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - { name: web, image: "web:1", securityContext: { privileged: true } }
"""
FORK = {
    "event_name": "pull_request", "ref": "refs/pull/7/merge",
    "event": {"pull_request": {"base": {"sha": "b" * 40}, "head": {"repo": {"full_name": "stranger/shop", "fork": True}}}},
}
OWN = {**FORK, "event": {"pull_request": {"base": {"sha": "b" * 40}, "head": {"repo": {"full_name": "octo/shop", "fork": False}}}}}

CURL = r"""#!/bin/bash
echo "curl $*" >>"$STAND_INS/asked"
while [ $# -gt 0 ]; do case "$1" in --output) out=$2; shift ;; https://*) url=$1 ;; esac; shift; done
file="$STAND_INS/releases/${url#https://github.com/portcullis/portcullis/releases/download/}"
[ -f "$file" ] || { echo 'curl: (22) 404' >&2; exit 22; }
cp "$file" "$out"
"""
GH = r"""#!/bin/bash
case "$*" in *--help*) exit 0 ;; esac
echo "gh $*" >>"$STAND_INS/asked"
[ ! -e "$STAND_INS/forged" ]
"""
CARGO = r"""#!/bin/bash
echo "cargo $* in $PWD" >>"$STAND_INS/asked"
while [ $# -gt 0 ]; do case "$1" in --root) root=$2; shift ;; esac; shift; done
mkdir -p "$root/bin" && cp "$STAND_INS/program" "$root/bin/portcullis"
"""
# What archives and PATH hold: the binary under test, which notes its arguments.
PROGRAM = f"""#!/bin/bash
for argument; do printf '%s\\n' "$argument" >>"$STAND_INS/arguments"; done
if [ "$1" = db ] && [ -e "$STAND_INS/database" ]; then cp "$STAND_INS/database" "$4"; exit; fi
exec '{BINARY}' "$@"
"""


class World:
    """A folder with a workspace, a copy of the action, and the stand-ins."""

    def __init__(self, files=None, version="9.9.9", path=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="action-"))
        self.workspace = self.folder / "work space"
        self.workspace.mkdir()
        for name, content in (files or {}).items():
            file = self.workspace / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        self.action = self.folder / "_actions"
        shutil.copytree(ROOT / ".github/action", self.action / ".github/action")
        shutil.copy(ROOT / "action.yml", self.action)
        for source in ("Cargo.toml", "Cargo.lock", "rust-toolchain.toml"):
            shutil.copy(ROOT / source, self.action)
        for name in ("crates", "policies"):
            (self.action / name).mkdir()
        self.stand_ins = self.folder / "stand-ins"
        for name, script in {"curl": CURL, "gh": GH, "cargo": CARGO, **({"portcullis": PROGRAM} if "portcullis" in path else {})}.items():
            self.program(self.stand_ins / "bin" / name, script)
        self.program(self.stand_ins / "program", PROGRAM)
        if version:
            self.release(version)
        self.path = f"{self.stand_ins / 'bin'}:/usr/local/bin:/usr/bin:/bin"

    @staticmethod
    def program(file, script):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script)
        file.chmod(0o755)

    def release(self, version):
        """Archives of every target, and their checksums in the action."""
        folder = self.stand_ins / "releases" / f"v{version}"
        folder.mkdir(parents=True)
        sums = ""
        for target in ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin"):
            file = folder / f"portcullis-{target}.tar.gz"
            with tarfile.open(file, "w:gz") as archive:
                info = tarfile.TarInfo("portcullis")
                info.mode, info.size = 0o755, len(PROGRAM)
                archive.addfile(info, io.BytesIO(PROGRAM.encode()))
        file = folder / "portcullis-x86_64-pc-windows-msvc.zip"
        with zipfile.ZipFile(file, "w") as archive:
            info = zipfile.ZipInfo("portcullis.exe")
            info.external_attr = 0o755 << 16
            archive.writestr(info, PROGRAM)
        for file in sorted(folder.iterdir()):
            sums += f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        checksums = self.action / ".github/checksums"
        checksums.mkdir(parents=True, exist_ok=True)
        (checksums / f"{version}.txt").write_text(sums)
        (checksums / "current").write_text(f"{version}\n")

    def run(self, inputs=None, github=None, env=None, answer=None):
        return Action(self.action).run(
            self.workspace, self.folder / "runner", inputs, github,
            {"PATH": self.path, "STAND_INS": str(self.stand_ins), "PORTCULLIS_DB": str(self.folder / "none.db"), **(env or {})}, answer,
        )

    def asked(self, name="asked"):
        file = self.stand_ins / name
        return file.read_text().splitlines() if file.exists() else []

    def git(self, *arguments, cwd=None):
        return subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", *arguments],
            cwd=cwd or self.workspace, check=True, capture_output=True, text=True,
        ).stdout.strip()


def equal(left, right, why=""):
    assert left == right, f"{left!r} is not {right!r} {why}"


def contains(text, part):
    assert part in text, f"{part!r} is not in:\n{text}"


def uploads(result):
    return [given for used, given in result.uses if used.startswith(UPLOAD)]


def denied(step, given):
    return (not step.startswith(UPLOAD), {})


def outcomes():
    """Exit codes and outputs; what is uploaded, and what is said."""
    for name, files, inputs, code, count, severity in [
        ("clean", {"k8s/a.yaml": CLEAN}, {}, "0", "0", "none"),
        ("findings", {"k8s/a.yaml": WRONG}, {}, "1", None, "critical"),
        ("below fail-on", {"a.yaml": WRONG}, {"fail-on": "critical", "paths": "a.yaml", "min-severity": "medium"}, "1", None, "critical"),
        ("only of this severity", {"a.yaml": WRONG.replace("privileged", "readOnlyRootFilesystem")}, {"fail-on": "critical"}, "0", None, "medium"),
        ("bad configuration", {"a.yaml": CLEAN, "portcullis.yaml": "rulez: {}\n"}, {}, "2", "", ""),
        ("no such configuration", {"a.yaml": CLEAN}, {"config": "missing.yaml"}, "2", "", ""),
        ("no such path", {"a.yaml": CLEAN}, {"paths": "missing"}, "2", "", ""),
        ("nothing to scan", {"a/b.txt": "text\n"}, {"paths": "a"}, "3", "", ""),
    ]:
        world = World(files)
        result = world.run(inputs)
        why = f"{name}\n{result.log}"
        equal(result.outputs["exit-code"], code, why)
        equal(result.failed, code != "0", why)
        if count is not None:
            equal(result.outputs["findings-count"], count, why)
        equal(result.outputs["highest-severity"], severity, why)
        if code in "01":
            [upload] = uploads(result)
            equal(upload, {"sarif_file": result.outputs["sarif-file"], "category": "portcullis"}, why)
            results = json.loads(pathlib.Path(upload["sarif_file"]).read_text())["runs"][0]["results"]
            equal(str(len(results)), result.outputs["findings-count"], why)
            assert result.summary.strip(), why
            equal(result.ran[-1], "Pass on the result of the scan", why)
            # Code scanning shows them.
            equal(result.said("warning") + result.said("notice"), [], why)
        else:
            equal((uploads(result), result.outputs["sarif-file"]), ([], ""), why)
        equal(bool(result.said("error")), code != "0", why)
        if code == "2":
            contains(result.summary, "could not do its job")


def choices():
    """Inputs do what they say."""
    world = World({"in here/a.yaml": WRONG, "b.yaml": CLEAN, "c.yaml": WRONG})
    result = world.run({"working-directory": "in here", "format": "sarif", "output": "my report.sarif", "category": "k8s", "summary": "false"})
    equal(result.outputs["sarif-file"], str(world.workspace / "in here/my report.sarif"))
    equal(uploads(result)[0]["category"], "k8s")
    equal(result.summary, "")
    contains(result.log, "a.yaml:6:")
    assert "c.yaml" not in result.log

    result = world.run({"paths": "b.yaml\r\n\nin here\n", "format": "json", "output": "out.json", "upload-sarif": "false"})
    report = json.loads((world.workspace / "out.json").read_text())
    equal({finding["location"]["path"] for finding in report["findings"]}, {"in here/a.yaml"})
    equal(uploads(result), [])
    # Nobody else shows them.
    assert result.commands[0][1].startswith("file=in here/a.yaml,"), result.commands

    result = world.run({"annotations": "true", "paths": "c.yaml"})
    assert [properties for _, properties, _ in result.commands if "file=c.yaml" in properties], result.commands
    result = world.run({"annotations": "false", "upload-sarif": "false", "paths": "c.yaml"})
    equal([properties for _, properties, _ in result.commands if "file=" in properties], [])

    for inputs in [
        {"annotations": "yes"}, {"summary": "1"}, {"changed-only": "x"}, {"upload-sarif": "no"}, {"install": "docker"}, {"format": "json=b.yaml"}, {"format": "github"},
        {"format": "xml"}, {"profile": "nothing"}, {"fail-on": "never"}, {"working-directory": "missing"}, {"version": "9.9.9", "install": "source"},
    ]:
        result = world.run(inputs)
        equal((result.failed, result.outputs["exit-code"]), (True, "2"), f"{inputs}\n{result.log}")
        assert result.said("error"), inputs
    equal((world.workspace / "b.yaml").read_text(), CLEAN)

    result = world.run({"baseline": "base line.json", "profile": "all", "config": "", "min-severity": "high", "fail-on": "high", "paths": "--x"})
    arguments = world.asked("arguments")
    for expected in ("--baseline=base line.json", "--profile=all", "--min-severity=high", "--fail-on=high"):
        assert expected in arguments, arguments
    equal(arguments[-2:], ["--", "--x"])


def kept_files():
    """What lies where the output shall be is replaced only where an earlier run wrote it."""
    for name, content in [
        ("a.yaml", WRONG), ("portcullis.yaml", "fail-on: high\n"), (".github/workflows/portcullis.yml", "# portcullis: ignore-file[x] y\non: push\n"),
        ("sbom.json", '{\n  "bomFormat": "CycloneDX",\n  "specVersion": "1.6"\n}\n'), ("notes.txt", "no findings\n"), ("baseline.json", '[{"schema":"portcullis-baseline/1"}\n]\n'),
    ]:
        for output_format in ("json", "concise"):
            world = World({"b.yaml": WRONG, name: content})
            result = world.run({"format": output_format, "output": name})
            equal((result.outputs["exit-code"], result.failed), ("2", True), f"{name}\n{result.log}")
            contains("\n".join(result.said("error")), "that no earlier run wrote")
            equal((world.workspace / name).read_text(), content)
    known = "pretty concise json jsonl sarif github gitlab gitlab-sast junit markdown html csv cyclonedx spdx".split()
    for scanned in (WRONG, CLEAN):
        for output_format in known:
            # The second run writes over what the first has written; a folder is made.
            world = World({"b.yaml": scanned, "package-lock.json": '{"lockfileVersion": 3, "packages": {}}\n'})
            for _ in range(2):
                result = world.run({"format": output_format, "output": "reports/of today/out"})
                assert result.outputs["exit-code"] in ("0", "1"), f"{output_format}\n{result.log}"
                assert (world.workspace / "reports/of today/out").exists(), output_format
    world = World({"b.yaml": WRONG, "taken": "x", "empty.json": ""})
    (world.workspace / "folder").mkdir()
    for output, said in (("folder", "names a folder"), ("taken/out.json", "cannot be made")):
        result = world.run({"format": "json", "output": output})
        equal(result.outputs["exit-code"], "2", result.log)
        contains("\n".join(result.said("error")), said)
    equal(world.run({"format": "json", "output": "empty.json"}).outputs["exit-code"], "1")


def annotations_and_summary():
    """GitHub's limits hold: ten annotations of a level for a step, a mebibyte for a summary."""
    world = World({f"k8s/{n}.yaml": WRONG for n in range(40)})
    result = world.run({"upload-sarif": "false"})
    for level in ("error", "warning", "notice"):
        placed = [properties for name, properties, _ in result.commands if name == level and properties.startswith("file=")]
        assert 0 < len(placed) <= 10, (level, len(placed))

    world = World({"a.yaml": WRONG}, path=("portcullis",))
    long = "| a row of a table |\n" * 100_000
    (world.stand_ins / "long.md").write_text(long)
    world.program(
        world.stand_ins / "bin/portcullis",
        f"""#!/bin/bash
'{BINARY}' "$@"
code=$?
for argument; do case "$argument" in markdown=*) cp "$STAND_INS/long.md" "${{argument#*=}}" ;; esac; done
exit $code
""",
    )
    result = world.run({"install": "path"})
    equal(result.outputs["exit-code"], "1", result.log)
    assert len(result.summary) > 1_000_000, "a summary that is too long is not shown at all"
    contains(result.summary[-200:], "was cut here")


def forks():
    """Whoever may not write to code scanning gets annotations, and is told; anyone else is told that it failed."""
    for github, tolerated in [(FORK, True), ({**OWN, "actor": "dependabot[bot]"}, True), (OWN, False), ({}, False)]:
        for files, code in [({"a.yaml": WRONG}, "1"), ({"a.yaml": CLEAN}, "0")]:
            world = World(files)
            result = world.run(github=github, answer=denied)
            why = f"{github} {code}\n{result.log}"
            equal(result.outputs["exit-code"], code, why)
            equal(result.failed, not tolerated or code == "1", why)
            contains("\n".join(result.said("warning")), "could not be sent to code scanning")
            placed = [properties for _, properties, _ in result.commands if properties.startswith("file=a.yaml")]
            equal(bool(placed), code == "1", why)
    # A fork that may is treated like everybody.
    result = World({"a.yaml": WRONG}).run(github=FORK)
    equal(result.said("warning"), [])


def hostile_inputs():
    """No input is run as code, and none makes an output of its own."""
    nasty = [
        "$(touch pwned)", "`touch pwned`", "; touch pwned #", "' ; touch pwned ; '", '" ; touch pwned ; "', "a b  c", "-rf", "--exit-zero", "../../etc",
        "x\nexit-code=0\nfindings-count=0", "x\n::add-mask::x", "${{ github.token }}", "$HOME/*", "\\", "é☃",
    ]
    spec = World().run({"paths": "missing"})
    names = [name for name in Action(ROOT).spec["inputs"] if name != "db-key"]
    equal(spec.outputs["exit-code"], "2")
    for name in names:
        world = World({"a.yaml": CLEAN}, path=("portcullis",))
        (world.stand_ins / "database").write_text("")
        for value in nasty:
            result = world.run({"install": "path", name: value} if name != "version" else {name: value})
            why = f"{name}={value!r}\n{result.log}"
            # Only these say nothing about the scan; what a file is called is a name that no harm comes from.
            if name in ("category", "output", "db-url"):
                continue
            equal((result.outputs["exit-code"], result.failed), ("2", True), why)
            assert not [it for it in result.commands if it[0] not in ("error", "warning", "notice", "group", "endgroup")], why
        harmed = [file for file in world.folder.rglob("pwned")]
        equal(harmed, [], name)
    # As names of files they work.
    for value in [it for it in nasty if "\n" not in it and "/" not in it and it != "\\"]:
        world = World({value: WRONG, "a.yaml": CLEAN})
        result = world.run({"paths": value})
        equal(result.outputs["exit-code"], "1", f"{value!r}\n{result.log}")
        world = World({f"{value}/b.yaml": WRONG, "a.yaml": CLEAN})
        result = world.run({"working-directory": value})
        equal(result.outputs["exit-code"], "1", f"{value!r}\n{result.log}")
        result = world.run({"format": "json", "output": value + ".json"})
        assert json.loads((world.workspace / (value + ".json")).read_text()), value
        equal([file for file in world.folder.rglob("pwned")], [], value)


def hostile_repositories():
    """What a scanned repository says never speaks to the runner."""
    text = WRONG.replace("name: web,", 'name: "\\n::add-mask::web\\n::set-output name=x::y",')
    files = {
        "::error::pwned.yaml": WRONG, "::stop-commands::x.yaml": WRONG, "a\n::add-mask::b\n.yaml": WRONG, "##[error]x.yaml": WRONG,
        "text.yaml": text, "broken.yaml": "apiVersion: v1\nkind: Pod\n::warning::x: [\n", "<img src=x onerror=alert(1)>.yaml": WRONG,
    }
    for inputs in ({}, {"upload-sarif": "false"}, {"format": "pretty"}):
        world = World(files)
        result = world.run(inputs)
        equal(result.outputs["exit-code"], "1", result.log)
        for command, properties, message in result.commands:
            assert command in ("error", "warning", "notice"), (command, message)
            assert properties.startswith(("file=", "title=portcullis")), (command, properties, message)
        equal(set(result.outputs), {"sarif-file", "findings-count", "highest-severity", "exit-code"})
        assert "<img" not in result.summary, result.summary


def releases():
    """Only what this commit of the action knows the checksum of is run."""
    for system, architecture, archive in [
        ("Linux", "X64", "x86_64-unknown-linux-musl.tar.gz"), ("Linux", "ARM64", "aarch64-unknown-linux-musl.tar.gz"),
        ("macOS", "X64", "x86_64-apple-darwin.tar.gz"), ("macOS", "ARM64", "aarch64-apple-darwin.tar.gz"), ("Windows", "X64", "x86_64-pc-windows-msvc.zip"),
    ]:
        world = World({"a.yaml": CLEAN})
        env = {"RUNNER_OS": system, "RUNNER_ARCH": architecture}
        result = world.run(env=env)
        equal(result.outputs["exit-code"], "0", result.log)
        [download, attested] = world.asked()
        contains(download, f"https://github.com/portcullis/portcullis/releases/download/v9.9.9/portcullis-{archive}")
        contains(attested, "--repo portcullis/portcullis --signer-workflow portcullis/portcullis/.github/workflows/release.yml")
        # The second time, it is there.
        contains(world.run({"version": "v9.9.9"}, env=env).log, "is in the tool cache")
        equal(len(world.asked()), 2)
        # Unless somebody changed it.
        [cached] = (world.folder / "runner/tools").rglob(f"portcullis-{archive}")
        cached.write_bytes(cached.read_bytes() + b"x")
        equal(world.run(env=env).outputs["exit-code"], "0")
        equal(len(world.asked()), 4)

    def fails(said, inputs=None, env=None, version="9.9.9", spoil=lambda world: None):
        world = World({"a.yaml": CLEAN}, version=version)
        spoil(world)
        result = world.run(inputs, env=env)
        equal((result.failed, result.outputs["exit-code"]), (True, "2"), result.log)
        contains("\n".join(result.said("error")), said)
        # Nothing of the scan was run.
        equal((result.ran, world.asked("arguments")), (["Install portcullis"], []), result.log)
        return world

    def other_bytes(world):
        for file in (world.stand_ins / "releases/v9.9.9").iterdir():
            file.write_bytes(file.read_bytes() + b"\0")

    def no_sum(world):
        file = world.action / ".github/checksums/9.9.9.txt"
        file.write_text(file.read_text().replace("linux-musl", "linux-gnu"))

    world = fails("is not what was released", spoil=other_bytes)
    equal([file for file in (world.folder / "runner").rglob("portcullis*") if file.is_file()], [])
    world = fails("does not hold", spoil=lambda world: (world.stand_ins / "forged").touch())
    equal([file for file in (world.folder / "runner/tools").rglob("*") if file.is_file()], [])
    fails("have none of portcullis-x86_64-unknown-linux-musl.tar.gz", spoil=no_sum)
    fails("cannot be downloaded", spoil=lambda world: shutil.rmtree(world.stand_ins / "releases"))
    for unknown in ("9.9.8", "v1", "latest", "current", "main"):
        world = fails("has no checksums of version", {"version": unknown})
        equal(world.asked(), [])
    for invalid in ("../9.9.9", "9.9.9/../9.9.9", "", ".", "a b", "*"):
        fails("must be a version" if invalid else "is from before the first release", {"version": invalid, "install": "release"}, version="9.9.9" if invalid else None)
    fails("no binary for Linux on S390X", env={"RUNNER_ARCH": "S390X"})
    fails("there is no portcullis on PATH", {"install": "path"})

    # With a `gh` of before attestations, without a token, and with a server of one's own, the checksum alone has to do.
    world = World({"a.yaml": CLEAN})
    world.program(world.stand_ins / "bin/gh", "#!/bin/bash\necho 'unknown command' >&2\nexit 1\n")
    contains(world.run().log, "the attestation was not verified")
    world = World({"a.yaml": CLEAN})
    contains(world.run(github={"token": ""}).log, "the attestation was not verified")
    world = World({"a.yaml": CLEAN})
    contains(world.run(env={"GITHUB_SERVER_URL": "https://git.example.com"}).log, "the attestation was not verified")
    equal(len(world.asked()), 1)


def sources():
    """`install: source` builds the action's own checkout once; without any release that is the default."""
    for inputs, version in [({"install": "source"}, "9.9.9"), ({}, None)]:
        world = World({"a.yaml": WRONG}, version=version)
        result = world.run(inputs)
        equal(result.outputs["exit-code"], "1", result.log)
        [built] = world.asked()
        contains(built, f"cargo install --path . --locked --root {world.folder / 'runner/tools'}")
        contains(built, f" in {world.action}")
        contains(world.run(inputs).log, "is in the tool cache")
        equal(len(world.asked()), 1)
        # Other sources are another program.
        (world.action / "crates/new.rs").write_text("//! New.\n")
        world.run(inputs)
        equal(len(world.asked()), 2)
    result = World({"a.yaml": WRONG}, path=("portcullis",)).run({"install": "path"})
    equal(result.outputs["exit-code"], "1", result.log)


def database():
    """The database is fetched once a day, and used."""
    world = World({"package-lock.json": "{}\n", "a.yaml": CLEAN})
    (world.stand_ins / "database").write_bytes(b"not a database")
    inputs = {"db-url": "https://db.example.com/a.db", "db-key": "RWQkey"}
    before = datetime.datetime.now(datetime.timezone.utc)
    result = world.run(inputs)
    (restore, asked), (save, kept) = result.uses[:2]
    assert restore.startswith("actions/cache/restore@") and save.startswith("actions/cache/save@"), result.uses
    days = {f"{day:%Y-%m-%d}" for day in (before, datetime.datetime.now(datetime.timezone.utc))}
    assert asked["key"][-10:] in days, asked
    equal(asked["restore-keys"] + asked["key"][-10:], asked["key"])
    equal(kept, {"path": asked["path"], "key": asked["key"]})
    arguments = world.asked("arguments")
    at = arguments.index("db")
    equal(arguments[at : at + 6], ["db", "update", "--output", f"{asked['path']}/advisories.db", "--from=https://db.example.com/a.db", "--key=RWQkey"])
    assert f"--db={asked['path']}/advisories.db" in arguments
    # What is no database is an error, which is what this one is.
    equal(result.outputs["exit-code"], "2", result.log)

    # Another address is another cache.
    assert world.run({**inputs, "db-url": "https://db.example.com/b.db"}).uses[0][1]["key"] != asked["key"]

    world = World({"a.yaml": CLEAN})
    result = world.run(inputs, answer=lambda step, given: (True, {"cache-hit": "true"}))
    assert "db" not in world.asked("arguments"), "it is there already"
    equal(len([used for used, _ in result.uses if used.startswith("actions/cache/save@")]), 0)

    # An address that gives nothing, and a key that is none: the scan is not run as if there were nothing to find.
    for inputs in ({"db-url": str(world.folder / "missing"), "db-key": "RWQ"}, {"db-url": "http://example.com/a.db", "db-key": "RWQ"}):
        world = World({"a.yaml": CLEAN})
        result = world.run(inputs)
        equal((result.failed, result.outputs["exit-code"]), (True, "2"), result.log)
        contains("\n".join(result.said("error")), "the database of advisories cannot be had")

    world = World({"a.yaml": CLEAN})
    world.run()
    assert "db" not in world.asked("arguments")


def changes():
    """`changed-only` compares with the right commit, which a shallow clone does not have."""
    world = World({"old.yaml": WRONG}, path=("portcullis",))
    if "--changed" not in HELP:
        world.program(world.stand_ins / "bin/portcullis", PROGRAM.replace("exec ", 'case "$*" in *--changed=*) exit 0 ;; esac\nexec '))
    origin = world.folder / "origin"
    world.git("init", "-q", str(origin), cwd=world.folder)

    def git(*arguments):
        return world.git(*arguments, cwd=origin)

    def commit(name):
        (origin / name).write_text(WRONG)
        git("add", ".")
        git("commit", "-qm", name)
        return git("rev-parse", "HEAD")

    git("config", "uploadpack.allowAnySHA1InWant", "true")
    first = commit("first.yaml")
    git("checkout", "-qb", "topic")
    commit("topic.yaml")
    git("checkout", "-q", "main")
    for number in range(60):
        git("commit", "-q", "--allow-empty", "-m", f"nothing {number}")
    commit("many.yaml")
    second = commit("second.yaml")
    git("checkout", "-q", "--detach")
    git("merge", "-q", "--no-ff", "--no-edit", "topic")
    git("branch", "merged")

    def base(github, branch="merged", reported=frozenset({"topic.yaml"})):
        shutil.rmtree(world.workspace)
        world.git("clone", "-q", "--depth=1", "--branch", branch, f"file://{origin}", str(world.workspace), cwd=world.folder)
        (world.stand_ins / "arguments").unlink(missing_ok=True)
        result = world.run({"install": "path", "changed-only": "true", "upload-sarif": "false"}, github)
        changed = [it for it in world.asked("arguments") if it.startswith("--changed=")]
        for it in changed:
            world.git("merge-base", it.removeprefix("--changed="), "HEAD")
        if changed and "--changed" in HELP:
            equal(result.outputs["exit-code"], "1", result.log)
            found = {line.split(":")[0] for line in result.log.splitlines() if ": critical[" in line}
            equal(found, reported, result.log)
        return changed, result

    def request(sha):
        return {**OWN, "event": {"pull_request": {"base": {"sha": sha}, "head": {"repo": {"full_name": "octo/shop"}}}}}

    # The merge is with the newest commit of the base, whatever the event says.
    equal(base(request(first))[0], [f"--changed={second}"])
    # Who checks out the head of the pull request compares with the base of the event.
    equal(base(request(first), "topic")[0], [f"--changed={first}"])
    equal(base({"event": {"before": first}}, "main", {"many.yaml", "second.yaml"})[0], [f"--changed={first}"])
    equal(base({"event_name": "merge_group", "event": {"merge_group": {"base_sha": second}}})[0], [f"--changed={second}"])
    for github in ({"event": {"before": "0" * 40}}, {"event_name": "schedule"}, {"event_name": "workflow_dispatch"}, {"event": {"before": "$(touch pwned)"}}):
        changed, result = base(github)
        equal(changed, [])
        equal(len([it for it in result.said("notice") if "everything is reported" in it]), 1)
    changed, result = base({"event": {"before": "a" * 40}})
    equal((changed, result.outputs["exit-code"]), ([], "2"))
    contains("\n".join(result.said("error")), "fetch-depth: 0")


def documents():
    """docs/action.md names every input and output, and its workflow is one that we would pass; so does docs/pre-commit.md."""
    spec = Action(ROOT).spec
    text = (ROOT / "docs/action.md").read_text()
    tables = [set(re.findall(r"`([^`]+)`", row.split("|")[1])) for row in text.splitlines() if row.startswith("| `")]
    equal(set().union(*tables), set(spec["inputs"]) | set(spec["outputs"]))
    for line in (row for row in text.splitlines() if row.startswith("| `")):
        name, default = [cell.strip() for cell in line.split("|")[1:3]]
        if f"{name.strip('`')}" in spec["inputs"]:
            equal(default.strip("`"), str(spec["inputs"][name.strip("`")].get("default", "")), line)
    for document in ("docs/action.md", "docs/pre-commit.md"):
        blocks = re.findall(r"```yaml file=(\S+)\n(.*?)```", (ROOT / document).read_text(), re.S)
        assert blocks, document
        for name, block in blocks:
            world = World({name: block})
            for job in (yaml.safe_load(block).get("jobs") or {}).values():
                for step in job["steps"]:
                    if step["uses"].startswith("portcullis/"):
                        assert set(step["with"]) <= set(spec["inputs"]), step
            (world.workspace / ".git").mkdir()
            ended = subprocess.run([str(BINARY), "check", "--profile", "all", "."], cwd=world.workspace, capture_output=True, text=True)
            assert ended.returncode in (0, 3) and not ended.stdout, ended.stdout + ended.stderr


def expressions():
    """The runner itself: the parts of the language that decide above."""
    from composite import Expression, assignments, commands

    def value(source, **names):
        return Expression(source, lambda name: names.get(name), {"success": True, "failure": False, "cancelled": False, "always": True}).value()

    for source, expected in [
        ("'a' == 'A'", True), ("a || 'b'", "b"), ("'' || '2'", "2"), ("!cancelled() && 'x' != ''", True), ("a == ''", True),
        ("'it''s'", "it's"), ("(false || true) && 'y'", "y"), ("true == 'true'", False), ("a != b", False),
    ]:
        equal(value(source), expected, source)
    equal(assignments("a=1\nb<<E\nx=1\nE\nc=<<E\n"), {"a": "1", "b": "x=1", "c": "<<E"})
    log = "::error file=a,title=b%3A::m\n::stop-commands::t\n::error::no\n::t::\n  ::notice::yes\nx ::error::no\n"
    equal(commands(log), [("error", "file=a,title=b%3A", "m"), ("notice", "", "yes")])


def main():
    for needed in ("markdown", "github", "sarif", "json"):
        assert needed in HELP, f"the binary has no format {needed}, which the action asks for"
    failed = 0
    for test in (expressions, outcomes, choices, kept_files, annotations_and_summary, forks, hostile_inputs, hostile_repositories, releases, sources, database, changes, documents):
        try:
            test()
            print(f"ok    {test.__name__}: {test.__doc__.splitlines()[0]}")
        except Exception:  # noqa: BLE001: every test is to run
            failed += 1
            print(f"FAILED {test.__name__}")
            traceback.print_exc()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    os.environ.pop("GITHUB_ACTIONS", None)
    tempfile.tempdir = tempfile.mkdtemp(prefix="portcullis-action-")
    try:
        main()
    finally:
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)
