"""Soft labels: shares of votes beside the majority, and what the plan says of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.conftest import QUICK, make_project

from boutwise.errors import LabelError
from boutwise.planning import labelled_subjects, make_plan
from boutwise.planning.votes import vote_shares
from boutwise.project import Project
from boutwise.types import (
    Animal,
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Observed,
    Recording,
    Trial,
)
from boutwise.types.recipe import Target

GROUP = ("rear", "groom", "rest")
SOFT, MAJORITY = Target(annotators="soft"), Target(annotators="majority")


@pytest.fixture
def project(tmp_path):
    names = (*GROUP, "scratch")
    made = Project.create(tmp_path / "raters")
    made.set_ethogram(
        Ethogram(tuple(Behavior(n) for n in names), (ExclusiveGroup("body", GROUP, "rest"),))
    )
    made.add_animal(Animal("m"))
    return made


def labelled(project, recording, rows, *, observed, trials=()):
    """Add a recording of 60 frames with (annotator, behavior, start, stop, state) labels."""
    project.add_recording(Recording(recording, FrameClock.declared(60, 10), ("m",), trials=trials))
    for name, stop in observed.items():
        project.add_bouts(
            Bouts.from_rows(
                [
                    Bout(recording, "m", behavior, a, b, state=state, annotator=who)
                    for who, behavior, a, b, state in rows
                    if who == name
                ],
                [
                    Observed(recording, "m", b, 0, stop, annotator=name)
                    for b in project.ethogram.names
                ],
            )
        )


def test_the_share_of_votes_is_learned_and_the_majority_scored(project):
    rows = [
        ("anna", "rear", 0, 20, "yes"),
        ("ben", "rear", 10, 20, "yes"),
        ("carl", "groom", 10, 30, "yes"),
        ("carl", "scratch", 0, 10, "unscorable"),
        ("anna", "scratch", 0, 10, "yes"),
    ]
    labelled(project, "r", rows, observed={"anna": 40, "ben": 40, "carl": 50})
    soft = labelled_subjects(project, SOFT, project.recordings())[0]
    most = labelled_subjects(project, MAJORITY, project.recordings())[0]
    assert soft.annotators == 3
    assert most.shares is None
    np.testing.assert_array_equal(soft.states, most.states)
    third = np.float32(1 / 3)
    np.testing.assert_allclose(soft.shares[5, :3], [third, 0, 2 * third])
    np.testing.assert_allclose(soft.shares[15, :3], [2 * third, third, 0])
    np.testing.assert_allclose(soft.shares[25, :3], [0, third, 2 * third])
    np.testing.assert_array_equal(soft.shares[45, :3], [0, 0, 1])  # carl alone, still watching
    assert np.isnan(soft.shares[50:]).all()
    # 'unscorable' is no vote: of the two who could tell, one saw it.
    assert soft.shares[5, 3] == 0.5
    assert most.states[5, 3] == -1


def test_votes_in_an_invalid_trial_do_not_count(project):
    trials = (Trial(1, 0, 20, valid=False), Trial(2, 20, 40))
    rows = [("anna", "rear", 0, 60, "yes"), ("ben", "groom", 0, 60, "yes")]
    labelled(project, "r", rows, observed={"anna": 60, "ben": 60}, trials=trials)
    found = labelled_subjects(project, SOFT, project.recordings())[0]
    assert np.isnan(found.shares[:20]).all()
    np.testing.assert_array_equal(found.shares[20:, :2], 0.5)
    # They are tied everywhere: nothing can be scored, and yet there is something to learn.
    assert (found.states[20:, :2] == -1).all()


@given(
    hnp.arrays(
        np.int8, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.integers(-2, 2)
    )
)
def test_shares_of_a_group_never_exceed_one(said):
    """Each annotator names one of three (0 to 2), or nobody could tell (-1, -2)."""
    votes = np.where(said[..., None] < 0, said[..., None], said[..., None] == np.arange(3))
    shares = vote_shares(votes.astype(np.int8))
    heard = (said >= 0).sum(axis=0)
    np.testing.assert_array_equal(np.isnan(shares).all(axis=1), heard == 0)
    np.testing.assert_allclose(np.nansum(shares, axis=1), heard > 0, atol=1e-6)
    agreed = (said == said[0]).all(axis=0) & (said[0] >= 0)
    assert set(shares[agreed].ravel().tolist()) <= {0.0, 1.0}


def test_the_error_names_all_choices(project):
    rows = [("anna", "rear", 0, 20, "yes"), ("ben", "rear", 10, 20, "yes")]
    labelled(project, "r", rows, observed={"anna": 60, "ben": 60})
    with pytest.raises(LabelError) as error:
        labelled_subjects(project, Target(), project.recordings())
    for choice in ("anna", "majority", "soft"):
        assert choice in str(error.value)


def test_the_plan_says_what_is_learned_and_what_is_scored(tmp_path):
    project = make_project(tmp_path / "project", animals=3, minutes=0.3)
    first = project.recordings()[0].id
    again = [Bout(**{**vars(bout), "annotator": "second"}) for bout in project.bouts(first).rows()]
    project.add_bouts(Bouts.from_rows(again))
    plan = make_plan(project, "pose", settings=[*QUICK, "target.annotators=soft"])
    reason = plan.as_dict()["reasons"]["target.annotators"]
    assert "1 of 3 labelled subjects" in reason
    assert "share of their votes" in reason
    assert "calibration take what most of them say" in reason
    assert plan.recipe.target.annotators == "soft"
