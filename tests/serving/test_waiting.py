"""What a request is told where the store keeps it waiting."""

import threading
import time

from collector_client import collecting, count, event

from tasks.collected.opening import store_at
from tasks.database.address import address_of


def test_a_store_that_does_not_answer_in_time(store, store_address):
    collected = store_at(address_of(store_address))
    with collecting(collected, seconds_to_answer=0.2) as client:
        with store.writing():
            answer = client.post("/log-event", json=event(event_id="e1"))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert "same event_id" in answer.json()["detail"]
        # It was written after all; sending it again is safe.
        answers = [client.post("/log-event", json=event(event_id="e1")).status_code for _ in range(2)]
        assert answers in ([200, 200], [202, 200])
    assert count(store) == 1


def test_too_many_at_once_are_told_to_come_back(store, store_address):
    collected = store_at(address_of(store_address))
    collected.seconds_to_wait = 30
    statuses = []
    with collecting(collected, max_waiting=3, seconds_to_answer=60) as client:

        def send(number):
            answer = client.post("/log-events", json=[event(content_watched=f"{number} {n}") for n in range(2)])
            statuses.append((answer.status_code, answer.headers.get("retry-after")))

        threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        with store.writing():
            for thread in threads:
                thread.start()
            until = time.monotonic() + 20
            while len(statuses) < 3 and time.monotonic() < until:
                time.sleep(0.01)
        for thread in threads:
            thread.join()
    assert sorted(statuses) == [(201, None)] + [(503, "1")] * 3
    assert count(store) == 2
