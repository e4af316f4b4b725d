"""Which disks are local: SQLite's write-ahead log needs memory that processes share."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

# fmt: off
NETWORK = (
    "9p", "afp", "afpfs", "afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs",
    "fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs3", "nfs4", "panfs", "smb2", "smb3", "smbfs", "webdav",
)
# fmt: on
"""File system types whose locks or shared memory do not reach from host to host."""


def network_file_system(path: Path) -> str:
    """Type of the network file system that a folder lies on; empty for a local disk."""
    folder = path.resolve()
    if sys.platform == "win32":
        return _windows(folder)
    kind = type_of(folder, _mounts())
    return kind if kind in NETWORK else ""


def type_of(folder: Path, mounts: Iterable[tuple[str, str]]) -> str:
    """File system type of the mount that holds a folder: the deepest, and of those the last.

    Args:
        folder: Absolute path.
        mounts: Mount point and type, in the order in which they were mounted.

    >>> type_of(Path("/home/lab/data"), [("/", "ext4"), ("/home/lab", "nfs4")])
    'nfs4'
    """
    best, kind = -1, ""
    for point, found in mounts:
        place = Path(point)
        if (place == folder or place in folder.parents) and len(place.parts) >= best:
            best, kind = len(place.parts), found
    return kind


def _mounts() -> list[tuple[str, str]]:
    table = Path("/proc/self/mounts")
    if table.exists():
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
        fields = [line.split(" ") for line in lines]
        # Blanks in a mount point are written as \040.
        octal = re.compile(r"\\(\d{3})")
        return [(octal.sub(lambda m: chr(int(m[1], 8)), f[1]), f[2]) for f in fields if len(f) > 2]
    try:
        said = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return []
    return re.findall(r"^.+? on (.+) \((\w+)", said, flags=re.MULTILINE)


def _windows(folder: Path) -> str:
    if folder.drive.startswith("\\\\"):
        return "smb"
    remote = 4  # DRIVE_REMOTE of GetDriveTypeW
    windll = getattr(ctypes, "windll")  # noqa: B009 - does not exist for the checker elsewhere
    return "smb" if windll.kernel32.GetDriveTypeW(f"{folder.drive}\\") == remote else ""
