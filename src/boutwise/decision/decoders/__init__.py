"""Decoders: from smoothed probabilities to yes or no in every frame.

One file a decoder, with a function ``decide(probabilities, ethogram, fps, **options)`` that takes
and returns (frames, behaviors). In an exclusive group it says yes to exactly one behavior a frame.
To add one: a file here; the contract test picks it up.
"""
