"""Each check finds its planted fault in at least 18 of 20 seeds and is silent on 20 clean ones."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boutwise import registry
from boutwise.checks import run_checks
from boutwise.project.files import FilePart
from boutwise.types import Behavior, Bouts, Ethogram, FrameClock, Problem, Severity

from .memory import (
    add,
    changed,
    filmed,
    mice_study,
    moved,
    shortened,
    tracked_again,
    without_bouts,
)

SEEDS = range(20)
CHECKS = registry.names("check")


def one_of(study, rng):
    """A recording, chosen by chance, and the place of its labels."""
    place = int(rng.integers(len(study.labels)))
    return list(study.items)[place], place


def plant_rows_and_frames(study, rng):
    name, place = one_of(study, rng)
    kind = rng.integers(3)
    if kind == 0:
        lost = int(rng.integers(1, 200))
        study.poses[name] = study.poses[name].frames(0, study.items[name].n_frames - lost)
    else:
        rows = study.items[name].n_frames + int(rng.integers(1, 200)) * (1 if kind == 1 else -1)
        study.sources[place] = replace(study.sources[place], part=FilePart(name, n_rows=rows))
    return name


def plant_label_past_end(study, rng):
    name, _place = one_of(study, rng)
    n_frames = study.items[name].n_frames - int(rng.integers(1, 300))
    study.items[name] = shortened(study.items[name], n_frames)
    return name


def plant_identical_labels(study, rng):
    first, second = rng.choice(len(study.labels), 2, replace=False)
    names = list(study.items)
    kind = rng.integers(3)
    if kind == 0:
        digest = study.sources[first].digest
        study.sources[second] = replace(study.sources[second], digest=digest)
        return names[min(first, second)]
    if kind == 1:
        rows = [
            replace(row, recording=names[second], animal=study.items[names[second]].animals[0])
            for row in study.labels[first].rows()
        ]
        study.labels[second] = Bouts.from_rows(rows, study.labels[second].observed)
        return names[min(first, second)]
    for place, bouts in enumerate(study.labels):
        rows = [replace(row, behavior="rest") for row in bouts.rows()]
        study.labels[place] = Bouts.from_rows(rows, bouts.observed)
    return ""


def plant_class_coverage(study, rng):
    behavior = str(rng.choice(["rear", "walk", "paw_lick"]))
    keep = int(rng.integers(-1, len(study.labels)))
    for place, bouts in enumerate(study.labels):
        if place != keep:
            rows = [row for row in bouts.rows() if row.behavior != behavior]
            study.labels[place] = Bouts.from_rows(rows, bouts.observed)
    return "" if keep < 0 else list(study.items)[keep]


def plant_missing_target(study, rng):
    name, place = one_of(study, rng)
    if rng.integers(2):  # somebody wrote a target where a behavior is of one animal
        named = {place: slice(0, int(rng.integers(1, 9)))}
    else:  # all is directed at a guest, but some labels do not say so
        one_scope = tuple(replace(each, scope="directed") for each in study.ethogram.behaviors)
        study.ethogram = replace(study.ethogram, behaviors=one_scope)
        named = dict.fromkeys(range(len(study.labels)), slice(None))
        named[place] = slice(int(rng.integers(1, 9)), None)
    for where, rows_named in named.items():
        rows, observed = study.labels[where].rows(), study.labels[where].observed
        rows = list(rows)
        rows[rows_named] = [replace(row, target="guest") for row in rows[rows_named]]
        observed = [replace(piece, target="guest") for piece in observed]
        study.labels[where] = Bouts.from_rows(rows, observed)
    return name


def plant_too_few_animals(study, rng):
    study.labels = study.labels[: int(rng.integers(0, 3))]
    return ""


def plant_unlabelled_as_negative(study, rng):
    name, place = one_of(study, rng)
    bouts = study.labels[place]
    rows, kind = list(bouts.rows()), rng.integers(3)
    if kind == 0:  # nobody looked for some behaviors, which other labels do not exclude
        study.ethogram = replace(study.ethogram, groups=())
        gone = {str(rng.choice(["groom", "rear"]))}
        rows = [row for row in rows if row.behavior not in gone]
        observed = [piece for piece in bouts.observed if piece.behavior not in gone]
    elif kind == 1:  # examined, and not one event
        rows, observed = [], bouts.observed
    else:  # labeling stopped half-way
        half = study.items[name].n_frames / 2
        rows, observed = [row for row in rows if row.stop < half], bouts.observed
    study.labels[place] = Bouts.from_rows(rows, observed)
    return name


def plant_sync(study, rng):
    name, place = one_of(study, rng)
    late = int(rng.choice([5, 15, 45]))
    n_frames = study.items[name].n_frames
    study.labels[place] = moved(study.labels[place], lambda frame: frame + late, n_frames)
    return name


def a_place(study, rng):
    return str(rng.choice(list(study.items)))


def plant_keypoint_jumps(study, rng):
    name = a_place(study, rng)
    kind = rng.integers(3)
    rows = rng.choice(np.arange(10, 3500), int(rng.integers(30, 90)), replace=False)
    place = int(rng.integers(11))

    def jump(points):
        if kind == 0:  # single spikes of one keypoint
            points[rows, place] += rng.normal(0, 1, (len(rows), 2)) * 150 + 120
        elif kind == 1:  # a keypoint that now and then sits elsewhere for a while
            for row in rows[:20]:
                points[row : row + 8, place] = (20.0, 30.0)
        else:  # the whole animal, into the corner and back
            for row in rows[:5]:
                points[row : row + 3] -= points[row].mean(axis=0) + 400

    study.poses[name] = changed(study.poses[name], jump)
    return name


def plant_swap_suspects(study, rng):
    name = a_place(study, rng)
    kind, pose = rng.integers(3), study.poses[name]
    if kind == 0:  # a pair of paws changes places many times
        pair = [pose.by_role("left_hindpaw"), pose.by_role("right_hindpaw")]

        def swap(points):
            for row in rng.choice(np.arange(10, 3500), 25, replace=False):
                points[row : row + 5, pair] = points[row : row + 5, pair[::-1]]

        study.poses[name] = changed(pose, swap)
    elif kind == 1:  # the video is mirrored

        def mirror(points):
            points[..., 0] = 1000 - points[..., 0]

        study.poses[name] = changed(pose, mirror)
    else:  # two animals in one recording, and their names are exchanged on the way
        other = next(one for one in study.items if one != name)
        both = np.concatenate([pose.positions, study.poses[other].positions], axis=1)
        both[:, 1] += (250.0, 80.0)
        start = int(rng.integers(500, 3000))
        both[start:] = both[start:, ::-1]
        animals = (study.items[name].animals[0], "guest")
        study.poses[name] = replace(pose, positions=both, confidence=None, animals=animals)
        study.items[name] = replace(study.items[name], animals=animals)
    return name


def plant_likelihood(study, rng):
    name = a_place(study, rng)
    pose, kind = study.poses[name], rng.integers(5)
    confidence = pose.confidence.copy()
    keypoint = int(rng.integers(11))
    if kind == 0:
        confidence *= 100
    elif kind == 1:
        confidence[:] = 1.0
    elif kind == 2:
        confidence[rng.random(len(confidence)) < 0.8, :, keypoint] = 0.2
    elif kind == 3:
        confidence = None
    else:
        start = int(rng.integers(0, 3000))
        study.poses[name] = changed(pose, lambda points: points[start : start + 90].fill(0))
        return name
    study.poses[name] = replace(pose, confidence=confidence)
    return name


def plant_missing_roles(study, rng):
    name = a_place(study, rng)
    pose = study.poses[name]
    gone = str(rng.choice(["nose", "tail_base", "left_hindpaw", "right_ear", "center"]))
    if rng.integers(2):  # the keypoint has another name, which nobody knows
        names = tuple("point 7" if one == gone else one for one in pose.keypoints)
        roles = {keypoint: role for keypoint, role in pose.roles.items() if keypoint != gone}
        study.poses[name] = replace(pose, keypoints=names, roles=roles)
    else:  # it is not in the file
        keep = [place for place, one in enumerate(pose.keypoints) if one != gone]
        study.poses[name] = replace(
            pose,
            positions=pose.positions[:, :, keep],
            confidence=pose.confidence[:, :, keep],
            keypoints=tuple(pose.keypoints[place] for place in keep),
            roles={keypoint: role for keypoint, role in pose.roles.items() if keypoint != gone},
        )
    return name


def plant_mixed_rates(study, rng):
    name = a_place(study, rng)
    recording, pose, kind = study.items[name], study.poses[name], rng.integers(3)
    if kind == 0:  # another camera, or a wrong number: 25, 15, 90
        fps = float(rng.choice([25, 15, 90]))
        clock = FrameClock.declared(recording.n_frames, fps)
    elif kind == 1:  # every second frame was left out, and nobody wrote it down
        study.poses[name] = replace(
            pose, positions=pose.positions[::2], confidence=pose.confidence[::2]
        )
        clock = FrameClock.declared(len(pose.positions[::2]), 30)
    else:  # filmed at twice the rate, and declared like the others
        frames = np.arange(2 * pose.n_frames - 1) / 2
        low, share = np.floor(frames).astype(int), (frames % 1)[:, None, None, None]
        high = np.minimum(low + 1, pose.n_frames - 1)
        positions = pose.positions[low] * (1 - share) + pose.positions[high] * share
        positions += rng.normal(0, 0.5, positions.shape)
        study.poses[name] = replace(
            pose, positions=positions.astype(np.float32), confidence=pose.confidence[low]
        )
        clock = FrameClock.declared(len(frames), 30)
    without_bouts(study, name)
    study.items[name] = replace(recording, clock=clock)
    return name


def plant_scale_drift(study, rng):
    name = a_place(study, rng)
    pose, kind = study.poses[name], rng.integers(4)
    n_frames = pose.n_frames
    if kind == 0:  # another unit
        scale = np.full(n_frames, float(rng.choice([0.1, 10.0])))
    elif kind == 1:  # another distance of the camera
        scale = np.full(n_frames, float(rng.choice([0.5, 2.0])))
    elif kind == 2:  # a slow zoom
        scale = np.linspace(1, float(rng.choice([0.6, 1.7])), n_frames)
    else:  # the camera was moved on the way
        scale = np.where(np.arange(n_frames) < rng.integers(1400, 2200), 1, 1.5)
    positions = pose.positions * scale[:, None, None, None].astype(np.float32)
    study.poses[name] = replace(pose, positions=positions)
    return name


def plant_near_duplicates(study, rng):
    name = a_place(study, rng)
    recording, pose, kind = study.items[name], study.poses[name], rng.integers(4)
    copy, clock = pose, recording.clock
    if kind == 0:  # tracked again
        copy = tracked_again(pose, rng)
    elif kind == 1:  # begun some frames later
        first = int(rng.integers(1, 90))
        copy = tracked_again(pose.frames(first, pose.n_frames), rng, noise=0.01)
    elif kind == 2:  # cut out of the other
        first = int(rng.integers(300, 1500))
        copy = tracked_again(pose.frames(first, first + 1500), rng, noise=0.01)
    clock = FrameClock.declared(copy.n_frames, 30)
    animal = recording.animals[0] if rng.integers(2) else "zoe"
    copy = replace(copy, animals=(animal,))
    add(study, "zz", replace(recording, clock=clock, animals=(animal,)), copy)
    return "zz"


def plant_same_animal_two_names(study, rng):
    first, second = rng.choice(list(study.items), 2, replace=False)
    number = study.items[first].animals[0].removeprefix("mouse_")
    spelt = [f"Mouse_{number}", f"mouse-0{number}", f"M{number}", f"mouse_{number}_day2"]
    name = str(rng.choice(spelt))
    study.items[second] = replace(study.items[second], animals=(name,))
    study.poses[second] = replace(study.poses[second], animals=(name,))
    # Told at a recording of the name that comes last.
    return second if name > study.items[first].animals[0] else first


def plant_split_recording(study, rng):
    name = a_place(study, rng)
    recording, pose = study.items[name], study.poses[name]
    cut = int(rng.integers(900, 2700))
    animal = recording.animals[0] if rng.integers(2) else "zoe"
    rest = replace(
        recording, clock=FrameClock.declared(recording.n_frames - cut, 30), animals=(animal,)
    )
    add(study, "zz", rest, replace(pose.frames(cut, pose.n_frames), animals=(animal,)))
    without_bouts(study, name)
    study.items[name], study.poses[name] = shortened(recording, cut), pose.frames(0, cut)
    return "zz"


def plant_videos(study, rng):
    name = a_place(study, rng)
    index, kind = study.videos[name], rng.integers(5)
    n_frames = index.n_frames
    if kind == 0:
        study.items[name] = shortened(study.items[name], n_frames - int(rng.integers(1, 50)))
    elif kind == 1:
        study.videos[name] = replace(index, digest="another file")
    elif kind == 2:
        damaged = np.sort(rng.choice(n_frames, int(rng.integers(1, 30)), replace=False))
        study.videos[name] = replace(index, damaged=damaged)
    else:
        more = {"broken_off": "Invalid data"} if kind == 3 else {"header_frames": n_frames + 9}
        study.videos[name] = replace(index, facts=replace(index.facts, **more))
    return name


def plant_who_is_who(study, rng):
    """A second animal, which has labels of its own or none, and no pose."""
    name, place = one_of(study, rng)
    study.items[name] = replace(study.items[name], animals=(*study.items[name].animals, "guest"))
    del study.poses[name]
    if rng.integers(2):
        pieces = [replace(piece, animal="guest") for piece in study.labels[place].observed]
        study.labels.append(Bouts.from_rows([], pieces))
    return name


FAULTS = {
    name.removeprefix("plant_"): plant
    for name, plant in list(globals().items())
    if name.startswith("plant_")
}


def fresh(check, seed):
    """Clean mice: longer ones where stretches without events are looked for."""
    minutes = 3.0 if check == "unlabelled_as_negative" else 2.0
    study = mice_study(preset="easy", animals=3, minutes=minutes, seed=seed)
    if check in ("videos", "who_is_who"):
        return filmed(study)
    if check == "unlabelled_as_negative" and seed % 2:
        # Two behaviors that may overlap, mostly absent: long stretches that rightly are negative.
        study.ethogram = Ethogram((Behavior("groom"), Behavior("rear")))
        study.labels = [only(bouts, ("groom", "rear")) for bouts in study.labels]
    return study


def only(bouts, behaviors):
    return Bouts.from_rows(
        (row for row in bouts.rows() if row.behavior in behaviors),
        (piece for piece in bouts.observed if piece.behavior in behaviors),
    )


def test_every_check_has_a_planted_fault():
    assert sorted(FAULTS) == CHECKS


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_is_silent_on_clean_mice(check):
    for seed in SEEDS:
        assert run_checks(fresh(check, seed), [check]) == [], f"seed {seed}"


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_finds_its_planted_fault(check):
    found = 0
    for seed in SEEDS:
        study = fresh(check, seed)
        place = FAULTS[check](study, np.random.default_rng([7, seed]))
        problems = run_checks(study, [check])
        found += any(problem.check == check and problem.recording == place for problem in problems)
        faults = {p.recording for p in problems if p.severity is not Severity.NOTE}
        assert len(faults) <= 1, f"seed {seed}: a bystander"
    assert found >= 18


@pytest.mark.parametrize("check", CHECKS)
def test_a_problem_says_what_and_what_to_do(check):
    study = fresh(check, 0)
    FAULTS[check](study, np.random.default_rng(0))
    for problem in run_checks(study, [check]):
        assert isinstance(problem, Problem)
        assert problem.severity in Severity
        assert problem.todo
        assert problem.what
        assert not problem.what.endswith(".")
        assert problem.what[0].islower() or not problem.what[0].isalpha()


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_has_a_description_and_says_nothing_of_an_empty_project(check):
    study = mice_study(animals=1, minutes=0.1)
    empty = type(study)(study.ethogram)
    assert registry.load("check", check).DESCRIPTION
    assert run_checks(empty, [check]) == []


def test_every_check_is_documented():
    """One row each in the reference; a check that is gone has none."""
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "checks.md"
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", page.read_text(encoding="utf-8"), flags=re.M)
    assert sorted(name for name, _row in rows) == CHECKS
    assert all(row.count("|") == 3 for _name, row in rows)


def test_progress_is_told_check_by_check():
    said = []
    run_checks(mice_study(animals=1, minutes=0.2), say=lambda *words: said.append(words))
    assert list(dict.fromkeys(done for done, _total, _words in said)) == list(
        range(len(CHECKS) + 1)
    )
    assert "keypoint jumps: mouse_1" in [words for _done, _total, words in said]
    assert said[-1] == (len(CHECKS), len(CHECKS), "checked")
