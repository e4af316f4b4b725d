"""The encoder of ``clips`` in its real size: what one clip costs, and that it can be kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from boutwise.learners.network.encoders.videomae import Encoder

FRAMES, RATE, SIZE, CLASSES = 16, 2, 224, 3


def real_size(folder: Path) -> list[dict[str, Any]]:
    """CPU seconds of one forward and backward pass, step, save and load of ViT-S."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    encoder = Encoder(3, SIZE, frames=FRAMES, rate=RATE)
    head = torch.nn.Linear(encoder.width, CLASSES)
    network = torch.nn.ModuleDict({"encoder": encoder, "head": head})
    optimizer = torch.optim.AdamW(network.parameters(), lr=6e-4, weight_decay=0.05)
    pixels = torch.rand(1, FRAMES * RATE, 3, SIZE, SIZE)
    mask = torch.ones(1, FRAMES * RATE, dtype=torch.bool)
    path = folder / "videomae.safetensors"
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        found = work()
        spent[name] = time.process_time() - began
        return found

    def scored() -> torch.Tensor:
        with torch.inference_mode():
            scores: torch.Tensor = head(encoder(pixels, mask)[:, 0])
        return scores

    network.eval()
    scored()  # the first pass warms up
    timed("forward, no gradient", scored)
    network.train()
    scores = timed("forward", lambda: head(encoder(pixels, mask)[:, 0]))
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor([1]))
    timed("backward", loss.backward)
    timed("step", optimizer.step)
    network.eval()
    before = scored()
    timed("save", lambda: save_file(network.state_dict(), path))
    timed("load", lambda: network.load_state_dict(load_file(path)))
    same = bool(torch.equal(before, scored()))
    count = sum(parameter.numel() for parameter in network.parameters())
    megabytes = path.stat().st_size / 1e6
    path.unlink()
    facts = {"parameters": count, "file_mb": round(megabytes, 1), "same_after_load": same}
    return [{**facts, **{f"{name}, CPU s": round(value, 3) for name, value in spent.items()}}]
