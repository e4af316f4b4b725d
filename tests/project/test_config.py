import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import ProjectError
from boutwise.project import ProjectConfig, config_file
from boutwise.project.config import EthogramSection
from boutwise.types import Behavior, Ethogram, ExclusiveGroup

WHOLE = Ethogram(
    (
        Behavior("no", key="n"),
        Behavior("walk", color="#1f77b4"),
        Behavior("attack", scope="directed"),
        Behavior("flinch", kind="point"),
    ),
    (ExclusiveGroup("posture", ("no", "walk"), "no"),),
    {"running": "walk"},
    {"grimace": (0, 2)},
)


def write(tmp_path, text):
    path = tmp_path / "boutwise.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def fault(tmp_path, text):
    with pytest.raises(ProjectError) as caught:
        config_file.read(write(tmp_path, text))
    return caught.value


def test_an_ethogram_survives_the_file(tmp_path):
    path = tmp_path / "boutwise.yaml"
    config = ProjectConfig(
        ethogram=EthogramSection.of(WHOLE), keypoints={"snout": "nose", "dot": "none"}
    )
    config_file.write(path, config, backups=tmp_path / "backups")
    assert config_file.read(path) == config
    assert config_file.read(path).ethogram.ethogram() == WHOLE
    assert config.roles == {"snout": "nose"}
    assert path.read_text(encoding="utf-8").count("#") > 15


names = st.text("abcdefghijklmnopqrstuvwxyzäß_ 0123456789:#'-", min_size=1, max_size=8)


@given(st.lists(names, min_size=2, max_size=5, unique=True), st.data())
@settings(max_examples=30, deadline=None)
def test_any_name_survives_the_file(tmp_path_factory, behaviors, data):
    folder = tmp_path_factory.mktemp("config")
    background = data.draw(st.sampled_from([*behaviors, ""]))
    ethogram = Ethogram(
        tuple(Behavior(name) for name in behaviors),
        (ExclusiveGroup("g", tuple(behaviors), background),),
    )
    path = folder / "boutwise.yaml"
    config_file.write(path, ProjectConfig(), backups=folder)
    config_file.write(path, ProjectConfig(ethogram=EthogramSection.of(ethogram)), backups=folder)
    assert config_file.read(path).ethogram.ethogram() == ethogram


def test_words_that_yaml_takes_for_truth_values_are_names(tmp_path):
    path = write(tmp_path, "ethogram:\n  behaviors: [no, yes, on, na, 12]\n")
    assert config_file.read(path).ethogram.behaviors == ["no", "yes", "on", "na", "12"]


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("defaults:\n  fsp: 20\n", 2, ["defaults.fsp", "did you mean 'fps'"]),
        ("ethogramm: {}\n", 1, ["ethogramm", "did you mean 'ethogram'"]),
        ("defaults:\n  fps: fast\n", 2, ["defaults.fps", "'fast'"]),
        ("defaults: {fps: -1}\n", 1, ["defaults.fps", "-1"]),
        ("keypoints:\n  snout: nosse\n", 1, ["'nosse' is no role", "'nose'"]),
        ("keypoints: {a: nose, b: nose}\n", 1, ["same role"]),
        (
            "ethogram:\n  behaviors: [walk, rest]\n  groups:\n    g:\n      behavior: [walk]\n",
            5,
            ["ethogram.groups.g.behavior", "did you mean 'behaviors'"],
        ),
        (
            "ethogram:\n  behaviors: [walk, rest]\n  merges: {run: walkk}\n",
            1,
            ["walkk", "did you mean 'walk'"],
        ),
        ("ethogram:\n  behaviors: [walk]\n  keys: {wlk: w}\n", 1, ["'wlk'", "'walk'"]),
        ("ethogram:\n  behaviors: [walk]\n  colors: {walk: red}\n", 3, ["red"]),
        ("defaults: {fps: 20}\ndefaults: {fps: 30}\n", 2, ["'defaults' is there twice"]),
        ("defaults: [\n", 2, ["no YAML"]),
        ("- 1\n", None, ["no mapping"]),
    ],
)
def test_faults_are_located_and_name_the_nearest(tmp_path, text, row, words):
    error = fault(tmp_path, text)
    assert error.row == row
    assert error.file.endswith("boutwise.yaml")
    for word in words:
        assert word in str(error)


def test_no_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ProjectError, match="boutwise init"):
        config_file.read(tmp_path / "boutwise.yaml")


def test_a_rewritten_section_leaves_the_others_alone(tmp_path):
    text = (
        "# our lab's rules\n"
        "defaults:\n  fps: 20   # measured with a stopwatch\n\n"
        "# about behaviors\n"
        "ethogram:\n  behaviors: [walk]  # ask Eva\n\n"
        "# the points of the 2021 network\n"
        "keypoints: {snout: nose}   # checked\n"
    )
    path = write(tmp_path, text)
    config = config_file.read(path)
    section = EthogramSection(behaviors=["walk", "rest"])
    changed = config.model_copy(update={"ethogram": section})
    config_file.write(path, changed, backups=tmp_path / "backups")
    new = path.read_text(encoding="utf-8")
    assert config_file.read(path) == changed
    for kept in ("# our lab's rules", "measured with a stopwatch", "about behaviors"):
        assert kept in new
    assert new.endswith("# the points of the 2021 network\nkeypoints: {snout: nose}   # checked\n")
    # What the rewritten section lost is in the copy.
    copies = list((tmp_path / "backups").iterdir())
    assert [copy.read_text(encoding="utf-8") for copy in copies] == [text]


def test_writing_what_is_there_changes_nothing(tmp_path):
    path = write(tmp_path, "defaults: {fps: 20}\n")
    config_file.write(path, config_file.read(path), backups=tmp_path / "backups")
    assert path.read_text(encoding="utf-8") == "defaults: {fps: 20}\n"
    assert not (tmp_path / "backups").exists()


def test_anchors_are_written_anew_rather_than_torn(tmp_path):
    text = "ethogram: {behaviors: &b [walk, rest], groups: {g: {behaviors: *b}}}\n"
    path = write(tmp_path, text)
    config = config_file.read(path)
    changed = config.model_copy(update={"keypoints": {"snout": "nose"}})
    config_file.write(path, changed, backups=tmp_path / "backups")
    assert config_file.read(path) == changed
