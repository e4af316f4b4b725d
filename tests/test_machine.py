import os
import subprocess
import sys

import pytest

from boutwise import machine

SCRIPT = """
import os
os.sched_setaffinity(0, {core})
from boutwise.machine import usable_cores
from boutwise.api._doctor import _cores
from boutwise.training.opening import environment
print(usable_cores(), environment()["cores"], _cores()[0].found, sep="|")
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinity")
def test_only_cores_that_this_process_may_use_count() -> None:
    core = min(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("{core}", f"{{{core}}}")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    usable, in_run, words = done.stdout.strip().split("|")
    assert (usable, in_run) == ("1", "1")
    everything = os.cpu_count() or 1
    assert words == ("1" if everything == 1 else f"1 of {everything} may be used")


def test_systems_without_affinity_count_every_core(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("process_cpu_count", "sched_getaffinity"):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert machine.usable_cores() == 12
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.usable_cores() == 1


def test_newer_python_says_it_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)
    assert machine.usable_cores() == 3
