"""What every door does with a message: clean it, keep it, let the bot answer once, and show where the claim stands."""

from __future__ import annotations

import logging
import re
import unicodedata
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import ConversationResumed

from bot.channels.claim_view import claim_as_json, handoff_as_json
from bot.channels.reading import read
from bot.desk import Desk, Speaker
from bot.office import default_buyer, desk, file_store
from bot.privacy import mask
from bot.store.files import FileRejected, FileStore

logger = logging.getLogger(__name__)

_LINK = re.compile(r"https?://\S+")
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
    """The answer. ``replies``: ``{"text", "buttons": [{"title", "payload"}], "custom"}``, at most three."""

    replies: list[dict[str, Any]] = field(default_factory=list)
    intent: str | None = None
    confidence: float = 0.0
    claim: dict[str, Any] | None = None
    handoff: dict[str, Any] | None = None


class Pipeline:
    """One for a process; holds nothing of a conversation itself."""

    def __init__(self, agent: Agent, desk: Desk, files: FileStore) -> None:
        self.agent = agent
        self.desk = desk
        self.files = files

    async def handle(self, incoming: Incoming) -> Outcome:
        """Answer one message. The same ``message_id`` again gets the same answer and changes nothing."""
        messages = self.desk.store.messages
        known = messages.answer(incoming.conversation_id, incoming.message_id)
        if known is not None:
            return Outcome(**known)
        text, cut = clean(incoming.text, self.desk.policy.messages.max_chars)
        kept = printable(incoming.text) or (_UPLOAD_TEXT if incoming.files else "")
        row = messages.remember(incoming.conversation_id, incoming.message_id, kept, self.desk.clock())
        uploads = [self._keep(data) for data in incoming.files]
        outcome = await self._answer(incoming, text, cut, uploads)
        messages.remember_answer(row, vars(outcome))
        return outcome

    def taken_over(self, incoming: Incoming) -> None:
        """A person has typed in this conversation: from now on the bot is silent."""
        if not self.desk.handed_off(incoming.conversation_id):
            buyer = incoming.buyer_id or incoming.conversation_id
            self.desk.hand_off(Speaker(incoming.conversation_id, buyer), "agent_took_over")

    async def _answer(self, incoming: Incoming, text: str, cut: bool, uploads: list[dict[str, Any]]) -> Outcome:
        if self.desk.handed_off(incoming.conversation_id):
            return self._outcome(incoming, [], {})
        replies: list[dict[str, Any]] = []
        parsed: dict[str, Any] = {}
        try:
            await self._resume(incoming.conversation_id)
            if text or not uploads:
                parsed = await self._read(text)
                replies += await self._ask_bot(incoming, text, parsed, [])
            if uploads and not self.desk.handed_off(incoming.conversation_id):
                seen = {"text": _UPLOAD_TEXT, "intent": _UPLOAD_INTENT, "entities": []}
                replies += await self._ask_bot(incoming, _UPLOAD_TEXT, seen, uploads)
                parsed = parsed or seen
        except Exception as error:
            # Whatever went wrong, the buyer's message is stored and the buyer gets an answer.
            logger.exception("conversation %s: %s", incoming.conversation_id, mask(str(error)))
            replies = [self._response("utter_trouble")]
        if cut:
            limit = self.desk.policy.messages.max_chars
            replies = [self._response("utter_too_long", limit=limit), *replies]
        return self._outcome(incoming, replies, parsed.get("intent") or {})

    async def _read(self, text: str) -> dict[str, Any]:
        """What the NLU makes of the text. A bare link says nothing, so nothing is read into it."""
        if _LINK.fullmatch(text):
            return {"text": text, "intent": {"name": None, "confidence": 0.0}, "entities": []}
        return read(self.agent, text)

    async def _ask_bot(
        self, incoming: Incoming, text: str, parsed: dict[str, Any], uploads: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        output = CollectingOutputChannel()
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
        return [
            {"text": said.get("text") or "", "buttons": said.get("buttons") or [], "custom": said.get("custom")}
            for said in output.messages
        ]

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

    async def _resume(self, conversation_id: str) -> None:
        """After a hand-off that was given back, Rasa may speak again."""
        tracker = await self.agent.tracker_store.get_or_create_tracker(conversation_id, append_action_listen=False)
        if tracker.is_paused():
            tracker.update(ConversationResumed())
            await self.agent.tracker_store.save(tracker)

    def _response(self, name: str, **values: Any) -> dict[str, Any]:
        template = self.agent.domain.responses[name][0]
        return {
            "text": template["text"].format(**values),
            "buttons": [dict(button) for button in template.get("buttons", [])],
            "custom": None,
        }


def pipeline_for(agent: Agent) -> Pipeline:
    """The pipeline of this process, over the given agent."""
    return Pipeline(agent, desk(), file_store())


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


def at_most(replies: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """No more than ``limit`` messages; what is too many is joined to the first, so nothing said is lost."""
    extra = len(replies) - limit
    if extra <= 0:
        return replies
    head = replies[: extra + 1]
    joined = {**head[-1], "text": "\n".join(reply["text"] for reply in head)}
    return [joined, *replies[extra + 1 :]]
