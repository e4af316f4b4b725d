"""The one more format that ``predict --write`` adds: of bouts, or of whole predictions."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from boutwise import registry
from boutwise.errors import UsageError, did_you_mean
from boutwise.formats._predicted import Origin
from boutwise.inference import Predictor, prediction_bouts
from boutwise.prepare import Material
from boutwise.types import Ethogram, Prediction


def known_format(write: str) -> str:
    """The name of a format that predictions can be written to; hyphens may stand for underscores.

    Raises:
        UsageError: It cannot be written.
        PartError: There is no such format.
    """
    name = write.replace("-", "_")
    part = registry.load("format", name)
    if not _writes(part):
        writable = [n for n in registry.names("format") if _writes(registry.load("format", n))]
        raise UsageError(
            f"the format '{write}' cannot be written", todo=did_you_mean(name, writable)
        )
    return name


def _writes(part: ModuleType) -> bool:
    return hasattr(part, "write") or hasattr(part, "write_prediction")


def refuse_format(write: str, out: Path, ethogram: Ethogram) -> None:
    """Refuse, before hours of work, what the format has no words or no room for.

    Raises:
        UsageError: It cannot hold these behaviors, or cannot be written there.
    """
    part = registry.load("format", write)
    if hasattr(part, "refuse"):
        part.refuse(out, ethogram)


def origin_of(predictor: Predictor, material: Material) -> Origin:
    """What the files of a prediction say of where it came from."""
    bundles = predictor.bundles
    model = " + ".join(f"{bundle.manifest['name']} {bundle.id}" for bundle in bundles)
    size = None if material.scene is None else material.scene.size
    return Origin(material.recording, material.source, model, size)


def written_path(write: str, stem: Path, origin: Origin) -> Path:
    """Where the file of a recording goes.

    Args:
        write: Name of the format.
        stem: Folder and beginning of the names of the recording's other files.
        origin: Of the prediction.

    Raises:
        DataError: The recording lacks what the format needs.
    """
    part = registry.load("format", write)
    if hasattr(part, "prediction_path"):
        path: Path = part.prediction_path(stem.parent, origin)
        return path
    return Path(f"{stem}.{write}{getattr(part, 'SUFFIX', '.csv')}")


def write_format(write: str, path: Path, prediction: Prediction, origin: Origin) -> None:
    """Write a prediction of one recording."""
    part = registry.load("format", write)
    if hasattr(part, "write_prediction"):
        part.write_prediction(path, prediction, origin)
        return
    clocks = {prediction.recording: prediction.clock}
    part.write(path, prediction_bouts(prediction), clocks=clocks)
