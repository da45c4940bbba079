"""Answers read with their question: ``python -m bench.nlu_answers``, with the model that is trained already.

``bench/nlu_answers.yml`` says what is open, and what buyers say to it. Each is read four times: by the words alone,
with the weights of ``data/expectations.yml``, with weights learned from the other answers to the same question, and as
the bot reads it. Then, by confidence, how often the bot is right: in whatever it reads, and in what counts at once,
which is what ``sure_percent`` rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from tabulate import tabulate

from bot import logs
from bot.engine.rasa_engine import RasaEngine
from bot.engine.training import trained_model
from bot.understanding.expectations import weighed

ANSWERS = Path(__file__).with_name("nlu_answers.yml")
_PROPOSALS = ("offered", "waiting")  # stages of a claim; the rest are slots that a form asks for
_LEAST = (0.0, 0.5, 0.6, 0.7, 0.85, 0.95)
_COUNTS = ("accept_offer", "withdraw_claim")  # what is asked about before it counts
_UNSEEN = 0.5  # an intent that no other answer to the question has counts as half a one

Weigh = Callable[[Mapping[str, float], str, str], Mapping[str, float]]


class Answer(NamedTuple):
    """``parsed``: as the bot reads it; ``guesses``: by the words alone."""

    question: str
    text: str
    intent: str
    parsed: Mapping[str, Any]
    guesses: Mapping[str, float]


def read(engine: RasaEngine) -> list[Answer]:
    answers = []
    for question, intents in yaml.safe_load(ANSWERS.read_text(encoding="utf-8")).items():
        open_ = {"stage": question} if question in _PROPOSALS else {"requested_slot": question}
        for intent, texts in intents.items():
            for text in map(str, texts):
                alone = engine.parse(text)["intent_ranking"]
                guesses = {guess["name"]: guess["confidence"] for guess in alone if guess["name"] != "nlu_fallback"}
                answers.append(Answer(question, text, intent, engine.parse(text, open_), guesses))
    return answers


def written(answer: Answer) -> Mapping[str, float]:
    """The guesses by the weights that somebody wrote down."""
    stage, asked = (answer.question, None) if answer.question in _PROPOSALS else (None, answer.question)
    return weighed(answer.guesses, stage, asked)


def learned(answer: Answer, answers: list[Answer]) -> Mapping[str, float]:
    """The guesses by how often each intent is the answer to this question, this very answer left out."""
    others = Counter(other.intent for other in answers if other.question == answer.question and other is not answer)
    return {name: chance * (others[name] + _UNSEEN) for name, chance in answer.guesses.items()}


def _best(guesses: Mapping[str, float]) -> str | None:
    return max(guesses, key=lambda name: guesses[name], default=None)


def _rows(answers: list[Answer]) -> list[list[Any]]:
    rows = []
    for question in (*dict.fromkeys(answer.question for answer in answers), "all"):
        here = [answer for answer in answers if question in (answer.question, "all")]
        readings: list[Callable[[Answer], str | None]] = [
            lambda answer: _best(answer.guesses),
            lambda answer: _best(written(answer)),
            lambda answer: _best(learned(answer, answers)),
            lambda answer: answer.parsed["intent"]["name"],
        ]
        rows.append([question, len(here), *(sum(read(a) == a.intent for a in here) for read in readings)])
    return rows


def _by_confidence(answers: list[Answer]) -> list[list[str]]:
    """How many are right of those that are read with at least so much confidence."""
    rows = []
    for question in (*dict.fromkeys(answer.question for answer in answers), "all"):
        here = [answer for answer in answers if question in (answer.question, "all")]
        sure = [[answer for answer in here if answer.parsed["intent"]["confidence"] >= least] for least in _LEAST]
        rights = [sum(answer.parsed["intent"]["name"] == answer.intent for answer in some) for some in sure]
        rows.append([question, *(f"{right} of {len(some)}" for right, some in zip(rights, sure, strict=True))])
    return rows


def main() -> int:
    logs.configure()
    answers = read(RasaEngine(trained_model(), {}))
    heads = ["open", "answers", "by the words", "expectations.yml", "learned", "as the bot reads"]
    print(tabulate(_rows(answers), heads, tablefmt="github"), end="\n\n")
    count = [answer for answer in answers if answer.parsed["intent"]["name"] in _COUNTS]
    for some in (answers, count):
        heads = ["open", *(f"from {least}" for least in _LEAST)]
        print(tabulate(_by_confidence(some), heads, tablefmt="github"), end="\n\n")
    for answer in answers:
        name, confidence = answer.parsed["intent"]["name"], answer.parsed["intent"]["confidence"]
        if name != answer.intent:
            print(f"{answer.question}: {answer.text} is {answer.intent}, read as {name} ({confidence:.2f})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
