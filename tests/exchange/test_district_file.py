"""The district file: read whole or not at all, every mistake named with its place."""

from __future__ import annotations

from datetime import date

import pytest

from bot.exchange.district_file import ATTESTED, Attested, Mistakes, NamedPart, SchoolPart, SenderPart, StaffPart, read
from bot.policy.permissions import ROLES

FILE = """
[district]
name = "Juniper Unified"
zone = "America/Denver"

[settings]
"hours.allowed" = "08:00-20:00"
calendar.closed = [2027-01-01, 2027-01-18]
[settings.retention]
years = 5

[[school]]
name = "Maple Elementary"
phone = "(212) 555-0100"

[[sender]]
channel = "sms"
address = "212 555 0101"
segments_per_second = 3

[[staff]]
email = "Lee@example.org"
name = "Ms. Lee"
roles = ["liaison@Maple Elementary", "coordinator"]
phone = "212 555 0102"

[[on_call]]
staff = "lee@example.org"

[[evaluation]]
staff = "lee@example.org"
school = "Maple Elementary"
approved = 2026-11-01

[golive.paper_forms]
by = "lee@example.org"
on = 2026-11-02
"""


def test_a_whole_file_is_read() -> None:
    made = read(FILE, ROLES)
    assert (made.name, made.zone) == ("Juniper Unified", "America/Denver")
    assert made.settings == {
        "region": "US",
        "hours.allowed": "08:00-20:00",
        "calendar.closed": ["2027-01-01", "2027-01-18"],
        "retention.years": 5,
    }
    assert made.schools == (SchoolPart("Maple Elementary", "+12125550100", "America/Denver"),)
    assert made.senders == (SenderPart("sms", "+12125550101", 3.0),)
    roles = (("liaison", "Maple Elementary"), ("coordinator", ""))
    assert made.staff == (StaffPart("lee@example.org", "Ms. Lee", roles, "+12125550102", "", "en", active=True),)
    assert made.on_call == (NamedPart("lee@example.org", "", None),)
    assert made.evaluation == (NamedPart("lee@example.org", "Maple Elementary", date(2026, 11, 1)),)
    assert made.attested == (Attested("paper_forms", "lee@example.org", date(2026, 11, 2)),)


def test_a_file_that_says_nothing_of_the_rota_leaves_it() -> None:
    made = read('[district]\nname = "J"\nzone = "UTC"\n', ROLES)
    assert (made.on_call, made.evaluation) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('zone = "America/Denver"', 'zone = "Denver"', "district: zone must be an IANA time zone such as America/Denver."),
        ('name = "Juniper Unified"', "name = 7", "district: name must be a text."),
        ('phone = "(212) 555-0100"', 'phone = "ask at the desk"', "school 1: that is no telephone number."),
        ('channel = "sms"', 'channel = "fax"', "sender 1: channel must be one of sms, whatsapp, email, slack."),
        ("segments_per_second = 3", "segments_per_second = 0", "sender 1: segments_per_second must be a number above 0: what your carrier registration allows."),
        ('"coordinator"]', '"wizard"]', f"staff 1: wizard is no role; roles are {', '.join(sorted(ROLES))}."),
        ('roles = ["liaison@Maple Elementary", "coordinator"]', 'roles = "liaison"', 'staff 1: roles must be a list such as ["liaison", "teacher@Maple Elementary"].'),
        ("liaison@Maple Elementary", "liaison@Oak", "staff lee@example.org: Oak is not among the schools of this file."),
        ('email = "Lee@example.org"', 'email = "lee"', "staff 1: email must be an e-mail address."),
        ("approved = 2026-11-01", 'approved = "soon"', "evaluation 1: approved must be a day, written without quotation marks: 2026-11-21."),
        ("[golive.paper_forms]", "[golive.magic]", f"golive.magic: is no item; items are {', '.join(ATTESTED)}."),
        ("on = 2026-11-02", "", "golive.paper_forms: on must say the day."),
        ('[[on_call]]\nstaff = "lee@example.org"', '[[on_call]]\nstaff = "x@example.org"', "on_call: x@example.org is not among the staff of this file."),
        ("[[sender]]", "[[senders]]", "the file: senders is not known here; known are district, evaluation, golive, on_call, school, sender, settings, staff."),
        ("[[school]]", '[[school]]\nname = "Maple Elementary"\nphone = "212 555 0100"\n[[school]]', "school: maple elementary is there twice."),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_place(old: str, new: str, says: str) -> None:
    assert old in FILE
    with pytest.raises(Mistakes) as caught:
        read(FILE.replace(old, new, 1), ROLES)
    assert says in caught.value.sentences


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[district", "The file is no TOML"),
        ('school = "x"\n', "school: must be a list of tables, [[school]]."),
        ("district = 1\n", "district: must be one table, [district]."),
        ("[golive]\npaper_forms = true\n", 'golive.paper_forms: must say who and when: { by = "name@example.org", on = 2026-11-21 }.'),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, says: str) -> None:
    with pytest.raises(Mistakes) as caught:
        read(text, ROLES)
    assert says in str(caught.value)
