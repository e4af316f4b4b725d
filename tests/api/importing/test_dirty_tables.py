"""Two published tables of three annotators, faults and all, by declared rules only."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.api.importing._lab_files import run

from boutwise.api.importing.verbs import plan_import
from boutwise.types import Severity

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "import-files.md"
OPEN_FIELD = "dlcanalyzer/AllLabDataOFT_final.csv"
PLUS_MAZE = "dlcanalyzer/AllEPMLables.csv"
PLUS_MAZE_MAPPING = {
    "format": "intervals",
    "columns": {"recording": "ID"},
    "rules": {"drop": ["Start/End", "Start_End", "_DEFAULT"], "overlaps": "join"},
}


def documented():
    """The mapping that the how-to shows."""
    (text,) = re.findall(r"```yaml\n# open_field.yaml\n(.*?)```", HOW_TO.read_text("utf-8"), re.S)
    return yaml.safe_load(text)


def per_rater(project):
    bouts = project.bouts()
    counts = Counter(zip(bouts.annotator, bouts.behavior, strict=True))
    found = {}
    for (rater, behavior), number in sorted(counts.items()):
        found.setdefault(rater, {})[behavior] = number
    return found


def told(plan):
    rows = Counter(p.what for p in plan.problems if p.row is not None)
    return {what: number for what, number in rows.items() if "import" not in what}


def test_the_open_field_table_by_the_documented_mapping(project, shared):
    mapping = documented()
    plan, result = run(
        project, shared(OPEN_FIELD), mapping=mapping, fps=25, labels_only=True, strict=True
    )
    assert len(result.recordings) == 20
    assert all(project.annotators(r) == ["Furkan", "Jin", "Oliver"] for r in result.recordings)
    assert per_rater(project) == {
        "Furkan": {"Grooming": 116, "Jumping": 6, "Supported": 1008, "Unsupported": 675},
        "Jin": {"Grooming": 58, "Jumping": 5, "Supported": 979, "Unsupported": 670},
        "Oliver": {"Grooming": 101, "Jumping": 5, "Supported": 1004, "Unsupported": 705},
    }
    assert told(plan) == {
        "a row of 'Start/End' is left out, as the rule 'drop' says": 36,
        "a row of 'StartEnd' is left out, as the rule 'drop' says": 85,
        "a row of '_DEFAULT' is left out, as the rule 'drop' says": 12,
        "the row has no behavior; it is left out, as the rule 'missing' says": 1,
        "a row of 'Supported' is joined to the one that it overlaps, as the rule 'overlaps' "
        "says": 12,
        "a row of 'Unsupported' is joined to the one that it overlaps, as the rule 'overlaps' "
        "says": 40,
        "'StartEnd' is read as 'Start/End', as the rule 'rename' says": 1,
    }
    # Nothing is lost in silence: rows of the table = bouts + rows that were told of.
    assert result.added + 36 + 85 + 12 + 1 + 12 + 40 == 5518
    assert {p.severity for p in plan.problems if p.check == "intervals"} == {Severity.NOTE}
    assert not any(p.severity is Severity.BLOCKING for p in plan.problems)
    assert project.ethogram.names == ("Supported", "Unsupported", "Grooming", "Jumping")
    assert project.ethogram.groups == ()


def test_everybody_looked_for_everything_only_when_declared(project, shared):
    mapping = documented()
    run(project, shared(OPEN_FIELD), mapping=mapping, fps=25, labels_only=True)
    looked_for = Counter(o.behavior for o in project.bouts().observed)
    assert set(looked_for.values()) == {60}
    del mapping["rules"]["examined"]
    run(project, shared(OPEN_FIELD), mapping=mapping, fps=25, labels_only=True)
    looked_for = Counter(o.behavior for o in project.bouts().observed)
    assert looked_for["Jumping"] == 6


def test_the_plus_maze_table(project, shared):
    plan, result = run(
        project,
        shared(PLUS_MAZE),
        mapping=PLUS_MAZE_MAPPING,
        fps=25,
        labels_only=True,
        strict=True,
    )
    assert result.recordings == ("EPM_11", "EPM_13", "EPM_16", "EPM_2", "EPM_6")
    assert per_rater(project) == {
        "Jin": {
            "Grooming": 129,
            "Head Dip": 212,
            "Protected Stretch": 55,
            "Rearing": 50,
            "Unprotected Stretch": 13,
        },
        "Oliver": {
            "Grooming": 125,
            "Head Dip": 202,
            "Protected Stretch": 56,
            "Rearing": 44,
            "Unprotected Stretch": 19,
        },
        "Sian": {
            "Grooming": 119,
            "Head Dip": 158,
            "Protected Stretch": 68,
            "Rearing": 65,
            "Unprotected Stretch": 38,
        },
    }
    assert result.added + sum(told(plan).values()) == 1401


def test_without_rules_the_fault_is_blocking_with_its_row(project, shared):
    mapping = {"format": "intervals", "columns": {"recording": "ID"}}
    plan = plan_import(project, shared(OPEN_FIELD), mapping=mapping, fps=25, labels_only=True)
    (problem,) = [p for p in plan.problems if p.severity is Severity.BLOCKING]
    assert (problem.row, problem.what) == (5032, "the row has no behavior")
    assert "missing: drop" in problem.todo


def test_seconds_go_to_the_nearest_frame(project, shared):
    run(project, shared(OPEN_FIELD), mapping=documented(), fps=25, labels_only=True)
    (first,) = [b for b in project.bouts("OFT_11", annotator="Jin").rows() if b.start < 150]
    assert (first.behavior, first.start, first.stop) == ("Supported", 121, 165)  # 4.836 - 6.586 s


@pytest.mark.parametrize("table", [OPEN_FIELD, PLUS_MAZE])
def test_importing_again_adds_nothing(project, shared, table):
    mapping = PLUS_MAZE_MAPPING if table == PLUS_MAZE else documented()
    _, first = run(project, shared(table), mapping=mapping, fps=25, labels_only=True)
    _, second = run(project, shared(table), mapping=mapping, fps=25, labels_only=True)
    assert (second.added, second.deleted, second.unchanged) == (0, 0, first.added)
