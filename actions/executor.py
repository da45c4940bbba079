"""The actions without an action server: called in the same process."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import ActionExecutor

from bot import talk


class LocalExecutor:
    """Takes the body that Rasa would post to an action server, gives back the answer's body."""

    def __init__(self) -> None:
        self._executor = ActionExecutor()
        self._executor.register_package(talk.__name__)

    async def run(self, call: dict[str, Any]) -> dict[str, Any]:
        return await self._executor.run(call) or {"events": [], "responses": []}
