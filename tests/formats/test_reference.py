"""The page on file formats names every format and every option."""

from __future__ import annotations

from pathlib import Path

import pytest

from boutwise import formats, registry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "formats.md"


@pytest.mark.parametrize("name", registry.names("format"))
def test_every_format_and_option_is_on_the_page(name):
    page = PAGE.read_text(encoding="utf-8")
    assert f"| `{name}`" in page or f"`{name}` |" in page
    missing = [option for option in formats.options_of(name) if f"`{option}" not in page]
    assert missing == []
