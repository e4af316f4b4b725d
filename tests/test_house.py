"""The house itself: layers, lazy imports, sizes, words, what is in the wheel, and the documents."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import make_project, study  # noqa: F401 - the fixture

from boutwise.cli._app import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "boutwise"
SOURCES = sorted(PACKAGE.rglob("*.py"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

MEANT_LINES, MOST_LINES = 300, 400
MEANT_BODY, MOST_BODY = 40, 60
MEANT_PARAMETERS = 6
HELP_S = 0.5
TORCH_LIVES_IN = ("learners/network/", "prepare/detectors/", "training/", "inference/")


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        name = path.relative_to(PACKAGE).as_posix()
        yield name, ast.parse(path.read_text(encoding="utf-8"))


# --- layers and imports


def test_a_folder_imports_only_what_lies_below_it() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def imported(module: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_torch_lives_only_where_networks_are() -> None:
    strangers = {
        name: found
        for name, module in trees()
        if (found := imported(module) & {"torch", "lightning"})
        and not name.startswith(TORCH_LIVES_IN)
    }
    assert strangers == {}


def test_no_package_that_is_never_wanted() -> None:
    never = {"torchvision", "timm", "xgboost", "catboost", "decord", "tables", "joblib", "dill"}
    assert {name: imported(module) & never for name, module in trees()} == {
        name: set() for name, _ in trees()
    }


def test_sql_lives_only_in_the_project() -> None:
    assert [n for n, module in trees() if "sqlite3" in imported(module)] == [
        n for n, module in trees() if "sqlite3" in imported(module) and n.startswith("project/")
    ]


def test_nobody_prints_but_the_command_line() -> None:
    printing = [
        f"{name}:{node.lineno}"
        for name, module in trees()
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and not name.startswith("cli/")
    ]
    assert printing == []


@pytest.fixture(scope="module")
def project(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    return make_project(study, tmp_path_factory.mktemp("house") / "project")


_SPY = """
import sys
from boutwise.cli import main
code = main(sys.argv[1:])
heavy = [name for name in ("torch", "lightning", "numpy", "pandas") if name in sys.modules]
print(f"code={code} heavy={','.join(heavy)}", file=sys.stderr)
"""


def loaded_by(words: list[str]) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", _SPY, *words], capture_output=True, text=True, check=True
    )
    last = done.stderr.strip().splitlines()[-1]
    found = re.fullmatch(r"code=(\d+) heavy=(.*)", last)
    assert found, done.stderr
    return int(found[1]), set(found[2].split(",")) - {""}


@pytest.mark.parametrize("command", ["--help", "train --help", "--version"])
def test_help_loads_nothing_heavy(command: str) -> None:
    assert loaded_by(command.split()) == (0, set())


@pytest.mark.parametrize(
    "command",
    [
        "recipes",
        "formats",
        "features",
        "doctor",
        "check {project}",
        "plan {project} --recipe pose",
        "plan {project} --recipe pose_tcn",
        "score {truth} {truth} --fps 30 --frames 900",
    ],
)
def test_no_torch_is_loaded(command: str, project: Path, study: Path) -> None:  # noqa: F811
    truth = study / "labels" / "mouse_1.csv"
    words = [word.format(project=project, truth=truth) for word in command.split()]
    code, heavy = loaded_by(words)
    assert code in (0, 3), command
    assert not heavy & {"torch", "lightning"}


@pytest.mark.skipif(sys.platform == "win32", reason="the time of child processes is not kept")
def test_help_is_quick() -> None:
    def seconds() -> float:
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "boutwise", "--help"], check=True, stdout=subprocess.DEVNULL
        )
        after = os.times()
        user_s = after.children_user - before.children_user
        return user_s + after.children_system - before.children_system

    assert min(seconds() for _ in range(3)) < HELP_S


# --- sizes


def bodies() -> Iterator[tuple[str, int, int]]:
    """Place, lines of the body without its docstring, and parameters of every function."""
    for name, module in trees():
        for node in ast.walk(module):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            first = node.body[1:] if ast.get_docstring(node) else node.body
            n_lines = (node.end_lineno or 0) - first[0].lineno + 1 if first else 0
            arguments = node.args
            names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
            n_parameters = len([n for n in names if n not in ("self", "cls")])
            n_parameters += len(arguments.kwonlyargs)
            yield f"{name}:{node.lineno} {node.name}", n_lines, n_parameters


def test_files_and_bodies_stay_small() -> None:
    """Prints what is longer than meant (``pytest -rP``); fails at what is far too long."""
    files = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCES
    }
    print("longer than meant:")
    for name, n_lines in files.items():
        if n_lines > MEANT_LINES:
            print(f"  {name}: {n_lines} lines")
    for place, n_lines, n_parameters in bodies():
        if n_lines > MEANT_BODY:
            print(f"  {place}: a body of {n_lines} lines")
        if n_parameters > MEANT_PARAMETERS:
            print(f"  {place}: {n_parameters} parameters")
    assert {name: n for name, n in files.items() if n > MOST_LINES} == {}
    assert [place for place, n_lines, _ in bodies() if n_lines > MOST_BODY] == []


def test_each_folder_begins_with_a_word_for_newcomers() -> None:
    short = [
        path.parent.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        if path.name == "__init__.py"
        and len(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "") < 80
    ]
    assert short == []


def test_no_folder_for_leftovers() -> None:
    leftovers = {"utils", "common", "helpers", "misc"}
    assert [str(p) for p in SOURCES if leftovers & {p.stem, *p.parent.parts}] == []


# --- what people get


def test_the_wheel_has_every_file(tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    path = next(wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(path) as archive:
        inside = set(archive.namelist())
    expected = {
        f"boutwise/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= inside
    for needed in (
        "boutwise/recipes/pose.yaml",
        "boutwise/project/migrations/001_start.sql",
        "boutwise/report/templates/report.html.j2",
        "boutwise/py.typed",
    ):
        assert needed in inside
    assert not [name for name in inside if name.startswith(("tests/", "docs/"))]


def test_python_m_boutwise() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "boutwise", "recipes"], capture_output=True, text=True, check=True
    )
    assert "pose_tcn" in done.stdout


# --- documents


def slugs(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path) if path else document
        good = file.exists()
        if good and anchor:
            good = anchor in slugs(file.read_text(encoding="utf-8"))
        if not good:
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_documents_name_only_commands_that_exist(document: Path) -> None:
    known = {name for commands in COMMANDS.values() for name in commands} | {"COMMAND"}
    text = document.read_text(encoding="utf-8")
    code = re.findall(r"`([^`\n]+)`", text)
    for block in re.findall(r"```\n(.*?)```", text, flags=re.DOTALL):
        code += block.splitlines()
    said = [words.split() for words in code if words.startswith("boutwise ")]
    assert [words for words in said if words[1] not in known and words[1][0] != "-"] == []


def test_every_page_is_in_the_menu() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = yaml.safe_dump(yaml.safe_load(text)["nav"])
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")}
    assert pages == set(re.findall(r"[\w/\-]+\.md", nav))


@pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None,
    reason="the documentation's tools are not installed; 'make docs' installs them",
)
def test_the_documentation_builds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "reference" / "python.html").is_file()
