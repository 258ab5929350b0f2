"""What Alembic runs: the migrations, in the transaction that it is handed (tasks/database/migrating.py)."""

from alembic import context

handed = context.config.attributes
context.configure(connection=handed["connection"], version_table=handed["version_table"])
context.run_migrations()
