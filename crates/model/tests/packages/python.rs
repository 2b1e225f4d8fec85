//! Python's lockfiles, requirements and manifests.

use crate::{Case, check, check_fault, check_paths, check_requirements};

const REQUIREMENTS: &str = r#"# pinned by hand
-r other.txt
--constraint=constraints.txt
--index-url https://pypi.example.com/simple
Django[argon2] == 4.2.1 ; python_version >= "3.8"
requests>=2.0,<3  # a range is no version
certifi==2023.7.22 \
    --hash=sha256:00ff \
    --hash=sha256:11ee
    # via requests
any
star==1.*
arbitrary===1.0+local
pip @ https://example.com/pip-1.0-py3-none-any.whl#sha256=00
git+https://github.com/x/tool.git@main#egg=tool
-e git+ssh://git@github.com/x/fixed.git@0123456789abcdef0123456789abcdef01234567#egg=fixed&subdirectory=a
-e .
./wheels/local-2.0-py3-none-any.whl
later==${VERSION}
"#;

const PYPROJECT: &str = r#"[build-system]
requires = ["setuptools"]

[project]
name = "app"
dependencies = [
  "Flask[async] >=2,<3; python_version > '3'",
  "direct @ git+https://example.com/direct@v1",
]

[project.optional-dependencies]
extra = ["redis"]

[dependency-groups]
test = ["pytest==7.0", { include-group = "other" }]

[tool.uv]
dev-dependencies = ["ruff"]
override-dependencies = ["idna==3.7"]

[tool.uv.sources]
redis = { git = "https://example.com/redis", rev = "0123456789abcdef0123456789abcdef01234567" }

[tool.uv.workspace]
members = ["packages/*"]

[tool.pdm.dev-dependencies]
lint = ["black"]
"#;

#[test]
fn requirements_of_python() {
    check(&[Case {
        about: "only what names one version is a package",
        files: &[("requirements.txt", REQUIREMENTS)],
        packages: &[
            "5 Django 4.2.1 direct dev?",
            "7 certifi 2023.7.22 transitive dev? sha256:00ff sha256:11ee",
            "13 arbitrary 1.0+local direct dev?",
            "14 pip 1.0 direct dev? url:https://example.com/pip-1.0-py3-none-any.whl#sha256=00",
            "15 tool - direct dev? git:https://github.com/x/tool.git#moving",
            "16 fixed - direct dev? git:ssh://git@github.com/x/fixed.git#0123456789abcdef0123456789abcdef01234567",
            "18 local 2.0 direct dev? path:./wheels/local-2.0-py3-none-any.whl",
        ],
    }]);
    let compiled = "# compiled\na==1 \\\n    --hash=sha256:00\n    # via -r requirements.in\nb==1\n    # via\n    #   a\n    #   C\n\
                    c==1  # via a, app (pyproject.toml)\nd==1\n# a note\n";
    check_paths("who asks as pip-compile writes it", &[("requirements.txt", compiled)], &["a", "a > b", "c", "d"]);
    check_requirements(
        "requirements.txt",
        REQUIREMENTS,
        &[
            "5 Django == 4.2.1 dev?",
            "6 requests >=2.0,<3 dev?",
            "7 certifi ==2023.7.22 dev?",
            "11 any  dev?",
            "12 star ==1.* dev?",
            "13 arbitrary ===1.0+local dev?",
            "14 pip https://example.com/pip-1.0-py3-none-any.whl#sha256=00 dev? elsewhere",
            "15 tool git+https://github.com/x/tool.git@main#egg=tool dev? elsewhere",
            "16 fixed git+ssh://git@github.com/x/fixed.git@0123456789abcdef0123456789abcdef01234567#egg=fixed&subdirectory=a dev? elsewhere",
            "18 local ./wheels/local-2.0-py3-none-any.whl dev? elsewhere",
            "19 later ==${VERSION} dev?",
            "2 file other.txt",
            "3 constraints constraints.txt",
        ],
    );
    check_fault("requirements.txt", "a==1\nwhat is this\nb==1\nnor this\n", 2, &["a", "b"]);
}

#[test]
fn manifests_of_python() {
    check_requirements(
        "pyproject.toml",
        PYPROJECT,
        &[
            "7 Flask >=2,<3",
            "8 direct git+https://example.com/direct@v1 elsewhere",
            "12 redis https://example.com/redis optional elsewhere",
            "15 pytest ==7.0 dev",
            "28 black  dev",
            "18 ruff  dev",
            "19 forced idna ==3.7 dev?",
            "member packages/*",
        ],
    );
    check_requirements(
        "pyproject.toml",
        "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\npython = \"^3.8\"\na = \"^1\"\n\
         b = { version = \"*\", optional = true }\nc = { path = \"../c\" }\n[tool.poetry.group.dev.dependencies]\n\
         d = [{ version = \"1\" }, { version = \"2\" }]\n[tool.poetry.dev-dependencies]\ne = \"1\"\n",
        &["5 a ^1", "6 b  optional", "7 c ../c elsewhere", "11 e 1 dev", "9 d 1 dev", "9 d 2 dev"],
    );
    check_requirements(
        "Pipfile",
        "[[source]]\nurl = \"https://pypi.org/simple\"\n[packages]\na = \"*\"\nb = {version = \"==1\", extras = [\"x\"]}\n\
         c = {git = \"https://example.com/c.git\", ref = \"main\"}\n[dev-packages]\nd = \">1\"\n[docs]\ne = \"*\"\n",
        &["4 a ", "5 b ==1", "6 c https://example.com/c.git elsewhere", "8 d >1 dev", "10 e  dev?"],
    );
}

const UV: &str = r#"version = 1
revision = 3

[[package]]
name = "app"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "flask" }]

[package.optional-dependencies]
fast = [{ name = "orjson" }]

[package.dev-dependencies]
dev = [
    { name = "pytest" },
    { name = "click" },
]

[package.metadata]
requires-dist = [{ name = "flask" }]

[[package]]
name = "click"
version = "8.1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://example.com/click.tar.gz", hash = "sha256:aa", size = 1 }
wheels = [
    { url = "https://example.com/click.whl", hash = "sha256:bb", size = 1 },
]

[[package]]
name = "flask"
version = "2.0.0"
source = { git = "https://example.com/flask?rev=main#0123456789abcdef0123456789abcdef01234567" }
dependencies = [{ name = "click" }]

[[package]]
name = "orjson"
version = "3.0.0"
source = { registry = "https://pypi.example.com/simple" }

[[package]]
name = "pluggy"
version = "1.0.0"
source = { url = "https://example.com/pluggy.whl" }

[[package]]
name = "pytest"
version = "7.0.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "pluggy" }]
"#;

const POETRY1: &str = r#"[[package]]
name = "a"
version = "1.0.0"
category = "main"
optional = false
python-versions = "*"

[package.dependencies]
B_B = ">=1"

[[package]]
name = "b-b"
version = "1.0.0"
category = "dev"
optional = true

[package.source]
type = "git"
url = "https://example.com/b.git"
reference = "main"
resolved_reference = "0123456789abcdef0123456789abcdef01234567"

[metadata]
lock-version = "1.1"
content-hash = "00ff"

[metadata.files]
a = [
    {file = "a-1.0.0.tar.gz", hash = "sha256:aa"},
]
b-b = []
"#;

const POETRY2: &str = r#"[[package]]
name = "a"
version = "1.0.0"
optional = false
groups = ["main", "dev"]
files = [{file = "a", hash = "sha256:aa"}]

[package.dependencies]
b = [{version = "1"}, {version = "2"}]

[[package]]
name = "b"
version = "1.0.0"
optional = false
groups = ["dev"]
files = []

[[package]]
name = "b"
version = "2.0.0"
optional = false
files = []

[metadata]
lock-version = "2.1"
"#;

const PIPFILE: &str = r#"{
    "_meta": { "hash": { "sha256": "00ff" }, "pipfile-spec": 6 },
    "default": {
        "a": { "hashes": ["sha256:aa", "sha256:bb"], "index": "pypi", "version": "==1.0" },
        "g": { "git": "https://example.com/g.git", "ref": "0123456789abcdef0123456789abcdef01234567" }
    },
    "develop": {
        "a": { "version": "==1.0" },
        "d": { "version": "==2.0" }
    },
    "docs": { "e": { "version": "==3.0" } }
}
"#;

const PDM: &str = r#"[metadata]
groups = ["default", "test"]
lock_version = "4.4.1"
content_hash = "sha256:00ff"

[[package]]
name = "a"
version = "1.0"
groups = ["default"]
dependencies = ["B.b>=1; python_version > '3'", "c"]
files = [{file = "a.whl", hash = "sha256:aa"}]

[[package]]
name = "a"
version = "1.0"
extras = ["x"]
groups = ["test"]
dependencies = ["a==1.0", "t"]

[[package]]
name = "b-b"
version = "1.0"
groups = ["default"]

[[package]]
name = "t"
version = "1.0"
groups = ["test"]
"#;

const PYLOCK: &str = r#"lock-version = "1.0"
dependency-groups = ["dev"]
default-groups = []

[[packages]]
name = "a"
version = "1.0"
dependencies = [{ name = "B" }]
sdist = { url = "https://files.pythonhosted.org/a.tar.gz", hashes = { sha256 = "aa" } }
[[packages.wheels]]
url = "https://files.pythonhosted.org/a.whl"
hashes = { sha256 = "bb", md5 = "cc" }

[[packages]]
name = "b"
version = "1.0"
marker = "'dev' in dependency_groups"
index = "https://pypi.example.com/simple"

[[packages]]
name = "c"
vcs = { type = "git", url = "https://example.com/c", commit-id = "0123456789abcdef0123456789abcdef01234567" }
"#;

#[test]
fn lockfiles_of_python() {
    check(&[
        Case {
            about: "uv: groups, extras, sources",
            files: &[("uv.lock", UV)],
            packages: &[
                "5 app 0.1.0 dev? project",
                "23 click 8.1.0 direct sha256:aa sha256:bb",
                "32 flask 2.0.0 direct git:https://example.com/flask?rev=main#0123456789abcdef0123456789abcdef01234567",
                "38 orjson 3.0.0 direct optional url:https://pypi.example.com/simple",
                "43 pluggy 1.0.0 transitive dev url:https://example.com/pluggy.whl",
                "48 pytest 7.0.0 direct dev",
            ],
        },
        Case {
            about: "Poetry with categories, and with files apart",
            files: &[
                ("poetry.lock", POETRY1),
                ("pyproject.toml", "[tool.poetry]\nname = \"app\"\n[tool.poetry.dependencies]\nA = \"*\"\n"),
            ],
            packages: &[
                "2 a 1.0.0 direct sha256:aa",
                "12 b-b 1.0.0 transitive dev optional git:https://example.com/b.git#0123456789abcdef0123456789abcdef01234567",
            ],
        },
        Case {
            about: "Poetry with groups",
            files: &[("poetry.lock", POETRY2)],
            packages: &["2 a 1.0.0 sha256:aa", "12 b 1.0.0 dev", "19 b 2.0.0 dev?"],
        },
        Case {
            about: "a Poetry that says nothing about groups, beside its manifest",
            files: &[
                (
                    "poetry.lock",
                    "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\nc = \"*\"\n[[package]]\nname = \"b\"\nversion = \"1\"\n[package.dependencies]\nc = \"*\"\nd = \"*\"\n[[package]]\nname = \"c\"\nversion = \"1\"\n[[package]]\nname = \"d\"\nversion = \"1\"\n",
                ),
                (
                    "pyproject.toml",
                    "[project]\nname = \"app\"\ndependencies = [\"a\"]\n[tool.poetry.group.dev.dependencies]\nb = \"*\"\n",
                ),
            ],
            packages: &["2 a 1 direct", "7 b 1 direct dev", "13 c 1 transitive", "16 d 1 transitive dev"],
        },
        Case {
            about: "Pipenv",
            files: &[("Pipfile.lock", PIPFILE)],
            packages: &[
                "4 a 1.0 sha256:aa sha256:bb",
                "5 g - git:https://example.com/g.git#0123456789abcdef0123456789abcdef01234567",
                "9 d 2.0 dev",
                "11 e 3.0 dev?",
            ],
        },
        Case {
            about: "PDM: extras of one package, groups by the manifest",
            files: &[
                ("pdm.lock", PDM),
                (
                    "pyproject.toml",
                    "[project]\nname = \"app\"\ndependencies = [\"a\"]\n[tool.pdm.dev-dependencies]\ntest = [\"t\"]\n",
                ),
            ],
            packages: &["7 a 1.0 direct sha256:aa", "21 b-b 1.0 transitive", "26 t 1.0 direct"],
        },
        Case {
            about: "PEP 751",
            files: &[("pylock.toml", PYLOCK)],
            packages: &[
                "6 a 1.0 sha256:aa sha256:bb md5:cc",
                "15 b 1.0 dev url:https://pypi.example.com/simple",
                "21 c - git:https://example.com/c#0123456789abcdef0123456789abcdef01234567",
            ],
        },
    ]);
    check_paths("uv", &[("uv.lock", UV)], &["", "click", "flask", "orjson", "pytest > pluggy", "pytest"]);
    check_fault(
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\n[[package]]\nname = \"b\nversion = \"1\"\n",
        5,
        &["a", "b"],
    );
}
