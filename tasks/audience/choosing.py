"""Which audience is meant: the collector's store's where it holds sessions, otherwise the project's datasets'."""

from collections.abc import Callable
from datetime import UTC, datetime

from refrain.project import Project
from tasks.audience.in_datasets import SnapshotAudience
from tasks.audience.in_store import StoredAudience
from tasks.audience.known import Audience, AudienceSettings
from tasks.collected.store import EventStore


class Audiences:
    """Where what is known of a project's audience may be kept."""

    def __init__(
        self,
        project: Project,
        store: EventStore | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`store`: what the collector stores, if anything. Raises SettingsError."""
        self.settings = AudienceSettings.of(project)
        self.embedded: Audience = SnapshotAudience(project, self.settings)
        self._stored = None if store is None else StoredAudience(store, self.settings, clock)

    def newest(self) -> Audience:
        """The store's from its first session on, before that the datasets'. Raises EventStoreError."""
        if self._stored is not None and self._stored.holds_sessions():
            return self._stored
        return self.embedded
