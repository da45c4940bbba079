"""Two servers on one store, and the same conversation or buyer at both at once: one claim, one answer each, no gaps."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.faults.clients import Desk, Widget, hasty_shop
from bench.faults.ends import end_of
from bot.claims.model import ClaimState
from bot.db import make_engine
from bot.store import Store
from tests.server import Server

COMPLAINT = "T恤少了一件"
AT_ONCE = 2
_WITHIN_S = 90  # longer than a lease

Urls = tuple[str, str]


def run(new_server: Callable[..., Server], url: str, rounds: int) -> dict[str, Any]:
    wrong: list[str] = []
    with two_servers(new_server, url) as (first, second):
        store = Store(make_engine(url))
        for number in range(rounds):
            meet = MEETINGS[number % len(MEETINGS)]
            found = list(meet((first.url, second.url), store, f"demo-two-{number}"))
            wrong += [f"round {number}, {meet.__doc__}: {what}" for what in found]
    return {"rounds": rounds, "wrong": len(wrong), "what was wrong": wrong[:10]}


@contextmanager
def two_servers(new_server: Callable[..., Server], url: str) -> Iterator[tuple[Server, Server]]:
    """On one database, at ``url``, and one folder of evidence."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shaofa-faults-")))
        shared = {
            "SHAOFA_DATABASE_URL": url,
            "SHAOFA_EVIDENCE_DIR": str(folder / "evidence"),
            "SHAOFA_SHOP_FILE": hasty_shop(folder),
        }
        servers = []
        for worker in "ab":
            (folder / worker).mkdir()
            servers.append(new_server(folder / worker, **shared))
            stack.callback(servers[-1].stop)
        yield servers[0], servers[1]


def two_messages(urls: Urls, store: Store, buyer_id: str) -> Iterator[str]:
    """two messages begin one conversation"""
    one, other = (Desk(url, buyer_id) for url in urls)
    at_once(lambda: one.say(COMPLAINT, "a"), lambda: other.say(COMPLAINT, "b"))
    yield from judged(store, buyer_id, ["a", "b"])


def one_message_twice(urls: Urls, store: Store, buyer_id: str) -> Iterator[str]:
    """one message comes twice"""
    one, other = (Desk(url, buyer_id) for url in urls)
    here, there = at_once(lambda: one.say(COMPLAINT, "a"), lambda: other.say(COMPLAINT, "a"))
    if here != there:
        yield f"answered {here} here and {there} there"
    yield from judged(store, buyer_id, ["a"])


def two_doors(urls: Urls, store: Store, buyer_id: str) -> Iterator[str]:
    """one conversation by the widget and by the shop's software"""
    widget = Widget(urls[0], buyer_id)
    desk = Desk(urls[1], buyer_id, widget.conversation_id)
    at_once(lambda: widget.say(COMPLAINT, "a"), lambda: desk.say(COMPLAINT, "b"))
    yield from judged(store, widget.conversation_id, ["a", "b"])


def two_conversations(urls: Urls, store: Store, buyer_id: str) -> Iterator[str]:
    """one buyer agrees in two conversations"""
    widget, desk = Widget(urls[0], buyer_id), Desk(urls[1], buyer_id)
    at_once(lambda: widget.say(COMPLAINT, "a"), lambda: desk.say(COMPLAINT, "a"))
    at_once(lambda: widget.say("接受", "b"), lambda: desk.say("接受", "b"))
    agreed = [claim for claim in store.claims.of_buyer(buyer_id) if claim.state is ClaimState.AGREED]
    if len(agreed) != 1:
        yield f"{len(agreed)} claims are agreed"
    for conversation_id in (widget.conversation_id, desk.conversation_id):
        yield from judged(store, conversation_id, ["a", "b"])


MEETINGS = (two_messages, one_message_twice, two_doors, two_conversations)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(AT_ONCE) as together:
        return [future.result() for future in [together.submit(call) for call in calls]]


def judged(store: Store, conversation_id: str, message_ids: list[str]) -> Iterator[str]:
    """What is not as it must be: one claim, every message kept and answered once, in order, without gaps."""
    until = time.monotonic() + _WITHIN_S
    while store.log.unanswered(conversation_id) and time.monotonic() < until:
        time.sleep(0.1)  # the widget has heard the answer to what the desk said
    end = end_of(store, conversation_id)
    yield from end["unsound"]
    if len(end["end"]["claims"]) != 1:
        yield f"{len(end['end']['claims'])} claims"
    if sorted(end["answers"]) != message_ids:
        yield f"kept are {sorted(end['answers'])}"
    # What was answered together has one answer, which is said once.
    said = [body.get("text") for author, body, _ in end["told"]["log"] if author == "bot"]
    answers = [answer for author, _, answer in end["told"]["log"] if author == "buyer" and answer]
    once = [answer for number, answer in enumerate(answers) if answer not in answers[:number]]
    texts, every = ([reply["text"] for answer in some for reply in answer["replies"]] for some in (once, answers))
    if set(said) != set(texts) or not len(texts) <= len(said) <= len(every):
        yield f"said is {said}, answered {every}"
