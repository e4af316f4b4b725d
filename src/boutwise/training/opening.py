"""Open the folder of a run: take a free name, or find the unfinished run again."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any, Protocol

import yaml

from boutwise import __version__, machine
from boutwise.errors import UsageError
from boutwise.planning import Plan
from boutwise.planning.detectors import DetectorPlan
from boutwise.project import Project
from boutwise.store import Store
from boutwise.types.plain_yaml import load_yaml

CLAIM_S = 0.5
"""Time that a process has to write its plan after it took the name of a run, seconds."""
FINISHED = "report.html"
"""The last file of a run; until it is there, the run can be resumed."""
PACKAGES = ("numpy", "scipy", "pandas", "lightgbm", "torch", "lightning")


def write_json(path: Path, data: Any) -> None:
    """Write JSON under a temporary name, then move it into place."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(data, indent=1, allow_nan=False), encoding="utf-8")
    temporary.replace(path)


class AnyPlan(Protocol):
    """A plan of behavior models, or of a detector."""

    @property
    def recipe(self) -> Named:
        """What it resolves."""
        ...

    def key(self) -> str:
        """Digest of all that decides about the result."""
        ...

    def save(self, path: Path) -> None:
        """Write ``plan.yaml``."""
        ...


class Named(Protocol):
    """A recipe."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


def open_run(project: Project, plan: AnyPlan, out: str | None, resume: bool) -> Path:
    """The folder of a new run with its plan, or of the unfinished one.

    Raises:
        UsageError: The name is taken; or there is nothing, or something else, to resume.
    """
    if resume:
        run = _unfinished(project, plan, out)
        _same_release(run)
        if _key_in(run, plan) != plan.key():
            raise _another_plan(run)
        return run
    name = out or _free_name(project, plan.recipe.name)
    while not _claim(project, name):
        if out:
            raise UsageError(
                f"there is already a run '{name}'",
                file=project.runs / name,
                todo="choose another name for --out, or go on with it by --resume",
            )
        name = _free_name(project, plan.recipe.name)
    run = project.runs / name
    write_json(run / "environment.json", environment())
    plan.save(run / "plan.yaml")  # whole or not at all: from here on the run can be resumed
    return run


def _key_in(run: Path, plan: AnyPlan) -> str:
    """Key of the plan that a run was begun with; a plan of behavior models may have been edited."""
    if isinstance(plan, DetectorPlan):
        return Store.key(_plain_plan(run))
    return Plan.load(run / "plan.yaml").key()


def _plain_plan(run: Path) -> dict[str, Any]:
    """What ``plan.yaml`` of a run says; nothing where it cannot be read."""
    try:
        found = load_yaml((run / "plan.yaml").read_text(encoding="utf-8"))[0]
    except (OSError, ValueError, yaml.YAMLError):
        return {}  # a broken plan is told of where it is read as a plan
    return found if isinstance(found, dict) else {}


def _claim(project: Project, name: str) -> bool:
    """Take the name of a run; of two that try at once one gets it.

    A name that was taken by a process that died before it had written its plan is free.
    """
    run = project.run_directory(name)
    if (run / "plan.yaml").exists():
        return False
    try:
        (run / "environment.json").open("x").close()
    except FileExistsError:
        time.sleep(CLAIM_S)
        return not (run / "plan.yaml").exists()
    return True


def _same_release(run: Path) -> None:
    """Folds of one run are made by one release, or their scores do not belong together."""
    before = _plain_plan(run)
    if before and before.get("boutwise") != __version__:
        raise UsageError(
            f"the run '{run.name}' was begun by boutwise {before.get('boutwise')}",
            file=run / "plan.yaml",
            expected=f"boutwise {__version__}, which is at work now",
            todo="go on with that release, or begin a new run",
        )


def _unfinished(project: Project, plan: AnyPlan, out: str | None) -> Path:
    names = [out] if out else list(reversed(project.run_names()))
    for name in names:
        run = project.runs / name
        begun = (run / "plan.yaml").exists() and not (run / FINISHED).exists()
        if begun and (out or _plain_plan(run).get("name") == plan.recipe.name):
            return run
    if out and (project.runs / out / FINISHED).exists():
        raise UsageError(
            f"the run '{out}' is finished",
            file=project.runs / out,
            todo="nothing is left to do; choose another name for a new run",
        )
    raise UsageError(
        f"there is no unfinished run {f'{out!r}' if out else 'of this recipe'} to go on with",
        file=project.runs,
        todo="leave --resume out to begin one",
    )


def begun_plan(project: Project, whole: Plan, out: str | None) -> Plan:
    """The plan of the unfinished run that was begun when the same was asked for.

    Args:
        project: Where the run lies.
        whole: What is asked for now, before it is fitted to a budget.
        out: Name of the run; None = the last one of this recipe.

    Raises:
        UsageError: There is no such run, or it was begun with another recipe, setting or data.
    """
    run = _unfinished(project, whole, out)
    plan = Plan.load(run / "plan.yaml")
    if plan.asked != whole.key():
        raise _another_plan(run)
    return plan


def _another_plan(run: Path) -> UsageError:
    return UsageError(
        f"the run '{run.name}' was begun with another plan",
        file=run / "plan.yaml",
        todo="resume it with the same recipe, settings, seed and data, or leave --resume "
        "out to begin a new run",
    )


def _free_name(project: Project, name: str) -> str:
    taken = {path.name for path in project.runs.glob("*")} if project.runs.exists() else set()
    numbers = [name] + [f"{name}-{number}" for number in range(2, len(taken) + 3)]
    return next(number for number in numbers if number not in taken)


def environment() -> dict[str, Any]:
    """Versions and machine, for ``environment.json``."""
    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "boutwise": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "cores": machine.usable_cores(),
        "packages": versions,
    }
