"""The worst mistakes as clips: bouts that nobody labelled, and bouts that were not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from boutwise.formats._prediction import file_stem
from boutwise.report.clips import Clip, Scene, clip_of
from boutwise.report.colors import Swatch
from boutwise.report.figures import Track, swatch_key
from boutwise.report.mistakes import FALSE, Mistake, counted, mistakes_in, worst
from boutwise.report.run_folder import Run
from boutwise.report.sections.head import of_trials
from boutwise.report.tables import Cell, Table, count, score, words

SHOWN = 5
"""Recordings that are named; of more the first are."""
MOST_BYTES = 8_000_000
"""Of clips in a page; those that come after are left out, and the page says so."""
KINDS = {FALSE: "seen, but not labelled", "missed": "labelled, but not seen"}

Chances = dict[str, NDArray[np.float32]]


def build(run: Run, swatches: Mapping[str, Swatch]) -> dict[str, Any] | None:
    """Clips and a table of them; None where there are no probabilities of frames."""
    if of_trials(run.scores) or not run.tracks:
        return None
    names = sorted(swatches, key=lambda name: name != run.scores["primary"])
    backgrounds = run.scores["facts"]["backgrounds"]
    known = list(_subjects(run, backgrounds))
    if not known:
        return None
    found = [mistake for each in known for mistake in each]
    shown = worst([m for m in found if not run.films or m.recording in run.films], names)
    clips, gone = _clips(run, shown, swatches)
    size = 0
    figures = []
    for mistake in shown:
        clip = clips.get(_who(mistake))
        if clip is None or size + clip.n_bytes > MOST_BYTES:
            continue
        size += clip.n_bytes
        figures.append(_figure(mistake, clip, swatches[mistake.behavior]))
    return {
        "groups": [
            {
                "name": name,
                "box": Markup(swatch_key(swatches[name], uid="gallery")),
                "figures": [each for each in figures if each["behavior"] == name],
            }
            for name in names
            if any(each["behavior"] == name for each in figures)
        ],
        "counts": _count_table(found, [name for name in names if name not in backgrounds]),
        "table": _table(shown),
        "gone": gone,
        "unfilmed": _unfilmed(run),
        "left_out": sum(_who(mistake) in clips for mistake in shown) - len(figures),
    }


def _who(mistake: Mistake) -> tuple[str, str, str, str, int, int]:
    return (
        mistake.behavior,
        mistake.recording,
        mistake.animal,
        mistake.target,
        mistake.start,
        mistake.stop,
    )


def _unfilmed(run: Run) -> str:
    """Of which recordings there are no clips, in words; empty where there is a video of each."""
    without = list(dict.fromkeys(t.recording for t in run.tracks if t.recording not in run.films))
    if not without:
        return ""
    some = f"{', '.join(without[:SHOWN])}{', ...' if len(without) > SHOWN else ''}"
    return "any recording" if not run.films else f"{len(without)} recordings ({some})"


def _subjects(run: Run, backgrounds: list[str]) -> Iterator[list[Mistake]]:
    """For each subject all that is wrong."""
    for track in run.tracks:
        if track.n_frames:
            chances = _chances(run, track)
            if chances:
                yield list(mistakes_in(track, chances, backgrounds=backgrounds))


def _chances(run: Run, track: Track) -> Chances:
    """Probability of each behavior of a subject; empty where the run has none."""
    path = run.directory / "oof" / f"{file_stem(track.recording)}.frames.parquet"
    table = pd.read_parquet(path)
    columns = [name for name in table.columns if name.startswith("p:")]
    if len(columns) < sum(len(lane.behaviors) for lane in track.lanes):
        return {}
    targets = table["target"].fillna("").astype(str)
    mine = table[(table["animal"].astype(str) == track.animal) & (targets == track.target)]
    mine = mine.sort_values("frame")
    return {name[2:]: mine[name].to_numpy(np.float32) for name in columns}


def _clips(
    run: Run, shown: list[Mistake], swatches: Mapping[str, Swatch]
) -> tuple[dict[Any, Clip], list[str]]:
    """Clip of each mistake that there are pictures of, and why there are none of others."""
    clips: dict[Any, Clip] = {}
    gone: dict[str, None] = {}
    for track in run.tracks:
        mine = [
            mistake
            for mistake in shown
            if (mistake.recording, mistake.animal, mistake.target)
            == (track.recording, track.animal, track.target)
        ]
        if not mine or track.recording not in run.films:
            continue
        chances, film = _chances(run, track), run.films[track.recording]
        for mistake in sorted(mine, key=lambda each: each.start):
            color = swatches[mistake.behavior].color
            scene = Scene.of(mistake, film, track, chances[mistake.behavior], color)
            clip = clip_of(scene, run.directory)
            if clip is None:
                gone[f"{track.recording}: {film.gone}"] = None
            else:
                clips[_who(mistake)] = clip
    return clips, list(gone)


def _figure(mistake: Mistake, clip: Clip, swatch: Swatch) -> dict[str, Any]:
    """What the page shows of a mistake."""
    arrow = f" → {mistake.target}" if mistake.target else ""
    where = f"{mistake.recording}: {mistake.animal}{arrow}"
    frames = f"frames {mistake.start:,} to {mistake.stop - 1:,}"
    seconds = f"{mistake.start_s:.2f} to {mistake.stop_s:.2f} s"
    remarks = []
    if clip.slowed > 1:
        remarks.append(f"shown {clip.slowed} times as slowly")
    if clip.cut_off:
        remarks.append("only its beginning is shown")
    return {
        "behavior": swatch.name,
        "kind": KINDS[mistake.kind],
        "false": mistake.kind == FALSE,
        "who": where if mistake.recording != mistake.animal else f"{mistake.animal}{arrow}",
        "frames": frames,
        "seconds": seconds,
        "labelled": mistake.labelled,
        "decided": mistake.decided,
        "probability": f"{mistake.probability:.2f}",
        "remarks": "; ".join(remarks),
        "alt": (
            f"Clip of {where}, {frames}: {mistake.behavior} {KINDS[mistake.kind]}; labelled "
            f"{mistake.labelled}, decided {mistake.decided}, probability of {mistake.behavior} "
            f"{mistake.probability:.2f}"
        ),
        "video": Markup(clip.video),
        "still": Markup(clip.still),
        "height": clip.size[0],
        "width": clip.size[1],
    }


def _count_table(mistakes: list[Mistake], names: list[str]) -> Table:
    """How many bouts of each behavior are wrong as a whole."""
    numbers = counted(mistakes)
    rows = tuple(
        (words(name), *(count(numbers.get(name, {}).get(kind, 0)) for kind in KINDS))
        for name in names
    )
    return Table(("behavior", *(f"bouts {words}" for words in KINDS.values())), rows)


def _table(shown: list[Mistake]) -> Table:
    """The mistakes that are shown, in numbers."""
    rows = []
    for mistake in shown:
        who = mistake.animal + (f" → {mistake.target}" if mistake.target else "")
        cells: list[Cell] = [words(mistake.behavior), words(KINDS[mistake.kind])]
        cells += [words(mistake.recording), words(who)]
        cells += [count(mistake.start), count(mistake.stop - 1)]
        cells += [score(value, "", digits=2) for value in (mistake.start_s, mistake.stop_s)]
        cells += [words(mistake.labelled), words(mistake.decided)]
        cells.append(score(mistake.probability, "", digits=2))
        rows.append(tuple(cells))
    where = ("recording", "animal", "first frame", "last frame", "from [s]", "to [s]")
    what = ("labelled", "decided", "its probability")
    return Table(("behavior", "mistake", *where, *what), tuple(rows))
