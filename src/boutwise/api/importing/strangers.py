"""What to say of a file that no format claims: what it seems to be, and how it gets in."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py

TRACKS = "export the tracks as a table, and import it with --format pose_table --mapping YAML"
EVENTS = "export the events from BORIS (tabular or aggregated, as CSV or TSV), and import those"
CUT_OFF = "copy or export the file again"
KNOWN = {
    ".slp": ("a SLEAP project, which is not read", TRACKS),
    ".nwb": ("an NWB file, which is not read", TRACKS),
    ".mat": ("a MATLAB file, which is not read", TRACKS),
    ".npy": ("a NumPy array, which does not name its keypoints", TRACKS),
    # DeepLabCut leaves pickles beside its tables: nothing is missing without them.
    ".pickle": ("a pickle, which could run foreign code and is not read", ""),
    ".pkl": ("a pickle, which could run foreign code and is not read", ""),
    ".boris": ("a BORIS project, which is not read", EVENTS),
    ".xlsx": ("a spreadsheet, which is not read", "save the sheet as CSV"),
    ".xls": ("a spreadsheet, which is not read", "save the sheet as CSV"),
    ".ods": ("a spreadsheet, which is not read", "save the sheet as CSV"),
}
"""End of the name -> what it is, and what to do. Foreign formats that labs have."""
TABLES = frozenset({".csv", ".tsv"})
HDF5 = frozenset({".h5", ".hdf5"})


class Stranger(NamedTuple):
    """A file that no format claims.

    Attributes:
        why: What it seems to be.
        todo: What to do; empty for a file that was hardly meant to be imported, such as a license.
        damaged: Whether it is one that cannot be read by anybody.
    """

    why: str
    todo: str = ""
    damaged: bool = False


def unclaimed(path: Path) -> Stranger:
    """Why no format claims a file, and what to do.

    Args:
        path: An existing file.
    """
    ending = path.suffix.lower()
    if ending in KNOWN:
        return Stranger(*KNOWN[ending])
    if ending not in TABLES | HDF5:
        return Stranger("no format claims it")
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        return Stranger("the file is empty", CUT_OFF, damaged=True)
    if ending in HDF5:
        return _hdf5(path)
    if b"\x00" in head:
        return Stranger("no format claims it: it is binary, and no table", CUT_OFF, damaged=True)
    line = head.decode("utf-8", errors="replace").splitlines()[0]
    return Stranger(
        f"no format claims it: it begins with '{line[:60]}'",
        "if it is data: give --format NAME (see 'boutwise formats'); a table of pose needs "
        "--format pose_table --mapping YAML",
    )


def _hdf5(path: Path) -> Stranger:
    if not h5py.is_hdf5(path):
        return Stranger("no HDF5 file, in spite of its name; or damaged", CUT_OFF, damaged=True)
    try:
        with h5py.File(path, "r") as file:
            inside = sorted(file)
    except OSError:
        what = "the HDF5 file cannot be opened: it may have been cut off"
        return Stranger(what, CUT_OFF, damaged=True)
    if "tracks" in inside and "node_names" in inside:
        return Stranger("a SLEAP analysis file, which is not read", TRACKS)
    if "poseest" in inside:
        return Stranger("a JABS pose file, which is not read", TRACKS)
    members = ", ".join(inside[:5]) or "nothing"
    return Stranger(f"no format claims it: an HDF5 file with {members}", TRACKS)
