"""Plain tables by a mapping."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from boutwise import formats
from boutwise.errors import FormatError


def file(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


NUMBERS = "1,2,3,0.9\n4,5,6,0.8\n"


def test_columns_by_place_without_a_header(tmp_path):
    mapping = {"keypoints": {"nose": [0, 1, 2]}, "unit": "cm", "fps": 20}
    contents = formats.read(file(tmp_path, NUMBERS), mapping=mapping)
    assert (contents.format, contents.fps, contents.recording) == ("pose_table", 20, "t")
    assert contents.pose.unit == "cm"
    assert contents.pose.confidence is None
    assert contents.pose.positions[:, 0, 0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert formats.read(file(tmp_path, NUMBERS), mapping=mapping, fps=30).fps == 30


def test_a_mapping_from_yaml(tmp_path):
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "keypoints:\n  Nase: {x: 0, y: 1, confidence: 3}\nroles: {Nase: nose}\nanimal: m7\n",
        encoding="utf-8",
    )
    for given in (mapping, str(mapping), yaml.safe_load(mapping.read_text(encoding="utf-8"))):
        pose = formats.read(file(tmp_path, NUMBERS), mapping=given).pose
        assert (pose.animals, pose.roles) == (("m7",), {"Nase": "nose"})
        np.testing.assert_allclose(pose.confidence[:, 0, 0], [0.9, 0.8], rtol=1e-6)


def test_named_columns_several_animals_and_decimal_commas(tmp_path):
    text = "# made by hand\nBild;ax;ay;bx;by\n5;1,5;2;;4\n6;1,5;2;3;4\n"
    mapping = {
        "animals": {"a": {"nose": ["ax", "ay"]}, "b": {"nose": ["bx", "by"]}},
        "skip_rows": 1,
        "frame": "Bild",
    }
    contents = formats.read(file(tmp_path, text), mapping=mapping)
    assert contents.row_to_frame.tolist() == [5, 6]
    assert contents.pose.animals == ("a", "b")
    np.testing.assert_array_equal(contents.pose.positions[0, :, 0], [[1.5, 2], [np.nan, 4]])


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"keypoints": {"nose": [0, 9]}}, "no column 9"),
        ({"keypoints": {"nose": ["x", "y"]}}, "'x' is there 0 times"),
        ({"keypoints": {"nose": ["x", "y"]}, "header": False}, "the table has no header"),
        ({"keypoints": {"nose": [0]}}, "keypoints.nose"),
        ({"keypoints": {}}, "give either"),
        ({"keypoints": {"nose": [0, 1]}, "fpss": 20}, "did you mean 'fps'"),
        ({"keypoints": {"nose": {"x": 0, "y": 1, "confidance": 2}}}, "did you mean 'confidence'"),
        ({"keypoints": {"nose": [0, 1, 2], "tail": [0, 1]}}, "'tail' has no z"),
        ({"keypoints": {"nose": [0, 1]}, "fps": -3}, "fps"),
    ],
)
def test_wrong_mappings_are_explained(tmp_path, mapping, words):
    with pytest.raises(FormatError) as caught:
        formats.read(file(tmp_path, NUMBERS), mapping=mapping)
    assert words in str(caught.value)
    assert caught.value.file


@pytest.mark.parametrize("text", ["keypoints: [1, 2", "- 1\n- 2\n", ""])
def test_a_broken_mapping_file_is_named(tmp_path, text):
    mapping = file(tmp_path, text, "map.yaml")
    with pytest.raises(FormatError) as caught:
        formats.read(file(tmp_path, NUMBERS), mapping=mapping)
    assert caught.value.file == str(mapping)


def test_without_a_mapping_it_says_what_to_do(tmp_path):
    with pytest.raises(FormatError, match="--mapping"):
        formats.read(file(tmp_path, NUMBERS), format="pose_table")
    with pytest.raises(FormatError, match="pose_table"):
        formats.read(file(tmp_path, NUMBERS))


def test_real_subtle_pose_by_mapping_equals_its_reader(shared):
    path = shared("subtle/labelled/coords/adult_6112.csv")
    points = ["nose", "neck", "anus", "chest", "rfoot", "lfoot", "rhand", "lhand", "tip"]
    mapping = {
        "keypoints": {name: [3 * i, 3 * i + 1, 3 * i + 2] for i, name in enumerate(points)},
        "fps": 20,
    }
    by_mapping, own = formats.read(path, mapping=mapping).pose, formats.read(path).pose
    np.testing.assert_array_equal(by_mapping.positions, own.positions)
    assert by_mapping.keypoints == own.keypoints
