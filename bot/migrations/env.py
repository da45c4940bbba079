"""Alembic's entry: the tables of orders and store. ``bot.db.migrate`` passes its connection, the command line none."""

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection

import bot.orders.sql
import bot.store.tables  # noqa: F401  both put their tables into the metadata
from bot.db import make_folder, metadata
from bot.settings import settings


def run(connection: Connection) -> None:
    # SQLite cannot alter much of a table: it is copied instead.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    # Not `make_engine`, which would migrate first and come here again.
    make_folder(settings().database_url)
    with sa.create_engine(settings().database_url, future=True).begin() as own:
        run(own)
