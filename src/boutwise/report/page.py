"""From a run folder to one HTML file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boutwise.report.colors import swatches
from boutwise.report.paper import rendered, write_page
from boutwise.report.run_folder import Run, read_run
from boutwise.report.sections import (
    bouts,
    checks,
    cohorts,
    data,
    detection,
    gallery,
    head,
    plan,
    rasters,
    scores,
    spread,
    training,
)

SECTIONS = (
    ("data", "What was trained on what"),
    ("detection", "How well animals were found"),
    ("rasters", "Ethograms: truth over prediction"),
    ("scores", "Each behavior"),
    ("spread", "Animals and recordings"),
    ("gallery", "The worst mistakes"),
    ("bouts", "Bout statistics"),
    ("training", "How it was trained"),
    ("plan", "The plan and its reasons"),
    ("checks", "Checks"),
    ("reading", "How to read this page"),
    ("environment", "Environment"),
)
"""Id and heading of each section below the head, in the order of the page."""
FRAMES_ONLY = ("rasters", "bouts")
"""Sections that a run on whole trials does not have."""
SOME_RUNS = ("detection", "gallery", "training")
"""Sections of runs on videos, and of networks."""


def write_report(run_directory: Path, *, out: Path | None = None) -> Path:
    """Write the report of a run: one HTML file with everything inside.

    Read are ``plan.yaml``, ``environment.json``, ``scores.json``, ``data/labels.parquet``,
    ``oof/<recording>.frames.parquet``, the ``curves.csv`` of networks, and of videos
    ``data/videos.json`` with the boxes beside it; predictions are the out-of-fold ones. Clips of
    mistakes are cut from the videos into ``clips/`` of the run folder, unless they are there.

    Args:
        run_directory: The run folder.
        out: Where to write; ``report.html`` in the run folder by default.

    Returns:
        The file that was written.

    Raises:
        DataError: The folder is no finished run, or one of its files is broken.
    """
    run = read_run(run_directory)
    path = Path(out) if out is not None else run.directory / "report.html"
    return write_page(path, render(run))


def render(run: Run) -> str:
    """The page of a run as HTML."""
    facts = run.scores["facts"]
    look = swatches(facts["behaviors"], backgrounds=facts["backgrounds"], colors=run.colors)
    content: dict[str, Any] = {
        "head": head.build(run),
        "data": data.build(run, look),
        "rasters": rasters.build(run, look),
        "scores": scores.build(run, look),
        "spread": spread.build(run),
        "cohorts": cohorts.build(run),
        "bouts": bouts.build(run, look),
        "plan": plan.build(run),
        "detection": detection.build(run),
        "gallery": gallery.build(run, look),
        "training": training.build(run),
        "checks": checks.build(run),
        "environment": checks.environment_table(run),
    }
    trials = head.of_trials(run.scores)
    sections = [
        (name, heading)
        for name, heading in SECTIONS
        if not (trials and name in FRAMES_ONLY) and not (name in SOME_RUNS and not content[name])
    ]
    return rendered("report.html.j2", run=run, sections=sections, **content)
