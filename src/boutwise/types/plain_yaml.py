"""YAML that people wrote, and nothing that only YAML could mean.

PyYAML takes the last of two equal keys in silence, follows a file that refers to itself, writes out
a list of lists of lists until the memory is full, and runs out of stack where brackets nest. All of
that is an error here, with its row; so is every tag that asks for a Python object.
"""

from __future__ import annotations

from typing import Any

import yaml

MAX_DEPTH = 50
MAX_NODES = 200_000
MAX_CHARACTERS = 20_000_000


class _Fault(yaml.MarkedYAMLError):
    """A fault of ours, with a mark like those of PyYAML."""

    def __init__(self, problem: str, mark: Any = None) -> None:
        super().__init__(None, None, problem, mark)


def load_yaml(text: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> tuple[Any, Any]:
    """Read one YAML document.

    Args:
        text: The document.
        loader: A safe loader with other rules for plain words.

    Returns:
        The data (None for an empty document), and the tree of nodes with their marks.

    Raises:
        yaml.MarkedYAMLError: It is no YAML, holds a key twice, or means more than it says.

    >>> load_yaml("fps: 30")[0]
    {'fps': 30}
    """
    if len(text) > MAX_CHARACTERS:
        raise _Fault(f"it has {len(text)} characters, more than a person writes")
    try:
        reader = loader(text)
        node = reader.get_single_node()
        _size(node, {}, set())
        return (None if node is None else reader.construct_document(node)), node
    except RecursionError:
        raise _too_deep(text, loader) from None
    except yaml.reader.ReaderError as error:
        row = f" in row {text[: error.position].count(chr(10)) + 1}" if error.position else ""
        raise _Fault(f"a character that text cannot hold{row}: {error.reason}") from None
    except (ValueError, OverflowError) as error:  # such as the 31st of February
        raise _Fault(str(error)) from None


def row_of(error: Exception) -> int | None:
    """Row of the file that an error of YAML speaks of, counted from 1."""
    mark = getattr(error, "problem_mark", None)
    return None if mark is None else int(mark.line) + 1


def words_of(error: Exception) -> str:
    """What is wrong, in one line."""
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _too_deep(text: str, loader: type[yaml.SafeLoader]) -> _Fault:
    """Where brackets in brackets in brackets go too deep; its events come without recursion."""
    depth, mark = 0, None
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            mark = event.start_mark
            break
    return _Fault(f"it is nested more than {MAX_DEPTH} deep", mark)


def _size(node: Any, known: dict[int, int], above: set[int]) -> int:
    """How many values a node stands for when every reference is written out."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) in known:
        return known[id(node)]
    if id(node) in above:
        raise _Fault("it refers to itself", node.start_mark)
    if isinstance(node, yaml.MappingNode):
        _refuse_twins(node)
        parts = [part for pair in node.value for part in pair]
    else:
        parts = list(node.value)
    if len(above) >= MAX_DEPTH:
        raise _Fault(f"it is nested more than {MAX_DEPTH} deep", node.start_mark)
    size = 1 + sum(_size(part, known, above | {id(node)}) for part in parts)
    if size > MAX_NODES:
        raise _Fault(f"its references stand for more than {MAX_NODES} values", node.start_mark)
    known[id(node)] = size
    return size


def _refuse_twins(node: yaml.MappingNode) -> None:
    """YAML takes the last of two equal keys and drops the first in silence; we do not."""
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value != "<<":
            if key.value in seen:
                raise _Fault(f"'{key.value}' is there twice", key.start_mark)
            seen.add(key.value)
