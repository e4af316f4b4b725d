"""The step in the middle of a window: one score a window."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from boutwise.learners.network.readouts._layers import dense_layers


class Readout(nn.Module):
    """The middle step and dense layers, (B, T, D) -> (B, 1, last width).

    Of an even number of steps it is the later one of the two in the middle, as the frame that a
    window is judged by.

    Args:
        width: Channels that come in, D.
        hidden: Widths of the dense layers behind it.
        dropout: Share of channels dropped behind each of them, 0 to 1.
    """

    per_window = True

    def __init__(self, width: int, *, hidden: Sequence[int] = (), dropout: float = 0.3) -> None:
        super().__init__()
        self.width = int(hidden[-1]) if hidden else width
        self.layers = dense_layers(width, hidden, dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector a window."""
        middle = values.shape[1] // 2
        inside = mask[:, middle : middle + 1].unsqueeze(-1).to(values.dtype)
        out: Tensor = self.layers(values[:, middle : middle + 1] * inside)
        return out
