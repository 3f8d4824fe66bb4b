"""`contacts.csv`: students, the adults who belong to them, rights, languages and addresses; one line a student-and-adult pair.

The columns (`COLUMNS`) have the names OneRoster users know (domain.md 9.2), in any order, with or without `metadata.` before them.
Nothing is guessed: what cannot be read is a `RowProblem` with its line and what to do, and the rest of the file is read all the same.
Columns we do not know (birthplace, residence, passwords ...) are never kept.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import phonenumbers
from babel import Locale
from babel.core import get_global

MAX_BYTES = 64 * 1024 * 1024
MAX_FIELD = 500

COLUMNS = (
    "studentId",
    "studentFirstName",
    "studentLastName",
    "birthDate",
    "grade",
    "school",
    "contactId",
    "contactName",
    "relationship",
    "langWritten",
    "langSpoken",
    "modality",
    "interpreter",
    "educationRights",
    "contactRestriction",
    "smsConsent",
    "sms",
    "email",
)
REQUIRED = ("studentId", "studentFirstName", "school", "contactId", "contactName", "relationship", "langWritten")

_YES = frozenset({"yes", "y", "true", "1", "x"})
_NO = frozenset({"no", "n", "false", "0"})
_UNKNOWN = frozenset({"", "unknown", "?"})
_UNRESTRICTED = frozenset({"", "none", "no", "n", "false", "0"})
_EMAIL = re.compile(r"[^@\s,;<>\"()\[\]]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_OPEN = "\x00"
"""The one cell of what cannot be cut into cells; no file that is read holds it."""
_SAVE_AS = 'in your spreadsheet choose "CSV UTF-8" when you save it.'
_NOT_WRITTEN = " A restriction stands in this line and is not written either: mend it first."
_UNSEEN = re.compile("[\u200b\u2028-\u202e\u2060-\u2069\ufeff]")
"""Signs that turn or split what stands around them; joiners (U+200C, U+200D) are letters' business in Persian or Hindi."""
_NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx"})
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


class ContactRow(NamedTuple):
    """One readable line. `rights` and `sms_consent` are None where nobody knows: then less is allowed, never more. "" and None of other
    fields say nothing: what is known stays.

    `restriction`: "" | court_order | restricted. `sms` is E.164. `birth_date` is YYYY-MM-DD or "".
    """

    line: int
    student_id: str
    student_first: str
    student_last: str
    birth_date: str
    grade: str
    school: str
    contact_id: str
    contact_name: str
    relationship: str
    lang_written: str
    lang_spoken: str
    modality: str
    interpreter: bool | None
    rights: bool | None
    restriction: str
    sms_consent: bool | None
    sms: str
    email: str


class RowProblem(NamedTuple):
    """A line that was not read. `says` names the column and what to do, never what stands in it: reports are mailed around."""

    line: int
    says: str


class Sheet(NamedTuple):
    """What a file holds. `ignored` are columns we do not keep."""

    rows: tuple[ContactRow, ...]
    problems: tuple[RowProblem, ...]
    ignored: tuple[str, ...]


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


_TITLES = 10


class _Bad(ValueError):
    """One cell of a line."""


def read(data: bytes, region: str = "US") -> Sheet:
    """The sheet in these bytes. `region` (ISO 3166) is where a telephone number without a country code is at home.

    :raises Unreadable: no text, no header line, or a needed column is missing.
    """
    text = _text(data)
    lines = _lines(text)
    header = next((cells for _, _, cells in lines if any(cell.strip() for cell in cells) and not _names_separator(cells)), None)
    if header is None:
        raise Unreadable("The file is empty: the first line must name the columns.")
    names = [_known(cell) for cell in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        if below := _heading_below(lines):
            raise Unreadable(f"Line {below} names the columns: remove the lines above it, so that it is the first.")
        raise Unreadable(f"The first line lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}.")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise Unreadable(f"The column {twice[0]} is there twice: keep one.")
    rows, problems = _rows(lines, names, region, ends=text.endswith(("\n", "\r")))
    if not rows and not problems:
        raise Unreadable("There is no line below the first: the file names nobody.")
    unknown = (cell.strip() for cell, name in zip(header, names, strict=True) if not name and cell.strip())
    ignored = tuple(cell.encode("utf-8", "replace").decode() for cell in unknown)
    return Sheet(rows, problems, ignored)


def _heading_below(lines: Iterator[tuple[int, int, list[str]]]) -> int:
    """The line near the top that names every column we need, as reports are exported with a title above it; 0 for none."""
    return next((line for line, _, cells in islice(lines, _TITLES) if {*REQUIRED} <= {_known(cell) for cell in cells}), 0)


def _rows(
    lines: Iterator[tuple[int, int, list[str]]], names: Sequence[str], region: str, *, ends: bool
) -> tuple[tuple[ContactRow, ...], tuple[RowProblem, ...]]:
    """What can be read, and every line that cannot. `ends`: the last line has its end."""
    rows: list[ContactRow] = []
    problems: list[RowProblem] = []
    short = 0
    for number, last, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        short = number if len(cells) < len(names) and cells != [_OPEN] else 0
        try:
            rows.append(_row(number, names, cells, region))
        except _Bad as error:
            more = f" It runs to line {last}: is a quotation mark open?" if last > number else ""
            lost = len(cells) <= len(names) and _restriction(dict(zip(names, cells, strict=False)).get("contactRestriction", "").strip())
            problems.append(RowProblem(number, f"{error}{more}{_NOT_WRITTEN if lost else ''}"))
    if short and not ends:  # what is cut off may be the restriction
        rows = [row for row in rows if row.line != short]
        problems = [problem for problem in problems if problem.line != short]
        problems.append(RowProblem(short, "The file breaks off in this line: export it again."))
    clashes = dict(_clashes(rows))
    kept = {(row.student_id, row.contact_id): row for row in rows if row.line not in clashes}
    for row in rows:
        pair = (row.student_id, row.contact_id)
        if row.line in clashes and pair in kept:
            kept[pair] = _stricter(kept[pair], row)
        elif row.line in clashes and row.restriction:
            clashes[row.line] += _NOT_WRITTEN
    problems += [RowProblem(line, says) for line, says in clashes.items()]
    return tuple(kept.values()), tuple(sorted(problems))


def _stricter(row: ContactRow, again: ContactRow) -> ContactRow:
    """The line that stands, allowing no more than another one about the same two people."""
    rights = False if False in (row.rights, again.rights) else None if None in (row.rights, again.rights) else True
    return row._replace(rights=rights, restriction=row.restriction or again.restriction)


def _names_separator(cells: Sequence[str]) -> bool:
    """Whether this is the line by which a spreadsheet tells itself how the file is cut."""
    return cells[0].strip().casefold().startswith("sep=")


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise Unreadable(f"The file is larger than {MAX_BYTES // 2**20} MiB: split it by school.")
    try:
        # what is no UTF-8 stays to be seen in its own line (`_row`): the others are read all the same
        text = data.decode("utf-16") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data.decode("utf-8-sig", "surrogateescape")
    except UnicodeDecodeError:
        raise Unreadable(f"The file is broken: {_SAVE_AS}") from None
    if "\0" in text:
        raise Unreadable("The file holds bytes that are no text: export it as CSV again.")
    return unicodedata.normalize("NFC", text)


def _lines(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """(first line in the file, last line, cells). The separator is the one the first line uses most.

    Strict: a quotation mark left open would else make the lines below it part of one cell, and those people be in nobody's report. What it
    took along is told with it as `_OPEN`, and reading goes on below.
    """
    first = text.lstrip(" \r\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = [_OPEN]
        yield start, reader.line_num, cells


def _known(cell: str) -> str:
    """Our name of a column, "" for one we do not keep. Case, spaces and underscores do not matter to people who type a header."""
    plain = re.sub(r"[\s_]", "", cell).casefold().removeprefix("metadata.")
    return _BY_PLAIN.get(plain, "")


_BY_PLAIN = {name.casefold(): name for name in COLUMNS}


def _row(line: int, names: Sequence[str], cells: Sequence[str], region: str) -> ContactRow:
    if cells == [_OPEN]:
        raise _Bad("What is between quotation marks does not end at a separator.")
    if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
        raise _Bad(f"The line is not UTF-8: {_SAVE_AS}")
    if len(cells) > len(names):
        raise _Bad("The line has more cells than the first line has columns: a comma inside a cell needs quotation marks.")
    cell = {name: value.strip() for name, value in zip(names, cells, strict=False) if name}
    for name in REQUIRED:
        if not cell.get(name):
            raise _Bad(f"{name} is empty.")
    for name, value in cell.items():
        if len(value) > MAX_FIELD or any(ord(sign) < 32 for sign in value):
            raise _Bad(f"{name} is too long or holds a line break.")
        if _UNSEEN.search(value):
            raise _Bad(f"{name} holds a sign that cannot be seen: type it again.")
    written = _lang("langWritten", cell["langWritten"])
    return ContactRow(
        line=line,
        student_id=cell["studentId"],
        student_first=cell["studentFirstName"],
        student_last=cell.get("studentLastName", ""),
        birth_date=_day(cell.get("birthDate", "")),
        grade=cell.get("grade", ""),
        school=cell["school"],
        contact_id=cell["contactId"],
        contact_name=cell["contactName"],
        relationship=cell["relationship"].casefold(),
        lang_written=written,
        lang_spoken=_lang("langSpoken", cell.get("langSpoken", "")),
        modality=_choice(cell, "modality", ("read", "listen", "sign")),
        interpreter=_flag(cell, "interpreter"),
        rights=_flag(cell, "educationRights"),
        restriction=_restriction(cell.get("contactRestriction", "")),
        sms_consent=_flag(cell, "smsConsent"),
        sms=_phone(cell.get("sms", ""), region),
        email=_email(cell.get("email", "")),
    )


def _flag(cell: Mapping[str, str], name: str) -> bool | None:
    value = cell.get(name, "").casefold()
    if value in _YES:
        return True
    if value in _NO:
        return False
    if value in _UNKNOWN:
        return None
    raise _Bad(f"{name} must be yes, no or empty.")


def _choice(cell: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    value = cell.get(name, "").casefold()
    if value and value not in allowed:
        raise _Bad(f"{name} must be one of {', '.join(allowed)} or empty.")
    return value


def _restriction(value: str) -> str:
    """Any word there closes the link; only whether a court said so is kept, not what the file says about it."""
    plain = value.casefold()
    if plain in _UNRESTRICTED:
        return ""
    return "court_order" if "court" in plain or "order" in plain else "restricted"


def _day(value: str) -> str:
    if not value:
        return ""
    try:
        day = date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else None
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2100:
        raise _Bad("birthDate must be a day written YYYY-MM-DD.")
    return day.isoformat()


def _phone(value: str, region: str) -> str:
    if not value:
        return ""
    if any(char.isalpha() for char in value):  # 602-555-CALL is a number to `phonenumbers`, and an O for a zero or a note beside it too
        raise _Bad("sms has letters in it: write the telephone number in figures alone.")
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        number = None
    # seven figures without an area code are "possible" too, and would be somebody else's number anywhere
    possible = number is not None and phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if number is None or not possible or number.extension or _is_filler(number):
        raise _Bad("sms is no telephone number that can get texts: write it with its area code, without an extension.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_filler(number: phonenumbers.PhoneNumber) -> bool:
    """A number typed because the cell must not be empty: in North America one figure all along, or what is given to nobody."""
    national = str(number.national_number)
    return number.country_code == 1 and (len(set(national)) == 1 or not re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", national))


def _email(value: str) -> str:
    if value and not _EMAIL.fullmatch(value):
        raise _Bad("email is no e-mail address.")
    return value


def _lang(name: str, value: str) -> str:
    """A BCP-47 tag from a tag or an English language name ("Spanish", "Haitian Creole")."""
    if not value:
        return ""
    named = _language_names().get(value.casefold())
    if named and named not in _NO_LANGUAGE:
        return named
    if _TAG.fullmatch(value):
        primary, *rest = re.split("[-_]", value)
        primary = get_global("language_aliases").get(primary.casefold(), primary.casefold())
        # three letters are an ISO 639-3 code: schools write Mam or Q'anjob'al, which CLDR does not list
        if primary not in _NO_LANGUAGE and (primary in _language_names().values() or len(primary) == 3):
            return "-".join([primary, *map(_subtag, rest)])
    raise _Bad(f"{name} is no language we know: write a tag such as es, so or zh-Hant, or its English name.")


def _subtag(part: str) -> str:
    return part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.casefold()


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    """English names (and a few that schools use instead) -> tag."""
    names = {str(name).casefold(): tag.replace("_", "-") for tag, name in Locale("en").languages.items()}
    return names | {
        "haitian": "ht",
        "farsi": "fa",
        "mandarin": "zh",
        "cantonese": "yue",
        "karen": "kar",
        "chuukese": "chk",
        "swahili": "sw",
    }


def _clashes(rows: Sequence[ContactRow]) -> Iterator[tuple[int, str]]:
    """(line, why): lines that contradict an earlier one about the same person; the earlier one stands."""
    students: dict[str, ContactRow] = {}
    contacts: dict[str, ContactRow] = {}
    pairs: dict[tuple[str, str], int] = {}
    for row in rows:
        student, contact = students.setdefault(row.student_id, row), contacts.setdefault(row.contact_id, row)
        earlier = pairs.setdefault((row.student_id, row.contact_id), row.line)
        if _student(student) != _student(row):
            yield (row.line, f"This studentId stands in line {student.line} with another name, school, grade or birth date.")
        elif _contact(contact) != _contact(row) or {contact.interpreter, row.interpreter} == {True, False}:
            yield (row.line, f"This contactId stands in line {contact.line} with another name, language, interpreter or address.")
        elif earlier != row.line:
            yield (row.line, f"This student and contact stand in line {earlier} already.")


def _student(row: ContactRow) -> tuple[str, ...]:
    return (row.student_first, row.student_last, row.birth_date, row.grade, row.school)


def _contact(row: ContactRow) -> tuple[object, ...]:
    return (row.contact_name, row.lang_written, row.lang_spoken, row.modality, row.sms, row.email, row.sms_consent)
