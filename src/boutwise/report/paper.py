"""What every page is made of: a template, one style sheet, one file that is there or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from boutwise.report.colors import DARK, LIGHT, variables
from boutwise.report.figures.svg import stylesheet


def rendered(template: str, **content: Any) -> str:
    """A page as HTML that needs no other file.

    Args:
        template: File of ``templates`` that extends ``page.html.j2``.
        **content: What it speaks of; a name that is missing is an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("boutwise.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(template).render(style=Markup(style()), **content)


def write_page(path: Path, html: str) -> Path:
    """Write a page in one step; its folder is made when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(html, encoding="utf-8")
    temporary.replace(path)
    return path


def style() -> str:
    """The style sheet: colors for light, dark and print, the page, the figures."""
    light, dark = variables(LIGHT), variables(DARK)
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"@media print{{:root{{color-scheme:light;{light}}}}}"
        f"{stylesheet('page')}{stylesheet('figures')}"
    )
