"""uvicorn's protocols with limits: heads and bodies, handshakes and frames, and what nobody reads."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import Headers
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto import ConnectionType, WSConnection, events
from wsproto.connection import ConnectionState
from wsproto.utilities import RemoteProtocolError

from bot.doors.refusals import Refused, closing_code, language_of, neutral_form, new_request_id

_HEAD_BYTES = 64_000
_HEAD_WITHIN_S = 20
# A body that was refused unread: cut off at once, the refusal would be lost on its way to who still sends.
_UNREAD_BYTES = 64_000_000
_UNREAD_WITHIN_S = 10
_UNSENT_WITHIN_S = 120  # what is sent out, and the other side does not read
_CLOSED_WITHIN_S = 5
_PONGS_BYTES = 64_000  # unread answers to pings
_RESTARTS = 1012  # a WebSocket's closing code


class _Sends:
    """Who does not read what it is sent is let go: uvicorn waits for ever, with all that is still to be sent."""

    transport: asyncio.Transport
    _unsent: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]
        self._all_sent()
        self._unsent = asyncio.get_running_loop().call_later(_UNSENT_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]
        self._all_sent()

    def connection_lost(self, exc: Exception | None) -> None:
        self._all_sent()
        super().connection_lost(exc)  # type: ignore[misc]

    def _all_sent(self) -> None:
        if self._unsent is not None:
            self._unsent.cancel()
            self._unsent = None

    def _close(self) -> None:
        """With a while for what is under way; by itself ``close`` waits for ever."""
        if not self.transport.is_closing():
            self.transport.close()
            asyncio.get_running_loop().call_later(_CLOSED_WITHIN_S, self.transport.abort)


class BoundedHttp(_Sends, HttpToolsProtocol):
    """httptools has no limit for heads that are too long or too slow, and uvicorn adds none.

    Nor does it stop reading a body when the request has been answered: what it then reads, it throws away.
    """

    _left = 0  # bytes that may still come of what is expected
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect(_HEAD_BYTES, _HEAD_WITHIN_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect(_HEAD_BYTES, _HEAD_WITHIN_S)

    def on_headers_complete(self) -> None:
        self._expect_nothing()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._expect(_UNREAD_BYTES, _UNREAD_WITHIN_S)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._expect_nothing()
        if self.cycle is not None:
            self.cycle.more_body = False

    def data_received(self, data: bytes) -> None:
        before = self._late
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._late is not None:
            # What began within this part is counted from the next one on: before it there may be the end of a body.
            self._left -= len(data) if self._late is before else 0
            if self._left < 0:
                self._too_much()
        elif self.cycle is not None and self.cycle.response_complete and self.timeout_keep_alive_task is None:
            # The rest of a body, or an empty line: the clock was stopped for it.
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self._close)

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            self._refuse(Refused(400, "bad_request", "no_http"))

    def handle_websocket_upgrade(self) -> None:
        lines = [b"%s: %s\r\n" % header for header in self.headers]
        head = b"%s %s HTTP/1.1\r\n%s\r\n" % (self.scope["method"].encode(), self.url, b"".join(lines))
        try:
            WSConnection(ConnectionType.SERVER).receive_data(head)
        except RemoteProtocolError as error:
            hint = error.event_hint
            assert isinstance(hint, events.RejectConnection)
            more = {name.decode(): value.decode() for name, value in hint.headers}
            self._refuse(Refused(hint.status_code, "bad_request", "no_handshake", headers=more))
        else:
            super().handle_websocket_upgrade()

    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def _too_much(self) -> None:
        if self.cycle is not None and self.cycle.more_body:
            self._close()
        else:
            self._refuse(Refused(400, "bad_request", "head_too_long"))

    def _refuse(self, refused: Refused) -> None:
        """What no application hears of."""
        headers = Headers(raw=self.headers or [])
        refused.language = language_of(headers)
        request_id = new_request_id(headers)
        answer = neutral_form(refused, request_id)
        answer.headers.update({"X-Request-Id": request_id, "Connection": "close"})
        lines = b"".join(b"%s: %s\r\n" % header for header in answer.raw_headers)
        self.transport.write(STATUS_LINE[answer.status_code] + lines + b"\r\n" + bytes(answer.body))
        self._close()

    def _expect(self, most: int, within_s: float) -> None:
        if self._late is None:
            self._left = most
            self._late = self.loop.call_later(within_s, self._close)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class BoundedSockets(_Sends, WSProtocol):
    """What uvicorn closes by itself is told why first, as the doors do."""

    def handle_message(self, event: events.TextMessage | events.BytesMessage) -> None:
        size = len(event.data.encode()) if isinstance(event, events.TextMessage) else len(event.data)
        if self.buffer.length + size > self.config.ws_max_size:
            self._refuse(Refused(413, "too_large", "frame_too_large"))
        else:
            super().handle_message(event)

    def handle_close(self, event: events.CloseConnection) -> None:
        if self.conn.state is ConnectionState.OPEN:  # nobody has closed it: it was a frame that is none
            self._refuse(Refused(400, "bad_request", "bad_frame"))
        else:
            super().handle_close(event)

    def handle_ping(self, event: events.Ping) -> None:
        if self.transport.get_write_buffer_size() <= _PONGS_BYTES:  # else nobody reads them
            super().handle_ping(event)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(_CLOSED_WITHIN_S, self.transport.abort)

    def shutdown(self) -> None:
        if self.conn.state is ConnectionState.OPEN:
            self.stop_keepalive()
            self._refuse(Refused(503, "unavailable"), _RESTARTS)
        else:
            super().shutdown()

    def _refuse(self, refused: Refused, code: int | None = None) -> None:
        headers = Headers(raw=list(self.scope["headers"]))
        refused.language = language_of(headers)
        code = code or closing_code(refused.status)
        said: Any = neutral_form(refused, self.scope["state"].get("request_id", ""))
        frames = events.Message(bytes(said.body).decode()), events.CloseConnection(code, refused.code)
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": refused.code})
        self.transport.write(b"".join(map(self.conn.send, frames)))
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        # Closed at once, it would be lost on its way to who still sends.
        self.close_timer = self.loop.call_later(_CLOSED_WITHIN_S, self.transport.abort)
