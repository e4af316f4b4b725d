"""A first project on simulated mice: from files to bouts, in under a minute.

Run it in an empty folder: ``python first_project.py``. With your own tracks and labels, leave
step 1 out and name your folders in step 2.
"""

from pathlib import Path

import boutwise as bw
from boutwise import api
from boutwise.synthetic import simulate, write


def main(folder: Path) -> Path:
    """Go the whole path in a folder; returns the report."""
    # 1. Files as a lab has them. The last mouse stays without labels.
    mice = simulate("easy", animals=5, minutes=1.0, fps=30, seed=1)
    files = write(mice, folder / "files", truth=True)
    unlabelled = mice[-1].recording.id
    (files / "labels" / f"{unlabelled}.csv").unlink()

    # 2. A project, and an import in two steps: look first, then do it.
    project = api.initialize(folder / "myproject")
    sources = [files / "pose", files / "labels"]
    planned = api.plan_import(project, sources, fps=30, animals=files / "animals.csv")
    for row in planned.rows:
        print(f"{Path(row.file).name:12} {row.kind:8} {row.recording:10} {row.why}")
    api.apply_import(project, planned)

    # 3. What is wrong with the data? Warnings are for you to judge.
    for problem in bw.check(project):
        print(f"{problem.severity}: {problem.what}")

    # 4. What would be done, and why. Fewer trees than usual, of every third frame and with two
    #    lengths of windows, to be quick.
    quick = [
        "members.0.optim.rounds=20",
        "members.0.windows.frame_step=3",
        "members.0.windows.statistics=[0.55, 2.05]",
    ]
    plan = bw.plan(project, "pose", settings=quick)
    for setting, reason in plan.reasons.items():
        print(f"{setting:40} {reason}")

    # 5. Train: each animal is left out once, so the score speaks of animals never seen.
    result = api.train_run(project, plan, out="first")
    headline = result.scores["headline"]
    print(f"{headline['text']}: {headline['estimate']['value']:.2f}")

    # 6. Predict the mouse that nobody labelled.
    bundle = bw.Bundle.open(result.bundle)
    predicted = api.predict_files([bundle], project, folder / "predictions", only="unlabelled")
    print(f"predicted {', '.join(predicted.done)}")

    # 7. Did the model get it right? Score the new bouts against what the mouse really did.
    scores = bw.score(
        files / "truth" / f"{unlabelled}.csv",
        folder / "predictions" / f"{unlabelled}.bouts.csv",
        frames=mice[-1].recording.clock.n_frames,
        fps=30,
    )
    print(f"{unlabelled}: {scores.headline.text}: {scores.headline.estimate.value:.2f}")

    # 8. One page that explains the run.
    report = result.directory / "report.html"
    project.close()
    return report


if __name__ == "__main__":
    print(main(Path.cwd()))
