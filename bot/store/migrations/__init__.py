"""The schema's history, numbered from 0001; a test proves that the sum of all migrations equals `bot.store.tables`.

Write one by hand from `script.py.mako`, and read its warning about locks first. A migration that shipped is never edited. It names
plain SQLAlchemy types, not ours: what a type means may change, what a migration did may not.
"""
