"""Plans: what will be done with a project, every ``auto`` decided, each with its reason.

What lives here: reading recipes and settings, resolving labels of several annotators, the
fingerprint of a project, the rules behind every ``auto``, the folds, and :class:`Plan`, which is
kept as ``plan.yaml`` in a run. May import: ``prepare``, ``learners`` and below; no torch. To add a
rule: one function in ``rules``. To add a recipe: one YAML file in ``boutwise/recipes``.
"""

from boutwise.planning.fingerprint import Fingerprint, take_fingerprint
from boutwise.planning.folds import Fold, test_mask
from boutwise.planning.plan import Plan, make_plan
from boutwise.planning.recipes import load_recipe, recipe_names
from boutwise.planning.targets import LabelledSubject, labelled_subjects

__all__ = [
    "Fingerprint",
    "Fold",
    "LabelledSubject",
    "Plan",
    "labelled_subjects",
    "load_recipe",
    "make_plan",
    "recipe_names",
    "take_fingerprint",
    "test_mask",
]
