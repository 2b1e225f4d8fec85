"""Scans trees and hands every output to those that are made to read it.

usage: consumers.py BINARY TOOLS

TOOLS has `npm/` with Microsoft's SARIF multitool; the Python packages that are imported here are in the environment that
runs this. Where `chromium` is installed, the page is opened at two widths in both themes. `.ci/outputs` installs it all.
"""

import asyncio
import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import cmarkgfm
import html5lib
import jsonschema
import xmlschema
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from junitparser import JUnitXml
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARY, TOOLS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
SUFFIXES = {
    "sarif": "sarif", "json": "json", "jsonl": "jsonl", "github": "txt", "gitlab": "json", "gitlab-sast": "json",
    "junit": "xml", "markdown": "md", "html": "html", "csv": "csv", "cyclonedx": "cdx.json", "spdx": "spdx.json",
}  # fmt: skip

# What would be markup, a command, a formula, a mention or a way out of a string, wherever it were taken for it.
HOSTILE = "</script><script>document.title='broken'</script><!--<img src=x onerror=\"document.title='broken'\">\u2028&quot;'\"`<b>` |@org/team #1"
NAMES = ['=a,b%:|`@team`<b>"\n::error::x]] *_.yaml', "<img src=x onerror=alert(1)>.yaml", "deep/" * 30 + "x.yaml", "]]>.yaml", "@team #1 www.a.test.yaml"]


def main():
    for name, tree, findings in trees():
        with tempfile.TemporaryDirectory() as folder:
            outputs = scan(tree, pathlib.Path(folder))
            count = len(json.loads(outputs["json"].read_text())["findings"])
            assert count >= findings, f"{name}: {count} findings"
            for check in (sarif, gitlab, junit, markdown, page, records, bills, commands):
                check(outputs, count)
            browsed = asyncio.run(browse(outputs["html"], count))
            print(f"{name}: {count} findings, {len(outputs)} outputs{'' if browsed else ' (no chromium: page not opened)'}")


def trees():
    """Names, folders and the least number of findings."""
    estates = ROOT.parent / "shared" / "estates"
    if estates.is_dir():
        yield "estates", estates, 250
    yield "web-shop", ROOT / "fixtures" / "projects" / "web-shop", 1
    with tempfile.TemporaryDirectory() as folder:
        hostile = pathlib.Path(folder)
        for name in NAMES:
            (hostile / name).parent.mkdir(parents=True, exist_ok=True)
            (hostile / name).write_text(
                f"apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n  containers:\n    - name: {json.dumps(HOSTILE, ensure_ascii=False)}\n"
                f"      image: web\n      securityContext: {{ privileged: true }} # {'x' * 3000}\n"
            )
        yield "hostile", hostile, 50
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "Dockerfile").write_text("# syntax=docker/dockerfile:1\nFROM scratch\nUSER 1000\nHEALTHCHECK NONE\n")
        yield "clean", folder, 0


def scan(tree, folder):
    outputs = {format: folder / f"out.{format}.{suffix}" for format, suffix in SUFFIXES.items()}
    formats = [f"--format={format}={path}" for format, path in outputs.items()]
    sources = {"GITHUB_SERVER_URL": "https://git.test", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "0123456789abcdef" * 2}
    command = [BINARY, "--no-config", "--profile=all", "--exit-zero", "--quiet", "--root", tree, *formats, tree]
    subprocess.run(command, check=True, env=os.environ | sources)
    return outputs


def sarif(outputs, count):
    [multitool] = (TOOLS / "npm").glob("node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool")
    multitool.chmod(0o755)
    log = outputs["sarif"].with_name("validated.sarif")
    command = [multitool, "validate", outputs["sarif"], "--rule-kind", "Sarif;Ghas", "--output", log, "--log", "ForceOverwrite"]
    run = subprocess.run(command, env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}, capture_output=True, text=True)
    assert log.exists(), run.stdout + run.stderr
    results = [result for run in json.loads(log.read_text())["runs"] for result in run.get("results", [])]
    bad = [(r["ruleId"], r["message"]) for r in results if r.get("level", "warning") in ("error", "warning") and r["ruleId"] not in ACCEPTED]
    assert not bad, bad[:5]


# Warnings of the multitool that nothing can be done about, each with its reason.
ACCEPTED = {}


def gitlab(outputs, count):
    for format, schema in (("gitlab", "gitlab-code-quality"), ("gitlab-sast", "gitlab-sast")):
        report = json.loads(outputs[format].read_text())
        schema = json.loads((HERE / f"{schema}.schema.json").read_text())
        jsonschema.validate(report, schema, format_checker=jsonschema.FormatChecker())
        found = report if format == "gitlab" else report["vulnerabilities"]
        keys = {it["fingerprint"] if format == "gitlab" else it["id"] for it in found}
        assert len(found) == len(keys) == count, (format, len(found), len(keys), count)


def junit(outputs, count):
    xmlschema.XMLSchema(HERE / "junit.xsd").validate(outputs["junit"])
    suites = JUnitXml.fromfile(outputs["junit"])
    failures = 0
    for suite in suites:
        failed = [case for case in suite if not case.is_passed]
        assert (suite.tests, suite.failures) == (len(list(suite)), len(failed)), suite.name
        failures += len(failed)
    assert failures == count


def markdown(outputs, count):
    """As GitHub's own renderer has it: a row of three cells for each finding, and no element or link that is not ours."""
    text = outputs["markdown"].read_text()
    assert len(text.encode()) <= 1 << 20
    options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
    document = html5lib.parse(cmarkgfm.github_flavored_markdown_to_html(text, options), namespaceHTMLElements=False)
    known = set("html head body h2 h3 p table thead tbody tr th td a code br details summary b ul li strong".split())
    elements = {element.tag for element in document.iter() if isinstance(element.tag, str)}
    assert elements <= known, elements - known
    for link in document.iter("a"):
        assert re.match(r"https://(git\.test/a/b/blob/|github\.com/|rustsec\.org/|nvd\.nist\.gov/|osv\.dev/)", link.get("href")), link.get("href")
    rows = [row for details in document.iter("details") for row in details.iter("tr")]
    assert all(len(row) == 3 for row in rows)
    heads = len(list(document.iter("details")))
    assert "Left out here" in text or len(rows) - heads == count, (len(rows), heads, count)
    # GitHub looks for these in what was rendered, but not in code.
    for code in document.iter("code"):
        code[:] = []
        code.text = ""
    prose = "".join(document.itertext())
    assert not (found := re.search(r"@\w|(?<!\w)#\d|www\.\w|https?://", prose)), found


def page(outputs, count):
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document = parser.parse(outputs["html"].read_bytes(), transport_encoding="utf-8")
    errors = [error for error in parser.errors]
    assert not errors, errors[:5]
    assert len(list(document.iter("script"))) == 1 and not list(document.iter("img"))
    body = [table.find("tbody") for table in document.iter("table")]
    assert sum(len(rows) for rows in body) == count
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), "an id stands twice"


def records(outputs, count):
    text = outputs["csv"].read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == count and None not in {key for row in rows for key in row}
    assert not [cell for row in rows for cell in row.values() if cell.lstrip(" ")[:1] in tuple("=+-@\t\r\n")]
    lines = outputs["jsonl"].read_text().split("\n")
    assert [json.loads(line) for line in lines[:-1]] == json.loads(outputs["json"].read_text())["findings"] and not lines[-1]


def bills(outputs, count):
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(outputs["cyclonedx"].read_text())
    assert error is None, error
    messages = validate_full_spdx_document(parse_file(str(outputs["spdx"])), "SPDX-2.3")
    assert not messages, messages[:5]


def commands(outputs, count):
    """As GitHub's runner reads them: a line that begins with `::` is a command, `##[` would be one anywhere."""
    lines = outputs["github"].read_text().split("\n")
    shown = {"error": 0, "warning": 0, "notice": 0}
    more = 0
    for line in filter(None, lines):
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.+)", line)
        if not match:
            more = int(re.match(r"([\d,]+) more finding", line)[1].replace(",", ""))
            continue
        shown[match[1]] += 1
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        assert properties.keys() <= {"file", "line", "endLine", "col", "endColumn", "title"}, line
    assert max(shown.values()) <= 10 and sum(shown.values()) + more == count


async def browse(path, count):
    """Opens the page in Chromium: nothing runs or loads but its own, and nothing is wider than a phone."""
    import websockets

    chromium = shutil.which("chromium")
    if not chromium:
        return False
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        browser = await asyncio.create_subprocess_exec(chromium, *flags, "about:blank", stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            async for line in browser.stderr:
                if match := re.search(rb"ws://([^/]+)/", line):
                    break
            with urllib.request.urlopen(f"http://{match[1].decode()}/json") as answer:
                [target] = [target for target in json.load(answer) if target["type"] == "page"][:1]
            async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
                await visit(Session(socket), path, count)
        finally:
            browser.kill()
            await browser.wait()
    return True


class Session:
    """Chromium's DevTools, as far as they are needed."""

    def __init__(self, socket):
        self.socket, self.number, self.complaints = socket, 0, []

    async def do(self, method, **parameters):
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self.socket.recv())
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(answer["params"])
            if answer.get("id") == self.number:
                return answer["result"]

    async def value(self, expression):
        answer = await self.do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")


async def visit(session, path, count):
    for domain in ("Page", "Runtime", "Log"):
        await session.do(f"{domain}.enable")
    for width in (1280, 390):
        for theme in ("light", "dark"):
            await session.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
            await session.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            await session.do("Page.navigate", url=f"file://{urllib.parse.quote(str(path))}")
            while await session.value("document.readyState") != "complete":
                await asyncio.sleep(0.05)
            assert await session.value("document.documentElement.scrollWidth") <= width, "wider than the window"
            assert "broken" not in await session.value("document.title")
            assert await session.value("document.querySelectorAll('tbody tr').length") == count
            backdrop = await session.value("getComputedStyle(document.body).backgroundColor")
            assert (max(map(int, re.findall(r"\d+", backdrop))) < 80) == (theme == "dark"), backdrop
    if count:
        shown = "[...document.querySelectorAll('tbody tr')].filter(row => !row.hidden).length"
        change = "search.value = {}; search.dispatchEvent(new Event('input')); new Promise(done => setTimeout(done, 200))"
        await session.value(change.format("'no such text anywhere'"))
        assert await session.value(shown) == 0
        await session.value(change.format("''"))
        assert await session.value(shown) == count
        await session.value("document.querySelector('#theme').click()")
        assert await session.value("document.documentElement.dataset.theme") == "light"
    assert not session.complaints, session.complaints


main()
