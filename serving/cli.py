"""The whole of `refrain`: the commands of the flows, and those that serve."""

from flows.cli import app, main
from serving.collect_cli import collect

app.command()(collect)

__all__ = ["main"]

if __name__ == "__main__":
    main()
