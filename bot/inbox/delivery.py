"""Sends what lies in the outbox, at least once each, in the order of its lane, and loses nothing without saying so.

One worker a process; however many there are, each delivery is taken by one. What fails is tried again, later and later;
what cannot be sent, or nobody knows whether it came, ends as a dead letter, which the log and ``/metrics`` show.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from bot.logs import OURS
from bot.store import Delivery, DeliveryState, Store, new_lease

logger = logging.getLogger(__name__)

_LEASE = timedelta(minutes=2)  # longer than any sender waits
_AT_ONCE = 4  # one that is slow keeps few others waiting
_LOOK_EVERY_S = 1.0
_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 1800.0
_TRIES = 12  # over some four hours
_LOOK_AFTER = timedelta(seconds=10)  # what was cut off may still be dealt with over there
_KEPT = timedelta(days=30)  # what was sent
_TIDY_EVERY = timedelta(hours=1)


class Failed(Exception):
    """It did not come, and may be tried again; not before ``after_s`` seconds, where the other side has said so."""

    def __init__(self, why: str, after_s: float = 0.0) -> None:
        super().__init__(why)
        self.after_s = after_s


class Refused(Exception):
    """The other side does not take it, and never will."""


class Unknown(Exception):
    """Nobody knows whether it came: the line was cut, or no answer came in time."""


class Sender(Protocol):
    @property
    def may_repeat(self) -> bool:
        """May what has perhaps come already be sent again? A notice may, words to a buyer may not."""

    def send(self, delivery: Delivery) -> str | None:
        """Blocks, for less than two minutes. The same delivery has the same ``key`` every time.

        Returns:
            What the other side calls it, if that is known.

        Raises:
            Failed, Refused, Unknown: see there. Whatever else it raises counts as ``Failed``.
        """


@runtime_checkable
class Looking(Protocol):
    """A sender that can see what has come, and is told what did not."""

    def look_up(self, delivery: Delivery) -> str | None:
        """What the other side calls it; None when it is not there.

        Raises:
            Unknown: it cannot be seen. Failed: not now.
        """

    def given_up(self, delivery: Delivery, why: str) -> None:
        """It ends as a dead letter: somebody has to be told. May be called again for the same one."""


class DeliveryWorker:
    """``senders`` by the kind of delivery; what is of no known kind waits for a process that knows it."""

    def __init__(self, store: Store, senders: Mapping[str, Sender], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._senders = senders
        self._clock = clock
        self._forgot_at: datetime | None = None
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Something new lies there; from the loop that runs it."""
        self._news.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._news.clear()
            try:
                busy = await asyncio.to_thread(self.round)
            except Exception:  # the database may be back later
                logger.exception("the outbox could not be read")
                busy = False
            if not busy:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _LOOK_EVERY_S)

    def round(self) -> bool:
        """Send what is due; was there anything?"""
        if not self._senders:
            return False
        lease, now = new_lease(), self._clock()
        taken = self._store.outbox.take(list(self._senders), lease, now, now + _LEASE, _AT_ONCE)
        if taken:
            with ThreadPoolExecutor(_AT_ONCE, "delivery") as threads:
                list(threads.map(lambda delivery: self._deliver(delivery, lease), taken))
        elif self._forgot_at is None or now - self._forgot_at > _TIDY_EVERY:
            self._forgot_at = now
            self._store.outbox.forget(now - _KEPT)
        return bool(taken)

    def _deliver(self, delivery: Delivery, lease: str) -> None:
        sender = self._senders[delivery.kind]
        try:
            if delivery.was_cut_off and not sender.may_repeat:
                self._look(sender, delivery, lease)
                return
            their_id = sender.send(delivery)
        except Refused as refused:
            self._give_up(delivery, lease, DeliveryState.DEAD, str(refused))
        except Unknown as unknown:
            if sender.may_repeat:
                self._try_again(delivery, lease, str(unknown))
            elif isinstance(sender, Looking):
                self._store.outbox.hold(delivery, lease, self._clock() + _LOOK_AFTER)
            else:
                self._give_up(delivery, lease, DeliveryState.UNKNOWN, str(unknown))
        except Failed as failed:
            self._try_again(delivery, lease, str(failed), failed.after_s)
        except Exception as error:
            logger.exception("delivery %s: %s", delivery.key, error)
            self._try_again(delivery, lease, type(error).__name__)
        else:
            self._store.outbox.done(delivery, lease, DeliveryState.SENT, self._clock(), their_id=their_id)

    def _look(self, sender: Sender, delivery: Delivery, lease: str) -> None:
        """Has come what was cut off? Only what is seen not to be there is sent again."""
        try:
            if not isinstance(sender, Looking):
                raise Unknown("a worker stopped while it was sent")
            their_id = sender.look_up(delivery)
        except Failed as failed:
            if delivery.attempts >= _TRIES:
                self._give_up(delivery, lease, DeliveryState.UNKNOWN, str(failed))
            else:
                pause = timedelta(seconds=pause_s(delivery.attempts))
                self._store.outbox.hold(delivery, lease, self._clock() + pause)
        except Exception as error:
            self._give_up(delivery, lease, DeliveryState.UNKNOWN, str(error) or type(error).__name__)
        else:
            if their_id is None:
                self._try_again(delivery, lease, "it is not there")
            else:
                self._store.outbox.done(delivery, lease, DeliveryState.SENT, self._clock(), their_id=their_id)

    def _try_again(self, delivery: Delivery, lease: str, why: str, after_s: float = 0.0) -> None:
        if delivery.attempts >= _TRIES:
            self._give_up(delivery, lease, DeliveryState.DEAD, why)
            return
        pause = max(pause_s(delivery.attempts), min(after_s, _LONGEST_PAUSE_S))  # whatever the other side asks for
        logger.info("delivery %s: %s; again in %.0f s", delivery.key, why, pause)
        self._store.outbox.again(delivery, lease, self._clock() + timedelta(seconds=pause), why)

    def _give_up(self, delivery: Delivery, lease: str, state: DeliveryState, why: str) -> None:
        """Somebody is told first: who dies in between leaves it to be given up again, and not in silence."""
        sender: Any = self._senders[delivery.kind]
        if isinstance(sender, Looking):
            try:
                sender.given_up(delivery, why)
            except Exception:
                logger.exception("delivery %s: nobody could be told that it did not come", delivery.key)
                self._store.outbox.hold(delivery, lease, self._clock() + _LEASE)
                return
        if self._store.outbox.done(delivery, lease, state, self._clock(), why):
            what = "不知道送到没有" if state is DeliveryState.UNKNOWN else "没有送出去"
            logger.error("%s通知%s：%s（%s）", delivery.kind, what, delivery.key, why, extra=OURS)


def pause_s(attempts: int) -> float:
    """Twice as long after each failure, up to half an hour; shaken, so that not all come back at once."""
    longest = min(_FIRST_PAUSE_S * 2 ** (attempts - 1), _LONGEST_PAUSE_S)
    return random.uniform(longest / 2, longest)
