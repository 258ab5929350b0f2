"""Who of the audience may leave, and how many will be there in the hours ahead, over HTTP."""

from refrain.settings import ServingSettings
from serving.audience.churn import ChurnPredicting
from serving.audience.described import (
    CHURN_EXAMPLE,
    HOURLY_EXAMPLE,
    SUMMARY_EXAMPLE,
    churn_answer,
    churn_body,
    hourly_answer,
    summary_answer,
)
from serving.audience.figures import Figures
from serving.audience.making import Making, served, served_or_none
from serving.audience.parameters import (
    AT,
    DRIVERS,
    MOST_USERS,
    THRESHOLD,
    USERS,
    USUAL_USERS,
    as_parameters,
    at_of,
    count_of,
    require_known,
    share_of,
)
from serving.web.endpoint import Answer, Call, Endpoint, Reply
from tasks.audience.known import HOURLY
from tasks.champions.loaded import LoadedTarget
from tasks.champions.shelf import Shelf
from tasks.churn_figures import CHURN, REASON
from tasks.prediction_log.log import PredictionLog

PREDICT, SUMMARY, HOURS = "/audience/churn/predict", "/audience/churn/summary", "/audience/hourly"
_TAG = "audience"
_NO_FIGURES = "No model is served, there is no data yet, or nobody answers now."


def audience_endpoints(
    shelf: Shelf, figures: Figures, settings: ServingSettings, log: PredictionLog | None = None
) -> list[Endpoint]:
    """What answers about the audience besides its activity. `figures` belongs to the caller, who closes it."""
    making = Making(figures, settings.seconds_to_answer)
    return [
        Endpoint(
            "POST",
            PREDICT,
            "Whether users will stay away, why they would, and what makes the model think so",
            ChurnPredicting(shelf, making, settings, log).answer,
            _TAG,
            body=churn_body(settings.max_records),
            parameters=as_parameters(drivers=DRIVERS),
            answers=churn_answer(),
            example=CHURN_EXAMPLE,
            problems={
                422: "What was sent cannot be taken: each fault with its field.",
                503: _NO_FIGURES,
            },
        ),
        Endpoint(
            "GET",
            SUMMARY,
            "How many users are likely to leave, why, and who they are",
            _summary(shelf, making),
            _TAG,
            parameters=as_parameters(at=AT, threshold=THRESHOLD, users=USERS),
            answers=summary_answer(),
            example=SUMMARY_EXAMPLE,
            problems={422: "A parameter is not understood, or lies before the data.", 503: _NO_FIGURES},
        ),
        Endpoint(
            "GET",
            HOURS,
            "Users active in each hour of the day ahead, what is usual, and the seven days before",
            _hourly(shelf, making),
            _TAG,
            parameters=as_parameters(at=AT),
            answers=hourly_answer(),
            example=HOURLY_EXAMPLE,
            problems={422: "A parameter is not understood, or lies before the data.", 503: _NO_FIGURES},
        ),
    ]


def _summary(shelf: Shelf, making: Making) -> Answer:
    async def answer(call: Call) -> Reply:
        require_known(call.query, "at", "threshold", "users")
        at, threshold = at_of(call.query.get("at")), share_of(call.query, "threshold")
        users = count_of(call.query, "users", USUAL_USERS, MOST_USERS)
        churn, reason = _version(served(shelf, CHURN)), served_or_none(shelf, REASON)
        return Reply(
            await making.ask(
                "churn_summary",
                at=at,
                threshold=threshold,
                users=users,
                churn=churn,
                reason=None if reason is None else _version(reason),
            )
        )

    return answer


def _hourly(shelf: Shelf, making: Making) -> Answer:
    async def answer(call: Call) -> Reply:
        require_known(call.query, "at")
        at, loaded = at_of(call.query.get("at")), served(shelf, HOURLY)
        usual = None if loaded.baseline is None else loaded.baseline.version.version
        return Reply(await making.ask("hourly", at=at, champion=_version(loaded), usual=usual))

    return answer


def _version(loaded: LoadedTarget) -> int:
    return loaded.champion.version.version
