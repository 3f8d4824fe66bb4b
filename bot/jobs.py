"""Background jobs, asked for in the caller's own transaction: they exist exactly when the rows they are about do.

Only this module and `bot.worker` know the engine behind it (DBOS Transact, in our own database). Arguments are a name and ids, as portable
JSON: the workflow tables are readable, so nothing about a family is ever in them. `key` makes a job once: asked for twice, it runs once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Connection, Engine

APPLICATION = "hearthline"
APPLICATION_VERSION = "1"
"""Bumped only when the steps of a workflow change incompatibly; `work` then finishes the older ones first."""

QUEUE = "jobs"
WORKFLOW = "job"

_clients: WeakKeyDictionary[Engine, Any] = WeakKeyDictionary()
_lock = threading.Lock()


def enqueue(conn: Connection, name: str, key: str, ids: Sequence[str] = ()) -> str:
    """Have `name` run for `ids` after the caller's commit, once for this `key`. Gives the workflow's id.

    :raises sqlalchemy.exc.DatabaseError: when no worker ever started on this database, so that its tables do not exist.
    """
    from dbos import WorkflowSerializationFormat

    workflow_id = f"{name}:{key}"
    client(conn.engine).enqueue_in_transaction(
        conn,
        {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": workflow_id,
            "serialization_type": WorkflowSerializationFormat.PORTABLE,
            "application_name": APPLICATION,
        },
        name,
        list(ids),
    )
    return workflow_id


def client(engine: Engine) -> Any:
    """The engine's client on our own connection pool: one for each database engine, made when first used."""
    from dbos import DBOSClient

    with _lock:
        found = _clients.get(engine)
        if found is None:
            found = _clients[engine] = DBOSClient(system_database_engine=engine, application_name=APPLICATION, lazy=True)
        return found
