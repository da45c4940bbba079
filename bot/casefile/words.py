"""Says in Chinese what the records hold; the wording is in ``words.yml`` beside it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from bot.claims.counting import as_said
from bot.claims.deadlines import SHANGHAI
from bot.claims.events import Event, kind_of
from bot.claims.model import ClaimLine, Offer, Platform, Promise, Settlement
from bot.claims.money import yuan
from bot.claims.rulebook import Rulebook
from bot.claims.yaml_file import read_mapping
from bot.desk.reasons import label
from bot.privacy import mask
from bot.talk.colleague import KINDS, OTHER_KINDS, REASONS_TO_REFUSE, REFUSALS

WORDS: dict[str, Any] = read_mapping(Path(__file__).with_suffix(".yml"))


def tell(event: Event) -> str:
    """What happened, in one sentence."""
    clauses: dict[str, str] = WORDS["events"][kind_of(event)]
    said = {name: in_words(value, name) for name, value in vars(event).items()}
    more = (clauses[name] for name, value in said.items() if value and name in clauses)
    return "".join((clauses["text"], *more)).format(**said)


def in_words(value: Any, name: str = "") -> str:
    """A value of the records as a reader sees it; empty for nothing. ``name``: the field that it comes from."""
    if value is None:
        return ""
    if isinstance(value, Platform):
        return value.value  # its name is the rulebook's, see `platform_name`
    if isinstance(value, Enum):
        return str(WORDS[type(value).__name__][value.value])
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, tuple):
        return "、".join(in_words(item) for item in value)
    if isinstance(value, ClaimLine):
        return _line(value)
    if isinstance(value, Offer):
        said = str(WORDS["offer"][value.remedy.value])
        said += str(WORDS["goodwill"]) if value.goodwill_fen else ""
        goodwill = yuan(value.goodwill_fen)
        return said.format(due=in_words(value.due_at), amount=yuan(value.amount_fen), goodwill=goodwill)
    if isinstance(value, Promise):
        promised = WORDS["promise"][value.remedy.value] if value.has_begun else WORDS["promise_on_application"]
        return str(promised).format(due=in_words(value.due_at))
    if isinstance(value, Settlement):
        return str(WORDS["settlement"]).format(
            penalty=yuan(value.penalty_fen),
            paid_in=paid_in(value),
            freight=WORDS["freight_by"][value.freight_by],
        )
    if name == "reason":
        return REFUSALS[value] if value in REASONS_TO_REFUSE else label(value)
    if name == "kind" and value in OTHER_KINDS:
        return KINDS[value]
    if name == "asked_fen":
        return yuan(value)
    if name == "sha256":
        return str(value)[:12]
    return str(value)


def platform_name(platform: Platform, rulebook: Rulebook) -> str:
    """As the rulebook calls it; one that is not in there goes by its id."""
    scheme = rulebook.scheme(platform.value)
    if scheme:
        return str(scheme.platform)
    return str(WORDS["unknown"]) if platform is Platform.UNKNOWN else platform.value


def paid_in(settlement: Settlement) -> str:
    """What follows the sum of a penalty: in what it is paid, and how many points that is. Empty without one."""
    if not settlement.penalty_fen:
        return ""
    words: dict[str, str] = WORDS["paid_in"]
    if settlement.penalty_points:
        currency = settlement.penalty_currency or words["unnamed"]
        return words["points"].format(points=settlement.penalty_points, currency=currency)
    return words["money"].format(currency=settlement.penalty_currency) if settlement.penalty_currency else ""


def _line(line: ClaimLine) -> str:
    key = "line_part" if line.part else "line_pieces" if line.pack else "line"
    facts = {"title": mask(line.title), "part": mask(line.part or ""), "pack": line.pack, **vars(as_said(line))}
    return str(WORDS[key]).format(
        **{name: WORDS["unknown"] if value in (None, "") else value for name, value in facts.items()}
    )
