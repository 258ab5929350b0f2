"""The collector: what handlers await until their records are on the disk."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from refrain.settings import CollectorSettings
from serving.collector.clock import Clock, Moment, system_clock
from serving.web.problems import unavailable
from tasks.collected.group_writer import BusyError, GroupWriter, Job
from tasks.collected.outcome import Outcome
from tasks.collected.store import EventStore, EventStoreError


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A ticket whose outcome a handler awaits."""

    job: Job
    answer: "asyncio.Future[Outcome]"


class Collector:
    """A store, the thread that writes to it, and the settings of what is taken. Belongs to one event loop."""

    def __init__(
        self,
        store: EventStore,
        settings: CollectorSettings,
        *,
        clock: Clock = system_clock,
        email_key: bytes | None = None,
    ) -> None:
        self.store, self.settings, self.email_key = store, settings, email_key
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = GroupWriter(
            store, self._tell, hold=settings.unknown_users == "hold", max_waiting=settings.max_waiting
        )

    def start(self) -> None:
        """Begin to write. Called within the event loop."""
        self._loop = asyncio.get_running_loop()
        self._writer.start()

    async def stop(self) -> None:
        """Write what was taken, tell those who wait, and let go of the store."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.sleep(0)
        self.store.close()

    @property
    def waiting(self) -> int:
        """Records taken and not written yet."""
        return self._writer.waiting

    def now(self) -> Moment:
        """The moment at which a request comes."""
        return Moment.at(self._clock(), self.settings)

    async def write(self, job: Job) -> Outcome:
        """Have a job written; its outcome, once it is on the disk.

        Raises ProblemError (503) where too much is waiting already, or the store does not do it in time.
        """
        assert self._loop is not None
        ticket = _Waiting(job, self._loop.create_future())
        try:
            self._writer.submit(ticket)
            async with asyncio.timeout(self.settings.seconds_to_answer):
                return await ticket.answer
        except BusyError as error:
            raise unavailable(str(error), 1) from None
        except EventStoreError:
            raise unavailable("The store cannot be written to now. Nothing of this request was stored.", 5) from None
        except TimeoutError:
            raise unavailable(
                "The store has not answered in time. What was sent may be stored yet: send it again with the same "
                "event_id, and it is stored once.",
                5,
            ) from None

    def _tell(self, tickets: Sequence[_Waiting], found: Sequence[Outcome | EventStoreError]) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_answer, tickets, found)


def _answer(tickets: Sequence[_Waiting], found: Sequence[Outcome | EventStoreError]) -> None:
    for ticket, one in zip(tickets, found, strict=True):
        if ticket.answer.done():
            continue  # nobody waits any more
        if isinstance(one, EventStoreError):
            ticket.answer.set_exception(one)
        else:
            ticket.answer.set_result(one)
