"""Tables and queries, on SQLite and PostgreSQL alike. Nothing here commits: a service owns the transaction.

`tables/` are the rows; the files beside it hold queries named after what is asked. A session of a talk is opaque bytes here.
Personal text is a `Sealed` column (AES-GCM, key id per district) and is found again only by a keyed blind index.
"""
