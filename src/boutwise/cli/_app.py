"""All commands in one program, in the order in which a newcomer needs them."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from boutwise import __version__
from boutwise.cli._command import INTERRUPTED, debugging

COMMANDS = {
    "First steps": {"demo": "demo", "doctor": "doctor"},
    "A project": {
        "init": "init",
        "import": "importing",
        "check": "check",
        "agreement": "agreement",
        "plan": "plan",
        "prepare": "prepare",
        "train": "train",
        "report": "report",
        "export": "export",
    },
    "A trained bundle": {"evaluate": "evaluate", "predict": "predict", "bundle": "bundle"},
    "Any files": {"score": "score", "convert": "convert"},
    "What there is": {"recipes": "recipes", "formats": "formats", "features": "features"},
}
"""Panel of the help -> command -> file of this folder."""

# typer brings its own copy of click in new releases; its public exceptions lead to the bases.
_CLICK_ERROR: type[Exception] = typer.BadParameter.__mro__[2]


def build() -> typer.Typer:
    """The program with all its commands."""
    app = typer.Typer(
        name="boutwise",
        help="From pose tracks and labels of mice to ethograms with an honest score.\n\n"
        "Begin with [bold]boutwise demo[/bold]; it needs no data.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Exit codes: 0 ok, 1 failed, 2 usage, 3 data problems, 4 partly done. "
        "--json prints one object.",
    )
    app.callback()(_root)
    for panel, commands in COMMANDS.items():
        for name, file in commands.items():
            module = importlib.import_module(f"boutwise.cli.{file}")
            if hasattr(module, "group"):
                app.add_typer(module.group, name=name, rich_help_panel=panel)
            else:
                app.command(name, rich_help_panel=panel)(module.run)
    return app


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"boutwise {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show where in the code an error arose."),
) -> None:
    debugging.set(debug or os.environ.get("BOUTWISE_DEBUG", "") not in ("", "0"))


def run(arguments: Sequence[str] | None) -> int:
    """Run the program and return its exit code; see :func:`boutwise.cli.main`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a sign shows a question mark instead of failing.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    program = typer.main.get_command(build())
    twice = _said_twice(program, words)
    try:
        if twice:
            raise typer.BadParameter(f"{twice} is given twice, and only one can be meant")
        code = program.main(words, prog_name="boutwise", standalone_mode=False)
    except _CLICK_ERROR as error:
        return _usage_error(error, words)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        print("boutwise: stopped before the work began", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said to it.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return 1
    return code if isinstance(code, int) else 0


def _said_twice(command: Any, words: Sequence[str]) -> str:
    """An option that is given twice, of which the first would be dropped; empty when there is none.

    >>> program = typer.main.get_command(build())
    >>> _said_twice(program, ["convert", "a", "b", "--fps", "30", "--fps=25"])
    '--fps'
    """
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    single = {
        option
        for each in command.params
        if not getattr(each, "multiple", True) and not getattr(each, "is_flag", True)
        for option in each.opts
    }
    seen: set[str] = set()
    for word in words[: words.index("--") if "--" in words else None]:
        option = word.partition("=")[0]
        if option in single and option in seen:
            return option
        seen.add(option)
    return ""


def _usage_error(error: Exception, words: Sequence[str]) -> int:
    code = int(getattr(error, "exit_code", 2))
    show = getattr(error, "format_message", error.__str__)
    what = str(show()).strip()
    if not what:  # no command was given: typer has shown the help
        return code
    name = next((word for word in words if not word.startswith("-")), "")
    if "--json" in words:
        failed = {"kind": "UsageError", "what": what.rstrip("."), "todo": "see --help"}
        print(json.dumps({"command": name, "exit_code": code, "error": failed}))
    known = {word for commands in COMMANDS.values() for word in commands}
    help_of = f" {name}" if name in known else ""
    print(f"error: {what}\n  what to do: see 'boutwise{help_of} --help'", file=sys.stderr)
    return code
