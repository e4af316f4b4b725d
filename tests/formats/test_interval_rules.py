"""Faulty tables of intervals: what is declared happens and is reported; nothing else does."""

import pytest

from boutwise import formats
from boutwise.errors import FormatError, UsageError
from boutwise.types import Severity

HEAD = "start_s,stop_s,behavior,rater"


def table(tmp_path, *rows, head=HEAD):
    path = tmp_path / "t.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def read(path, strict=False, **rules):
    return formats.read(path, format="intervals", rules=rules, strict=strict)


def spans(contents):
    return [
        (t.annotator, r.behavior, r.start, r.stop, r.row) for t in contents.labels for r in t.rows
    ]


def told(contents, severity=Severity.NOTE):
    return [(p.row, p.what) for p in contents.problems if p.severity is severity]


def test_without_rules_a_faulty_row_is_blocking_and_keeps_its_number(tmp_path):
    path = table(tmp_path, "1,2,walk,A", "5,4,walk,A", "6,7,,A", "8,,walk,A")
    contents = read(path)
    assert spans(contents) == [("A", "walk", 1, 2, 2)]
    assert told(contents, Severity.BLOCKING) == [
        (3, "'walk' goes from 5 to 4"),
        (4, "the row has no behavior"),
        (5, "the row has no start or no stop"),
    ]
    with pytest.raises(FormatError, match="goes from 5 to 4"):
        read(path, strict=True)


def test_missing_cells_are_left_out_only_when_declared(tmp_path):
    path = table(tmp_path, "1,2,walk,A", "6,7,NA,A", "8,NA,walk,A")
    contents = read(path, strict=True, missing="drop")
    assert spans(contents) == [("A", "walk", 1, 2, 2)]
    assert [row for row, _ in told(contents)] == [3, 4]


@pytest.mark.parametrize(("rule", "left"), [("drop", []), ("swap", [("A", "walk", 4, 5, 2)])])
def test_swapped_ends(tmp_path, rule, left):
    contents = read(table(tmp_path, "5,4,walk,A"), strict=True, swapped=rule)
    assert spans(contents) == left
    (row, what) = told(contents)[0]
    assert row == 2
    assert "from 5 to 4" in what
    assert "swapped" in what


def test_swapped_inclusive_frames_keep_their_length(tmp_path):
    path = table(tmp_path, "10,5,walk", head="start_frame,stop_frame,behavior")
    contents = formats.read(path, format="intervals", inclusive=True, rules={"swapped": "swap"})
    assert [(r.start, r.stop) for r in contents.labels[0].rows] == [(5, 11)]


def test_spellings_are_renamed_and_words_dropped(tmp_path):
    path = table(tmp_path, "0,1,StartEnd,A", "1,2,Walk,A", "2,3,walk,A", "3,4,Start/End,A")
    contents = read(
        path, rename={"StartEnd": "Start/End", "Walk": "walk"}, drop=["Start/End"], strict=True
    )
    assert spans(contents) == [("A", "walk", 1, 2, 3), ("A", "walk", 2, 3, 4)]
    assert contents.labels[0].behaviors == ("walk",)
    rows = [row for row, what in told(contents) if "left out" in what]
    assert rows == [2, 5]
    assert (3, "'Walk' is read as 'walk', as the rule 'rename' says") in told(contents)


def test_a_word_for_missing_may_be_declared_a_behavior(tmp_path):
    contents = read(table(tmp_path, "0,1,none,A"), rename={"none": "background"}, strict=True)
    assert spans(contents) == [("A", "background", 0, 1, 2)]


def test_doubles_are_dropped_only_when_declared(tmp_path):
    path = table(tmp_path, "1,2,walk,A", "1,2,walk,A", "1,2,walk,B", "1,2,rest,A")
    assert len(spans(read(path, strict=True))) == 4
    contents = read(path, strict=True, duplicates="drop")
    assert [row for *_, row in spans(contents)] == [2, 5, 4]
    assert [row for row, _ in told(contents)] == [3]


def test_overlaps_of_one_behavior_are_joined_only_when_declared(tmp_path):
    rows = ("1,5,walk,A", "4,6,walk,A", "2,3,rest,A", "5.5,5.6,walk,A", "6,7,walk,A", "4,9,walk,B")
    path = table(tmp_path, *rows)
    assert len(spans(read(path))) == 6
    contents = read(path, strict=True, overlaps="join")
    assert spans(contents) == [
        ("A", "walk", 1, 6, 2),
        ("A", "rest", 2, 3, 4),
        ("A", "walk", 6, 7, 6),
        ("B", "walk", 4, 9, 7),
    ]
    assert sorted(row for row, _ in told(contents)) == [3, 5]


def test_who_looked_for_what(tmp_path):
    path = table(tmp_path, "1,2,walk,A", "1,2,rest,B")
    assert [t.behaviors for t in read(path).labels] == [("walk",), ("rest",)]
    both = [("walk", "rest"), ("walk", "rest")]
    assert [t.behaviors for t in read(path, examined="all").labels] == both
    named = read(path, examined=["groom"])
    assert [t.behaviors for t in named.labels] == [("groom", "walk"), ("groom", "rest")]


def test_clocks_are_moved_by_person(tmp_path):
    path = table(tmp_path, "1,2,walk,A", "3,4,walk,A", "0.5,0.8,walk,A", "1,2,walk,B")
    contents = read(path, offset_s={"A": -1.5})
    assert spans(contents) == [
        ("A", "walk", 0.0, 0.5, 2),
        ("A", "walk", 1.5, 2.5, 3),
        ("B", "walk", 1, 2, 5),
    ]
    assert [(row, "cut" in what) for row, what in told(contents)] == [(2, True), (4, False)]
    everybody = read(path, offset_s=2)
    assert [start for _, _, start, _, _ in spans(everybody)] == [3, 5, 2.5, 3]


def test_seconds_cannot_move_frames(tmp_path):
    path = table(tmp_path, "1,2,walk", head="start_frame,stop_frame,behavior")
    with pytest.raises(UsageError, match="offset_s"):
        formats.read(path, format="intervals", rules={"offset_s": 1})


def test_a_rule_for_nothing_is_told_with_the_nearest_word(tmp_path):
    contents = read(table(tmp_path, "1,2,walk,A"), drop=["walks"], offset_s={"C": 1})
    assert [(p.what, p.todo) for p in contents.problems] == [
        ("the rule 'drop' names 'walks', which the table does not have", "did you mean 'walk'?"),
        ("the rule 'offset_s' names 'C', which the table does not have", "known: A"),
    ]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"swaped": "drop"}, "did you mean 'swapped'"),
        ({"swapped": "mend"}, "'swapped' is wrong"),
        ({"rename": ["a"]}, "'rename' is wrong"),
    ],
)
def test_a_misspelt_rule_is_refused(tmp_path, rules, words):
    with pytest.raises(FormatError) as caught:
        formats.read(table(tmp_path, "1,2,walk,A"), format="intervals", rules=rules)
    assert words in f"{caught.value.what} {caught.value.todo}"


def test_a_table_with_the_heads_of_a_bouts_table_but_no_seconds_is_one_of_intervals(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "recording,animal,target,behavior,start_frame,stop_frame\ncage1,a,b,attack,10,40\n",
        encoding="utf-8",
    )
    contents = formats.read(path)
    assert contents.format == "intervals"
    (row,) = contents.labels[0].rows
    assert (row.animal, row.target, row.behavior, row.start, row.stop) == (
        "a",
        "b",
        "attack",
        10,
        40,
    )
