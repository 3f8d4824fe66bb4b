"""Whether a district may go live: what is missing, in sentences somebody can act on (domain.md 11).

Production hands nothing to a provider while one check fails; demo, test and bench only show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple, Protocol

import yaml
from sqlalchemy.engine import Connection

from bot.config import Settings
from bot.errors import VaultError
from bot.policy import calendar, language
from bot.service import go_live
from bot.service.runtime import Runtime
from bot.store import readiness
from bot.store.vault import Vault, wrapped_keys
from channels.base import MAIL

ADVICE = frozenset({"liaison", "drill_again"}) | go_live.ADVICE
"""What must be done before families are told, but shuts nothing: one colleague's leaving must not silence a whole district."""

LEVELS = tuple(f"level_{number}" for number in range(1, 6))


class Problem(NamedTuple):
    """`check` is a stable word, `subject` the district or setting it is about, `sentence` what to do."""

    check: str
    subject: str
    sentence: str


class Texts(Protocol):
    """The part of `bot.i18n.Catalogues` that is asked here."""

    def text(self, domain: str, lang: str, context: str, source: str) -> str | None: ...
    def hash(self, domain: str, lang: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Visit:
    """What one examination rests on."""

    conn: Connection
    settings: Settings
    vault: Vault
    texts: Texts
    now: datetime
    crisis: tuple[str, ...]


def ready(conn: Connection, runtime: Runtime) -> list[str]:
    """The checks that fail now, by name; empty when messages may be handed to providers. Outside production nothing fails."""
    if not runtime.settings.is_production:
        return []
    found = examine(conn, runtime.settings, runtime.vault, runtime.catalogues, runtime.clock.now())
    return sorted({problem.check for problem in found} - ADVICE)


def examine(
    conn: Connection, settings: Settings, vault: Vault, texts: Texts, now: datetime, crisis: tuple[str, ...] | None = None
) -> list[Problem]:
    """Every problem of this installation and its districts. `crisis` are the fixed texts of F23, those we ship unless given."""
    visit = Visit(conn, settings, vault, texts, now, crisis_texts() if crisis is None else crisis)
    problems = list(_installation(visit))
    districts = readiness.districts(conn)
    if not districts:
        problems.append(Problem("district", "", "There is no district yet: make one with `hearthline district setup FILE`."))
    for district in districts:
        for check in _CHECKS:
            problems += check(visit, district)
    return problems


@lru_cache(maxsize=1)
def crisis_texts() -> tuple[str, ...]:
    """The fixed texts of F23, as the flow file holds them in English; empty when a level has none."""
    try:
        flow = yaml.safe_load((files("flows") / "crisis.yaml").read_text("utf-8"))
        steps = {level: flow["parts"][level]["steps"] for level in LEVELS}
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        return ()
    said = {level: [step["say"] for step in found if step.get("say")] for level, found in steps.items()}
    return tuple(text for level in LEVELS for text in said[level]) if all(said.values()) else ()


def _installation(visit: Visit) -> Iterator[Problem]:
    settings = visit.settings
    if not settings.twilio_account_sid or not settings.twilio_auth_token:
        yield Problem("provider", "twilio", "Set HEARTHLINE_TWILIO_ACCOUNT_SID and HEARTHLINE_TWILIO_AUTH_TOKEN: no text can be sent.")
    yield from _mail(settings)
    if lost := readiness.mail_of_no_district(visit.conn, visit.now):
        sentence = f"Mail to addresses that are no district's came in {lost} hours of the last 30 days: give a district such a sender."
        yield Problem("mail_receiver", "mail", sentence)
    if settings.slack_transport == "off":
        return
    if not settings.slack_bot_token:
        yield Problem("provider", "slack", "Set HEARTHLINE_SLACK_BOT_TOKEN, or HEARTHLINE_SLACK_TRANSPORT=off if you have no Slack.")
    if settings.slack_transport == "http" and not settings.slack_signing_secret:
        yield Problem("provider", "slack", "Set HEARTHLINE_SLACK_SIGNING_SECRET: Slack's requests cannot be verified.")
    if settings.slack_transport == "socket" and not settings.slack_app_token:
        yield Problem("provider", "slack", "Set HEARTHLINE_SLACK_APP_TOKEN: Socket Mode needs it.")


def _mail(settings: Settings) -> Iterator[Problem]:
    """Mail that goes out and cannot come back is a wall, not a line between a home and a school."""
    answers = settings.mail_listen_port or settings.mail_imap_host or settings.mail_hook_secret
    if settings.mail_smtp_host and not answers:
        sentence = "Set HEARTHLINE_MAIL_LISTEN_PORT or HEARTHLINE_MAIL_IMAP_HOST: mail is sent, and no family's answer arrives."
        yield Problem("mail_in", "mail", sentence)


def _not_a_demo(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    if district.demo and visit.settings.is_production:
        yield Problem("demo", district.id, "A demo district can never go live: start with an empty database.")


def _keys(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    rows = wrapped_keys(visit.conn, district.id)
    if {row.purpose for row in rows if not row.retired} != {"seal", "index"}:
        yield Problem("master_key", district.id, "The district has no keys to seal and find its data with.")
    try:
        for row in rows:
            visit.vault.unwrap(row)
    except VaultError:
        yield Problem("master_key", district.id, "HEARTHLINE_MASTER_KEY does not open this district's keys: set the right one.")


def _sender(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    channels = readiness.sender_channels(visit.conn, district.id)
    if "sms" not in channels:
        yield Problem("sender", district.id, 'The district has no number to text from: give its file a [[sender]] with channel = "sms".')
    if visit.settings.mail_smtp_host and MAIL not in channels:
        sentence = 'Mail is set up, but families get none: give the district file a [[sender]] with channel = "email".'
        yield Problem("mail_sender", district.id, sentence)


def _crisis(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    if not visit.crisis:
        yield Problem("crisis_texts", district.id, "This version ships no crisis texts.")
        return
    approved = _approved(visit, district)
    for lang in language.enabled(district.settings):
        missing = sum(visit.texts.text("flows", lang, "crisis", text) is None for text in visit.crisis)
        if missing:
            yield Problem(
                "crisis_texts",
                district.id,
                f"{lang}: {missing} crisis texts are not translated: leave it out of lang.enabled until they are.",
            )
        elif lang not in approved:
            yield Problem("crisis_texts", district.id, f"{lang}: nobody has approved the texts as they are now: {go_live.approve(lang)}")


def _language(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    if not _approved(visit, district):
        yield Problem("language", district.id, f"No language has been checked and approved by a person: {go_live.approve('TAG')}")


def _rota(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    """A rota for school hours is enough: where nobody is on call at night, families are told when somebody will read them."""
    at = calendar.opens_next(visit.now, district.zone, district.settings)
    if not readiness.on_call(visit.conn, district.id, at, slack=visit.settings.slack_transport != "off"):
        when = "now" if at == visit.now else "when school opens next"
        add = "add a turn on the page On call, or [[on_call]] in the district file; [[staff]] holds the phone."
        yield Problem("rota", district.id, f"Nobody is on call {when} who can be reached by phone or Slack: {add}")
    drilled = readiness.newest_drill(visit.conn, district.id)
    how = "start a drill (`hearthline drill`) and acknowledge it."
    if drilled is None:
        yield Problem("drill", district.id, f"No drill of the rota was acknowledged yet: {how}")
    elif drilled < visit.now - readiness.DRILL_LASTS:
        yield Problem("drill_again", district.id, f"The rota was not tried in the last half year: {how}")


def _evaluation(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    if not readiness.evaluation_contacts(visit.conn, district.id):
        sentence = "No approved person receives evaluation requests: name one under [[evaluation]] in the district file, with the day."
        yield Problem("evaluation", district.id, sentence)


def _retention(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    del visit
    if not any(value for key, value in district.settings.items() if key.startswith("retention.")):
        yield Problem("retention", district.id, "The privacy officer has not set how long records are kept (retention.years).")


def _liaison(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    for code in readiness.cases_without_liaison(visit.conn, district.id):
        yield Problem("liaison", district.id, f"Case {code} has no active liaison: name one on the page of its team.")


def _list(visit: Visit, district: readiness.DistrictRow) -> Iterator[Problem]:
    for check, sentence in go_live.findings(visit.conn, district.id, district.settings, visit.now):
        yield Problem(check, district.id, sentence)
    words = {
        lang
        for lang, digest in readiness.approvals(visit.conn, district.id, count_demo=district.demo, subject="words")
        if visit.texts.hash("words", lang) == digest
    }
    for check, sentence in go_live.languages(language.enabled(district.settings), _approved(visit, district), words):
        yield Problem(check, district.id, sentence)


Check = Callable[[Visit, readiness.DistrictRow], Iterator[Problem]]

_CHECKS: Sequence[Check] = (_not_a_demo, _keys, _sender, _crisis, _language, _rota, _evaluation, _retention, _liaison, _list)


def _approved(visit: Visit, district: readiness.DistrictRow) -> set[str]:
    """Languages whose catalogue was approved exactly as it is. A demo's approval counts for its own demo only."""
    rows = readiness.approvals(visit.conn, district.id, count_demo=district.demo)
    return {lang for lang, digest in rows if visit.texts.hash("flows", lang) == digest}
