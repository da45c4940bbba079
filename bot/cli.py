"""The ``shaofa`` command. Exit codes: 0 done, 1 bad input (one line on standard error), 2 bad usage."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import os
import secrets
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bot import __version__, logs
from bot.settings import settings

if TYPE_CHECKING:
    from bot.claims.rulebook import Value
    from bot.inbox.inbox import Inbox, Outcome


class InputError(Exception):
    """Something the user gave cannot be used; the message is the one line they get to see."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(argv)
    try:
        logs.configure()
        return int(args.run(args) or 0)
    except (InputError, OSError) as error:
        print(f"shaofa: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        # A file that was given (shop.yml, rulebook, an order sheet) is wrong: its message names it and the reason.
        if type(error).__module__.startswith("bot."):
            print(f"shaofa: {error}", file=sys.stderr)
            return 1
        raise
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shaofa", description="少发：处理网店少发、漏发投诉的客服机器人")
    parser.add_argument("--version", action="version", version=f"shaofa {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)

    run = commands.add_parser("run", help="train if data changed, then serve chat, actions and demo page")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=_port, default=5005)
    run.set_defaults(run=_run)

    train = commands.add_parser("train", help="train if data changed")
    train.add_argument("--force", action="store_true", help="train even if nothing changed")
    train.set_defaults(run=_train)

    chat = commands.add_parser("chat", help="talk in the terminal")
    chat.add_argument("--jsonl", action="store_true", help="a JSON line in, a JSON line out, for programs")
    chat.set_defaults(run=_chat)

    parse = commands.add_parser("parse", help="lines of text in, a JSON line each out")
    parse.set_defaults(run=_parse)

    compensate = commands.add_parser("compensate", help="a JSON list of cases in, the list with results out")
    compensate.add_argument("file", metavar="FILE", help="a JSON file, - for standard input")
    compensate.set_defaults(run=_compensate)

    orders = commands.add_parser("orders", help="the orders that the bot knows")
    of_orders = orders.add_subparsers(metavar="command", required=True)
    importing = of_orders.add_parser("import", help="order sheets exported from 千牛 into the embedded order store")
    importing.add_argument(
        "files", metavar="FILE", nargs="+", type=Path, help="CSV or XLSX: 订单列表, 宝贝明细, or both"
    )
    importing.add_argument("--dry-run", action="store_true", help="only tell what would happen")
    importing.add_argument("--platform", choices=("tmall", "taobao"), help="where the shop is; the sheets do not say")
    importing.set_defaults(run=_import_orders)

    rules = commands.add_parser("rules", help="the rules that hold on a day, with source and how sure they are")
    rules.add_argument("--on", type=_day, metavar="YYYY-MM-DD", help="default: today in Shanghai")
    rules.add_argument("--json", action="store_true", help="a JSON list, for programs")
    rules.set_defaults(run=_rules)

    promises = commands.add_parser("promises", help="what was promised and is not done yet")
    promises.set_defaults(run=_promises)

    due = commands.add_parser("due", help="warn of promises that fall due, take note of broken ones; for cron")
    due.add_argument("--json", action="store_true", help="a JSON list, for programs")
    due.set_defaults(run=_due)

    fulfil = commands.add_parser("fulfil", help="mark what a claim promised as done, now")
    fulfil.add_argument("claim_id", metavar="CLAIM_ID")
    fulfil.set_defaults(run=_fulfil)

    casefile = commands.add_parser("casefile", help="everything about a claim in one file, for 小二 or a court")
    casefile.add_argument("claim_id", metavar="CLAIM_ID")
    casefile.add_argument(
        "-o", "--output", metavar="FILE", type=_case_file, required=True, help="ends in .html, .pdf or .json"
    )
    casefile.set_defaults(run=_casefile)

    give_back = commands.add_parser("give-back", help="end a hand-off: the bot may speak again")
    give_back.add_argument("conversation_id", metavar="CONVERSATION_ID")
    give_back.set_defaults(run=_give_back)
    return parser


# --- commands -------------------------------------------------------------------------------------


def _run(args: argparse.Namespace) -> None:
    if settings().api_key is None and not _is_loopback(args.host):
        raise InputError("要让别的机器访问，请先设置 SHAOFA_API_KEY (set SHAOFA_API_KEY to serve other machines)")
    from bot.engine.training import ensure_model

    model = ensure_model()
    from bot.server import make_app

    app = make_app(model)
    print(f"少发已就绪：http://{args.host}:{args.port}", file=sys.stderr, flush=True)
    app.run(host=args.host, port=args.port, access_log=False, motd=False)


def _train(args: argparse.Namespace) -> None:
    from bot.engine.training import ensure_model

    print(ensure_model(force=args.force))


def _chat(args: argparse.Namespace) -> None:
    stdin = _stdin()
    with _only_ours_on_stdout() as out:
        inbox = _make_inbox()
        if args.jsonl:
            asyncio.run(_chat_jsonl(inbox, stdin, out))
        else:
            asyncio.run(_chat_people(inbox, stdin, out))


async def _chat_jsonl(inbox: Inbox, stdin: TextIO, out: TextIO) -> None:
    from bot.inbox.inbox import Incoming

    nobody = f"chat-{secrets.token_hex(6)}"
    for number, line in enumerate(stdin, 1):
        if not line.strip():
            continue
        message = _message(line, number)
        sender = message.get("sender") or nobody
        metadata = message.get("metadata") or {}
        upload = message.get("upload")
        outcome = await inbox.handle(
            Incoming(
                conversation_id=sender,
                text=message.get("text") or "",
                message_id=metadata.get("message_id"),
                buyer_id=metadata.get("buyer_id"),
                order_id=metadata.get("order_id"),
                files=(_read_upload(upload),) if upload is not None else (),
                channel="chat",
            )
        )
        out.write(json.dumps({"sender": sender, **outcome.__dict__}, ensure_ascii=False) + "\n")
        out.flush()


async def _chat_people(inbox: Inbox, stdin: TextIO, out: TextIO) -> None:
    from bot.inbox.inbox import Incoming

    conversation = f"chat-{secrets.token_hex(6)}"
    out.write("直接打字；发图片用 /upload 路径；空行或 Ctrl-D 结束。\n> ")
    out.flush()
    for line in stdin:
        if not line.strip():
            break
        upload = line.strip().removeprefix("/upload ").strip() if line.startswith("/upload ") else None
        outcome = await inbox.handle(
            Incoming(
                conversation,
                text="" if upload else line.rstrip("\n"),
                files=(_read_upload(upload),) if upload else (),
                channel="chat",
            )
        )
        out.write(_for_people(outcome) + "\n> ")
        out.flush()


def _parse(args: argparse.Namespace) -> None:
    stdin = _stdin()
    with _only_ours_on_stdout() as out:
        asyncio.run(_parse_lines(stdin, out))


async def _parse_lines(stdin: TextIO, out: TextIO) -> None:
    from bot.engine.parsing import parse
    from bot.engine.training import ensure_model
    from bot.inbox.inbox import printable
    from bot.language.quantities import read
    from bot.server import load_agent

    agent = load_agent(ensure_model())
    for line in stdin:
        text = line.rstrip("\r\n")
        seen = parse(agent, printable(text).lstrip("/"))
        parsed = {
            "text": text.encode("utf-8", "replace").decode(),
            "intent": {
                "name": seen["intent"].get("name"),
                "confidence": round(float(seen["intent"].get("confidence") or 0.0), 4),
            },
            "entities": seen["entities"],
            "quantities": read(text).as_dict(),
        }
        out.write(json.dumps(parsed, ensure_ascii=False) + "\n")
        out.flush()


def _compensate(args: argparse.Namespace) -> None:
    from bot import office
    from bot.claims.compensation import compensate
    from bot.claims.deadlines import SHANGHAI
    from bot.claims.rulebook import Rulebook
    from bot.claims.shop import ShopPolicy

    try:
        text = sys.stdin.read() if args.file == "-" else Path(args.file).read_text(encoding="utf-8")
        cases = json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{args.file}: 读不了 ({error})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{args.file}: 不是合法的 JSON ({error})") from error
    if not isinstance(cases, list):
        raise InputError(f"{args.file}: 应当是一个 JSON 列表，里面是一个个案例 (expected a JSON list of cases)")
    rulebook = Rulebook.load(settings().rulebook_dir)
    policy = ShopPolicy.load(settings().shop_file)
    today = office.now().astimezone(SHANGHAI).date()
    results = [
        {
            **(case if isinstance(case, dict) else {"case": case}),
            "result": compensate(case, rulebook, high_value_fen=policy.evidence.high_value_fen, on=today),
        }
        for case in cases
    ]
    _print(json.dumps(results, ensure_ascii=False, indent=2))


def _import_orders(args: argparse.Namespace) -> None:
    from bot.claims.model import Platform
    from bot.commands.orders import import_orders

    if settings().orders_url:
        raise InputError("订单来自 SHAOFA_ORDERS_URL，导入的表用不上；要改用导入的订单，请先去掉这个设置")
    _print(import_orders(args.files, Platform(args.platform or "unknown"), dry_run=args.dry_run))


def _rules(args: argparse.Namespace) -> None:
    from bot import office
    from bot.claims.deadlines import SHANGHAI
    from bot.claims.rulebook import Rulebook

    on = args.on or office.now().astimezone(SHANGHAI).date()
    rules = Rulebook.load(settings().rulebook_dir).holding(on)
    if args.json:
        _print(json.dumps([{**asdict(rule), "since": str(rule.since)} for rule in rules], ensure_ascii=False, indent=2))
        return
    _print(f"{on} 有效的规则，共{len(rules)}条")
    for file, group in groupby(rules, key=lambda rule: rule.id.partition(".")[0]):
        _print(f"\n{file}.yml")
        _print(_rules_table(list(group)))


def _promises(args: argparse.Namespace) -> None:
    from bot import office
    from bot.claims.deadlines import spoken

    desk = office.desk()
    for claim in desk.promised():
        assert claim.promise is not None  # that is what `promised` asked for
        late = "已超时" if desk.promise_is_broken(claim) else "未到期"
        print(f"{claim.claim_id}\t{claim.promise.remedy.value}\t{spoken(claim.promise.due_at)}\t{late}")


def _due(args: argparse.Namespace) -> None:
    from bot import office
    from bot.talk.due import attend

    notices = attend(office.desk())
    if args.json:
        _print(json.dumps(notices, ensure_ascii=False, indent=2))
    for notice in [] if args.json else notices:
        _print(notice["for_seller"])


def _fulfil(args: argparse.Namespace) -> None:
    from bot import office
    from bot.store import Conflict

    desk = office.desk()
    claim = desk.store.claims.get(args.claim_id)
    if claim is None:
        raise InputError(f"没有登记号 {args.claim_id}")
    try:
        desk.fulfil(claim)
    except (ValueError, Conflict) as error:
        raise InputError(str(error)) from error
    print(f"{args.claim_id} 已办好")


def _casefile(args: argparse.Namespace) -> None:
    from bot.commands.casefile import write_case_file

    write_case_file(args.claim_id, args.output)
    print(f"案卷已写入 {args.output}")


def _give_back(args: argparse.Namespace) -> None:
    from bot import office

    desk = office.desk()
    if desk.store.handoffs.active(args.conversation_id) is None:
        raise InputError(f"会话 {args.conversation_id} 没有在人工手里")
    desk.give_back(args.conversation_id)
    print(f"{args.conversation_id} 已交还机器人")


# --- small things ---------------------------------------------------------------------------------


def _make_inbox() -> Inbox:
    from bot.engine.training import ensure_model

    model = ensure_model()
    from bot.inbox.inbox import inbox_for
    from bot.server import load_agent

    return inbox_for(load_agent(model))


CONFIDENCE = {"confirmed": "已核对", "reported": "转载", "assumed": "本项目约定"}
# 点, not 分, for points: 分 would read as money.
UNITS = {"percent": "%", "points": "点", "hours": "小时", "days": "天", "grams": "克"}


def _rules_table(rules: Sequence[Value]) -> str:
    """The rules of one file: a row each, and below it what the rule says."""
    head = ("规则", "数值", "生效日期", "核实情况", "出处")
    rows = [
        (rule.id.partition(".")[2], _amount(rule), str(rule.since), CONFIDENCE[rule.confidence], _one_line(rule.source))
        for rule in rules
    ]
    widths = [max(map(_columns, cells)) for cells in zip(head, *rows, strict=True)]
    lines = [_row(head, widths)]
    for row, rule in zip(rows, rules, strict=True):
        lines += [_row(row, widths), f"    {_one_line(rule.text)}"]
    return "\n".join(lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _columns(cell)) for cell, width in zip(cells, widths, strict=True))
    return f"  {'  '.join(padded)}".rstrip()


def _amount(rule: Value) -> str:
    from bot.claims.money import yuan

    if rule.unit == "text":
        return "见说明"  # the value is a word for programs; the line below says it in Chinese
    return yuan(int(rule.value)) if rule.unit == "fen" else f"{rule.value}{UNITS[rule.unit]}"


def _columns(text: str) -> int:
    """How wide a terminal shows it: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _print(text: str) -> None:
    print(text.encode("utf-8", "replace").decode())  # half an emoji cannot be printed


def _message(line: str, number: int) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"第 {number} 行不是合法的 JSON ({error})") from error
    wanted = {"text": str, "upload": str, "sender": str, "metadata": dict}
    if not isinstance(message, dict):
        raise InputError(f"第 {number} 行应当是一个 JSON 对象")
    for key, kind in wanted.items():
        if message.get(key) is not None and not isinstance(message[key], kind):
            raise InputError(f"第 {number} 行的 {key} 类型不对")
    return message


def _read_upload(path: str | None) -> bytes | None:
    """The file's bytes; None when there is no such file, which the bot then says."""
    try:
        return Path(path or "").read_bytes()
    except (OSError, ValueError):
        return None


def _for_people(outcome: Outcome) -> str:
    lines = []
    for reply in outcome.replies:
        lines.append(f"小发：{reply['text']}")
        lines += [f"      [{button['title']}] → {button['payload']}" for button in reply["buttons"]]
    if not lines and outcome.handoff:
        lines.append("（人工客服接入中，机器人不再说话）")
    return "\n".join(lines)


def _stdin() -> TextIO:
    """Standard input as UTF-8; bytes that are none are replaced, not fatal."""
    return open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False)


@contextlib.contextmanager
def _only_ours_on_stdout() -> Iterator[TextIO]:
    """Libraries print to standard output; while this holds, that goes to standard error and only we write out."""
    with open(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as out:
        with contextlib.redirect_stdout(sys.stderr):
            os.dup2(sys.stderr.fileno(), 1)
            yield out
        out.flush()
        os.dup2(out.fileno(), 1)


def _port(value: str) -> int:
    port = int(value)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{value} is no port")
    return port


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{value} is no day such as 2026-11-23") from error


def _case_file(value: str) -> Path:
    path = Path(value)
    if path.suffix.lower() not in (".html", ".pdf", ".json"):
        raise argparse.ArgumentTypeError(f"{value} does not end in .html, .pdf or .json")
    return path


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
