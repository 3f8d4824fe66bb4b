"""Are we up, and can we keep what we are given? For load balancers and people; says no more than that."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, current_app

from bot.service.runtime import Runtime

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@health.get("/readyz")
def readyz() -> Response:
    """The database can be read. 503 while it cannot: then no webhook should come here."""
    runtime: Runtime = current_app.extensions["runtime"]
    try:
        with runtime.database.read() as conn:
            conn.execute(sa.text("SELECT 1 FROM district LIMIT 1"))
    except sa.exc.SQLAlchemyError:
        return Response("not ready\n", status=503, content_type="text/plain; charset=utf-8")
    return Response("ready\n", content_type="text/plain; charset=utf-8")
