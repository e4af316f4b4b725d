"""Words, tables and the one object; on a pipe, where nothing may be wrapped or colored."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boutwise.cli._command import INTERRUPTED, Answer, command
from boutwise.cli._options import held_out, shard
from boutwise.cli._problems import tell_problems
from boutwise.cli._talk import Talk, plain
from boutwise.cli.plan import rows
from boutwise.errors import FormatError, UsageError
from boutwise.types import Problem, Severity
from boutwise.types.recipe import parse_recipe


def test_a_table_on_a_pipe_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    Talk("x").table(["name", "value"], [["[1/2] a:smile:", 0.5], ["b" * 150, float("nan")]])
    out = capsys.readouterr().out
    assert "[1/2] a:smile:" in out
    assert "0.500" in out
    assert "–" in out
    assert "b" * 150 in out
    assert "\x1b" not in out


def test_json_keeps_stdout_for_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    talk = Talk("x", json=True)
    talk.line("words")
    talk.table(["a"], [["b"]])
    talk.note("a note")
    talk.say(1, 2, "half")
    talk.finish({"value": np.float64("nan"), "array": np.arange(2)}, 0)
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "command": "x",
        "exit_code": 0,
        "value": None,
        "array": [0, 1],
    }
    assert "a note" in said.err
    assert "[1/2] half" in said.err


def test_plain_progress_is_not_a_flood(capsys: pytest.CaptureFixture[str]) -> None:
    talk = Talk("x")
    for done in range(1001):
        talk.say(done, 1000, "working")
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) < 20
    assert lines[0] == "[0/1000] working"
    assert lines[-1] == "[1000/1000] working"


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_values)
def test_everything_becomes_strict_json(value: object) -> None:
    assert json.loads(json.dumps(plain({"v": value}), allow_nan=False)) == plain({"v": value})


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (FormatError("bad row", file="a.csv", row=7, todo="mend it"), 3, "FormatError"),
        (UsageError("bad call"), 2, "UsageError"),
        (ZeroDivisionError("division by zero"), 1, "ZeroDivisionError"),
        (KeyboardInterrupt(), INTERRUPTED, "Interrupted"),
    ],
)
def test_every_end_is_one_object(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, kind: str
) -> None:
    def failing(talk: Talk, word: str = "") -> Answer:
        talk.on_stop = "type this"
        raise error

    run = command(failing)
    assert run(json=True, debug=False, word="w") == code
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["exit_code"], found["error"]["kind"]) == (code, kind)
    assert "Traceback" not in said.err
    if code == 3:
        assert found["error"]["row"] == 7
        assert "where: a.csv, row 7" in said.err
    if code == INTERRUPTED:
        assert "type this" in said.err


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/", "-1/2"])
def test_a_shard_that_cannot_be(text: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        shard(text)


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("m1", ["m1"]), ("8294,8301", ["8294", "8301"]), ("none", "none")]
)
def test_holdout_reaches_the_recipe(text: str, value: object) -> None:
    import yaml

    data = {
        "name": "x",
        "split": {"holdout": yaml.safe_load(held_out(text))},
        "members": [{"learner": "trees", "features": ["egocentric"]}],
    }
    assert parse_recipe(data).split.holdout == value


def test_rows_of_a_plan_name_parts_and_options() -> None:
    plan = {
        "fps": 30.0,
        "recipe": {
            "prepare": [{"part": "clean_pose", "options": {}}],
            "members": [{"temporal": [{"part": "tcn", "options": {"channels": 64}}]}],
        },
        "reasons": {"members.0.temporal.0.tcn.channels": "why", "fps": "rate"},
    }
    found = {path: (value, reason) for path, value, reason in rows(plan)}
    assert found["prepare.0"] == ("clean_pose", "")
    assert found["members.0.temporal.0.tcn.channels"] == ("64", "why")
    assert found["fps"] == ("30", "rate")


def test_the_same_problem_of_many_recordings_is_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [
        Problem("import", Severity.WARNING, "no animals", recording=f"r{number}", todo="declare")
        for number in range(5)
    ]
    found.append(Problem("import", Severity.BLOCKING, "no labels", recording="r9"))
    assert tell_problems(Talk("x"), found) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "warning: no animals (5 times)  [import]",
        "  where: r0; r1; r2; and 2 more",
        "  what to do: declare",
        "blocking: no labels  [import]",
        "  where: r9",
    ]


def test_problems_that_differ_in_numbers_only_are_a_few_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    late = [
        Problem("labels", Severity.BLOCKING, f"a label begins at frame {frame}", file="a.csv")
        for frame in range(6000, 6100)
    ]
    other = Problem("labels", Severity.WARNING, "a label begins at frame 7")
    assert tell_problems(Talk("x"), [*late, other]) == 100
    out = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("blocking:") for line in out) == 3
    assert "  and 97 more like this; --json has all" in out
    assert out[-1].startswith("warning: a label begins at frame 7")
