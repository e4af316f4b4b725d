"""Detectors: where the animals are in a picture.

What lives here: one file a detector, named in a recipe by ``detect: {detector: NAME}``. ``pose``
draws boxes around keypoints, ``background`` needs nothing but a mouse that moves before a camera
that does not, ``rtdetr`` is a network with weights that the user gives. May import: ``video``,
``metrics``, ``types`` and below; torch and transformers only inside functions. To add one: a file
with what :mod:`boutwise.prepare.detectors._contract` says; the contract test finds it.
"""

from boutwise.prepare.detectors._contract import Detections, Detector, PictureDetector, Scene

__all__ = ["Detections", "Detector", "PictureDetector", "Scene"]
