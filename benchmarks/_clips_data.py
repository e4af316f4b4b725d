"""Simulated mice that groom and twitch, drawn: a Supervisely project, and a project of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from boutwise import api
from boutwise.errors import DataError
from boutwise.prepare import material_of
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.project import Project
from boutwise.synthetic.twitches import film, simulate_twitches, write_supervisely
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Recording

DATASETS = ("week_1", "week_2/cage_2")
ETHOGRAM = Ethogram(
    (Behavior("idle"), Behavior("grooming"), Behavior("twitch")),
    (ExclusiveGroup("acts", ("idle", "grooming", "twitch"), "idle"),),
)


@dataclass(frozen=True)
class Mice:
    """Which mice are simulated.

    Attributes:
        animals: How many.
        test_animals: How many of them, at the end, have coats and cages unlike the others'.
        minutes: Of each recording, of which there is one an animal.
        seed: Another one, other mice.
    """

    animals: int = 26
    test_animals: int = 10
    minutes: float = 3.0
    seed: int = 0

    @property
    def held_out(self) -> tuple[str, ...]:
        """Names of the animals that nothing is learned from."""
        return tuple(
            f"mouse_{number + 1}"
            for number in range(self.animals - self.test_animals, self.animals)
        )


def draw(folder: Path, mice: Mice, say: Callable[[str], None]) -> Path:
    """The Supervisely project, drawn if it is not there."""
    if not (folder / "animals.csv").exists():
        items = simulate_twitches(
            animals=mice.animals,
            test_animals=mice.test_animals,
            minutes=mice.minutes,
            seed=mice.seed,
        )
        films = [(item, film(item, seed=mice.seed)) for item in items]
        write_supervisely(films, folder, datasets=DATASETS, progress=say)
    return folder


def study(drawn: Path, root: Path) -> tuple[Path, tuple[str, ...]]:
    """A project of what was drawn; everything that is not tagged is ``idle``.

    Returns:
        Its folder, and the animals that the detector cannot tell from their cage: nothing can be
        learned from their videos, or said of them.
    """
    if not root.exists():
        with api.initialize(root) as project:
            plan = api.plan_import(project, [drawn], animals=drawn / "animals.csv")
            api.apply_import(project, plan)
            project.set_ethogram(ETHOGRAM)
    refused = []
    with Project.open(root) as project:
        for record in project.recordings():
            scene = material_of(project, record).scene
            assert scene is not None
            try:
                boxes_of(scene, Detect(), store=project.store)
            except DataError:
                refused.append(record)
    if refused:
        return _without(drawn, root, refused), tuple(record.animals[0] for record in refused)
    return root, ()


def _without(drawn: Path, root: Path, refused: Sequence[Recording]) -> Path:
    """A project of all other recordings, made anew if it is not there."""
    names = [record.id.rpartition("/")[2] for record in refused]
    rest = root.with_name(f"{root.name}_visible")
    if rest.exists():
        return rest
    kept = root.with_name(f"{drawn.name}_visible")
    skip = shutil.ignore_patterns(*(f"{name}.*" for name in names))
    shutil.copytree(drawn, kept, ignore=skip, dirs_exist_ok=True)
    lines = (drawn / "animals.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    told = [line for line in lines if line.partition(",")[0] not in names]
    (kept / "animals.csv").write_text("".join(told), encoding="utf-8")
    study(kept, rest)
    return rest
