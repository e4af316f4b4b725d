import numpy as np
import pytest
from scipy import ndimage

from boutwise.prepare.masks import closed, counts_around, extent, filled, widened


@pytest.fixture(params=range(25))
def mask(request):
    rng = np.random.default_rng(request.param)
    values = ndimage.gaussian_filter(rng.normal(size=rng.integers(6, 50, 2)), rng.uniform(0.3, 3))
    return values > 0.1 * rng.normal()


@pytest.mark.parametrize("radius", [1, 2, 4, 9])
def test_windows_give_what_filters_of_scipy_give(mask, radius):
    side = 2 * radius + 1
    share = ndimage.uniform_filter(mask.astype(float), side, mode="nearest")
    np.testing.assert_array_equal(counts_around(mask, radius), np.rint(share * side**2))
    around = np.ones((side, side))
    grown = ndimage.binary_dilation(np.pad(mask, 2 * radius), around)
    inner = slice(2 * radius, -2 * radius)
    np.testing.assert_array_equal(widened(mask, radius), grown[inner, inner])
    shrunk = ndimage.binary_erosion(grown, around)
    np.testing.assert_array_equal(closed(mask, radius), shrunk[inner, inner])


def test_holes_are_filled_as_scipy_fills_them(mask):
    np.testing.assert_array_equal(filled(mask), ndimage.binary_fill_holes(mask))


def test_the_extent_is_the_smallest_box_around_all(mask):
    box = extent(mask)
    assert mask[box].sum() == mask.sum()
    for side in (mask[box], mask[box].T):
        assert side[0].any()
        assert side[-1].any()
    assert extent(np.zeros((3, 4), bool)) is None
    assert not filled(np.zeros((3, 4), bool)).any()
