"""Kill -9 while videos are prepared and networks trained: all ends bit for bit the same.

A run on three drawn mice is trained once without interruption. Then the same is trained again,
killed at random moments (the first one while boxes are found, and pictures cut or outlines looked
for; the others wherever they fall), resumed after each, and compared at its end: the out-of-fold
probabilities, the trees and weights of every fold and of the bundle, its calibration and decoder,
and all scores must be the very same numbers.

    python benchmarks/kill_video.py [--recipe video] [--rounds 4] [--kills 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from _rows import tell as tell_rows

RUN = "run"
FPS, MINUTES, SIZE, SEED = 30.0, 1.0, (192, 256), 23
SPOTTER, VIDEO = "spotter", "video"
SETTINGS = {
    SPOTTER: (
        "prepare.0.detect.every=3",
        "prepare.1.crop.size=32",
        "members.0.streams.video.encoder={spotter: {stages: [8, 16], width: 16}}",
        "members.0.temporal.0.tcn.dilations=[1, 2, 4]",
        "members.0.temporal.0.tcn.channels=16",
        "members.0.windows.length=32",
        "members.0.optim.batch=4",
        "members.0.optim.precision=32",
        "members.0.optim.epochs=3",
    ),
    VIDEO: (
        "members.0.optim.rounds=20",
        "members.1.temporal.0.tcn.dilations=[1, 2, 4]",
        "members.1.temporal.0.tcn.channels=16",
        "members.1.windows.length=32",
        "members.1.optim.epochs=3",
    ),
}
"""Recipe -> settings by which it is trained in seconds; augmentation is on, for its random numbers.
"""
PREPARING = {SPOTTER: "pictures of", VIDEO: "outlines: "}
"""What is said while more than boxes is prepared."""

DECIDING = (".safetensors", ".txt", "combine.json", "calibrate.json", "decode.json")
"""Files of a bundle that decide about its numbers."""


@dataclass(frozen=True)
class Row:
    """One run that was killed several times.

    Attributes:
        round: Number.
        killed_at: What was being done at each kill.
        units_before: Units that were finished before the last kill.
        differ: Files of the run whose numbers are not those of the uninterrupted one.
        complete: Whether the last process came to its end.
    """

    round: int
    killed_at: tuple[str, ...]
    units_before: int
    differ: tuple[str, ...]
    complete: bool

    @property
    def failed(self) -> bool:
        """Whether anything is not as it would have been, or the first kill came too late."""
        return bool(self.differ) or not self.complete or self.killed_at[0] == "finished"


def draw(folder: Path) -> Path:
    """Films of three mice with tables of their bouts, to be imported."""
    from boutwise.synthetic import simulate
    from boutwise.synthetic.rendering import Film, Shot, draw_cage, draw_coat, write_film

    for number, mouse in enumerate(simulate("easy", animals=3, minutes=MINUTES, seed=SEED)):
        film = Film(
            mouse.pose,
            mouse.recording.clock,
            coats=[draw_coat(SEED, number)],
            cage=draw_cage(SEED, number, "above"),
            shot=Shot(size=SIZE),
            seed=SEED + number,
        )
        path = write_film(film, folder / f"{mouse.recording.id}.mp4")
        rows = [
            f"{bout.behavior},{bout.start / FPS:.4f},{bout.stop / FPS:.4f}"
            for bout in mouse.bouts.rows()
        ]
        text = "\n".join(["behavior,start_s,stop_s", *rows]) + "\n"
        path.with_suffix(".csv").write_text(text, encoding="utf-8")
    return folder


def import_films(root: Path, films: Path) -> None:
    """A new project of them."""
    from boutwise import api

    project = api.initialize(root)
    api.apply_import(project, api.plan_import(project, [films], strict=True))
    project.close()


def tell(*words: object) -> None:
    """Acknowledge to the parent: this process may be killed right after."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def train(
    root: Path,
    workers: int,
    say: Callable[..., None] = lambda *words: None,
    *,
    recipe: str = SPOTTER,
) -> None:
    """Prepare and train, or go on; everything that is begun is told."""
    from boutwise import api
    from boutwise.project import Project

    with Project.open(root) as project:
        plan = api.plan(project, recipe, settings=SETTINGS[recipe])
        begun = (root / "runs" / RUN / "plan.yaml").exists()
        say("ready")
        api.train_run(
            project,
            plan,
            out=RUN,
            resume=begun,
            workers=workers,
            accept_problems=True,
            say=lambda done, total, words: say("doing", words),
        )
    say("finished")


def start(root: Path, workers: int, recipe: str) -> subprocess.Popen[str]:
    """Start the child."""
    command = [sys.executable, __file__, "--recipe", recipe, "--child", str(root), str(workers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def lines_until(
    process: subprocess.Popen[str], *, words: str = "", after_s: float | None = None
) -> list[str]:
    """What a child told; it is killed so many seconds after it is ready, or after some words.

    Args:
        process: The child.
        words: It is killed when it tells a line that holds them.
        after_s: Seconds after 'ready', or after ``words``; None without words: it is let live.
    """
    assert process.stdout is not None
    told: list[str] = []
    for line in process.stdout:
        told.append(line.rstrip("\n"))
        if told[-1] == "ready" and not words:
            break
        if words and words in told[-1]:
            break
    if words or after_s is not None:
        time.sleep(after_s or 0.0)
        process.kill()  # SIGKILL: no handler, no flush, no goodbye
    # Behind the last line end is nothing, or a line that the kill cut in two.
    told += process.stdout.read().split("\n")[:-1]
    process.wait()
    return told


def finished_units(run: Path) -> int:
    """Units of a run that are done."""
    return len(list(run.rglob("done.json")))


OF_NETWORKS = ("oof/*.parquet", "*/**/network.safetensors", "*/**/raw/*.npy")
FILES = {SPOTTER: OF_NETWORKS, VIDEO: (*OF_NETWORKS, "*/**/model_*.txt")}
"""Recipe -> files of a run that hold its numbers; there are some of each kind."""


def differing(run: Path, whole: Path, *, recipe: str = SPOTTER) -> list[str]:
    """Files of a run whose numbers are not those of another one."""
    found = []
    for pattern in FILES[recipe]:
        paths = sorted(whole.glob(pattern))
        assert paths, f"no file is called {pattern}"
        names = [path.relative_to(whole) for path in paths]
        found += [each.as_posix() for each in names if not _same_bytes(whole / each, run / each)]
    if _scores(run) != _scores(whole):
        found.append("scores.json")
    bundles = (zipfile.ZipFile(each / "bundle.boutwise") for each in (run, whole))
    with next(bundles) as mine, next(bundles) as other:
        names = [name for name in other.namelist() if name.endswith(DECIDING)]
        found += [f"bundle: {name}" for name in names if mine.read(name) != other.read(name)]
    return found


def _same_bytes(first: Path, second: Path) -> bool:
    return second.is_file() and first.read_bytes() == second.read_bytes()


def _scores(run: Path) -> dict[str, object]:
    return dict(json.loads((run / "scores.json").read_text(encoding="utf-8")))


def interrupted(
    root: Path, moments: Sequence[tuple[str, float]], workers: int, *, recipe: str = SPOTTER
) -> tuple[list[str], int]:
    """Train a project, killed at each of the moments and resumed after each but the last.

    Args:
        root: The project.
        moments: Words after which, and seconds after them; without words after 'ready'.
        workers: Processes side by side.
        recipe: One of ``SETTINGS``.

    Returns:
        What was being done at each kill, and how many units were done before the last.
    """
    places, units = [], 0
    for words, after_s in moments:
        told = lines_until(start(root, workers, recipe), words=words, after_s=after_s)
        places.append(told[-1].removeprefix("doing ") if told else "")
        units = finished_units(root / "runs" / RUN)
    return places, units


@dataclass(frozen=True)
class Sweep:
    """What is trained, killed and compared.

    Attributes:
        recipe: One of ``SETTINGS``.
        films: Folder with the films and their labels.
        whole: The run that nobody interrupted.
        workers: Processes side by side.
    """

    recipe: str
    films: Path
    whole: Path
    workers: int

    def round(self, number: int, moments: Sequence[tuple[str, float]]) -> Row:
        """Train a new project, killed and resumed; then to the end, and compare it."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "project"
            import_films(root, self.films)
            places, units = interrupted(root, moments, self.workers, recipe=self.recipe)
            ended = "finished" in places
            told = [] if ended else lines_until(start(root, self.workers, self.recipe))
            complete = "finished" in [*places, *told]
            differ = (
                differing(root / "runs" / RUN, self.whole, recipe=self.recipe) if complete else []
            )
            return Row(number, tuple(places), units, tuple(differ), complete)


def measure(recipe: str, rounds: int, kills: int, work: Path, workers: int = 2) -> list[Row]:
    """Kill at moments drawn over the whole work."""
    films = draw(work / "films")
    root = work / "whole"
    import_films(root, films)
    began = time.monotonic()
    told = lines_until(start(root, workers, recipe))
    duration_s = time.monotonic() - began
    assert told[-1] == "finished", told[-1]
    sweep = Sweep(recipe, films, root / "runs" / RUN, workers)
    rng = random.Random(SEED)
    rows = []
    for number in range(rounds):
        words = "looking for animals" if number % 2 else PREPARING[recipe]
        first = (words, rng.uniform(0, 0.3))
        later = [("", rng.uniform(0.1, 0.8) * duration_s) for _ in range(kills - 1)]
        rows.append(sweep.round(number, [first, *later]))
    shutil.rmtree(root)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", choices=[*SETTINGS], default=SPOTTER)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("PROJECT", "WORKERS"))
    options = parser.parse_args()
    if options.child:
        train(Path(options.child[0]), int(options.child[1]), tell, recipe=options.recipe)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(options.recipe, options.rounds, options.kills, Path(folder))
    lines = [
        f"round {row.round}: killed at {' | '.join(row.killed_at)}; {row.units_before} units done "
        f"before the last kill; "
        + (f"NOT THE SAME: {', '.join(row.differ)}" if row.failed else "the same bit for bit")
        for row in rows
    ]
    shown = [asdict(row) | {"failed": row.failed} for row in rows]
    tell_rows(shown, as_json=options.json, title="Killed and resumed", table="\n".join(lines))
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
