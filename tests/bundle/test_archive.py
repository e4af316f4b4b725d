"""Bundles as files: the same bytes each time, and nothing planted gets out of them."""

from __future__ import annotations

import zipfile

import pytest

from boutwise.bundle import Bundle, archive, pack, unpack
from boutwise.errors import BundleError


def folder(root):
    (root / "members" / "0").mkdir(parents=True)
    (root / "bundle.json").write_text('{"format": 1}', encoding="utf-8")
    (root / "members" / "0" / "model.txt").write_text("tree\n" * 100, encoding="utf-8")
    return root


def test_packing_twice_gives_the_same_bytes_and_unpacks_whole(tmp_path):
    source = folder(tmp_path / "source")
    for name in ("a", "b"):
        pack(source, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    unpack(tmp_path / "a", tmp_path / "out")
    again = (tmp_path / "out" / "members" / "0" / "model.txt").read_text(encoding="utf-8")
    assert again == "tree\n" * 100
    assert not list(tmp_path.glob(".*tmp"))


def planted(path, name, data=b"x"):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, data)
    return path


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "C:/evil"])
def test_a_path_that_leads_out_is_refused(tmp_path, name):
    (tmp_path / "out").mkdir()
    with pytest.raises(BundleError, match="leads out"):
        unpack(planted(tmp_path / "b.boutwise", name), tmp_path / "out")
    assert not (tmp_path / "evil.txt").exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_BYTES", 1000)
    path = tmp_path / "b.boutwise"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bundle.json", b"0" * 5000)
    with pytest.raises(BundleError, match="unpacks to"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out" / "bundle.json").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_a_broken_file_is_refused_with_a_hint(tmp_path, content):
    path = tmp_path / "b.boutwise"
    path.write_bytes(content)
    with pytest.raises(BundleError, match="copy it again"):
        Bundle.open(path)


def test_a_missing_file_and_another_format_are_named(tmp_path):
    with pytest.raises(BundleError, match="no such bundle"):
        Bundle.open(tmp_path / "none.boutwise")
    source = folder(tmp_path / "source")
    (source / "bundle.json").write_text('{"format": 99, "boutwise": "9.0"}', encoding="utf-8")
    pack(source, tmp_path / "b.boutwise")
    with pytest.raises(BundleError, match=r"format 99(.|\n)*boutwise 9.0"):
        Bundle.open(tmp_path / "b.boutwise")
