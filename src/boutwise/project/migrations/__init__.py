"""Numbered SQL files; each is applied once, in order. Never change one that was released."""
