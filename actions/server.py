"""The handlers as an action server has them: ``rasa run actions`` imports this module and finds the classes.

There each action is a message's case of its own: loaded, handled, saved. ``shaofa run`` needs no action server.
"""

from __future__ import annotations

from actions import HANDLERS
from bot.engine.action_server import as_action
from bot.logs import mask_records

mask_records()
ACTIONS = [as_action(name, handler) for name, handler in HANDLERS.items()]
