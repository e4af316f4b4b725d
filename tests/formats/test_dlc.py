"""DeepLabCut CSV and H5."""

from __future__ import annotations

import pickle
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

sys.path.insert(0, str(Path(__file__).parent))
from _samples import DLC, write_fixed_h5, write_h5

from boutwise import formats
from boutwise.errors import FormatError
from boutwise.formats import dlc_csv, dlc_h5
from boutwise.types import PoseTrack


def csv(tmp_path, text, name="aDLC_net.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_values_confidence_and_missing(tmp_path):
    contents = dlc_csv.read(csv(tmp_path, DLC))
    pose = contents.pose
    assert contents.recording == "a"
    assert contents.row_to_frame is None
    assert pose.keypoints == ("nose", "tail base")
    assert pose.roles == {"nose": "nose", "tail base": "tail_base"}
    assert pose.unit == "px"
    np.testing.assert_allclose(pose.positions[0, 0], [[1.5, 2.5], [4, 5]])
    assert np.isnan(pose.positions[1, 0, 1]).all()
    assert pose.positions[2, 0, 0].tolist() == [0, 0]  # as the network gave it, likelihood 0
    assert pose.confidence[2, 0, 0] == 0
    np.testing.assert_allclose(pose.confidence[1, 0], [0.9, 0.1], rtol=1e-6)


def test_semicolons_decimal_commas_bom_umlauts(tmp_path):
    text = DLC.replace(",", ";").replace(".", ",").replace("tail base", "Schwanz wurzel ä")
    path = tmp_path / "Käfig 3 größeDLC_resnet50_xMay7shuffle1_500_filtered.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8"))
    contents = formats.read(path)
    assert contents.recording == "Käfig 3 größe"
    assert contents.pose.keypoints == ("nose", "Schwanz wurzel ä")
    plain = dlc_csv.read(csv(tmp_path, DLC)).pose
    np.testing.assert_array_equal(contents.pose.positions, plain.positions)
    assert not contents.problems


def test_windows_1252_is_read_with_a_warning(tmp_path):
    path = tmp_path / "aDLC_net.csv"
    path.write_bytes(DLC.replace("tail base", "Füße").encode("cp1252"))
    contents = dlc_csv.read(path)
    assert contents.pose.keypoints == ("nose", "Füße")
    assert [p.check for p in contents.problems] == ["encoding"]


def test_mangled_headers_are_repaired_with_a_warning(tmp_path):
    lines = DLC.splitlines()
    lines[0] = "scorer,net,net.1,net.2,net.3,net.4,net.5"
    contents = dlc_csv.read(csv(tmp_path, "\n".join(lines)))
    assert "mangled" in contents.problems[0].what
    lines[1] = "bodyparts,nose,nose.1,nose.2,tail base,tail base.1,tail base.2"
    lines[2] = "coords,x,y,likelihood,x.1,y.1,likelihood.1"
    contents = dlc_csv.read(csv(tmp_path, "\n".join(lines) + "\n"))
    assert contents.pose.keypoints == ("nose", "tail base")
    assert [p.row for p in contents.problems] == [1, 2, 3]


def test_names_that_end_in_numbers_are_left_alone(tmp_path):
    text = DLC.replace("tail base", "paw.1").replace("nose", "paw")
    contents = dlc_csv.read(csv(tmp_path, text))
    assert contents.pose.keypoints == ("paw", "paw.1")
    assert not contents.problems


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        ("tail base", "nose", 2, "is there twice"),
        ("coords,x,y,likelihood", "coords,x,y,p", 3, "the coordinate 'p'"),
        ("bodyparts", "body parts", 2, "a row 'body parts'"),
        ("coords,x,y", "coords,x,x", 2, "is there twice"),
        ("1,1.6", "0,1.6", 5, "the first column says '0'"),
        ("0,1.5", "0,inf", 4, "infinite"),
        ("scorer,net,", "scorer,", 1, "6 cells"),
    ],
)
def test_faults_are_named_with_their_row(tmp_path, old, new, row, words):
    assert old in DLC
    path = csv(tmp_path, DLC.replace(old, new))
    with pytest.raises(FormatError) as caught:
        dlc_csv.read(path)
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.row) == (str(path), row)


def test_frame_numbers_that_do_not_start_at_0_are_kept(tmp_path):
    text = DLC.replace("\n0,", "\n10,").replace("\n1,", "\n11,").replace("\n2,", "\n13,")
    contents = dlc_csv.read(csv(tmp_path, text))
    assert contents.row_to_frame.tolist() == [10, 11, 13]
    assert "not 0 to 2" in contents.problems[0].what


def test_an_animal_without_a_point_has_it_missing(tmp_path):
    text = (
        "scorer,n,n,n,n\nindividuals,m1,m1,m2,m2\nbodyparts,nose,nose,tail,tail\n"
        "coords,x,y,x,y\n0,1,2,3,4\n"
    )
    pose = dlc_csv.read(csv(tmp_path, text)).pose
    assert pose.animals == ("m1", "m2")
    assert pose.confidence is None
    np.testing.assert_array_equal(pose.positions[0, 0], [[1, 2], [np.nan, np.nan]])
    np.testing.assert_array_equal(pose.positions[0, 1], [[np.nan, np.nan], [3, 4]])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(1, 2), st.integers(1, 3), st.integers(2, 3)),
        elements=st.one_of(st.just(float("nan")), st.floats(-1e5, 1e5, width=32)),
    ),
    st.booleans(),
)
def test_what_is_written_reads_back(tmp_path, positions, with_confidence):
    n, animals, points, _ = positions.shape
    confidence = np.linspace(0, 1, n * animals * points, dtype=np.float32)
    pose = PoseTrack(
        positions,
        confidence.reshape(n, animals, points) if with_confidence else None,
        tuple(f"m {i}" for i in range(animals)) if animals > 1 else ("animal",),
        tuple(f"Füß,{i}" for i in range(points)),
    )
    path = tmp_path / "x.csv"
    assert dlc_csv.write_pose(path, pose) == [path]
    back = dlc_csv.read(path).pose
    assert (back.animals, back.keypoints) == (pose.animals, pose.keypoints)
    np.testing.assert_array_equal(back.positions, pose.positions)
    if with_confidence:
        np.testing.assert_array_equal(back.confidence, pose.confidence)
    else:
        assert back.confidence is None


def test_loading_costs_little_more_than_parsing(tmp_path):
    n = 20_000
    values = np.random.default_rng(0).random((n, 21)) * 500
    columns = pd.MultiIndex.from_product([["net"], list("abcdefg"), ["x", "y", "likelihood"]])
    path = tmp_path / "aDLC_net.csv"
    frame = pd.DataFrame(values, columns=columns.set_names(["scorer", "bodyparts", "coords"]))
    frame.to_csv(path)

    def cost(work):
        best = float("inf")
        for _ in range(5):
            start = time.process_time()
            work()
            best = min(best, time.process_time() - start)
        return best

    plain = cost(lambda: pd.read_csv(path, header=[0, 1, 2], index_col=0).to_numpy())
    assert cost(lambda: dlc_csv.read(path)) < 2 * plain


class Planted:
    """A pickle that would write a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_planted_pickle_is_refused_and_not_run(tmp_path, protocol):
    mark = tmp_path / "it ran"
    names = [("net", "nose", "x"), ("net", "nose", "y"), Planted(mark)]
    planted = pickle.dumps(names, protocol)
    pickle.loads(planted)
    assert mark.exists(), "the plant itself must work"
    mark.unlink()
    path = tmp_path / "aDLC_net.h5"
    write_h5(path)
    with h5py.File(path, "a") as file:
        # np.void keeps the zero bytes of binary protocols, as PyTables does.
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.void(planted)
    with pytest.raises(FormatError) as caught:
        formats.read(path)
    assert not mark.exists()
    assert "CSV" in caught.value.todo
    assert "refused" in str(caught.value)


def test_what_lightning_pose_says_of_its_spread_is_left_alone(tmp_path):
    lines = [line.split(",") for line in DLC.splitlines()]
    for line, more in zip(
        lines,
        (["net"] * 2, ["nose"] * 2, ["x_ens_var", "y_posterior_var"], *[["7"] * 2] * 3),
        strict=True,
    ):
        line[4:4] = more
    contents = dlc_csv.read(csv(tmp_path, "\n".join(map(",".join, lines)) + "\n"))
    plain = dlc_csv.read(csv(tmp_path, DLC, "bDLC_net.csv")).pose
    np.testing.assert_array_equal(contents.pose.positions, plain.positions)
    np.testing.assert_array_equal(contents.pose.confidence, plain.confidence)


@pytest.mark.parametrize("value", [1.5, b"bytes", {1, 2}, None, [("net", "nose", 2.0)], True])
def test_only_plain_names_are_taken(tmp_path, value):
    path = tmp_path / "aDLC_net.h5"
    write_h5(path, pickle.dumps(value, 0))
    with pytest.raises(FormatError) as caught:
        dlc_h5.read(path)
    assert "CSV" in caught.value.todo


def test_both_layouts_of_h5(tmp_path):
    write_h5(tmp_path / "aDLC_net.h5")
    pose = dlc_h5.read(tmp_path / "aDLC_net.h5").pose
    np.testing.assert_allclose(pose.positions[3, 0, 0], [9 / 12, 10 / 12])
    np.testing.assert_allclose(pose.confidence[3, 0, 0], 11 / 12)
    write_fixed_h5(tmp_path / "bDLC_net.h5")
    pose = dlc_h5.read(tmp_path / "bDLC_net.h5").pose
    assert pose.animals == ("m1", "m2")
    np.testing.assert_array_equal(pose.positions[1, :, 0], [[6, 7], [9, 10]])
    np.testing.assert_array_equal(pose.confidence[1, :, 0], [8, 11])


def test_a_link_out_of_the_file_is_not_followed(tmp_path):
    write_h5(tmp_path / "other.h5")
    path = tmp_path / "aDLC_net.h5"
    with h5py.File(path, "w") as file:
        file["df_with_missing"] = h5py.ExternalLink("other.h5", "/df_with_missing")
    assert not dlc_h5.sniff(path)
    with pytest.raises(FormatError, match="no pandas table"):
        dlc_h5.read(path)


def test_several_tables_need_a_choice(tmp_path):
    path = tmp_path / "aDLC_net.h5"
    write_h5(path)
    with h5py.File(path, "a") as file:
        file.copy("df_with_missing", "second")
    with pytest.raises(FormatError, match="2 tables"):
        dlc_h5.read(path)
    assert dlc_h5.read(path, key="second").pose.n_frames == 4
    with pytest.raises(FormatError, match="did you mean 'second'"):
        dlc_h5.read(path, key="seconds")


REAL = {
    "bsoid/raw_clip1DLC_resnet50_OpenFieldHighResApr8shuffle1_1030000.csv": (7200, 1, 6),
    "bsoid/raw_clip1DLC_resnet50_OpenFieldHighResApr8shuffle1_1030000.h5": (7200, 1, 6),
    "deepof/testDLC_csv_table.csv": (97, 1, 14),
    "deepof/testDLC_csv_table_multi.csv": (98, 1, 28),
    "deepof/testDLC_h5_table.h5": (100, 1, 14),
    "deepof/testDLC_h5_table_madlc.h5": (100, 2, 14),
    "dlc_openfield/pose/openfield_dlc_inference_example.csv": (2330, 1, 4),
    "dlc_openfield/pose/openfield_dlc_inference_example_missingdata.csv": (2330, 1, 4),
    "dlc_openfield/pose/openfield_dlc_inference_example_three.csv": (2330, 3, 4),
    "dlc_openfield/labeled-data/m4s1/CollectedData_Pranav.csv": (116, 1, 4),
    "dlc_openfield/labeled-data/m4s1/CollectedData_Pranav.h5": (116, 1, 4),
    "dlcanalyzer/EPM_15DeepCut_resnet50_epmMay17shuffle1_1030000.csv": (962, 1, 25),
    "ethome/e3v813a-20210610T122332-122642DLC_dlcrnetms5_pilot_studySep24shuffle1_100000_el_"
    "filtered.csv": (5700, 2, 7),
    "lightning_pose/mirror-mouse-example/CollectedData.csv": (90, 1, 17),
    "mabe22_clip/EGS8X2MN4SSUGFWAV976.h5": (1800, 3, 12),
    "prj_mouse_pain/Videos/shortened_2023-10-25_CFA_010_267M_trackingDLC_resnet50_pawtracking_"
    "comparisionMay7shuffle1_500000.csv": (1080, 1, 6),
    "prj_mouse_pain/Videos/shortened_2023-10-25_CFA_010_267M_trackingDLC_resnet50_pawtracking_"
    "comparisionMay7shuffle1_500000.h5": (1080, 1, 6),
    "vame/cropped_video.csv": (750, 1, 6),
}


IMAGES = [name for name in REAL if "CollectedData" in name]
"""Labelled images: no tracks, but what keypoint networks are trained on."""


@pytest.mark.parametrize("name", IMAGES)
def test_real_labelled_images_are_no_track(shared, name):
    path = shared(name)
    with pytest.raises(FormatError, match="labelled images, not the frames of a video") as caught:
        formats.read(path)
    assert caught.value.row == (1 if path.suffix == ".h5" else 4)
    assert "images: true" in caught.value.todo


@pytest.mark.parametrize("name", REAL)
def test_real_files(shared, name):
    path = shared(name)
    contents = formats.read(path, images="CollectedData" in name)
    assert contents.format == ("dlc_h5" if path.suffix == ".h5" else "dlc_csv")
    pose = contents.pose
    assert pose.positions.shape == (*REAL[name], 2)
    assert np.isfinite(pose.positions).any()
    labelled = "CollectedData" in name
    assert (contents.row_to_frame is not None) == labelled
    if labelled:
        assert "labelled images" in contents.problems[0].what


@pytest.mark.parametrize("name", [name for name in REAL if name.endswith(".csv")])
def test_real_csv_equals_pandas(shared, name):
    path = shared(name)
    pose = formats.read(path, images="CollectedData" in name).pose
    levels = [0, 1, 2, 3] if len(pose.animals) > 1 else [0, 1, 2]
    table = pd.read_csv(path, header=levels, index_col=0)
    keys = [key[1:] if len(levels) == 4 else ("animal", *key[1:]) for key in table.columns]
    for place, (animal, point, coord) in enumerate(keys):
        a, k = pose.animals.index(animal), pose.keypoints.index(point)
        values = pose.confidence[:, a, k] if coord == "likelihood" else None
        values = pose.positions[:, a, k, "xy".index(coord)] if values is None else values
        np.testing.assert_allclose(values, table.iloc[:, place], rtol=1e-6)


def by_hand(path):
    """Column keys and values of a DeepLabCut H5, by h5py and pandas' own layout."""
    with h5py.File(path) as file:
        (group,) = file.values()
        if "table" in group:
            table = group["table"][()]
            keys = pickle.loads(bytes(group["table"].attrs["values_block_0_kind"]))
            return keys, np.concatenate([table[n] for n in table.dtype.names[1:]], axis=1)
        levels = range(group.attrs["block0_items_nlevels"])
        names = [[v.decode() for v in group[f"block0_items_level{n}"][()]] for n in levels]
        codes = [group[f"block0_items_label{n}"][()] for n in levels]
        keys = [
            tuple(name[i] for name, i in zip(names, code, strict=True))
            for code in zip(*codes, strict=True)
        ]
        return keys, group["block0_values"][()]


@pytest.mark.parametrize("name", [name for name in REAL if name.endswith(".h5")])
def test_real_h5_equals_h5py(shared, name):
    path = shared(name)
    pose = formats.read(path, images="CollectedData" in name).pose
    keys, values = by_hand(path)
    assert len(keys) == values.shape[1] > 0
    for place, (*_, point, coord) in enumerate(keys):
        a = pose.animals.index(keys[place][1]) if len(keys[place]) == 4 else 0
        k = pose.keypoints.index(point)
        mine = pose.confidence[:, a, k] if coord == "likelihood" else None
        mine = pose.positions[:, a, k, "xy".index(coord)] if mine is None else mine
        np.testing.assert_array_equal(mine, values[:, place].astype(np.float32))


def test_real_marks_tell_the_mice_apart(shared):
    path = shared("deepof/testDLC_csv_table_multi.csv")
    (problem,) = formats.read(path).problems
    assert "14 names with the marks B_, W_" in problem.what
    contents = formats.read(path, animal_marks=["W_", "B_"])
    assert not contents.problems
    pose = contents.pose
    assert (pose.animals, pose.positions.shape) == (("B", "W"), (98, 2, 14, 2))
    table = pd.read_csv(path, header=[0, 1, 2], index_col=0)
    for animal in "BW":
        for coord in "xy":
            column = table.xs((f"{animal}_Tail_base", coord), axis=1, level=[1, 2]).to_numpy()
            mine = pose.positions[:, "BW".index(animal), pose.keypoints.index("Tail_base")]
            np.testing.assert_allclose(mine[:, "xy".index(coord)], column[:, 0], rtol=1e-6)


def test_marks_must_fit(tmp_path):
    path = csv(tmp_path, DLC.replace("nose", "1_nose").replace("tail base", "nose_1"))
    with pytest.raises(FormatError, match="'nose_1' bears none of the marks"):
        dlc_csv.read(path, animal_marks=["1_"])
    with pytest.raises(FormatError, match="'1_nose' bears none of the marks"):
        dlc_csv.read(path, animal_marks=["_1"])
    write_fixed_h5(tmp_path / "bDLC_net.h5")
    with pytest.raises(FormatError, match="names its animals itself"):
        dlc_h5.read(tmp_path / "bDLC_net.h5", animal_marks=["_1"])


@pytest.mark.parametrize("stem", ["bsoid/raw_clip1DLC", "prj_mouse_pain/Videos/shortened"])
def test_real_h5_equals_its_csv(shared, stem):
    folder = shared(stem.rpartition("/")[0])
    start = stem.rpartition("/")[2]
    (table,) = folder.glob(f"{start}*.csv")
    left, right = formats.read(table), formats.read(table.with_suffix(".h5"))
    assert left.recording == right.recording
    np.testing.assert_allclose(left.pose.positions, right.pose.positions, rtol=1e-6)
    np.testing.assert_allclose(left.pose.confidence, right.pose.confidence, rtol=1e-6)


def test_real_fixed_layout(shared):
    pose = formats.read(shared("deepof/testDLC_h5_table_madlc.h5")).pose
    assert pose.animals == ("mouse_black_tail", "mouse_white_tail")
    nose = pose.keypoints.index("Nose")
    # First columns of the file: Nose of the first animal, x 188.547, y 379.996, likelihood .991.
    np.testing.assert_allclose(pose.positions[0, 0, nose], [188.547, 379.996])
    np.testing.assert_allclose(pose.confidence[0, 0, nose], 0.991)


def test_real_mabe_has_no_likelihood(shared):
    pose = formats.read(shared("mabe22_clip/EGS8X2MN4SSUGFWAV976.h5")).pose
    assert pose.confidence is None
    assert pose.animals == ("mouse1", "mouse2", "mouse3")


def test_real_vame_header_is_repaired(shared):
    contents = formats.read(shared("vame/cropped_video.csv"))
    assert contents.recording == "cropped_video"
    assert "repaired" in contents.problems[0].what
    assert contents.pose.keypoints[1] == "Forehand-Left"
    assert contents.pose.roles["Hindhand-Right"] == "right_hindpaw"
    assert len(contents.pose.roles) == 6


def test_real_missing_data_is_nan(shared):
    pose = formats.read(
        shared("dlc_openfield/pose/openfield_dlc_inference_example_missingdata.csv")
    ).pose
    assert np.isnan(pose.positions[0, 0, 0]).all()
    assert np.isnan(pose.confidence[0, 0, 0])
