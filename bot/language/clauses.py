"""The clauses of a message: 少发了一件，给我退款，不然差评 says three things. Needs no Rasa."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHORTEST_MESSAGE = 8  # characters; a shorter one is one thought
_SHORTEST_CLAUSE = 2
_MOST_CLAUSES = 20  # more than buyers write; a text by the yard is not read for ever
_CLAUSE = re.compile(r"[^,，。;；!！?？\n~…\s]+")


@dataclass(frozen=True)
class Clause:
    """``start`` and ``end`` count characters of the message."""

    text: str
    start: int
    end: int


def clauses(text: str) -> list[Clause]:
    """The clauses of a message that has several, in order; none of one that is a single thought."""
    if len(text) < _SHORTEST_MESSAGE:
        return []
    found = []
    for match in _CLAUSE.finditer(text):
        said = match[0].lstrip("/")  # to Rasa a leading slash is a command, to a buyer a mark like any other
        if len(said) >= _SHORTEST_CLAUSE:
            found.append(Clause(said, match.end() - len(said), match.end()))
    return found[:_MOST_CLAUSES] if len(found) > 1 else []
