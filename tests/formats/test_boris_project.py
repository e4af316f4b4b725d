"""BORIS projects."""

from __future__ import annotations

import copy
import gzip
import json
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from _samples import PROJECT, write_project

from boutwise import formats
from boutwise.errors import FormatError, LabelError
from boutwise.formats import _boris_json, boris_aggregated, boris_project, labels_to_bouts
from boutwise.types import Bout, Bouts, FrameClock, Recording, Severity


def project(tmp_path, **changes):
    """The sample with changes to its observation 'one'."""
    changed = copy.deepcopy(PROJECT)
    changed["observations"]["one"] |= changes
    path = tmp_path / "mice.boris"
    write_project(path, changed)
    return path


def rows(track):
    return [(r.behavior, r.animal, r.start, r.stop, r.modifiers, r.row) for r in track.rows]


def events(*rows):
    return [[*row, "", ""] for row in rows]


@pytest.mark.parametrize("name", ["mice.boris", "mice.boris.gz"])
def test_states_toggle_and_media_follow_each_other(tmp_path, name):
    write_project(tmp_path / name)
    contents = formats.read(tmp_path / name)
    assert (contents.format, contents.recording, contents.fps) == ("boris_project", "mice", None)
    first, second, live = contents.labels
    assert [(t.recording, t.fps, t.length) for t in contents.labels] == [
        ("a", 25, 10),
        ("b", 30, 20),
        ("live", None, None),
    ]
    assert rows(first) == [
        ("rear", "m1", 9.0, 10.0, "high|left", 1),
        ("rear", "", 9.5, 10.0, "", 2),
    ]
    assert rows(second) == [
        ("rear", "m1", 0.0, 2.0, "high|left", 1),
        ("rear", "", 0.0, 2.5, "", 2),
        ("twitch", "", 0.0, 0.0, "None", 3),
    ]
    assert [row.comment for row in second.rows] == ["begins", "ends", ""]
    assert rows(live) == [("twitch", "m1", 1.25, 1.25, "", 1)]
    assert first.behaviors == ("rear", "twitch", "walk")  # what was looked for


@pytest.mark.parametrize(
    ("changes", "row", "words"),
    [
        ({"events": events([1, "m1", "rear"])}, 1, "'rear' of 'm1' starts at 1 s"),
        ({"events": events([1, "", "dig"])}, 1, "not in the ethogram"),
        ({"events": events([1, "", "twitch"], ["NA", "", "twitch"])}, 2, "has no time"),
        ({"events": [*events([1, "", "twitch"]), 7]}, 2, "has no time"),
        ({"events": events([-1, "", "twitch"])}, 1, "before the start"),
        ({"type": "IMAGES"}, 1, "is of pictures"),
        ({"scan_sampling_time": 10}, 1, "scan sampling"),
        ({"media_creation_date_as_offset": True}, 1, "from the creation of the video"),
        ({"time offset": 2.5}, 1, "time offset of 2.5 s"),
        ({"media_info": {"offset": {"1": 3}}}, 1, "delays its first player by 3 s"),
        ({"media_info": {}}, 1, "goes over 2 videos"),
    ],
)
def test_faults_are_named_with_the_event(tmp_path, changes, row, words):
    path = project(tmp_path, **changes)
    with pytest.raises(FormatError) as caught:
        boris_project.read(path)
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.row) == (str(path), row)
    lenient = boris_project.read(path, strict=False)
    assert (row, Severity.BLOCKING) in [(p.row, p.severity) for p in lenient.problems]
    assert lenient.labels[-1].recording == "live"  # the rest is read


def test_an_observation_without_events_was_not_coded(tmp_path):
    contents = boris_project.read(project(tmp_path, events=[]))
    assert [track.recording for track in contents.labels] == ["live"]
    (problem,) = contents.problems
    assert problem.severity is Severity.WARNING
    assert "'one' has no events" in problem.what


def test_what_was_examined_is_kept_on_each_medium(tmp_path):
    path = project(tmp_path, **{"observation time interval": [4.0, 15.5]})
    first, second, _ = boris_project.read(path).labels
    assert (first.observed, second.observed) == (((4.0, 10.0),), ((0.0, 5.5),))
    path = project(tmp_path, **{"observation time interval": [12.0, 15.0]})
    first, second, _ = boris_project.read(path).labels
    assert (first.observed, second.observed) == ((), ((2.0, 5.0),))
    path = project(tmp_path, **{"observation time interval": [0, 0]})
    assert boris_project.read(path).labels[0].observed is None


def test_events_out_of_order_pair_by_time(tmp_path):
    path = project(
        tmp_path, events=events([5, "", "rear"], [2, "", "walk"], [1, "", "rear"], [3, "", "walk"])
    )
    first = boris_project.read(path).labels[0]
    assert rows(first) == [("walk", "", 2, 3, "", 2), ("rear", "", 1, 5, "", 3)]


def test_options(tmp_path):
    path = project(tmp_path, **{"time offset": 0.5, "media_info": {}})
    contents = boris_project.read(
        path,
        observations=["one"],
        time_offset_s=0.5,
        media_durations_s={"a": 10, "b.mp4": 20},
        annotators={"one": "anna"},
    )
    assert [track.annotator for track in contents.labels] == ["anna", "anna"]
    assert rows(contents.labels[0])[0][2:4] == (8.5, 10.0)
    with pytest.raises(FormatError, match="did you mean 'one'"):
        boris_project.read(path, observations=["onee"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"behaviors_conf": []}, "behaviors_conf is no mapping"),
        ({"observations": None}, "observations is no mapping"),
        ({"behaviors_conf": {"0": {"code": "rear", "type": "Other"}}}, "is a 'Other'"),
        ({"observations": {"x": 3}}, "'x' is no mapping"),
    ],
)
def test_what_is_no_project_is_refused(tmp_path, change, words):
    path = tmp_path / "x.boris"
    write_project(path, PROJECT | change)
    with pytest.raises(FormatError) as caught:
        formats.read(path)
    assert words in str(caught.value)


def test_any_cut_is_a_format_error(tmp_path):
    for name in ("x.boris", "x.boris.gz"):
        path = tmp_path / name
        write_project(path)
        data = path.read_bytes()
        for cut in range(0, len(data) - 1, 7):
            path.write_bytes(data[:cut])
            with pytest.raises(FormatError) as caught:
                boris_project.read(path)
            assert (caught.value.file, caught.value.row) == (str(path), 1)
            try:
                assert formats.sniff(path) == "boris_project"
            except FormatError as error:
                assert "no format claims" in error.what  # noqa: PT017


def test_a_packed_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_boris_json, "MAX_BYTES", 10_000)
    path = tmp_path / "x.boris.gz"
    path.write_bytes(gzip.compress(b'{"time_format": 1, "subjects_conf": ' + b" " * 100_000))
    assert formats.sniff(path) == "boris_project"
    with pytest.raises(FormatError, match="unpacks to more"):
        formats.read(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.sampled_from(
        [
            ("behaviors_conf",),
            ("behaviors_conf", "0"),
            ("behaviors_conf", "0", "code"),
            ("observations",),
            ("observations", "one"),
            *(
                ("observations", "one", key)
                for key in ("events", "file", "media_info", "time offset", "type")
            ),
            ("observations", "one", "observation time interval"),
            *(("observations", "one", "media_info", key) for key in ("length", "fps", "offset")),
            ("observations", "live", "events"),
        ]
    ),
    value=VALUES,
    strict=st.booleans(),
)
def test_any_value_in_any_place_gives_a_reading_or_a_format_error(place, value, strict, tmp_path):
    changed = copy.deepcopy(PROJECT)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    path = tmp_path / "x.boris"
    path.write_text(json.dumps(changed), encoding="utf-8")
    try:
        contents = boris_project.read(path, strict=strict)
    except FormatError as error:
        assert error.file == str(path)  # noqa: PT017
    else:
        assert all(row.stop >= row.start >= 0 for t in contents.labels for row in t.rows)


def test_real_project_is_its_own_exports(shared):
    folder = shared("boris")
    contents = formats.read(folder / "test.boris", observations=["observation #2"])
    lengths = {"video_test_25fps_180s.mp4": 179.96, "video_test_25fps_360s.mp4": 359.96}
    table = formats.read(
        folder / "test_export_aggregated_events_test_full_1.tsv", media_durations_s=lengths
    )
    for mine, theirs in zip(contents.labels, table.labels, strict=True):
        assert (mine.recording, mine.fps) == (theirs.recording, theirs.fps)
        assert {r[:4] for r in rows(mine)} == {r[:4] for r in rows(theirs)}
    one = formats.read(folder / "test.boris", observations=["observation #1"]).labels[0]
    table = formats.read(folder / "test_export_events_tabular.tsv").labels[0]
    assert {r[:4] for r in rows(one)} == {r[:4] for r in rows(table)}
    assert one.length == table.length == 359.96


def test_real_projects_with_their_faults(shared):
    path = shared("boris/test.boris")
    with pytest.raises(FormatError, match="never stops") as caught:
        formats.read(path)
    assert caught.value.row == 12
    contents = formats.read(path, strict=False)
    assert len(contents.labels) == 9
    assert [(p.severity.value, p.row) for p in contents.problems] == [
        ("blocking", 12),
        ("warning", None),
        ("warning", None),
        ("blocking", 1),
        ("blocking", 14),
    ]
    assert len(formats.read(shared("boris/test2.boris"), strict=False).labels) == 6


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    edges=st.sets(st.integers(0, 400), min_size=2, max_size=12),
    touch=st.lists(st.booleans(), min_size=12, max_size=12),
    fps=st.sampled_from([7.5, 25, 29.97, 30, 120, 499.9]),
)
def test_bouts_are_read_as_they_were_written(edges, touch, fps, tmp_path):
    cuts = sorted(edges)
    rows = [
        Bout("cage 3", animal, "rear", start, stop, comment="seen")
        for place, (start, stop) in enumerate(pairwise(cuts))
        for animal in ("m1", "m2")
        if touch[place] or animal == "m1"  # those of m1 all touch each other
    ]
    clock = FrameClock.declared(400, fps)
    path = tmp_path / "x.boris"
    boris_project.write(path, Bouts.from_rows(rows), clocks={"cage 3": clock})
    contents = formats.read(path)
    assert contents.format == "boris_project"
    (track,) = contents.labels
    assert track.fps == pytest.approx(fps, abs=0.001)
    recording = Recording("cage 3", clock, ("m1", "m2"))
    back, problems = labels_to_bouts(track, recording, annotator="", source="")
    assert not problems

    def key(bout):
        return (bout.animal, bout.start, bout.stop, bout.behavior, bout.comment)

    assert sorted(map(key, back.rows())) == sorted(map(key, rows))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([Bout("r", "m", "rear", 1, 3, state="no")], "in state 'no'"),
        ([Bout("r", "m", "rear", 1, 4), Bout("r", "m", "rear", 3, 5)], "overlap"),
        ([Bout("fast", "m", "rear", 1, 4)], "1000 fps"),
    ],
)
def test_the_writer_refuses_what_boris_cannot_say(tmp_path, rows, words):
    clocks = {"r": FrameClock.declared(9, 30), "fast": FrameClock.declared(9, 1000)}
    with pytest.raises(LabelError, match=words):
        boris_project.write(tmp_path / "x.boris", Bouts.from_rows(rows), clocks=clocks)
    assert not list(tmp_path.iterdir())


def test_overlaps_with_other_modifiers_are_two_things(tmp_path):
    rows = [
        Bout("r", "m", "attack", 1, 4, target="n"),
        Bout("r", "m", "attack", 2, 6, target="o", modifiers="high"),
    ]
    path = tmp_path / "x.boris"
    boris_project.write(path, Bouts.from_rows(rows), clocks={"r": FrameClock.declared(9, 25)})
    (track,) = formats.read(path).labels
    assert [(r.start, r.stop, r.modifiers) for r in track.rows] == [
        (0.04, 0.16, "n"),
        (0.08, 0.24, "high|o"),
    ]


def test_what_is_written_has_the_members_of_a_real_project(shared, tmp_path):
    path = tmp_path / "x.boris"
    rows = [Bout("r", "m", "rear", 1, 4)]
    boris_project.write(
        path,
        Bouts.from_rows(rows),
        clocks={"r": FrameClock.declared(9, 25)},
        media={"r": "C:/v/film 1.mp4"},
    )
    mine = json.loads(path.read_text(encoding="utf-8"))
    real = json.loads(shared("boris/test.boris").read_text(encoding="utf-8"))

    def kinds(value):
        return {key: type(inner) for key, inner in value.items()}

    assert kinds(real).items() <= kinds(mine).items()
    for part in ("subjects_conf", "behaviors_conf"):
        assert kinds(real[part]["0"]).items() <= kinds(mine[part]["0"]).items()
    there, here = real["observations"]["observation #1"], mine["observations"]["r"]
    assert kinds(there).items() <= kinds(here).items()
    assert kinds(there["media_info"]).items() <= kinds(here["media_info"]).items()
    assert [type(cell) for cell in here["events"][0]] == [type(c) for c in there["events"][0]]
    assert formats.read(path).labels[0].recording == "film 1"


@pytest.mark.parametrize("part", [boris_project, boris_aggregated])
def test_a_modifier_that_names_an_animal_becomes_the_target(tmp_path, part):
    rows = [
        Bout("r", "m", "attack", 1, 4, target="n", modifiers="high"),
        Bout("r", "n", "sniff", 2, 6, target="m"),
        Bout("r", "n", "sniff", 8, 9, modifiers="low"),
    ]
    path = tmp_path / ("x.boris" if part is boris_project else "x.csv")
    part.write(path, Bouts.from_rows(rows), clocks={"r": FrameClock.declared(9, 25)})
    (track,) = formats.read(path, targets=["m", "n"]).labels
    found = sorted((r.behavior, r.animal, r.target, r.modifiers) for r in track.rows)
    assert found == [
        ("attack", "m", "n", "high"),
        ("sniff", "n", "", "low"),
        ("sniff", "n", "m", ""),
    ]
    (plain,) = formats.read(path).labels
    assert {r.target for r in plain.rows} == {""}


@pytest.mark.parametrize("part", [boris_project, boris_aggregated])
def test_targets_that_no_label_has_are_told(tmp_path, part):
    rows = [
        Bout("r", "m", "sniff", 1, 2),
        Bout("r", "m", "attack", 3, 4, modifiers="stranger"),
    ]
    path = tmp_path / ("x.boris" if part is boris_project else "x.csv")
    part.write(path, Bouts.from_rows(rows), clocks={"r": FrameClock.declared(9, 25)})
    assert not formats.read(path).problems
    (problem,) = formats.read(path, targets=["adult", "young"]).problems
    assert problem.severity is Severity.WARNING
    assert "targets were declared (adult, young), and none of the 2 labels" in problem.what
    assert "'stranger'" in problem.what
    assert problem.file == str(path)
    (track,) = formats.read(path).labels
    assert problem.row == next(row.row for row in track.rows if row.modifiers)
    assert not formats.read(path, targets=["adult", "stranger"]).problems
