"""Runs a composite action as GitHub's runner does, as far as action.yml uses it.

Expressions, `if:`, `continue-on-error`, environment files and workflow commands are what the runner documents; anything that
is not known here is an error, so that an action cannot use more than is tested. Steps with `uses:` are not run but
recorded, and answered by whoever calls.
"""

import os
import pathlib
import re
import subprocess
import tempfile

import yaml

TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.-]*)|(?P<number>\d+)|(?P<op>&&|\|\||==|!=|[!(),]))")


class Expression:
    """Of GitHub's language: names, strings, numbers, `! && || == !=`, parentheses and the status functions."""

    def __init__(self, text, lookup, status):
        self.lookup, self.status, self.tokens = lookup, status, []
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"expression {text!r} at {text[at:]!r}")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            at = match.end()

    def value(self):
        value = self.either()
        if self.tokens:
            raise ValueError(f"left over: {self.tokens}")
        return value

    def take(self, *operators):
        if self.tokens and self.tokens[0][0] == "op" and self.tokens[0][1] in operators:
            return self.tokens.pop(0)[1]
        return None

    def either(self):
        left = self.both()
        while self.take("||"):
            right = self.both()
            left = left if truthy(left) else right
        return left

    def both(self):
        left = self.equality()
        while self.take("&&"):
            right = self.equality()
            left = right if truthy(left) else left
        return left

    def equality(self):
        left = self.unary()
        while operator := self.take("==", "!="):
            equal = same(left, self.unary())
            left = equal if operator == "==" else not equal
        return left

    def unary(self):
        if self.take("!"):
            return not truthy(self.unary())
        if self.take("("):
            value = self.either()
            if not self.take(")"):
                raise ValueError("a parenthesis is open")
            return value
        kind, text = self.tokens.pop(0)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text)
        if kind != "name":
            raise ValueError(f"unexpected {text!r}")
        if self.take("("):
            if not self.take(")"):
                raise ValueError(f"{text}() takes nothing here")
            return self.status[text]
        return {"true": True, "false": False, "null": None}.get(text, None) if text in ("true", "false", "null") else self.lookup(text)


def truthy(value):
    return value not in (None, False, 0, 0.0, "")


def same(left, right):
    """Strings compare without case; of different types, as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    return number(left) == number(right)


def number(value):
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except ValueError:
        return float("nan")


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


class Result:
    def __init__(self):
        self.outputs, self.uses, self.log, self.commands, self.summary = {}, [], "", [], ""
        self.failed, self.steps, self.ran = False, {}, []

    def said(self, level):
        return [message for name, _, message in self.commands if name == level]


class Action:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.spec = yaml.safe_load((self.folder / "action.yml").read_text())

    def run(self, workspace, scratch, inputs=None, github=None, env=None, answer=None):
        """One run of the action. `answer(step, given)` gives (succeeded, outputs) of a step that `uses` something."""
        given = {name: text(it.get("default", "")) for name, it in self.spec["inputs"].items()}
        for name, value in (inputs or {}).items():
            if name not in given:
                raise ValueError(f"there is no input {name}")
            given[name] = value
        github = {"event_name": "push", "event": {}, "repository": "octo/shop", "actor": "octocat", "ref": "refs/heads/main", "token": "t0ken", **(github or {})}
        result = Result()
        answer = answer or (lambda step, given: (True, {}))
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(scratch), "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64",
            "RUNNER_TEMP": str(scratch / "temp"), "RUNNER_TOOL_CACHE": str(scratch / "tools"),
            "GITHUB_ACTION_PATH": str(self.folder), "GITHUB_WORKSPACE": str(workspace), "GITHUB_ACTIONS": "true", "CI": "true",
            "GITHUB_EVENT_NAME": github["event_name"], "GITHUB_REF": github["ref"], "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_SERVER_URL": "https://github.com", **(env or {}),
        }
        for folder in ("RUNNER_TEMP", "RUNNER_TOOL_CACHE"):
            pathlib.Path(environment[folder]).mkdir(parents=True, exist_ok=True)

        def lookup(name):
            root, *path = name.split(".")
            if root == "inputs":
                return given[".".join(path)]
            value = {"github": github, "steps": result.steps}[root]
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            return value

        def evaluate(source):
            status = {"success": not result.failed, "failure": result.failed, "cancelled": False, "always": True}
            return Expression(source, lookup, status).value()

        def fill(source):
            source = text(source)
            whole = re.fullmatch(r"\$\{\{(.*)\}\}", source, re.S)
            if whole and "${{" not in whole.group(1):
                return text(evaluate(whole.group(1)))
            return re.sub(r"\$\{\{(.*?)\}\}", lambda it: text(evaluate(it.group(1))), source, flags=re.S)

        def condition(source):
            source = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", text(source), flags=re.S)
            if not re.search(r"\b(success|failure|cancelled|always)\(\)", source):
                source = f"success() && ({source or 'true'})"
            return truthy(evaluate(source))

        for step in self.spec["runs"]["steps"]:
            unknown = set(step) - {"name", "id", "if", "shell", "env", "run", "uses", "with", "continue-on-error"}
            if unknown:
                raise ValueError(f"not known to this runner: {unknown}")
            if not condition(step.get("if", "")):
                result.steps[step.get("id")] = {"outcome": "skipped", "conclusion": "skipped", "outputs": {}}
                continue
            result.ran.append(step["name"])
            if "uses" in step:
                parameters = {key: fill(value) for key, value in step.get("with", {}).items()}
                result.uses.append((step["uses"], parameters))
                succeeded, outputs = answer(step["uses"], parameters)
            else:
                if "${{" in step["run"]:
                    raise ValueError(f"an expression in the script of {step['name']}")
                own = {key: fill(value) for key, value in step.get("env", {}).items()}
                succeeded, outputs = self.shell(step, {**environment, **own}, environment, workspace, result)
            tolerated = truthy(evaluate(re.sub(r"^\$\{\{(.*)\}\}$", r"\1", text(step.get("continue-on-error", "false")))))
            result.steps[step.get("id")] = {
                "outcome": "success" if succeeded else "failure",
                "conclusion": "success" if succeeded or tolerated else "failure",
                "outputs": outputs,
            }
            if not succeeded and not tolerated:
                result.failed = True
        result.outputs = {name: fill(it["value"]) for name, it in self.spec["outputs"].items()}
        return result

    @staticmethod
    def shell(step, environment, lasting, workspace, result):
        if step["shell"] != "bash":
            raise ValueError("only bash is there on every runner")
        with tempfile.TemporaryDirectory() as folder:
            files = {name: pathlib.Path(folder, name) for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
            for file in files.values():
                file.touch()
            script = pathlib.Path(folder, "script.sh")
            script.write_text(step["run"])
            ended = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=workspace, env={**environment, **{name: str(file) for name, file in files.items()}},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            log = ended.stdout.decode(errors="replace")
            result.log += log
            result.commands += commands(log)
            summary = files["GITHUB_STEP_SUMMARY"].read_bytes()
            # What the runner does with a summary that is too large: it is not shown.
            if len(summary) <= 1024 * 1024:
                result.summary += summary.decode()
            lasting.update(assignments(files["GITHUB_ENV"].read_text()))
            for line in files["GITHUB_PATH"].read_text().splitlines():
                lasting["PATH"] = f"{line}:{lasting['PATH']}"
            return ended.returncode == 0, assignments(files["GITHUB_OUTPUT"].read_text())


def assignments(file):
    """`name=value`, and `name<<END` with lines up to END."""
    found, lines = {}, iter(file.split("\n"))
    for line in lines:
        if "<<" in line and ("=" not in line or line.index("<<") < line.index("=")):
            name, end = line.split("<<", 1)
            body = []
            for inner in lines:
                if inner == end:
                    break
                body.append(inner)
            found[name] = "\n".join(body)
        elif line:
            name, _, value = line.partition("=")
            found[name] = value
    return found


def commands(log):
    """What the runner would obey: `::name properties::message`, unless commands are stopped."""
    found, stopped = [], None
    for line in re.split(r"\r\n|\n|\r", log):
        line = line.lstrip()
        if stopped is not None:
            if line.strip() == f"::{stopped}::":
                stopped = None
            continue
        match = re.match(r"::([A-Za-z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)", line)
        if not match:
            # Behind anything, though it is the older form.
            if re.search(r"##\[[A-Za-z-]+[^]]*\]", line):
                found.append(("##", "", line))
            continue
        name, properties, message = match.groups()
        if name == "stop-commands":
            stopped = message
        else:
            found.append((name, properties or "", message))
    if stopped is not None:
        raise AssertionError("workflow commands stay stopped")
    return found
