"""The verb ``score``: somebody's labels or predictions against somebody's truth, without a project.

What lives here: ``verb`` (the call), ``sources`` and ``frames`` (what is read), ``pairing`` (which
recording, animal and behavior of one side is which of the other). May import: ``formats``,
``metrics`` and below; never torch. To add a preset: an entry in ``metrics``.
"""
