"""Options of parts, as their functions take them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from boutwise import registry
from boutwise.errors import RecipeError, did_you_mean
from boutwise.types.recipe import Part


def refuse_options(kind: str, part: Part, function: str, taken: Sequence[str] = ()) -> None:
    """Refuse an option that a part does not have: it would end a run, some only after all folds.

    Args:
        kind: Of the part.
        part: As the recipe has it.
        function: Of its module, whose keyword arguments are the options.
        taken: Keyword arguments that are no options.

    Raises:
        PartError: There is no such part.
        RecipeError: It has no such option; the message has the nearest name.
    """
    signature = inspect.signature(getattr(registry.load(kind, part.part), function))
    known = [p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
    known = [name for name in known if name not in taken]
    for option in part.options:
        if option not in known:
            raise RecipeError(
                f"the {kind} '{part.part}' has no option '{option}'",
                expected=", ".join(known) or "no options",
                todo=did_you_mean(option, known),
            )
