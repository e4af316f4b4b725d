"""Computing in 16 bits: where a machine has instructions for it, and nowhere else.

bfloat16 has the range of 32 bits, so losses need no scaling. Without instructions of its own a
processor converts every number to and fro, which is slower than 32 bits.
"""

from __future__ import annotations

import torch


def has_bf16(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    asks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in asks)


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Within it the module computes in the precision of the plan.

    Args:
        precision: ``32`` or ``bf16``.
        device: Where it is computed.
    """
    wanted = precision == "bf16" and has_bf16(device)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)
