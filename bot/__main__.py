"""``python -m bot`` is ``shaofa``."""

from bot.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
