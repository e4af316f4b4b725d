"""Films and a bundle for the speed of video from file to bouts, and the jobs that use them.

A simulated mouse is drawn for 60 s at 640 x 480 (H.264 as a camera writes it, a key frame every 250
frames). Longer films repeat a drawn minute, of 256 x 192 pixels, packet by packet: ten minutes and
two hours are the same frames again and again, at their own times. The bundles are those of real
trainings with automatic settings on three other mice; the network of ``spotter`` for one epoch
only: it is as large as always, and has learned next to nothing, which changes no time.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.inference import Predictor
from boutwise.prepare import Material
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.prepare.crops import Crop
from boutwise.prepare.detectors import Scene, background
from boutwise.prepare.outlines import Outline
from boutwise.prepare.picture_steps import PictureSteps
from boutwise.prepare.pictures import PreparedVideo
from boutwise.project import Project
from boutwise.synthetic import SimulatedRecording, simulate
from boutwise.synthetic.rendering import Film, Shot, draw_cage, draw_coat, write_film
from boutwise.video import CAMERA, Video, index_video

SEED = 23
REPEATS = 3
RECIPES: dict[str, list[str]] = {"spotter": ["members.0.optim.epochs=1"], "video": []}
"""Recipes that read videos, and what of their settings is changed."""
LENGTHS = {"10 min": 10, "2 h": 120}
"""Minutes of the long films."""
FULL, SMALL = (480, 640), (192, 256)


def prepare(folder: Path) -> None:
    """Make films and bundle; what is there from an earlier time stays."""
    folder.mkdir(parents=True, exist_ok=True)
    mice = simulate("easy", animals=4, minutes=1, seed=SEED)
    minute = folder / "minute.mp4"
    if not minute.exists():
        _draw(mice[3], 3, FULL, minute)
    small = folder / "small.mp4"
    if not small.exists():
        _draw(mice[3], 3, SMALL, small)
    for name, minutes in LENGTHS.items():
        path = folder / f"{name.replace(' ', '_')}.mp4"
        if not path.exists():
            repeat(small, path, minutes)
    missing = [name for name in RECIPES if not (folder / f"{name}.boutwise").exists()]
    if missing:
        with _project(mice[:3], folder / "training") as project:
            for name in missing:
                plan = api.plan(project, name, settings=RECIPES[name])
                bundle = api.train_run(project, plan, workers=1, accept_problems=True).bundle
                (folder / f"{name}.boutwise").write_bytes(bundle.read_bytes())


def _draw(mouse: SimulatedRecording, number: int, size: tuple[int, int], path: Path) -> None:
    film = Film(
        mouse.pose,
        mouse.recording.clock,
        coats=[draw_coat(SEED, number)],
        cage=draw_cage(SEED, number, "above"),
        shot=Shot(size=size),
        seed=SEED + number,
    )
    write_film(film, path, encoding=CAMERA)


def repeat(source: Path, path: Path, times: int) -> None:
    """Write a film several times behind itself, packet by packet: nothing is encoded anew."""
    with av.open(str(source)) as one, av.open(str(path), "w") as many:
        stream = one.streams.video[0]
        copy = many.add_stream_from_template(stream)
        packets = [packet for packet in one.demux(stream) if packet.dts is not None]
        step = int(1 / (stream.average_rate * stream.time_base))
        length = max(packet.pts for packet in packets) + step
        for round_ in range(times):
            with av.open(str(source)) as again:
                for packet in again.demux(again.streams.video[0]):
                    if packet.dts is None:
                        continue
                    packet.pts += round_ * length
                    packet.dts += round_ * length
                    packet.stream = copy
                    many.mux(packet)


def _project(mice: Sequence[SimulatedRecording], folder: Path) -> Project:
    """Films of some mice with their labels, imported."""
    if (folder / "project").exists():
        return Project.open(folder / "project")
    films = folder / "films"
    for number, mouse in enumerate(mice):
        path = films / f"{mouse.recording.id}.mp4"
        _draw(mouse, number, SMALL, path)
        seconds = mouse.recording.clock.to_seconds
        rows = [
            f"{bout.behavior},{seconds(bout.start):.4f},{seconds(bout.stop - 1) + 1 / 30:.4f}"
            for bout in mouse.bouts.rows()
        ]
        text = "\n".join(["behavior,start_s,stop_s", *rows]) + "\n"
        path.with_suffix(".csv").write_text(text, encoding="utf-8")
    project = Project.create(folder / "project")
    api.apply_import(project, api.plan_import(project, [films], strict=True))
    return project


def timed(work: Callable[[], Any], *, repeats: int = REPEATS) -> float:
    """CPU seconds, the median of some times after a first one."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def decode(path: Path) -> None:
    """All frames, as they are in the file: no conversion."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for _ in container.decode(stream):
            pass


def _scene(path: Path) -> Scene:
    return Scene(path, index_video(path), ("mouse",), None, "film")


def _boxes(path: Path) -> None:
    boxes_of(_scene(path), Detect())


def _cage(path: Path) -> None:
    scene = _scene(path)
    background.learn(scene, background.reduced(scene))


def _outlines(path: Path) -> None:
    scene = _scene(path)
    steps = PictureSteps(Detect(), Crop(), Outline())
    clock = scene.index.clock
    found = PreparedVideo(scene, clock, fps=clock.fps, steps=steps).outlines.positions
    assert np.isfinite(found).mean() > 0.9, "the mouse has no outline"


def _end_to_end(bundle: Bundle, path: Path) -> None:
    scene = _scene(path)
    material = Material("film", scene.index.clock, scene.animals, scene=scene)
    Predictor((bundle,)).predict(material)


def _indexed(path: Path) -> None:
    index_video(path)


def _read(path: Path) -> None:
    with Video(path) as video:
        for _ in video.pictures(range(video.index.n_frames)):
            pass


PARTS: dict[str, Callable[[Path], None]] = {
    "decode alone": decode,
    "index": _indexed,
    "read exactly, RGB": _read,
    "learn the cage": _cage,
    "detect and track": _boxes,
    "the same, and outlines": _outlines,
}
END = {f"{recipe}, file to bouts": recipe for recipe in RECIPES}
MEMORY = {f"{recipe}, {name}": (recipe, name) for recipe in RECIPES for name in LENGTHS}
JOBS = (*PARTS, *END, *MEMORY)


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Run one job and give its row, without its memory."""
    path, picture = folder / "minute.mp4", "640 x 480"
    if name in MEMORY:
        path = folder / f"{MEMORY[name][1].replace(' ', '_')}.mp4"
        picture = "256 x 192"
    n_frames = index_video(path).n_frames
    if name in PARTS:
        seconds = timed(lambda: PARTS[name](path))
    elif name in END:
        bundle = Bundle.open(folder / f"{END[name]}.boutwise")
        seconds = timed(lambda: _end_to_end(bundle, path))
    else:
        start = time.process_time()
        with tempfile.TemporaryDirectory() as out:
            done = api.predict_files([folder / f"{MEMORY[name][0]}.boutwise"], [path], out)
            assert done.done, done.failed
        seconds = time.process_time() - start
    return {
        "job": name,
        "frames": n_frames,
        "picture": picture,
        "parameters": None,
        "cpu_s": round(seconds, 3),
        "per_cpu_s": round(n_frames / seconds, 2),
        "difference": None,
    }
