"""Training: fit a plan, fold by fold, and know how good the result is.

What lives here: the run folder and its snapshot, the units of work (fold x member), the
out-of-fold scores, the null control, the final fit and the bundle. May import: ``planning`` and
below; Lightning only in ``_lightning``. A unit reads the snapshot only, never the database, so
that it can run in any process on any machine that sees the run folder.
"""

from boutwise.training.opening import FINISHED
from boutwise.training.run import RunResult, train

__all__ = ["FINISHED", "RunResult", "train"]
