import json
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from boutwise.errors import DataError, UsageError
from boutwise.store import Store, file_digest, key


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_what_is_put_comes_back_mapped_and_read_only(store):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    name = store.key("features", 2, {"fps": 20})
    kept = store.put(name, array, {"columns": ["a", "b"]})
    assert isinstance(kept, np.memmap)
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(store.array(name), array)
    assert store.header(name) == {"columns": ["a", "b"]}
    with pytest.raises(ValueError, match="read-only"):
        store.array(name)[0, 0] = 1


def test_an_unknown_key_is_none_and_a_wrong_one_an_error(store):
    assert store.array(key("x")) is None
    assert store.header(key("x")) is None
    assert key("x") not in store
    with pytest.raises(DataError, match="no key"):
        store.array("../../etc/passwd")


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.int8, np.int64, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    )
)
@settings(max_examples=40, deadline=None)
def test_every_shape_and_type_survives(tmp_path_factory, array):
    store = Store(tmp_path_factory.mktemp("store"))
    kept = store.put(key(array), array)
    assert kept.shape == array.shape
    assert kept.dtype == array.dtype
    np.testing.assert_array_equal(kept, array)
    assert not kept.flags.writeable


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values, values)
@settings(max_examples=150, deadline=None)
def test_keys_are_equal_just_for_equal_values(a, b):
    same = json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
    assert (key(a) == key(b)) is same


def test_keys_tell_arrays_apart_by_type_shape_and_contents():
    base = np.zeros(4, dtype=np.float32)
    others = [base.astype(np.float64), base.reshape(2, 2), base + 1, [0.0, 0.0, 0.0, 0.0]]
    assert len({key(base), *(key(other) for other in others)}) == 5
    assert key(base) == key(base.copy())
    assert key({"a": 1, "b": 2}) == key({"b": 2, "a": 1})


def test_a_key_is_not_made_of_places(tmp_path):
    with pytest.raises(UsageError, match="key cannot be made of"):
        key(tmp_path)


def test_an_entry_without_its_header_or_cut_short_is_none(store):
    name = key("cut")
    store.put(name, np.arange(1000))
    path = next(store.directory.glob(f"*/{name}.npy"))
    path.write_bytes(path.read_bytes()[:500])
    assert store.array(name) is None
    np.testing.assert_array_equal(store.put(name, np.arange(1000)), np.arange(1000))
    path.with_suffix(".json").unlink()
    assert store.array(name) is None
    assert list(store.keys()) == []


def test_a_broken_header_is_no_entry(store):
    name = key("broken")
    store.put(name, np.arange(3))
    next(store.directory.glob(f"*/{name}.json")).write_text('{"shape": [3', encoding="utf-8")
    assert store.array(name) is None


def test_objects_are_refused_and_nothing_is_left(store):
    with pytest.raises(DataError, match="objects"):
        store.put(key("o"), np.array([{}], dtype=object))
    assert not list(store.directory.rglob("*"))


def test_writers_of_one_key_do_not_disturb_each_other(store):
    name, array = key("race"), np.arange(200_000, dtype=np.float32)
    faults = []

    def write():
        try:
            for _ in range(5):
                np.testing.assert_array_equal(store.put(name, array), array)
                found = store.array(name)
                assert found is not None
                np.testing.assert_array_equal(found, array)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert not list(store.directory.rglob("*.part"))


def test_remove_and_keys(store):
    first, second = key(1), key(2)
    store.put(first, np.zeros(2))
    store.put(second, np.zeros(2))
    store.remove(first)
    store.remove(first)
    assert list(store.keys()) == [second]


def test_a_file_digest_is_of_its_bytes(tmp_path):
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_bytes(b"x" * 3_000_000)
    two.write_bytes(b"x" * 3_000_000)
    assert file_digest(one) == file_digest(two)
    two.write_bytes(b"x" * 2_999_999 + b"y")
    assert file_digest(one) != file_digest(two)


def test_the_digest_of_a_large_file_follows_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("boutwise.store.digest.LARGE_BYTES", 10)
    path, other = tmp_path / "large", tmp_path / "other"
    path.write_bytes(b"a" * 100)
    other.write_bytes(b"b" * 100)
    first, second = file_digest(path), file_digest(other)
    assert first != second
    assert file_digest(path) == first
    other.replace(path)  # of the same size, and perhaps of the same tick of the clock
    assert file_digest(path) == second
    path.write_bytes(b"b" * 101)
    assert file_digest(path) not in (first, second)


def test_a_file_is_kept_whole_or_not_at_all(store):
    name = key("video")
    assert store.file(name) is None

    def stop(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put_file(name, ".mp4", stop)
    assert not [path for path in store.directory.rglob("*") if path.is_file()]
    kept = store.put_file(name, ".mp4", lambda path: path.write_bytes(b"whole"), {"size": 96})
    assert (kept.read_bytes(), kept.suffix, store.file(name)) == (b"whole", ".mp4", kept)
    assert store.header(name) == {"size": 96}
    assert store.array(name) is None
    assert list(store.keys()) == [name]
    again = store.put_file(name, ".mp4", lambda path: path.write_bytes(b"other"))
    assert again.read_bytes() == b"whole"
    kept.write_bytes(b"cut")
    assert store.file(name) is None
    store.put_file(name, ".mp4", lambda path: path.write_bytes(b"anew"))
    store.remove(name)
    assert not [path for path in store.directory.rglob("*") if path.is_file()]


@pytest.mark.parametrize("shape", [(7, 3), (0, 3), (5, 0)])
def test_rows_are_kept_as_the_array_that_they_make(tmp_path, shape):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    like = np.broadcast_to(np.float32(0), shape)
    one, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    rows = (array[start : start + 2] for start in range(0, len(array), 2))
    found = one.put_rows(Store.key("a"), rows, like, {"columns": ["x"]})
    np.testing.assert_array_equal(found, other.put(Store.key("a"), array), strict=True)
    assert one.header(Store.key("a")) == {"columns": ["x"]}
    again = one.put_rows(Store.key("a"), iter(()), like)
    np.testing.assert_array_equal(again, array)


def test_too_few_rows_are_refused_and_nothing_is_left(store):
    like = np.broadcast_to(np.float32(0), (4, 2))
    with pytest.raises(DataError, match="3 rows came of an array of 4"):
        store.put_rows(Store.key("a"), iter([np.zeros((3, 2), np.float32)]), like)
    assert not [path for path in store.directory.rglob("*") if path.is_file()]
