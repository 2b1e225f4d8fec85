"""The scripts of database.yml, run in their order with small exports, the real `minisign` and stand-ins for what is remote.

usage: database.py BINARY

Takes nothing from the network: `curl`, `git` and `gh` are stand-ins. What cannot be known here is whether the addresses still serve
what they did.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(sys.argv[1]).resolve()
PASSWORD = "correct horse"
FLOORS = ("npm", "PyPI", "Maven", "Packagist", "Go", "NuGet", "RubyGems", "crates.io")

CURL = r"""#!/bin/bash
while [ $# -gt 0 ]; do case "$1" in --output) out=$2; shift ;; https://*) url=$1 ;; esac; shift; done
mkdir -p "$(dirname "$out")"
case "$url" in
  *osv-vulnerabilities*) eco=${url%/all.zip}; eco=${eco##*/}; cp "$REMOTE/osv/${eco//%20/ }.zip" "$out" ;;
  *epss*) printf '#model_version:v1,score_date:2026-01-01\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\n' | gzip >"$out" ;;
  *known_exploited*) echo '{"vulnerabilities":[{"cveID":"CVE-2026-0001"}]}' >"$out" ;;
  *) exit 22 ;;
esac
"""
GIT = r"""#!/bin/bash
for last; do :; done
mkdir -p "$last/crates/handle"
printf '```toml\n[advisory]\nid = "RUSTSEC-2026-0001"\npackage = "handle"\ndate = "2026-01-01"\n[versions]\npatched = []\n```\n\n# A title\n\nA text.\n' >"$last/crates/handle/RUSTSEC-2026-0001.md"
"""
# As the interface of releases: assets with numbers and names in a folder.
GH = r"""#!/bin/bash
cd "$REMOTE/assets" || exit 1
case "$1 $2" in
  "release view") [ -e ../created ] ;;
  "release create") touch ../created ;;
  "release upload")
    cp "$HERE/$4" "$4.new"; rm -f -- *" $4"; mv "$4.new" "$(date +%s%N) $4" ;;
  "api -X")
    id=${4##*/}
    old=$(ls | grep "^$id ")
    case "$3" in
      DELETE) rm "$old" ;;
      PATCH) name=${6#name=}; [ -z "$(ls | grep " $name\$")" ] || { echo "$name is there" >&2; exit 1; }; mv "$old" "$id $name" ;;
    esac ;;
  "api "*) ls ;;
esac
"""


def scripts():
    """The scripts of both jobs by their names, and the environment that they share."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/database.yml").read_text())
    found = {step["name"]: step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step}
    assert not any("${{" in script for script in found.values()), "an expression in a script"
    return found, workflow["env"]


class Runner:
    def __init__(self, scratch, count):
        self.here, self.remote = scratch / "here", scratch / "remote"
        for folder in (self.here / "target/release", self.remote / "osv", self.remote / "assets", scratch / "bin", scratch / "temp"):
            folder.mkdir(parents=True)
        shutil.copy(BINARY, self.here / "target/release/portcullis")
        for name, script in {"curl": CURL, "git": GIT, "gh": GH, "sudo": "#!/bin/bash\n"}.items():
            (scratch / "bin" / name).write_text(script)
            (scratch / "bin" / name).chmod(0o755)
        for name in (*FLOORS, "Pub", "Hex", "Hackage", "CRAN", "ConanCenter", "SwiftURL", "GitHub Actions", "Julia"):
            with zipfile.ZipFile(self.remote / "osv" / f"{name}.zip", "w") as archive:
                for number in range(count):
                    key = hashlib.sha256(f"{name} {number}".encode()).hexdigest()
                    event = '{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}' if name != "npm" else '{"type":"SEMVER","events":[{"introduced":"0"}]}'
                    record = f'{{"id":"MAL-{key}","modified":"2026-01-02T03:04:05Z","affected":[{{"package":{{"ecosystem":"{name}","name":"p{number}"}},"ranges":[{event}]}}]}}'
                    archive.writestr(f"{key}.json", record)
        self.scripts, shared = scripts()
        self.key = scratch / "key"
        made = subprocess.run(["minisign", "-G", "-p", str(scratch / "key.pub"), "-s", str(self.key)], input=f"{PASSWORD}\n{PASSWORD}\n", text=True, capture_output=True)
        assert made.returncode == 0, made.stderr
        self.public = (scratch / "key.pub").read_text().splitlines()[-1]
        self.environment = {
            **shared, "PATH": f"{scratch / 'bin'}:{os.environ['PATH']}", "HOME": str(scratch), "HERE": str(self.here), "REMOTE": str(self.remote),
            "RUNNER_TEMP": str(scratch / "temp"), "GH_REPO": "portcullis/portcullis", "GH_TOKEN": "t",
            "KEY": self.key.read_text().rstrip("\n"), "PASSWORD": PASSWORD,
        }
        self.database = self.here / shared["DATABASE"]

    def run(self, name, edit=lambda script: script):
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", edit(self.scripts[name])],
            cwd=self.here, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        return ended.returncode == 0, ended.stdout + ended.stderr


def main():
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-database-"))
    try:
        runner = Runner(scratch, 3)
        for name in ("Download what is published", "Make the database"):
            passed, said = runner.run(name)
            assert passed, said
        status = (runner.here / "status.txt").read_text()
        for ecosystem in FLOORS:
            assert f"  ecosystem {ecosystem}: " in status, status
        assert "expires" in status, status
        print("ok    every export is in the database")

        passed, said = runner.run("It is not less than it should be")
        assert not passed and "npm has 3 advisories" in said, said

        def few(script):
            return "".join(f"{line.rsplit(' ', 1)[0]} 3\n" if line.startswith(FLOORS) else f"{line}\n" for line in script.splitlines())

        passed, said = runner.run("It is not less than it should be", few)
        assert passed, said
        print("ok    too few advisories of an ecosystem are no database, enough are one")

        passed, said = runner.run("Sign")
        assert passed and PASSWORD not in said and runner.environment["KEY"] not in said, said
        left = [file for file in pathlib.Path("/dev/shm").glob("tmp.*") if file.is_file() and runner.environment["KEY"] in file.read_text(errors="replace")]
        assert not left, left
        key = f" --key {runner.public} --output"
        passed, said = runner.run("Programs will take it", lambda script: script.replace(" --output", key))
        assert passed, said
        runner.database.write_bytes(runner.database.read_bytes() + b"x")
        (scratch / "temp/taken.db").unlink()
        passed, said = runner.run("Programs will take it", lambda script: script.replace(" --output", key))
        assert not passed and "does not hold" in said, said
        print("ok    what minisign signs is taken, and nothing else")

        for day in ("first", "second", "third"):
            runner.database.write_text(day)
            pathlib.Path(f"{runner.database}.minisig").write_text(f"signature of {day}")
            passed, said = runner.run("Publish")
            assert passed, said
            assets = {file.name.split(" ", 1)[1]: file.read_text() for file in (runner.remote / "assets").iterdir()}
            assert assets == {runner.database.name: day, f"{runner.database.name}.minisig": f"signature of {day}"}, assets
        print("ok    each day takes the place of the one before")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
