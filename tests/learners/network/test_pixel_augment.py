"""Augmentations of pictures: clip-consistent, seeded, and labels follow what is shown."""

from __future__ import annotations

import pytest
import torch

from boutwise import registry
from boutwise.errors import RecipeError
from boutwise.learners import Mirroring
from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network._scaling import Scaling
from boutwise.learners.network._windows import Batches, WindowPlan
from boutwise.types import FrameState, Mirror

from .pictures import ETHOGRAM, make_pictures
from .test_network_parts import full

FACTS = Facts(ETHOGRAM, 30.0, (), {}, ("video",))
BESIDE = Facts(ETHOGRAM, 30.0, ("pose",), {"pose": Mirror((0,), (1.0,))}, ("video",))
FEATURES = ("noise", "feature_dropout", "feature_scale", "feature_shift")
PICTURES = ("brightness", "contrast", "crop", "cutmix", "erase", "frame_dropout", "pixel_noise")
PICTURES += ("tone",)
SIZE = 16


def augment_of(name, facts=FACTS, **options):
    return registry.load("augmentation", name).Augment(facts, **options)


def after(name, batch, target, seed=0, facts=FACTS, **options):
    return augment_of(name, facts, **options)(batch, target, torch.Generator().manual_seed(seed))


def random_pictures(windows=6, frames=12, seed=0):
    """Windows of smooth random pictures that do not move, uint8; labels all 'rest'."""
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(windows, 1, 4, 4, generator=rng)
    fine = torch.nn.functional.interpolate(coarse, (SIZE, SIZE), mode="bilinear")
    still = (60 + 130 * fine).to(torch.uint8)
    values = still.unsqueeze(1).repeat(1, frames, 1, 1, 1)
    labels = torch.zeros(windows, frames, 4, dtype=torch.int8)
    labels[..., 2] = 1
    mask = full(windows, frames)
    return Batch({"video": values}, mask, {"video": mask.clone()}), Target(
        labels, torch.ones(windows, frames), ("place",) * windows
    )


def test_a_negative_is_as_bright_as_the_picture_is_dark():
    batch, target = random_pictures()
    shown, _ = after("tone", batch, target, gamma=0, negative=1)
    values = floats(batch.streams["video"])
    torch.testing.assert_close(shown.streams["video"], 1 - values)
    same, _ = after("tone", batch, target, gamma=0, negative=0)
    torch.testing.assert_close(same.streams["video"], values)
    some, _ = after("tone", batch, target, gamma=0)
    turned = (some.streams["video"] - (1 - values)).abs().amax(dim=(1, 2, 3, 4)) < 1e-6
    assert 0 < turned.sum() < len(turned)


def test_powers_change_all_pictures_of_a_window_alike():
    batch, target = random_pictures()
    shown, _ = after("tone", batch, target, gamma=0.7, negative=0)
    power = shown.streams["video"].log() / floats(batch.streams["video"]).log()
    one = power[:, :1, :, :1, :1]
    torch.testing.assert_close(power, one.expand_as(power), atol=1e-3, rtol=1e-3)
    assert 0.49 < float(one.min()) < float(one.max()) < 2.02


def every():
    return [name for name in registry.names("augmentation") if name not in FEATURES]


@pytest.mark.parametrize("name", every())
def test_pictures_keep_their_shape_and_follow_the_generator(name):
    batch, target = random_pictures(frames=40)
    noise = torch.randint(0, 255, batch.streams["video"].shape, generator=torch.manual_seed(0))
    batch = batch.changed({"video": noise.to(torch.uint8)})
    batch.mask[1, 8:] = batch.present["video"][1, 8:] = False
    before = batch.streams["video"].clone()
    found = [after(name, batch, target, seed) for seed in (1, 1, 2)]
    assert torch.equal(batch.streams["video"], before)
    for new, aimed in found:
        values = new.streams["video"]
        assert values.shape == before.shape
        if values.dtype != torch.uint8:
            assert 0 <= float(values.min()) <= float(values.max()) <= 1
        assert aimed.labels.shape == target.labels.shape
        assert not (new.present["video"] & ~new.mask).any()
    seen = [(new.streams["video"], new.present["video"]) for new, _ in found]
    assert all(torch.equal(a, b) for a, b in zip(seen[0], seen[1], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(seen[0], seen[2], strict=True))


@pytest.mark.parametrize("name", ["brightness", "contrast", "crop", "erase", "mirror", "cutmix"])
def test_all_frames_of_a_window_are_changed_alike(name):
    """Pictures that do not move do not move afterwards; some windows are changed."""
    batch, target = random_pictures(windows=40)
    values = floats(after(name, batch, target)[0].streams["video"])
    assert torch.equal(values, values[:, :1].expand_as(values))
    changed = (values - floats(batch.streams["video"])).abs().amax(dim=(1, 2, 3, 4)) > 1e-6
    assert 0.1 < float(changed.float().mean()) <= 1


@pytest.mark.parametrize("name", FEATURES)
def test_what_changes_features_leaves_pictures_and_wants_features(name):
    batch, target = random_pictures()
    with pytest.raises(RecipeError, match=f"'{name}' changes features"):
        augment_of(name)
    both = batch.with_stream("pose", torch.randn(6, 12, 5), batch.mask)
    new, _ = after(name, both, target, facts=BESIDE)
    assert new.streams["video"] is batch.streams["video"]
    assert not torch.equal(new.streams["pose"].nan_to_num(), both.streams["pose"])


@pytest.mark.parametrize("name", PICTURES)
def test_what_changes_pictures_wants_pictures(name):
    with pytest.raises(RecipeError, match=f"'{name}' changes pictures"):
        augment_of(name, Facts(ETHOGRAM, 30.0, ("pose",)))
    if name == "cutmix":
        with pytest.raises(RecipeError, match="features too"):
            augment_of(name, BESIDE)


def test_mirror_turns_pictures_over_and_swaps_sides():
    batch, target = random_pictures()
    target.labels[..., 2] = 0
    target.labels[..., 0] = 1
    new, aimed = after("mirror", batch, target, share=1.0)
    assert torch.equal(new.streams["video"], batch.streams["video"].flip(-1))
    assert new.streams["video"].dtype == torch.uint8
    assert (aimed.labels[..., 1] == 1).all()
    sides = Mirroring.of({}, (), ETHOGRAM, pixels=("video",))
    assert sides.pixels == ("video",)
    assert Mirroring.from_dict(sides.as_dict()).as_dict() == sides.as_dict()


def test_brightness_and_contrast_keep_what_they_say():
    batch, target = random_pictures(windows=300)
    values = floats(batch.streams["video"])
    bright = after("brightness", batch, target, spread=0.2, share=1.0)[0].streams["video"]
    factor = (bright / values).flatten(1)
    assert float((factor - factor[:, :1]).abs().max()) < 1e-4
    assert 0.8 <= float(factor.min()) < 0.82 < 1.18 < float(factor.max()) <= 1.2001
    spread = after("contrast", batch, target, spread=0.2, share=1.0)[0].streams["video"]
    torch.testing.assert_close(spread.mean(dim=(1, 2, 3, 4)), values.mean(dim=(1, 2, 3, 4)))
    ratio = spread.flatten(1).std(dim=1) / values.flatten(1).std(dim=1)
    assert 0.8 <= float(ratio.min()) < 0.82 < 1.18 < float(ratio.max()) <= 1.2001


def test_padding_does_not_pull_the_contrast():
    batch, target = random_pictures(windows=2)
    short = Batch(dict(batch.streams), batch.mask.clone(), {})
    short.mask[:, 5:] = False
    short.streams["video"] = batch.streams["video"].clone()
    short.streams["video"][:, 5:] = 0
    short = Batch(short.streams, short.mask, {"video": short.mask})
    a, b = (after("contrast", each, target, share=1.0)[0] for each in (batch, short))
    torch.testing.assert_close(a.streams["video"][:, :5], b.streams["video"][:, :5])


def test_frame_dropout_takes_pictures_and_leaves_labels():
    batch, target = random_pictures(windows=200, frames=50)
    new, aimed = after("frame_dropout", batch, target, frames=0.2, share=0.5)
    assert aimed is target
    assert torch.equal(new.mask, batch.mask)
    gone = (~new.present["video"]).float().mean(dim=1)
    assert 0.4 < float((gone > 0).float().mean()) < 0.6
    assert 0.17 < float(gone[gone > 0].mean()) < 0.23


def test_crop_shows_a_part_as_large_as_the_whole():
    batch, target = random_pictures(windows=50)
    ramp = torch.arange(SIZE).float() / SIZE
    values = ramp.expand(50, 12, 1, SIZE, SIZE).clone()
    new, _ = after("crop", batch.changed({"video": values}), target, least=0.5)
    width = new.streams["video"][:, 0, 0, 0, -1] - new.streams["video"][:, 0, 0, 0, 0]
    whole = float(ramp[-1] - ramp[0])
    assert 0.6 * whole < float(width.min()) < 0.8 * whole
    assert float(width.max()) <= whole + 1e-6
    steps = new.streams["video"][:, 0, 0, 0].diff(dim=-1)
    assert float(steps.min()) > -1e-6
    same, _ = after("crop", batch, target, least=1.0)
    torch.testing.assert_close(same.streams["video"], floats(batch.streams["video"]))


def test_erase_hides_a_rectangle_of_one_gray():
    batch, target = random_pictures(windows=300)
    new, _ = after("erase", batch, target, area=0.2, share=1.0)
    changed = (new.streams["video"] - floats(batch.streams["video"]))[:, 0, 0].abs() > 1e-6
    share = changed.float().mean(dim=(1, 2))
    assert 0.07 < float(share.mean()) < 0.13
    assert float(share.max()) < 0.26
    for row in range(20):
        rows, columns = changed[row].any(dim=1).nonzero(), changed[row].any(dim=0).nonzero()
        if len(rows):
            box = new.streams["video"][row, 0, 0][
                rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1
            ]
            assert float(box.std(correction=0)) < 1e-6


def two(name, labels, **options):
    """Two windows of one frame, all white and all black; of the first what became of it."""
    values = torch.zeros(2, 1, 1, SIZE, SIZE, dtype=torch.uint8)
    values[0] = 255
    labels = torch.tensor(labels, dtype=torch.int8)[:, None]
    mask = full(2, 1)
    batch = Batch({"video": values}, mask, {"video": options.pop("present", mask)})
    for seed in range(40):
        new, aimed = after(
            name, batch, Target(labels, torch.ones(2, 1)), seed, alpha=1.0, **options
        )
        white = float(floats(new.streams["video"])[0].mean())
        if white < 0.95:
            return white, aimed, new
    return None


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_labels_are_mixed_as_the_pictures_are(name):
    white, aimed, _ = two(name, [[1, 0, 0, 1], [0, 1, 0, 0]], share=1.0)
    assert white >= 0.45
    tolerance = 1e-5 if name == "mixup" else 0.1  # edges lie on pixels
    shares = aimed.shares[0, 0]
    torch.testing.assert_close(
        shares, torch.tensor([white, 1 - white, 0, white]), atol=tolerance, rtol=0
    )
    assert float(shares[0] + shares[1]) == pytest.approx(1)
    lonely = two(name, [[1, 0, 0, 1], [int(FrameState.UNLABELLED)] * 4], share=1.0)[1]
    assert lonely.shares[0, 0].tolist() == [1, 0, 0, 1]


def test_a_frame_without_a_picture_is_not_pasted():
    present = torch.tensor([[True], [False]])
    labels = [[1, 0, 0, 1], [0, 1, 0, 0]]
    assert two("cutmix", labels, share=1.0, present=present) is None
    _, _, new = two("mixup", labels, share=1.0, present=present)
    assert not new.present["video"].any()


def test_an_epoch_of_pictures_is_the_same_whatever_came_before_it():
    data = make_pictures(n_frames=200, absent=0.1)
    scaling = Scaling.fit(data, [], mask_all=False, pixels=["video"])

    def made():
        augments = [augment_of(name) for name in every()]
        return Batches(data, scaling, WindowPlan(20, 4, True, 3), augments)

    walked = made()
    third = [list(walked.epoch(number)) for number in range(3)][2]
    for (a, x), (b, y) in zip(third, made().epoch(2), strict=True):
        torch.testing.assert_close(a.streams["video"], b.streams["video"])
        assert torch.equal(a.present["video"], b.present["video"])
        torch.testing.assert_close(x.shares, y.shares, equal_nan=True)
        assert x.places == y.places
