"""What makes faults on purpose, and counts what is lost, doubled or left wrong by them: ``make bench-faults``.

A file a kind, each with ``run(plan)``; ``tests/attacks`` runs the same code with small numbers.
"""
