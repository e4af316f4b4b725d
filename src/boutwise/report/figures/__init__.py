"""Figures as inline SVG: ethogram rasters, confusion, curves, dots.

Each function takes plain numbers and returns one ``<svg>`` as a string. Colors come from the CSS
variables of the page, so that a figure follows light and dark; :func:`standalone` makes a file of
a figure. May be imported: the names below. A new figure is one module here with one function, and
its name in ``__all__``.
"""

from boutwise.report.figures.agreement import agreement_scatter
from boutwise.report.figures.clocks import clock_offsets
from boutwise.report.figures.confusion import confusion_map
from boutwise.report.figures.curves import precision_recall, reliability
from boutwise.report.figures.dots import interval_bar, score_dots, score_scale
from boutwise.report.figures.epochs import Line, epoch_lines
from boutwise.report.figures.patterns import swatch_key
from boutwise.report.figures.raster import Lane, Track, ethogram_raster
from boutwise.report.figures.strips import event_strips, ratio_rows
from boutwise.report.figures.svg import standalone

__all__ = [
    "Lane",
    "Line",
    "Track",
    "agreement_scatter",
    "clock_offsets",
    "confusion_map",
    "epoch_lines",
    "ethogram_raster",
    "event_strips",
    "interval_bar",
    "precision_recall",
    "ratio_rows",
    "reliability",
    "score_dots",
    "score_scale",
    "standalone",
    "swatch_key",
]
