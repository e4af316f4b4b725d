"""Every frame for itself: the readout of models that label frames."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from boutwise.learners.network.readouts._layers import dense_layers


class Readout(nn.Module):
    """Hand each frame on through dense layers, zero outside the mask; (B, T, D) -> (B, T, width).

    Args:
        width: Channels that come in.
        hidden: Widths of the dense layers; none hands on what came in.
        dropout: Share of channels dropped behind each of them, 0 to 1.
    """

    per_window = False

    def __init__(self, width: int, *, hidden: Sequence[int] = (), dropout: float = 0.3) -> None:
        super().__init__()
        self.width = int(hidden[-1]) if hidden else width
        self.layers = dense_layers(width, hidden, dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Keep what is inside the mask."""
        out: Tensor = self.layers(values) * mask.unsqueeze(-1).to(values.dtype)
        return out
