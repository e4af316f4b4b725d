"""Which of the words behind ``predict`` are bundles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from boutwise.errors import UsageError

if TYPE_CHECKING:
    from boutwise.bundle import Bundle

SUFFIX = ".boutwise"
WHERE = "  where: "
"""Begins the line of an error that says where it arose."""
IN_RUN = f"bundle{SUFFIX}"


def bundle_file(word: str) -> Path | None:
    """The bundle that a word names: a ``.boutwise`` file, or the folder of a run; else None."""
    path = Path(word)
    if path.suffix == SUFFIX:
        return path
    if (path / IN_RUN).is_file():
        return path / IN_RUN
    return None


def opened_bundle(word: str) -> Bundle:
    """Open the bundle that a word names.

    Raises:
        UsageError: It names none.
    """
    from boutwise.bundle import Bundle

    path = bundle_file(word)
    if path is None or not path.is_file():
        raise UsageError(
            f"'{word}' is no bundle",
            expected=f"a {SUFFIX} file, or the folder of a finished run",
            todo="check the path; a run keeps its bundle in runs/<name>/bundle.boutwise",
        )
    return Bundle.open(path)


def divide(words: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Bundles and sources: the bundles come first.

    Raises:
        UsageError: One of the two is missing, or a bundle stands behind a source.
    """
    bundles = [bundle_file(word) for word in words]
    count = next((place for place, path in enumerate(bundles) if path is None), len(words))
    if count == 0 or count == len(words) or any(bundles[count:]):
        what = f"'{words[0]}' is no bundle" if count == 0 else "there is no source"
        if any(bundles[count:]):
            what = "a bundle stands behind a source"
        raise UsageError(
            what,
            expected="BUNDLE... SOURCE...: first bundles, then files, folders or one project",
            todo="check the paths and their order",
        )
    found = [path for path in bundles[:count] if path is not None]
    for path in found:
        if not path.is_file():
            raise UsageError("there is no such bundle", file=path, todo="check the path")
    return found, list(words[count:])


def failures(failed: Mapping[str, str]) -> list[str]:
    r"""What to say of recordings that failed; what is the same of several is said once.

    Args:
        failed: Recording -> the words of its error.

    >>> told = "nothing moves\n  where: {}\n  what to do: train a detector"
    >>> print("\n".join(failures({"a": told.format("a.mp4"), "b": told.format("b.mp4")})))
    failed: a: nothing moves
      where: a.mp4
    failed: b: nothing moves
      where: b.mp4
      what to do: train a detector
    """
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, why in failed.items():
        what, *rest = why.split("\n")
        where = [line for line in rest if line.startswith(WHERE)]
        advice = tuple(line for line in rest if not line.startswith(WHERE))
        alike.setdefault(advice, []).extend([f"failed: {name}: {what}", *where])
    return [line for advice, lines in alike.items() for line in (*lines, *advice)]


def crowded(recordings: Mapping[str, tuple[int, int]]) -> list[str]:
    """What to say of recordings with more animals than any recording of training had.

    Args:
        recordings: Recording -> its animals, and the most in any recording of training.

    >>> crowded({"cage9": (3, 2)})[0][:70]
    'cage9 has 3 animals, and no recording of training had more than 2: eac'
    """
    kinds: dict[tuple[int, int], list[str]] = {}
    for name, numbers in recordings.items():
        kinds.setdefault(numbers, []).append(name)
    found = []
    for (here, trained), names in kinds.items():
        who = names[0] if len(names) == 1 else f"{len(names)} recordings ({names[0]}, ...)"
        found.append(
            f"{who} {'has' if len(names) == 1 else 'have'} {here} animals, and no recording of "
            f"training had more than {trained}: each animal, or pair, is predicted as if the "
            "others were not there, and the bundle's score says nothing of that; to know it, "
            "label some of these recordings and run 'boutwise evaluate'"
        )
    return found
