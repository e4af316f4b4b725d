"""Every command that needs no training: what it says, what it returns, how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import FPS, Boutwise

from boutwise import __version__, registry
from boutwise.cli._app import COMMANDS

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command-line.md"
NAMES = [name for commands in COMMANDS.values() for name in commands]


def test_help_names_every_command(boutwise: Boutwise) -> None:
    said = boutwise("--help")
    assert said.code == 0
    for name in NAMES:
        assert f"│ {name} " in said.out


@pytest.mark.parametrize("name", ["bundle info" if n == "bundle" else n for n in NAMES])
def test_every_command_has_json_and_is_in_the_reference(boutwise: Boutwise, name: str) -> None:
    said = boutwise(*name.split(), "--help")
    assert said.code == 0
    assert "--json" in said.out
    reference = REFERENCE.read_text(encoding="utf-8")
    assert f"boutwise {name}" in reference
    options = {word.strip("│ ,") for word in said.out.split() if word.startswith("--")}
    for option in options - {"--json", "--help"}:
        assert f"`{option}" in reference, f"{option} of {name} is not in the reference"


def test_version(boutwise: Boutwise) -> None:
    assert boutwise("--version").out == f"boutwise {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["train"], ["plan", "x", "--sett", "a=b"], ["train", "x", "--split", "cage"]],
)
def test_a_wrong_call_is_code_2_with_one_object(boutwise: Boutwise, words: list[str]) -> None:
    said = boutwise(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert "--help" in said.err
    assert boutwise(*words, "--json").data["error"]["kind"] == "UsageError"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check", "nowhere"], 3),
        (["plan", "nowhere"], 3),
        (["train", "nowhere"], 3),
        (["report", "nowhere"], 3),
        (["import", "nowhere", "x.csv"], 3),
        (["score", "a.csv", "b.csv"], 3),
        (["bundle", "info", "nothing"], 2),
        (["evaluate", "nothing", "nowhere"], 2),
        (["predict", "a.csv", "--out", "o"], 2),
        (["predict", "a.boutwise", "b.csv", "--out", "o"], 2),
        (["predict", "a.boutwise", "--out", "o"], 2),
    ],
)
def test_errors_are_words_without_a_traceback(
    boutwise: Boutwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    said = boutwise(*words, "--json")
    assert said.code == code
    assert said.data["error"]["what"]
    assert "error: " in said.err
    assert "Traceback" not in said.err
    assert "Traceback" in boutwise(*words, "--debug").err
    monkeypatch.setenv("BOUTWISE_DEBUG", "1")
    assert "Traceback" in boutwise(*words).err


def test_init_makes_a_project_once(boutwise: Boutwise, tmp_path: Path) -> None:
    root = tmp_path / "new"
    assert boutwise("init", root, "--json").data["project"] == root.as_posix()
    assert (root / "boutwise.yaml").is_file()
    again = boutwise("init", root)
    assert again.code == 3
    assert "what to do:" in again.err


def test_a_dry_run_changes_nothing_and_says_why(
    boutwise: Boutwise, study: Path, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    boutwise("init", root)
    before = (root / "boutwise.yaml").read_bytes()
    words = ["import", root, study / "pose", study / "labels", study / "README.txt"]
    words += ["--fps", FPS, "--dry-run"]
    said = boutwise(*words)
    assert said.code == 0
    assert "7 matched, 1 not matched" in said.out
    assert "NO" in next(line for line in said.out.splitlines() if "README.txt" in line)
    rows = boutwise(*words, "--json").data["rows"]
    assert all(row["why"] for row in rows)
    assert (root / "boutwise.yaml").read_bytes() == before
    assert boutwise("plan", root, "--json").code == 3, "nothing was imported"


def test_the_dry_run_ends_like_the_import(boutwise: Boutwise, study: Path, tmp_path: Path) -> None:
    root, empty = tmp_path / "my project", tmp_path / "mouse_9.csv"
    assert f"boutwise import '{root}'" in boutwise("init", root).out
    empty.write_bytes(b"")
    words = ["import", root, study / "pose", empty, "--fps", FPS]
    planned = boutwise(*words, "--dry-run")
    done = boutwise(*words)
    assert planned.code == done.code == 4
    assert planned.out.count("the file is empty") == 2, "in the table and as a problem"
    assert done.out.count("the file is empty") == 1


def test_a_negative_seed_is_refused_before_anything_runs(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("train", project, "--seed", "-1")
    assert said.code == 2
    assert not list((project / "runs").iterdir())


def test_import_twice_adds_nothing(boutwise: Boutwise, study: Path, project: Path) -> None:
    words = ["import", project, study / "pose", study / "labels", "--fps", FPS]
    said = boutwise(*words, "--animals", study / "animals.csv", "--json").data
    assert (said["recordings"], said["added"]) == ([], 0)
    assert said["unchanged"] > 0


def test_a_broken_file_is_partial_or_stops(
    boutwise: Boutwise, study: Path, project: Path, tmp_path: Path
) -> None:
    late = tmp_path / "mouse_1.csv"
    late.write_text(
        "recording,animal,behavior,start_s,stop_s\nmouse_1,mouse_1,walk,900.5,901.5\n",
        encoding="utf-8",
    )
    lenient = boutwise("import", project, late, "--fps", FPS)
    strict = boutwise("import", project, late, "--fps", FPS, "--strict")
    assert strict.code == 3
    assert lenient.code in (3, 4)
    assert "mouse_1.csv" in lenient.out + lenient.err


def test_check_exits_by_what_it_finds(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("check", project, "--json")
    blocking = said.data["blocking"]
    assert said.code == (3 if blocking else 0)
    assert blocking == sum(p["severity"] == "blocking" for p in said.data["problems"])


def test_check_is_3_without_any_labels(boutwise: Boutwise, study: Path, tmp_path: Path) -> None:
    root = tmp_path / "bare"
    boutwise("init", root)
    assert boutwise("plan", root).code == 3


def test_plan_gives_every_setting_and_the_reason(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("plan", project, "--set", "members.0.optim.rounds=77")
    assert said.code == 0
    lines = {line.split()[0]: line for line in said.out.splitlines() if line.strip()}
    assert lines["members.0.optim.rounds"].split()[1] == "77"
    assert "animals" in lines["split.folds"]
    plan = boutwise("plan", project, "--json").data
    assert plan["reasons"]["split.folds"]
    assert "auto" not in json.dumps(plan["recipe"]).replace("weights", "")


def test_a_misspelt_setting_names_the_nearest(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("plan", project, "--set", "decode.smoth.seconds=1")
    assert said.code == 2
    assert "smooth" in said.err


def test_prepare_computes_features_of_all(boutwise: Boutwise, project: Path) -> None:
    told = boutwise("prepare", project, "--dry-run")
    assert told.out.count("egocentric: not kept") == 4
    assert "4 streams to compute, 0 kept" in told.out
    assert boutwise("prepare", project, "--json").data["subjects"] == 4
    assert "0 streams to compute, 4 kept" in boutwise("prepare", project, "--dry-run").out


def test_score_of_a_table_against_itself_is_1(boutwise: Boutwise, study: Path) -> None:
    truth = study / "labels" / "mouse_1.csv"
    words = ["score", truth, truth, "--fps", FPS, "--frames", "900"]
    scores = boutwise(*words, "--json").data["scores"]
    assert scores["frames"]["macro_f1"]["value"] == pytest.approx(1.0)
    assert "macro F1" in boutwise(*words).out
    assert boutwise(*words, "--preset", "defalt").code == 2


def test_export_and_convert_write_what_was_imported(
    boutwise: Boutwise, project: Path, study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    files = boutwise("export", project, "--format", "bouts_csv", "--out", out, "--json").data[
        "files"
    ]
    bouts = [Path(file) for file in files if file.endswith(".bouts.csv")]
    assert len(bouts) == 3
    target = tmp_path / "converted.bouts.csv"
    said = boutwise("convert", study / "labels" / "mouse_1.csv", target, "--fps", FPS)
    assert said.code == 0
    n_bouts = len((study / "labels" / "mouse_1.csv").read_text(encoding="utf-8").splitlines())
    assert len(target.read_text(encoding="utf-8").splitlines()) == n_bouts
    assert boutwise("export", project, "--format", "borris", "--out", out).code == 2


@pytest.mark.parametrize(
    ("command", "kind", "key"),
    [("formats", "format", "formats"), ("features", "feature set", "features")],
)
def test_lists_name_every_part(boutwise: Boutwise, command: str, kind: str, key: str) -> None:
    found = boutwise(command, "--json").data[key]
    assert [each["name"] for each in found] == registry.names(kind)
    assert all(each["description"] for each in found)
    assert found[0]["name"] in boutwise(command).out


def test_recipes(boutwise: Boutwise) -> None:
    found = {
        each["name"]: each["description"] for each in boutwise("recipes", "--json").data["recipes"]
    }
    assert {"pose", "pose_tcn"} <= set(found)
    assert all(found.values())


def test_doctor_says_what_it_found(boutwise: Boutwise) -> None:
    said = boutwise("doctor", "--json")
    findings = {each["name"]: each for each in said.data["findings"]}
    assert findings["boutwise"]["found"] == __version__
    assert {"python", "torch", "cores", "disk", "file system"} <= set(findings)
    for each in findings.values():
        assert each["state"] == "ok" or each["todo"]


def test_a_file_in_the_way_is_no_fault_of_boutwise(
    boutwise: Boutwise, project: Path, study: Path
) -> None:
    way = study / "README.txt"
    said = boutwise("export", project, "--format", "bouts_csv", "--out", way, "--json")
    assert said.code == 1
    assert said.data["error"]["file"] == str(way)
    assert "a file is in the way" in said.data["error"]["todo"]
    assert "fault of boutwise" not in said.err
    assert "where: " + str(way) in said.err


def test_an_empty_project_is_not_called_good(boutwise: Boutwise, tmp_path: Path) -> None:
    boutwise("init", tmp_path / "p")
    said = boutwise("check", tmp_path / "p")
    assert said.code == 0
    assert "nothing to check" in said.out
    assert "no problems" not in said.out
