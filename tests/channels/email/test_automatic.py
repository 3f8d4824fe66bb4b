"""A program's mail is told from a family's, and the other way round (RFC 3834, fault 20)."""

from __future__ import annotations

import pytest

from channels.email.mime import read
from tests.channels.email.mails import HEAD


def kind(
    extra: str = "", text: str = "Hola", subject: str = "Re: Ana", sender: str = "maria@example.org", envelope: str | None = None
) -> str:
    head = f"From: {sender}\r\nTo: r@x.example\r\nSubject: {subject}\r\n{extra}\r\n{text}\r\n"
    return read(head.encode(), envelope).automatic


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ("Auto-Submitted: auto-replied\r\n", "auto_submitted"),
        ("Auto-Submitted: auto-generated (rejected)\r\n", "auto_submitted"),
        ("auto-submitted: Auto-Notified; owner=x\r\n", "auto_submitted"),
        ("X-Autoreply: yes\r\n", "auto_reply"),
        ("X-Autorespond: x\r\n", "auto_reply"),
        ("X-Vacation: yes\r\n", "auto_reply"),
        ("Precedence: auto_reply\r\n", "auto_reply"),
        ("Precedence: bulk\r\n", "bulk"),
        ("Precedence: junk\r\n", "bulk"),
        ("Precedence: list\r\n", "list"),
        ("List-Id: <parents.example.org>\r\n", "list"),
        ("List-Unsubscribe: <https://x.example>\r\n", "list"),
        ("Return-Path: <>\r\n", "no_sender"),
        ("Content-Type: multipart/report; boundary=x\r\n", "report"),
    ],
)
def test_a_sign_no_person_sends_counts_alone(extra: str, why: str) -> None:
    assert kind(extra) == why


def test_the_envelope_and_the_sender_tell_too() -> None:
    assert kind(envelope="") == "no_sender"
    assert kind(envelope="maria@example.org") == ""
    for sender in ("MAILER-DAEMON@example.org", "no-reply@example.org", "noreply+1@example.org", "postmaster@example.org"):
        assert kind(sender=sender) == "machine"
    for sender in ("noreplyanna@example.org", "postmasterson@example.org"):
        assert kind(sender=sender) == ""


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Ana", "Respuesta automática: Ana", "Réponse automatique : Ana", "Automatische Antwort: Ana", "Risposta automatica: Ana",
        "Resposta automática: Ana", "Automatisch antwoord: Ana", "Odpowiedź automatyczna: Ana", "Автоответ: Ana", "Automatisk svar: Ana",
        "Autosvar: Ana", "Automaattinen vastaus: Ana", "自动回复: Ana", "رد تلقائي: Ana", "Fuera de la oficina", "Trả lời tự động: Ana",
    ],
)  # fmt: skip
def test_a_subject_about_being_away_needs_a_second_sign(subject: str) -> None:
    assert kind(subject=subject) == ""
    assert kind("X-Auto-Response-Suppress: All\r\n", subject=subject) == "away"
    assert kind(subject=subject, text="Hello, I am out of the office until Monday.") == "away"


@pytest.mark.parametrize(
    ("extra", "subject", "text"),
    [
        ("Auto-Submitted: no\r\n", "Re: Ana", "Sí"),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply\r\n", "Re: Ana", "Yes, every day"),
        ("", "Out of office", "I cannot come on Monday"),
        ("", "Re: Automatic reply: Ana", "I am out of the office often, call me at home"),
        ("", "de vacaciones", "Ana lee mucho"),
        ("X-Priority: 1\r\nX-Mailer: iPhone Mail\r\n", "Re: Ana", "ok"),
        ("X-Spam-Status: No\r\nDKIM-Signature: v=1\r\n", "", "Fine"),
        ("Importance: high\r\n", "Undelivered: her homework", "She did not deliver her homework"),
        ("", "failure notice from the teacher", "What does 550 mean?"),
        ("Received: from list-host.example\r\n", "Re: list", "1: yes 2: no"),
        ("Precedence: first-class\r\n", "Re: Ana", "Gracias"),
        ("", "Vacation", "This is an automatic habit of hers: she reads at night"),
    ],
)
def test_a_familys_mail_is_kept(extra: str, subject: str, text: str) -> None:
    assert kind(extra, text, subject) == ""
    assert read(HEAD + b"\r\n" + text.encode()).doubt == ""
