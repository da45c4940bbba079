"""uvicorn in this process, with limits. No Rasa in here: that a port is taken is said before seconds of imports."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from bot.protocols import BoundedHttp, BoundedSockets

_FRAME_BYTES = 64_000  # the widget's only frame has a hundred
_KEEP_ALIVE_S = 75  # longer than nginx keeps one that nobody uses, so that it is never cut while it is taken up
_STOP_WITHIN_S = 20
_STOPPING = f"正在停止：先答完手头的消息，最多 {_STOP_WITHIN_S} 秒；再按一次 Ctrl-C 立刻停\n"


def serve(app: ASGIApp, host: str, port: int, on_stop: Callable[[], None] = lambda: None, *, to_try: str = "") -> None:
    """Answer until somebody sends SIGINT or SIGTERM; what is under way is then finished, within some seconds.

    ``on_stop`` ends what would otherwise be under way for ever. ``to_try`` is said below the address.

    Raises:
        OSError: when the port cannot be had; the message says so in Chinese.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedHttp,
        ws=BoundedSockets,
        ws_max_size=_FRAME_BYTES,
        ws_per_message_deflate=False,  # a few bytes could be blown up to gigabytes, and each line costs 300 kB
        log_config=None,  # ours masks what it logs
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who is local is decided by the line itself
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )
    with bind(host, port) as sock:
        _Server(config, on_stop, to_try).run([sock])


def bind(host: str, port: int) -> socket.socket:
    """
    Raises:
        OSError: when the port cannot be had; the message says so in Chinese.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(f"端口 {port} 已被占用：请先停掉占用它的程序，或用 --port 换一个端口") from error
        if error.errno == errno.EACCES:
            raise OSError(f"没有权限使用端口 {port}：请用 --port 换一个 1024 以上的端口") from error
        raise OSError(f"{host} 端口 {port} 不能使用：{error}") from error


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None], to_try: str) -> None:
        super().__init__(config)
        self._on_stop, self._to_try = on_stop, to_try

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        print(f"少发已就绪：http://{host}:{self.config.port}", file=sys.stderr, flush=True)
        if self._to_try:
            print(self._to_try, file=sys.stderr, flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first time in peace. What is not finished stands in the log, so the second time needs none."""
        if self.should_exit:
            os._exit(128 + sig)
        super().handle_exit(sig, frame)
        # Not by print: the signal may have come in the middle of one.
        os.write(sys.stderr.fileno(), _STOPPING.encode())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()  # uvicorn waits for open streams before it lets the application stop
        await super().shutdown(sockets)
