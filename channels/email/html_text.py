"""HTML of a mail as words: cleaned first (nh3), then walked once. What was quoted gets its ``>`` back, so that cutting sees it.

`clean` is the form staff may look at: no script, no style, and no picture that tells a stranger's server that somebody looked.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

LONGEST = 500_000
DEEPEST_QUOTE = 20
DEEPEST = 1_000

_SHOWN = {
    "a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
    "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_HIDDEN = {"script", "style", "title", "template", "noscript", "head"}
_BLOCKS = {"p", "div", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr"}
_APART = {"p", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_TAG = re.compile(r"<(/?)(?!(?:br|img|hr|meta|link|input|col|wbr|area|base|source)\b|!)[a-zA-Z]")
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_SPACE = re.compile(r"[ \t\r\n\f\xad\u200b\u200e\u200f\ufeff]+")


def clean(html: str) -> str:
    """HTML without anything that acts or fetches."""
    return nh3.clean(
        _shallow(html[:LONGEST]),
        tags=_SHOWN,
        attributes={"a": {"href"}},
        clean_content_tags=_HIDDEN,
        url_schemes={"http", "https", "mailto", "tel"},
    )


def text(html: str) -> str:
    """The words of HTML, a line a block, quoted ones marked as plain mail marks them."""
    kept = nh3.clean(
        _shallow(html[:LONGEST]),
        tags=_SHOWN | {"img"},
        attributes={"div": {"class", "id"}, "blockquote": {"class"}, "img": {"alt"}},
        clean_content_tags=_HIDDEN,
        link_rel=None,
    )
    walker = _Walker()
    walker.feed(kept)
    walker.close()
    return walker.text()


def _shallow(html: str) -> str:
    """HTML as it is, or without its tags when they are nested deeper than any mail's: cleaning takes time by the square of the depth."""
    depth = deepest = 0
    for closing in _TAG.findall(html):
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return html if deepest <= DEEPEST or html.count("<") <= DEEPEST else _ANY_TAG.sub(" ", html).replace("<", " ")


class _Walker(HTMLParser):
    """Puts lines together. A block begins a new line; a quote's lines are marked with its depth."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._depth: list[str] = []
        self._plain = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._break()
        elif tag == "img":
            self._line.append(dict(attrs).get("alt") or "")
        elif tag in _BLOCKS:
            self._block(tag)
            if tag == "hr":
                self._lines.append(self._mark("________________________________"))
            elif tag == "li":
                self._line.append("- ")
            elif tag == "blockquote":
                self._quotes += 1
            elif tag == "pre":
                self._plain += 1
        elif tag in ("td", "th"):
            self._line.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag not in _BLOCKS:
            return
        self._block(tag)
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        elif tag == "pre":
            self._plain = max(0, self._plain - 1)

    def handle_data(self, data: str) -> None:
        if not self._plain:
            self._line.append(_SPACE.sub(" ", data))
            return
        first, *rest = data.split("\n")
        self._line.append(first)
        for one in rest:
            self._break()
            self._line.append(one)

    def _mark(self, line: str) -> str:
        depth = min(self._quotes, DEEPEST_QUOTE)
        return f"{'>' * depth} {line}".rstrip() if depth else line

    def _break(self) -> None:
        self._lines.append(self._mark(re.sub(r" {2,}", " ", "".join(self._line).replace("\xa0", " ")).strip()))
        self._line = []

    def _block(self, tag: str) -> None:
        if "".join(self._line).strip():
            self._break()
        self._line = []
        if tag in _APART and self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._mark(""))

    def text(self) -> str:
        self._block("p")
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")
