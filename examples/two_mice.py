"""Who does what to whom: a project on simulated pairs of mice, in under a minute.

Run it in an empty folder: ``python two_mice.py``. With your own tracks and labels, leave step 1 out
and name your folders in step 2.
"""

from pathlib import Path

import boutwise as bw
from boutwise import api
from boutwise.synthetic import simulate_pairs, write_pairs


def main(folder: Path) -> Path:
    """Go the whole path in a folder; returns the report."""
    # 1. Files as a lab has them: tracks of two animals each, and labels with agent and target.
    #    In the last recording the tracker has exchanged the mice now and then; nobody labeled it.
    pairs = simulate_pairs("easy", pairs=3, minutes=1.0, seed=1)
    last = simulate_pairs("easy", pairs=4, minutes=1.0, seed=1, swaps_per_minute=3)[-1]
    files = write_pairs([*pairs, last], folder / "files", truth=True)
    (files / "labels" / f"{last.recording.id}.csv").unlink()

    # 2. A behavior is directed when its labels name a target; the import says so.
    project = api.initialize(folder / "myproject")
    sources = [files / "pose", files / "labels"]
    planned = api.plan_import(project, sources, fps=30, animals=files / "animals.csv")
    for note in api.apply_import(project, planned).notes:
        print(f"import: {note}")
    for behavior in project.ethogram.behaviors:
        print(f"{behavior.name:14}{behavior.scope}")

    # 3. Two animals may have changed places in the tracking.
    for problem in bw.check(project):
        if "change places" in problem.what:
            print(f"{problem.recording}: {problem.what}")

    # 4. Train on ordered pairs: each pair of animals is left out once. Few trees, one length of
    #    windows and no mirror images, to be quick.
    quick = [
        "members.0.optim.rounds=20",
        "members.0.windows.statistics=[0.55]",
        "members.0.augment=[]",
    ]
    plan = bw.plan(project, "pose", settings=quick)
    result = api.train_run(project, plan, out="social")
    headline = result.scores["headline"]
    print(f"{headline['text']}: {headline['estimate']['value']:.2f}")

    # 5. Predict the recording that nobody labeled: bouts with animal and target.
    bundle = bw.Bundle.open(result.bundle)
    api.predict_files([bundle], project, folder / "predictions", only="unlabelled")
    name = f"{last.recording.id}.bouts.csv"
    table = (folder / "predictions" / name).read_text(encoding="utf-8").splitlines()
    print(*table[:4], sep="\n")

    # 6. What the mice really did is known here.
    scores = bw.score(
        files / "truth" / f"{last.recording.id}.csv",
        folder / "predictions" / name,
        frames=last.recording.n_frames,
        fps=30,
    )
    print(f"{last.recording.id}: {scores.headline.estimate.value:.2f}")
    report = result.directory / "report.html"
    project.close()
    return report


if __name__ == "__main__":
    print(main(Path.cwd()))
