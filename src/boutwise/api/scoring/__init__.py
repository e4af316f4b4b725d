"""The verb ``score``: anybody's labels or predictions against anybody's truth.

What lives here: ``verb`` (the calls); ``sources`` with ``frames``, ``contest``, ``projects`` and
``origins`` (what is read, brought into the one shape of ``labels``); ``aligning`` and ``pairing``
(which recording, animal and behavior of one side is which of the other, and what is left out);
``framing`` (labels on frames); ``labs``. May import: ``formats``, ``metrics`` and below, in
``projects`` also what a project needs; never torch. To add a rule of scoring: an entry in
``metrics/_presets.py``.
"""
