"""Tables of the usual way, as an ORM tutorial would lay them out."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Base(DeclarativeBase):
    pass


class Contact(Base):
    __tablename__ = "u_contact"
    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    phone: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    child: Mapped[str] = mapped_column(sa.String(80))
    lang: Mapped[str] = mapped_column(sa.String(10))
    stopped: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    conversation: Mapped[Conversation] = relationship(back_populates="contact", uselist=False)


class Conversation(Base):
    __tablename__ = "u_conversation"
    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("u_contact.id"), unique=True)
    step: Mapped[int] = mapped_column(sa.Integer, default=0)
    answers: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    updated_at: Mapped[datetime] = mapped_column(sa.DateTime)
    contact: Mapped[Contact] = relationship(back_populates="conversation")


class Message(Base):
    """Both directions in one table; `sid` is the provider's id of an inbound message."""

    __tablename__ = "u_message"
    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("u_contact.id"), index=True)
    direction: Mapped[str] = mapped_column(sa.String(3))
    sid: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    body: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(sa.DateTime)


class RecordEntry(Base):
    __tablename__ = "u_entry"
    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("u_contact.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(sa.DateTime)


class OutboxRow(Base):
    __tablename__ = "u_outbox"
    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("u_message.id"))
    message: Mapped[Message] = relationship()
    status: Mapped[str] = mapped_column(sa.String(12), index=True)
    created_at: Mapped[datetime] = mapped_column(sa.DateTime)
