# ruff: noqa: E501 - a row of the table is a line
"""Bad bundles, recordings that a bundle does not fit, runs that were cut off, and bad scores."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.bad_inputs.lab import Kind, Lab, Refused, check_refused, lines, named, text
from tests.cli.conftest import Boutwise
from tests.conftest import QUICK, make_project

from boutwise import machine

BUNDLE, POSE = "bundle.boutwise", "mouse.csv"
INFO = ("bundle", "info", f"@{BUNDLE}")
PREDICT = ("predict", f"@{BUNDLE}", f"@{POSE}", "--fps", "30", "--out", "@out")
Entries = list[tuple[zipfile.ZipInfo, bytes]]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of simulated mice, with its bundle."""
    from boutwise.planning import make_plan
    from boutwise.training import train

    project = make_project(tmp_path_factory.mktemp("bundle") / "project", animals=3, minutes=0.3)
    result = train(project, make_plan(project, "pose", settings=QUICK), out="run", workers=1)
    return Path(result.directory)


@pytest.fixture(name="made")
def made_fixture(run_folder: Path, tmp_path: Path, boutwise: Boutwise) -> Lab:
    """A bundle and a pose file that it fits, in a folder that is no project."""
    shutil.copyfile(run_folder / "bundle.boutwise", tmp_path / BUNDLE)
    files = run_folder.parents[2] / "project-files" / "pose"
    text = sorted(files.glob("*.csv"))[0].read_text(encoding="utf-8")
    (tmp_path / POSE).write_text("\n".join(text.splitlines()[:93]) + "\n", encoding="utf-8")
    return Lab(tmp_path, boutwise)


def zipped(change: Callable[[Entries], None]) -> Callable[[bytes], bytes]:
    """A damage that works on the members of the archive."""

    def damage(data: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
        change(entries)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries:
                archive.writestr(entry, content)
        return out.getvalue()

    return damage


def more(name: str, content: bytes = b"x", mode: int = 0o644) -> Callable[[bytes], bytes]:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return zipped(lambda entries: entries.append((entry, content)))


def without(part: str) -> Callable[[bytes], bytes]:
    def change(entries: Entries) -> None:
        entries[:] = [one for one in entries if part not in one[0].filename]

    return zipped(change)


def content(part: str, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def damage(entries: Entries) -> None:
        assert any(part in entry.filename for entry, _ in entries)
        entries[:] = [(e, change(c) if part in e.filename else c) for e, c in entries]

    return zipped(damage)


def manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[bytes], bytes]:
    def rewrite(data: bytes) -> bytes:
        loaded = json.loads(data)
        change(loaded)
        return json.dumps(loaded).encode()

    return sealed(content("bundle.json", rewrite))


def sealed(damage: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: resealed(damage(data))


def resealed(data: bytes) -> bytes:
    """With the digests of what is in it now, as another release might have written it."""

    def change(entries: Entries) -> None:
        entries[:] = [one for one in entries if one[0].filename != "digests.json"]
        found = {entry.filename: hashlib.sha256(held).hexdigest() for entry, held in entries}
        entries.append((zipfile.ZipInfo("digests.json"), json.dumps(found).encode()))

    return zipped(change)(data)


def feature_version(loaded: dict[str, Any]) -> None:
    for member in loaded["members"]:
        for stream in member["streams"].values():
            stream["versions"] = [99 for _ in stream["versions"]]


def feature_name(loaded: dict[str, Any]) -> None:
    for member in loaded["members"]:
        for stream in member["streams"].values():
            for part in stream["features"]:
                part["part"] = "phrenology"


def understated(data: bytes) -> bytes:
    """A member that says that it is small, and is not."""
    big = more("members/0/big.bin", bytes(3_000_000))(data)
    return big.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))


def kind(
    name: str, damage: Callable[[bytes], bytes], words: str, command: tuple[str, ...] = INFO
) -> Kind:
    return Kind(name, BUNDLE, damage, Refused(words, file=BUNDLE), command)


PICKLE = b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x0dtouch planted\x85R."
BUNDLES = [
    kind("an empty bundle", lambda data: b"", "not a bundle"),
    kind("a bundle that is no zip", lambda data: b"learned a lot\n" * 50, "not a bundle"),
    kind("a bundle cut in half", lambda data: data[: len(data) // 2], "not a bundle, or it is damaged"),
    kind("a bundle with a byte changed", lambda data: data[:300] + bytes([data[300] ^ 255]) + data[301:], "damaged"),
    kind("a path out of the bundle", more("../evil.txt"), "leads out of it"),
    kind("a path out by backslashes", more("..\\evil.txt"), "leads out of it"),
    kind("an absolute path", more("/tmp/evil.txt"), "leads out of it"),
    kind("a path on a drive", more("C:evil.txt"), "leads out of it"),
    kind("a file twice", more("bundle.json", b"{}"), "twice"),
    kind("a file twice up to case", more("Bundle.JSON", b"{}"), "twice"),
    kind("a link in the bundle", more("members/0/link", b"/etc/passwd", stat.S_IFLNK | 0o777), "link"),
    kind("a zip bomb by its claim", lambda data: data, "unpacks to"),
    kind("a zip bomb by many files", zipped(lambda entries: entries.extend((zipfile.ZipInfo(f"x/{n}"), b"") for n in range(2000))), "unpacks to"),
    kind("a member that understates its size", understated, "damaged|larger than it says"),
    kind("a pickle in the bundle", more("members/0/model.pkl", PICKLE), "'members/0/model.pkl' in the bundle was put there later"),
    kind("no bundle.json", sealed(without("bundle.json")), "no readable bundle.json"),
    kind("a bundle.json that is cut", sealed(content("bundle.json", lambda data: data[:50])), "no readable bundle.json"),
    kind("a bundle.json that is a list", sealed(content("bundle.json", lambda data: b"[1, 2]")), "bundle.json is no mapping"),
    kind("a bundle.json nested 100,000 deep", sealed(content("bundle.json", lambda data: b"[" * 100_000 + b"]" * 100_000)), "no readable bundle.json"),
    kind("a bundle of a newer release", manifest(lambda m: m.update(format=99)), "format 99"),
    kind("a bundle without a key", manifest(lambda m: m.pop("roles")), "has no 'roles'"),
    kind("a bundle of another version of features", manifest(feature_version), "needs version 99 of the feature set 'egocentric'"),
    kind("a bundle of features that are no more", manifest(feature_name), "needs the feature set 'phrenology', which is not here"),
    kind("a bundle with a rate that is a word", manifest(lambda m: m.update(fps="fast")), "does not describe a bundle.*fast"),
    kind("a bundle whose ethogram is a number", manifest(lambda m: m.update(ethogram=7)), "does not describe a bundle"),
    kind("a bundle whose members are none", manifest(lambda m: m.update(members=[])), "does not describe a bundle.*members"),
    kind("a model that was replaced", content("members/0/", lambda data: data[: len(data) // 2]), "'members/0/.*' in the bundle was put there later"),
    kind("a model that is missing", without("members/0/"), "'members/0/.*' is missing in the bundle"),
    kind("a decoder that is missing", without("decode"), "'decode.json' is missing in the bundle"),
    kind("a calibration that was replaced", content("calibrate", lambda data: b'{"kind": "?"}'), "'calibrate.json' in the bundle was put there later"),
    kind("a bundle without digests", without("digests.json"), "no readable digests.json"),
]  # fmt: skip


def claimed(data: bytes) -> bytes:
    """A small bundle whose directory says that a member has 60 GB."""
    out = more("members/0/big.bin", bytes(5000))(data)
    place = out.rfind(b"members/0/big.bin")  # in the central directory
    size = place - 46 + 24
    return out[:size] + (4_000_000_000).to_bytes(4, "little") + out[size + 4 :]


@pytest.mark.timeout(60)
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(**named(BUNDLES))
def test_bundles(kind: Kind, made: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.root)
    if "by its claim" in kind.name:
        monkeypatch.setattr("boutwise.bundle.archive.LARGEST_BYTES", 1 << 30)
    path = made / BUNDLE
    good = path.read_bytes()
    bad = claimed(good) if "by its claim" in kind.name else kind.damage(good)
    path.write_bytes(bad)
    for command in dict.fromkeys((kind.command, PREDICT)):
        check_refused(made.run(*command), kind.out, BUNDLE)
        assert not list(made.root.rglob("*evil*"))
        assert not list(made.root.rglob("planted"))
        assert not (made / "out").exists() or not list((made / "out").glob("*.csv"))
    path.write_bytes(good)
    assert made.run(*INFO).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="memory is limited by POSIX")
def test_a_zip_bomb_does_not_fill_the_memory(made: Lab) -> None:
    bomb = zipfile.ZipInfo("members/0/zeros.bin")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(made / BUNDLE, "a") as archive, archive.open(bomb, "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))
    assert (made / BUNDLE).stat().st_size < 10_000_000
    script = (
        "import resource, sys; from boutwise.cli import main;"
        "resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20));"
        f"sys.exit(main(['bundle', 'info', {str(made / BUNDLE)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert "what to do" in done.stderr
    assert "Traceback" not in done.stderr


def pose(name: str, damage: Callable[[bytes], bytes], out: Refused, *more: str) -> Kind:
    return Kind(name, POSE, damage, out, (*PREDICT, *more))


def renamed(old: str, new: str) -> Callable[[bytes], bytes]:
    return text(lambda t: t.replace(f"{old},", f"{new},"))


def dropped(keypoint: str) -> Callable[[bytes], bytes]:
    def change(rows: list[str]) -> list[str]:
        keep = [place for place, name in enumerate(rows[1].split(",")) if name != keypoint]
        return [",".join(row.split(",")[place] for place in keep) for row in rows]

    return lines(change)


def doubled(rows: list[str]) -> list[str]:
    """Two animals in the file, as DeepLabCut writes them."""
    width = len(rows[0].split(",")) - 1
    names = "individuals," + ",".join(["m1"] * width + ["m2"] * width)
    wide = [row + "," + row.split(",", 1)[1] for row in rows]
    return [wide[0], names, *wide[1:]]


def three_d(rows: list[str]) -> list[str]:
    parts = [row.split(",") for row in rows]
    head = [",".join(["coords"] + ["x", "y", "z", "likelihood"] * ((len(parts[0]) - 1) // 3))]
    wide = []
    for number, row in enumerate(parts):
        cells = [row[0]]
        for place in range(1, len(row), 3):
            extra = row[place] if number < 3 else "1.5"
            cells += [row[place], row[place + 1], extra, row[place + 2]]
        wide.append(",".join(cells))
    return [*wide[:2], *head, *wide[3:]]


FPS = PREDICT.index("--fps")
POSES = [
    pose("a keypoint that is missing", dropped("nose"), Refused("no keypoint has the role nose", code=3, file="mouse")),
    pose("a keypoint of another name", renamed("nose", "schnauze"), Refused("nose|schnauze", code=3, file="mouse")),
    pose("keypoints of another animal", text(lambda t: re.sub(r"\b(nose|tail_base|left_ear|right_ear|neck|center)\b", r"wing_\1", t)), Refused("role", code=3, file="mouse")),
    pose("a pose in 3D", lines(three_d), Refused("2D|features", code=3, file="mouse")),
    pose("a pose without rows", lines(lambda rows: rows[:3]), Refused("no rows", code=3, row=3)),
    pose("a pose that is cut", lambda data: data[:-50], Refused("cells", code=3)),
    pose("a pose without any point", lines(lambda rows: [*rows[:3], *(f"{n}" + "," * rows[2].count(",") for n in range(90))]), Refused("no point", code=3)),
    pose("noise to predict", lambda data: bytes(range(256)) * 40, Refused("format", code=3)),
    pose("nothing to predict", lambda data: b"", Refused("empty", code=3)),
]  # fmt: skip


@pytest.mark.parametrize(**named(POSES))
def test_recordings_that_do_not_fit(kind: Kind, made: Lab) -> None:
    path = made / POSE
    good = path.read_bytes()
    path.write_bytes(kind.damage(good))
    said = made.run(*kind.command)
    check_refused(said, kind.out, "mouse.csv")
    assert not list((made / "out").glob("mouse.*")), "half a prediction was left"
    path.write_bytes(good)
    assert made.run(*PREDICT).data["done"] == ["mouse"]


@pytest.mark.parametrize(
    ("rate", "code", "words"),
    [
        ("0", 2, "frame rate of 0"),
        ("-30", 2, "frame rate of -30"),
        ("nan", 2, "frame rate of nan"),
        ("inf", 2, "frame rate of inf"),
        ("29,97", 2, "--fps"),
        ("thirty", 2, "--fps"),
        ("3", 3, "3 frames per second"),
        ("3000", 3, "frames per second"),
    ],
)
def test_rates_that_cannot_be(rate: str, code: int, words: str, made: Lab) -> None:
    said = made.run(*PREDICT[:FPS], "--fps", rate, *PREDICT[FPS + 2 :])
    assert said.code == code, said.err
    assert words in said.err
    assert "Traceback" not in said.err
    assert "fault of boutwise" not in said.err
    assert "what to do" in said.err
    assert not list((made / "out").glob("mouse.*"))


def test_a_rate_that_is_given_twice(made: Lab) -> None:
    said = made.run(*PREDICT, "--fps", "25")
    assert said.code == 2
    assert "--fps is given twice" in said.err


def test_29_97_is_near_enough_to_30(made: Lab) -> None:
    said = made.run(*PREDICT[:FPS], "--fps", "29.97", *PREDICT[FPS + 2 :])
    assert said.data["done"] == ["mouse"]


def test_two_animals_are_predicted_each_alone(made: Lab) -> None:
    path = made / POSE
    path.write_bytes(lines(doubled)(path.read_bytes()))
    assert made.run(*PREDICT).data["done"] == ["mouse"]
    rows = (made / "out/mouse.bouts.csv").read_text(encoding="utf-8").splitlines()[1:]
    alone = [[r.split(",", 2)[2] for r in rows if f",{name}," in r] for name in ("m1", "m2")]
    assert alone[0] == alone[1] != []


def test_a_calibration_of_another_kind(made: Lab) -> None:
    path = made / BUNDLE
    damage = sealed(content("calibrate", lambda data: b'{"kind": "?"}'))
    path.write_bytes(damage(path.read_bytes()))
    check_refused(made.run(*PREDICT), Refused("calibrate", code=3, file=BUNDLE), BUNDLE)


@pytest.mark.parametrize(
    "damage", ["plan.yaml", "snapshot.json", "labels.parquet", "done.json", "environment.json"]
)
def test_train_resume_meets_a_damaged_run(
    damage: str,
    run_folder: Path,
    tmp_path: Path,
    boutwise: Boutwise,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: 1)
    root = tmp_path / "project"
    shutil.copytree(run_folder.parents[1], root)
    run = root / "runs" / "run"
    for name in ("bundle.boutwise", "scores.json"):
        (run / name).unlink()
    sets = [word for setting in QUICK for word in ("--set", setting)]
    words = ["train", root, *sets, "--out", "run", "--resume"]
    paths = sorted(run.rglob(damage))
    assert paths, sorted(p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file())
    good = paths[0].read_bytes()
    paths[0].write_bytes(good[: len(good) // 2])
    said = boutwise(*words, "--json")
    assert "Traceback" not in said.err
    assert "fault of boutwise" not in said.err, said.err
    if said.code:
        assert said.code in (2, 3), said.err
        assert "what to do" in said.err
        assert run.name in said.err or damage in said.err
        paths[0].write_bytes(good)
        said = boutwise(*words, "--json")
    assert said.code == 0, said.err
    assert (run / "bundle.boutwise").stat().st_size
