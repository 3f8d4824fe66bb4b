"""The usual way: the bot a good engineer would write from the vendors' tutorials, as an honest yardstick.

Flask, the SQLAlchemy ORM, the SDK's own request validator, one transaction a request, gunicorn with threads. It does what a turn of ours does
(signature, dedupe, session, record entry, message, outbox row, commit, 200) without screening, encryption or a hash chain, so it has less to do.
"""
