# ruff: noqa: E501 - a row of the table is a line
"""Bad files of other tools: HDF5, JSON, spreadsheets, archives of arrays, Parquet."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from tests.bad_inputs.lab import Kind, Lab, Refused, check_refused, named
from tests.formats._samples import (
    CALMS21,
    INTERVALS,
    PROJECT,
    SAMPLES,
    write_calms21,
    write_h5,
    write_jabs,
    write_mabe,
    write_paws,
    write_project,
    write_sleap,
    write_xlsx,
)

TRACKS = "files/cage 3DLC_resnet50_pawsMay7shuffle1_5000.h5"
IMPORT = ("import", "@", "--fps", "30")


class _Planted:
    """Unpickled, it would touch a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("planted"),))


def made(
    name: str, file: str, make: Callable[[Path], Any], words: str, row: int | None = None
) -> Kind:
    return Kind(
        name,
        file,
        lambda lab: make(lab / file),
        Refused(words, row),
        (*IMPORT, f"@{file}"),
        place=True,
    )


def h5(name: str, make: Callable[[Path], Any], words: str) -> Kind:
    return made(name, TRACKS, make, words)


def then(make: Callable[[Path], Any], change: Callable[[h5py.File], Any]) -> Callable[[Path], None]:
    """A good HDF5 file, and then one thing is done to it."""

    def both(path: Path) -> None:
        make(path)
        with h5py.File(path, "a") as file:
            change(file)

    return both


def cut(make: Callable[[Path], Any], share: float) -> Callable[[Path], None]:
    def short(path: Path) -> None:
        make(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return short


def broken(mark: bytes) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        write_h5(path)
        data = path.read_bytes()
        assert mark in data
        path.write_bytes(data.replace(mark, b"XXXX", 1))

    return spoil


def linked(name: str, link: Any) -> Callable[[h5py.File], None]:
    def replace(file: h5py.File) -> None:
        del file[name]
        file[name] = link

    return replace


def claims(name: str, shape: tuple[int, ...]) -> Callable[[h5py.File], None]:
    """A dataset that says that it has gigabytes, and stores nothing."""

    def replace(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, shape=shape, dtype="f8", chunks=True, compression="gzip")

    return replace


def value(name: str, new: Any) -> Callable[[h5py.File], None]:
    def replace(file: h5py.File) -> None:
        del file[name]
        file[name] = new

    return replace


SLEAP = "files/labels.000_cage 3.analysis.h5"
JABS = "files/cage 3_pose_est_v4.h5"


def project(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        data = json.loads(json.dumps(PROJECT))
        change(data)
        write_project(path, data)

    return make


def raw(content: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content)


def events(data: dict[str, Any], new: Any) -> None:
    data["observations"]["one"]["events"] = new


HEAD = json.dumps({k: PROJECT[k] for k in ("time_format", "project_format_version")})[:-1]
DEEP = (
    f'{HEAD}, "subjects_conf": {{}}, "behaviors_conf": '.encode()
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}"
)


def sheet(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """A spreadsheet of intervals, changed by openpyxl."""

    def make(path: Path) -> None:
        import openpyxl

        write_xlsx(INTERVALS, ";")(path)
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)

    return make


def bomb(path: Path) -> None:
    """A spreadsheet of a few kilobytes that unpacks to a thousand times its size."""
    write_xlsx(INTERVALS, ";")(path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet9.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(30):
            member.write(b" " * (1 << 20))


def arrays(**more: Any) -> Callable[[Path], Any]:
    return lambda path: np.savez(path, **more)


CALMS = "files/calms21_task1_train.json"
NPY = "files/calms21_task1_train.npy"
PARQUET = "files/train_tracking/LabA/11.parquet"


def calms(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """A CalMS21 file of which the second sequence is changed."""

    def make(path: Path) -> None:
        data = json.loads(json.dumps(CALMS21))
        change(list(data["annotator-id_0"].values())[1])
        write_calms21(path, data)

    return make


def parquet(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """A pose file of MABe 2025, changed by pandas."""

    def make(path: Path) -> None:
        write_mabe(path)
        change(pd.read_parquet(path)).to_parquet(path, index=False)

    return make


KINDS = [
    # --- HDF5 of DeepLabCut
    h5("a pickle with a payload in the header", lambda path: write_h5(path, pickle.dumps(_Planted())), "refused"),
    h5("a pickle that names a function", lambda path: write_h5(path, b"cos\nsystem\n(S'touch planted'\ntR."), "refused.*os.system"),
    h5("a pickle that is cut", lambda path: write_h5(path, pickle.dumps([("a", "b", "x")])[:-4]), "refused"),
    h5("a pickle of numbers", lambda path: write_h5(path, pickle.dumps(7)), "no list|refused"),
    h5("an H5 file that is cut", cut(write_h5, 0.5), "cut off|broken|HDF5"),
    h5("an H5 file of zeros", raw(bytes(4000)), "HDF5"),
    h5("an H5 file with a broken table of contents", broken(b"SNOD"), "cut off|broken|HDF5"),
    h5("an H5 file with a head only", cut(write_h5, 0.02), "HDF5"),
    h5("an empty H5 file", raw(b""), "empty"),
    h5("a table that lies in another file", then(write_h5, linked("df_with_missing/table", h5py.ExternalLink("/etc/passwd", "/x"))), "no dataset|outside|broken"),
    h5("a table that is a soft link", then(write_h5, linked("df_with_missing/table", h5py.SoftLink("/nowhere"))), "no dataset|broken"),
    h5("two tables", then(write_h5, lambda file: file.copy("df_with_missing", "other")), "2 tables"),
    # --- HDF5 of SLEAP and JABS
    made("SLEAP tracks that claim 2 GB", SLEAP, then(write_sleap, claims("tracks", (2, 2, 3, 20_000_000))), "claims"),
    made("SLEAP tracks in a raw file outside", SLEAP, then(write_sleap, lambda file: (file.pop("tracks"), file.create_dataset("tracks", (2, 2, 3, 4), "f8", external=[("/etc/passwd", 0, 384)]))), "outside the file"),
    made("SLEAP tracks of text", SLEAP, then(write_sleap, value("tracks", "nothing")), "tracks"),
    made("SLEAP names that are too few", SLEAP, then(write_sleap, value("node_names", np.array([b"nose"]))), "node|shape|names"),
    made("SLEAP names twice", SLEAP, then(write_sleap, value("node_names", np.array([b"nose", b"nose", b"tail"]))), "twice"),
    made("SLEAP tracks that are a soft link", SLEAP, then(write_sleap, linked("tracks", h5py.SoftLink("/nowhere"))), "no format claims|no dataset"),
    made("SLEAP tracks of nothing but NaN", SLEAP, lambda path: write_sleap(path, tracks=np.full((2, 2, 3, 4), np.nan)), "no point"),
    made("a JABS file with other points", JABS, lambda path: write_jabs(path, points=np.zeros((5, 3, 4, 2), np.uint16)), "points|shape|12"),
    made("a JABS file that is cut", JABS, cut(write_jabs, 0.6), "broken|cut off|HDF5"),
    # --- BORIS projects
    made("a project nested 100,000 deep", "files/mice.boris", raw(DEEP), "cannot be read|nested"),
    made("a project that is cut", "files/mice.boris", cut(write_project, 0.6), "cut off|cannot be read"),
    made("a packed project that is cut", "files/mice.boris.gz", cut(write_project, 0.6), "cut off|unpacked"),
    made("a packed project that unpacks to a thousand times its size", "files/mice.boris.gz", lambda path: path.write_bytes(gzip.compress(json.dumps(PROJECT).encode() + b" " * 30_000_000, 1)), "unpacks to more than"),
    made("a project with NaN as a time", "files/mice.boris", project(lambda p: events(p, [[float("nan"), "m1", "rear", "", ""]])), "time|NaN|number|nan"),
    made("a project with infinite times", "files/mice.boris", project(lambda p: events(p, [[float("inf"), "m1", "rear", "", ""]])), "time|infinit|number|inf"),
    made("a project with events of words", "files/mice.boris", project(lambda p: events(p, ["rear", "walk"])), "event"),
    made("a project with an event of two", "files/mice.boris", project(lambda p: events(p, [[1.0, "m1"]])), "event"),
    made("a project whose observations are a list", "files/mice.boris", project(lambda p: p.update(observations=[1])), "observations"),
    made("a project with a START only", "files/mice.boris", project(lambda p: events(p, [[1.0, "m1", "rear", "", ""]])), "STOP|START|end"),
    made("a project with an unknown code", "files/mice.boris", project(lambda p: events(p, [[1.0, "m1", "fly", "", ""]])), "fly"),
    # --- spreadsheets
    made("a spreadsheet that is a zip bomb", "files/Käfig.xlsx", bomb, "unpacks to"),
    made("a spreadsheet with a formula never computed", "files/Käfig.xlsx", sheet(lambda book: book.active.__setitem__("E2", "=A1+1")), "formula.*no result", 2),
    made("a spreadsheet with two full sheets", "files/Käfig.xlsx", sheet(lambda book: book.create_sheet("more").append(["x"])), "2 sheets|sheets hold something"),
    made("a spreadsheet that is cut", "files/Käfig.xlsx", cut(write_xlsx(INTERVALS, ";"), 0.7), "damaged spreadsheet|cannot be read|spreadsheet"),
    made("a spreadsheet of entities", "files/Käfig.xlsx", lambda path: _entities(path), "cannot be read"),
    made("an old spreadsheet", "files/Käfig.xls", raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "spreadsheet"),
    made("an old spreadsheet named like a table", "files/Käfig.csv", raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "old spreadsheet"),
    # --- CalMS21 and MABe 2025
    made("CalMS21 JSON that is cut", CALMS, cut(write_calms21, 0.7), "the file ends|no sequence|has no end"),
    made("CalMS21 JSON with a frame of one mouse", CALMS, calms(lambda s: s["keypoints"].__setitem__(2, s["keypoints"][2][:1])), "a frame has the shape"),
    made("CalMS21 JSON with an unknown code", CALMS, calms(lambda s: s["annotations"].__setitem__(1, 77)), "annotation 77 in"),
    made("CalMS21 JSON with more scores than frames", CALMS, calms(lambda s: s["scores"].append(s["scores"][0])), "'scores' of the sequence .* has 6 frames"),
    made("CalMS21 JSON of features only", CALMS, calms(lambda s: (s.update(features=[[1.0]]), s.pop("keypoints"))), "has no keypoints"),
    made("CalMS21 JSON nested 100,000 deep", CALMS, raw(b'{"g": {"s": {"keypoints": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}}"), "cannot be read|uneven|shape"),
    made("CalMS21 JSON with something behind it", CALMS, lambda path: (write_calms21(path), path.write_bytes(path.read_bytes() + b"{}")), "something follows|stands in the file"),
    made("a CalMS21 NPY with a payload", NPY, lambda path: np.save(path, {"task1/x": {"s": {"keypoints": _Planted()}}}, allow_pickle=True), "is refused: it asks for"),
    made("a CalMS21 NPY that is cut", NPY, cut(write_calms21, 0.8), "ends too early"),
    made("a pose in parquet that is cut", PARQUET, cut(write_mabe, 0.5), "damaged or cut off"),
    made("a pose in parquet with a point twice", PARQUET, parquet(lambda t: pd.concat([t, t[:1]])), "there twice in a frame", 85),
    made("a pose in parquet with a frame in the far future", PARQUET, parquet(lambda t: t.assign(video_frame=[*t.video_frame[:-1], 2**40])), "the frame is", 84),
    made("a pose in parquet with words for x", PARQUET, parquet(lambda t: t.assign(x="left")), "the column 'x' holds"),
    made("a pose whose table does not know it", PARQUET, lambda path: write_mabe(path, video_id="12"), "does not know the video"),
    # --- archives of arrays
    made("arrays of objects, with a payload", "files/tracks.npz", arrays(data=np.array([_Planted()], dtype=object)), "object|pickle|no format claims|claims"),
    made("a PAWS archive with an array of objects", "files/tracks.npz", lambda path: write_paws(path, **{_first_of(path): np.array([_Planted()], dtype=object)}), "object|pickle|format"),
    made("a PAWS archive that is cut", "files/tracks.npz", cut(write_paws, 0.5), "format|damaged|cut|archive"),
]  # fmt: skip


def _first_of(path: Path) -> str:
    """Name of the first array of a good archive."""
    write_paws(path)
    with np.load(path) as found:
        return str(found.files[0])


def _entities(path: Path) -> None:
    """The sheet is a billion laughs."""
    write_xlsx(INTERVALS, ";")(path)
    held = io.BytesIO(path.read_bytes())
    rows = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    with zipfile.ZipFile(held) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if "sheet1" in entry.filename and entry.filename.endswith(".xml"):
                text = re.sub(r"<\?xml[^>]*\?>", "", data.decode())
                text = text.replace("<v>0.5</v>", "<v>&l9;</v>", 1)
                data = f"<!DOCTYPE x [{rows}]>{text}".encode()
            new.writestr(entry, data)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(**named(KINDS))
def test_formats(kind: Kind, lab: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = lab("empty")
    monkeypatch.chdir(fresh.root)
    for module in ("_sheet", "_boris_json"):  # a bomb of megabytes goes off as well
        monkeypatch.setattr(f"boutwise.formats.{module}.MAX_BYTES", 20_000_000)
    kind.damage(fresh)  # type: ignore[arg-type]
    before = fresh.state()
    said = fresh.run(*kind.command, "--strict")
    assert isinstance(kind.out, Refused)
    check_refused(said, kind.out, Path(kind.file).name)
    assert fresh.state() == before
    assert not list(fresh.root.rglob("planted")), "a planted payload was run"
    assert fresh.run("import", "@", "@files/pose", "--fps", "30").code == 0


def test_a_pickle_is_not_read(lab: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = lab("empty")
    monkeypatch.chdir(fresh.root)
    (fresh / "tracks.pickle").write_bytes(pickle.dumps(_Planted()))
    said = fresh.run("import", "@", "@tracks.pickle", "--fps", "30")
    assert said.code == 3
    assert "could run foreign code" in said.out
    assert not (fresh / "planted").exists()


def test_every_sample_has_a_damaged_form(lab: Callable[[str], Lab]) -> None:
    """Whatever format: cut in the middle, it is read as what is left, or refused by name."""
    fresh = lab("empty")
    for number, sample in enumerate(SAMPLES):
        folder = fresh / f"files/sample{number}"
        path = sample.write(folder)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) * 2 // 3])
        said = fresh.run("import", "@", f"@files/sample{number}", "--fps", "30", "--dry-run")
        assert said.code in (0, 3, 4), (sample.name, said.err)
        assert "fault of boutwise" not in said.err, (sample.name, said.err)
