"""statsforecast's AutoTheta on logarithms, run in an environment of its own: it needs an older pandas than ours.

`theta_curves` starts `uv run --no-project --with statsforecast` on this very file, which then reads series from its
standard input and writes their forecasts to its standard output. `UV` names uv, where it is not on the path.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

MONTHS = 24
SEASON = 12
FEWEST = 4


class ThetaMissingError(Exception):
    """AutoTheta cannot be run here."""


def theta_curves(rows):  # noqa: ANN001, ANN201 - both sides of the process import this file, one of them without pandas 3
    """What AutoTheta says of each row's month ahead: shape (rows,). `rows`: of any number of tracks and times.

    A series is the whole months up to as_of without a gap; one of fewer than 4 is continued flat.
    """
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    from models.decay.histories import Histories  # noqa: PLC0415
    from refrain.track_months import MONTH_AHEAD  # noqa: PLC0415

    number_of = rows.groupby(["track_id", "as_of"], sort=True).ngroup().to_numpy()
    tracks = rows.iloc[np.unique(number_of, return_index=True)[1]]
    histories = Histories(tracks)
    back = histories.back.copy()
    back[:, 0] = histories.last_month
    known = np.cumprod(np.isfinite(back) & (back > 0), axis=1).sum(axis=1)
    series = []
    for number in np.flatnonzero(known >= FEWEST):
        values = np.log(back[number, : known[number]][::-1])
        series.append(pd.DataFrame({"unique_id": number, "ds": np.arange(len(values)), "y": values}))
    said = np.repeat(histories.last_month[:, None], MONTHS, axis=1)
    if series:
        answer = pd.read_csv(io.StringIO(_in_its_own_environment(pd.concat(series).to_csv(index=False))), index_col=0)
        said[answer.index.to_numpy()] = answer.to_numpy()
    return said[number_of, rows[MONTH_AHEAD].to_numpy(int) - 1]


def _in_its_own_environment(series: str) -> str:
    command = [os.environ.get("UV", "uv"), "run", "--no-project", "--quiet", "--with", "statsforecast<2.1", "python"]
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    here = str(Path(__file__).resolve())
    try:
        done = subprocess.run([*command, here], input=series, stdout=subprocess.PIPE, text=True, check=True, env=kept)
    except FileNotFoundError:
        raise ThetaMissingError("there is no uv on the path, and UV does not name it") from None
    except subprocess.CalledProcessError as error:
        raise ThetaMissingError(f"uv could not run statsforecast (exit code {error.returncode})") from None
    return done.stdout


def _answer() -> None:
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from statsforecast import StatsForecast  # noqa: PLC0415
    from statsforecast.models import AutoTheta  # noqa: PLC0415

    series = pd.read_csv(sys.stdin)
    said = StatsForecast([AutoTheta(season_length=SEASON)], freq=1, n_jobs=1).forecast(df=series, h=MONTHS)
    said = said.reset_index() if "unique_id" not in said.columns else said
    said["month"] = said.groupby("unique_id").cumcount() + 1
    wide = np.exp(said.pivot(index="unique_id", columns="month", values="AutoTheta").clip(upper=60.0))
    sys.stdout.write(wide.to_csv())


if __name__ == "__main__":
    _answer()
