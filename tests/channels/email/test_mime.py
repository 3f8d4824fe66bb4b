"""Bytes to words: right where a mail is right, and something sensible where it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from channels.email.headers import LONGEST_VALUE
from channels.email.mime import LONGEST_BESIDE, MOST_BYTES, decode, read
from tests.channels.email.mails import HEAD, HOSTILE, reply


def test_a_reply_is_read_whole() -> None:
    mail = read(reply(photo=b"\xff\xd8photo"))
    assert (mail.message_id, mail.in_reply_to, mail.references) == (
        "<1@example.org>", "<out_1@mail.example.org>", ("<out_0@mail.example.org>", "<out_1@mail.example.org>")
    )  # fmt: skip
    assert (mail.sender, mail.from_addresses, mail.to) == ("maria@example.org", ("maria@example.org",), ("r+abc@mail.example.org",))
    assert mail.subject == "Re: Ana está aprendiendo"
    assert mail.date == datetime(2026, 11, 21, 22, 10, tzinfo=UTC)
    assert mail.text == "Todo bien.\n\n> Hola\n"
    assert mail.reply == "Todo bien."
    (photo,) = mail.attachments
    assert (photo.content_type, photo.data, photo.provider_id) == ("image/jpeg", b"\xff\xd8photo", "tarea de Ana.jpg")
    assert (mail.doubt, mail.automatic, mail.bounce, mail.null_return_path, mail.defects) == ("", "", None, False, ())
    assert mail.header("Subject") == mail.subject


def test_plain_words_are_taken_before_html() -> None:
    mail = read(reply("Plano\n", "<p>Otra cosa</p>"))
    assert mail.text == "Plano\n"
    assert "Otra cosa" in mail.html


HTML = (
    '<html><head><title>x</title><style>p{}</style></head><body dir="ltr"><div>Hola &amp; gracias<br>segunda&nbsp;l\xednea</div>'
    '<div class="gmail_quote"><div class="gmail_attr">El s\xe1b, 21 nov 2026 a las 16:10, Escuela (&lt;<a href="mailto:r@x.example">r@x.example</a>&gt;)'
    ' escribi\xf3:<br></div><blockquote class="gmail_quote"><p>1. \xbfC\xf3mo va?</p></blockquote></div>'
    '<script>alert(1)</script><img src="https://tracker.example/x.gif" alt=""></body></html>'
)


def test_html_alone_becomes_words_with_marked_quotes() -> None:
    raw = HEAD + b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n" + HTML.encode("latin-1")
    mail = read(raw)
    assert mail.text.startswith("Hola & gracias\nsegunda línea\n")
    assert "> 1. ¿Cómo va?" in mail.text
    assert mail.reply == "Hola & gracias\nsegunda línea"
    assert "alert" not in mail.text
    assert "x{" not in mail.text


def test_what_staff_see_fetches_nothing_and_does_nothing() -> None:
    raw = HEAD + b"Content-Type: text/html\r\n\r\n" + (
        b'<p onclick="x()" style="background:url(https://t.example/a)">Hi</p><img src="https://t.example/x.gif"><iframe src="x"></iframe>'
        b'<a href="javascript:alert(1)">a</a><svg><image href="https://t.example/b"/></svg><form action="https://t.example"><input></form>'
    )  # fmt: skip
    shown = read(raw).html
    assert "Hi" in shown
    for bad in ("t.example", "javascript", "onclick", "<img", "<iframe", "<form", "<svg", "style"):
        assert bad not in shown


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-8", "mañana".encode(), "mañana"),
        ("iso-8859-1", "mañana".encode("latin-1"), "mañana"),
        ("x-klingon", "mañana".encode("cp1252"), "mañana"),
        ("utf-8", "mañana".encode("cp1252"), "mañana"),
        ("gb2312", "谢谢".encode("gb2312"), "谢谢"),
        ("iso-2022-jp", "はい".encode("iso-2022-jp"), "はい"),
        ("windows-1256", "شكرا".encode("cp1256"), "شكرا"),
        ("koi8-r", "спасибо".encode("koi8-r"), "спасибо"),
        ("", "mañana".encode(), "mañana"),
    ],
)
def test_words_survive_their_coding(charset: str, data: bytes, text: str) -> None:
    kind = f"Content-Type: text/plain; charset={charset}\r\n".encode() if charset else b""
    assert read(HEAD + kind + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + data).text == text


def test_a_mail_sent_along_is_not_this_mails_words() -> None:
    raw = HEAD + (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
        b"From: other@example.org\r\nSubject: x\r\n\r\nOther words\r\n--b--\r\n"
    )
    assert read(raw).text.strip() == "See below"


@pytest.mark.parametrize(
    "value",
    [
        "a@example.org (Rosa)",
        "a@example.org (Rosa (mom of Diego))",
        r"(Rosa \) Diaz) a@example.org",
        "<a@example.org> (Rosa)",
        "Rosa (mom) <a@example.org>",
    ],
)
def test_a_comment_beside_the_address_leaves_the_sender_certain(value: str) -> None:
    mail = read(f"From: {value}\r\n\r\nx".encode())
    assert (mail.sender, mail.from_addresses) == ("a@example.org", ("a@example.org",))


@pytest.mark.parametrize(
    ("raw", "everybody"),
    [
        (b"From: a@example.org\r\nFrom: b@example.org\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: a@example.org\r\nfrom : b@example.org\r\n\r\nx", {"a@example.org"}),
        (b"From : b@example.org\r\nFrom: a@example.org\r\n\r\nx", set()),
        (b"From: a@example.org\rFrom: b@example.org\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: a@example.org, b@example.org\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: <a@example.org> <b@example.org>\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: a@example.org (b@example.org)\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: a@example.org (Rosa (b@example.org))\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: (a@example.org)\r\n\r\nx", {"a@example.org"}),
        (b"From: a (Rosa) @example.org\r\n\r\nx", set()),
        (b"From: a@example.org (Rosa\r\n\r\nx", {"a@example.org"}),
        (b'From: "b@example.org" <a@example.org>\r\n\r\nx', {"a@example.org", "b@example.org"}),
        (b"From: <@b.example,@c.example:a@example.org>\r\n\r\nx", {"a@example.org"}),
        (b"From: b@example.org: a@example.org;\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: <a@example.org>\x00<b@example.org>\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: =?utf-8?b?PGJAZXhhbXBsZS5vcmc+?= <a@example.org>\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From:\r\n <a@example.org>,\r\n <b@example.org>\r\n\r\nx", {"a@example.org", "b@example.org"}),
        (b"From: a@example.org\\\r\n\r\nx", set()),
        (b"From: nobody\r\n\r\nx", set()),
        (b"From: \r\n\r\nx", set()),
        (b"Sender: a@example.org\r\n\r\nx", set()),
        (b"Subject: x\r\n\r\nFrom: a@example.org", set()),
        (b"From: a@b@example.org\r\n\r\nx", set()),
    ],
)  # fmt: skip
def test_more_than_one_reading_of_the_sender_is_no_sender(raw: bytes, everybody: set[str]) -> None:
    """The published spoofing attacks on From (trap 8)."""
    mail = read(raw)
    assert mail.sender == ""
    assert mail.doubt in {"several_from", "no_from"}
    assert everybody <= set(mail.from_addresses)


@pytest.mark.parametrize(
    "value",
    [
        "maria@example.org", "<maria@example.org>", "Maria <maria@example.org>", '"Lopez, Maria" <maria@example.org>',
        "=?utf-8?q?Mar=C3=ADa_L=C3=B3pez?= <Maria@Example.org>", "María López <maria@example.org>", '"maria@example.org" <maria@example.org>',
        "Maria (mom)\r\n <maria@example.org>", "=?gb2312?B?0LvQuw==?= <maria@example.org>", "Maria Lopez\t<maria@example.org>",
    ],
)  # fmt: skip
def test_an_honest_sender_is_read(value: str) -> None:
    mail = read(f"From: {value}\r\nTo: r@x.example\r\n\r\nx".encode())
    assert (mail.sender, mail.doubt) == ("maria@example.org", "")


def test_a_mail_too_large_is_not_parsed() -> None:
    mail = read(HEAD + b"\r\n" + b"x" * MOST_BYTES)
    assert (mail.doubt, mail.text, mail.message_id) == ("too_large", "", "<1@example.org>")


def test_limits_are_told() -> None:
    assert read(HOSTILE["fifty thousand parts"]).doubt == "too_many_parts"
    some = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 400 + b"--b--\r\n"
    assert (read(some).doubt, read(some).text) == ("too_many_parts", "\n".join(["x"] * 200))
    assert read(HEAD + b"X-A: b\r\n" * 1_000 + b"\r\nhello\r\n").doubt == "too_many_headers"
    cut = read(HEAD + b"\r\n" + b"word\r\n" * 100_000)
    assert "text_cut" in cut.defects
    assert cut.doubt == ""
    assert len(cut.text) <= 400_000


def test_html_deeper_than_any_mail_keeps_its_words() -> None:
    raw = HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 5_000 + b"hello" + b"</div>" * 5_000
    assert read(raw).text == "hello"


def test_photos_beyond_the_limit_are_named_as_left_out() -> None:
    part = b"--b\r\nContent-Type: image/png; name=a.png\r\n\r\nx\r\n"
    mail = read(HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + part * 30 + b"--b--\r\n")
    assert (len(mail.attachments), mail.defects) == (25, ("attachment_left_out",))


SMALL = sorted(name for name, raw in HOSTILE.items() if len(raw) < 120_000 and "deep" not in name)


@pytest.mark.parametrize("name", SMALL)
def test_nothing_a_stranger_sends_raises(name: str) -> None:
    mail = read(HOSTILE[name])
    assert mail.text.encode("utf-8") is not None
    assert all(len(value) <= LONGEST_VALUE for values in mail.headers.values() for value in values)


def test_nested_deeper_than_any_mail_is_a_persons_to_read() -> None:
    inner = b"Content-Type: text/plain\r\n\r\nhello\r\n"
    for at in range(40):
        inner = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n%s--b%d--\r\n' % (at, at, inner, at)
    assert read(HEAD + inner).doubt == "nested_too_deep"


def test_words_of_a_mail_that_lost_its_boundary_are_read() -> None:
    assert read(HEAD + b"Content-Type: multipart/mixed\r\n\r\nhello\r\n").text == "hello\n"


def test_lists_lines_and_preformatted_words_keep_their_shape() -> None:
    html = b"<p>One</p><hr><ul><li>a</li><li>b</li></ul><pre>x  y\nz</pre><table><tr><td>1</td><td>2</td></tr></table><img alt='smile'>"
    text = read(HEAD + b"Content-Type: text/html\r\n\r\n" + html).text
    assert text.split("\n") == ["One", "", "________________________________", "", "- a", "- b", "", "x y", "z", "", "1 2", "", "smile"]


def test_words_that_stand_elsewhere_in_a_mail_are_given_beside_its_text() -> None:
    mail = EmailMessage()
    mail["From"] = "maria@example.org"
    mail.set_content("See what I attached.\n")
    mail.add_alternative("<p>See what I attached.</p><p>only in the HTML</p>", subtype="html")
    mail.add_attachment("in a note\n", filename="note.txt")
    mail.add_attachment("<b>in a page</b>", subtype="html", filename="page.html")
    forwarded = EmailMessage()
    forwarded["From"] = "aunt@example.org"
    forwarded.set_content("in a mail\u00e9 sent along", cte="base64")
    forwarded.add_attachment("in its note", filename="deep.txt")
    mail.add_attachment(forwarded)
    found = read(mail.as_bytes())
    assert (found.text.strip(), found.reply) == ("See what I attached.", "See what I attached.")
    assert set(filter(None, found.beside.splitlines())) == {
        "in a note", "in a mail\u00e9 sent along", "in its note", "in a page", "See what I attached.", "only in the HTML"
    }  # fmt: skip
    assert [one.content_type for one in found.attachments] == ["text/plain", "text/html"]
    assert read(reply()).beside == ""
    assert len(read(reply("x", "<p>" + "word " * 100_000)).beside) <= LONGEST_BESIDE


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("I want_to-die.jpg", "I want to die"),
        ("quiero morir", "quiero morir"),
        ("IMG_1234.HEIC", ""),
        ("image001.png", ""),
        ("", ""),
    ],
)
def test_a_file_named_in_words_has_its_name_heard(name: str, said: str) -> None:
    mail = EmailMessage()
    mail["From"] = "maria@example.org"
    mail.set_content("See what I attached.\n")
    mail.add_attachment(b"\xff\xd8", maintype="image", subtype="jpeg", filename=name or None)
    assert read(mail.as_bytes()).beside == said


@pytest.mark.parametrize(
    ("data", "charset", "wanted"),
    [
        ("se\u00f1or \u2019".encode(), "iso-8859-1", "se\u00f1or \u2019"),
        ("se\u00f1or \u2019".encode("cp1252"), "iso-8859-1", "se\u00f1or \u2019"),
        ("se\u00f1or".encode("cp1252"), "us-ascii", "se\u00f1or"),
        ("\u5b69\u5b50\u7199".encode("gb18030"), "gb2312", "\u5b69\u5b50\u7199"),
        ("\u30c6\u2460".encode("cp932"), "Shift_JIS", "\u30c6\u2460"),
        ("\u0434\u0430".encode("koi8-r"), "koi8-r", "\u0434\u0430"),
        ("se\u00f1or".encode("utf-16"), "utf-16", "se\u00f1or"),
    ],
)
def test_charsets_are_read_as_programs_mean_them(data: bytes, charset: str, wanted: str) -> None:
    assert decode(data, charset, {}) == wanted


def test_half_a_character_of_a_strange_coding_is_kept_as_a_question_mark() -> None:
    assert decode(b"hello +2AA- there", "utf-7", {}) == "hello ? there"
    assert decode(b"hello \\ud800", "unicode_escape", {}) == "hello ?"
