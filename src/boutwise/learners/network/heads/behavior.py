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
    zero weight. For an independent behavior, 'yes' and 'no' count. With shares of votes a frame
    counts as so many frames as classes that somebody saw, each with its share as weight: what
    trees do with rows.

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
        targets = _targets(target, scores)
        losses = [self._group(scores, targets, frame_weights, g) for g in self.groups]
        losses += [self._single(scores, targets, frame_weights, c) for c in self.independent]
        return torch.stack(losses).mean()

    def _group(
        self, scores: Tensor, targets: Tensor, weights: Tensor, columns: list[int]
    ) -> Tensor:
        of_class = self.class_weights[columns, 1]
        return self._loss(scores[..., columns], targets[..., columns] * of_class, weights)

    def _single(self, scores: Tensor, targets: Tensor, weights: Tensor, column: int) -> Tensor:
        yes = targets[..., [column]] * self.class_weights[column, 1]
        no = (1 - targets[..., [column]]) * self.class_weights[column, 0]
        return self._loss(scores[..., [column]], torch.cat([yes, no], dim=-1), weights)

    def _loss(self, scores: Tensor, votes: Tensor, weights: Tensor) -> Tensor:
        """The loss of one output; votes are (B, T, classes), NaN where nobody judged."""
        votes = votes.nan_to_num(0.0)
        total = votes.sum(dim=-1)
        shares = votes / total.clamp(min=1e-12).unsqueeze(-1)
        classes = scores.shape[-1]  # one for an independent behavior, where 'yes' comes first
        loss: Tensor = self.criterion(
            scores.flatten(0, 1), shares[..., :classes].flatten(0, 1), (weights * total).flatten()
        )
        return loss


def _targets(target: Target, scores: Tensor) -> Tensor:
    """What is learned, 0 to 1, (B, T, behaviors): NaN where there is nothing to learn."""
    if target.shares is not None:
        return target.shares.to(scores.dtype)
    labels = target.labels.to(scores.dtype)
    return labels.masked_fill(target.labels < FrameState.NO, float("nan"))
