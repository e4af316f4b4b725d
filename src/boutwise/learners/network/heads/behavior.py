"""The behavior of every frame: logits of exclusive groups, and of independent behaviors."""

from __future__ import annotations

from collections.abc import Iterator

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
        self.counted = names
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
        return self.means(scores, target, mask).mean()

    def means(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """The weighted mean over frames of each output, (outputs,)."""
        losses = []
        for columns, votes, weights in self._outputs(target, mask, scores.dtype):
            shares = votes / votes.sum(dim=-1, keepdim=True).clamp(min=1e-12)
            # One score for an independent behavior, where 'yes' comes first.
            shares = shares[..., : len(columns)]
            loss: Tensor = self.criterion(
                scores[..., columns].flatten(0, 1), shares.flatten(0, 1), weights.flatten()
            )
            losses.append(loss)
        return torch.stack(losses)

    def totals(self, target: Target, mask: Tensor) -> Tensor:
        """The sum of the weights of each output, (outputs,): what its mean is divided by."""
        outputs = self._outputs(target, mask, self.class_weights.dtype)
        return torch.stack([weights.sum() for _, _, weights in outputs])

    def counts(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """Hits, false alarms and misses of each behavior, (behaviors, 3).

        The likeliest behavior of a group is said, and an independent one from a chance of a half
        on; a frame in which annotators differ counts with their shares.
        """
        found = torch.zeros(scores.shape[-1], 3, dtype=torch.float64, device=scores.device)
        for columns, votes, weights in self._outputs(target, mask, scores.dtype):
            here = scores[..., columns]
            said = here > 0
            if len(columns) > 1:
                said = here.argmax(-1, keepdim=True) == torch.arange(len(columns)).to(here.device)
            # Without the weights of the classes: a frame is a frame.
            each = self.class_weights[columns, 1].unsqueeze(0)
            yes = votes[..., : len(columns)] / each.clamp(min=1e-12)
            yes = yes.clamp(max=1.0)
            known = (weights > 0).unsqueeze(-1)
            hits, alarms = (said & known) * yes, (said & known) * (1 - yes)
            misses = (~said & known) * yes
            for place, values in enumerate((hits, alarms, misses)):
                found[columns, place] = values.sum(dim=(0, 1), dtype=torch.float64)
        return found

    def _outputs(
        self, target: Target, mask: Tensor, dtype: torch.dtype
    ) -> Iterator[tuple[list[int], Tensor, Tensor]]:
        """Columns of each output, its votes (B, T, classes) and frame weights (B, T).

        Votes are the targets times the weights of the classes, 0 where nobody judged.
        """
        frame_weights = target.weights * mask
        targets = targets_of(target, dtype)
        for columns in self.groups:
            votes = (targets[..., columns] * self.class_weights[columns, 1]).nan_to_num(0.0)
            yield columns, votes, frame_weights * votes.sum(dim=-1)
        for column in self.independent:
            yes = targets[..., [column]] * self.class_weights[column, 1]
            no = (1 - targets[..., [column]]) * self.class_weights[column, 0]
            votes = torch.cat([yes, no], dim=-1).nan_to_num(0.0)
            yield [column], votes, frame_weights * votes.sum(dim=-1)


def targets_of(target: Target, dtype: torch.dtype) -> Tensor:
    """What is learned, 0 to 1, (B, T, behaviors): NaN where there is nothing to learn."""
    if target.shares is not None:
        return target.shares.to(dtype)
    labels = target.labels.to(dtype)
    return labels.masked_fill(target.labels < FrameState.NO, float("nan"))
