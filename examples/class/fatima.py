"""Fatima handed in what she was given, by mistake."""

START = "released"
