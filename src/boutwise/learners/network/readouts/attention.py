"""A mean of the steps of a window under learned weights: one score a window.

The weights are those of Bahdanau et al. 2015 without a query: a small network looks at each step
and says how much it counts. They can be read out; whether they mean anything is another question
(Jain & Wallace 2019), which is why they are shown beside a deletion test.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from boutwise.learners.network.readouts._layers import dense_layers


class Readout(nn.Module):
    """Attention pooling and dense layers, (B, T, D) -> (B, 1, last width).

    Args:
        width: Channels that come in, D.
        hidden: Widths of the dense layers behind the pooling.
        dropout: Share of channels dropped behind each of them, 0 to 1.
    """

    per_window = True

    def __init__(self, width: int, *, hidden: Sequence[int] = (), dropout: float = 0.3) -> None:
        super().__init__()
        self.width = int(hidden[-1]) if hidden else width
        self.look = nn.Linear(width, max(1, width // 2))
        # Without a bias: the softmax would take it away again.
        self.judge = nn.Linear(max(1, width // 2), 1, bias=False)
        self.layers = dense_layers(width, hidden, dropout)

    def weights(self, values: Tensor, mask: Tensor) -> Tensor:
        """How much each step counts, (B, T, D) -> (B, T); the sum is 1, and 0 is in padding."""
        scores = self.judge(torch.tanh(self.look(values))).squeeze(-1)
        # Not minus infinity: a window that is all padding must not become NaN.
        weights: Tensor = scores.masked_fill(~mask, -1e9).softmax(dim=-1) * mask
        return weights

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector a window."""
        pooled = self.weights(values, mask).unsqueeze(1) @ values
        out: Tensor = self.layers(pooled)
        return out
