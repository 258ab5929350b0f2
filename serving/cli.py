"""The whole of `refrain`: the commands of the flows, and those that serve."""

from flows.cli import app, main
from flows.publish_cli import publish
from serving.collect_cli import collect
from serving.dashboard_cli import dashboard
from serving.key_cli import key
from serving.serve_cli import serve
from serving.up_cli import up

app.command()(serve)
app.command()(collect)
app.command()(key)
app.command()(publish)
app.command()(dashboard)
app.command()(up)

__all__ = ["main"]

if __name__ == "__main__":
    main()
