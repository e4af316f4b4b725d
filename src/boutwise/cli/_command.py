"""What every command has: ``--json``, ``--debug``, located errors, exit codes, a calm Ctrl-C."""

from __future__ import annotations

import errno
import inspect
import os
import sys
import traceback
import typing
import warnings
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from boutwise.cli._talk import Talk
from boutwise.errors import BoutwiseError

INTERRUPTED = 130
debugging: ContextVar[bool] = ContextVar("debugging", default=False)
"""Whether errors are shown with their traceback."""

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")
]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show where in the code an error arose.", hidden=True)
]


@dataclass(frozen=True)
class Answer:
    """What came of a command.

    Attributes:
        data: What ``--json`` prints.
        exit_code: 0 ok, 1 failed, 2 usage, 3 data problems, 4 partial.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = 0


def command(function: Callable[..., Answer]) -> Callable[..., int]:
    """Make a command of a function whose first parameter is the :class:`Talk`.

    The function says what it has to say by the talk and returns an :class:`Answer`. Errors that
    boutwise raises on purpose become words on stderr and an exit code; with ``--json`` they are
    the object on stdout as well.
    """

    def run(json: bool, debug: bool, **options: Any) -> int:
        name = function.__module__.rpartition(".")[2]
        talk = Talk({"importing": "import"}.get(name, name), json=json)
        shown = debug or debugging.get() or os.environ.get("BOUTWISE_DEBUG", "") not in ("", "0")
        return _guarded(talk, lambda: function(talk, **options), debug=shown)

    # typer reads the options from the signature, so the wrapper carries the function's own.
    hints = typing.get_type_hints(function, include_extras=True)
    plain = inspect.signature(function).parameters.values()
    parameters = [each.replace(annotation=hints[each.name]) for each in list(plain)[1:]]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("json", Json), ("debug", Debug))
    ]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    run.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": int}
    run.__name__, run.__doc__ = function.__name__, inspect.cleandoc(function.__doc__ or "")
    run.__module__ = function.__module__
    return run


def _guarded(talk: Talk, work: Callable[[], Answer], *, debug: bool) -> int:
    """Do the work; whatever happens ends in one exit code and, with ``--json``, one object."""
    try:
        with talk, warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = talk.warning
            answer = work()
    except KeyboardInterrupt:
        talk.error({"what": "stopped by the user", "todo": talk.on_stop})
        talk.finish({"error": {"kind": "Interrupted", "what": "stopped by the user"}}, INTERRUPTED)
        return INTERRUPTED
    except BoutwiseError as error:
        if debug:
            traceback.print_exc(file=sys.stderr)
        facts = facts_of(error)
        if not debug and "\nTraceback" in str(error.todo):
            # A worker's error carries the worker's traceback.
            todo = str(error.todo).partition("\nTraceback")[0]
            facts["todo"] = f"{todo} (--debug shows where in the code it arose)"
        talk.error(facts | {"where": error.where()})
        talk.finish({"error": {"kind": type(error).__name__, **facts}}, error.exit_code)
        return error.exit_code
    except (BrokenPipeError, typer.Exit, typer.Abort):
        raise
    except OSError as error:
        if debug:
            traceback.print_exc(file=sys.stderr)
        facts = _denied(error)
        talk.error({**facts, "where": facts["file"]})
        talk.finish({"error": {"kind": type(error).__name__, **facts}}, 1)
        return 1
    except Exception as error:
        # A fault of ours. It ends like every other error; the traceback is one option away.
        if debug:
            traceback.print_exc(file=sys.stderr)
        what = f"{type(error).__name__}: {error}"
        todo = "run it again with --debug and report what it prints; it is a fault of boutwise"
        talk.error({"what": what, "todo": todo})
        talk.finish({"error": {"kind": type(error).__name__, "what": what, "todo": todo}}, 1)
        return 1
    talk.finish(answer.data, answer.exit_code)
    return answer.exit_code


def facts_of(error: BoutwiseError) -> dict[str, Any]:
    """What an error says, fact by fact."""
    names = ("what", "file", "row", "recording", "frame", "expected", "todo")
    return {name: getattr(error, name) for name in names}


def _denied(error: OSError) -> dict[str, Any]:
    """What the system refused, in words: no right to write, a file in the way, a full disk."""
    todo = {
        errno.ENOSPC: "make room on the disk, and run the same command again",
        errno.EDQUOT: "make room on the disk, and run the same command again",
        errno.EEXIST: "choose another name: a file is in the way",
        errno.ENOTDIR: "choose another place: a file is where a folder is needed",
        errno.EISDIR: "choose another name: a folder is in the way",
    }.get(error.errno or 0, "check that the place is there and that you may read and write it")
    words = (error.strerror or str(error) or type(error).__name__).lower()
    file = None if error.filename is None else str(error.filename)
    return {"what": f"the system refused: {words}", "file": file, "todo": todo}
