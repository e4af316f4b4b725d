"""The mean of the steps of a window: one score a window."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from boutwise.learners.network.readouts._layers import dense_layers


class Readout(nn.Module):
    """Mean over the steps inside the mask and dense layers, (B, T, D) -> (B, 1, last width).

    Args:
        width: Channels that come in, D.
        hidden: Widths of the dense layers behind the mean.
        dropout: Share of channels dropped behind each of them, 0 to 1.
    """

    per_window = True

    def __init__(self, width: int, *, hidden: Sequence[int] = (), dropout: float = 0.3) -> None:
        super().__init__()
        self.width = int(hidden[-1]) if hidden else width
        self.layers = dense_layers(width, hidden, dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector a window."""
        inside = mask.unsqueeze(-1).to(values.dtype)
        total = inside.sum(dim=1, keepdim=True).clamp(min=1.0)
        out: Tensor = self.layers((values * inside).sum(dim=1, keepdim=True) / total)
        return out
