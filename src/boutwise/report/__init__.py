"""The report: one HTML file that says how good a run is, and what that rests on.

What lives here: ``run_folder`` reads the files of a run, ``sections`` turns them into words, tables
and figures, ``figures`` draws inline SVG, ``templates`` holds the page and its style sheets,
``colors`` the palette. May be imported: :func:`write_report`, and ``boutwise.report.figures`` for
pictures elsewhere. May import everything below ``report``; never a model, never the network. To
add a section, see ``sections/__init__.py``; to add a figure, ``figures/__init__.py``.
"""

from boutwise.report.page import write_report

__all__ = ["write_report"]
