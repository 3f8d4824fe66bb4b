"""The flows: conversations as data."""
