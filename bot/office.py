"""Opens the office: settings in, one desk out. The only place where the parts are put together for the actions."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from threading import Condition

from cachetools import LRUCache, cached
from sqlalchemy.engine import Engine

from bot.claims.model import Order
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.desk import Desk
from bot.orders.base import OrderSource, TrackingSource
from bot.orders.demo import DEMO_BUYER, seed
from bot.orders.http import HttpOrders
from bot.orders.sql import SqlOrders
from bot.orders.tracking import HttpTracking
from bot.settings import Settings, settings
from bot.store import Store
from bot.store.files import FileStore
from bot.store.keys import Keys


@lru_cache(maxsize=1)
def desk() -> Desk:
    """The process's desk, opened on first use.

    Raises:
        ShopPolicyError, RulebookError: when a file that decides over money cannot be trusted.
    """
    config = settings()
    engine = make_engine(config.database_url)
    if config.demo:
        seed(SqlOrders(engine), DEMO_BUYER, now())
    return Desk(
        orders=_orders(config, engine),
        store=Store(engine),
        rulebook=Rulebook.load(config.rulebook_dir),
        policy=ShopPolicy.load(config.shop_file),
        clock=now,
        tell=config.notices,
        tracking=_tracking(config),
    )


def _orders(config: Settings, engine: Engine) -> OrderSource:
    if not config.orders_url:
        return SqlOrders(engine)
    return HttpOrders(config.orders_url, config.orders_token.get_secret_value() if config.orders_token else None)


def _tracking(config: Settings) -> TrackingSource | None:
    token = config.tracking_token.get_secret_value() if config.tracking_token else None
    return HttpTracking(config.tracking_url, token) if config.tracking_url else None


def keys() -> Keys:
    """The API keys that were made by command or at the counter."""
    return Store(make_engine(settings().database_url)).keys


def file_store() -> FileStore:
    """Where evidence files go, with the shop's limits."""
    limits = desk().policy.evidence
    files = FileStore(settings().evidence_dir, limits.max_picture_bytes, limits.max_video_bytes)
    files.sweep()
    return files


# With a condition, of several threads that ask for the same buyer one makes the orders and the others wait for it.
@cached(LRUCache(maxsize=4096), condition=Condition())
def default_buyer(conversation_id: str) -> str:
    """Whose orders a conversation sees when its door does not say who is talking.

    In the demo every such conversation plays a buyer of its own, with a copy of the demo orders.
    """
    if settings().demo:
        sandbox(conversation_id)
    return conversation_id


DEMO_PREFIX = "demo-"


def is_demo_buyer(buyer_id: str) -> bool:
    """A buyer whom the demo page may name; the orders of any other may be real ones."""
    return buyer_id.startswith(DEMO_PREFIX) and len(buyer_id) <= 64


def sandbox(buyer_id: str) -> list[Order]:
    """Give a demo buyer a copy of the demo orders, once; returns all of that buyer's orders."""
    orders = SqlOrders(make_engine(settings().database_url))
    seed(orders, buyer_id, now())
    return orders.recent(buyer_id, limit=100)


def now() -> datetime:
    return datetime.now(timezone.utc)
