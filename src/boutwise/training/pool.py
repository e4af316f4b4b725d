"""Run units side by side, each in a process of its own.

A process is started afresh for each unit (no fork, no pickled objects), so that it works the same
on Windows and from any script. A unit whose parent has died ends itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from boutwise.errors import BoutwiseError
from boutwise.training.units import Say, Unit, run_unit

WORKER = "boutwise.training.worker"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run_units(run: Path, units: Sequence[Unit], *, workers: int, say: Say) -> tuple[int, int]:
    """Run all units that are not done.

    Args:
        run: Run folder.
        units: In the order in which they are started.
        workers: Processes side by side; 1 works in this process.
        say: Called with (done, total, words).

    Returns:
        How many were run now, and how many had been done before.

    Raises:
        BoutwiseError: A unit failed; the others that were running are ended, finished ones kept.
    """
    waiting = [unit for unit in units if not unit.done(run)]
    before = len(units) - len(waiting)
    if workers <= 1:
        for place, unit in enumerate(waiting):
            say(before + place, len(units), str(unit))
            run_unit(run, unit)
            say(before + place + 1, len(units), f"{unit} done")
    else:
        _run_side_by_side(run, waiting, workers, (before, len(units)), say)
    say(len(units), len(units), "all units done")
    return len(waiting), before


def _run_side_by_side(
    run: Path, waiting: list[Unit], workers: int, count: tuple[int, int], say: Say
) -> None:
    done, total = count
    queue = list(waiting)
    running: list[tuple[Unit, subprocess.Popen[bytes], IO[bytes]]] = []
    try:
        while queue or running:
            while queue and len(running) < workers:
                unit = queue.pop(0)
                say(done, total, str(unit))
                running.append((unit, *_start(run, unit)))
            time.sleep(0.05)
            for entry in [entry for entry in running if entry[1].poll() is not None]:
                running.remove(entry)
                _finish(run, *entry)
                done += 1
                say(done, total, f"{entry[0]} done")
    finally:
        for _, process, errors in running:
            process.kill()
            process.wait()
            errors.close()


def _start(run: Path, unit: Unit) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    order = {"kind": unit.kind, "fold": unit.fold, "member": unit.member, "steps": unit.steps}
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _finish
    process = subprocess.Popen(
        [sys.executable, "-m", WORKER, str(run), json.dumps(order), str(time.time())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=os.environ | dict.fromkeys(THREAD_VARIABLES, "1"),
    )
    return process, errors


def _finish(run: Path, unit: Unit, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    errors.seek(0)
    text = errors.read().decode("utf-8", errors="replace").strip()
    errors.close()
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode == 0 and unit.done(run):
        return
    log = unit.directory(run) / "error.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(text + "\n", encoding="utf-8")
    raise BoutwiseError(
        f"{unit} failed (exit code {process.returncode}): {text.splitlines()[-1] if text else ''}",
        file=log,
        expected="a fitted member",
        todo="mend the cause and start again with --resume; finished folds are kept. The file has "
        "everything that the process said",
    )
