"""Kill -9 in the middle: what was acknowledged is there, and the next run goes on from there.

Each scenario runs a child process that prints every id once it is acknowledged. The child is
killed at moments spread over its whole work; then plain ``sqlite3`` must find every printed id,
``PRAGMA synchronous`` of the writing connection must have been 2 (FULL), the database must be
whole, and a second run must complete the work without doing the finished units again.

    python benchmarks/kill.py [--kills 20] [--only import|labels|train] [--json]

To add a scenario: a function for the child and one for the count of finished units, both in
:data:`SCENARIOS`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

BEHAVIORS = ("na", "walking", "rearing", "standing", "grooming")
N_RECORDINGS, N_FRAMES, FPS = 12, 1500, 20
N_WRITES = 150
TRAIN_FOLDS = 3
TRAIN_SETTINGS = [
    f"split.folds={TRAIN_FOLDS}",
    "members.0.optim.rounds=4",
    "members.0.windows.statistics=[0.55]",
    "members.0.windows.frame_step=3",
    "members.0.augment=[]",
]


@dataclass(frozen=True)
class Row:
    """Outcome of one kill."""

    scenario: str
    killed_after_s: float
    acknowledged: int
    missing: int
    synchronous: int
    integrity: str
    done_before: int
    done_again: int
    complete: bool


def make_source(folder: Path) -> None:
    """Write a small folder in the SUBTLE layout: wandering points and labels in bouts."""
    rng = random.Random(7)
    for part in ("coords", "annots"):
        (folder / part).mkdir(parents=True)
    for number in range(N_RECORDINGS):
        name = f"young_{7000 + number}.csv"
        place = [rng.uniform(-5, 5) for _ in range(27)]
        coords, labels = [], [",0"]
        for frame in range(N_FRAMES):
            if frame % 25 == 0:
                behavior = rng.choice(BEHAVIORS)
            place = [value + rng.gauss(0, 0.1) for value in place]
            coords.append(",".join(f"{value:.4f}" for value in place))
            labels.append(f"{frame / FPS},{behavior}")
        (folder / "coords" / name).write_text("\n".join(coords) + "\n", encoding="utf-8")
        (folder / "annots" / name).write_text("\n".join(labels) + "\n", encoding="utf-8")


def tell(word: str, *values: object) -> None:
    """Acknowledge to the parent: it may be killed right after."""
    sys.stdout.write(" ".join([word, *map(str, values)]) + "\n")
    sys.stdout.flush()


def child_import(root: Path, source: Path) -> None:
    """Import a folder; every label file's ids are told once it is on the disk."""
    import pandas  # noqa: F401 - loaded before the clock starts: it is no part of the work

    from boutwise.api import apply_import, plan_import
    from boutwise.project import Change, Project

    class Telling(Project):
        def add_label_file(self, *args, **more) -> Change:
            change = super().add_label_file(*args, **more)
            tell("bouts", *change.added)
            tell("unit" if change.added else "again", args[0])
            return change

    with Telling.open(root) as project:
        tell("synchronous", project.database.pragma("synchronous"))
        tell("ready")
        plan = plan_import(project, source, format="subtle")
        names = [planned.recording.id for planned in plan.recordings]
        # When the next is named, those before it are done.
        apply_import(project, plan, say=lambda done, total, words: tell("done", *names[:done]))
    tell("finished")


def child_labels(root: Path, source: Path) -> None:
    """Write labels one by one, as a person does on the annotation page."""
    from boutwise.project import Project
    from boutwise.types import Bout, Bouts, Observed

    with Project.open(root) as project:
        tell("synchronous", project.database.pragma("synchronous"))
        recordings = [recording.id for recording in project.recordings()]
        # Also those that were deleted: a deletion is remembered, and not undone by writing again.
        written = project.database.rows("SELECT start FROM bouts WHERE annotator = 'page'")
        there = {row["start"] for row in written}
        tell("ready")
        for number in range(N_WRITES):
            recording, start = recordings[number % len(recordings)], 8 * number
            if start in there:
                tell("again" if number < 0 else "kept", start)
                continue
            animal = recording.rsplit("_", 1)[-1]
            bout = Bout(recording, animal, "rearing", start, start + 5, annotator="page")
            seen = Observed(recording, animal, "rearing", start, start + 8, annotator="page")
            tell("bouts", *project.add_bouts(Bouts.from_rows([bout], [seen])))
            tell("unit", start)
            if number % 10 == 9:
                last = max(project.numbered_bouts(recording))
                project.delete_bout(last, annotator="page")
    tell("finished")


def child_train(root: Path, source: Path) -> None:
    """Train, two units side by side; every unit is told once its ``done.json`` is there."""
    from boutwise.planning import make_plan
    from boutwise.project import Project
    from boutwise.training import train

    told: set[str] = set()
    run = root / "runs" / "run"

    def say(done: int, total: int, words: str) -> None:
        if words.endswith(" done"):
            for name in finished_units(run) - told:
                told.add(name)
                tell("done", name)
                tell("unit", name)

    with Project.open(root) as project:
        tell("synchronous", project.database.pragma("synchronous"))
        plan = make_plan(project, "pose", settings=TRAIN_SETTINGS)
        told |= finished_units(run)
        tell("ready")
        begun = (run / "plan.yaml").exists()
        train(project, plan, out="run", resume=begun, workers=2, say=say)
    tell("finished")


def finished_units(run: Path) -> set[str]:
    """Folders of the units of a run that are done."""
    return {path.parent.relative_to(run).as_posix() for path in run.rglob("done.json")}


def prepare_empty(root: Path, source: Path) -> None:
    """A new project."""
    from boutwise.project import Project

    Project.create(root).close()


def prepare_imported(root: Path, source: Path) -> None:
    """A new project with recordings."""
    from boutwise.api import apply_import, plan_import
    from boutwise.project import Project

    with Project.create(root) as project:
        apply_import(project, plan_import(project, source, format="subtle"))


@dataclass(frozen=True)
class Scenario:
    """What is killed.

    Attributes:
        prepare: Makes the project that the child works in.
        child: Runs in the child process.
        units: How many units a whole run finishes.
    """

    prepare: Callable[[Path, Path], None]
    child: Callable[[Path, Path], None]
    units: int


SCENARIOS = {
    "import": Scenario(prepare_empty, child_import, N_RECORDINGS),
    "labels": Scenario(prepare_imported, child_labels, N_WRITES),
    "train": Scenario(prepare_imported, child_train, 2 * TRAIN_FOLDS + 1),
}


def start(scenario: str, root: Path, source: Path) -> subprocess.Popen[str]:
    """Start the child."""
    command = [sys.executable, __file__, "--child", scenario, str(root), str(source)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")


@dataclass(frozen=True)
class Moment:
    """When to kill: once so many units are told, and then so many seconds later; None = never."""

    after_s: float | None = None
    after_units: int = 0


def lines_of(child: subprocess.Popen[str], moment: Moment) -> tuple[list[str], float]:
    """Everything that the child told, and the seconds from its 'ready' to its end."""
    assert child.stdout is not None
    told: list[str] = []
    for line in child.stdout:
        told.append(line.rstrip("\n"))
        if told[-1] == "ready":
            break
    began = time.monotonic()
    if moment.after_s is not None:
        while count(told, "unit") < moment.after_units and told[-1] != "finished":
            told.append(child.stdout.readline().rstrip("\n"))
        time.sleep(moment.after_s)
        child.kill()  # SIGKILL: no handler, no flush, no goodbye
    rest = child.stdout.read().split("\n")
    child.wait()
    # Behind the last line end is nothing, or a line that the kill cut in two: it was not said.
    return told + rest[:-1], time.monotonic() - began


def values(told: list[str], word: str) -> list[str]:
    """What was told behind a word."""
    return [value for line in told if line.split()[0] == word for value in line.split()[1:]]


def count(told: list[str], word: str) -> int:
    """Lines that begin with a word."""
    return sum(line.split()[0] == word for line in told)


def stored_ids(root: Path) -> tuple[set[str], str]:
    """Bouts, recordings and finished units that are there; what sqlite3 says of the file."""
    connection = sqlite3.connect(root / "project.db")
    try:
        ids = {str(row[0]) for row in connection.execute("SELECT id FROM bouts")}
        ids |= {row[0] for row in connection.execute("SELECT recording FROM recording_animals")}
        ids |= finished_units(root / "runs" / "run")
        return ids, connection.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        connection.close()


def kill_once(name: str, source: Path, moment: Moment) -> Row:
    """Run, kill, look, and run again."""
    scenario = SCENARIOS[name]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        scenario.prepare(root, source)
        told, lived_s = lines_of(start(name, root, source), moment)
        acknowledged = {*values(told, "bouts"), *values(told, "done")}
        there, integrity = stored_ids(root)
        again, _ = lines_of(start(name, root, source), Moment())
        done = count(told, "unit")
        # The unit that was on the disk but not yet told may count on either side.
        redone = done + count(again, "unit") - scenario.units
        return Row(
            name,
            round(lived_s, 3),
            len(acknowledged),
            len(acknowledged - there),
            int(values(told, "synchronous")[0]),
            integrity,
            done,
            max(redone, 0),
            again[-1] == "finished",
        )


def measure(names: list[str], kills: int, work: Path) -> list[Row]:
    """Kill every scenario at moments spread over its whole duration."""
    source = work / "source"
    make_source(source)
    rows = []
    for name in names:
        root = work / f"whole_{name}"
        SCENARIOS[name].prepare(root, source)
        _, duration_s = lines_of(start(name, root, source), Moment())
        moments = [
            # Half of them evenly over the whole work, half from unit to unit and a little later.
            Moment(duration_s * (number + 0.5) / kills)
            if number % 2
            else Moment(0.002 * (number % 7), SCENARIOS[name].units * number // kills)
            for number in range(kills)
        ]
        rows += [kill_once(name, source, moment) for moment in moments]
    return rows


def failed(row: Row) -> bool:
    """Whether a kill lost something."""
    whole = row.integrity == "ok" and row.complete
    return bool(row.missing or row.synchronous != 2 or row.done_again) or not whole


def main() -> int:
    """Print a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--only", choices=sorted(SCENARIOS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=3, metavar=("SCENARIO", "PROJECT", "SOURCE"))
    options = parser.parse_args()
    if options.child:
        name, root, source = options.child
        SCENARIOS[name].child(Path(root), Path(source))
        return 0
    names = [options.only] if options.only else list(SCENARIOS)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(names, options.kills, Path(folder))
    if options.json:
        machine = {"system": platform.platform(), "cores": os.cpu_count()}
        print(json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}))
    else:
        print("scenario  killed after  acknowledged  missing  done before  done again  ok")
        for row in rows:
            print(
                f"{row.scenario:8}  {row.killed_after_s:10.3f} s  {row.acknowledged:12}  "
                f"{row.missing:7}  {row.done_before:11}  {row.done_again:10}  "
                f"{'no' if failed(row) else 'yes'}"
            )
    return int(any(failed(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
