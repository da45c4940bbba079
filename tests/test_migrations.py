"""The tables: made from nothing, brought up from every earlier state without losing a claim, by one process of many."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from bot.claims.codec import to_json
from bot.claims.events import (
    ClaimImported,
    ClaimOpened,
    EvidenceReceived,
    FaultFound,
    HandedOff,
    OfferMade,
    PromiseKept,
    replay,
)
from bot.claims.model import Claim, ClaimState, Evidence, EvidenceKind, EvidenceStatus, Fault, Offer, Promise, Remedy
from bot.db import MIGRATIONS, NewerDatabase, UtcDateTime, make_engine, make_folder, metadata, migrate
from bot.orders.sql import SqlOrders
from bot.settings import ROOT
from bot.store import Author, Conversation, Session, Store
from tests.claims.builders import NOW, claim, claimed, order

LATER = NOW + timedelta(minutes=5)
OFFER = Offer(Remedy.RESHIP, 0, LATER, NOW)


def first_tables() -> sa.MetaData:
    """The tables of the time before migrations, with times that are written as they were then."""
    spec = importlib.util.spec_from_file_location("first", MIGRATIONS / "versions" / "0001_tables.py")
    assert spec and spec.loader
    first: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(first)
    tables: sa.MetaData = first.metadata
    for table in tables.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.DateTime):
                column.type = UtcDateTime()
    return tables


def make_old(url: str, *story: Claim) -> None:
    """A database as it was: an order, and whole claims in the history, one row for each time they were saved."""
    make_folder(url)
    engine = sa.create_engine(url, future=True)
    tables = first_tables()
    tables.create_all(engine)
    with engine.begin() as connection:
        bought = order()
        row = {"order_id": bought.order_id, "buyer_id": "buyer", "placed_at": NOW, "body": to_json(bought)}
        connection.execute(sa.insert(tables.tables["orders"]).values(**row))
        for was in story:
            state = {"claim_id": was.claim_id, "state": was.state.value, "body": to_json(was)}
            kept = {"conversation_id": "c", "buyer_id": "buyer", "order_id": was.order_id, "opened_at": NOW}
            if was.version == 1:
                connection.execute(sa.insert(tables.tables["claims"]).values(**state, **kept, updated_at=NOW))
            else:
                claims = tables.tables["claims"]
                connection.execute(sa.update(claims).where(claims.c.claim_id == was.claim_id).values(**state))
            event = {"version": was.version, "at": NOW + timedelta(minutes=was.version)}
            connection.execute(sa.insert(tables.tables["claim_events"]).values(**state, **event))
    engine.dispose()


def make_at(url: str, revision: str) -> Engine:
    """A database as it was at that migration."""
    make_folder(url)
    engine = sa.create_engine(url, future=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return engine


def test_migrations_and_tables_agree(url: str) -> None:
    with make_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_tables_of_a_later_version_are_left_alone(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabase, match=r"9999.*换回新版"):
        migrate(engine)


def test_alembics_own_command_knows_the_database(url: str) -> None:
    environment = {**os.environ, "SHAOFA_DATABASE_URL": url}
    for arguments in (["upgrade", "head"], ["check"]):
        subprocess.run([sys.executable, "-m", "alembic", *arguments], cwd=ROOT, env=environment, check=True)


def test_a_claim_of_the_old_tables_goes_on(url: str) -> None:
    gathering = claim(claimed(), version=1)
    offered = replace(gathering, state=ClaimState.OFFERED, offers=(OFFER,), version=2)
    make_old(url, gathering, offered)

    engine = make_engine(url)
    store = Store(engine)
    assert SqlOrders(engine).get(order().order_id) == order()
    assert store.claims.current("c") == offered
    story = store.claims.history(offered.claim_id)
    assert story == [
        (NOW + timedelta(minutes=1), ClaimImported(gathering)),
        (NOW + timedelta(minutes=2), ClaimImported(offered)),
    ]
    assert replay(story) == offered

    other = replace(OFFER, remedy=Remedy.REFUND)
    after = store.claims.append(offered, [OfferMade(other), HandedOff("angry")], LATER)
    assert (after.version, after.offers) == (4, (OFFER, other))
    assert replay(store.claims.history(offered.claim_id)) == after == store.claims.get(offered.claim_id)


def test_what_was_promised_before_is_still_promised(url: str) -> None:
    agreed = claim(claimed(), state=ClaimState.AGREED, promise=Promise(Remedy.RESHIP, LATER), version=1)
    twice = replace(agreed, claim_id="twice")  # nothing forbade it then
    withdrawn = replace(agreed, claim_id="withdrawn", state=ClaimState.WITHDRAWN, lines=(claimed("袜子"),))
    make_old(url, agreed, twice, withdrawn)
    engine = make_engine(url)
    with engine.connect() as connection:
        lines = connection.execute(sa.select(metadata.tables["promised_lines"])).all()
    assert [(row.order_id, row.sku, row.part, row.claim_id) for row in lines] == [
        (agreed.order_id, "纯棉T恤 白色", "", agreed.claim_id)
    ]
    kept = Store(engine).claims.append(agreed, [PromiseKept()], LATER)
    assert kept.state is ClaimState.FULFILLED


def test_what_was_said_before_is_in_the_log(url: str) -> None:
    make_old(url)
    engine = sa.create_engine(url, future=True)
    answered = {"replies": [{"text": "少了哪件呢？", "buttons": [], "custom": None}], "intent": "greet"}
    with engine.begin() as connection:
        for row in ({"message_id": "m2", "text": "少发了", "answer": answered}, {"message_id": None, "text": "在吗"}):
            connection.execute(sa.insert(first_tables().tables["messages"]).values(conversation_id="c", at=NOW, **row))
    engine.dispose()

    log = Store(make_engine(url)).log
    assert [(entry.seq, entry.author.value, entry.text) for entry in log.after("c")] == [
        (1, "buyer", "少发了"),
        (2, "bot", "少了哪件呢？"),
        (3, "buyer", "在吗"),
    ]
    assert log.answer_to("c", "m2") == answered
    assert [entry.seq for entry in log.unanswered("c")] == [3]


def test_each_conversation_gets_a_row_that_knows_its_length_and_its_buyer(url: str) -> None:
    engine = make_at(url, "0004")
    was = sa.MetaData()
    was.reflect(engine)
    naive = NOW.replace(tzinfo=None)
    said = {"author": "buyer", "body": {"text": "少发了"}, "at": naive}
    lengths = {"web": 3, "anonymous": 2, "claimed": 1}
    with engine.begin() as connection:
        for talk, length in lengths.items():
            for seq in range(1, length + 1):
                row = {"conversation_id": talk, "seq": seq, "entry_id": f"m{seq}", **said}
                connection.execute(sa.insert(was.tables["entries"]).values(row))
        for talk, buyer in (("web", "anna"), ("anonymous", None), ("silent", "ben")):
            session = {"conversation_id": talk, "buyer_id": buyer, "created_at": naive, "seen_at": naive}
            session |= {"secret_sha256": talk, "leased_until": naive}
            connection.execute(sa.insert(was.tables["sessions"]).values(session))
        old = claim(claimed(), version=1)
        row = {"claim_id": old.claim_id, "conversation_id": "claimed", "buyer_id": "buyer", "state": "gathering"}
        row |= {"body": to_json(old), "opened_at": naive, "updated_at": naive}
        connection.execute(sa.insert(was.tables["claims"]).values(row))
    engine.dispose()

    store = Store(make_engine(url))
    assert [store.conversations.get(talk) for talk in ("web", "anonymous", "claimed", "silent")] == [
        Conversation("web", 3, "anna", waiting=3),
        Conversation("anonymous", 2, None, waiting=2),
        Conversation("claimed", 1, "buyer", waiting=1),
        None,
    ]
    assert store.sessions.of("web") == Session("web", "anna", None), "what it was leased for is gone"
    assert "leased_until" not in [column["name"] for column in sa.inspect(make_engine(url)).get_columns("sessions")]
    assert store.log.append("web", Author.BUYER, {"text": "在吗"}, LATER).seq == 4
    assert sorted(store.conversations.unanswered()) == ["anonymous", "web"]


def test_files_of_before_are_recognized(url: str) -> None:
    received = Evidence(EvidenceKind.PHOTO, EvidenceStatus.RECEIVED, "a" * 64)
    asked = Evidence(EvidenceKind.OUTER_BOX, EvidenceStatus.REQUESTED)
    old = claim(evidence=(received, asked, replace(received, kind=EvidenceKind.OUTER_BOX)), version=1)
    make_old(url, old)
    store = Store(make_engine(url))
    again = EvidenceReceived(EvidenceKind.PHOTO, "a" * 64)
    new = store.claims.append(None, [ClaimOpened("new", "c2", "another"), again], LATER)
    assert store.claims.with_same_files(new) == {"a" * 64: [old]}


def test_tables_that_are_up_to_date_are_left_alone(url: str) -> None:
    store = Store(make_engine(url))
    written = store.claims.append(None, [ClaimImported(claim(claimed())), FaultFound(Fault.SELLER, ("weight",))], NOW)
    make_engine.cache_clear()
    assert Store(make_engine(url)).claims.get(written.claim_id) == written


@pytest.mark.parametrize("old", [False, True])
def test_many_processes_that_start_at_once_do_it_once(url: str, old: bool) -> None:
    if old:
        make_old(url, claim(claimed(), version=1))
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_start, [url] * 8)) == [int(old)] * 8


def _start(url: str) -> int:
    """A process that starts: how many claims it finds."""
    make_engine.cache_clear()
    return len(Store(make_engine(url)).claims.of_buyer("buyer"))
