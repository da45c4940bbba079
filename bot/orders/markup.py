"""Tables in a web page, or in XML, that an export calls .xls; both are read as what they look like, tag by tag."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|html|head|meta|table|workbook)", re.IGNORECASE)
_TABLES = frozenset({"table", "worksheet", "ss:worksheet"})
_ROWS = frozenset({"tr", "row", "ss:row"})
_CELLS = frozenset({"td", "th", "cell", "ss:cell"})


def is_markup(data: bytes) -> bool:
    return bool(_MARKUP.match(data[:512]))


def rows_of(text: str) -> list[list[list[str]]]:
    """The tables of a page, each a list of rows of cells; those without a row are left out."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return [rows for rows in reader.tables if rows]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = [[]]
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TABLES:
            self.tables.append([])
        elif tag in _ROWS:
            self.tables[-1].append([])
        elif tag in _CELLS and self.tables[-1]:
            row = self.tables[-1][-1]
            place = dict(attrs).get("ss:index") or ""  # XML leaves empty cells out, and says where the next one stands
            row += [""] * (int(place) - 1 - len(row) if place.isdecimal() and len(place) < 4 else 0)
            row.append("")
            self._in_cell = True
        elif tag == "br" and self._in_cell:
            self.tables[-1][-1][-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS:
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.tables[-1][-1][-1] += data
