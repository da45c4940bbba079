"""From amounts that have their roles to one answer: which of them hold, and the third worked out of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from bot.language.quantities.amounts import IN_ONE_PACK, MISSING, ORDERED, RECEIVED, plain
from bot.language.quantities.items import Cue, Row, same_unit

ROLES = (ORDERED, RECEIVED, MISSING)

_LIKELY_A_PRICE = 100  # 买了199，少一件


@dataclass(frozen=True)
class Quantities:
    """Counts of goods; None where nothing was said. ``unit`` is a measure word (件, 双, 瓶)."""

    ordered: float | None = None
    received: float | None = None
    missing: float | None = None
    unit: str | None = None

    def as_dict(self) -> dict[str, float | str | None]:
        return asdict(self)


@dataclass(frozen=True)
class Mention:
    """One count and where it was said. ``derived``: worked out of the other two, whose place it bears."""

    role: str
    value: float
    unit: str | None
    start: int
    end: int
    derived: bool = False


def settle(row: Row) -> tuple[Quantities, list[Mention]]:
    """The first thing that is complained of, and where it is said; then what else is said to be missing."""
    mentions = [
        Mention(role, value, amount.unit, amount.start, amount.end)
        for amount in row.amounts()
        if amount.of_goods and (value := 0 if amount.zero else amount.value) is not None
        for role in amount.roles
    ]
    in_one = [m for m in mentions if m.role == IN_ONE_PACK]
    mentions = [m for m in mentions if m.role != IN_ONE_PACK]
    corrected = max((item.end for item in row.items if isinstance(item, Cue) and _corrects(row, item)), default=0)
    mentions, others = (_last_word(mentions, corrected), []) if corrected else _first_complaint(row, mentions)
    unit = next((m.unit for role in reversed(ROLES) for m in mentions if m.role == role and m.unit), None)
    chosen: dict[str, Mention] = {}
    unclear: set[str] = set()
    for role in ROLES:
        candidates = _in_unit(row, [m for m in mentions if m.role == role], unit)
        if role == ORDERED and len({m.value for m in candidates}) > 1:
            # 一盒10片，三盒应该30片，我只有28片: the ten were not all
            least = max((m.value for m in mentions if m.role != ORDERED and m.unit == unit), default=0)
            more = [m for m in candidates if m.value > least]
            candidates = more or [m for m in candidates if m.value >= least] or candidates
        if len({m.value for m in candidates}) == 1:
            chosen[role] = candidates[-1]
        elif candidates:
            unclear.add(role)
    _drop_incomparable(row, chosen)
    if [*chosen] == [ORDERED] and len(row.amounts()) == 1 and row.words.amounts.is_weight(chosen[ORDERED].unit):
        return Quantities(), in_one  # 快递单写的2kg: nothing is missing from it
    if derived := _derive(chosen, unclear):
        chosen[derived.role] = derived
    unit = _best_unit(row, chosen)
    found = Quantities(**{role: mention.value for role, mention in chosen.items()}, unit=unit)
    said = sorted(chosen.values(), key=lambda m: (m.derived, m.start))
    return found, [*(replace(m, unit=unit) for m in said), *others, *in_one]


def _corrects(row: Row, cue: Cue) -> bool:
    return cue.kind == "corrections" or row.word(cue) in row.words.recounts


def _last_word(mentions: list[Mention], corrected: int) -> list[Mention]:
    """少一个，不对，少了仨: of what is said again after a correction, only that."""
    again = {m.role for m in mentions if m.start >= corrected}
    return [m for m in mentions if m.start >= corrected or m.role not in again]


def _first_complaint(row: Row, mentions: list[Mention]) -> tuple[list[Mention], list[Mention]]:
    """T恤少一件，猫粮少一袋: what is said up to the second thing that is missing, and what else is missing."""
    missing = [m for m in mentions if m.role == MISSING]
    before = [m for m in mentions if missing and m.end <= missing[0].start]
    counted = {m.role: m for m in before if m.unit != missing[0].unit}
    if len(counted) == 2 and _in_unit(row, [counted[ORDERED]], counted[RECEIVED].unit):
        short = counted[ORDERED].value - counted[RECEIVED].value
        # 短袖三件就给两件猫粮四袋少一袋: four of them were ordered
        of_others = any(
            a.unit == missing[0].unit and (a.value or 0) > missing[0].value and a.start >= counted[RECEIVED].end
            for a in row.amounts()
        )
        if short > 0 and (short != missing[0].value or of_others):
            return before, missing  # 杯子买4个到3个，勺子少两把
    ordered = [m for m in mentions if m.role == ORDERED]
    came = [m.start for m in mentions if m.role == RECEIVED]
    again = next(
        (
            m
            for m in ordered
            if row.clause(m.start)[0] > ordered[0].end
            # 醋3瓶到2瓶，酱油3瓶到3瓶: each with what came of it
            and (m.value != ordered[0].value or (came and ordered[0].end < came[0] < m.start < came[-1]))
        ),
        None,
    )
    told = {m.role: m for m in mentions if again and m.end <= row.clause(again.start)[0]}
    said = told.get(RECEIVED) or told.get(MISSING)
    if again and said and {*told} == {ORDERED, said.role} and _comparable(row, told[ORDERED], said):
        return [m for m in mentions if m.end <= again.start], [m for m in missing if m.start > again.start]
    if len(missing) > 1 and row.words.phrases["restated"].search(row.text, missing[0].end, missing[-1].start):
        missing = [m for m in missing if m.unit != missing[-1].unit] + missing[-1:]
        mentions = [m for m in mentions if m.role != MISSING or m in missing]
    second = next((m for m in missing if m.value != missing[0].value or not _comparable(row, m, missing[0])), None)
    if second is None:
        return mentions, []
    start = max(row.clause(second.start)[0], missing[0].end)
    return [m for m in mentions if m.start < start], [m for m in missing if m.start >= start]


def _comparable(row: Row, one: Mention, other: Mention) -> bool:
    units = (one.unit, other.unit)
    return None in units or bool({*units} & row.words.general) or row.words.amounts.compares(*units)


def is_gift(row: Row, position: int) -> bool:
    """Is what is counted there said to have come on top: 送的2包, or any gift in its clause?"""
    start, end = row.clause(position)
    named = any(word in row.text[start:end] for word in row.words.gift_words)
    return named or row.text.endswith(row.words.gifts, start, position)


def _in_unit(row: Row, mentions: Sequence[Mention], unit: str | None) -> list[Mention]:
    """Those that count in ``unit``; pairs are taken apart when single ones are counted, 斤 when 两 are."""
    words = row.words
    if any(m.unit == unit for m in mentions):
        return [m for m in mentions if m.unit == unit]
    holders = {amount.unit for amount in row.amounts() if amount.container and amount.unit}
    fitting = []
    for mention in mentions:
        converted = words.amounts.into(mention.value, mention.unit, unit) if mention.unit else None
        if converted is not None:
            fitting.append(replace(mention, value=converted, unit=unit))
        elif any(map(words.amounts.is_weight, (mention.unit, unit))) or (
            mention.unit in words.crates | holders and unit in words.general
        ):
            continue
        elif same_unit(mention.unit, unit) or mention.unit in words.general or unit in words.general:
            fitting.append(mention)
    return fitting


def _drop_incomparable(row: Row, chosen: dict[str, Mention]) -> None:
    """一箱只有10个: more cannot have come than was ordered, so the two count different things.

    So do a price and a count (买了199，少一件), goods and gifts (买了三件，少一个赠品), and what does not add up.
    """
    ordered, missing = chosen.get(ORDERED), chosen.get(MISSING)
    if missing and is_gift(row, missing.start):
        for role in (ORDERED, RECEIVED):
            if role in chosen and not is_gift(row, chosen[role].start):
                del chosen[role]
    if ordered and missing and ordered.value == missing.value == 1 and not same_unit(ordered.unit, missing.unit):
        del chosen[ORDERED]  # 买了一个鞋柜，少了一块侧板
        chosen.pop(RECEIVED, None)
        ordered = None
    if ordered and not ordered.unit and ordered.value >= _LIKELY_A_PRICE and any(m.unit for m in chosen.values()):
        chosen.pop(ORDERED, None)
    if len(chosen) == len(ROLES) and chosen[ORDERED].value != chosen[RECEIVED].value + chosen[MISSING].value:
        del chosen[ORDERED], chosen[RECEIVED]
    for role in (RECEIVED, MISSING):
        other = chosen.get(role)
        if ordered and other and other.value > ordered.value and not same_unit(ordered.unit, other.unit):
            chosen.pop(ORDERED, None)


def _derive(chosen: dict[str, Mention], unclear: set[str]) -> Mention | None:
    """The third count, when two are said and it can be."""
    absent = [role for role in ROLES if role not in chosen]
    if len(absent) != 1 or unclear:
        return None
    role = absent[0]
    known = list(chosen.values())
    if role == ORDERED:
        value = chosen[RECEIVED].value + chosen[MISSING].value
    else:
        value = chosen[ORDERED].value - chosen[MISSING if role == RECEIVED else RECEIVED].value
    if value < 0:
        return None
    return Mention(role, plain(value), None, min(m.start for m in known), max(m.end for m in known), derived=True)


def _best_unit(row: Row, chosen: dict[str, Mention]) -> str | None:
    none_came = RECEIVED in chosen and chosen[RECEIVED].value == 0  # 拍了两件，一个都没到: the 个 says nothing
    units = [chosen[role].unit for role in (ROLES if none_came else reversed(ROLES)) if role in chosen]
    named = [unit for unit in units if unit]
    return next((unit for unit in named if unit not in row.words.general), named[0] if named else None)
