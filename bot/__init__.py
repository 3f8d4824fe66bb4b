"""Hearthline: the line between a student's home and the school team that helps the student."""

__version__ = "0.1.0"
