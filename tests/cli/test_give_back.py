"""`shaofa give-back`: a conversation that a person has, and one that nobody has."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from bot.db import make_engine
from bot.store import Handoff, Store
from tests.cli.calling import shaofa
from tests.office import fresh


def test_a_conversation_that_no_person_has_is_said(tmp_path: Path) -> None:
    done = shaofa("give-back", "nobody", folder=tmp_path)
    assert (done.returncode, done.stderr.decode()) == (1, "shaofa: 会话 nobody 没有在人工手里\n")


def test_the_buyer_is_asked_whether_the_bot_may_speak_again(tmp_path: Path) -> None:
    handoffs = Store(make_engine(fresh(tmp_path)["SHAOFA_DATABASE_URL"])).handoffs
    now = datetime.now(timezone.utc)
    handoffs.open(Handoff("c", None, "user_requested", "", now))
    done = shaofa("give-back", "c", folder=tmp_path)
    assert (done.returncode, done.stdout.decode()) == (0, "c 已经问买家要不要机器人接着办；买家说好，机器人才说话\n")
    active = handoffs.active("c")
    assert active is not None and active.offered_back_at is not None, "until the buyer says yes"


def test_what_the_platform_has_is_not_given_back(tmp_path: Path) -> None:
    handoffs = Store(make_engine(fresh(tmp_path)["SHAOFA_DATABASE_URL"])).handoffs
    handoffs.open(Handoff("c", None, "platform_stepped_in", "", datetime.now(timezone.utc)))
    done = shaofa("give-back", "c", folder=tmp_path)
    assert (done.returncode, done.stderr.decode()) == (1, "shaofa: 会话 c 平台已经介入，机器人不再说话\n")
    assert handoffs.active("c") is not None
