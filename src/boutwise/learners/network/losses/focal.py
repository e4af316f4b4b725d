"""Focal loss: cross-entropy that cares less for frames that are already right."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.learners.network._weights import softened, weighted_mean


class Loss(nn.Module):
    """Focal loss (Lin et al. 2017): the cross-entropy of a class times (1 - p) ** gamma.

    Args:
        gamma: 0 gives the plain cross-entropy; larger values look away from easy frames. Scores
            become less certain than they should be: calibration has more to do.
        smoothing: Share of each label that is spread evenly over the classes, 0 to 1.
    """

    def __init__(self, *, gamma: float = 2.0, smoothing: float = 0.0) -> None:
        super().__init__()
        self.gamma = gamma
        self.smoothing = smoothing

    def forward(self, scores: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Weighted mean over frames; see the contract for the shapes."""
        soft = softened(target, self.smoothing)
        if scores.shape[-1] == 1:
            soft = torch.cat([1 - soft, soft], dim=-1)
            log_p = torch.cat([F.logsigmoid(-scores), F.logsigmoid(scores)], dim=-1)
        else:
            log_p = F.log_softmax(scores, dim=-1)
        each = -(soft * (1 - log_p.exp()) ** self.gamma * log_p).sum(dim=-1)
        return weighted_mean(each, weight)
