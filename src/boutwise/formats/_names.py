"""Names of recordings inside other people's files: paths of any system, with any suffix."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath

SUFFIX = r"\.(?:mp4|avi|mov|mkv|mpe?g|m4v|mts|wmv|webm|wav|csv|tsv|xlsx|json|h5|nwb|parquet)"
"""Suffixes that belong to a file and not to the name of a recording, which may have dots too."""


def media_name(text: str) -> str:
    r"""The file name of a path of any system; empty for 'NA' and the like.

    >>> media_name("C:\\videos\\cage 3.mp4"), media_name("NA")
    ('cage 3.mp4', '')
    """
    name = PureWindowsPath(text.strip()).name
    return "" if name.lower() in {"na", "nan", "not found"} else name


def recording_of(name: str) -> str:
    """A media name without its suffix.

    >>> recording_of("cage 3.2.mp4"), recording_of("cage 3.2")
    ('cage 3.2', 'cage 3.2')
    """
    return re.sub(SUFFIX + "$", "", name, flags=re.IGNORECASE)
