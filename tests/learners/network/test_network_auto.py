"""The values behind ``auto``: complete, reasoned and sensible over a wide range of projects."""

from __future__ import annotations

import math
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.learners.network._auto import auto_values
from boutwise.types.recipe import NetworkMember

MICE = {"n_frames": 60_000, "fps": 20, "n_animals": 5, "median_bout_s": 1.0, "classes": 5}


def test_gives_the_measured_settings_for_the_measured_data():
    values = {key: value for key, (value, _) in auto_values(MICE).items()}
    assert values["temporal.0.tcn.dilations"] == [1, 2, 4, 8, 16, 32, 64]
    assert values["temporal.0.tcn.channels"] == 64
    assert values["temporal.0.tcn.dropout"] == 0.25
    assert values["windows.length"] == 256
    assert values["optim.batch"] == 16
    assert values["optim.epochs"] == 20
    assert values["optim.lr"] == 3e-3
    assert values["optim.weight_decay"] == 0.02
    assert values["optim.ema"] == 0.99


@settings(max_examples=100, deadline=None)
@given(
    n_frames=st.integers(1, 50_000_000),
    fps=st.floats(1, 500),
    bout_s=st.floats(0.02, 600),
    animals=st.integers(1, 400),
)
def test_every_value_fits_the_schema_and_has_a_reason(n_frames, fps, bout_s, animals):
    found = auto_values(
        MICE | {"n_frames": n_frames, "fps": fps, "median_bout_s": bout_s, "n_animals": animals}
    )
    for value, reason in found.values():
        assert value is not None
        assert len(reason.split()) >= 4
    values = {key: value for key, (value, _) in found.items()}
    optim = {k.removeprefix("optim."): v for k, v in values.items() if k.startswith("optim.")}
    tcn = {k.rpartition(".")[2]: v for k, v in values.items() if k.startswith("temporal.0.tcn.")}
    member = NetworkMember.model_validate(
        {
            "learner": "network",
            "streams": {"pose": {"features": ["egocentric"]}},
            "temporal": [{"tcn": tcn}],
            "windows": {"length": values["windows.length"]},
            "optim": optim,
        }
    )
    left = {f"optim.{key}" for key, value in member.optim if value == "auto"}
    assert not left
    assert member.windows.length >= 2 * max(tcn["dilations"])
    seen_s = sum(tcn["dilations"]) / fps
    assert seen_s > 3 or sum(tcn["dilations"]) >= 1023
    steps = member.optim.epochs * math.ceil(n_frames / (member.windows.length * member.optim.batch))
    assert steps >= 200


@settings(max_examples=50, deadline=None)
@given(n_frames=st.integers(1, 5_000_000), fps=st.floats(1, 200))
def test_networks_on_pictures_get_steps_that_memory_bears(n_frames, fps):
    known = MICE | {"n_frames": n_frames, "fps": fps, "pictures": True}
    found = auto_values(known)
    assert all(len(reason.split()) >= 4 for _, reason in found.values())
    values = {key: value for key, (value, _) in found.items()}
    assert values["optim.precision"] == "bf16"
    assert auto_values(MICE)["optim.precision"][0] == "32"
    frames = values["windows.length"] * values["optim.batch"]
    assert 256 <= frames <= 512 or values["optim.batch"] == 64
    assert values["windows.length"] == 4 * max(values["temporal.0.tcn.dilations"])
    steps = values["optim.epochs"] * math.ceil(n_frames / frames)
    assert steps >= 100


def test_more_frames_never_mean_fewer_steps():
    def steps(n_frames):
        found = auto_values(MICE | {"n_frames": n_frames})
        an_epoch = max(1, -(-n_frames // (found["windows.length"][0] * found["optim.batch"][0])))
        return found["optim.epochs"][0] * an_epoch

    assert steps(2_000) == 200
    assert steps(20_000) >= 300
    assert steps(60_000) < steps(600_000)


def test_a_plan_can_be_made_without_torch():
    code = (
        "import sys; import boutwise.learners.network._auto as a, boutwise.learners.network as n;"
        f"a.auto_values({MICE!r}); assert 'Learner' in n.__all__;"
        "assert 'torch' not in sys.modules and 'lightning' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
