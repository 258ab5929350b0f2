"""Which row of a file it is that a model refuses."""

from pathlib import Path

from refrain.errors import InputError
from tasks.champions.loaded import LoadedModel
from tasks.scoring.batches import Batch, RowFile


def refused(batch: Batch, model: LoadedModel, file: RowFile, path: Path) -> InputError | None:
    """What a model says of the first row of a batch that it refuses, naming its place in the file; none if it takes
    all of them.
    """
    least, most = 0, len(batch.rows)  # it takes the first `least` rows, and not the first `most` + 1
    while least < most:
        middle = (least + most) // 2
        if _refusal(batch, model, slice(middle + 1)) is None:
            least = middle + 1
        else:
            most = middle
    found = _refusal(batch, model, slice(least, least + 1))
    if found is None:
        return None
    place = file.places([batch.start + least])[0]
    # Asked alone, it is the model's row 0.
    said = found.message.removeprefix("Row 0: ").replace("row 0 has", "it has")
    return InputError(f"{path}, {place}: {said}", hint=found.hint)


def _refusal(batch: Batch, model: LoadedModel, rows: slice) -> InputError | None:
    try:
        model.answers(batch.rows.part(rows))
    except InputError as error:
        return error
    return None
