"""Decoders: from smoothed probabilities to yes or no in every frame.

One file a decoder, with a function ``decide(probabilities, ethogram, fps, **options)`` that takes
and returns (frames, behaviors). In an exclusive group it says yes to exactly one behavior a frame.
One that needs thresholds and worths of the behaviors of a group has ``fit(probabilities, known,
ethogram)`` beside it, which finds them in out-of-fold probabilities.
To add one: a file here; the contract test picks it up.
"""
