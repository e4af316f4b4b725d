"""Parquet files that are written piece by piece, and what we say in them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from boutwise.errors import DataError

FACTS = b"boutwise"
"""Where the metadata of a file keep what we say of it, as JSON."""


def with_facts(rows: pa.Table, facts: Mapping[str, Any]) -> pa.Table:
    """The same rows, with words about the file beside what its metadata say already."""
    words = json.dumps(dict(facts)).encode("utf-8")
    return rows.replace_schema_metadata({**(rows.schema.metadata or {}), FACTS: words})


class GrowingTable:
    """A Parquet file that grows by one row group at a time and takes its name when it is whole.

    Args:
        path: The name that it takes.
        options: Of pyarrow's writer.
    """

    def __init__(self, path: Path, **options: Any) -> None:
        self._path, self._options = path, options
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> GrowingTable:
        """Return the table."""
        return self

    def add(self, rows: pa.Table) -> None:
        """Append rows; what the metadata of the first ones say, the file says.

        Raises:
            DataError: They have other columns than those before.
        """
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._temporary, rows.schema, **self._options)
        known = self._writer.schema
        if rows.schema.names != known.names:
            raise DataError(
                "the pieces of one table have different columns",
                file=self._path,
                expected=", ".join(known.names),
            )
        rows = rows.replace_schema_metadata(known.metadata)
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        # Arrow would keep the memory of what is written: 20 MB after two hours of video.
        pa.default_memory_pool().release_unused()

    def __exit__(self, kind: object, *rest: object) -> None:
        """Close the file; it takes its name if nothing went wrong."""
        try:
            if self._writer is not None:
                self._writer.close()
                if kind is None:
                    self._temporary.replace(self._path)
        finally:
            self._temporary.unlink(missing_ok=True)
