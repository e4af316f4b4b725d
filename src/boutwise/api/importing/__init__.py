"""The verb ``import``: files of other tools become recordings, pose and labels of a project.

What lives here: ``verbs`` (plan and apply), and in their order what a plan does: ``sources`` (which
files), ``reading``, ``matching`` (file to recording), ``metadata`` (animals, sessions, trials),
``recordings``, ``labels``, ``proposals`` (ethogram and roles), ``strangers`` (files that nobody
reads). May import: ``formats``, ``project`` and below. To read one more format, nothing is added
here: it is a file in ``formats``.
"""
