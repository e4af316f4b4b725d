"""Draw the golden frames anew: only together with a new ``rendering.VERSION``.

python tests/synthetic/rendering/make_golden.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from boutwise.synthetic import simulate
from boutwise.synthetic.rendering import VERSION, Film, Shot, draw_cage, draw_coat

GOLDEN = Path(__file__).with_name("golden.json")
FRAME, SIZE, BLOCK = 40, 96, 12


def blocks() -> dict[str, list[float]]:
    """Means of 8 x 8 blocks of one frame from each side in each family, gray levels."""
    found = {}
    for side in ("above", "below", "side"):
        for family in ("train", "test"):
            for n_dims, view in ((2, "bottom" if side == "below" else "top"), (3, "3d")):
                mouse = simulate("easy", animals=1, minutes=0.1, seed=5, view=view)[0]
                film = Film(
                    mouse.pose,
                    mouse.recording.clock,
                    coats=[draw_coat(2, 1, family)],
                    cage=draw_cage(2, 1, side, family),
                    shot=Shot(size=(SIZE, SIZE), tip_deg=10),
                    seed=4,
                )
                picture = film.picture(FRAME).astype(float)
                parts = picture.reshape(SIZE // BLOCK, BLOCK, SIZE // BLOCK, BLOCK)
                means = parts.mean(axis=(1, 3)).round(2)
                found[f"{side}, {family}, {n_dims}D"] = np.ravel(means).tolist()
    return found


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({"version": VERSION, "blocks": blocks()}), encoding="utf-8")
