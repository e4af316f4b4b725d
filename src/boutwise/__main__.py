"""``python -m boutwise`` is ``boutwise``."""

from __future__ import annotations

import sys

from boutwise.cli import main

if __name__ == "__main__":
    sys.exit(main())
