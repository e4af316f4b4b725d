"""What of this machine is ours to use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Cores that this process may run on, at least 1.

    A job on a cluster, in a container with a cpuset or under ``taskset`` gets some cores of a
    machine, and as many processes as the whole machine has cores would take turns on those few.
    Where the system cannot say (macOS and Windows) this is every core, or ``PYTHON_CPU_COUNT`` from
    Python 3.13 on.

    >>> 1 <= usable_cores() <= (os.cpu_count() or 1)
    True
    """
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on; heeds PYTHON_CPU_COUNT too
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
