"""Every environment variable, in one place. All start with ``SHAOFA_``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseSettings, SecretStr, ValidationError, validator

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """An environment variable holds what it cannot; the message names it and says why."""


class Settings(BaseSettings):
    """Where things are and who may call. Relative paths count from the project's root."""

    database_url: str = f"sqlite:///{ROOT / 'var' / 'shaofa.db'}"  # claims, messages, evidence, orders
    tracker_url: str | None = None  # conversations of the time when Rasa kept them apart, carried over as they go on
    evidence_dir: Path = ROOT / "var" / "evidence"
    models_dir: Path = ROOT / "models"
    shop_file: Path = ROOT / "shop.yml"
    answers_file: Path = ROOT / "answers.yml"  # what the shop itself answers (docs/answers.md)
    rulebook_dir: Path = ROOT / "rulebook"
    orders_url: str | None = None  # orders over HTTP (docs/orders.md) instead of from the database
    orders_token: SecretStr | None = None  # sent to it as a bearer token
    tracking_url: str | None = None  # where parcels are, over HTTP (docs/orders.md)
    tracking_token: SecretStr | None = None  # sent to it as a bearer token
    actions_token: SecretStr | None = None  # what Rasa shows to an action server of ours
    api_key: SecretStr | None = None  # without one the server answers on loopback only
    widget_secret: SecretStr | None = None  # HS256 key of the tokens that tell the web widget who the buyer is
    widget_origins: str = ""  # pages of other origins that may hold the widget, comma separated
    alime_key_id: str | None = None  # with the secret, opens the door in 小蜜's form (docs/alime.md)
    alime_key_secret: SecretStr | None = None
    hook_secret: SecretStr | None = None  # opens the door of xianyu-auto-reply (docs/sellers/xianyu-auto-reply.md)
    # Another model of the shop's, in OpenAI's form, for what is none of the bot's business (docs/sellers/README.md).
    upstream_url: str | None = None
    upstream_key: SecretStr | None = None
    upstream_model: str = "default"
    chatwoot_url: str | None = None  # the three open the door of a Chatwoot agent bot (docs/chatwoot.md)
    chatwoot_token: SecretStr | None = None  # the bot's
    chatwoot_secret: SecretStr | None = None  # signs what Chatwoot sends
    chatwoot_files: str = ""  # other hosts that its pictures lie on, comma separated
    doors_file: Path = ROOT / "doors.yml"  # where a shop has several Chatwoot inboxes
    # Who is told when a person is needed (docs/handoff.md); each that is set is told.
    notice_url: SecretStr | None = None  # the shop's own server
    notice_secret: SecretStr | None = None  # signs what it gets
    dingtalk_url: SecretStr | None = None  # robots of a group; the address holds a key
    dingtalk_secret: SecretStr | None = None
    feishu_url: SecretStr | None = None
    feishu_secret: SecretStr | None = None
    wecom_url: SecretStr | None = None
    smtp_url: SecretStr | None = None  # smtp://user:password@host:587 or smtps://
    mail_to: str | None = None  # comma separated
    mail_from: str | None = None
    # What happens is told to a program of the shop's own (docs/api.md, "Events").
    events_url: SecretStr | None = None
    events_secret: SecretStr | None = None  # one, or while it is changed two, comma separated; each signs
    api_rate: int = 100  # requests a second that each API key may make, of one process
    demo: bool = True  # demo orders for every demo buyer, and the demo page at /

    @validator(
        "tracker_url",
        "orders_url",
        "orders_token",
        "tracking_url",
        "tracking_token",
        "actions_token",
        "api_key",
        "widget_secret",
        "alime_key_id",
        "alime_key_secret",
        "hook_secret",
        "upstream_url",
        "upstream_key",
        "chatwoot_url",
        "chatwoot_token",
        "chatwoot_secret",
        "notice_url",
        "notice_secret",
        "dingtalk_url",
        "dingtalk_secret",
        "feishu_url",
        "feishu_secret",
        "wecom_url",
        "smtp_url",
        "mail_to",
        "mail_from",
        "events_url",
        "events_secret",
        pre=True,
    )
    def _empty_is_unset(cls, value: str | None) -> str | None:
        """``SHAOFA_API_KEY=`` in an .env file: as a key, nothing at all would open every door."""
        return value or None

    @validator("widget_secret")
    def _is_not_guessed(cls, value: SecretStr | None) -> SecretStr | None:
        """Who guesses it is any buyer; HS256 wants 256 bits."""
        if value and len(value.get_secret_value().encode()) < 32:
            raise ValueError("至少要 32 个字符（openssl rand -hex 32）")
        return value

    @validator("database_url", "tracker_url")
    def _is_postgresql(cls, value: str | None) -> str | None:
        """What many hosts hand out; SQLAlchemy wants the name in full."""
        return f"postgresql://{value[11:]}" if value and value.startswith("postgres://") else value

    @validator("orders_url", "tracking_url", "upstream_url")
    def _is_over_http(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("应当以 http:// 或 https:// 开头")
        return value

    @validator("notice_url", "dingtalk_url", "feishu_url", "wecom_url", "events_url")
    def _is_a_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("应当以 http:// 或 https:// 开头")
        return value

    @validator("notice_secret", always=True)
    def _is_signed(cls, value: SecretStr | None, values: dict[str, Any]) -> SecretStr | None:
        if values.get("notice_url") and not value:
            raise ValueError("设了 SHAOFA_NOTICE_URL 就要设它：通知用它签名（openssl rand -hex 32）")
        return value

    @validator("events_secret", always=True)
    def _events_are_signed(cls, value: SecretStr | None, values: dict[str, Any]) -> SecretStr | None:
        if values.get("events_url") and not value:
            raise ValueError("设了 SHAOFA_EVENTS_URL 就要设它：事件用它签名（openssl rand -hex 32）")
        return value

    @validator("smtp_url")
    def _is_a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("应当以 smtp:// 或 smtps:// 开头")
        return value

    class Config:
        env_prefix = "SHAOFA_"

    @property
    def old_trackers(self) -> str | None:
        """Where conversations of that time are, if there are any."""
        before = ROOT / "var" / "tracker.db"
        return self.tracker_url or (f"sqlite:///{before}" if before.exists() else None)

    @property
    def events_secrets(self) -> tuple[str, ...]:
        both = self.events_secret.get_secret_value() if self.events_secret else ""
        return tuple(secret.strip() for secret in both.split(",") if secret.strip())

    @property
    def mail_addresses(self) -> tuple[str, ...]:
        return tuple(address.strip() for address in (self.mail_to or "").split(",") if address.strip())

    @property
    def notices(self) -> tuple[str, ...]:
        """By which deliveries the shop is told that a person is needed; names as in ``bot.inbox.notices``."""
        ways = {
            "webhook": self.notice_url,
            "dingtalk": self.dingtalk_url,
            "feishu": self.feishu_url,
            "wecom": self.wecom_url,
            "mail": self.smtp_url if self.mail_addresses else None,
        }
        return tuple(name for name, is_set in ways.items() if is_set)

    @property
    def allowed_origins(self) -> frozenset[str]:
        return frozenset(origin.strip().rstrip("/") for origin in self.widget_origins.split(",") if origin.strip())


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once.

    Raises:
        SettingsError: when one of them is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"SHAOFA_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        raise SettingsError("环境变量不对：" + "；".join(wrong)) from error
