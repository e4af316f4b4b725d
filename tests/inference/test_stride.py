"""A stride scores some frames only, and every frame has a probability all the same."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.errors import UsageError
from boutwise.inference import Predictor
from boutwise.learners import score_subject
from boutwise.prepare import Material
from boutwise.types import FrameClock, Subject


@pytest.fixture(scope="module")
def bundle(trained):
    return Bundle.open(trained[2].bundle)


@pytest.fixture(scope="module")
def recording(trained):
    project = trained[0]
    record = project.recordings()[0]
    return record, project.pose(record.id)


def predicted(bundle, recording, n_frames=None, **given):
    record, pose = recording
    pose = pose.frames(0, n_frames or pose.n_frames)
    clock = FrameClock.declared(pose.n_frames, record.clock.fps)
    return Predictor((bundle,), **given).predict(Material.of_pose(record.id, pose, clock))


def raw_scores(bundle, recording, stride):
    """Raw scores of the only member, (frames, behaviors)."""
    from boutwise.inference.predictor import member_streams, prepared_for

    record, pose = recording
    predictor = Predictor((bundle,), stride=stride)
    prepared = prepared_for(bundle, Material.of_pose(record.id, pose, record.clock))
    (member,) = predictor.members[0]
    subject = Subject(record.id, pose.animals[0])
    streams = member_streams(bundle, member, prepared, subject)
    return score_subject(member.fitted, subject, bundle.fps, streams)


def test_a_stride_of_one_is_the_default(bundle, recording):
    plain, one = predicted(bundle, recording), predicted(bundle, recording, stride=1)
    np.testing.assert_array_equal(plain.probabilities, one.probabilities)
    np.testing.assert_array_equal(plain.decided, one.decided)


@pytest.mark.parametrize("stride", [2, 7, 30])
def test_scored_frames_agree_and_those_between_lie_between(bundle, recording, stride):
    trained_step = Predictor((bundle,)).steps[0][0]
    assert trained_step > 1  # as the plan chose it
    step = Predictor((bundle,), stride=stride).steps[0][0]
    assert step >= stride
    assert step % trained_step == 0
    full, found = raw_scores(bundle, recording, 1), raw_scores(bundle, recording, stride)
    assert len(found) == len(full)
    np.testing.assert_allclose(found[::step], full[::step], atol=1e-5)
    last = (len(full) - 1) // step * step
    scored, frames = np.arange(0, last + 1, step), np.arange(last + 1)
    straight = [np.interp(frames, scored, full[scored, c]) for c in range(full.shape[1])]
    np.testing.assert_allclose(found[: last + 1], np.stack(straight, axis=1), atol=1e-4)
    if step > trained_step:
        assert np.abs(found - full).max() > 1e-3  # the frames between were not scored


@pytest.mark.parametrize("stride", [1, 8, 500])
@pytest.mark.parametrize("n_frames", [1, 2, 9])
def test_very_short_recordings_are_predicted(bundle, recording, stride, n_frames):
    found = predicted(bundle, recording, n_frames, stride=stride)
    assert found.probabilities.shape[:2] == (1, n_frames)
    assert np.isfinite(found.probabilities).all()


def test_the_stride_is_told_and_another_one_predicts_again(bundle, trained, tmp_path):
    project = trained[0]
    result = api.predict_files([bundle], project, tmp_path, stride=4)
    step = Predictor((bundle,), stride=4).steps[0][0]
    assert f"scored one frame in {step}" in result.notes[0]
    told = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["recordings"]
    assert {entry["stride"] for entry in told} == {4}
    assert api.predict_files([bundle], project, tmp_path, stride=4).done == ()
    again = api.predict_files([bundle], project, tmp_path)
    assert again.done == result.done
    assert again.notes == ()


def test_a_stride_that_cannot_be_is_refused(bundle):
    with pytest.raises(UsageError, match="a stride of 0"):
        Predictor((bundle,), stride=0)
