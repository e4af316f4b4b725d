"""The command line: words, tables and progress bars, nothing else.

What lives here: one file for each command (``train.py`` is ``boutwise train``; ``importing.py``
is ``boutwise import``, because ``import`` is a Python word). Modules whose name begins with ``_``
serve the commands. May import everything, but only inside the functions: ``boutwise --help`` must
not wait for numpy, and ``check``, ``plan`` and ``score`` must not wait for torch. A command reads
its options, calls one verb of :mod:`boutwise.api` and says what came of it; what it returns is the
object that ``--json`` prints.

To add a command: a file with a function marked ``@command``, and its name in ``_app.COMMANDS``.
``--json``, ``--debug``, the errors and the exit codes come by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Words behind ``boutwise``; by default those of this process.

    Returns:
        The exit code: 0 ok, 1 failed, 2 usage, 3 data problems, 4 partial, 130 interrupted.
    """
    from boutwise.cli._app import run

    return run(arguments)
