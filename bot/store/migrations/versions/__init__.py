"""One file a migration: its number, what it is for, and how to undo nothing (we only go forward)."""
