"""statsforecast's MSTL with AutoETS for the trend, run in an environment of its own: it needs an older pandas.

`mstl_forecasts` starts `uv run --no-project --with statsforecast` on this very file, which then reads the series from
its standard input and writes the forecasts to its standard output. `UV` names uv, where it is not on the path.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

DAY, WEEK = 24, 168


class MstlMissingError(Exception):
    """MSTL cannot be run here."""


def mstl_forecasts(users, start, end):  # noqa: ANN001, ANN201 - both sides of the process import this file, one of them without pandas 3
    """Users of every hour from `start` to `end`, each day forecast at its beginning: a series by hour.

    `users`: the columns hour and users. Hours that are missing are drawn between those beside them.
    """
    import pandas as pd  # noqa: PLC0415

    whole = users.set_index("hour")["users"].resample("1h").asfreq().interpolate()
    whole = whole[whole.index < end]
    table = pd.DataFrame({"hour": whole.index, "users": whole.to_numpy(), "ahead": whole.index >= start})
    said = pd.read_csv(io.StringIO(_in_its_own_environment(table.to_csv(index=False))), parse_dates=["hour"])
    return said.set_index("hour")["users"]


def _in_its_own_environment(series: str) -> str:
    command = [os.environ.get("UV", "uv"), "run", "--no-project", "--quiet", "--with", "statsforecast<2.1", "python"]
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    here = str(Path(__file__).resolve())
    try:
        done = subprocess.run([*command, here], input=series, stdout=subprocess.PIPE, text=True, check=True, env=kept)
    except FileNotFoundError:
        raise MstlMissingError("there is no uv on the path, and UV does not name it") from None
    except subprocess.CalledProcessError as error:
        raise MstlMissingError(f"uv could not run statsforecast (exit code {error.returncode})") from None
    return done.stdout


def _answer() -> None:
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from statsforecast.models import MSTL, AutoETS  # noqa: PLC0415

    series = pd.read_csv(sys.stdin, parse_dates=["hour"])
    logs = np.log1p(series["users"].to_numpy(dtype=np.float64))
    first = int(series["ahead"].to_numpy().argmax())
    said = []
    for origin in range(first, len(series), DAY):
        model = MSTL(season_length=[DAY, WEEK], trend_forecaster=AutoETS(model="ZZN"))
        said.append(np.expm1(model.forecast(y=logs[:origin], h=min(DAY, len(series) - origin))["mean"]))
    pd.DataFrame({"hour": series["hour"][first:], "users": np.concatenate(said)}).to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    _answer()
