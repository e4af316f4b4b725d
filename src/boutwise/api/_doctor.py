"""``doctor``: is this machine fit for the work, and if not, what to do."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from boutwise import __version__, machine
from boutwise.project.filesystem import network_file_system

OLDEST = (3, 11)
LEAST_FREE_GB, LEAST_FREE_SHARE = 5.0, 0.02
TORCH_FROM, TORCH_BELOW = (2, 6), (3, 0)
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor.

    Attributes:
        name: What was looked at.
        state: ``ok``, ``warn`` (works, but look) or ``bad`` (will not work).
        found: What was found.
        todo: What to do; empty when it is fine.
    """

    name: str
    state: Literal["ok", "warn", "bad"]
    found: str
    todo: str = ""


def doctor(directory: str | Path = ".") -> list[Finding]:
    """Look at this machine.

    Torch is not imported: what it was built for stands in a file of its own.

    Args:
        directory: Where the work shall be done.
    """
    directory = Path(directory)
    looks: list[Callable[[], list[Finding]]] = [
        _python,
        _packages,
        _torch,
        _torchvision,
        _cores,
        lambda: _place(directory),
        lambda: _disk(directory),
    ]
    return [finding for look in looks for finding in look()]


def _python() -> list[Finding]:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    good = sys.version_info[:2] >= OLDEST
    todo = "" if good else f"install Python {OLDEST[0]}.{OLDEST[1]} or newer"
    lines = [Finding("boutwise", "ok", __version__)]
    lines.append(Finding("python", "ok" if good else "bad", found, todo))
    if sys.platform == "win32":
        lines.append(
            Finding("system", "warn", "Windows", "written for Windows too, but not tested on it")
        )
    return lines


def _packages() -> list[Finding]:
    """Version of each package that boutwise requires."""
    lines = []
    for requirement in importlib.metadata.requires("boutwise") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[<>=!~ \[;]", requirement, maxsplit=1)[0]
        version = _version(name)
        if version is None:
            todo = f"install it: pip install '{requirement}'"
            lines.append(Finding(name, "bad", "not installed", todo))
        elif name != "torch":
            lines.append(Finding(name, "ok", version))
    return lines


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _built_for(package: str) -> str | None:
    """CUDA release that a package was built for; empty for CPU, None when it is not installed.

    Reads ``version.py`` of the package without running it.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).with_name("version.py")
    if not file.is_file():
        return ""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        value = getattr(node, "value", None)
        if "cuda" in names and isinstance(value, ast.Constant) and value.value:
            return str(value.value)
    return ""


def _torch() -> list[Finding]:
    version, cuda = _version("torch"), _built_for("torch")
    if version is None or cuda is None:
        return []  # said among the packages
    found = f"{version}, built for {f'CUDA {cuda}' if cuda else 'CPU'}"
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if not TORCH_FROM <= numbers < TORCH_BELOW:
        return [Finding("torch", "bad", found, "install torch 2.6 or newer, below 3")]
    if cuda and not shutil.which("nvidia-smi"):
        todo = (
            "no NVIDIA driver was found: it works on the CPU; the CPU build of torch would save "
            "several GB"
        )
        return [Finding("torch", "warn", found, todo)]
    if not cuda and shutil.which("nvidia-smi"):
        todo = "there is an NVIDIA driver, but this torch cannot use it; install its CUDA build"
        return [Finding("torch", "warn", found, todo)]
    return [Finding("torch", "ok", found)]


def _torchvision() -> list[Finding]:
    """The torchvision of the registry does not import beside the CPU build of torch.

    It then breaks other packages that try to import it; boutwise itself does not need it.
    """
    version = _version("torchvision")
    if version is None:
        return []
    trial = subprocess.run(
        [sys.executable, "-c", "import torchvision"], capture_output=True, text=True, check=False
    )
    if trial.returncode == 0:
        return [Finding("torchvision", "ok", f"{version} (not needed)")]
    last = trial.stderr.strip().splitlines()[-1] if trial.stderr.strip() else "it does not import"
    what = "does not fit this torch: " if "torchvision::nms" in trial.stderr else ""
    todo = "remove it (pip uninstall torchvision): boutwise does not need it, and it breaks others"
    return [Finding("torchvision", "warn", f"{version} {what}{last}", todo)]


def _cores() -> list[Finding]:
    cores, everything = machine.usable_cores(), os.cpu_count() or 1
    found = str(cores) if cores >= everything else f"{cores} of {everything} may be used"
    lines = [Finding("cores", "ok", found)]
    threads = {name: os.environ[name] for name in THREADS if os.environ.get(name)}
    said = ", ".join(f"{name}={value}" for name, value in threads.items())
    too_many = [name for name, value in threads.items() if value.isdigit() and int(value) > cores]
    if too_many:
        todo = f"set {' and '.join(too_many)} to {cores} or less; more threads than cores are slow"
        lines.append(Finding("threads", "warn", said, todo))
    else:
        lines.append(Finding("threads", "ok", said or "not limited; each worker takes one"))
    return lines


def _place(directory: Path) -> list[Finding]:
    where = str(directory.resolve())
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
        lines = [Finding("folder", "ok", f"{where} can be written")]
    except OSError as error:
        todo = "go to a folder of your own before making a project"
        lines = [Finding("folder", "warn", f"{where}: {error.strerror}", todo)]
    network = network_file_system(directory)
    if network:
        todo = "keep projects on a local disk: a database on a network disk is slower and less safe"
        lines.append(Finding("file system", "warn", f"network ({network})", todo))
    else:
        lines.append(Finding("file system", "ok", "local"))
    return lines


def _disk(directory: Path) -> list[Finding]:
    usage = shutil.disk_usage(directory)
    free_gb = usage.free / 1e9
    found = f"{free_gb:.0f} GB free"
    if free_gb < LEAST_FREE_GB or usage.free < LEAST_FREE_SHARE * usage.total:
        return [Finding("disk", "warn", found, "make room; features and runs need some GB")]
    return [Finding("disk", "ok", found)]
