"""Results do not lie where the next prediction looks for its sources."""

from __future__ import annotations

import pytest

from boutwise import api
from boutwise.errors import UsageError


@pytest.mark.parametrize("place", [".", "results", "deep/er"])
def test_a_folder_of_sources_is_no_place_for_results(tmp_path, place):
    films = tmp_path / "films"
    films.mkdir()
    with pytest.raises(UsageError, match="predicted the next time"):
        api.predict_files([tmp_path / "no.boutwise"], [films], films / place)
