"""What ``auto`` means in a network member: a value and its reason, from the project's fingerprint.

Read by ``planning``; imports no torch. The values measured on six mice stand in the reasons; where
a rule goes beyond what was measured, the reason says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

CONTEXT_S = 6.35
"""Seconds seen on each side: 127 frames at 20 fps, with which the measured network was trained."""

FRAMES_PER_STEP = 4096
"""Frames of a batch: 16 windows of 256."""

CONTEXT_OF_PICTURES_S = 2.0
"""Seconds seen on each side of pictures: shorter windows, so that more of them go into a step."""

PICTURES_PER_STEP = 512
"""Frames of a batch of pictures: what a gigabyte or two bear, of 96 x 96 pixels."""

STEPS_OF_PICTURES = 800
"""Optimizer steps of a network on pictures."""

FINE_TUNING_LR = 6e-4
"""Learning rate for 256 windows a step where an encoder begins with weights of another training."""

MIN_STEPS = 300
"""Optimizer steps below which a network of this kind is not done learning."""

POWER = 0.25
"""Class weights are count ** -POWER: what did best for networks on six mice; trees take -0.5."""

Setting = tuple[Any, str]


def auto_values(fingerprint: Mapping[str, Any]) -> dict[str, Setting]:
    """Value and reason of every setting of a network member that may be ``auto``.

    Args:
        fingerprint: ``n_frames`` (labelled frames), ``fps`` (working rate), ``n_animals``,
            ``median_bout_s`` (median length of a bout, seconds) and ``classes``; ``pictures``:
            whether the member has an encoder; ``length``: of its windows, where the recipe says
            it; ``stride``: trained frames from window to window, where each is judged by one frame;
            ``begins_trained``: whether the encoder begins with weights of another training.

    Returns:
        Dotted path inside the member -> (value, reason). The paths of part options speak of the
        first temporal part, ``tcn`` or ``attention``.

    >>> auto_values({"n_frames": 72_000, "fps": 20, "n_animals": 6, "median_bout_s": 1.0,
    ...              "classes": 5})["optim.lr"]
    (0.003, 'the top of a one-cycle schedule (warm-up, then cosine to zero)')
    """
    fps = float(fingerprint["fps"])
    n_frames = int(fingerprint["n_frames"])
    pictures = bool(fingerprint.get("pictures", False))
    if pictures:
        dilations, seen = _dilations_of_pictures(fps)
    else:
        dilations, seen = _dilations(fps, float(fingerprint["median_bout_s"]))
    length = int(fingerprint.get("length", 4 * dilations[-1]))
    batch = max(4, min(64, FRAMES_PER_STEP // length))
    if pictures:
        batch = max(1, min(64, PICTURES_PER_STEP // length))
    steps_an_epoch = max(1, math.ceil(n_frames / (int(fingerprint.get("stride", length)) * batch)))
    epochs = min(200, max(20, math.ceil(MIN_STEPS / steps_an_epoch)))
    if pictures:
        epochs = min(100, max(8, math.ceil(STEPS_OF_PICTURES / steps_an_epoch)))
    settings = {
        "temporal.0.tcn.dilations": seen,
        "temporal.0.tcn.channels": _channels(n_frames),
        "temporal.0.tcn.dropout": (
            0.25,
            "as measured on six mice; 0.4 with a wider network was no better there",
        ),
        "windows.length": (
            length,
            f"{length / fps:.3g} s: the frames that one score depends on, so that a window has "
            "frames with full view",
        ),
        "heads.behavior.weights": (
            POWER,
            "count ** -0.25 of each class, counted in every fold from its training animals only; "
            "this power did best for networks on six mice",
        ),
    }
    settings |= _attention(n_frames, sum(dilations), fps)
    settings |= _optim(n_frames, batch, length, epochs, steps_an_epoch)
    settings["heads.onset.weights"] = (
        "none",
        "frames near an onset count more by themselves; see the head",
    )
    settings["optim.precision"] = ("32", "features are quick to compute: 16 bits gain nothing")
    if pictures:
        settings |= _pictures(batch, length, epochs, steps_an_epoch)
        if "stride" in fingerprint:
            settings["optim.lr"] = (
                1e-3,
                "the top of a one-cycle schedule; with 3e-3 a small transformer on whole windows, "
                "begun at random, learned less (simulated mice)",
            )
        if fingerprint.get("begins_trained", False):
            settings["optim.lr"] = (
                round(FINE_TUNING_LR * batch / 256, 8),
                f"{FINE_TUNING_LR} x {batch} / 256 windows a step: small steps, so that weights of "
                "another training are kept (VideoMAE was fine-tuned so; not measured here)",
            )
    return settings


def _pictures(batch: int, length: int, epochs: int, steps_an_epoch: int) -> dict[str, Setting]:
    """What differs for a network on pictures."""
    steps = epochs * steps_an_epoch
    return {
        "optim.precision": (
            "bf16",
            "16 bits where the machine has instructions for them, 32 elsewhere: on one processor "
            "that has, a training step of the spotter took .6 of the time",
        ),
        "optim.batch": (
            batch,
            f"about {PICTURES_PER_STEP} pictures a step, for memory: {batch} x {length}",
        ),
        "optim.epochs": (
            epochs,
            f"8, or as many as make {STEPS_OF_PICTURES} steps: {steps_an_epoch} steps an epoch, "
            f"{steps} in all (rule of thumb)",
        ),
        "optim.lr": (2e-3, "the top of a one-cycle schedule; lower than for features (a start)"),
    }


def _attention(n_frames: int, seen: int, fps: float) -> dict[str, Setting]:
    """Options of the temporal part ``attention``: it sees about as far as ``tcn`` would."""
    dilations, layers = [1, 2, 4, 8], 2
    radius = min(256, max(8, round((seen - sum(dilations)) / layers)))
    reach = (sum(dilations) + layers * radius) / fps
    far = "as far as the tcn would" if radius < 256 else "as far as can be paid for"
    values: dict[str, Setting] = {
        "dilations": (dilations, "what moves within half a second is for the convolutions"),
        "layers": (layers, "few layers: a start, not measured on few animals"),
        "heads": (4, "16 channels a head with 64 channels (rule of thumb, not measured)"),
        "radius": (radius, f"each score sees {reach:.3g} s on both sides, {far}"),
        "channels": _channels(n_frames),
        "dropout": (0.25, "as of the tcn, with which it was measured on six mice"),
    }
    return {f"temporal.0.attention.{name}": value for name, value in values.items()}


def _optim(
    n_frames: int, batch: int, length: int, epochs: int, steps_an_epoch: int
) -> dict[str, Setting]:
    steps = epochs * steps_an_epoch
    horizon = min(100, max(5, steps // 3))
    ema = round(1 - 1 / horizon, 4)
    return {
        "optim.lr": (3e-3, "the top of a one-cycle schedule (warm-up, then cosine to zero)"),
        "optim.batch": (batch, f"about {FRAMES_PER_STEP} frames a step: {batch} x {length}"),
        "optim.epochs": (
            epochs,
            f"20, or as many as make {MIN_STEPS} steps: {n_frames} labelled frames give "
            f"{steps_an_epoch} steps an epoch, {steps} in all",
        ),
        "optim.weight_decay": (0.02, "AdamW; measured together with dropout 0.25"),
        "optim.ema": (
            ema,
            f"weights averaged over about the last {horizon} of {steps} steps: steadier than the "
            "last step with few animals",
        ),
    }


def _dilations(fps: float, median_bout_s: float) -> tuple[list[int], Setting]:
    wanted_s = min(30.0, max(CONTEXT_S, median_bout_s))
    levels = round(math.log2(wanted_s * fps + 1))
    levels = min(10, max(4, levels))
    dilations = [2**level for level in range(levels)]
    seen = sum(dilations)
    why = (
        f"each score sees {seen / fps:.3g} s on both sides, near the {wanted_s:.3g} s wanted: "
        + (
            "the median bout"
            if wanted_s > CONTEXT_S
            else "the context of the network measured on six mice"
        )
    )
    return dilations, (dilations, why)


def _dilations_of_pictures(fps: float) -> tuple[list[int], Setting]:
    levels = min(7, max(3, round(math.log2(CONTEXT_OF_PICTURES_S * fps + 1))))
    dilations = [2**level for level in range(levels)]
    why = (
        f"each score sees {sum(dilations) / fps:.3g} s on both sides, near {CONTEXT_OF_PICTURES_S} "
        "s: windows of pictures are large, and short ones let more of them into a step"
    )
    return dilations, (dilations, why)


def _channels(n_frames: int) -> Setting:
    if n_frames < 10_000:
        return 32, f"{n_frames} labelled frames bear a small network (rule of thumb, not measured)"
    if n_frames < 1_000_000:
        return 64, "64 channels were as good as 112 on 72,000 frames of six animals, and faster"
    return 128, f"{n_frames} labelled frames bear a wider network (rule of thumb, not measured)"
