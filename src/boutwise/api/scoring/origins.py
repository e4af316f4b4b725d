"""Which model made a prediction, and which animals it had seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from boutwise.api.scoring.labels import Origin
from boutwise.errors import FormatError

OUT_OF_FOLD = "oof"
MANIFEST = "manifest.json"


def run_origin(run: Path) -> Origin:
    """The origin of out-of-fold predictions: no animal was predicted by a model that saw it."""
    about = _read(run / "scores.json").get("run") or {}
    return Origin(
        f"run '{run.resolve().name}'",
        labels_digest=str(about.get("labels_digest", "")),
        leaks=bool(about.get("leaks")),
    )


def bundle_origin(folder: Path) -> Origin | None:
    """The origin of a folder that ``predict`` wrote; None for any other folder."""
    bundles = _read(folder / MANIFEST).get("bundles")
    if not isinstance(bundles, list) or not bundles:
        return None
    try:
        seen = frozenset(str(animal) for bundle in bundles for animal in bundle["animals"])
        names = " and ".join(f"'{bundle['name']}' ({bundle['id']})" for bundle in bundles)
    except (KeyError, TypeError) as error:
        raise FormatError(
            "the manifest does not say which animals the bundles were trained on",
            file=folder / MANIFEST,
            expected="the manifest.json that 'predict' writes",
            todo="predict again, or move the tables away from this manifest",
        ) from error
    personal = any(bundle.get("personal") for bundle in bundles)
    return Origin(f"bundle {names}", seen=seen, personal=personal)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"the file is no JSON: {error}", file=path) from error
    return data if isinstance(data, dict) else {}
