"""The whole of `refrain`: the commands of the flows, and those that serve."""

from flows.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
