"""Rasa's replies by ``domain.yml`` as it is on disk, and of several wordings of one the one not said just now."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg import NaturalLanguageGenerator, TemplatedNaturalLanguageGenerator
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.talk.phrases import AGAIN
from bot.talk.wording import RESPONSES

_JUST_NOW = 4  # replies: those of the message before, and what this one has got already


class DomainNlg(NaturalLanguageGenerator):
    """Also for ``rasa shell`` and ``rasa run``, which name it in ``endpoints.yml``.

    Rasa draws among the variations of a response; here they are said in turn, so nobody reads the same sentence twice
    running; where there is no other wording, it is said that it has been said. The model's replies are not used: Rasa
    puts them into any generator that derives from its own.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        pass

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        slots = tracker.current_slot_values()
        responses = RESPONSES.now()
        if utter_action not in responses:
            return None
        fitting = ResponseVariationFilter(responses).responses_for_utter_action(utter_action, output_channel, slots)
        filled = (
            TemplatedNaturalLanguageGenerator({utter_action: [variation]}).generate_from_slots(
                utter_action, slots, output_channel, **kwargs
            )
            for variation in fitting
        )
        texts = [event.text for event in tracker.events if isinstance(event, BotUttered)]
        said = {text: number for number, text in enumerate(texts)}
        draft = min(filter(None, filled), key=lambda draft: said.get(draft.get("text"), -1), default=None)
        if draft and len(fitting) == 1 and draft["text"] in texts[-_JUST_NOW:]:
            again = AGAIN(text=draft["text"])
            if said[draft["text"]] > said.get(again, -1):
                draft["text"] = again
        return draft
