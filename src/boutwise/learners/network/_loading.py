"""Read a fitted network again: settings, weights, and the module that they belong to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from boutwise.errors import BundleError
from boutwise.learners._mirroring import Mirroring
from boutwise.learners.network._fitted import FORMAT, SETTINGS, WEIGHTS, FittedNetwork
from boutwise.learners.network._network import build
from boutwise.learners.network._pixels import Picture
from boutwise.learners.network._scaling import Scaling
from boutwise.types import Behavior, Ethogram, ExclusiveGroup
from boutwise.types.recipe import NetworkMember


def load(directory: Path) -> FittedNetwork:
    """Read what :meth:`FittedNetwork.save` wrote.

    Raises:
        BundleError: A file is missing, broken, or of a later version.
    """
    try:
        settings = json.loads((directory / SETTINGS).read_text(encoding="utf-8"))
        tensors = load_file(directory / WEIGHTS)
    except (OSError, ValueError, SafetensorError) as error:
        raise BundleError(
            f"the network cannot be read: {error}",
            file=directory,
            expected=f"{WEIGHTS} and {SETTINGS}",
            todo="fetch the bundle again, or train again",
        ) from error
    if settings.get("format") != FORMAT:
        raise BundleError(
            f"the network has the format {settings.get('format')!r}",
            file=directory / SETTINGS,
            expected=str(FORMAT),
            todo="use the release of boutwise that wrote it",
        )
    return _rebuilt(settings, tensors, directory)


def _rebuilt(
    settings: dict[str, Any], tensors: dict[str, torch.Tensor], directory: Path
) -> FittedNetwork:
    member = NetworkMember.model_validate(settings["member"])
    ethogram = _ethogram(settings["ethogram"])
    columns = {name: tuple(names) for name, names in settings["columns"].items()}
    arrays = {
        name.removeprefix("scaling."): tensor.numpy()
        for name, tensor in tensors.items()
        if name.startswith("scaling.")
    }
    pixels = {name: Picture(**shape) for name, shape in settings.get("pixels", {}).items()}
    even = torch.ones(len(ethogram.names), 2)
    mirroring = settings.get("mirroring")
    try:
        scaling = Scaling.from_arrays(arrays, columns, pixels)
        network = build(member, ethogram, scaling, dict.fromkeys(member.heads, even))
        state = {
            name.removeprefix("network."): tensor
            for name, tensor in tensors.items()
            if name.startswith("network.")
        }
        network.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise BundleError(
            f"weights and settings of the network do not fit: {error}",
            file=directory,
            todo="fetch the bundle again, or train again",
        ) from error
    return FittedNetwork(
        member,
        ethogram,
        scaling,
        network,
        steps=int(settings["steps"]),
        mirroring=None if mirroring is None else Mirroring.from_dict(mirroring),
    )


def _ethogram(data: dict[str, Any]) -> Ethogram:
    return Ethogram(
        tuple(Behavior(**behavior) for behavior in data["behaviors"]),
        tuple(
            ExclusiveGroup(group["name"], tuple(group["behaviors"]), group["background"])
            for group in data["groups"]
        ),
        dict(data["merges"]),
        {name: (low, high) for name, (low, high) in data["scales"].items()},
    )
