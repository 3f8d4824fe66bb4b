"""The floor under every durable turn: one INSERT of one row and its commit, SQLAlchemy Core with the driver we use.

PostgreSQL: 8 threads, synchronous_commit on. SQLite: 1 thread, WAL, synchronous FULL.
"""

from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from bench.usual_way.app import make_engine

metadata = sa.MetaData()
ROWS = sa.Table(
    "bare_commit",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("contact_id", sa.Integer),
    sa.Column("body", sa.Text),
    sa.Column("created", sa.Float),
)
BODY = "Usted conoce mejor a su hija. Le encanta dibujar y contar cuentos a su hermano. " * 2


def commits_per_second(url: str, seconds: float) -> float:
    engine = make_engine(url)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    insert = sa.insert(ROWS).inline()
    threads = 1 if url.startswith("sqlite") else 8
    counts = [0] * threads
    end = time.perf_counter() + seconds

    def work(n: int) -> None:
        while time.perf_counter() < end:
            with engine.begin() as connection:
                connection.execute(insert, {"contact_id": n, "body": BODY, "created": 1.0})
            counts[n] += 1

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    span = time.perf_counter() - started
    metadata.drop_all(engine)
    engine.dispose()
    return sum(counts) / span
