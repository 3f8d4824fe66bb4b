"""Catalogues and translators.

`<lang>/LC_MESSAGES/*.po` hold what the bot itself says, written by people. Translators (behind `base.Translator`) are for what
people say to each other; the original is always kept and shown, and a machine's work is always labelled.
"""
