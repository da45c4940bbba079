"""Another model of the shop's own, in OpenAI's form, for what is none of our business: asked briefly, believed little.

What comes back is never said when it names a sum, promises something or is not what a platform lets pass.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import requests
from circuitbreaker import CircuitBreaker

from bot.inbox.harmless import is_harmless
from bot.settings import Settings

logger = logging.getLogger(__name__)

_DEADLINE_S = 4.0  # tools wait for half a minute and more, buyers do not
_FAILURES, _LEFT_ALONE_S = 3, 60
_MOST_BYTES = 64_000
_MOST_CHARS = 200
_PROMPT = (
    "你是网店客服，只回答与商品、店铺有关的闲聊和一般问题，一两句话。"
    "不要提钱、价格、退款、赔偿、补发、优惠，不要承诺任何事；不知道就说请同事来看。"
)


class Upstream:
    """``url`` is the base URL. One for a process."""

    def __init__(self, url: str, key: str | None, model: str) -> None:
        self._url, self._key, self._model = f"{url.rstrip('/')}/chat/completions", key, model
        self._breaker = CircuitBreaker(_FAILURES, _LEFT_ALONE_S, requests.RequestException)

    async def ask(self, text: str) -> str | None:
        """A line for the buyer; None where there is none in time, or none that may be said."""
        if self._breaker.opened:
            return None
        try:
            answer = await asyncio.wait_for(asyncio.to_thread(self._breaker.call, self._ask, text), 2 * _DEADLINE_S)
        except (requests.RequestException, asyncio.TimeoutError, ValueError) as error:
            logger.warning("the upstream model has no answer: %s", type(error).__name__)
            return None
        line = " ".join(answer.split())
        if not line or len(line) > _MOST_CHARS or not is_harmless(line):
            logger.info("what the upstream model says is not said")
            return None
        return line

    def _ask(self, text: str) -> str:
        messages = [{"role": "system", "content": _PROMPT}, {"role": "user", "content": text}]
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        body = {"model": self._model, "messages": messages, "max_tokens": 200, "stream": False}
        with requests.post(
            self._url, json=body, headers=headers, timeout=_DEADLINE_S, allow_redirects=False, stream=True
        ) as answer:
            if answer.status_code != 200:
                raise requests.HTTPError(f"status {answer.status_code}")
            raw = b""
            for piece in answer.iter_content(8192):
                raw += piece
                if len(raw) > _MOST_BYTES:
                    raise ValueError("too long")
        return _content(raw)


def _content(raw: bytes) -> str:
    try:
        found: Any = json.loads(raw)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError("no completion") from error
    return found if isinstance(found, str) else ""


def open_upstream(settings: Settings) -> Upstream | None:
    """That of the settings; None when there is none."""
    if not settings.upstream_url:
        return None
    key = settings.upstream_key.get_secret_value() if settings.upstream_key else None
    return Upstream(settings.upstream_url, key, settings.upstream_model)
