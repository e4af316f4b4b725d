"""When memory does not suffice for a batch: the same step in smaller parts."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from boutwise.errors import BoutwiseError

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice, on whatever device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in words for sign in _SIGNS)


class MicroBatches:
    """How many windows are computed at once; halved each time that memory does not suffice.

    Attributes:
        size: Windows at once; None = the whole batch.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size

    def parts(self, windows: int) -> Iterator[tuple[int, int]]:
        """First and last (not included) window of each part of a batch."""
        size = windows if self.size is None else min(self.size, windows)
        for first in range(0, windows, size):
            yield first, min(first + size, windows)

    def halve(self, windows: int, error: BaseException) -> str:
        """Go on with half; gives the words that say so.

        Args:
            windows: Of the batch that did not fit.
            error: What was raised.

        Raises:
            BoutwiseError: A single window does not fit.
        """
        before = windows if self.size is None else min(self.size, windows)
        if before == 1:
            reason = str(error).strip().split("\n")[0]
            raise BoutwiseError(
                f"memory does not suffice for a single window: {reason}",
                expected="a machine with more memory, or a smaller network",
                todo="lower windows.length, or the channels of the network",
            ) from error
        self.size = -(-before // 2)
        return (
            f"memory does not suffice for {before} windows at once: from now on {self.size}, "
            f"and {-(-windows // self.size)} times before each step"
        )


class Before:
    """What a failed attempt at a step would leave changed, to be put back.

    These are the random numbers (dropout draws them) and the buffers (batch norm counts in them):
    the step in parts then draws from where the whole one did.

    Args:
        module: What is trained.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.random = torch.get_rng_state()
        self.cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        self.buffers: dict[str, Tensor] = {
            name: buffer.detach().clone() for name, buffer in module.named_buffers()
        }

    def restore(self) -> None:
        """Put everything back, and give up the memory of the attempt."""
        torch.set_rng_state(self.random)
        if self.cuda:
            torch.cuda.set_rng_state_all(self.cuda)
        with torch.no_grad():
            for name, buffer in self.module.named_buffers():
                buffer.copy_(self.buffers[name])
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
