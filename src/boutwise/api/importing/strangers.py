"""What to say of a file that no format claims: what it seems to be, and how it gets in."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py

from boutwise.errors import FormatError
from boutwise.formats._mabe_parquet import columns_of
from boutwise.formats._sheet import is_sheet, sheet_rows
from boutwise.formats._text import encoding_of, first_bytes, head_rows

TRACKS = "export the tracks as a table, and import it with --format pose_table --mapping YAML"
ANALYSIS = "export the analysis file from SLEAP (File, Export Analysis HDF5), and import that"
CUT_OFF = "copy or export the file again"
KNOWN = {
    ".slp": ("a SLEAP project, in a layout of SLEAP's own that is not read", ANALYSIS),
    ".mat": ("a MATLAB file, which is not read", TRACKS),
    ".npy": ("a NumPy array, which does not name its keypoints", TRACKS),
    ".npz": ("NumPy arrays, which no format claims by their names", TRACKS),
    # DeepLabCut leaves pickles beside its tables: nothing is missing without them.
    ".pickle": ("a pickle, which could run foreign code and is not read", ""),
    ".pkl": ("a pickle, which could run foreign code and is not read", ""),
    ".xls": ("an old spreadsheet, which is not read", "save the sheet as XLSX or CSV"),
    ".ods": ("a spreadsheet that is not read", "save the sheet as XLSX or CSV"),
}
"""End of the name -> what it is, and what to do. Foreign formats that labs have."""
NO_TABLE = "unpack it or save it as CSV (UTF-8), and import that; or leave it out"
BINARY = {
    b"\x1f\x8b": "packed with gzip",
    b"PK\x03\x04": "a zip archive or a damaged spreadsheet",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (.xls) or another old Office file",
    b"%PDF": "a PDF file",
}
"""First bytes of a file that is named like a table -> what it is."""
SPLIT = "a split of recordings for training and testing, which holds no labels"
HEADS = {"CageID,Segment,Snippet,Original,Fixed,Folds": SPLIT}
"""First line of a table -> what it is, for tables that look like data and are none."""
TABLES = frozenset({".csv", ".tsv"})
HDF5 = frozenset({".h5", ".hdf5", ".nwb"})


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
    if path.name.lower().endswith((".boris", ".boris.gz")):
        what = "no BORIS project, in spite of its name; or damaged"
        return Stranger(what, "save the project again in BORIS", damaged=True)
    if ending == ".xlsx":
        return _workbook(path)
    if ending == ".parquet" and not columns_of(path):
        return Stranger("the parquet file is damaged or cut off", CUT_OFF, damaged=True)
    if ending not in TABLES | HDF5:
        return Stranger("no format claims it")
    head = first_bytes(path)
    if not head.strip():
        return Stranger("the file is empty", CUT_OFF, damaged=True)
    if ending in HDF5:
        return _hdf5(path)
    kind = next((words for start, words in BINARY.items() if head.startswith(start)), "")
    if kind:
        return Stranger(f"no format claims it: it is {kind}", NO_TABLE, damaged=True)
    encoding = encoding_of(head)
    if encoding is None:
        text = head.partition(b"\x00")[0]
        zeros = len(text) > 64 and encoding_of(text) is not None
        what = (
            "holds zeros where text should be, as after a crash"
            if zeros
            else "is binary, and no table"
        )
        return Stranger(f"no format claims it: it {what}", CUT_OFF, damaged=True)
    # Some bytes that are no white space decode to nothing: a byte order mark alone, for instance.
    line = next(iter(head.decode(encoding, errors="replace").splitlines()), "")
    if line.strip() in HEADS:
        return Stranger(HEADS[line.strip()])
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
    except Exception:  # a damaged HDF5 file raises whatever its bytes lead to
        what = "the HDF5 file cannot be opened: it may have been cut off"
        return Stranger(what, CUT_OFF, damaged=True)
    members = ", ".join(inside[:5]) or "nothing"
    return Stranger(f"no format claims it: an HDF5 file with {members}", TRACKS)


def _workbook(path: Path) -> Stranger:
    if not is_sheet(path):
        what = "no spreadsheet, in spite of its name; or damaged, or protected by a password"
        return Stranger(what, "save the sheet as CSV (UTF-8), without a password", damaged=True)
    first = next((", ".join(row.cells) for row in head_rows(path, 1)), "")
    if not first:
        try:
            sheet_rows(path)
        except FormatError as error:
            return Stranger(error.what, error.todo or CUT_OFF, damaged=True)
    return Stranger(
        f"no format claims it: a spreadsheet that begins with '{first[:60]}'",
        "if it is a table of labels: give --format NAME (see 'boutwise formats'); a table of pose "
        "must be saved as CSV",
    )
