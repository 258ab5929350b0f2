"""What a training was made of. Two trainings of one lineage are one training, and are registered once."""

from collections.abc import Mapping

from refrain.files import value_digest
from refrain.settings import Frozen


class Lineage(Frozen):
    """Digests of everything that a training's outcome depends on."""

    snapshot: str
    """MD5 of the snapshot's bytes: the name DVC keeps it under."""
    params: str
    """Digest of the target's settings."""
    code: str
    """Digest of the code that snapshot and training ran."""
    datasets: Mapping[str, str]
    """Dataset -> MD5 of its canonical CSV, as in dvc.lock."""

    @property
    def training(self) -> str:
        """One digest for all of it: the same inputs never make a second version."""
        return value_digest(self.model_dump(mode="json"))
