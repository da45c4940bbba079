"""The buyer: knows what is truly short and what is wanted, answers what is asked, else follows goal and temperament."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.conversations import record
from bench.conversations.asked import Answer, question
from bench.conversations.bank import Goal, Temperament
from bench.conversations.voice import Voice, whole

YES = frozenset({"yes", "yes_thanks", "affirm", "press_accept"})
SETTLED = ("agreed", "fulfilled")
OPEN = ("gathering", "assessing", "offered")
OPENING = {
    "some": "complain_some",
    "none": "complain_none",
    "gift": "complain_gift",
    "part": "complain_part",
    "pack": "complain_pack",
    "weight": "complain_weight",
    "about": "ask_about",
}
TRIES = 3  # so often a buyer says a thing again before asking for a person
Claim = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """What is typed (or a picture), and the acts that it was made of."""

    text: str
    acts: tuple[str, ...]
    upload: bool = False


class Buyer:
    """``next`` gives the answer to what the bot said last, or None when there is nothing more to say."""

    def __init__(self, goal: Goal, temperament: Temperament, rng: random.Random) -> None:
        self.goal = goal
        self.temperament = temperament
        self.rng = rng
        self.voice = Voice(goal, temperament, rng)
        self.said = dict(goal.said or goal.lines)  # what the buyer says is short, as of now
        self._about = next(iter(self.said))  # the goods that are talked of
        self._agreed: set[str] = set()
        self._queue: list[Message] = []
        self._done: Counter[str] = Counter()
        # A part or a gift has no price of its own: asking for its money first would rightly end with a person.
        self._wavered = not temperament.wavers or goal.kind in ("part", "gift")
        self._leaves_at_offer = rng.random() < 0.5
        self._corrects_at_offer = rng.random() < 0.4
        self._second_after = rng.random() < 0.4
        self._closing = False

    def next(self, answer: Answer | None) -> Message | None:
        if answer is None:
            return self._opening()
        claim = answer["claim"] or {}
        if claim.get("state") in SETTLED:
            self._agreed |= {line["sku"] for line in claim["lines"]}
            self._done -= Counter(dict.fromkeys(YES, TRIES + 1))  # a yes of before says nothing of what comes
        if self._closing:
            return None
        if answer["handoff"]:
            return self._last_word("where_person", "ask_when", "anger")
        if self._queue:
            return self._queue.pop(0)
        asked = question(answer)
        self._about = self._talked_of(answer, claim)
        message = self._of_path(asked, answer, claim)
        if message or self._closing:
            return message
        message = self._correction(asked, claim) or self._second(claim) or self._interjection(asked)
        return message or self._reply(asked, answer, claim)

    # What is said at first

    def _opening(self) -> Message:
        act, counted = OPENING[self.goal.kind], self.goal.kind == "some"
        if self.temperament.bursts and self.goal.kind in ("some", "none"):
            pieces = ["greet", "complain_vague", "give_item", *(["count_missing"] if counted else [])]
            first, *self._queue = [self._say(piece) for piece in pieces]
            return first
        if self.goal.kind in ("some", "none") and self.rng.random() < self.temperament.vague:
            act = self.rng.choice(["complain_vague", *(["complain_item"] if counted else [])])
        if self.rng.random() < 0.15:
            self._queue = [self._say(act)]
            return self._say("greet")
        more = []
        if self.temperament.several and not self.goal.photo and self.rng.random() < 0.5:
            more.append("no_photo")
        if self.goal.path == "accept" and self.goal.wants != "any" and self._wavered:
            more += [self._wish()] if self.rng.random() < self.temperament.volunteers else []
        return self._say(act, *more)

    # What goes before an answer

    def _of_path(self, asked: str, answer: Answer, claim: Claim) -> Message | None:
        path = self.goal.path
        if path == "person":
            return self._say("want_person")
        if path in ("found", "gives_up"):
            return self._leaving("found" if path == "found" else "withdraw", asked, answer, claim)
        if self.goal.kind == "about":
            asks = self._done["ask_about"] + self._done["ask_compensation"] + self._done["ask_when"]
            more = ("ask_compensation", "ask_when", "ask_about")
            return self._last_word("end") if asks > 2 else self._say(self.rng.choice(more))
        if path == "informs" and asked in ("", "person"):
            return self._last_word("end") if self._done["ask_when"] else self._say("ask_when")
        return None

    def _leaving(self, leave: str, asked: str, answer: Answer, claim: Claim) -> Message | None:
        if not self._done[leave]:
            ready = asked == "offer" or not self._leaves_at_offer or len(self._done) > 4
            return self._say(leave) if ready else None
        if claim.get("state") not in OPEN:
            return self._last_word("end")
        if asked == "confirm" or any(re.search("不用|撤|取消", reply["text"]) for reply in answer["replies"]):
            return self._say("affirm")
        if self._done[leave] < TRIES:
            return self._say(leave)
        self._closing = True
        return None

    def _correction(self, asked: str, claim: Claim) -> Message | None:
        if self.said != self.goal.lines and (asked == "offer" or not self._corrects_at_offer):
            ((wrong, off),) = self.said.items()
            self.said = dict(self.goal.lines)
            self._about = next(iter(self.said))
            return self._say("correct_count" if wrong == self._about else "correct_item", wrong=wrong, off=off)
        for line in claim.get("lines", ()) if claim.get("state") in OPEN else ():
            act = self._wrong_in(line) if line["sku"] else ""
            if act and self._done["corrected"] >= TRIES:
                return self._say("want_person")
            if act:
                self._done["corrected"] += 1
                self._about = line["sku"] if line["sku"] in self._known() else self._about
                if len(self._known()) > 1 and act == "correct_count":
                    act = OPENING[self.goal.kind]  # of two things the count alone would not tell which
                return self._say(act, wrong=line["sku"], off=line["missing"] or 0)
        return None

    def _wrong_in(self, line: Claim) -> str:
        """The act that sets a line of the claim right: other goods, another count, packs where pieces were said."""
        sku, kind = line["sku"], self.goal.kind
        if sku not in self._known():
            return "correct_item"
        if line["missing"] is None or kind in ("part", "weight", "about"):
            return ""
        if kind == "pack" and not in_pieces(line):
            return "complain_pack"
        # "里面少3件" is right to whoever reads it, however the claim holds it.
        return "correct_count" if line["missing"] != self._known()[sku] and not in_pieces(line) else ""

    def _second(self, claim: Claim) -> Message | None:
        """The further goods, told in the middle or when the first are settled; once more, should any be forgotten."""
        if not self.goal.second or self.said != self.goal.lines:
            return None
        heard = {line["sku"] for line in claim.get("lines", ())}
        settled = claim.get("state") in SETTLED
        if not self._done["second_item"]:
            ready = settled or (not self._second_after and set(self.said) <= heard)
            if not ready:
                return None
            self._about = next(iter(self.goal.second))
            return self._say("second_item")
        left = [sku for sku in self._known() if sku not in self._agreed]
        if settled and left and self._done["told again"] < TRIES:
            self._done["told again"] += 1
            (self._about, *_) = left
            return self._say("second_item")
        return None

    def _interjection(self, asked: str) -> Message | None:
        if not asked or self._done["interjected"] >= 2 or self.rng.random() >= self.temperament.interrupts:
            return None
        self._done["interjected"] += 1
        return self._say(self.rng.choice(self.temperament.interjections))

    # Answers

    def _reply(self, asked: str, answer: Answer, claim: Claim) -> Message | None:
        if asked and asked != "offer" and self._done[f"asked {asked}"] > TRIES:
            return self._say("want_person")
        self._done[f"asked {asked}"] += 1
        simple = {
            "confirm": "affirm",
            "person": "affirm" if "handed_off" in self.goal.end else "deny",
            "item": "complain_part" if self.goal.kind == "part" else "give_item",
            "remedy": self._wish(),
        }
        if asked in simple:
            return self._say(simple[asked])
        if asked == "offer":
            return self._to_offer(claim)
        if asked == "order":
            return self._order(answer)
        if asked == "photo":
            return self._photo()
        return self._how_many() if asked == "count" else self._unasked(claim)

    def _to_offer(self, claim: Claim) -> Message:
        remedy = (claim.get("offer") or {}).get("remedy")
        path, wants = self.goal.path, self.goal.wants
        haggled = self._done["haggle"] + self._done["more"]
        if path == "holds_out":
            return self._say("want_person" if haggled > 5 else self.rng.choice(("haggle", "more")))
        if path == "haggles" and not haggled:
            return self._say("haggle")
        if path == "refuses" and not self._done["no"]:
            return self._say("no")
        if not self._wavered and remedy == wants:
            self._wavered = True
            return self._say("want_refund" if wants == "reship" else "want_reship")
        if wants != "any" and remedy != wants:
            return self._say(self._wish() if self._done[self._wish()] <= TRIES else "want_person")
        if self.rng.random() < 0.15:
            return self._counted(Message("接受", ("press_accept",)))
        return self._say("yes_thanks" if self.rng.random() < 0.3 else "yes")

    def _order(self, answer: Answer) -> Message:
        tail = record.tail(self._about)
        cards = [order for reply in answer["replies"] for order in (reply["custom"] or {}).get("orders", ())]
        place = next((n for n, order in enumerate(cards, 1) if order["order_id"].endswith(tail)), 0)
        chance = self.rng.random()
        if place and chance < 0.25:
            return self._counted(Message(cards[place - 1]["payload"], ("press_order",)))
        if place and chance < 0.45 and not self.voice.pinyin:
            return self._say("give_order_nth", nth=place)
        return self._say("give_order_tail" if chance < 0.6 or self._done["give_order_item"] else "give_order_item")

    def _photo(self) -> Message:
        if self.goal.photo and self._done["photo"] < 4:
            if not self._done["photo_words"] and self.rng.random() < 0.3:
                self._queue = [self._say("photo_words")]
            return self._counted(Message("", ("photo",), upload=True))
        return self._say("no_photo")

    def _how_many(self) -> Message:
        if self.goal.kind == "part":
            return self._say("complain_part")
        if self._known()[self._about] >= whole(self.goal, self._about):
            return self._say("count_none")
        more = [self._wish()] if self.temperament.several and self.goal.wants != "any" else []
        return self._say(self.rng.choice(("count_arrived", "count_missing")), *more)

    def _unasked(self, claim: Claim) -> Message | None:
        state = claim.get("state")
        if state in SETTLED:
            return self._last_word("ask_when", "end", "ask_compensation")
        if self._done["asked "] > TRIES:
            return self._say("want_person")
        agreeing = sum(self._done[act] for act in YES)
        if state == "offered" and agreeing:
            # The yes was not taken for one. Who says it twice and hears of nothing else thinks that it is settled.
            return self._say("yes") if agreeing < 2 else self._last_word("end")
        known = state in OPEN and any(line["sku"] for line in claim["lines"])
        return self._say(self._wish() if known else OPENING[self.goal.kind])

    # Words

    def _known(self) -> dict[str, int]:
        return {**self.said, **self.goal.second} if self._done["second_item"] else self.said

    def _talked_of(self, answer: Answer, claim: Claim) -> str:
        """The goods that the bot's last message names, else those of the claim whose count it lacks, else the first."""
        known = self._known()
        for text in reversed([reply["text"] for reply in answer["replies"]]):
            for sku in known:
                if record.line_of(sku).title in text:
                    return sku
        lacking = [line["sku"] for line in claim.get("lines", ()) if line["missing"] is None and line["sku"] in known]
        return lacking[0] if lacking else next((sku for sku in known if sku not in self._agreed), next(iter(known)))

    def _wish(self) -> str:
        return "want_refund" if self.goal.wants == "refund" else "want_reship"

    def _last_word(self, *acts: str) -> Message | None:
        """One thing more now and then: what the bot then does to what was agreed, or after a hand-off, is seen."""
        self._closing = True
        return self._say(self.rng.choice(acts)) if self.rng.random() < 0.6 else None

    def _say(self, *acts: str, **slots: Any) -> Message:
        joint = " " if self.temperament.register in ("runon", "pinyin") else self.rng.choice(("，", "。", " ", "\n"))
        missing = {**self.goal.second, **self.said}[self._about]
        words = joint.join(self.voice.say(act, self._about, missing, **slots) for act in acts)
        return self._counted(Message(words, acts))

    def _counted(self, message: Message) -> Message:
        self._done.update(message.acts)
        return message


def in_pieces(line: dict[str, Any]) -> bool:
    """Whether a claim's line counts pieces of a pack: it says so, or the pack is there and something in it is not."""
    return line.get("unit") == "piece" or line["ordered"] == line["received"]
