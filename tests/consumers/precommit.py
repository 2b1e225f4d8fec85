"""The hooks of .pre-commit-hooks.yaml, run by pre-commit itself on repositories of their own.

usage: precommit.py PRE-COMMIT BINARY [rust]

Hooks of `language: system` run the binary. With `rust` the hook that people name first is built from source as well: whether it
builds is asked, not how fast it is then, so that cargo is told to use the profile that compiles fastest.
"""

import os
import pathlib
import re
import shutil
import string
import subprocess
import sys
import tempfile
import time
import zlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRE_COMMIT = str(pathlib.Path(sys.argv[1]).absolute())
BINARY = pathlib.Path(sys.argv[2]).resolve()

CLEAN = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: b }\ndata: { k: v }\n"
WRONG = """apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - { name: web, image: "web:1", securityContext: { privileged: true } }
"""
# Names a Service that another file has under another name.
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  tls: [{ hosts: [shop.example.com], secretName: web-tls }]
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: { name: NAME, namespace: shop }\nspec: { ports: [{ port: 80 }], selector: { app: web } }\n"


def token():
    """A token of GitHub's form, whose last six characters are its checksum; made here, so that none stands in this file."""
    body = "Zk3Jq8Vw1Xr6Ty0Ub5Nc7Md2Le9Sf4"
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + digits
    return f"ghp_{body}{digits}"


TOKEN = token()


CARGO = """#!/bin/bash
if [ "$1" = install ]; then set -- "$@" --debug; fi
exec '{cargo}' "$@"
"""


class Repository:
    def __init__(self, scratch, hooks):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
        self.scratch = scratch
        self.git("init", "-q")
        # Hooks come from this repository's own file; `repo: local` names them one by one without a release.
        known = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
        chosen = [{key: value for key, value in known[hook].items() if key != "minimum_pre_commit_version"} for hook in hooks]
        self.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": chosen}]}))
        self.git("add", ".")
        self.git("commit", "-qm", "start")
        self.run("install")

    def environment(self):
        return {
            **os.environ, "PATH": f"{self.scratch / 'bin'}:{BINARY.parent}:{os.environ['PATH']}", "PRE_COMMIT_HOME": str(self.scratch / "home"),
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com",
            "GIT_CONFIG_GLOBAL": os.devnull, "PORTCULLIS_DB": str(self.scratch / "none.db"), "PRE_COMMIT_COLOR": "never",
        }

    def write(self, name, content):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def git(self, *arguments):
        ended = subprocess.run(["git", *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr + ended.stdout
        return ended.stdout

    def commit(self):
        """Whether a commit of what is staged passes, and what was said."""
        ended = subprocess.run(["git", "commit", "-m", "change"], cwd=self.folder, env=self.environment(), capture_output=True, text=True)
        return ended.returncode == 0, ended.stdout + ended.stderr

    def run(self, *arguments):
        ended = subprocess.run([PRE_COMMIT, *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True)
        return ended.returncode == 0, ended.stdout + ended.stderr


def judged(repository, passes, parts=(), absent=()):
    passed, said = repository.commit()
    assert passed == passes, said
    for part in parts:
        assert part in said, f"{part!r} is not in:\n{said}"
    for part in absent:
        assert part not in said, f"{part!r} is in:\n{said}"


def staged(scratch):
    """A bad commit is refused with the finding, a clean one passes, what is not staged does not count."""
    repository = Repository(scratch, ["portcullis-system"])
    repository.write("k8s/a b.yaml", CLEAN)
    repository.git("add", ".")
    judged(repository, True)
    repository.write("k8s/a b.yaml", WRONG)
    repository.git("add", ".")
    judged(repository, False, ["k8s/a b.yaml:6:", "k8s-privileged-container"])

    # Staged wrong, and right on disk: it is what is staged that would be committed.
    repository.write("k8s/a b.yaml", CLEAN)
    judged(repository, False, ["k8s-privileged-container"])
    assert (repository.folder / "k8s/a b.yaml").read_text() == CLEAN
    # The other way around.
    repository.git("add", ".")
    repository.write("k8s/a b.yaml", WRONG)
    repository.write("k8s/untracked.yaml", WRONG)
    repository.write("Dockerfile", "FROM scratch\nCOPY a /a\nUSER 65532\nHEALTHCHECK NONE\n")
    repository.git("add", "Dockerfile")
    judged(repository, True)
    assert (repository.folder / "k8s/a b.yaml").read_text() == WRONG

    # Secrets stand in any text; a file that is nothing of ours is no reason to stop.
    repository.git("checkout", "-q", ".")
    repository.write("src/main.py", f'token = "{TOKEN}"\n')
    repository.write("blob", "text\n")
    (repository.folder / "image.png").write_bytes(bytes(range(256)))
    (repository.folder / "link.yaml").symlink_to("nowhere")
    repository.git("add", "src", "blob", "image.png", "link.yaml")
    judged(repository, False, ["src/main.py:1:", "secret-"], [TOKEN])
    repository.git("rm", "-qrf", "--cached", "src")
    judged(repository, True)
    repository.git("rm", "-q", "link.yaml")
    judged(repository, True)


def excluded(scratch):
    """What the configuration excludes stays out, though pre-commit names it."""
    repository = Repository(scratch, ["portcullis-system", "portcullis-secrets-system"])
    repository.write("portcullis.yaml", "exclude: [fixtures]\nfail-on: high\n")
    repository.write("fixtures/a.yaml", WRONG)
    repository.write("fixtures/a.py", f'token = "{TOKEN}"\n')
    repository.git("add", ".")
    judged(repository, True)
    repository.write("a.yaml", WRONG)
    repository.git("add", ".")
    judged(repository, False, ["a.yaml:6:"], ["fixtures/a.yaml:6:"])
    # A broken configuration is not taken for none.
    repository.write("portcullis.yaml", "exclud: []\n")
    repository.git("add", ".")
    judged(repository, False, ["exclud"])


def everything(scratch):
    """`--all-files` judges what was committed long ago, and the whole repository is judged as one."""
    repository = Repository(scratch, ["portcullis-system"])
    repository.write("a.yaml", WRONG)
    repository.git("add", ".")
    repository.git("commit", "-qnm", "wrong")
    passed, said = repository.run("run", "--all-files")
    assert not passed and "k8s-privileged-container" in said, said
    passed, said = repository.run("run", "--from-ref", "HEAD~1", "--to-ref", "HEAD")
    assert not passed and "k8s-privileged-container" in said, said

    repository = Repository(scratch, ["portcullis-all-system"])
    repository.write("k8s/service.yaml", SERVICE.replace("NAME", "web"))
    repository.write("k8s/ingress.yaml", INGRESS)
    repository.git("add", ".")
    repository.git("commit", "-qnm", "start")
    # The file that is wrong now is not the one that was changed.
    repository.write("k8s/service.yaml", SERVICE.replace("NAME", "api"))
    repository.git("add", ".")
    judged(repository, False, ["k8s/ingress.yaml:10:"])


def secrets(scratch):
    """`portcullis-secrets` says nothing else."""
    repository = Repository(scratch, ["portcullis-secrets-system"])
    repository.write("a.yaml", WRONG)
    repository.git("add", ".")
    judged(repository, True)
    repository.write("notes.txt", f"use {TOKEN}\n")
    repository.git("add", ".")
    judged(repository, False, ["notes.txt:1:"], [TOKEN, "k8s-"])


def fixed(scratch):
    """`portcullis-fix` changes files, and the second commit passes."""
    repository = Repository(scratch, ["portcullis-fix-system"])
    wrong = "FROM debian:13.1\nRUN apt-get install curl\nUSER 65532\n"
    repository.write("Dockerfile", wrong)
    repository.git("add", ".")
    judged(repository, False, ["files were modified by this hook"])
    assert (repository.folder / "Dockerfile").read_text() != wrong
    repository.git("add", ".")
    judged(repository, True)


def tried(scratch):
    """`pre-commit try-repo` reads the file as it stands in this repository."""
    repository = Repository(scratch, [])
    repository.write("a.yaml", WRONG)
    repository.write("b.yaml", CLEAN)
    repository.git("add", ".")
    if cargo := shutil.which("cargo"):
        (scratch / "bin").mkdir()
        (scratch / "bin/cargo").write_text(CARGO.format(cargo=cargo))
        (scratch / "bin/cargo").chmod(0o755)
    for hook, languages in (("portcullis", ["rust"]), ("portcullis-system", ["system"])):
        if languages == ["rust"] and "rust" not in sys.argv[3:]:
            continue
        passed, said = repository.run("try-repo", str(ROOT), hook, "--files", "a.yaml", "b.yaml")
        assert not passed and "a.yaml:6:" in said and "k8s-privileged-container" in said and "b.yaml" not in said, said
    passed, said = repository.run("try-repo", str(ROOT), "portcullis-system", "--files", "b.yaml")
    assert passed, said


def valid(_):
    """pre-commit takes the file, and each hook has a form that builds and one that does not."""
    file = ROOT / ".pre-commit-hooks.yaml"
    subprocess.run([PRE_COMMIT, "validate-manifest", str(file)], check=True, capture_output=True)
    hooks = {hook.pop("id"): hook for hook in yaml.safe_load(file.read_text())}
    built = {name for name, hook in hooks.items() if hook["language"] == "rust"}
    assert set(hooks) == built | {f"{name}-system" for name in built}, hooks.keys()
    for name in built:
        same = [{key: value for key, value in hooks[it].items() if key not in ("language", "description")} for it in (name, f"{name}-system")]
        assert same[0] == same[1], name


def documented(_):
    """docs/pre-commit.md names every hook, and none that there is not."""
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    text = (ROOT / "docs/pre-commit.md").read_text()
    table = {row.split("`")[1] for row in text.splitlines() if row.startswith("| `")}
    assert table == {hook for hook in hooks if not hook.endswith("-system")}, table
    for block in re.findall(r"```yaml[^\n]*\n(.*?)```", text, re.S):
        assert {hook["id"] for repository in yaml.safe_load(block)["repos"] for hook in repository["hooks"]} <= hooks, block


def measured(scratch):
    """How long the program takes for three files; no time is judged."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    names = ["a.yaml", "Dockerfile", "main.tf"]
    for name, content in zip(names, [CLEAN, "FROM scratch\n", "resource \"aws_s3_bucket\" \"a\" {}\n"]):
        (folder / name).write_text(content)
    times = []
    for _ in range(11):
        start = time.perf_counter()
        subprocess.run([str(BINARY), "check", "--force-exclude", *names], cwd=folder, capture_output=True)
        times.append(time.perf_counter() - start)
    print(f"      three files: {sorted(times)[5] * 1000:.0f} ms (median of 11 processes)")


def main():
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-hooks-"))
    # By the name that the hooks call.
    assert BINARY.name == "portcullis", BINARY
    try:
        for test in (valid, staged, excluded, everything, secrets, fixed, tried, documented, measured):
            test(scratch)
            print(f"ok    {test.__name__}: {test.__doc__.splitlines()[0]}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
