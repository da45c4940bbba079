"""Rasa's replies by ``domain.yml`` as it is on disk, not as it was when the model was trained."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg import NaturalLanguageGenerator, TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.talk.wording import RESPONSES


class DomainNlg(NaturalLanguageGenerator):
    """Also for ``rasa shell`` and ``rasa run``, which name it in ``endpoints.yml``.

    It holds Rasa's generator instead of deriving from it: Rasa puts the model's replies into any that derives.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        self._templated = TemplatedNaturalLanguageGenerator({})

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        self._templated.responses = RESPONSES.now()
        return await self._templated.generate(utter_action, tracker, output_channel, **kwargs)
