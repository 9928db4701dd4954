"""What alembic runs: the migrations, on the connection that it was given."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from hemolens.web.database.tables import Table, UtcDateTime


def _render(kind: str, value: Any, _: AutogenContext) -> str | Literal[False]:
    """Write a moment as the database has it: a migration shall not change when the code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True, render_item=_render)
with context.begin_transaction():
    context.run_migrations()
