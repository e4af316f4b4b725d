"""The verb ``import``: files of other tools become recordings, pose and labels of a project.

What lives here: ``verbs`` (the plan), and in their order what a plan does: ``sources`` (which
files), ``reading``, ``draft`` and ``drafts`` (pose to recording), ``video_files``, ``videos`` and
``video_clock`` (video to recording, and its times), ``matching`` and ``matched`` (labels to
recording), ``labels_only`` (labels without pose), ``metadata``, ``patterns`` and ``facts``
(animals, sessions, trials), ``rates``, ``rows`` (which frame each row of pose is), ``recordings``,
``beginnings`` (where labels begin) and ``labels``, ``proposals`` (ethogram and roles),
``strangers`` (files that nobody reads); then ``applying`` carries the plan out. May import:
``formats``, ``video``, ``project`` and below. To read one more format, nothing is added here: it is
a file in ``formats``.
"""
