"""The clerk's desk: one conversation's case, from the first complaint to its settlement.

A ``Case`` is loaded once for a message and saved once; the modules here are functions over it. They join ``bot.claims``
(what is right), ``bot.orders`` (what was bought) and ``bot.store`` (what must not be lost). No wording: that is
``domain.yml``.
"""

from bot.desk.case import Case, Desk, Speaker

__all__ = ["Case", "Desk", "Speaker"]
