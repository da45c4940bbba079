"""Rules are what holds by default; stories are what holds at a stage, and there they win.

Rasa has it the other way round: a rule that matches always wins, a story that differs from one is refused, and a turn
that only rules have shown makes the stories forget where they were. So a question in the middle of the gathering of
evidence would end the gathering for good.

With ``max_history: 1`` and one slot that counts, ``stage``, the stories together are a state machine that can be read:
at this stage, to this message, that action; after that action, the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.slots import CategoricalSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT

_POLICY = DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT


@DefaultV1Recipe.register(_POLICY, is_trainable=True)
class StoryPolicy(MemoizationPolicy):
    """The action that a story shows for the present state, whichever turns led there. Two stories may not differ."""

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        # The last of the states that Rasa's featurizer works out one by one from the beginning; no other counts.
        state = {part: dict(value) for part, value in domain.get_active_state(tracker).items()}
        state.get(USER, {}).pop(TEXT, None)
        return [_as_looked_up(state)]

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """
        Raises:
            InvalidConfigException: two stories go on differently from the same state; Rasa would forget both.
        """
        self._check(training_trackers, domain)
        return super().train(training_trackers, domain, **kwargs)

    def _check(self, trackers: list[TrackerWithCachedStates], domain: Domain) -> None:
        shown: dict[str, tuple[str, str]] = {}
        for tracker in trackers:
            if tracker.is_rule_tracker or tracker.is_augmented:
                continue
            for states, (action,) in zip(*self.featurizer.training_states_and_labels([tracker], domain), strict=True):
                state = _as_looked_up(states[-1])
                first, story = shown.setdefault(json.dumps(state, sort_keys=True), (action, tracker.sender_id))
                if first != action:
                    goings_on = ((story, first), (tracker.sender_id, action))
                    raise InvalidConfigException(_contradiction(state, _stage(state, domain), goings_on))

    def _create_lookup_from_states(
        self, trackers_as_states: list[list[State]], trackers_as_actions: list[list[str]]
    ) -> dict[str, str]:
        reduced = [[_as_looked_up(state) for state in states] for states in trackers_as_states]
        return super()._create_lookup_from_states(reduced, trackers_as_actions)


@DefaultV1Recipe.register(_POLICY, is_trainable=True)
class DefaultRules(RulePolicy):
    """Rasa's rules, checked against each other; a story may say otherwise at its stage."""

    def _analyze_rules(
        self,
        rule_trackers: list[TrackerWithCachedStates],
        all_trackers: list[TrackerWithCachedStates],
        domain: Domain,
    ) -> tuple[list[str], list[str]]:
        return super()._analyze_rules(rule_trackers, rule_trackers, domain)


def _as_looked_up(state: State) -> State:
    """What was said counts for the action that answers it; the actions after that follow from the one before."""
    listening = (state.get(PREVIOUS_ACTION) or {}).get("action_name") == ACTION_LISTEN_NAME
    return state if listening else {part: value for part, value in state.items() if part != USER}


def _stage(state: State, domain: Domain) -> str | None:
    slot = next((slot for slot in domain.slots if slot.name == "stage"), None)
    flags = (state.get("slots") or {}).get("stage") or ()
    values = slot.values if isinstance(slot, CategoricalSlot) else ()
    return next((str(value) for value, flag in zip(values, flags, strict=False) if flag), None)


def _contradiction(state: State, stage: str | None, goings_on: Iterable[tuple[str, str]]) -> str:
    after = (state.get(USER) or {}).get("intent") or (state.get(PREVIOUS_ACTION) or {}).get("action_name")
    where = f"stage 是 {stage} 时，{after}" if stage else str(after)
    told = "，".join(f"“{story}”接着是 {action}" for story, action in goings_on)
    return f"data/stories.yml 里有故事互相矛盾（stories contradict）：{where} 之后，{told}。只留一条，或让前一步不同。"
