"""What Alembic runs: the migrations, in the transaction that it is handed (tasks/collected/schema.py)."""

from alembic import context

from tasks.collected.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
