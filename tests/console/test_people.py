"""Accounts at the counter: who gets in, who stays in, and what each role may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from bot.console import passwords
from bot.inbox.inbox import Inbox
from bot.settings import settings
from bot.store.accounts import Role
from tests.console.conftest import HERE, PASSWORD

Browser = Callable[..., TestClient]


def goes_to(answer: object) -> str:
    return str(answer.headers.get("location"))  # type: ignore[attr-defined]


def test_the_demo_on_this_machine_needs_no_account_and_says_so(browser: Browser) -> None:
    page = browser().get("/counter")
    assert page.status_code == 200 and "演示模式" in page.text


@pytest.mark.parametrize("address, base_url", [("192.0.2.7", HERE), ("127.0.0.1", "http://shop.example")])
def test_from_elsewhere_even_the_demo_asks_for_a_login(browser: Browser, address: str, base_url: str) -> None:
    answer = browser(address, base_url).get("/counter", follow_redirects=False)
    assert answer.status_code == 303 and goes_to(answer) == "/counter/login"


def test_with_a_key_it_is_no_demo_any_more(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAOFA_API_KEY", "k")
    settings.cache_clear()
    assert goes_to(browser().get("/counter", follow_redirects=False)) == "/counter/login"


@pytest.mark.parametrize("role", Role)
def test_once_anybody_can_log_in_the_demo_asks_too(browser: Browser, as_: Browser, role: Role) -> None:
    as_(role, "小王")
    assert goes_to(browser().get("/counter", follow_redirects=False)) == "/counter/login"


def test_the_first_link_sets_the_owners_password_once(inbox: Inbox, browser: Browser) -> None:
    link = passwords.first_link(inbox.desk.store, inbox.desk.clock())
    assert link is not None
    here = browser()
    assert "店主，请设置密码" in here.get(link).text
    wrong = here.post(link, data={"password": "short", "again": "short"})
    assert wrong.status_code == 400 and "10到200个字符" in wrong.text
    wrong = here.post(link, data={"password": PASSWORD, "again": PASSWORD + "?"})
    assert wrong.status_code == 400 and "不一样" in wrong.text
    assert here.post(link, data={"password": PASSWORD, "again": PASSWORD}).url.path == "/counter"
    assert "人员" in here.get("/counter").text  # logged in, as the owner
    other = browser()
    assert other.get(link).status_code == 404
    assert other.post(link, data={"password": PASSWORD, "again": PASSWORD}).status_code == 404
    assert passwords.first_link(inbox.desk.store, inbox.desk.clock()) is None


def test_a_link_ends_by_itself(inbox: Inbox, browser: Browser) -> None:
    link = passwords.first_link(inbox.desk.store, inbox.desk.clock() - timedelta(hours=passwords.LINK_HOURS))
    assert browser().get(str(link)).status_code == 404


def test_a_wrong_password_says_no_more_than_a_wrong_name(browser: Browser, as_: Browser) -> None:
    as_(Role.CLERK, "小王")
    here = browser()
    texts = {
        re.sub(r'value="[^"]*"', "", here.post("/counter/login", data={"name": name, "password": "not the one"}).text)
        for name in ("小王", "nobody")
    }
    assert len(texts) == 1 and "名字或密码不对" in texts.pop()


def test_who_guesses_has_to_wait_and_others_do_not(inbox: Inbox, browser: Browser, as_: Browser) -> None:
    as_(Role.CLERK, "小王")
    guesser = browser("192.0.2.66")
    for _ in range(5):
        assert guesser.post("/counter/login", data={"name": "小王", "password": "not the one"}).status_code == 403
    late = guesser.post("/counter/login", data={"name": "小王", "password": PASSWORD})
    assert late.status_code == 429 and "15分钟" in late.text
    as_(Role.CLERK, "小王")  # from another place
    inbox.desk.clock = lambda now=inbox.desk.clock: now() + timedelta(minutes=16)  # type: ignore[misc]
    assert guesser.post("/counter/login", data={"name": "小王", "password": PASSWORD}).url.path == "/counter"


def test_behind_a_proxy_a_guesser_keeps_out_nobody_else(browser: Browser, as_: Browser) -> None:
    as_(Role.CLERK, "小王")
    proxied, right = browser(), {"name": "小王", "password": PASSWORD}
    for _ in range(25):
        proxied.post(
            "/counter/login",
            data={"name": "小王", "password": "not the one"},
            headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.9"},  # the first is the guesser's own invention
        )
    for there, status in (("203.0.113.9", 429), ("203.0.113.10", 200)):
        assert proxied.post("/counter/login", data=right, headers={"X-Forwarded-For": there}).status_code == status


def test_one_place_may_not_try_name_after_name(browser: Browser) -> None:
    guesser = browser("192.0.2.66")
    tried = [guesser.post("/counter/login", data={"name": f"n{n}", "password": "x"}).status_code for n in range(21)]
    assert tried == [403] * 20 + [429]


def test_the_way_back_after_a_login_stays_at_the_counter(browser: Browser, as_: Browser) -> None:
    as_(Role.CLERK, "小王")
    here = browser()
    asked = here.get("/counter/c/web-1?claim=SF-1", follow_redirects=False)
    assert goes_to(asked) == "/counter/login?next=/counter/c/web-1%3Fclaim%3DSF-1"
    login = {"name": "小王", "password": PASSWORD}
    for there, then in (
        ("/counter/c/web-1?claim=SF-1", "/counter/c/web-1?claim=SF-1"),
        ("https://evil.example/", "/counter"),
        ("//evil.example", "/counter"),
        ("/counter//evil.example", "/counter"),
        ("/counter\\evil", "/counter"),
        ("/", "/counter"),
    ):
        answer = browser().post("/counter/login", data={**login, "next": there}, follow_redirects=False)
        assert goes_to(answer) == then


def test_a_form_from_elsewhere_changes_nothing(inbox: Inbox, as_: Browser) -> None:
    owner = as_(Role.OWNER, "店主")
    for origin in ("https://evil.example", "null", "http://127.0.0.1:5006", None):
        headers = {"Origin": origin} if origin else {}
        if origin is None:
            del owner.headers["Origin"]
        answer = owner.post("/counter/people", data={"name": "x", "role": "owner"}, headers=headers)
        assert answer.status_code == 403, origin
    assert [account.name for account in inbox.desk.store.accounts.all()] == ["店主"]


def test_a_cookie_is_for_this_site_and_for_no_script(browser: Browser, as_: Browser) -> None:
    as_(Role.CLERK, "小王")
    login = {"name": "小王", "password": PASSWORD}
    said = browser().post("/counter/login", data=login, follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in said and "SameSite=lax" in said and "Path=/counter" in said and "Secure" not in said
    over_tls = {"X-Forwarded-Proto": "https"}
    assert (
        "Secure"
        in browser().post("/counter/login", data=login, headers=over_tls, follow_redirects=False).headers["set-cookie"]
    )


def test_the_store_holds_no_secret_that_opens_anything(inbox: Inbox, as_: Browser) -> None:
    clerk = as_(Role.CLERK, "小王")
    (login,) = inbox.desk.store.accounts.logins("小王")
    assert clerk.cookies["shaofa_counter"] != login.mark
    clerk.cookies.set("shaofa_counter", login.mark, path="/counter")
    account = inbox.desk.store.accounts.get("小王")
    assert account and account.password and PASSWORD not in account.password and "argon2id" in account.password


def test_pages_are_held_to_a_strict_policy(browser: Browser) -> None:
    for path in ("/counter", "/counter/login", "/counter/nowhere", "/counter/static/counter.js"):
        headers = browser().get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_browser_can_be_logged_out_from_another(inbox: Inbox, as_: Browser) -> None:
    one, two = as_(Role.CLERK, "小王"), as_(Role.CLERK, "小王")
    marks = re.findall(r'name="end" value="(\w+)"', one.get("/counter/me").text)
    assert len(marks) == 1  # not the one that asks
    one.post("/counter/me", data={"end": marks[0]})
    assert two.get("/counter", follow_redirects=False).status_code == 303
    assert one.get("/counter", follow_redirects=False).status_code == 200


def test_a_new_password_ends_all_other_browsers(as_: Browser) -> None:
    one, two = as_(Role.CLERK, "小王"), as_(Role.CLERK, "小王")
    new = PASSWORD[::-1]
    assert one.post("/counter/me", data={"old": "not it", "password": new, "again": new}).status_code == 400
    one.post("/counter/me", data={"old": PASSWORD, "password": new, "again": new})
    assert one.get("/counter", follow_redirects=False).status_code == 200
    assert two.get("/counter", follow_redirects=False).status_code == 303


def test_a_login_ends_when_nobody_is_there(inbox: Inbox, as_: Browser) -> None:
    clerk = as_(Role.CLERK, "小王")
    inbox.desk.clock = lambda now=inbox.desk.clock: now() + timedelta(hours=13)  # type: ignore[misc]
    assert clerk.get("/counter", follow_redirects=False).status_code == 303


def test_logging_out_ends_it_on_the_server_too(as_: Browser) -> None:
    clerk = as_(Role.CLERK, "小王")
    secret = clerk.cookies["shaofa_counter"]
    clerk.post("/counter/logout")
    clerk.cookies.set("shaofa_counter", secret, domain="127.0.0.1", path="/counter")
    assert clerk.get("/counter", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("role", [Role.CLERK, Role.LEAD])
def test_people_and_trail_are_the_owners(inbox: Inbox, as_: Browser, role: Role) -> None:
    here = as_(role, "小王")
    assert here.get("/counter/people").status_code == 403
    assert here.get("/counter/audit").status_code == 403
    assert here.post("/counter/people", data={"name": "x", "role": "owner"}).status_code == 403
    assert here.post("/counter/people/小王", data={"do": "role", "role": "owner"}).status_code == 403
    assert inbox.desk.store.accounts.get("小王").role is role  # type: ignore[union-attr]


def test_an_owner_adds_changes_and_closes_accounts_and_all_is_on_the_trail(
    inbox: Inbox, as_: Browser, browser: Browser
) -> None:
    owner = as_(Role.OWNER, "店主")
    page = owner.post("/counter/people", data={"name": "小李", "role": "clerk"}).text
    link = re.search(r"http://127.0.0.1:5005(/counter/welcome/[\w-]+)", page)
    assert link
    clerk = browser()
    clerk.post(link[1], data={"password": PASSWORD, "again": PASSWORD})
    assert clerk.get("/counter", follow_redirects=False).status_code == 200
    owner.post("/counter/people/小李", data={"do": "role", "role": "lead"})
    assert inbox.desk.store.accounts.get("小李").role is Role.LEAD  # type: ignore[union-attr]
    assert "已经有这个名字" in owner.post("/counter/people", data={"name": "小李", "role": "clerk"}).text
    for name in ("小 李", "..", "", "x" * 33):
        assert owner.post("/counter/people", data={"name": name, "role": "clerk"}).status_code == 400
    owner.post("/counter/people/小李", data={"do": "close"})
    assert clerk.get("/counter", follow_redirects=False).status_code == 303
    login = {"name": "小李", "password": PASSWORD}
    assert browser().post("/counter/login", data=login).status_code == 403
    trail = owner.get("/counter/audit").text
    for did in ("添加同事", "改角色", "停用账号", "登录"):
        assert did in trail


def test_an_owner_cannot_lock_the_shop_out(inbox: Inbox, as_: Browser) -> None:
    owner = as_(Role.OWNER, "店主")
    for form in ({"do": "close"}, {"do": "role", "role": "clerk"}):
        assert owner.post("/counter/people/店主", data=form).status_code == 400
    assert inbox.desk.store.accounts.has_owner()


def test_what_has_ended_is_not_kept(inbox: Inbox, as_: Browser) -> None:
    as_(Role.CLERK, "小王")
    passwords.new_link(inbox.desk.store.accounts, "小王", inbox.desk.clock())
    inbox.desk.clock = lambda now=inbox.desk.clock: now() + timedelta(days=8)  # type: ignore[misc]
    as_(Role.CLERK, "小王")
    assert len(inbox.desk.store.accounts.logins("小王")) == 1


def test_in_english_for_those_who_want_it(browser: Browser) -> None:
    here = browser()
    here.post("/counter/language", data={"to": "en", "back": "/counter"})
    page = here.get("/counter").text
    assert '<html lang="en">' in page and "Waiting" in page


def test_of_two_who_use_a_link_at_once_one_sets_the_password(inbox: Inbox, browser: Browser) -> None:
    accounts, now = inbox.desk.store.accounts, inbox.desk.clock()
    secret = str(passwords.first_link(inbox.desk.store, now)).rpartition("/")[2]
    assert [accounts.use_link(secret, one, now) for one in ("a", "b")] == [True, False]
    owner = accounts.get(passwords.OWNER)
    assert owner and owner.password == "a"


def test_who_guesses_the_old_password_has_to_wait_too(as_: Browser) -> None:
    here, form = as_(Role.CLERK, "小王"), {"old": "not the one", "password": PASSWORD, "again": PASSWORD}
    answers = [here.post("/counter/me", data=form) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {400} and "15分钟" in answers[-1].text


def test_a_page_that_is_left_open_keeps_nobody_logged_in(inbox: Inbox, as_: Browser) -> None:
    here, start = as_(Role.CLERK, "小王"), inbox.desk.clock()
    for hours, live in ((11, True), (13, False)):
        inbox.desk.clock = lambda hours=hours: start + timedelta(hours=hours)  # type: ignore[misc]
        answer = here.get("/counter", headers={"X-Shaofa-Live": "1"} if live else {}, follow_redirects=False)
        assert answer.status_code == (200 if live else 303)
