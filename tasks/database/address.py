"""Which database is meant: DATABASE_URL, or a file of the project's own."""

import os
from dataclasses import dataclass, field
from urllib.parse import quote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from refrain.errors import UsageError
from refrain.project import Project

ENVIRONMENT = "DATABASE_URL"
_POSTGRESQL = ("postgresql", "postgres")
_SHAPES = "postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE"


@dataclass(frozen=True)
class Address:
    """A database's address. What is shown of it holds no secret; `url` and `libpq` do, and are not shown."""

    url: URL = field(repr=False)
    """As SQLAlchemy takes it."""
    given: str = field(default="", repr=False)
    """As it was written."""

    @property
    def is_postgresql(self) -> bool:
        """PostgreSQL; SQLite otherwise."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def libpq(self) -> str:
        """As PostgreSQL's own library takes it, password included."""
        url = self.url
        user = "" if url.username is None else quote(url.username, safe="")
        password = "" if url.password is None else f":{quote(str(url.password), safe='')}"
        at = f"{user}{password}@" if user or password else ""
        host = "" if url.host is None else f"[{url.host}]" if ":" in url.host else quote(url.host, safe=",")
        port = "" if url.port is None else f":{url.port}"
        pairs = [(name, value) for name, values in url.normalized_query.items() for value in values]
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        return f"postgresql://{at}{host}{port}/{quote(url.database or '', safe='')}" + (f"?{query}" if query else "")

    def __str__(self) -> str:
        """For a person: neither user nor password nor options."""
        if not self.is_postgresql:
            return f"the SQLite database {self.url.database}"
        host = self.url.host or self.url.normalized_query.get("host", ("this machine",))[0]
        port = "" if self.url.port is None else f":{self.url.port}"
        return f"the PostgreSQL database {self.url.database or '(unnamed)'} on {host}{port}"

    def without_secrets(self, text: str) -> str:
        """`text` with every form of the address and its passwords struck out."""
        if not self.is_postgresql:
            return text
        secrets = [self.given, self.url.render_as_string(hide_password=False), self.libpq]
        written = self.given.partition("://")[2].rpartition("@")[0].partition(":")[2]
        passwords = [str(self.url.password or ""), written]
        for name, values in self.url.normalized_query.items():
            if "password" in name.lower():
                passwords += values
        for password in passwords:
            secrets += [password, quote(password, safe=""), quote(password)]
        for secret in sorted(set(secrets), key=len, reverse=True):
            if secret:
                text = text.replace(secret, "***")
        return text


def database_address(project: Project) -> Address:
    """What DATABASE_URL says, or data/refrain.db of the project where it is unset.

    Raises UsageError, without repeating what it holds, if DATABASE_URL is no address of such a database.
    """
    given = os.environ.get(ENVIRONMENT, "").strip()
    if not given:
        return Address(URL.create("sqlite", database=str(project.root / "data" / "refrain.db")))
    return address_of(given)


def address_of(given: str) -> Address:
    """The address that a text is, whichever driver it names. Raises UsageError as `database_address` does."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        # Without the cause: it repeats the text, password and all.
        raise UsageError(f"{ENVIRONMENT} is not the address of a database.", hint=f"Write {_SHAPES}.") from None
    name = url.drivername.partition("+")[0]
    if name in _POSTGRESQL:
        return Address(url.set(drivername="postgresql+psycopg"), given)
    if name == "sqlite" and url.database not in (None, "", ":memory:"):
        return Address(url.set(drivername="sqlite"), given)
    if name == "sqlite":
        raise UsageError(f"{ENVIRONMENT} names no file of SQLite's.", hint="Write sqlite:///FILE.")
    raise UsageError(
        f"{ENVIRONMENT} names a {name} database, which Refrain does not work with.", hint=f"Write {_SHAPES}."
    )
