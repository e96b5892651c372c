"""A crowd of clients, in a process of its own so that it shares no lock with what it measures.

`python -m tests.crowd` reads lanes from standard input. Each lane is one client with one connection: a list of
[method, path, headers, body]. All lanes start together; the answers come back as [status, seconds, body].
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Request = tuple[str, str, dict[str, str], str]


@dataclass(frozen=True)
class Answer:
    status: int
    seconds: float
    body: str


@dataclass(frozen=True)
class Outcome:
    """What a crowd got, in the order of its lanes."""

    answers: list[Answer]
    seconds: float

    @property
    def requests_per_second(self) -> float:
        return len(self.answers) / self.seconds

    def percentile(self, share: float) -> float:
        """The time in milliseconds within which `share` of the answers came."""
        times = sorted(answer.seconds for answer in self.answers)
        return 1000 * times[min(len(times) - 1, int(share * len(times)))]

    def __str__(self) -> str:
        return (
            f"{len(self.answers)} requests in {self.seconds:.2f} s: {self.requests_per_second:.0f}/s, "
            f"p50 {self.percentile(0.5):.0f} ms, p95 {self.percentile(0.95):.0f} ms"
        )


def send(url: str, lanes: list[list[Request]]) -> Outcome:
    """Send every lane's requests to the server at `url`, one client a lane, all at once."""
    job = json.dumps({"address": urlsplit(url).netloc, "lanes": lanes})
    done = subprocess.run([sys.executable, "-m", "tests.crowd"], input=job, text=True, capture_output=True, check=True)
    result = json.loads(done.stdout)
    return Outcome([Answer(*answer) for answer in result["answers"]], result["seconds"])


def one(url: str, request: Request) -> Answer:
    """Send a single request, from this process."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    method, path, headers, body = request
    began = time.perf_counter()
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    return Answer(response.status, time.perf_counter() - began, text)


def _run(job: dict[str, Any]) -> dict[str, Any]:
    start = threading.Barrier(len(job["lanes"]) + 1)
    answers: list[list[Any]] = [[] for _ in job["lanes"]]

    def lane(number: int) -> None:
        connection = http.client.HTTPConnection(job["address"], timeout=60)
        connection.connect()
        start.wait()
        for method, path, headers, body in job["lanes"][number]:
            began = time.perf_counter()
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
            except ConnectionError:
                # The server closed a connection that it had answered on; any browser sends once more on a new one.
                connection.close()
                connection.request(method, path, body, headers)
                response = connection.getresponse()
            text = response.read().decode()
            answers[number].append([response.status, time.perf_counter() - began, text])

    threads = [threading.Thread(target=lane, args=[number]) for number in range(len(job["lanes"]))]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return {"seconds": time.perf_counter() - began, "answers": [answer for lane in answers for answer in lane]}


if __name__ == "__main__":
    json.dump(_run(json.load(sys.stdin)), sys.stdout)
