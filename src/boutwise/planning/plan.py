"""The plan: a resolved recipe with reasons, the fingerprint, the folds. Kept as ``plan.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from boutwise import __version__
from boutwise.errors import DataError, RecipeError
from boutwise.formats._prediction import refuse_same_stems
from boutwise.planning.alignment import Late, late_labels, may_align
from boutwise.planning.augmenting import augment_reasons, without_mirrors
from boutwise.planning.fingerprint import Fingerprint, take_fingerprint
from boutwise.planning.folds import WINDOW_S, Dealing, Fold, group_of, make_folds
from boutwise.planning.keypoints import keypoint_reasons
from boutwise.planning.learnable import refuse_one_answer
from boutwise.planning.leaving_out import left_out, recordings_of, refuse_unknown_names
from boutwise.planning.pictures import picture_settings
from boutwise.planning.recipes import load_recipe
from boutwise.planning.refusing import refuse_blind_stopping, refuse_copies, refuse_unheeded
from boutwise.planning.rules import resolve
from boutwise.planning.targets import LabelledSubject, annotator_reasons
from boutwise.planning.trials import ethogram_of, subjects_of, trial_settings
from boutwise.prepare import has_all
from boutwise.project import Project
from boutwise.project.splits import leaks
from boutwise.store import Store
from boutwise.types.plain_yaml import load_yaml
from boutwise.types.recipe import Recipe, parse_recipe


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before anything is trained.

    Attributes:
        recipe: Without any ``auto``.
        reasons: Dotted path of each setting that was ``auto`` -> why it has its value.
        fingerprint: The facts behind it.
        fps: Working rate.
        folds: In order.
        holdout: Groups that are kept apart and evaluated at the end.
        seed: Seeds folds, sampling and learners.
        asked: With a budget the key of the plan before it was fitted to the budget.
        late_labels: Recording -> frames by which its labels are late at its first and last frame,
            where they are put back before they are learned.
    """

    recipe: Recipe
    reasons: dict[str, str]
    fingerprint: Fingerprint
    fps: float
    folds: tuple[Fold, ...]
    holdout: tuple[str, ...]
    seed: int
    asked: str = ""
    late_labels: Late = field(default_factory=dict)

    @property
    def leaks(self) -> bool:
        """Whether frames of one animal are on both sides of the split."""
        return leaks(self.recipe.split.by)

    def dealing(self, n_frames: int) -> Dealing:
        """How a subject of so many frames at the working rate is dealt to the folds."""
        if self.recipe.split.by != "random-window":
            return Dealing(n_frames, self.seed)
        return Dealing(n_frames, self.seed, max(1, round(WINDOW_S * self.fps)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, in the order in which people read them."""
        return {
            "name": self.recipe.name,
            "boutwise": __version__,
            "seed": self.seed,
            **({"asked": self.asked} if self.asked else {}),
            "fps": self.fps,
            "recipe": self.recipe.model_dump(mode="json"),
            "reasons": dict(self.reasons),
            "folds": [{"name": fold.name, "test": list(fold.test)} for fold in self.folds],
            "holdout": list(self.holdout),
            **({"late_labels": _plain(self.late_labels)} if self.late_labels else {}),
            "fingerprint": self.fingerprint.as_dict(),
        }

    def key(self) -> str:
        """Digest of all that decides about the result: equal plans give equal models."""
        plain = self.as_dict()
        plain["fingerprint"].pop("cores")
        return Store.key(plain)

    def save(self, path: Path) -> None:
        """Write ``plan.yaml``; it appears under its name when it is whole."""
        text = yaml.safe_dump(self.as_dict(), sort_keys=False, allow_unicode=True, width=100)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read ``plan.yaml``; it may have been edited.

        Raises:
            RecipeError: A setting does not fit the schema, or is ``auto``.
            DataError: The file is no plan.
        """
        try:
            data, _ = load_yaml(path.read_text(encoding="utf-8"))
            recipe = parse_recipe(data["recipe"], source=str(path))
            plan = cls(
                recipe,
                dict(data["reasons"]),
                Fingerprint.from_dict(data["fingerprint"]),
                float(data["fps"]),
                tuple(Fold(fold["name"], tuple(fold["test"])) for fold in data["folds"]),
                tuple(data["holdout"]),
                int(data["seed"]),
                str(data.get("asked", "")),
                _late(data.get("late_labels", {})),
            )
        except RecipeError:
            raise
        except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"this is not a plan ({str(error) or type(error).__name__:.300})",
                file=path,
                expected="a plan.yaml of a run",
                todo="bring the file back as it was, or begin a new run",
            ) from error
        return plan


def _plain(late: Late) -> dict[str, list[float]]:
    return {recording: list(frames) for recording, frames in late.items()}


def _late(data: Mapping[str, Any]) -> Late:
    return {str(name): (float(first), float(last)) for name, (first, last) in data.items()}


def make_plan(
    project: Project, recipe: str | Path, *, settings: Iterable[str] = (), seed: int = 0
) -> Plan:
    """Plan what to do with a project.

    Args:
        project: With labels, and the pose or videos that the recipe reads.
        recipe: Name or YAML file.
        settings: ``a.b=c`` each.
        seed: Seeds everything random.

    Raises:
        DataError: No labelled recording has what the recipe reads; too few animals; one answer.
        RecipeError: A setting is not of the schema, or this release cannot heed it.
    """
    asked = load_recipe(recipe, settings)
    ethogram = ethogram_of(project, asked.target)
    refuse_unheeded(asked, ethogram)
    refuse_unknown_names(project, asked)
    subjects = usable_subjects(project, asked)
    refuse_one_answer(subjects, ethogram)
    folds, holdout, folds_reason = make_folds(subjects, asked.split, seed)
    groups = group_of(subjects, asked.split.by)
    if not leaks(asked.split.by):
        refuse_copies(project, subjects, groups, asked.reads)
    # Whatever is chosen below knows nothing of the groups that are held out.
    learned = [item for item in subjects if groups[item.subject] not in holdout]
    refuse_blind_stopping(asked, folds, len({groups[item.subject] for item in learned}))
    facts = take_fingerprint(project, ethogram, learned, asked.reads)
    asked, unmirrored = without_mirrors(asked, ethogram, facts.roles)
    fps = sorted(item.recording.clock.fps for item in learned)[len(learned) // 2]
    settled, why = trial_settings(asked, learned) if asked.target.ratings else (asked, {})
    pictured, seen = picture_settings(project, settled, learned, fps)
    resolved, reasons = resolve(pictured, facts, fps)
    reasons |= seen
    reasons = why | reasons
    if resolved.split.folds == "auto":
        reasons["split.folds"] = folds_reason
        split = resolved.split.model_copy(update={"folds": len(folds)})
        resolved = resolved.model_copy(update={"split": split})
    chosen = {}
    if resolved.target.annotators == "auto":
        chosen["annotators"] = "only"
    if resolved.target.align == "auto":
        chosen["align"] = "movement" if may_align(asked.target) else "none"
    target = resolved.target.model_copy(update=chosen)
    resolved = resolved.model_copy(update={"target": target})
    reasons |= annotator_reasons(asked.target, learned) | left_out(project, asked)
    reasons |= unmirrored | augment_reasons(resolved) | keypoint_reasons(facts)
    late, why = late_labels(project, asked.target, learned)
    reasons |= why | {"fps": _rate_reason(facts, fps)}
    return Plan(resolved, reasons, facts, fps, folds, holdout, seed, late_labels=late)


def usable_subjects(project: Project, recipe: Recipe) -> list[LabelledSubject]:
    """The labelled subjects of all recordings that a recipe can read and does not leave out.

    Raises:
        DataError: There is none, or two recordings would write the same files.
    """
    subjects = subjects_of(project, recipe.target, recordings_of(project, recipe))
    if not subjects:
        todo = "import both; 'boutwise import --dry-run' shows which files match"
        if recipe.reads == ("pose",) and any(
            has_all(project, r.id, ("video",)) for r in project.recordings("labelled")
        ):
            todo += "; or learn from the videos alone: --recipe video"
        if recipe.leave_out:
            todo = f"leave out less than leave_out={recipe.leave_out}, or {todo}"
        raise DataError(
            f"no recording has {'both ' * (len(recipe.reads) == 1)}{', '.join(recipe.reads)} "
            "and labels",
            file=project.root,
            todo=todo,
        )
    refuse_same_stems(item.recording.id for item in subjects)
    return subjects


def groups_of_plan(plan: Plan, subjects: list[LabelledSubject]) -> dict[Any, str]:
    """The group of each subject under the plan's split; empty words for a split that leaks."""
    if plan.leaks:
        return {item.subject: "" for item in subjects}
    return group_of(subjects, plan.recipe.split.by)


def _rate_reason(facts: Fingerprint, fps: float) -> str:
    clocks = " and ".join("timestamps" if kind == "pts" else "declared" for kind in facts.clocks)
    if len(facts.rates) == 1:
        return f"working rate: all recordings have {fps:g} frames per second ({clocks})"
    rates = ", ".join(f"{rate:g}" for rate in facts.rates)
    return f"working rate: the median of {rates} frames per second ({clocks}); others are resampled"
