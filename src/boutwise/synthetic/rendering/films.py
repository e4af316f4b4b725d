"""A film: the pictures of a pose track, one at a time, with what is true of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, UsageError
from boutwise.synthetic.rendering.anatomy import PARTS, TRUNK, Flesh, flesh
from boutwise.synthetic.rendering.looks import Cage, Coat
from boutwise.synthetic.rendering.scenery import Scenery, Sensor, brightness, scenery
from boutwise.synthetic.rendering.shading import mirrored, shaded, shadow
from boutwise.synthetic.rendering.shots import Shot, floor, upright, viewpoint
from boutwise.synthetic.rendering.skeleton import skeleton, tail_tips
from boutwise.synthetic.rendering.staging import Actor, stage
from boutwise.synthetic.rendering.surfaces import surface
from boutwise.synthetic.rendering.textures import coat_map
from boutwise.synthetic.rendering.viewpoints import Floats
from boutwise.types import Boxes, FrameClock, PoseTrack

Singles = NDArray[np.float32]
Places = tuple[slice, slice]

_CHUNK = 256
_FINE_PX, _EYES_PX = 70.0, 40.0
_BODY_CELLS, _LIMB_CELLS = 64.0, 150.0
_EYE_TONE = 0.035
_OVERLAP = 0.02


@dataclass(frozen=True, eq=False)
class _Player:
    actor: Actor
    coat: Coat
    fur: Singles
    tips: Floats


class Film:
    """Pictures of animals that move as a pose track says.

    Any frame can be drawn by itself, and is the same whichever were drawn before.

    Args:
        pose: In 2D as the camera saw it, or in 3D with z up.
        clock: Of the recording.
        coats: One for each animal.
        cage: Where they are; its ``side`` is where the camera is, and for a flat track was.
        shot: How the film is taken.
        seed: Of light and noise.

    Raises:
        DataError: The direction of an animal is not known, or clock and track differ.
        UsageError: There are not as many coats as animals.
    """

    def __init__(
        self,
        pose: PoseTrack,
        clock: FrameClock,
        *,
        coats: Sequence[Coat],
        cage: Cage,
        shot: Shot | None = None,
        seed: int = 0,
    ) -> None:
        if clock.n_frames != pose.n_frames:
            raise DataError(
                f"the track has {pose.n_frames} frames and its clock {clock.n_frames}",
                file=pose.source or None,
            )
        if len(coats) != len(pose.animals):
            raise UsageError(f"{len(coats)} coats do not fit {len(pose.animals)} animals")
        self.clock, self.cage, self.coats = clock, cage, tuple(coats)
        self.shot = shot or Shot()
        actors = stage(pose, clock.fps, cage.side)
        self._players = [
            _Player(actor, coat, coat_map(coat), tail_tips(actor, clock.fps))
            for actor, coat in zip(actors, coats, strict=True)
        ]
        self.viewpoint = viewpoint(actors, pose, cage, self.shot)
        self._track = pose
        self._light = brightness(cage, pose.n_frames, clock.fps, seed)
        channels = 1 if self.shot.color == "gray" else 3
        self._sensor = Sensor(cage, self.shot.size, channels, seed)
        self._ready: tuple[int, list[Flesh]] = (-1, [])

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.clock.n_frames

    @cached_property
    def pose(self) -> PoseTrack:
        """The track as the camera of the film sees it, pixels; nothing is filled in."""
        space = self._track.positions.astype(np.float64)
        if self._track.n_dims == 2:
            space = upright(space, self.cage.side)
        seen = self.viewpoint.see(space)[0][..., :2]
        return replace(self._track, positions=seen.astype(np.float32), unit="px")

    @cached_property
    def boxes(self) -> Boxes:
        """The box around each drawn body with head and limbs, without the tail.

        It holds what other animals hide, but nothing outside the picture.
        """
        corners = np.full((self.n_frames, len(self._players), 4), np.nan, dtype=np.float32)
        height, width = self.shot.size
        for start in range(0, self.n_frames, _CHUNK):
            for place, body in enumerate(self._bodies(start)):
                balls = body.balls[:, TRUNK]
                reach = balls[..., 3:]
                found = corners[start : start + _CHUNK, place]
                found[:, :2] = (balls[..., :2] - reach).min(axis=1)
                found[:, 2:] = (balls[..., :2] + reach).max(axis=1)
        np.clip(corners[..., 0::2], 0, width, out=corners[..., 0::2])
        np.clip(corners[..., 1::2], 0, height, out=corners[..., 1::2])
        shown = np.stack([player.actor.shown for player in self._players], axis=1)
        seen = shown & (corners[..., 2:] > corners[..., :2] + 1).all(axis=2)
        corners[~seen] = np.nan
        scores = np.where(seen, 1.0, np.nan)
        return Boxes(corners, scores, seen, self._track.animals, self.shot.size, "rendered")

    def pictures(self, start: int = 0, stop: int | None = None) -> Iterator[NDArray[np.uint8]]:
        """Frames ``[start, stop)``, one after the other."""
        for frame in range(start, self.n_frames if stop is None else stop):
            yield self.picture(frame)

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """One frame, (height, width) of gray or (height, width, 3) of RGB.

        Raises:
            DataError: There is no such frame.
        """
        if not 0 <= frame < self.n_frames:
            raise DataError(
                "there is no such frame in the film",
                frame=frame,
                expected=f"0 to {self.n_frames - 1}",
            )
        canvas = self._scenery.empty.copy()
        row = frame % _CHUNK
        present = [
            (player, body)
            for player, body in zip(self._players, self._bodies(frame - row), strict=True)
            if player.actor.shown[frame]
        ]
        for player, body in present:
            self._cast(canvas, player, body, row)
        self._draw(canvas, present, row)
        canvas *= np.float32(self._light[frame])
        taken = self._sensor.take(canvas, frame)
        return taken[..., 0] if self.shot.color == "gray" else taken

    def _bodies(self, start: int) -> list[Flesh]:
        """All animals over the chunk of frames that begins at ``start``."""
        if self._ready[0] != start:
            frames = slice(start, min(start + _CHUNK, self.n_frames))
            self._ready = (
                start,
                [
                    flesh(skeleton(p.actor, p.tips, frames), p.actor, p.coat, self.viewpoint)
                    for p in self._players
                ],
            )
        return self._ready[1]

    @cached_property
    def _scenery(self) -> Scenery:
        length = float(np.median([p.actor.length for p in self._players])) * self.viewpoint.scale
        inner = floor(self._players[0].actor.floor, self.pose, self.viewpoint, length)
        return scenery(self.cage, self.shot.size, inner, length=length, color=self.shot.color)

    def _cast(self, canvas: Singles, player: _Player, body: Flesh, row: int) -> None:
        """Shadow and mirror images of one animal; changes ``canvas``."""
        rods = body.balls[row][PARTS["body"]]
        cast = shadow(rods, body, self.cage, self.shot.size)
        if cast is not None:
            where, left = cast
            canvas[where] *= left[..., None]
        images = mirrored(rods, body, self.cage, self._scenery.inner, self.shot.size)
        for where, share in images:
            player = next(
                p for p, b in zip(self._players, self._ready[1], strict=True) if b is body
            )
            image = player.coat.back * self._scenery.lit[where]
            part = canvas[where]
            part += share[..., None] * (image[..., None] - part)

    def _draw(self, canvas: Singles, present: list[tuple[_Player, Flesh]], row: int) -> None:
        """All parts of all animals, the far ones first; changes ``canvas``."""
        parts = [
            (float(body.balls[row, pairs, 2].mean()), player, body, name)
            for player, body in present
            for name, pairs in PARTS.items()
            if body.length >= _EYES_PX or not name.endswith("eye")
        ]
        nearest = np.full(self.shot.size, -np.inf, dtype=np.float32)
        for _depth, player, body, name in sorted(parts, key=lambda part: part[0]):
            self._part(canvas, nearest, (player, body, name), row)

    def _part(
        self, canvas: Singles, nearest: Singles, part: tuple[_Player, Flesh, str], row: int
    ) -> None:
        player, body, name = part
        pairs = PARTS[name]
        if name.endswith("eye") and _hidden(body.balls[row, pairs[0, 0]], nearest, body.length):
            return
        if name.startswith("limb") and body.length < _FINE_PX:
            pairs = pairs[:2]
        cells = _BODY_CELLS if name == "body" else _LIMB_CELLS
        patch = surface(
            body.balls[row][pairs],
            body.attributes[row][pairs],
            self.shot.size,
            length=body.length,
            step=max(1, int(body.length / cells)),
        )
        if patch is None:
            return
        channels = canvas.shape[2]
        light, cover = shaded(
            patch,
            player.coat,
            player.fur,
            self.cage,
            animal=body,
            channels=channels,
            thin=name.endswith("ear"),
        )
        if name.endswith("eye"):
            light = np.full_like(light, _EYE_TONE)
            light[patch.normal[2] > 0.97 * np.abs(patch.normal).max()] = 0.5
        where = patch.where
        behind = nearest[where]
        cover = cover * np.clip(
            (patch.height - behind) / np.float32(_OVERLAP * body.length) + 0.5, 0, 1
        )
        light *= self._scenery.lit[where][..., None]
        ground = canvas[where]
        ground += cover[..., None] * (light - ground)
        np.copyto(behind, np.maximum(behind, patch.height), where=cover > 0.5)


def _hidden(ball: Singles, nearest: Singles, length: float) -> bool:
    """Whether all pixels around a ball show something that is nearer."""
    x, y, near, radius = (float(value) for value in ball)
    reach = radius + 3
    rows = slice(max(int(y - reach), 0), max(int(y + reach) + 2, 0))
    around = nearest[rows, max(int(x - reach), 0) : max(int(x + reach) + 2, 0)]
    return around.size == 0 or float(around.min()) > near + radius + _OVERLAP * length
