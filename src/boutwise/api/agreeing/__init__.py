"""The verb ``agreement``: how well the people agree who labeled the same recordings.

What lives here: ``reading`` (the labels of a recording, annotator by annotator) and ``verb``
(compare them, and write the page). May import: ``report``, ``project`` and below.
"""
