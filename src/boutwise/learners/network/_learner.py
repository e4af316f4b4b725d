"""The learner ``network``: fits a torch module on windows of the training animals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from boutwise import registry
from boutwise.errors import LabelError, RecipeError
from boutwise.learners._contract import Dataset, Run
from boutwise.learners._mirroring import Mirroring, is_mirrored
from boutwise.learners.network._centres import Centres
from boutwise.learners.network._contract import Augment, Facts
from boutwise.learners.network._fitted import FittedNetwork
from boutwise.learners.network._network import Network, augments_of, build
from boutwise.learners.network._rehearsal import rehearse
from boutwise.learners.network._scaling import Scaling
from boutwise.learners.network._weights import class_weights
from boutwise.learners.network._windows import Batches, WindowPlan
from boutwise.types import Ethogram
from boutwise.types.recipe import NetworkMember


class Learner:
    """Fits the network of one member.

    Args:
        member: Its recipe with every ``auto`` replaced; class weights are counted in each fold
            from its training animals.
        ethogram: Behaviors of the label columns.

    Raises:
        RecipeError: A setting is still ``auto``, or the member needs what is not there.
    """

    def __init__(self, member: NetworkMember, ethogram: Ethogram) -> None:
        self.member = member
        self.ethogram = ethogram
        if "behavior" not in member.heads:
            raise RecipeError(
                "the network has no head 'behavior'",
                todo="add 'heads: {behavior: {loss: cross_entropy}}'",
            )
        encoded = [name for name, stream in member.streams.items() if stream.encoder is not None]
        self.pixels = tuple(encoded)
        self.features = tuple(name for name in member.streams if name not in encoded)
        _refuse_auto(member)
        readout = registry.load("readout", member.readout.part).Readout
        self.per_window = bool(readout.per_window)
        if member.windows.stride != "none" and not self.per_window:
            raise RecipeError(
                f"'windows.stride' cannot be heeded: the readout '{member.readout.part}' scores "
                "every frame of a window",
                expected="none",
            )

    def fit(self, train: Dataset, valid: Dataset | None, run: Run) -> FittedNetwork:
        """Fit on ``train``; ``valid`` is looked at only with ``optim.early_stop``.

        Raises:
            RecipeError: The run has no trainer.
            LabelError: There is nothing to train on, or two behaviors of an exclusive group are
                'yes' in one frame.
            DataError: Inputs are infinite, or a stream is missing.
            BoutwiseError: A first batch cannot be trained, saved, loaded and scored.
        """
        if run.trainer is None:
            raise RecipeError(
                "a network cannot be fitted without a trainer",
                todo="give Run(trainer=...); boutwise.training does",
            )
        _refuse_overlap(train)
        member = self.member
        names = self.features
        facts = Facts(self.ethogram, train.items[0].fps, names, train.mirrors, self.pixels)
        augments = augments_of(member, facts)
        mask_all = any(augment.makes_missing for augment in augments)
        mirroring = None
        if is_mirrored(member):
            mirroring = Mirroring.of(train.mirrors, names, self.ethogram, pixels=self.pixels)
        mirrors = None if mirroring is None else mirroring.streams
        scaling = Scaling.fit(
            train, list(names), mask_all=mask_all, mirrors=mirrors, pixels=self.pixels
        )
        plan = WindowPlan(
            length=int(member.windows.length),
            batch=int(member.optim.batch),
            around_bouts=member.windows.sampling == "around_bouts",
            seed=run.seed,
        )
        watched = valid if member.optim.early_stop != "none" else None
        if watched is not None:
            _refuse_overlap(watched)
        weights = {
            name: torch.from_numpy(class_weights(train, head.weights, head.class_weights))
            for name, head in member.heads.items()
        }
        averaged = mirroring if "mirror" in member.average else None

        def fitted(network: Network, steps: int = 0) -> FittedNetwork:
            return FittedNetwork(
                member, self.ethogram, scaling, network, steps=steps, mirroring=averaged
            )

        threads = torch.get_num_threads()
        torch.set_num_threads(max(1, run.threads))
        try:
            with torch.random.fork_rng():
                torch.manual_seed(run.seed)
                network = build(member, self.ethogram, scaling, weights)
                network.start()
                plan = replace(plan, edge=0 if self.per_window else network.inputs.context_frames)
                batches = self._batches(train, scaling, plan, augments, views=True)
                stopping = None
                if watched is not None:
                    evenly = replace(plan, around_bouts=False, seed=0)
                    stopping = self._batches(watched, scaling, evenly)
                rehearse(network, batches, train.items[0], fitted)
                steps = run.trainer(network, batches, optim=member.optim, run=run, valid=stopping)
        finally:
            torch.set_num_threads(threads)
        return fitted(network, int(steps))

    def _batches(
        self,
        dataset: Dataset,
        scaling: Scaling,
        plan: WindowPlan,
        augments: Sequence[Augment] = (),
        *,
        views: bool = False,
    ) -> Batches:
        """Windows that are judged by every frame, or by their centre: the readout decides."""
        if not self.per_window:
            return Batches(dataset, scaling, plan, augments, views=views)
        stride = self.member.windows.stride
        centres = Centres(dataset, plan, stride=1 if stride == "none" else int(stride))
        return Batches(dataset, scaling, plan, augments, draws=centres, views=views)


def _refuse_auto(member: NetworkMember) -> None:
    settings: dict[str, Any] = {"windows.length": member.windows.length}
    settings |= {f"optim.{key}": value for key, value in member.optim}
    for key, value in settings.items():
        if value == "auto":
            raise RecipeError(
                f"'{key}' is still 'auto'", expected="a value: a plan replaces every 'auto'"
            )


def _refuse_overlap(dataset: Dataset) -> None:
    """Two classes at once cannot be trained on, and none of them may be dropped in silence."""
    names = dataset.ethogram.names
    for item in dataset.items:
        for group in dataset.ethogram.groups:
            columns = [names.index(name) for name in group.behaviors]
            targets = item.targets[:, columns]
            yes = targets > 0
            both = np.flatnonzero((np.nansum(targets, axis=1) > 1 + 1e-4) & (item.weights > 0))
            if len(both):
                frame = int(both[0])
                found = [n for n, y in zip(group.behaviors, yes[frame], strict=True) if y]
                raise LabelError(
                    f"{' and '.join(found)} are labelled at once, {len(both)} frames in all",
                    recording=item.subject.recording,
                    frame=frame,
                    expected=f"one behavior of the exclusive group '{group.name}'",
                    todo="correct the labels, or choose one annotator",
                )
