"""Tracks of real mice are drawn where their videos show them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boutwise.formats import dlc_csv, dlc_h5, subtle
from boutwise.synthetic.rendering import Film, Shot, draw_cage, draw_coat
from boutwise.types import FrameClock
from boutwise.types.roles import propose_roles
from boutwise.video import Look, Video

REAL = {
    "open field": (
        dlc_csv,
        "dlc_openfield/pose/openfield_dlc_inference_example.csv",
        "dlc_openfield/videos/m3v1mp4.mp4",
        "above",
        (640, 480),
        range(600, 1600, 100),
    ),
    "round arena": (
        dlc_csv,
        "vame/cropped_video.csv",
        "vame/cropped_video.mp4",
        "below",
        (1064, 1070),
        range(0, 600, 60),
    ),
}


def film_of(pose, side, size, *, number=0):
    width, height = size
    return Film(
        pose,
        FrameClock.declared(pose.n_frames, 30.0),
        coats=[draw_coat(4, number + k) for k in range(len(pose.animals))],
        cage=draw_cage(4, number, side),
        shot=Shot(size=(height, width), window=(0, 0, width, height)),
    )


@pytest.mark.parametrize("name", REAL)
def test_the_drawn_body_covers_the_real_one(shared, name):
    """What moves in the real video is inside the true box of the drawn mouse."""
    module, track, video, side, size, frames = REAL[name]
    pose = module.read(shared(track)).pose
    film = film_of(replace(pose, roles=propose_roles(pose.keypoints)), side, size)
    height, width = size[1] // 4 * 4, size[0] // 4 * 4
    with Video(shared(video), look=Look(color="gray")) as real:
        pictures = real.read(list(frames)).pixels[:, :height, :width].astype(float)
    empty = np.median(pictures, axis=0)
    shares = []
    for picture, frame in zip(pictures, frames, strict=True):
        mouse = np.abs(picture - empty) > 40
        x1, y1, x2, y2 = film.boxes.corners[frame, 0].round().astype(int)
        margin = (x2 - x1) // 5
        rows = slice(max(y1 - margin, 0), y2 + margin)
        shares.append(mouse[rows, max(x1 - margin, 0) : x2 + margin].sum() / max(mouse.sum(), 1))
    # The rest are the tail, mirror images in the wall and whatever else moves.
    assert np.median(shares) > 0.5


def test_three_mice_keep_their_places(shared):
    pose = dlc_h5.read(shared("mabe22_clip/EGS8X2MN4SSUGFWAV976.h5")).pose.frames(0, 300)
    pose = replace(pose, roles=propose_roles(pose.keypoints))
    film = film_of(pose, "above", (512, 512))
    corners = film.boxes.corners
    assert corners.shape == (300, 3, 4)
    found = (pose.positions != 0).any(axis=(2, 3))
    assert not found.all()
    middles = (corners[..., :2] + corners[..., 2:]) / 2
    points = np.nanmedian(pose.positions, axis=2)
    away = np.linalg.norm(middles - points, axis=2)
    assert np.nanquantile(away[found], 0.95) < 25
    assert film.boxes.present[found].mean() > 0.99
    assert film.picture(150).shape == (512, 512)


def test_a_mouse_in_space_is_as_long_as_it_is(shared):
    pose = subtle.read(shared("subtle/labelled/coords/adult_6112.csv")).pose.frames(0, 1000)
    film = Film(
        pose,
        FrameClock.declared(1000, subtle.FPS),
        coats=[draw_coat(4, 0)],
        cage=draw_cage(4, 0, "above"),
        shot=Shot(size=(256, 256), tip_deg=40),
    )
    trunk = [k for k, name in enumerate(pose.keypoints) if name != "tip"]
    points = film.pose.positions[:, 0, trunk]
    corners = film.boxes.corners[:, 0, None]
    held = (points >= corners[..., :2] - 2) & (points <= corners[..., 2:] + 2)
    assert held.all(axis=2).mean() > 0.97
    reached = points.reshape(-1, 2)
    assert (reached > 0).all()
    assert (reached < 256).all()
