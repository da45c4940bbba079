"""Which Chatwoot inboxes there are: one by the environment, or several in ``doors.yml``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from bot.claims.yaml_file import read_mapping
from bot.settings import Settings

KIND = "chatwoot"
_FIELDS = {"url", "token", "secret", "files"}


class DoorsError(ValueError):
    """``doors.yml`` cannot be used; the message names the place and the reason."""


@dataclass(frozen=True)
class ChatwootInbox:
    """``token`` is the bot's, ``secret`` signs what Chatwoot sends. ``files``: other hosts that pictures may lie on.

    ``can_push``: the buyer can be told something unasked.
    """

    name: str
    url: str
    token: str
    secret: str
    files: frozenset[str] = frozenset()
    can_push: bool = True

    @property
    def origin(self) -> str:
        return origin_of(self.url)


def origin_of(url: str) -> str:
    """``https://host:443`` for whatever address of it; another port is another server. Empty when it is no address."""
    try:
        parts = parse_url(
            url
        )  # as requests does: what two readers read differently is where a wrong host slips through
        port = parts.port or {"http": 80, "https": 443}[parts.scheme or ""]
    except (LocationParseError, KeyError):
        return ""
    return f"{parts.scheme}://{parts.host}:{port}" if parts.host else ""


def inboxes(settings: Settings) -> dict[str, ChatwootInbox]:
    """By name; none when nothing is set.

    Raises:
        DoorsError, FileError: when something is missing or no address.
    """
    found = {name: _read(name, fields, settings.doors_file) for name, fields in _in_file(settings.doors_file).items()}
    if settings.chatwoot_url or settings.chatwoot_token or settings.chatwoot_secret:
        fields = {
            "url": settings.chatwoot_url,
            "token": settings.chatwoot_token and settings.chatwoot_token.get_secret_value(),
            "secret": settings.chatwoot_secret and settings.chatwoot_secret.get_secret_value(),
            "files": [host.strip() for host in settings.chatwoot_files.split(",") if host.strip()],
        }
        found[KIND] = _read(KIND, fields, None)
    return found


def _in_file(path: Path) -> dict[str, Any]:
    doors = read_mapping(path) if path.exists() else {}
    chatwoot = doors.pop(KIND, None) or {}
    if doors:
        raise DoorsError(f"{path}: 没有叫 {next(iter(doors))} 的门，现在只认 chatwoot")
    if not isinstance(chatwoot, dict):
        raise DoorsError(f"{path}: chatwoot 下面应当是：名字: {{url, token, secret}}")
    return chatwoot


def _read(name: Any, fields: Any, path: Path | None) -> ChatwootInbox:
    where = f"{path}: chatwoot 的 {name}" if path else "环境变量 SHAOFA_CHATWOOT_…"
    if not isinstance(fields, dict) or set(fields) - _FIELDS:
        raise DoorsError(f"{where} 只认 {'、'.join(sorted(_FIELDS))}")
    named = {field: _filled(fields.get(field), where) for field in ("url", "token", "secret")}
    missing = [field for field, value in named.items() if not value]
    if missing:
        raise DoorsError(f"{where} 少了 {'、'.join(missing)}")
    if not origin_of(named["url"]):
        raise DoorsError(f"{where} 的 url 应当以 http:// 或 https:// 开头")
    if len(str(name)) > 32 or ":" in str(name):
        raise DoorsError(f"{where}: 名字最长 32 个字，里面不能有冒号")
    files = fields.get("files") or []
    hosts = frozenset(host if "://" in str(host) else f"https://{host}" for host in files)
    return ChatwootInbox(
        str(name), named["url"].rstrip("/"), named["token"], named["secret"], frozenset(map(origin_of, hosts))
    )


def _filled(value: Any, where: str) -> str:
    """``$NAME`` stands for what the environment has under that name: a secret need not lie in the file."""
    text = str(value or "")
    if text.startswith("$"):
        if text[1:] not in os.environ:
            raise DoorsError(f"{where}: 环境变量 {text[1:]} 没有设")
        return os.environ[text[1:]]
    return text
