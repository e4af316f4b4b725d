"""Where bouts begin: a heat beside the behavior, for acts that are over in a few frames.

An act of five frames is five frames of a long recording; that it begins is one event, which the
same network learns to place. The heat is a bell around the first frame of each bout (a common
target of event spotting), so a frame beside it is not as wrong as one far away.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.learners.network._contract import Target
from boutwise.learners.network.heads.behavior import targets_of
from boutwise.types import Ethogram

SD_FRAMES = 1.5
"""Standard deviation of the bell: an onset is agreed upon to a frame or two."""

REACH = 4
"""Frames on each side of an onset that are heated."""

EMPHASIS = 20.0
"""Weight of a frame of full heat beside one without any: onsets are one frame in hundreds."""


class Head(nn.Module):
    """The heat of the onset of each behavior, a logit each; backgrounds have none.

    A bout begins in a frame where its behavior is 'yes' and was 'no' in the frame before. Where the
    frame before is not known (unlabelled, or before the window) it is open whether one begins, and
    the frames that this one would heat have no weight.

    Args:
        width: Channels that come in, D.
        ethogram: Behaviors of the labels; those of the outputs are :attr:`behaviors`.
        loss: A loss module; see ``Loss`` in the contract.
        weights: (behaviors, 2), weight of 'no' and 'yes': here of frames without and with heat.
    """

    per_frame = True
    class_weights: Tensor
    bell: Tensor

    def __init__(self, width: int, ethogram: Ethogram, *, loss: nn.Module, weights: Tensor) -> None:
        super().__init__()
        names = ethogram.names
        self.columns = [c for c, name in enumerate(names) if name not in ethogram.backgrounds]
        self.behaviors = tuple(names[column] for column in self.columns)
        self.counted: tuple[str, ...] = ()
        self.output = nn.Linear(width, len(self.columns))
        # Nearly every frame is none: a head that begins with a chance of a half learns that first.
        nn.init.constant_(self.output.bias, -4.0)
        self.criterion = loss
        self.register_buffer("class_weights", weights.float(), persistent=False)
        offsets = torch.arange(-REACH, REACH + 1)
        bell = torch.exp(-0.5 * (offsets / SD_FRAMES) ** 2)
        self.register_buffer("bell", bell, persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, outputs)."""
        scores: Tensor = self.output(values)
        return scores

    def heat(self, target: Target) -> tuple[Tensor, Tensor]:
        """What is learned, 0 to 1, and where it is known, (B, T, outputs) each."""
        wanted = targets_of(target, self.class_weights.dtype)[..., self.columns]
        before = F.pad(wanted, (0, 0, 1, 0), value=float("nan"))[:, :-1]
        begun = (wanted - before).clamp(min=0)
        # Of a frame that is 'no' nothing begins, whatever was before.
        begun = torch.where(wanted == 0, torch.zeros_like(begun), begun)
        around = F.pad(begun, (0, 0, REACH, REACH)).unfold(1, 2 * REACH + 1, 1)
        heat = (around.nan_to_num(0.0) * self.bell.to(around.dtype)).amax(dim=-1)
        return heat, ~around.isnan().any(dim=-1) & ~wanted.isnan()

    def loss(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """Mean over behaviors of the weighted mean over frames."""
        return self.means(scores, target, mask).mean()

    def means(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """The weighted mean over frames of each behavior, (outputs,)."""
        heat, weights = self._weighted(target, mask)
        losses = [
            self.criterion(
                scores[..., [place]].flatten(0, 1),
                heat[..., [place]].flatten(0, 1),
                weights[..., place].flatten(),
            )
            for place in range(len(self.columns))
        ]
        return torch.stack(losses)

    def totals(self, target: Target, mask: Tensor) -> Tensor:
        """The sum of the weights of each behavior, (outputs,)."""
        return self._weighted(target, mask)[1].sum(dim=(0, 1))

    def counts(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """None: a heat is neither right nor wrong in a single frame, (0, 3)."""
        return torch.zeros(0, 3, dtype=torch.float64, device=scores.device)

    def _weighted(self, target: Target, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The heat, and the weight of each frame, (B, T, outputs) each."""
        heat, known = self.heat(target)
        no, yes = self.class_weights[self.columns].unbind(dim=1)
        each = no * (1 - heat) + yes * EMPHASIS * heat
        frames = (target.weights * mask).unsqueeze(-1)
        return heat, each * frames * known
