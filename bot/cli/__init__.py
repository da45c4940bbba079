"""The ``shaofa`` command, a file for each of its commands.

Each file has ``add``, its arguments, and ``run``, which may return an exit code. Whatever takes long to import is
imported inside ``run``: ``shaofa --help`` and a mistyped command answer at once.

Exit codes: 0 done, 1 bad input (one line on standard error, no traceback), 2 bad usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from bot import __version__
from bot.privacy import mask

# In the order in which --help lists them.
COMMANDS = (
    "run",
    "actions",
    "train",
    "chat",
    "parse",
    "triage",
    "compensate",
    "orders",
    "rules",
    "conversations",
    "claims",
    "offers",
    "promises",
    "due",
    "fulfil",
    "casefile",
    "give_back",
    "accounts",
    "keys",
    "events",
    "doors",
    "chatwoot",
    "backup",
    "restore",
)


class InputError(Exception):
    """Something the user gave cannot be used; the message is the one line they get to see."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code.
    """
    args = parser().parse_args(argv)
    from bot import logs

    try:
        logs.configure()
        return int(args.run(args) or 0)
    except (InputError, OSError) as error:
        return _refuse(error)
    except ValueError as error:
        # A file that was given (shop.yml, rulebook, an order sheet) is wrong: its message names it and the reason.
        if type(error).__module__.startswith("bot."):
            return _refuse(error)
        raise
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # Asked by name: SQLAlchemy takes long to import, and most mistakes come before it.
        if type(error).__module__.startswith("sqlalchemy."):
            return _refuse(InputError(_of_database(error)))
        raise


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(prog="shaofa", description="少发：处理网店少发、漏发投诉的客服机器人")
    whole.add_argument("--version", action="version", version=f"shaofa {__version__}")
    subparsers = whole.add_subparsers(metavar="command", required=True)
    for name in COMMANDS:
        import_module(f"{__name__}.{name}").add(subparsers)
    return whole


# What the driver says, in part, and what to do about it.
_CURES = (
    ("password authentication failed", "用户名或密码不对"),
    ("could not translate host name", "主机名不对，或者网络不通"),
    ("Connection refused", "那边没有数据库在听：先把它开起来，再核对主机和端口"),
    ("No such file or directory", "那边没有数据库在听：先把它开起来，再核对主机和端口"),
    ("timeout expired", "那边没有回音：核对主机、端口和防火墙"),
    ("does not exist", "没有这个数据库或用户，先建好（createdb 名字）"),
    ("unable to open database file", "文件打不开：核对文件夹在不在、能不能写"),
    ("file is not a database", "这个文件不是 SQLite 数据库"),
    ("database is locked", "另一个程序一直占着它，等它做完再来"),
)


def _of_database(error: Exception) -> str:
    cause = getattr(error, "orig", None)  # what the driver said
    if cause is None:  # not even a driver: the text would show the address, and a password with it
        return "SHAOFA_DATABASE_URL 不对：应当是 sqlite:////文件夹/shaofa.db 或 postgresql://用户:密码@主机/数据库"
    said = " ".join(str(cause).split())
    cure = next((cure for part, cure in _CURES if part in said), None)
    return f"数据库用不了，请检查 SHAOFA_DATABASE_URL：{f'{cure}（{said}）' if cure else said}"


def _refuse(error: Exception) -> int:
    print(f"shaofa: {mask(str(error))}", file=sys.stderr)
    return 1
