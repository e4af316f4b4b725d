"""Put a trained model into one file, with a card that says how good it is."""

from __future__ import annotations

import datetime
import json
import shutil
from pathlib import Path
from typing import Any

from boutwise import __version__, registry
from boutwise.bundle import pack
from boutwise.bundle.bundle import FASTEST, FORMAT, SLOWEST
from boutwise.bundle.ethogram_json import ethogram_as_dict
from boutwise.decision import Decision
from boutwise.planning import Plan
from boutwise.prepare import pose_steps
from boutwise.prepare.picture_steps import describe_pictures, pictures_need
from boutwise.project.splits import LEAKING
from boutwise.training.snapshot import Snapshot, stream_needs
from boutwise.training.trials import trials_need
from boutwise.training.units import FINAL, Unit

CAUTIONS = {
    **dict.fromkeys(LEAKING, "\n**This score leaks: frames of one animal are on both sides.**\n"),
    "recording": "\n**An animal may be on both sides: the score says little of new animals.**\n",
}
"""Split -> what the card must say of it."""

OF_THE_RUN = ("done.json", "error.txt", "work", "curves.csv", "tensorboard")
"""What lies beside a fitted member and is no part of it."""


def build_bundle(
    run: Path, plan: Plan, snapshot: Snapshot, decision: Decision, scores: dict[str, Any]
) -> Path:
    """Write ``bundle.boutwise`` into the run folder."""
    staging = run / FINAL / "bundle"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for member in range(len(plan.recipe.members)):
        source = Unit(FINAL, "", member).directory(run)
        target = staging / "members" / str(member)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*OF_THE_RUN))
    decision.save(staging)
    plan.save(staging / "plan.yaml")
    manifest = _manifest(plan, snapshot, scores)
    (staging / "bundle.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    (staging / "card.md").write_text(card(manifest), encoding="utf-8")
    path = run / "bundle.boutwise"
    pack(staging, path)
    shutil.rmtree(staging)
    return path


def _manifest(plan: Plan, snapshot: Snapshot, scores: dict[str, Any]) -> dict[str, Any]:
    trained = [e for e in snapshot.entries if not e.held_out(plan)]
    animals = {e.subject.animal for e in trained} | {e.subject.target for e in trained} - {""}
    of_poses = pose_steps(plan.recipe.prepare) if plan.recipe.reads_points else ()
    return {
        "format": FORMAT,
        "boutwise": __version__,
        "name": plan.recipe.name,
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "ethogram": ethogram_as_dict(snapshot.ethogram),
        "fps": plan.fps,
        "fps_range": [SLOWEST * plan.fps, FASTEST * plan.fps],
        "prepare": [part.model_dump() for part in of_poses],
        "prepare_versions": [registry.load("preparation", p.part).VERSION for p in of_poses],
        **({"pictures": pictures_need(plan.recipe)} if "video" in plan.recipe.reads else {}),
        "members": stream_needs(plan, snapshot),
        **({"trials": trials_need(plan)} if snapshot.of_trials else {}),
        "roles": snapshot.facts["roles"],
        "keypoints": snapshot.facts.get("keypoints", []),
        "optional_roles": snapshot.facts.get("optional_roles", {}),
        "keypoint_roles": snapshot.facts["keypoint_roles"],
        "n_dims": snapshot.facts["n_dims"],
        "animals": sorted(animals),
        "most_animals": snapshot.facts.get("most_animals"),
        "recordings": sorted({entry.subject.recording for entry in trained}),
        **({"left_out": sorted(plan.recipe.leave_out)} if plan.recipe.leave_out else {}),
        "split": scores["run"],
        "scores": {
            "headline": scores["headline"],
            "frames": scores["frames"],
            "bouts": scores["bouts"],
            "behaviors": scores["behaviors"],
            "baselines": scores["baselines"],
            "null_control": scores["null_control"],
            "cohort_probe": scores["cohort_probe"],
            "people": scores["people"],
            "notes": scores["notes"],
        },
        "independent": f"{scores['facts']['unit']}s",
    }


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _estimate(entry: dict[str, Any], units: str) -> str:
    interval = entry["interval"]
    if interval["low"] is None:
        return f"{_number(entry['value'])} (no interval: {interval['reason']})"
    rough = ", rough" if interval["rough"] else ""
    return (
        f"{_number(entry['value'])} (95 % interval over {interval['n_groups']} {units} "
        f"{interval['low']:.3f} to {interval['high']:.3f}{rough})"
    )


def _beside(scores: dict[str, Any]) -> str:
    """What two people reach, and whether the batch is learned, where a run knows them."""
    asked = (scores.get(key) for key in ("people", "cohort_probe"))
    return "".join(f"- {found['text']}\n" for found in asked if found)


def _optional(manifest: dict[str, Any]) -> str:
    roles = manifest["optional_roles"]
    if not roles:
        return ""
    of = len(manifest["recordings"])
    named = ", ".join(f"{role} ({count} of {of})" for role, count in roles.items())
    return f"\nUsed where they are there, as in some recordings of training: {named}."


def _left_out(manifest: dict[str, Any]) -> str:
    """Recordings that were left out by name."""
    names = manifest.get("left_out", [])
    if not names:
        return ""
    return (
        f"\nLeft out by name, so that nothing here is known of recordings like these: "
        f"{', '.join(names)}."
    )


def _needs(manifest: dict[str, Any]) -> str:
    """Pose, video, or both."""
    found = []
    if manifest["n_dims"]:
        found.append(f"Pose in {manifest['n_dims']}D with the roles {', '.join(manifest['roles'])}")
    if "pictures" in manifest:
        found.append(f"Video ({describe_pictures(manifest['pictures'])})")
    return "; ".join(found)


def card(manifest: dict[str, Any]) -> str:
    """The bundle's card: what it is, what it was trained on, how good it is, what it is not for."""
    scores, split = manifest["scores"], manifest["split"]
    units = manifest.get("independent", "animals")
    rows = "\n".join(
        f"| {row['name']} | {_estimate(row['f1'], units)} | {row['truth_bouts']} "
        f"| {row['n_animals']} |"
        for row in scores["behaviors"]
    )
    baselines = "\n".join(
        f"- {entry['name']}: macro-F1 {_number(entry['macro_f1'])}" for entry in scores["baselines"]
    )
    caution = CAUTIONS.get(split["split"], "")
    return f"""# {manifest["name"]}

Trained by boutwise {manifest["boutwise"]} on {len(manifest["recordings"])} recordings of
{len(manifest["animals"])} animals at {manifest["fps"]:g} frames per second.{_left_out(manifest)}

## How good it is
Split by {split["split"]}, {len(split["folds"])} folds; every number is out of fold.
{caution}
Macro-F1 over frames: {_estimate(scores["frames"]["macro_f1"], units)}
Without background: {_estimate(scores["frames"]["macro_f1_without_background"], units)}

{baselines}
- {scores["null_control"]["text"]}
{_beside(scores)}
| behavior | F1 | bouts | {units} |
|---|---|---|---|
{rows}

## What it needs
{_needs(manifest)}, at
{manifest["fps_range"][0]:g} to {manifest["fps_range"][1]:g} frames per second.{_optional(manifest)}

## What it is not for
Other set-ups, camera views and strains than those it was trained on: there its score is unknown.
"""
