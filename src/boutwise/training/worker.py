"""A process that runs one unit: ``python -m boutwise.training.worker RUN UNIT BORN``."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

from boutwise.errors import BoutwiseError
from boutwise.training.pace import PACE, measure_unit
from boutwise.training.units import Unit, run_unit


def _end_with_parent() -> None:
    """The parent holds the other end of standard input; when it dies, reading ends."""

    def watch() -> None:
        # The bare descriptor: a buffered reader would hold a lock when this process ends first.
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(arguments: list[str]) -> int:
    """Run the unit named by the arguments: run folder, unit as JSON, and when it was started."""
    _end_with_parent()
    run, unit = Path(arguments[0]), Unit(**json.loads(arguments[1]))
    try:
        if unit.kind == PACE:
            measure_unit(run, unit, born_s=float(arguments[2]))
        else:
            run_unit(run, unit)
    except BoutwiseError as error:
        sys.stderr.write(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
