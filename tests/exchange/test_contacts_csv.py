"""Reading contacts.csv: what is there is read, and every line that cannot be read is named with what to do."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange.contacts_csv import COLUMNS, REQUIRED, RowProblem, Unreadable, read

GOOD = {
    "studentId": "S-100",
    "studentFirstName": "Rosa",
    "studentLastName": "Marín",
    "birthDate": "2017-03-09",
    "grade": "3",
    "school": "Maple Elementary",
    "contactId": "C-7",
    "contactName": "Inés Marín",
    "relationship": "Mother",
    "langWritten": "es",
    "langSpoken": "",
    "modality": "",
    "interpreter": "yes",
    "educationRights": "yes",
    "contactRestriction": "",
    "smsConsent": "",
    "sms": "(212) 555-0188",
    "email": "ines@example.org",
}


def sheet(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, separator: str = ",") -> bytes:
    lines = [separator.join(columns)] + [separator.join(f'"{row.get(name, "")}"' for name in columns) for row in rows]
    return "\r\n".join(lines).encode()


def test_a_full_line_is_read_and_put_into_our_forms() -> None:
    found = read(sheet(GOOD))
    assert (found.problems, found.ignored) == ((), ())
    (row,) = found.rows
    assert row == row._replace(
        line=2, contact_name="Inés Marín", relationship="mother", lang_written="es", lang_spoken="", modality="", interpreter=True
    )
    assert (row.rights, row.sms_consent, row.restriction) == (True, None, "")
    assert (row.sms, row.email, row.birth_date) == ("+12125550188", "ines@example.org", "2017-03-09")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("studentId", "", "studentId is empty."),
        ("langWritten", "Klingonish", "langWritten is no language we know: write a tag such as es, so or zh-Hant, or its English name."),
        ("birthDate", "9/03/2017", "birthDate must be a day written YYYY-MM-DD."),
        ("birthDate", "2017-02-30", "birthDate must be a day written YYYY-MM-DD."),
        ("birthDate", "0017-02-03", "birthDate must be a day written YYYY-MM-DD."),
        ("educationRights", "maybe", "educationRights must be yes, no or empty."),
        ("modality", "smoke", "modality must be one of read, listen, sign or empty."),
        ("sms", "12", "sms is no telephone number that can get texts: write it with its area code, without an extension."),
        ("sms", "555-0123", "sms is no telephone number that can get texts: write it with its area code, without an extension."),
        ("sms", "call me", "sms has letters in it: write the telephone number in figures alone."),
        ("sms", "602-555-O142", "sms has letters in it: write the telephone number in figures alone."),
        ("email", "ines at example", "email is no e-mail address."),
        ("contactName", "x" * 501, "contactName is too long or holds a line break."),
        ("contactName", "a\nb", "contactName is too long or holds a line break. It runs to line 3: is a quotation mark open?"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_others_are_read(name: str, value: str, says: str) -> None:
    found = read(sheet({**GOOD, name: value}, {**GOOD, "studentId": "S-101", "contactId": "C-8"}))
    assert [row.student_id for row in found.rows] == ["S-101"]
    assert found.problems == (RowProblem(2, says),)


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("Spanish", "es"),
        ("Haitian Creole", "ht"),
        ("so", "so"),
        ("zh_hant", "zh-Hant"),
        ("Hmong", "hmn"),
        ("pt-BR", "pt-BR"),
        ("spa", "es"),
        ("mam", "mam"),
    ],
)
def test_a_language_is_a_tag_or_its_english_name(value: str, tag: str) -> None:
    assert read(sheet({**GOOD, "langWritten": value})).rows[0].lang_written == tag


@pytest.mark.parametrize(
    ("value", "kept"), [("", ""), ("None", ""), ("no", ""), ("Court order 2025", "court_order"), ("do not contact", "restricted")]
)
def test_any_word_of_restriction_closes_and_its_text_is_not_kept(value: str, kept: str) -> None:
    assert read(sheet({**GOOD, "contactRestriction": value})).rows[0].restriction == kept


def test_lines_that_contradict_an_earlier_one_are_named() -> None:
    second = {**GOOD, "contactId": "C-8", "studentFirstName": "Rosita"}
    third = {**GOOD, "studentId": "S-101", "contactName": "Somebody Else"}
    found = read(sheet(GOOD, second, third, GOOD))
    assert [row.line for row in found.rows] == [2]
    assert found.problems == (
        RowProblem(3, "This studentId stands in line 2 with another name, school, grade or birth date."),
        RowProblem(4, "This contactId stands in line 2 with another name, language, interpreter or address."),
        RowProblem(5, "This student and contact stand in line 2 already."),
    )


def test_an_interpreter_in_one_line_and_none_in_another_is_named_and_an_empty_cell_is_not() -> None:
    other, empty = ({**GOOD, "studentId": student, "interpreter": said} for student, said in (("S-101", "no"), ("S-102", "")))
    found = read(sheet(GOOD, other, empty))
    assert [problem.line for problem in found.problems] == [3]
    assert [row.line for row in found.rows] == [2, 4]


def test_headers_are_known_however_they_are_typed_and_unknown_columns_are_not_kept() -> None:
    names = ("Student ID", "student_first_name", "SCHOOL", "contactid", "contactName", "metadata.relationship", "metadata.langWritten")
    head = ";".join((*names, "countryOfBirthCode", "password"))
    found = read(f"\ufeff{head}\n1;Rosa;Maple;2;Inés;mother;es;MX;secret\n\n".encode())
    assert found.ignored == ("countryOfBirthCode", "password")
    assert [(row.line, row.student_id, row.contact_id) for row in found.rows] == [(2, "1", "2")]
    assert "secret" not in repr(found)


def test_a_tab_file_in_utf_16_as_spreadsheets_write_it_is_read() -> None:
    text = "\t".join(REQUIRED) + "\n" + "1\tRosa\tMaple\t2\tInés\tmother\tes"
    assert read(text.encode("utf-16")).rows[0].contact_name == "Inés"


def test_more_cells_than_columns_is_a_problem_of_that_line() -> None:
    data = ",".join(REQUIRED) + "\n1,Rosa,Maple,2,Marín, Inés,mother,es\n1,Rosa,Maple,2,Inés,mother,es"
    found = read(data.encode())
    assert [problem.line for problem in found.problems] == [2]
    assert [row.line for row in found.rows] == [3]


OPEN = "What is between quotation marks does not end at a separator."


@pytest.mark.parametrize(
    ("lines", "problems", "kept"),
    [
        (
            ['1,"Rosa,Maple,2,Inés,mother,es', "3,Leo,Maple,4,Ada,mother,es"],
            [(2, f"{OPEN} It runs to line 3: is a quotation mark open?")],
            [],
        ),
        (
            ['1,"Rosa,Maple,2,Inés,mother,es', '3,"Leo",Maple,4,Ada,mother,es', "5,Mia,Maple,6,Eva,mother,es"],
            [(2, f"{OPEN} It runs to line 3: is a quotation mark open?")],
            [4],
        ),
        (['1,"Rosa" R,Maple,2,Inés,mother,es', "3,Leo,Maple,4,Ada,mother,es"], [(2, OPEN)], [3]),
        (["1," + '"' + "x" * 140_000, "3,Leo,Maple,4,Ada,mother,es"], [(2, OPEN)], [3]),
    ],
)
def test_nobody_vanishes_behind_an_open_quotation_mark(lines: list[str], problems: list[tuple[int, str]], kept: list[int]) -> None:
    found = read("\n".join([",".join(REQUIRED), *lines]).encode())
    assert found.problems == tuple(RowProblem(*one) for one in problems)
    assert [row.line for row in found.rows] == kept


def test_lines_that_are_no_utf_8_are_named_and_the_others_are_read() -> None:
    head = ",".join((*REQUIRED, "Teléfono"))
    found = read(f"{head}\n1,Rosa,Maple,2,Inés,mother,es,\n3,Leo,Maple,4,Ada,mother,es,\n".encode("latin-1"))
    assert found.problems == (RowProblem(2, 'The line is not UTF-8: in your spreadsheet choose "CSV UTF-8" when you save it.'),)
    assert [row.contact_name for row in found.rows] == ["Ada"]
    assert found.ignored == ("Tel?fono",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty: the first line must name the columns."),
        (b"studentId,school\n1,2", "The first line lacks the columns studentFirstName, contactId, contactName, relationship, langWritten."),
        ((",".join((*REQUIRED, "school")) + "\n").encode(), "The column school is there twice: keep one."),
        (
            b"Contacts of Maple Elementary\nPrinted 11/20\n\n" + ",".join(REQUIRED).encode() + b"\n1,Rosa,Maple,2,Ines,mother,es\n",
            "Line 4 names the columns: remove the lines above it, so that it is the first.",
        ),
        (b"\xff\xfea", 'The file is broken: in your spreadsheet choose "CSV UTF-8" when you save it.'),
        (b"a\0b", "The file holds bytes that are no text: export it as CSV again."),
    ],
)
def test_a_file_that_cannot_be_read_at_all_says_why(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert str(caught.value) == says


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (",".join(REQUIRED) + "\n" + text).encode("utf-8", "replace")))
def test_whatever_the_bytes_are_the_file_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert all(row.student_id and row.contact_id for row in read(data).rows)


WIDE = ("1,Rosa,Maple,2,Inés,mother,es,", "3,Leo,Maple,4,Ada,mother,es,court")


@pytest.mark.parametrize(("cut", "unread"), [(0, []), (1, []), (len(",court"), [3]), (len("mother,es,court"), [3])])
def test_a_last_line_that_is_cut_off_is_not_read_as_one_without_a_restriction(cut: int, unread: list[int]) -> None:
    data = "\n".join([",".join((*REQUIRED, "contactRestriction")), *WIDE])
    found = read(data[: len(data) - cut].encode())
    assert [problem.line for problem in found.problems] == unread
    assert [row.line for row in found.rows] == [2, 3][: 2 - len(unread)]
    if unread:
        assert found.problems[0].says == "The file breaks off in this line: export it again."


def test_a_line_without_its_last_empty_cells_is_read_where_the_file_goes_on() -> None:
    data = ",".join((*REQUIRED, "contactRestriction", "email")) + "\n1,Rosa,Maple,2,Inés,mother,es\n"
    assert [row.line for row in read(data.encode()).rows] == [2]


@pytest.mark.parametrize("below", ["", "\n", "\r\n\r\n", "\n,,,\n"])
def test_a_file_that_names_nobody_is_no_roster(below: str) -> None:
    with pytest.raises(Unreadable, match="no line below the first"):
        read((",".join(REQUIRED) + below).encode())


@pytest.mark.parametrize("above", ["\n", "\r\n \r\n", "sep=;\r\n", ";;;;\n"])
def test_what_spreadsheets_put_above_the_header_is_passed_over(above: str) -> None:
    found = read((above + ";".join(REQUIRED) + "\n1;Rosa;Maple;2;Inés;mother;es\n").encode())
    assert [(row.line, row.student_first) for row in found.rows] == [(above.count("\n") + 2, "Rosa")]


@pytest.mark.parametrize("number", ["0000000000", "1111111111", "999-999-9999", "123-456-7890", "212-155-0188", "+44 7777 777777"])
def test_a_number_typed_to_fill_the_cell_is_no_number(number: str) -> None:
    said = "sms is no telephone number that can get texts: write it with its area code, without an extension."
    found = read(sheet({**GOOD, "sms": number}))
    assert found.problems == (() if number.startswith("+44") else (RowProblem(2, said),))


def test_accents_are_one_sign_each_so_that_a_name_costs_one_text() -> None:
    assert read(sheet({**GOOD, "studentFirstName": "Jose\u0301"})).rows[0].student_first == "José"


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b"])
def test_signs_nobody_sees_are_named(sign: str) -> None:
    found = read(sheet({**GOOD, "studentFirstName": f"Ro{sign}sa"}))
    assert found.problems == (RowProblem(2, "studentFirstName holds a sign that cannot be seen: type it again."),)


@pytest.mark.parametrize("value", ["und", "mul", "zxx", "mis", "UND"])
def test_the_codes_for_no_language_are_none(value: str) -> None:
    assert [problem.says.partition(" is ")[0] for problem in read(sheet({**GOOD, "langWritten": value})).problems] == ["langWritten"]


@pytest.mark.parametrize(("first", "second"), [("", "Court order 2025"), ("Court order 2025", ""), ("do not contact", "Court order")])
def test_a_pair_that_stands_twice_is_restricted_if_either_line_says_so(first: str, second: str) -> None:
    found = read(sheet({**GOOD, "contactRestriction": first}, {**GOOD, "contactRestriction": second}))
    assert [(row.line, row.restriction) for row in found.rows] == [(2, "restricted" if first == "do not contact" else "court_order")]
    assert found.problems == (RowProblem(3, "This student and contact stand in line 2 already."),)


@pytest.mark.parametrize(("first", "second", "kept"), [("yes", "no", False), ("no", "yes", False), ("", "yes", None), ("", "no", False)])
def test_a_pair_that_stands_twice_gives_no_more_rights_than_either_line(first: str, second: str, kept: bool | None) -> None:
    found = read(sheet({**GOOD, "educationRights": first}, {**GOOD, "educationRights": second}))
    assert [row.rights for row in found.rows] == [kept]


def test_a_line_that_cannot_be_read_says_when_a_restriction_is_lost_with_it() -> None:
    found = read(
        sheet({**GOOD, "contactRestriction": "court", "birthDate": "9/3/17"}, {**GOOD, "contactName": "A", "contactRestriction": "no"})
    )
    assert [problem.says for problem in found.problems] == [
        "birthDate must be a day written YYYY-MM-DD. A restriction stands in this line and is not written either: mend it first."
    ]
