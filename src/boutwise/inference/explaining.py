"""Explain what a bundle scored: attention with its deletion test, or what the features contributed.

For each recording ``<recording>.attention.parquet`` holds the attention of every frame, and
``<recording>.explained.json`` the deletion test and the contributions, for programs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from boutwise.errors import BundleError
from boutwise.formats._parquet import GrowingTable
from boutwise.formats._prediction import file_stem
from boutwise.inference.predictor import Member, Predictor, member_streams
from boutwise.learners import Chunk
from boutwise.learners._explaining import Attention, Contributions, Explains
from boutwise.prepare import Material, at_once
from boutwise.types import FrameClock, Subject

FACTS = b"boutwise.attention"


@dataclass(frozen=True, eq=False)
class Explained:
    """Why one member scored one subject as it did.

    Attributes:
        bundle: Id of the bundle.
        member: Place of the member in it.
        subject: Whose scores.
        fps: Working rate, at which the frames of the explanation count.
        explanation: Attention or contributions.
        native: For each frame of the recording its frame at the working rate, (frames,).
    """

    bundle: str
    member: int
    subject: Subject
    fps: float
    explanation: Attention | Contributions
    native: NDArray[np.int64]


def refuse_unexplained(predictor: Predictor) -> tuple[str, ...]:
    """Members that cannot be explained, in words.

    Raises:
        BundleError: None of the members can be.
    """
    reasons, total = [], 0
    for bundle, members in zip(predictor.bundles, predictor.members, strict=True):
        for place, member in enumerate(members):
            total += 1
            why = _why_not(member)
            if why:
                reasons.append(f"member {place} of {bundle.manifest['name']}: {why}")
    if len(reasons) == total:
        raise BundleError(
            "there is nothing to explain the scores with: " + "; ".join(reasons),
            file=predictor.bundles[0].path,
            expected="trees, or a network with the readout 'attention'",
            todo="predict without --explain",
        )
    return tuple(reasons)


def _why_not(member: Member) -> str:
    if not isinstance(member.fitted, Explains):
        return "its learner explains nothing"
    return member.fitted.why_not()


def explain(predictor: Predictor, material: Material) -> list[Explained]:
    """Explain the scores of every member that can be explained, for every subject.

    Args:
        predictor: With its bundles loaded.
        material: What there is of the recording.

    Raises:
        BundleError: A bundle refuses the recording.
    """
    found, clock = [], material.clock
    subjects = predictor.subjects(material)
    for bundle, members in zip(predictor.bundles, predictor.members, strict=True):
        bundle.refuse_clock(material.recording, clock)
        prepared = predictor.prepared(bundle, material)
        last = prepared.clock.n_frames - 1
        native = np.clip(prepared.clock.to_frame(clock.times_s), 0, last)
        for place, member in enumerate(members):
            if _why_not(member) or not isinstance(member.fitted, Explains):
                continue
            for subject in subjects:
                streams = member_streams(bundle, member, prepared, subject)
                whole = {name: at_once(values) for name, values in streams.items()}
                why = member.fitted.explain(Chunk(subject, bundle.fps, whole))
                found.append(Explained(bundle.id, place, subject, bundle.fps, why, native))
    return found


def write_explanations(
    explained: Sequence[Explained],
    recording: str,
    clock: FrameClock,
    directory: Path,
    *,
    facts: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write the files of one recording; the JSON comes last.

    Args:
        explained: Of all members and subjects.
        recording: Its id.
        clock: The recording's own.
        directory: Where to.
        facts: What it was made of, read back by :func:`explained_from`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    stem = file_stem(recording)
    written = []
    attended = [item for item in explained if isinstance(item.explanation, Attention)]
    if attended:
        written.append(directory / f"{stem}.attention.parquet")
        _write_attention(attended, clock, written[-1])
    written.append(directory / f"{stem}.explained.json")
    plain: dict[str, Any] = {"recording": recording, "made_of": dict(facts or {})}
    plain["members"] = [_plain(item) for item in explained]
    temporary = written[-1].with_name(f".{written[-1].name}.tmp")
    temporary.write_text(json.dumps(plain, indent=1, ensure_ascii=False), encoding="utf-8")
    temporary.replace(written[-1])
    return written


def explained_from(path: Path) -> dict[str, Any]:
    """What an explanation was made of; empty when there is none."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["made_of"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write_attention(attended: Sequence[Explained], clock: FrameClock, path: Path) -> None:
    """One row a member, subject and frame; weights as 16-bit numbers, one a step."""
    frame = np.arange(clock.n_frames)
    tables, facts = [], []
    for item in attended:
        attention = item.explanation
        assert isinstance(attention, Attention)
        weights = attention.weights[item.native].astype(np.float16)
        size = len(frame)
        steps = pa.FixedSizeListArray.from_arrays(pa.array(weights.ravel()), weights.shape[1])
        columns = {
            "frame": pa.array(frame),
            "animal": pa.array([item.subject.animal] * size).dictionary_encode(),
            "target": pa.array([item.subject.target] * size).dictionary_encode(),
            "bundle": pa.array([item.bundle] * size).dictionary_encode(),
            "member": pa.array(np.full(size, item.member, dtype=np.int16)),
            # Members may have windows of different lengths, and one column holds them all.
            "weights": steps.cast(pa.list_(pa.float16())),
        }
        tables.append(pa.table(columns))
        facts.append(
            {
                "bundle": item.bundle,
                "member": item.member,
                "fps": item.fps,
                "first_offset": attention.first_offset,
                "step_frames": attention.step_frames,
            }
        )
    unique = [dict(pairs) for pairs in dict.fromkeys(tuple(fact.items()) for fact in facts)]
    table = pa.concat_tables(tables, promote_options="permissive")
    table = table.replace_schema_metadata({FACTS: json.dumps(unique).encode("utf-8")})
    with GrowingTable(path, compression="zstd") as file:
        file.add(table)


def _plain(item: Explained) -> dict[str, Any]:
    head: dict[str, Any] = {
        "bundle": item.bundle,
        "member": item.member,
        "animal": item.subject.animal,
        "target": item.subject.target,
    }
    why = item.explanation
    if isinstance(why, Contributions):
        values = {
            behavior: dict(zip(why.columns, np.round(each, 5).tolist(), strict=True))
            for behavior, each in why.values.items()
        }
        return head | {
            "kind": "contributions",
            "frames": len(why.frames),
            "mean_absolute_log_odds": values,
        }
    mean, low, high = why.deletion.beyond_chance()
    return head | {
        "kind": "attention",
        "profile": _profile(why, item.fps),
        "deletion": {
            "frames": len(why.deletion.frames),
            "share_taken_out": why.deletion.share,
            "mean_change": {
                name: _number(why.deletion.mean(name)) for name in why.deletion.changes
            },
            "most_beyond_random": {
                "mean": _number(mean),
                "low": _number(low),
                "high": _number(high),
            },
        },
    }


def _profile(why: Attention, fps: float) -> dict[str, list[float]]:
    """Mean attention of each step, and where its middle is, seconds from the scored frame."""
    middle = why.first_offset + (np.arange(why.weights.shape[1]) + 0.5) * why.step_frames - 0.5
    mean = why.weights.mean(axis=0) if len(why.weights) else np.zeros(why.weights.shape[1])
    return {"offset_s": np.round(middle / fps, 4).tolist(), "mean": np.round(mean, 5).tolist()}


def _number(value: float) -> float | None:
    return round(value, 5) if np.isfinite(value) else None
