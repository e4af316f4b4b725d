"""``boutwise predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import DetectorName, FormatName, Fps, Mapping, Only
from boutwise.cli._options import shard as parse_shard
from boutwise.cli._predicting import crowded, divide, failures
from boutwise.cli._problems import counted
from boutwise.cli._talk import Talk

FAILED, IN_DATA, PARTIAL = 1, 3, 4


@command
def run(  # an option is a parameter: the command line has as many as the contract says
    talk: Talk,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="BUNDLE... SOURCE...",
            help="Bundles (averaged when several), then files, folders or one project.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    format: FormatName = None,
    mapping: Mapping = None,
    fps: Fps = None,
    only: Only = None,
    stride: Annotated[int, typer.Option(metavar="N", min=1, help="Score only one frame in N.")] = 1,
    detector: DetectorName = None,
    write: Annotated[
        str | None, typer.Option(metavar="NAME", help="One more format to write.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also write what the scores were made of, and a page.")
    ] = False,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write each video with what was predicted.")
    ] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="i/n", help="Only the i-th of n parts of the work.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder that keeps computed features.")
    ] = None,
) -> Answer:
    """Predict every frame of new recordings; one that is done is not done again."""
    from boutwise import api

    bundles, sources = divide(words)
    talk.on_stop = "finished recordings are kept; the same command again goes on"
    result = api.predict_files(
        bundles,
        sources,
        out,
        format=format,
        mapping=mapping,
        fps=fps,
        only=only,
        shard=parse_shard(shard),
        cache=cache,
        write=write,
        explain=explain,
        overlay=overlay,
        stride=stride,
        detector=detector,
        say=talk.say,
    )
    talk.line(
        f"{counted(len(result.done), 'recording')} predicted, "
        f"{len(result.kept)} were there already, {len(result.failed)} failed"
    )
    for line in failures(result.failed):
        talk.note(line)
    lost = result.without_pose
    if lost:
        missing = " or ".join(result.reads)
        some = ", ".join(lost[:5]) + (", ..." if len(lost) > 5 else "")
        talk.note(f"left out: {counted(len(lost), 'recording')} without {missing}: {some}")
    for told in crowded(result.crowded):
        talk.note(told)
    for note in result.notes:
        talk.note(note)
    talk.line(f"results  {out}")
    if result.page is not None:
        talk.line(f"explained  {result.page}")
    code = 0
    if result.failed:
        code = IN_DATA if result.in_data else FAILED
        code = PARTIAL if result.done or result.kept else code
    data = {
        "out": out,
        "done": result.done,
        "kept": result.kept,
        "failed": result.failed,
        "without_pose": lost,
        "crowded": result.crowded,
        "page": result.page,
        "notes": result.notes,
    }
    return Answer(data, code)
