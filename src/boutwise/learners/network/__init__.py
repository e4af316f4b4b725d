"""Networks: streams -> encoders -> temporal parts -> readout -> heads, fitted on windows of frames.

What lives here: the learner ``network`` (``Learner`` and ``load``) and its parts, one file each:
``encoders`` (from pictures to numbers), ``temporal`` (mix frames in time), ``readouts`` (what is
kept of them), ``heads`` (outputs with their loss), ``losses`` and ``augment``; their signatures are
in ``_contract``. May import: torch, and what ``learners`` may; Lightning never: a trainer comes in
by ``Run.trainer``. This package imports torch only when ``Learner`` or ``load`` is first used, so
that a plan can be made without. To add a part: one file in its folder with the class that
``_contract`` asks for; the contract tests in ``tests/learners/network`` run over it by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boutwise.learners.network._fitted import FittedNetwork
    from boutwise.learners.network._learner import Learner
    from boutwise.learners.network._loading import load

__all__ = ["FittedNetwork", "Learner", "load"]


def __getattr__(name: str) -> Any:
    """Import torch only when a network is really used."""
    if name == "Learner":
        from boutwise.learners.network._learner import Learner

        return Learner
    if name == "FittedNetwork":
        from boutwise.learners.network._fitted import FittedNetwork

        return FittedNetwork
    if name == "load":
        from boutwise.learners.network._loading import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
