"""The handlers as an action server has them: ``shaofa actions``, and ``rasa run actions``, which imports this module.

There each action is a message's case of its own: loaded, handled, saved. ``shaofa run`` needs no action server.
"""

from __future__ import annotations

from actions import HANDLERS
from bot.engine.action_server import as_action, keep_to_ourselves
from bot.logs import mask_records

mask_records()
ACTIONS = [as_action(name, handler) for name, handler in HANDLERS.items()]
keep_to_ourselves()
