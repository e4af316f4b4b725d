"""What a project knows of labels: bouts, observed ranges, ratings and the files they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boutwise.errors import DataError, ProjectError, did_you_mean
from boutwise.project import files, labels, recordings
from boutwise.project.files import FilePart
from boutwise.project.folder import ProjectFolder
from boutwise.project.labels import BoutRevision
from boutwise.project.revisions import Change
from boutwise.types import Bout, Bouts, Ratings


class LabelsOfProject(ProjectFolder):
    """Labels are only added: a change or a deletion is a new revision."""

    def add_bouts(self, bouts: Bouts, *, author: str | None = None) -> list[int]:
        """Add bouts and observed ranges; one that is there already is not added again.

        Args:
            bouts: Of recordings and animals of the project.
            author: Who enters them; the annotator of each, when not given.

        Returns:
            Id of each bout, in order. When it returns, they are on the disk.

        Raises:
            LabelError: Unknown recording, animal or behavior, or an end behind the recording's.
        """
        self._check_labels(bouts)
        rows = [(labels.bout_values(b), author or b.annotator) for b in bouts.rows()]
        pieces = [(labels.observed_values(o), author or o.annotator) for o in bouts.observed]
        with self.database.transaction():
            ids = labels.BOUTS.add(self.database, rows)
            labels.OBSERVED.add(self.database, pieces)
        return ids

    def revise_bout(self, bout_id: int, bout: Bout, *, annotator: str) -> None:
        """Change a bout: a new revision by ``annotator``; the old one stays readable."""
        self._check_labels(Bouts.from_rows([bout]))
        labels.BOUTS.revise(self.database, bout_id, labels.bout_values(bout), author=annotator)

    def delete_bout(self, bout_id: int, *, annotator: str) -> None:
        """Take a bout away: a new revision by ``annotator``; the old ones stay readable."""
        labels.BOUTS.revise(self.database, bout_id, None, author=annotator)

    def bouts(self, recording_id: str | None = None, *, annotator: str | None = None) -> Bouts:
        """Bouts and observed ranges in their newest revision, of one recording or all."""
        found, observed = labels.select(self.database, recording_id, annotator)
        return Bouts.from_rows(found.values(), observed)

    def numbered_bouts(self, recording_id: str | None = None) -> dict[int, Bout]:
        """Bouts by id, in their newest revision."""
        return labels.select(self.database, recording_id, None)[0]

    def bout_history(self, bout_id: int) -> list[BoutRevision]:
        """Every state that a bout had, oldest first."""
        return labels.history(self.database, bout_id)

    def add_ratings(self, ratings: Ratings) -> list[int]:
        """Add ratings; one that is there already is not added again."""
        known = recordings.load(self.database)
        for rating in ratings:
            if rating.recording not in known:
                raise ProjectError(
                    f"a rating speaks of the recording '{rating.recording}'",
                    todo=did_you_mean(rating.recording, known),
                )
        rows = [(labels.rating_values(rating), rating.annotator) for rating in ratings]
        return labels.RATINGS.add(self.database, rows)

    def ratings(self, recording_id: str | None = None) -> Ratings:
        """Ratings in their newest revision, of one recording or all."""
        return labels.select_ratings(self.database, recording_id)

    def annotators(self, recording_id: str | None = None) -> list[str]:
        """Who labeled, sorted."""
        bouts = self.bouts(recording_id)
        return sorted({*bouts.annotator, *(piece.annotator for piece in bouts.observed)})

    def add_label_file(
        self,
        path: str | Path,
        *,
        format: str = "",
        options: Mapping[str, Any] | None = None,
        parts: Sequence[FilePart] = (),
        bouts: Bouts | None = None,
        ratings: Ratings | None = None,
        author: str = "import",
    ) -> Change:
        """Take over a label file: registered and followed in one transaction.

        Reading a changed file again adds what is new in it and marks as deleted what it no longer
        has; what a person entered or changed by other means is left alone.
        """
        bouts = Bouts.from_rows([]) if bouts is None else bouts
        self._check_labels(bouts)
        with self.database.transaction():
            number = files.register(
                self.database, "labels", path, format=format, options=options, parts=parts
            )
            change = labels.BOUTS.follow(
                self.database, number, [labels.bout_values(b) for b in bouts.rows()], author=author
            )
            pieces = [labels.observed_values(piece) for piece in bouts.observed]
            labels.OBSERVED.follow(self.database, number, pieces, author=author)
            rows = [labels.rating_values(rating) for rating in ratings or Ratings()]
            labels.RATINGS.follow(self.database, number, rows, author=author)
        return change

    def rename_animals(
        self, recording_id: str, names: Sequence[str], *, author: str = "import"
    ) -> None:
        """Give the animals of a recording their declared names; its labels get revisions."""
        old = self.recording(recording_id).animals
        if len(names) != len(old) or len(set(names)) != len(names):
            raise DataError(
                f"{', '.join(names)} cannot name the animals",
                recording=recording_id,
                expected=f"{len(old)} different names",
            )
        renamed = dict(zip(old, names, strict=True))
        with self.database.transaction():
            recordings.rename_animals(self.database, recording_id, tuple(names))
            labels.rename_animals(self.database, recording_id, renamed, author=author)

    def _check_labels(self, bouts: Bouts) -> None:
        named = {*bouts.recording, *(piece.recording for piece in bouts.observed)}
        known = recordings.load(self.database, next(iter(named)) if len(named) == 1 else None)
        if not named <= set(known):  # for the message: the nearest of all names
            known = recordings.load(self.database)
        labels.check(bouts, known, self.ethogram)
