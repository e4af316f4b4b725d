"""Each check finds its planted fault in at least 18 of 20 seeds and is silent on 20 clean ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boutwise import registry
from boutwise.checks import run_checks
from boutwise.project.files import FilePart
from boutwise.types import Behavior, Bouts, Ethogram, Problem, Severity

from .memory import mice_study, moved, shortened

SEEDS = range(20)
CHECKS = registry.names("check")


def one_of(study, rng):
    """A recording, chosen by chance, and the place of its labels."""
    place = int(rng.integers(len(study.labels)))
    return list(study.items)[place], place


def plant_frame_counts(study, rng):
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


FAULTS = {
    name.removeprefix("plant_"): plant
    for name, plant in list(globals().items())
    if name.startswith("plant_")
}


def fresh(check, seed):
    """Clean mice: longer ones where stretches without events are looked for."""
    minutes = 3.0 if check == "unlabelled_as_negative" else 2.0
    study = mice_study(preset="easy", animals=3, minutes=minutes, seed=seed)
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
        assert len({problem.recording for problem in problems}) <= 1, f"seed {seed}: a bystander"
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


def test_progress_is_told_check_by_check():
    said = []
    run_checks(mice_study(animals=1, minutes=0.2), say=lambda *words: said.append(words))
    assert [done for done, _total, _words in said] == list(range(len(CHECKS) + 1))
    assert said[-1] == (len(CHECKS), len(CHECKS), "checked")
