"""Any damage to any sample: it is read, or refused by an error of boutwise that names the file."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tests.formats._samples import SAMPLES, Sample

from boutwise import formats
from boutwise.api.importing.sources import find
from boutwise.errors import BoutwiseError

Damage = Callable[[bytes], bytes]
WORDS = (
    *(b"", b"nan", b"inf", b"-1", b"1e400", b"1e9", b"99999999999999999999", b"0x10", b"\x00"),
    *(b"\n", b"\r", b",", b";", b"\t", b'"', b"'", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"..", b"{"),
    *(b"}", b"[", b"]", b"null", b"true", b"START", b"STOP", "ä".encode(), b" ", b"0", b"9" * 400),
)


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """One to three changes of bytes or of lines."""
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["cut", "drop", "put", "flip", "line", "twice", "swap", "lines"]),
                st.floats(0, 1, exclude_max=True),
                st.floats(0, 1, exclude_max=True),
                st.sampled_from(WORDS),
            ),
            min_size=1,
            max_size=3,
        )
    )

    def damage(data: bytes) -> bytes:
        for what, first, second, word in steps:
            data = _changed(data, what, (first, second), word)
        return data

    return damage


def _changed(data: bytes, what: str, places: tuple[float, float], word: bytes) -> bytes:
    at, to = sorted(int(place * len(data)) for place in places)
    rows = data.split(b"\n")
    one, two = (int(place * len(rows)) for place in places)
    if what == "cut":
        return data[:at]
    if what == "drop":
        return data[:at] + data[min(to, at + 40) :]
    if what == "put":
        return data[:at] + word + data[at:]
    if what == "flip":
        return data[:at] + bytes(byte ^ 0x5A for byte in data[at : at + 1]) + data[at + 1 :]
    if what == "line":
        rows[one] = word
    elif what == "twice":
        rows.insert(two, rows[one])
    elif what == "swap":
        rows[one], rows[two] = rows[two], rows[one]
    else:
        del rows[min(one, two) : max(one, two)]
    return b"\n".join(rows)


def _read(sample: Sample, path: Path) -> None:
    """As a user would: found by its looks, and read by the name of its format."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for told in ({}, {"format": sample.format, **dict(sample.options)}):
            said = _error(path, told)
            assert not said or (path.name in said and "what to do" in said), said
        find([path], None)


def _error(path: Path, told: dict[str, Any]) -> str:
    """What reading says when it refuses; empty when it reads."""
    try:
        formats.read(path, **told)
    except BoutwiseError as error:
        return str(error)
    return ""


def _fuzz(sample: Sample, folder: Path, examples: int) -> None:
    path = sample.write(folder)
    good = path.read_bytes()

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(damages())
    def every(damage: Damage) -> None:
        path.write_bytes(damage(good))
        _read(sample, path)

    every()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.format}: {sample.name}")
def test_any_damage(sample: Sample, tmp_path: Path) -> None:
    _fuzz(sample, tmp_path, 12 if sample.format == "nwb" else 25)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.format}: {sample.name}")
def test_any_damage_for_long(sample: Sample, tmp_path: Path) -> None:
    _fuzz(sample, tmp_path, 1500)
