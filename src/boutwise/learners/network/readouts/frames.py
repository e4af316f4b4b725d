"""Every frame for itself: the readout of models that label frames."""

from __future__ import annotations

from torch import Tensor, nn


class Readout(nn.Module):
    """Hand each frame on, zero outside the mask; (B, T, D) -> (B, T, D).

    Args:
        width: Channels that come in and go out.
    """

    per_window = False

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Keep what is inside the mask."""
        return values * mask.unsqueeze(-1).to(values.dtype)
