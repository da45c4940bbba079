"""What every door does with a message: clean it, keep it, let the bot answer once, and show where the claim stands.

All of it goes through the log: what buyers, bot and people say, whichever door they use.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import ConversationResumed
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from bot.desk import Desk, Speaker
from bot.engine.parsing import parse
from bot.inbox.claim_view import claim_as_json, handoff_as_json
from bot.inbox.feed import Feed
from bot.office import default_buyer, desk, file_store
from bot.privacy import mask
from bot.store import Author, Entry
from bot.store.files import FileRejected, FileStore
from bot.talk.due import broken_promise

logger = logging.getLogger(__name__)

MAX_FILES = 9  # with one message
_TOGETHER = 5  # so many of the longest messages are read at once
HANDED_OFF = "handed_off"

_UPLOAD_TEXT = "[图片]"
_UPLOAD_INTENT = {"name": "give_evidence", "confidence": 1.0}


# What went wrong in an action while this message was answered. Rasa itself logs it and talks on as if nothing were.
action_failures: ContextVar[list[Exception]] = ContextVar("action_failures")


@dataclass(frozen=True)
class Incoming:
    """One message from a buyer. ``files``: raw bytes of uploads; the door vouches for ``buyer_id`` and ``order_id``."""

    conversation_id: str
    text: str = ""
    message_id: str | None = None
    buyer_id: str | None = None
    order_id: str | None = None
    files: tuple[bytes | None, ...] = ()
    channel: str = "api"


@dataclass(frozen=True)
class Outcome:
    """The answer. ``replies``: ``{"text", "buttons": [{"title", "payload"}], "custom"}``, at most three.

    ``custom`` is a card (``docs/web-channel.md``) or None.
    """

    replies: list[dict[str, Any]] = field(default_factory=list)
    intent: str | None = None
    confidence: float = 0.0
    claim: dict[str, Any] | None = None
    handoff: dict[str, Any] | None = None


class Inbox:
    """One for a process; holds nothing of a conversation itself."""

    def __init__(self, agent: Agent, desk: Desk, files: FileStore) -> None:
        self.agent = agent
        self.desk = desk
        self.files = files
        self.log = desk.store.log
        self.feed = Feed(desk.store.log)

    async def handle(self, incoming: Incoming) -> Outcome:
        """Answer one message inline. The same ``message_id`` again gets the same answer and changes nothing."""
        known = self.log.answer_to(incoming.conversation_id, incoming.message_id)
        if known is not None:
            return Outcome(**known)
        return await self.answer(incoming, self._accept(incoming))

    def write(self, conversation_id: str, author: Author, body: dict[str, Any], entry_id: str | None = None) -> Entry:
        """Append to the log, once for each ``entry_id``, and tell everybody who reads along."""
        entry = self.log.append(conversation_id, author, body, self.desk.clock(), entry_id)
        self.feed.tell(conversation_id)
        return entry

    async def answer(self, incoming: Incoming, said: Sequence[Entry]) -> Outcome:
        """Let the bot answer all that was ``said``, together, as what ``incoming`` says of the buyer; and write it.

        Should somebody else have answered it meanwhile, theirs is the answer.
        """
        limit = self.desk.policy.messages.max_chars
        text, cut_at = together([entry.text for entry in said], limit)
        outcome = await self._answer(incoming, text, cut_at, [_upload(entry.file) for entry in said if entry.file])
        conversation_id = incoming.conversation_id
        replies = [(Author.BOT, _body(reply)) for reply in outcome.replies]
        if outcome.handoff and self.log.state(conversation_id) != HANDED_OFF:
            replies.append((Author.SYSTEM, {"state": HANDED_OFF}))
        if not self.log.answer(said, vars(outcome), replies, self.desk.clock()):
            return Outcome(**(self.log.answer_to(conversation_id, said[0].entry_id) or {}))
        self.feed.tell(conversation_id)
        return outcome

    def push(
        self, conversation_id: str, text: str, card: dict[str, Any] | None = None, entry_id: str | None = None
    ) -> None:
        """Say something unasked, such as that a promise is due; with an ``entry_id``, once."""
        self.write(conversation_id, Author.BOT, _body({"text": text, "custom": card}), entry_id)

    def agent_said(self, incoming: Incoming) -> None:
        """A person has typed in this conversation: the buyer sees it, and from now on the bot is silent."""
        conversation_id = incoming.conversation_id
        if not self.desk.handed_off(conversation_id):
            self.desk.hand_off(Speaker(conversation_id, incoming.buyer_id or conversation_id), "agent_took_over")
        if self.log.state(conversation_id) != HANDED_OFF:
            self.write(conversation_id, Author.SYSTEM, {"state": HANDED_OFF})
        text = printable(incoming.text)
        if text:
            self.write(conversation_id, Author.AGENT, {"text": text}, incoming.message_id)

    def wording(self, name: str, **values: Any) -> str:
        """The text of a response of ``domain.yml``."""
        return str(self._response(name, **values)["text"])

    def _accept(self, incoming: Incoming) -> list[Entry]:
        """Keep a message before anything is done with it: an entry for the text, one for each file."""
        bodies: list[dict[str, Any]] = [{"file": self._keep(data)} for data in incoming.files]
        if incoming.text or not bodies:
            bodies.insert(0, {"text": printable(incoming.text)})
        first = incoming.message_id
        ids = [first, *(first and f"{first}/{number}" for number in range(2, len(bodies) + 1))]
        return [
            self.write(incoming.conversation_id, Author.BUYER, body, entry_id)
            for body, entry_id in zip(bodies, ids, strict=True)
        ]

    async def _answer(
        self, incoming: Incoming, text: str, cut_at: int | None, uploads: list[dict[str, Any]]
    ) -> Outcome:
        if self.desk.handed_off(incoming.conversation_id):
            return self._outcome(incoming, [], {})
        replies: list[dict[str, Any]] = []
        parsed: dict[str, Any] = {}
        try:
            tracker = await self._resume(incoming.conversation_id)
            if text or not uploads:
                parsed = parse(self.agent, text, tracker)
                replies += await self._ask_bot(incoming, text, parsed, [])
            if uploads and not self.desk.handed_off(incoming.conversation_id):
                seen = {"text": _UPLOAD_TEXT, "intent": _UPLOAD_INTENT, "entities": []}
                replies += await self._ask_bot(incoming, _UPLOAD_TEXT, seen, uploads)
                parsed = parsed or seen
            replies = [*self._news(incoming.conversation_id), *replies]
        except Exception as error:
            # Whatever went wrong, the buyer's message is stored and the buyer gets an answer.
            logger.exception("conversation %s: %s", incoming.conversation_id, mask(str(error)))
            replies = [self._response("utter_trouble")]
        if cut_at:
            replies = [self._response("utter_too_long", limit=cut_at), *replies]
        return self._outcome(incoming, replies, parsed.get("intent") or {})

    async def _ask_bot(
        self, incoming: Incoming, text: str, parsed: dict[str, Any], uploads: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        output = _Replies()
        metadata = {
            "buyer_id": incoming.buyer_id or default_buyer(incoming.conversation_id),
            "order_id": incoming.order_id,
            "uploads": uploads,
        }
        failures: list[Exception] = []
        action_failures.set(failures)
        await self.agent.handle_message(
            UserMessage(
                text,
                output,
                incoming.conversation_id,
                parse_data=parsed,
                input_channel=incoming.channel,
                message_id=incoming.message_id,
                metadata=metadata,
            )
        )
        if failures:
            raise failures[0]
        return output.messages

    def _outcome(self, incoming: Incoming, replies: list[dict[str, Any]], intent: dict[str, Any]) -> Outcome:
        handoff = self.desk.handed_off(incoming.conversation_id)
        claim = self.desk.current(incoming.conversation_id)
        if not replies and not handoff:
            replies = [self._response("utter_default")]
        return Outcome(
            replies=at_most(replies, self.desk.policy.messages.max_replies),
            intent=intent.get("name"),
            confidence=round(float(intent.get("confidence") or 0.0), 4),
            claim=claim_as_json(claim) if claim else None,
            handoff=handoff_as_json(handoff) if handoff else None,
        )

    def _keep(self, data: bytes | None) -> dict[str, Any]:
        """Store one upload; a file that cannot be taken becomes an error code for the bot to word."""
        if data is None:
            return {"error": "missing"}
        try:
            stored = self.files.accept(data)
        except FileRejected as rejected:
            return {"error": rejected.code}
        return {"sha256": stored.sha256, "video": stored.is_video}

    def _news(self, conversation_id: str) -> list[dict[str, Any]]:
        """What the buyer should know and could not be told unasked."""
        text = broken_promise(self.desk, conversation_id)
        return [{"text": text, "buttons": [], "custom": None}] if text else []

    async def _resume(self, conversation_id: str) -> DialogueStateTracker:
        """The conversation; after a hand-off that was given back, Rasa may speak in it again."""
        tracker = await self.agent.tracker_store.get_or_create_tracker(conversation_id, append_action_listen=False)
        if tracker.is_paused():
            tracker.update(ConversationResumed())
            await self.agent.tracker_store.save(tracker)
        return tracker

    def _response(self, name: str, **values: Any) -> dict[str, Any]:
        template = self.agent.domain.responses[name][0]
        return {
            "text": template["text"].format(**values),
            "buttons": [dict(button) for button in template.get("buttons", [])],
            "custom": None,
        }


class _Replies(CollectingOutputChannel):
    """Text, buttons and card of one utterance are one reply; Rasa would send them one after the other."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append(
            {
                "text": message.get("text") or "",
                "buttons": message.get("buttons") or [],
                "custom": message.get("custom") or None,
            }
        )


def inbox_for(agent: Agent) -> Inbox:
    """A inbox over the given agent."""
    return Inbox(agent, desk(), file_store())


def inbox_of(app: Sanic) -> Inbox:
    """The one that all doors of the process share. Made on first use: under ``rasa run`` the agent comes late."""
    if not hasattr(app.ctx, "inbox"):
        app.ctx.inbox = inbox_for(app.ctx.agent)
    inbox: Inbox = app.ctx.inbox
    return inbox


def _body(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply as the log keeps it."""
    body = {"text": reply["text"], "buttons": reply.get("buttons"), "card": reply.get("custom")}
    return {name: value for name, value in body.items() if value or name == "text"}


def _upload(file: dict[str, Any]) -> dict[str, Any]:
    """What the actions see of a file: not its name, which is the buyer's own business."""
    return {name: value for name, value in file.items() if name != "name"}


def printable(text: str) -> str:
    """The text without lone surrogates and control characters, so that it can be stored and shown anywhere."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else " " for c in whole).strip()


def clean(text: str, limit: int) -> tuple[str, bool]:
    """What the bot reads of a message, and whether it was cut at ``limit`` characters.

    A leading slash is dropped: to Rasa ``/intent{…}`` is a command, to a buyer it is only text.
    """
    whole = printable(text)
    # A joiner-less run of spaces is what control characters turn into.
    readable = re.sub(r"[ \t]{2,}", " ", whole).lstrip("/ \n\t")
    return readable[:limit], len(readable) > limit


def together(texts: Sequence[str], limit: int) -> tuple[str, int | None]:
    """What the bot reads of a burst: ``limit`` holds for each message, as the buyer was told.

    Returns:
        The messages, a line each, and after how many characters one of them, or all together, was cut; None: nowhere.
    """
    cleaned = [clean(text, limit) for text in texts]
    text = "\n".join(text for text, _ in cleaned if text)
    if len(text) > _TOGETHER * limit:
        return text[: _TOGETHER * limit], _TOGETHER * limit
    return text, limit if any(cut for _, cut in cleaned) else None


def at_most(replies: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """No more than ``limit`` messages; what is too many is joined to the first, so nothing said is lost."""
    extra = len(replies) - limit
    if extra <= 0:
        return replies
    head = replies[: extra + 1]
    joined = {**head[-1], "text": "\n".join(reply["text"] for reply in head)}
    return [joined, *replies[extra + 1 :]]
