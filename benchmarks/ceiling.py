"""What the machine and the stack allow: thirteen requests an attempt to a Flask application of ten lines, each with one INSERT and COMMIT.

    python -m benchmarks.ceiling [--clients 8] [--attempts 200] [--processes 2]

The same PostgreSQL (fsync on), the same server, clients and number of requests as ``benchmarks.attempts``, and nothing of Attune: no
sign-in, no pages, no questions. However good Attune gets on a machine, it stays below this.

At the end one client sends ``--saves`` of them in turn with the bare INSERT and COMMIT on a connection of its own: what HTTP and the ten
lines alone make of the bare insert.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import statistics
import threading
import time

import click
import psycopg
import waitress
from flask import Flask
from sqlalchemy import create_engine, text

from benchmarks.attempts import durable_postgres, processor_seconds

PARTS = ("the server", "PostgreSQL", "the clients")
REQUESTS = 13
"""Of an attempt: the door, begin, ten answers, hand in."""


def application(url: str) -> Flask:
    """The ten lines."""
    app, engine = Flask("ceiling"), create_engine(url)

    @app.post("/save")
    def save() -> dict[str, str]:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO saved (said) VALUES ('a')"))
        return {"saved": "now"}

    return app


def serve(url: str, processes: int) -> tuple[int, list[int]]:
    """The port, and the processes that answer at it."""
    listening = socket.create_server(("127.0.0.1", 0))
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            waitress.serve(application(url), sockets=[listening], threads=8, ident=None, _quiet=True)
            os._exit(0)
        children.append(child)
    return int(listening.getsockname()[1]), children


def take(port: int, waiting: list[int]) -> None:
    """One client: attempts until none is left."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while waiting:
        try:
            waiting.pop()
        except IndexError:
            return
        for _ in range(REQUESTS):
            connection.request("POST", "/save")
            connection.getresponse().read()


def in_turn(port: int, url: str, times: int) -> tuple[list[float], list[float]]:
    """Seconds of a save over HTTP by one client, and of the bare insert with commit, in turn."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    over_http, bare = [], []
    with psycopg.connect(url.replace("+psycopg", "")) as floor:
        for _ in range(times):
            begun = time.perf_counter()
            connection.request("POST", "/save")
            connection.getresponse().read()
            over_http.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            floor.execute("INSERT INTO saved (said) VALUES ('a')")
            floor.commit()
            bare.append(time.perf_counter() - begun)
    return over_http, bare


@click.command()
@click.option("--clients", default=8, show_default=True)
@click.option("--attempts", default=200, show_default=True)
@click.option("--processes", default=2, show_default=True)
@click.option("--saves", default=200, show_default=True)
def main(clients: int, attempts: int, processes: int, saves: int) -> None:
    """Print attempts a second, and the save of one client."""
    with durable_postgres() as (url, postgres):
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE saved (id bigserial PRIMARY KEY, said text)"))
        engine.dispose()
        port, children = serve(url, processes)
        try:
            for number in (clients * 2, attempts):  # the first ones warm it
                waiting = list(range(number))
                before = [sum(map(processor_seconds, children)), processor_seconds(postgres), time.process_time()]
                threads = [threading.Thread(target=take, args=(port, waiting)) for _ in range(clients)]
                begun = time.perf_counter()
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                took = time.perf_counter() - begun
                after = [sum(map(processor_seconds, children)), processor_seconds(postgres), time.process_time()]
            over_http, bare = in_turn(port, url, saves)
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    spent = [1000 * (late - early) / attempts for early, late in zip(before, after, strict=True)]
    print(f"{clients} clients, {processes} processes, {REQUESTS} requests an attempt; load {os.getloadavg()[0]:.1f}")
    print(f"{attempts} attempts in {took:.1f} s: {attempts / took:.1f} a second")
    print(
        "processor time of an attempt: "
        + ", ".join(f"{name} {ms:.0f} ms" for name, ms in zip(PARTS, spent, strict=True))
    )
    print(f"so two cores with nothing else to do allow at most {2000 / sum(spent):.1f} attempts a second")
    p95 = [statistics.quantiles(seconds, n=20)[-1] for seconds in (over_http, bare)]
    print(
        f"one client, p95: a save over HTTP {1000 * p95[0]:.1f} ms, the bare insert {1000 * p95[1]:.1f} ms, {p95[0] / p95[1]:.1f} x"
    )


if __name__ == "__main__":
    main()
