"""Reading and writing ``boutwise.yaml`` so that people keep what they wrote."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from boutwise.errors import ProjectError, did_you_mean
from boutwise.project.config import ProjectConfig
from boutwise.types.plain_yaml import load_yaml, row_of, words_of
from boutwise.types.roles import ROLES

NAME = "boutwise.yaml"
MEND = "mend the file; the folder 'backups' of the project has earlier ones"

_HEAD = """\
# The decisions of this project, for people to read and change.
# Labels, recordings and animals are in project.db; nothing here changes what a person labeled.
"""
_ABOUT = {
    "ethogram": """\
# What is labeled.
#   behaviors: names as in the label files, in the order in which they are shown and predicted
#   directed:  those that one animal does to another (the others are individual)
#   points:    those without a length (one frame)
#   groups:    of a group an animal shows exactly one at a time; its background means 'examined,
#              and none of the others':  posture: {behaviors: [none, rest, walk], background: none}
#   merges:    name in the label files -> behavior it counts as:  flinch: paw_withdraw
#   scales:    ratings and their lowest and highest value:  grimace: [0, 2]
#   keys, colors: on the annotation page and in pictures:  walk: w,  walk: '#1f77b4'
""",
    "keypoints": """\
# Name of each keypoint -> its role, or 'none'. Features ask for roles, not for names:
#   {roles}
""",
    "defaults": """\
# For the import, where neither the command nor the file says otherwise.
#   fps: frames per second;  trial_length: frames;  label_offset: auto or frames;  annotator: name
""",
}


class _Loader(yaml.SafeLoader):
    """YAML in which only true and false are truth values: a behavior may be called 'no'."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|false|False)$"), list("tTfF")
)


def read(path: Path) -> ProjectConfig:
    """Read and check ``boutwise.yaml``.

    Raises:
        ProjectError: With file, row and the nearest name of a misspelt key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectError(
            f"{path.parent} is no boutwise project",
            expected=f"a folder with {NAME}",
            todo=f"run: boutwise init {path.parent}",
        ) from None
    except UnicodeDecodeError as error:
        raise ProjectError(
            "the file is not UTF-8",
            file=path,
            row=error.object[: error.start].count(b"\n") + 1,
            todo="save it as UTF-8",
        ) from None
    return parse(text, path)


def parse(text: str, path: Path | str = NAME) -> ProjectConfig:
    """Check the text of a ``boutwise.yaml``; ``path`` is what errors speak of."""
    try:
        data, node = load_yaml(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise ProjectError(
            f"this is no YAML: {words_of(error)}",
            file=path,
            row=row_of(error),
            todo=MEND,
        ) from None
    data = {} if data is None else data
    if not isinstance(data, Mapping):
        raise ProjectError(
            "the file holds no mapping",
            file=path,
            expected=", ".join(ProjectConfig.model_fields),
            todo=MEND,
        )
    try:
        return ProjectConfig.model_validate(data)
    except ValidationError as error:
        raise _located(error, node, path) from None


def write(path: Path, config: ProjectConfig, *, backups: Path) -> None:
    """Write a configuration; sections that did not change keep every character, comments too.

    Args:
        path: The file; made when it is not there.
        config: What it shall say.
        backups: Folder that gets a copy of the file as it was, when a section is rewritten.
    """
    if not path.exists():
        whole = _HEAD + "".join("\n" + _section(name, config) for name in _ABOUT)
        _aside(path, whole).replace(path)
        return
    old_text = path.read_text(encoding="utf-8-sig")
    old = parse(old_text, path)
    text = old_text
    for name in ProjectConfig.model_fields:
        if getattr(config, name) != getattr(old, name):
            text = _with_section(text, name, _body(name, config))
    if text == old_text:
        return
    if parse(text, path) != config:
        # Anchors or several documents: the sections cannot be taken apart, so write it anew.
        text = _HEAD + "".join("\n" + _section(name, config) for name in _ABOUT)
    new = _aside(path, text)  # where there is no room, nothing has changed yet
    backups.mkdir(exist_ok=True)
    number = len(list(backups.glob("boutwise_*.yaml"))) + 1
    shutil.copyfile(path, backups / f"boutwise_{number:03d}.yaml")
    new.replace(path)


def _aside(path: Path, text: str) -> Path:
    """The new text, whole and on the disk, beside the file that it will replace."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _section(name: str, config: ProjectConfig) -> str:
    roles = textwrap.fill(", ".join(ROLES), 90, subsequent_indent="#   ")
    return _ABOUT[name].replace("{roles}", roles) + _body(name, config)


def _body(name: str, config: ProjectConfig) -> str:
    value = config.model_dump(mode="json")[name]
    return yaml.safe_dump(
        {name: value},
        sort_keys=False,
        allow_unicode=True,
        # Lists in one line, except where every line is a decision of its own.
        default_flow_style=None if name == "ethogram" else False,
        width=96,
    )


def _with_section(text: str, name: str, body: str) -> str:
    lines = text.splitlines(keepends=True)
    heads = [i for i, line in enumerate(lines) if re.match(r"[^\s#\-]", line)]
    mine = [i for i in heads if re.match(rf"(['\"]?){re.escape(name)}\1\s*:", lines[i])]
    if not mine:
        return text.rstrip("\n") + "\n\n" + body
    start = mine[0]
    stop = next((i for i in heads if i > start), len(lines))
    # Comments and blank lines just before the next section speak of that section.
    while stop > start + 1 and re.match(r"\s*(#.*)?$", lines[stop - 1]):
        stop -= 1
    return "".join(lines[:start]) + body + "".join(lines[stop:])


def _located(error: ValidationError, node: Any, path: Path | str) -> ProjectError:
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    place, row = _place(fault["loc"], node)
    words = ".".join(place)
    if fault["type"] == "extra_forbidden":
        return ProjectError(
            f"unknown key '{words}'",
            file=path,
            row=row,
            todo=did_you_mean(place[-1], _keys_beside(place)),
        )
    if fault["type"] == "value_error":
        return ProjectError(str(fault["ctx"]["error"]), file=path, row=row, todo=MEND)
    return ProjectError(
        f"'{words}' cannot be {fault['input']!r:.80}",
        file=path,
        row=row,
        expected=str(fault["msg"]),
        todo=MEND,
    )


def _place(loc: tuple[int | str, ...], node: Any) -> tuple[list[str], int | None]:
    """The steps of a location that the file has, and the row of the last of them."""
    steps: list[str] = []
    row = None
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == str(step)), None)
            if pair is None:
                continue
            steps.append(str(step))
            row, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            steps.append(str(step))
            node = node.value[step]
            row = node.start_mark.line + 1
    return steps or [str(step) for step in loc], row


def _keys_beside(place: list[str]) -> list[str]:
    model: Any = ProjectConfig
    for step in place[:-1]:
        if isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(step)
            model = None if field is None else field.annotation
        elif get_origin(model) in (dict, list):
            model = get_args(model)[-1]
        if get_origin(model) in (Union, UnionType):
            model = get_args(model)[0]
    known = isinstance(model, type) and issubclass(model, BaseModel)
    return list(model.model_fields) if known else []
