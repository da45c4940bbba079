"""Runs a trained graph node by node. Rasa's own asks Dask, whose scheduler costs more than many of the nodes."""

from __future__ import annotations

from typing import Any

from rasa.engine.exceptions import GraphSchemaValidationException
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage


class SyncGraphRunner(GraphRunner):
    """The same results as Rasa's ``DaskGraphRunner``, in the calling thread."""

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        self._schema = graph_schema
        self._nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        self._plans: dict[tuple[str, ...], list[str]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> SyncGraphRunner:
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of ``targets``. ``inputs`` are there for any node that needs them by name."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._order(wanted)
        done = {name: (name, value) for name, value in (inputs or {}).items()}
        if not done.keys().isdisjoint(self._nodes):
            raise GraphSchemaValidationException(f"an input has the name of a node: {sorted(inputs or {})}")
        for name in self._plans[wanted]:
            needs = self._schema.nodes[name].needs.values()
            done[name] = self._nodes[name](*(done.get(parent, parent) for parent in needs))
        return {name: done[name][1] for name in wanted}

    def _order(self, targets: tuple[str, ...]) -> list[str]:
        """The nodes that the targets need, each after those it needs itself."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in self._nodes and name not in order:
                for parent in self._schema.nodes[name].needs.values():
                    visit(parent)
                order[name] = None

        for target in targets:
            visit(target)
        return list(order)
