"""Cross-entropy: softmax in an exclusive group, sigmoid for an independent behavior."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.learners.network._weights import softened, weighted_mean


class Loss(nn.Module):
    """Cross-entropy with label smoothing (Szegedy et al. 2016).

    Args:
        smoothing: Share of each label that is spread evenly over the classes, 0 to 1: annotators
            do not agree on the exact frame, so no frame is certain.
    """

    def __init__(self, *, smoothing: float = 0.05) -> None:
        super().__init__()
        self.smoothing = smoothing

    def forward(self, scores: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Weighted mean over frames; see the contract for the shapes."""
        soft = softened(target, self.smoothing)
        if scores.shape[-1] == 1:
            each = F.binary_cross_entropy_with_logits(scores, soft, reduction="none")[..., 0]
        else:
            each = -(soft * F.log_softmax(scores, dim=-1)).sum(dim=-1)
        return weighted_mean(each, weight)
