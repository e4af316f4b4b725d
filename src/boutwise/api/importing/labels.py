"""Fifth step of an import: label files onto the frames of their recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from boutwise import formats
from boutwise.api.importing.beginnings import offset_of, tell_other_count, trial_of
from boutwise.api.importing.draft import Draft, names_of
from boutwise.api.importing.label_names import (
    animals_by_name,
    names_in,
    refuse_all_bad,
    refuse_strangers,
)
from boutwise.api.importing.matched import Matched, label_row, report
from boutwise.api.importing.metadata import Metadata
from boutwise.api.importing.reading import ImportOptions, ReadFile, problem_of
from boutwise.api.importing.sources import real
from boutwise.api.importing.types import ImportPlan, PlannedLabels
from boutwise.errors import BoutwiseError, did_you_mean
from boutwise.project import FilePart, Project
from boutwise.types import (
    Bouts,
    Ethogram,
    Observed,
    Problem,
    Rating,
    Ratings,
    Recording,
    Severity,
)


@dataclass
class LabelPlanner:
    """Turns matched tracks into planned label files.

    Attributes:
        project: The project.
        drafts: Recordings with the names of their pose tracks.
        recordings: The same with clock, animals and trials.
        options: What the user said.
        plan: Gets rows and problems.
        annotator: Of ``boutwise.yaml``, for files that name none.
        metadata: Tables that the user gave.
    """

    project: Project
    drafts: Mapping[str, Draft]
    recordings: Mapping[str, Recording]
    options: ImportOptions
    plan: ImportPlan
    annotator: str = ""
    metadata: Metadata = field(default_factory=Metadata)
    _taken: dict[tuple[str, int | None, str, str], str] = field(default_factory=dict)

    def run(self, matched: Sequence[Matched]) -> list[PlannedLabels]:
        """Convert all tracks, file by file."""
        self._take_what_is_there({one.file.path.resolve() for one in matched})
        known: dict[Path, str] = {}
        spoke_of: dict[Path, set[str]] = {}
        for old_file in self.project.files():
            if old_file.kind == "labels":
                known[real(old_file.path)] = old_file.digest
                spoke_of.setdefault(real(old_file.path), set()).add(old_file.recording)
        files: dict[Path, list[Matched]] = {}
        for one in matched:
            files.setdefault(one.file.path, []).append(one)
        planned = []
        for path, mine in files.items():
            old = known.get(path.resolve())
            digest = mine[0].file.digest
            news = "new" if old is None else "unchanged" if old == digest else "changed"
            parts, tables = [], []
            for one in mine:
                converted = self._rated(one, news) if one.only_rated else self._convert(one, news)
                if converted is not None:
                    parts.append(converted[0])
                    tables.append(converted[1])
            if parts:
                file = mine[0].file
                taken = {part.recording for part in parts}
                lost = spoke_of.get(path.resolve(), set()) - taken - {""}
                refused = {one.match.id for one in mine} & lost
                self._no_longer(path, lost - refused, news)
                self._refused_in(path, refused)
                planned.append(
                    PlannedLabels(
                        path,
                        file.found.format,
                        {name: told for name, told in file.options.items() if name != "member"},
                        tuple(parts),
                        Bouts.concatenate(tables),
                        self._all_ratings(mine),
                    )
                )
        return planned

    def _no_longer(self, path: Path, lost: set[str], news: str) -> None:
        """Recordings of which a file had labels and now has none: they would lose them."""
        if not lost:
            return
        some = ", ".join(sorted(lost)[:5]) + (", ..." if len(lost) > 5 else "")
        same = news == "unchanged"
        problem = report(
            self.plan,
            path,
            f"the labels of {len(lost)} recordings came from this file, and it has none of them "
            f"now: {some}",
            expected="labels of the same recordings as when it was imported" if same else "",
            todo="give the same options (mapping, patterns, trials) as then"
            if same
            else "nothing, if they were taken out of the file; else mend it",
            severity=Severity.BLOCKING if same else Severity.WARNING,
        )
        if same:  # the file has not changed, so how it is read has
            self.plan.contradictions.append(problem)

    def _refused_in(self, path: Path, refused: set[str]) -> None:
        """Recordings whose labels in a file are refused: they must not lose what they have."""
        if refused:
            problem = report(
                self.plan,
                path,
                f"the labels of {', '.join(sorted(refused))} in this file are refused, and the "
                "project has labels from it; entering the others would take those away",
                expected="labels that can be taken, of all recordings of the file",
                todo="mend the labels that are named beside this, and import the file again",
            )
            self.plan.contradictions.append(problem)

    def _rated(self, one: Matched, news: str) -> tuple[FilePart, Bouts]:
        """A recording of which a file has ratings or boxes only."""
        boxes = one.file.contents is not None and one.file.contents.boxes is not None
        what = "boxes" if boxes else "ratings"
        row = label_row(one.file, one.track, True, f"{what}: {one.match.why}")
        self.plan.rows.append(replace(row, recording=one.match.id, news=news))
        return FilePart(one.match.id), Bouts.from_rows([])

    def _all_ratings(self, mine: Sequence[Matched]) -> Ratings:
        """Ratings of all recordings of a file."""
        files: dict[str, list[Matched]] = {}
        for one in mine:
            files.setdefault(one.file.found.member, []).append(one)
        return Ratings.concatenate(
            self._ratings(group[0].file, {one.track.recording: one.match.id for one in group})
            for group in files.values()
        )

    def _take_what_is_there(self, reading: set[Path]) -> None:
        """Label files of the project that are not read again keep their place."""
        for file in self.project.files():
            if file.kind != "labels" or real(file.path) in reading or not file.path.exists():
                continue
            bouts = self.project.bouts(file.recording, annotator=file.annotator)
            mine = {b.behavior for b in bouts.rows() if b.source == file.path.name}
            for name in mine:
                self._taken[file.recording, file.trial, file.annotator, name] = str(file.path)

    def _convert(self, one: Matched, news: str) -> tuple[FilePart, Bouts] | None:
        recording, path = self.recordings[one.match.id], one.file.path
        row = replace(label_row(one.file, one.track, False, ""), recording=recording.id, news=news)
        annotator = one.track.annotator or self.annotator
        row = replace(row, annotator=annotator)
        try:
            animals = self._animals(recording, names_in(one.track))
            refuse_strangers(names_in(one.track), recording, animals)
            tell_other_count(one, recording, self.plan)
            used, proposed = offset_of(one, recording, self.options.label_offset, self.plan)
            bouts, problems = formats.labels_to_bouts(
                one.track,
                recording,
                annotator=annotator,
                source=path.name,
                offset_frames=used,
                animal_map=animals,
                strict=False,
            )
            refuse_all_bad(one.track, bouts, problems, recording)
        except BoutwiseError as error:
            self.plan.rows.append(replace(row, why=error.what))
            self.plan.problems.append(self._trial_hint(problem_of(error, path, recording.id), one))
            return None
        self.plan.problems += [replace(problem, file=str(path)) for problem in problems]
        twice = self._twice(recording.id, one.track.trial, annotator, bouts, path)
        if twice:
            self.plan.rows.append(replace(row, why=twice))
            report(self.plan, path, twice, recording=recording.id, todo="name the annotators")
            return None
        trial = trial_of(one.track, recording)
        self.plan.rows.append(
            replace(
                row,
                matched=True,
                why=one.match.why,
                offset_frames=used if one.track.n_rows is not None else None,
                proposed_offset_frames=proposed,
            )
        )
        first = (trial.first_frame if trial else 0) + used
        part = FilePart(
            recording.id,
            trial=one.track.trial,
            n_rows=one.track.n_rows,
            first_frame=first if one.track.n_rows is not None else None,
            annotator=annotator,
        )
        return part, bouts

    def _animals(self, recording: Recording, names: Sequence[str]) -> dict[str, str]:
        draft = self.drafts[recording.id]
        return animals_by_name(names, draft, recording, self.metadata.animals_of(names_of(draft)))

    def _twice(
        self, recording: str, trial: int | None, annotator: str, bouts: Bouts, path: Path
    ) -> str:
        """Why these labels are those of another file; else they take their place."""
        keys = [(recording, trial, annotator, name) for name in sorted(set(bouts.behavior))]
        others = {self._taken[key] for key in keys if key in self._taken} - {str(path)}
        if others:
            who = f"by {annotator} " if annotator else ""
            return f"{sorted(others)[0]} has labels {who}of the same behaviors and frames"
        self._taken |= dict.fromkeys(keys, str(path))
        return ""

    def _trial_hint(self, problem: Problem, one: Matched) -> Problem:
        recording, trial, n_rows = self.recordings[one.match.id], one.track.trial, one.track.n_rows
        if trial is None or recording.trials or not n_rows:
            return problem
        whole, left = divmod(recording.n_frames, n_rows)
        if left or whole < trial:
            return problem
        grid = f"{recording.n_frames} frames are {whole} x {n_rows}"
        return replace(problem, todo=f"{grid}: give --trial-length {n_rows}, or --trials")

    def _ratings(self, file: ReadFile, ids: Mapping[str, str]) -> Ratings:
        if file.contents is None:
            return Ratings()
        rows: list[Rating] = []
        for rating in file.contents.ratings:
            name = ids.get(rating.recording or file.contents.recording)
            if name is None:
                what = f"a rating without a recording: '{rating.recording}'"
                report(self.plan, file.path, what)
                continue
            recording = self.recordings[name]
            animals = self._animals(recording, [rating.animal])
            animal = animals.get(rating.animal, rating.animal)
            if not animal and len(recording.animals) == 1:
                animal = recording.animals[0]
            rows.append(replace(rating, recording=name, animal=animal))
        return Ratings(tuple(rows))


def keep_known(labels: PlannedLabels, ethogram: Ethogram, plan: ImportPlan) -> PlannedLabels:
    """Leave out labels whose behavior the ethogram does not know, and report each once."""
    known = {*ethogram.names, *ethogram.merges}
    pieces: list[Observed] = list(labels.bouts.observed)
    rows = list(labels.bouts.rows())
    named = dict.fromkeys([b.behavior for b in rows])
    unknown = [name for name in named if name not in known]
    for name in unknown:
        count = sum(bout.behavior == name for bout in rows)
        report(
            plan,
            labels.path,
            f"'{name}' is not in the ethogram; its labels are left out ({count})",
            expected="a behavior or a merge of boutwise.yaml",
            todo=f"{did_you_mean(name, known)} -- or add it to boutwise.yaml, and import again",
        )
    # A behavior that a file examined but never labeled may be missing in silence: nothing is lost.
    kept = Bouts.from_rows(
        (bout for bout in rows if bout.behavior in known),
        (piece for piece in pieces if piece.behavior in known),
    )
    return replace(labels, bouts=kept)
