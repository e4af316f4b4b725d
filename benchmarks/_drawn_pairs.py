"""Films of two simulated mice that meet, with the boxes that are true of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from boutwise.synthetic import simulate_pairs
from boutwise.synthetic.pairs import SimulatedPair
from boutwise.synthetic.rendering import Film, Shot, draw_cage, draw_coat, write_film
from boutwise.types import Boxes, PoseTrack

SEED = 41
SIZE = (256, 256)


def drawn_pairs(folder: Path, *, pairs: int, minutes: float) -> list[tuple[str, Path, Boxes]]:
    """Name, film and true boxes of each pair; each has its own cage and its own coats."""
    films = []
    for number, pair in enumerate(simulate_pairs("easy", pairs=pairs, minutes=minutes, seed=SEED)):
        film = Film(
            true_pose(pair),
            pair.recording.clock,
            coats=[draw_coat(SEED, number)] * 2,  # two of one litter look the same
            cage=draw_cage(SEED, number, "above"),
            shot=Shot(size=SIZE),
            seed=SEED + number,
        )
        path = write_film(film, folder / f"pair{number + 1}.mp4")
        films.append((f"drawn pair {number + 1}: {film.cage.kind}", path, film.boxes))
    return films


def true_pose(pair: SimulatedPair) -> PoseTrack:
    """The track without the exchanges that the simulated tracker made."""
    positions = pair.pose.positions.copy()
    for start, stop in pair.swaps:
        positions[start:stop] = positions[start:stop, ::-1].copy()
    return replace(pair.pose, positions=positions)
