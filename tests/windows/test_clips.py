"""Clips: the rules hold for any labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boutwise.errors import LabelError, UsageError
from boutwise.types import Subject
from boutwise.windows import Clip, ClipRules, LabelTrack, choose_clips

FPS = 10.0
NAMES = ("groom", "twitch")


@st.composite
def tracks(draw, *, recordings=3):
    """Label tracks of some recordings, one may have no bout; some frames are not known."""
    found = []
    for number in range(draw(st.integers(1, recordings))):
        total = draw(st.integers(1, 900))
        known = np.ones(total, dtype=bool)
        for start, length in draw(st.lists(stretches(total), max_size=2)):
            known[start : start + length] = False
        bouts = {name: [] for name in NAMES}
        for start, length in draw(st.lists(stretches(total), max_size=6)):
            bouts[draw(st.sampled_from(NAMES))].append((start, min(start + length, total)))
            known[start : start + length] = False
        found.append(LabelTrack(Subject(f"r{number}", "m"), FPS, bouts, known))
    return found


def stretches(total):
    return st.tuples(st.integers(0, total - 1), st.sampled_from((1, 1, 2, 5, 30, 120)))


def covered(clips, track):
    times = np.zeros(len(track.idle), dtype=int)
    for clip in clips:
        if clip.subject == track.subject:
            times[clip.start : clip.stop] += 1
    return times


@given(tracks(), st.integers(0, 5))
def test_every_frame_of_a_behavior_is_in_exactly_one_clip_of_it(given_tracks, seed):
    clips = choose_clips(given_tracks, seed=seed)
    for track in given_tracks:
        for name in NAMES:
            times = covered([clip for clip in clips if clip.behavior == name], track)
            assert times.max() <= 1
            for start, stop in track.bouts[name]:
                assert (times[start:stop] == 1).all()
            # What is in a clip beside the bouts is what single frames have grown by.
            extra = times.sum() - len({f for a, b in track.bouts[name] for f in range(a, b)})
            single = sum(stop - start == 1 for start, stop in track.bouts[name])
            assert 0 <= extra <= single * round(FPS)


@given(tracks(), st.integers(0, 5))
def test_clips_stay_inside_and_background_touches_nothing_else(given_tracks, seed):
    clips = choose_clips(given_tracks, seed=seed)
    assert clips == sorted(clips)
    for track in given_tracks:
        mine = [clip for clip in clips if clip.subject == track.subject]
        assert all(0 <= clip.start < clip.stop <= len(track.idle) for clip in mine)
        idle = covered([clip for clip in mine if clip.why == "idle"], track) > 0
        assert not (idle & ~track.idle).any()
        assert not (idle & (covered([c for c in mine if c.why != "idle"], track) > 0)).any()
        assert covered([clip for clip in mine if clip.why == "idle"], track).max() <= 1
    assert all((clip.behavior == "") == (clip.why == "idle") for clip in clips)


@given(tracks(), st.integers(0, 5))
def test_lengths_are_those_of_the_rules(given_tracks, seed):
    rules = ClipRules(grown_s=0.7, longest_s=2.0, idle_s=(1.0, 1.5))
    for clip in choose_clips(given_tracks, rules, seed=seed):
        assert clip.n_frames <= 20
        if clip.why == "idle":
            assert 10 <= clip.n_frames <= 15
        if clip.why == "split":
            assert clip.n_frames >= 10
        if clip.why == "grown":
            total = next(len(t.idle) for t in given_tracks if t.subject == clip.subject)
            assert clip.n_frames == min(7, total)


@given(tracks(), st.integers(0, 5))
def test_there_is_as_much_background_as_behavior_to_within_a_clip(given_tracks, seed):
    plenty = LabelTrack(Subject("z", "m"), FPS, {}, np.ones(20_000, dtype=bool))
    clips = choose_clips([*given_tracks, plenty], seed=seed)
    idle = sum(clip.n_frames for clip in clips if clip.why == "idle")
    others = sum(clip.n_frames for clip in clips if clip.why != "idle")
    assert abs(idle - others) <= 50


@given(tracks(), st.integers(0, 5))
def test_the_same_seed_gives_the_same_clips_in_whatever_order(given_tracks, seed):
    clips = choose_clips(given_tracks, seed=seed)
    assert choose_clips(given_tracks[::-1], seed=seed) == clips


def one(bouts, *, total=3000, recording="r"):
    idle = np.ones(total, dtype=bool)
    for stretches_ in bouts.values():
        for start, stop in stretches_:
            idle[start:stop] = False
    return LabelTrack(Subject(recording, "m"), 30.0, bouts, idle)


def test_reasons():
    bouts = {
        "groom": [(100, 400), (400, 500)],
        "twitch": [(700, 705), (800, 801), (900, 910), (910, 920), (2000, 2001), (2010, 2020)],
    }
    found = [clip for clip in choose_clips([one(bouts)]) if clip.why != "idle"]
    assert [(c.behavior, c.start, c.stop, c.why) for c in found] == [
        ("groom", 100, 233, "split"),
        ("groom", 233, 367, "split"),
        ("groom", 367, 500, "split"),
        ("twitch", 700, 705, "whole"),
        ("twitch", 785, 815, "grown"),
        ("twitch", 900, 920, "merged"),
        ("twitch", 1985, 2020, "merged"),
    ]


def test_background_comes_from_every_recording_and_from_all_of_it():
    tagged = one({"groom": [(k, k + 100) for k in range(0, 9000, 300)]}, total=9000)
    empty = one({}, total=9000, recording="empty")
    idle = [c for c in choose_clips([tagged, empty], seed=3) if c.why == "idle"]
    counts = {c.subject.recording for c in idle}
    assert counts == {"r", "empty"}
    starts = np.array([c.start for c in idle if c.subject.recording == "empty"])
    assert len(starts) > 8
    assert np.histogram(starts, bins=3, range=(0, 9000))[0].min() > 0


def test_another_seed_gives_other_background():
    both = [choose_clips([one({"groom": [(100, 500)]})], seed=seed) for seed in (0, 1)]
    assert both[0] != both[1]
    assert [c for c in both[0] if c.behavior] == [c for c in both[1] if c.behavior]


def test_where_there_is_too_little_background_all_of_it_is_taken():
    clips = choose_clips([one({"groom": [(0, 2880)]})])
    assert [c for c in clips if c.why == "idle"] == [
        Clip(Subject("r", "m"), c.start, c.stop, "", "idle") for c in clips if c.why == "idle"
    ]
    assert 90 <= sum(c.n_frames for c in clips if c.why == "idle") <= 120


def test_what_cannot_be_is_refused():
    with pytest.raises(LabelError, match="'groom' cannot be from frame 5 to before 20"):
        LabelTrack(Subject("r", "m"), 30.0, {"groom": [(5, 20)]}, np.zeros(10, dtype=bool))
    with pytest.raises(LabelError, match="background"):
        LabelTrack(Subject("r", "m"), 30.0, {"groom": [(5, 8)]}, np.ones(10, dtype=bool))
    with pytest.raises(LabelError, match="two label tracks"):
        choose_clips([one({}), one({})])
    with pytest.raises(UsageError, match="clips cannot be so long"):
        ClipRules(idle_s=(5.0, 3.0))
    with pytest.raises(UsageError, match="clips cannot be so long"):
        ClipRules(longest_s=float("nan"))
