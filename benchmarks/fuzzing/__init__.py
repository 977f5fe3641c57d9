"""Fuzzing of everything that reads files of strangers: see ../fuzz.py."""
