"""The usual webhook. Run by gunicorn: `USUAL_DATABASE=... USUAL_URL=... gunicorn bench.usual_way.app:app`."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import Flask, Response, request
from sqlalchemy.orm import joinedload, sessionmaker
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from bench.usual_way.models import Contact, Message, OutboxRow, RecordEntry

QUESTIONS = [
    ("strength", "Usted conoce mejor a {child}. Que le encanta o hace bien {child}?"),
    (
        "strength",
        "Como es {child}? 1 Amable 2 Divertido 3 Curioso 4 Trabajador 5 Creativo 6 Valiente 7 Buen ayudante 8 Otro",
    ),
    (
        "strength",
        "Que ayuda a {child} a seguir con algo dificil? 1 Silencio 2 Alguien cerca 3 Pausas 4 Moverse 5 Pasos claros",
    ),
    ("observation", "Que idiomas oye y usa {child} en casa, y con quien?"),
    ("strength", "Quien ayuda mas a {child}?"),
    ("goal_input", "Que espera para {child} este ano?"),
]


def make_engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=20)
    engine = sa.create_engine(url, connect_args={"timeout": 60, "check_same_thread": False}, pool_size=20)

    @sa.event.listens_for(engine, "connect")
    def _(connection, record):
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=FULL", "busy_timeout=60000"):
            connection.execute(f"pragma {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


WITH_CONVERSATION = sa.select(Contact).options(joinedload(Contact.conversation, innerjoin=True)).with_for_update()

app = Flask(__name__)
PUBLIC_URL = os.environ.get("USUAL_URL", "")
validator = RequestValidator(os.environ.get("USUAL_TOKEN", ""))
Db = sessionmaker(make_engine(os.environ["USUAL_DATABASE"])) if "USUAL_DATABASE" in os.environ else None


@app.post("/sms")
def sms() -> Response | tuple[str, int]:
    if not validator.validate(PUBLIC_URL, request.form, request.headers.get("X-Twilio-Signature", "")):
        return "forbidden", 403
    form = request.form
    now = datetime.now(UTC).replace(tzinfo=None)
    try:
        with Db() as db, db.begin():
            contact = db.scalars(WITH_CONVERSATION.where(Contact.phone == form["From"])).one()
            conversation = contact.conversation
            kind, _ = QUESTIONS[conversation.step % len(QUESTIONS)]
            db.add(Message(contact_id=contact.id, direction="in", sid=form["MessageSid"], body=form["Body"], created_at=now))
            db.add(RecordEntry(contact_id=contact.id, kind=kind, text=form["Body"], created_at=now))
            conversation.answers = {**conversation.answers, str(conversation.step): form["Body"]}
            conversation.step += 1
            conversation.updated_at = now
            reply = QUESTIONS[conversation.step % len(QUESTIONS)][1].format(child=contact.child)
            message = Message(contact_id=contact.id, direction="out", sid=None, body=reply, created_at=now)
            db.add(OutboxRow(message=message, status="queued", created_at=now))
    except sa.exc.IntegrityError:
        pass  # the provider sent it twice; the first one counts
    return Response(str(MessagingResponse()), mimetype="text/xml")
