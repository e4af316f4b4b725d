"""The behavior of every frame: logits of exclusive groups, and of independent behaviors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from boutwise.learners.network._contract import Target
from boutwise.types import Ethogram, FrameState


class Head(nn.Module):
    """One score a behavior; the loss is the mean over groups and independent behaviors.

    A frame counts for an exclusive group when one of its behaviors is labelled 'yes'. A frame in
    which all of them are 'no', or some are unlabelled and none is 'yes', names no class and has
    zero weight. For an independent behavior, 'yes' and 'no' count.

    Args:
        width: Channels that come in, D.
        ethogram: Behaviors of the scores, in order, with their exclusive groups.
        loss: A loss module; see ``Loss`` in the contract.
        weights: (behaviors, 2), weight of 'no' and 'yes' frames.
    """

    class_weights: Tensor

    def __init__(self, width: int, ethogram: Ethogram, *, loss: nn.Module, weights: Tensor) -> None:
        super().__init__()
        names = ethogram.names
        self.groups = [[names.index(name) for name in group.behaviors] for group in ethogram.groups]
        taken = {column for group in self.groups for column in group}
        self.independent = [column for column in range(len(names)) if column not in taken]
        self.output = nn.Linear(width, len(names))
        self.criterion = loss
        # Not saved with the model: they matter while it is trained and nowhere else.
        self.register_buffer("class_weights", weights.float(), persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, behaviors)."""
        scores: Tensor = self.output(values)
        return scores

    def loss(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """Mean over outputs of the weighted mean over frames."""
        frame_weights = target.weights * mask
        losses = [self._group(scores, target.labels, frame_weights, g) for g in self.groups]
        losses += [self._single(scores, target.labels, frame_weights, c) for c in self.independent]
        return torch.stack(losses).mean()

    def _group(self, scores: Tensor, labels: Tensor, weights: Tensor, columns: list[int]) -> Tensor:
        yes = (labels[..., columns] == FrameState.YES).to(scores.dtype)
        known = (yes.sum(dim=-1) == 1).to(scores.dtype)
        of_class = yes @ self.class_weights[columns, 1]
        weight = weights * known * of_class
        loss: Tensor = self.criterion(
            scores[..., columns].flatten(0, 1), yes.flatten(0, 1), weight.flatten()
        )
        return loss

    def _single(self, scores: Tensor, labels: Tensor, weights: Tensor, column: int) -> Tensor:
        label = labels[..., column]
        yes = (label == FrameState.YES).to(scores.dtype)
        known = (label >= FrameState.NO).to(scores.dtype)
        of_class = torch.where(
            yes > 0, self.class_weights[column, 1], self.class_weights[column, 0]
        )
        weight = weights * known * of_class
        loss: Tensor = self.criterion(
            scores[..., [column]].flatten(0, 1), yes.flatten().unsqueeze(-1), weight.flatten()
        )
        return loss
