"""Drawn mice: they are where the pose says, and nothing marks a keypoint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, sobel

from boutwise.errors import DataError, UsageError
from boutwise.synthetic import simulate, simulate_pairs
from boutwise.synthetic.rendering import Film, Shot, draw_cage, draw_coat, write_film
from boutwise.synthetic.rendering.anatomy import PARTS
from boutwise.synthetic.rendering.surfaces import surface
from boutwise.types import FrameClock, PoseTrack
from boutwise.video import Video

ROLE_SETS = {
    "simulated": None,
    "open field": ("nose", "left_ear", "right_ear", "tail_base"),
    "pain": (
        "nose",
        "tail_base",
        "left_forepaw",
        "right_forepaw",
        "left_hindpaw",
        "right_hindpaw",
    ),
    "two points": ("neck", "center"),
    "paws only": ("left_forepaw", "right_forepaw", "left_hindpaw", "right_hindpaw"),
}


@pytest.fixture(scope="module")
def mouse():
    return simulate("easy", animals=1, minutes=0.2, seed=3, view="bottom")[0]


@pytest.fixture(scope="module")
def mouse_3d():
    return simulate("easy", animals=1, minutes=0.2, seed=3, view="3d")[0]


def with_roles(pose: PoseTrack, roles: tuple[str, ...] | None) -> PoseTrack:
    """The same track with some of its keypoints."""
    if roles is None:
        return pose
    places = [pose.keypoints.index(role) for role in roles]
    return replace(
        pose,
        positions=pose.positions[:, :, places],
        confidence=pose.confidence[:, :, places],
        keypoints=roles,
        roles={role: role for role in roles},
    )


def film_of(item, side="below", *, pose=None, number=0, family="train", **shot) -> Film:
    track = item.pose if pose is None else pose
    return Film(
        track,
        item.recording.clock,
        coats=[draw_coat(7, number + k, family) for k in range(len(track.animals))],
        cage=draw_cage(7, number, side, family),
        shot=Shot(**{"size": (192, 192), **shot}),
    )


def mask_of(film: Film, frame: int) -> np.ndarray:
    """Where animals are: what differs from the empty cage."""
    empty = film._scenery.empty[..., 0] * film._light[frame]
    away = np.abs(gaussian_filter(film.picture(frame).astype(float) - empty, 0.7))
    return away > 8


@pytest.mark.parametrize("roles", ROLE_SETS)
@pytest.mark.parametrize("side", ["above", "below", "side"])
def test_every_set_of_roles_draws_where_the_pose_is(mouse, roles, side):
    film = film_of(mouse, side, pose=with_roles(mouse.pose, ROLE_SETS[roles]))
    mask = mask_of(film, 40)
    assert 0.004 < mask.mean() < 0.5
    points = film.pose.positions[40, 0]
    rows, columns = np.nonzero(mask)
    center = np.median(np.stack([columns, rows], axis=1), axis=0)
    body = np.ptp(points, axis=0).max()
    assert np.linalg.norm(points.mean(axis=0) - center) < max(body, 15)


@pytest.mark.parametrize("side", ["above", "below", "side"])
def test_a_track_in_space_is_drawn_from_every_side(mouse_3d, side):
    film = film_of(mouse_3d, side, tip_deg=20)
    x1, y1, x2, y2 = film.boxes.corners[40, 0]
    mask = mask_of(film, 40)
    rows, columns = np.nonzero(mask)
    inside = (columns >= x1 - 2) & (columns <= x2 + 2) & (rows >= y1 - 2) & (rows <= y2 + 2)
    assert inside.mean() > 0.5
    trunk = [k for k, name in enumerate(film.pose.keypoints) if "tail" not in name]
    points = film.pose.positions[40, 0, trunk]
    held = (points >= [x1 - 2, y1 - 2]) & (points <= [x2 + 2, y2 + 2])
    assert held.all(axis=1).mean() > 0.85


def test_the_box_holds_body_and_most_of_the_pose_in_every_frame(mouse):
    film = film_of(mouse)
    boxes = film.boxes
    assert boxes.present.all()
    assert boxes.detected.all()
    trunk = [k for k, name in enumerate(film.pose.keypoints) if "tail" not in name]
    points = film.pose.positions[:, 0, trunk]
    corners = boxes.corners[:, 0]
    held = (points >= corners[:, None, :2] - 2) & (points <= corners[:, None, 2:] + 2)
    assert held.all(axis=2).mean() > 0.95
    area = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    assert area.max() < 0.5 * 192 * 192


def test_boxes_are_those_of_what_is_drawn(mouse):
    """All parts but the tail, pixel by pixel."""
    film = film_of(mouse, "above", number=1, size=(256, 256))
    trunk = [name for name in PARTS if name != "tail" and not name.endswith("eye")]
    body = film._bodies(0)[0]
    for frame in range(0, 250, 25):
        drawn = np.zeros((256, 256), dtype=bool)
        for name in trunk:
            pairs = PARTS[name]
            patch = surface(
                body.balls[frame][pairs],
                body.attributes[frame][pairs],
                (256, 256),
                length=body.length,
            )
            drawn[patch.where] |= patch.inside > 0
        rows, columns = np.nonzero(drawn)
        outline = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(film.boxes.corners[frame, 0], outline, atol=2.5)


def test_a_moved_pose_moves_the_picture(mouse):
    window = (120, 120, 840, 840)
    still = film_of(mouse, size=(360, 360), window=window)
    moved = replace(mouse.pose, positions=mouse.pose.positions + np.float32([40, 20]))
    film = film_of(mouse, pose=moved, size=(360, 360), window=window)
    one, two = still.boxes.corners[:, 0], film.boxes.corners[:, 0]
    whole = ((one > 1) & (one < 335)).all(axis=1)
    assert whole.mean() > 0.9
    np.testing.assert_allclose(two[whole], one[whole] + [20, 10, 20, 10], atol=0.1)
    one, two = mask_of(still, 30), mask_of(film, 30)
    overlap = (one[:-10, :-20] & two[10:, 20:]).sum() / two[10:, 20:].sum()
    assert overlap > 0.9


def test_a_turned_animal_is_drawn_turned(mouse_3d):
    """The skeleton does not know in which direction space is counted."""
    turned = mouse_3d.pose.positions.copy()
    turned[..., 0], turned[..., 1] = (
        -mouse_3d.pose.positions[..., 1],
        mouse_3d.pose.positions[..., 0],
    )
    straight = film_of(mouse_3d, "above")
    film = film_of(mouse_3d, "above", pose=replace(mouse_3d.pose, positions=turned))
    one = straight.boxes.corners[:, 0]
    two = film.boxes.corners[:, 0]
    size_one = (one[:, 2:] - one[:, :2]) / straight.viewpoint.scale
    size_two = (two[:, 2:] - two[:, :2]) / film.viewpoint.scale
    np.testing.assert_allclose(size_two, size_one[:, ::-1], rtol=0.02)


def test_nothing_marks_a_keypoint(mouse):
    """Edges at keypoints inside the body are no stronger than elsewhere on the body."""
    at_points, elsewhere = [], []
    generator = np.random.default_rng(0)
    for number, family in ((0, "train"), (1, "train"), (2, "test"), (3, "test")):
        film = film_of(mouse, "above", number=number, family=family, size=(384, 384))
        for frame in range(0, 300, 30):
            picture = gaussian_filter(film.picture(frame).astype(float), 1)
            edges = np.hypot(sobel(picture, 0), sobel(picture, 1))
            spine = film._bodies(frame - frame % 256)[0].balls[frame % 256, 2:12]
            points = film.pose.positions[frame, 0]
            for name in ("neck", "center"):
                x, y = points[film.pose.keypoints.index(name)].round().astype(int)
                at_points.append(edges[y, x])
            for _ in range(6):
                x, y, _z, radius = spine[generator.integers(len(spine))]
                way = generator.uniform(-0.3, 0.3, 2) * radius
                elsewhere.append(edges[round(float(y + way[1])), round(float(x + way[0]))])
    assert np.median(at_points) < 1.15 * np.median(elsewhere)
    assert np.quantile(at_points, 0.9) < 1.25 * np.quantile(elsewhere, 0.9)


def test_the_same_seed_draws_the_same_and_another_does_not(mouse):
    film = film_of(mouse)
    first = film.picture(70)
    list(film.pictures(10, 14))
    np.testing.assert_array_equal(film.picture(70), first)
    np.testing.assert_array_equal(film_of(mouse).picture(70), first)
    other = film_of(mouse, number=1)
    assert np.abs(other.picture(70).astype(int) - first).mean() > 3


def test_coats_and_cages_of_the_families_have_no_kind_in_common():
    for draw in (draw_coat, lambda *a: draw_cage(a[0], a[1], "above", a[2])):
        kinds = {
            family: {draw(seed, number, family).kind for seed in range(5) for number in range(6)}
            for family in ("train", "test")
        }
        assert not kinds["train"] & kinds["test"]
        assert min(len(names) for names in kinds.values()) >= 3


def test_the_texture_moves_with_the_body(mouse):
    """What lies in the middle of the back is the same where the mouse has gone to."""
    steps = np.arange(mouse.pose.n_frames)[:, None, None, None] * np.float32([0.6, 0.3])
    gliding = replace(mouse.pose, positions=mouse.pose.positions[30:31] + steps)
    film = film_of(mouse, "above", pose=gliding, number=2, size=(384, 384))
    backs = film._bodies(0)[0].balls[:, 4, :2].round().astype(int)
    alike, unlike = [], []
    for frame in range(0, 200, 40):
        old, new = film.picture(frame).astype(float), film.picture(frame + 40).astype(float)
        here, there = backs[frame], backs[frame + 40]
        patch = old[here[1] - 7 : here[1] + 8, here[0] - 7 : here[0] + 8].ravel()
        for place, found in ((there, alike), (here, unlike)):
            other = new[place[1] - 7 : place[1] + 8, place[0] - 7 : place[0] + 8].ravel()
            found.append(np.corrcoef(patch, other)[0, 1])
    assert np.median(alike) > 0.5
    assert np.median(alike) > np.median(unlike) + 0.2


def test_two_animals_hide_each_other():
    pair = simulate_pairs("easy", pairs=1, minutes=0.3, seed=2)[0]
    film = film_of(pair, "above")
    assert film.boxes.corners.shape == (pair.recording.n_frames, 2, 4)
    apart = np.linalg.norm(
        np.nanmean(film.pose.positions[:, 0], axis=1)
        - np.nanmean(film.pose.positions[:, 1], axis=1),
        axis=1,
    )
    near, far = int(np.nanargmin(apart)), int(np.nanargmax(apart))
    assert mask_of(film, near).sum() < 0.98 * mask_of(film, far).sum()


def test_missing_keypoints_are_filled_in_the_drawing_only(mouse):
    positions = mouse.pose.positions.copy()
    positions[50:60, 0, mouse.pose.keypoints.index("nose")] = np.nan
    track = replace(mouse.pose, positions=positions)
    film = film_of(mouse, pose=track)
    whole = film_of(mouse)
    assert np.isnan(film.pose.positions[55, 0, 0]).all()
    assert np.isnan(track.positions[55, 0, 0]).all()
    one, two = mask_of(film, 55), mask_of(whole, 55)
    assert (one & two).sum() / (one | two).sum() > 0.8


def test_a_body_of_which_a_place_is_lost_holds_together(mouse):
    """A nose that a tracker puts three body lengths away for a third of a second."""
    positions = mouse.pose.positions.copy()
    positions[50:60, 0, mouse.pose.keypoints.index("nose")] += 350
    window = (120, 120, 840, 840)
    film = film_of(mouse, pose=replace(mouse.pose, positions=positions), window=window)
    whole = film_of(mouse, window=window)
    one, two = film.boxes.corners[50:60, 0], whole.boxes.corners[50:60, 0]
    assert np.abs(one - two).max() < 0.35 * (two[:, 2:] - two[:, :2]).max()


def test_an_animal_that_is_not_there_is_not_drawn(mouse):
    positions = mouse.pose.positions.copy()
    positions[100:250] = np.nan
    film = film_of(mouse, pose=replace(mouse.pose, positions=positions))
    assert film.boxes.present[:99].all()
    assert not film.boxes.present[110:240].any()
    assert mask_of(film, 170).mean() < 0.002


def test_color_is_gray_with_a_tint(mouse):
    tints = []
    for number in range(4):
        gray = film_of(mouse, "above", number=number)
        color = film_of(mouse, "above", number=number, color="rgb")
        picture = color.picture(20)
        assert picture.shape == (192, 192, 3)
        assert np.abs(picture.mean(axis=2) - gray.picture(20)).mean() < 12
        tints.append(np.ptp(picture[mask_of(gray, 20)].mean(axis=0)))
    assert max(tints) > 8


def test_what_cannot_be_drawn_says_why(mouse):
    with pytest.raises(DataError, match="direction is not known"):
        film_of(mouse, pose=with_roles(mouse.pose, ("tail_tip", "left_hindpaw")))
    with pytest.raises(UsageError, match="coats"):
        Film(mouse.pose, mouse.recording.clock, coats=[], cage=draw_cage(1, 1, "above"))
    with pytest.raises(DataError, match="clock"):
        Film(
            mouse.pose.frames(0, 10),
            mouse.recording.clock,
            coats=[draw_coat(1, 1)],
            cage=draw_cage(1, 1, "above"),
        )
    with pytest.raises(DataError, match="no such frame"):
        film_of(mouse).picture(10_000)


def test_a_written_film_has_the_times_of_its_clock_and_its_pictures(mouse, tmp_path):
    generator = np.random.default_rng(1)
    times_s = np.cumsum(generator.choice([0.02, 0.04, 0.05], 40))
    clock = FrameClock.from_pts(times_s)
    film = Film(
        mouse.pose.frames(0, 40),
        clock,
        coats=[draw_coat(1, 0)],
        cage=draw_cage(1, 0, "below"),
        shot=Shot(size=(128, 160)),
    )
    said = []
    path = write_film(film, tmp_path / "folder" / "film.mp4", progress=said.append)
    assert said == list(range(1, 41))
    with Video(path) as video:
        assert video.index.n_frames == 40
        np.testing.assert_allclose(video.index.clock.times_s, times_s - times_s[0], atol=1e-5)
        assert len(video.index.key_pts) == 1
        for frame in (0, 17, 39):
            read = video.read([frame]).pixels[0].mean(axis=2)
            assert np.abs(read - film.picture(frame)).mean() < 4
