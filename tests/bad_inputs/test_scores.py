# ruff: noqa: E501 - a row of the table is a line
"""Bad truths and predictions for ``score``, and bad labels for ``convert``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.bad_inputs.lab import Kind, Lab, Refused, check_refused, lines, named, text
from tests.cli.conftest import Boutwise

TRUTH, SAID, FRAMES = "truth.csv", "said.csv", "said.frames.parquet"
SCORE = ("score", f"@{TRUTH}", f"@{SAID}", "--fps", "30")
CODES = ["rest"] * 20 + ["rear"] * 15 + ["rest"] * 25


@pytest.fixture(name="pair")
def pair_fixture(tmp_path: Path, boutwise: Boutwise) -> Lab:
    """A truth and a prediction that can be scored, frame by frame."""
    write(tmp_path / TRUTH, CODES)
    write(tmp_path / SAID, CODES[3:] + ["rest"] * 3)
    table = pd.DataFrame(
        {
            "frame": np.arange(60),
            "time_s": np.arange(60) / 30,
            "animal": "",
            "target": "",
            "label": CODES,
            "p:rest": 0.5,
            "p:rear": 0.5,
        }
    )
    table.to_parquet(tmp_path / FRAMES)
    return Lab(tmp_path, boutwise)


def write(path: Path, codes: list[str]) -> None:
    rows = [f"{frame},{code}" for frame, code in enumerate(codes)]
    path.write_text("\n".join(["frame,label", *rows]) + "\n", encoding="utf-8")


def said(
    name: str, damage: Callable[[bytes], bytes], words: str, row: int | None = None, code: int = 3
) -> Kind:
    return Kind(name, SAID, damage, Refused(words, row, code), SCORE)


def truth(
    name: str, damage: Callable[[bytes], bytes], words: str, row: int | None = None, code: int = 3
) -> Kind:
    return Kind(name, TRUTH, damage, Refused(words, row, code), SCORE)


def frames(name: str, change: Callable[[pd.DataFrame], pd.DataFrame], words: str) -> Kind:
    def damage(lab: Lab) -> None:
        change(pd.read_parquet(lab / FRAMES)).to_parquet(lab / FRAMES)

    return Kind(
        name,
        FRAMES,
        damage,
        Refused(words, code=3),
        ("score", f"@{TRUTH}", f"@{FRAMES}", "--fps", "30"),
        place=True,
    )


def cut(lab: Lab) -> None:
    data = (lab / FRAMES).read_bytes()
    (lab / FRAMES).write_bytes(data[: len(data) // 2])


KINDS = [
    said("a prediction that is shorter", lines(lambda rows: rows[:40]), "the prediction has 39 frames and the truth 60"),
    said("a prediction that is longer", lambda data: data + b"60,rest\n61,rest\n", "the prediction has 62 frames and the truth 60"),
    said("a prediction of another behavior", text(lambda t: t.replace("rear", "raer")), "raer.*did you mean 'rear'"),
    said("an empty prediction", lambda data: b"", "empty"),
    said("a prediction that is noise", lambda data: bytes(range(256)) * 9, "binary"),
    said("a prediction with a header only", lines(lambda rows: rows[:1]), "no format claims|no labels|no rows"),
    said("a prediction with a frame twice", text(lambda t: t.replace("\n7,", "\n6,")), "6", 9),
    said("a prediction with a word for a frame", text(lambda t: t.replace("\n7,", "\nseven,")), "seven", 9),
    truth("a truth that is empty", lambda data: b"", "empty"),
    truth("a truth with a header only", lines(lambda rows: rows[:1]), "no format claims|no labels|no rows"),
    truth("a truth cut inside a row", lambda data: data[:-8] + b"\n5", "cells|number|label"),
    Kind("a prediction in Parquet that is cut", FRAMES, cut, Refused("cannot be read as Parquet"), ("score", f"@{TRUTH}", f"@{FRAMES}"), place=True),
    frames("Parquet without labels", lambda table: table.drop(columns="label"), "no column label"),
    frames("Parquet without frames", lambda table: table.drop(columns="frame"), "no column frame"),
    frames("Parquet with frames out of order", lambda table: table[::-1], "are not 0, 1, 2"),
    frames("Parquet with a frame lost", lambda table: table.drop(index=7), "are not 0, 1, 2"),
    frames("Parquet with probabilities of words", lambda table: table.assign(**{"p:rear": "likely"}), "column 'p:rear' holds something else"),
    frames("Parquet with probabilities above 1", lambda table: table.assign(**{"p:rear": 7.0}), "column 'p:rear' holds something else"),
    frames("Parquet with probabilities of NaN", lambda table: table.assign(**{"p:rear": np.nan}), "column 'p:rear' holds something else"),
    frames("Parquet of nothing", lambda table: table[:0], "no (rows|frames|labels)|empty"),
]  # fmt: skip


@pytest.mark.parametrize(**named(KINDS))
def test_scores(kind: Kind, pair: Lab) -> None:
    path = pair / kind.file
    good = path.read_bytes()
    if kind.place:
        kind.damage(pair)  # type: ignore[arg-type]
    else:
        path.write_bytes(kind.damage(good))  # type: ignore[arg-type]
    assert isinstance(kind.out, Refused)
    check_refused(pair.run(*kind.command), kind.out, path.name)
    path.write_bytes(good)
    again: dict[str, Any] = pair.run(*kind.command).data
    assert again["exit_code"] == 0, again


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf"])
def test_rates(rate: str, pair: Lab) -> None:
    for words in (SCORE[:-2], ("convert", f"@{TRUTH}", "@out.bouts.csv")):
        found = pair.run(*words, "--fps", rate)
        assert found.code == 2
        assert "a frame rate of" in found.err
    assert not (pair / "out.bouts.csv").exists()


@pytest.mark.parametrize("frames", ["0", "-5", "10", "99999999999"])
def test_numbers_of_frames(frames: str, pair: Lab) -> None:
    shutil.copyfile(pair / TRUTH, pair / "kept.csv")
    found = pair.run("convert", f"@{TRUTH}", "@out.bouts.csv", "--fps", "30", "--frames", frames)
    assert found.code in (2, 3), found.out
    assert "Traceback" not in found.err
    assert "fault of boutwise" not in found.err
    assert "what to do" in found.err
    assert not list(pair.root.glob("*out.*"))
