"""Whole attempts at a test of ten items, taken over HTTP from ``lms serve`` by clients that work at the same time; every answer is saved
for itself, and durably.

    python -m benchmarks.attempts [--clients 8] [--attempts 200] [--processes 2]

Starts a PostgreSQL of its own with fsync, synchronous commit and full page writes on, publishes CC-101, and enrols one person for each
attempt with everything done but the test. The server, the clients and PostgreSQL share the machine.

An attempt is: the door, begin, ten answers (each one request, the way the page's script sends it), hand in. All answers are right, so
handing in also writes the training record, the certificate and the person's new timeline. The worker's process makes the PDF of each
certificate; it stands back for the pages, so some may wait when the last attempt is handed in. Both are told: attempts a second until then,
with how many certificates waited, and attempts a second until the last certificate was made. Processor time is counted until the end.

The door is the page before the test. With ``--open-before`` all doors are opened before the clock begins, so that an attempt is begin, ten
answers, hand in. ``--pages`` adds the pages that a browser loads between: each question, the look back over all of them, and the result.

The floor of a save is the bare INSERT of the same row with its COMMIT on the same database, measured twice: on one connection in turn
with the saves of one client, so that nobody else works on the machine; and by a ninth client, a process of its own, while eight
take whole attempts, so that save and floor wait for the same processors and the same disk.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlencode

import click
import psycopg
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select

from config import ROOT, Config
from lms.accounts.actions import begin_session
from lms.accounts.invitations import open_account
from lms.app import create_app
from lms.audit import Actor
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish
from lms.catalogue.content import CourseContent
from lms.catalogue.disk import load_course
from lms.cli.house import upgrade
from lms.cli.serving import RARELY
from lms.clock import FOR_EVER, SystemClock
from lms.db import Database
from lms.files import FileStore
from lms.learning import actions, queries
from lms.learning.models import Attempt, Enrolment
from lms.organisation import Organisation, save
from lms.outbox import Job, JobState
from lms.people.models import Department, DepartmentVersion, Employment, Membership, Person

DURABLE = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
BARE = """INSERT INTO answer (attempt_id, sequence, item_id, response, language, key, saved_at, given_at)
VALUES (%s, %s, 'floor', '{"options": ["a"]}', 'en', %s, now(), now())"""
PARTS = ("the server", "the worker", "PostgreSQL", "the clients")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
COOKIE = re.compile(r"^set-cookie: attune=([^;]*)", re.I | re.M)
LOCATION = re.compile(r"^location: (\S+)", re.I | re.M)
LENGTH = re.compile(r"^content-length: (\d+)", re.I | re.M)
ITEM = re.compile(r'name="item"[^>]*value="([^"]+)"')


@dataclass(slots=True)
class Learner:
    """Somebody who takes the test once: their enrolment, and the cookie they hold."""

    enrolment_id: int
    cookie: str
    token: str = ""
    """What the door of the test gave for its forms; empty: it was not opened yet."""


@dataclass(slots=True)
class Times:
    """Seconds of each request, by what it was for."""

    by_kind: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def of(self, kind: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.by_kind.setdefault(kind, []).append(time.perf_counter() - begun)


class Browser:
    """One connection that is kept open, as a browser keeps it. It speaks no more HTTP than it needs: what the clients of a hospital do on
    machines of their own is not to be measured here."""

    def __init__(self, port: int, times: Times) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._times = times
        self.cookie = ""

    def ask(
        self, kind: str, path: str, fields: dict[str, str] | None = None, *, script: bool = False
    ) -> tuple[int, str, str]:
        """Status, address to go on to, and body."""
        body = urlencode(fields).encode() if fields is not None else b""
        said = [
            f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: attune={self.cookie}",
            "Accept-Language: en",
        ]
        if fields is not None:
            said += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        if script:
            said += ["X-Requested-With: fetch", "Accept: application/json", "Accept-Encoding: gzip"]
        with self._times.of(kind):
            self._socket.sendall("\r\n".join([*said, "\r\n"]).encode() + body)
            status, headers, answer = self._answer()
        if changed := COOKIE.search(headers):
            self.cookie = changed[1]
        if status >= 400:
            raise SystemExit(f"{path}: {status} {answer[:300]}")
        onward = LOCATION.search(headers)
        return status, onward[1] if onward else "", answer

    def _answer(self) -> tuple[int, str, str]:
        """Status, headers and body of the next answer, whose length is said."""
        got = bytearray()
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        headers = got[:end].decode("latin-1")
        length = LENGTH.search(headers)
        assert length is not None, headers
        while len(got) < end + 4 + int(length[1]):
            got += self._more()
        return int(headers.split(" ", 2)[1]), headers, got[end + 4 :].decode()

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise SystemExit("The server broke off.")
        return piece


class Taking:
    """What every client needs to know to answer everything right."""

    def __init__(self, port: int, content: CourseContent, *, pages: bool) -> None:
        test = content.test
        assert test is not None
        self.port, self.pages, self.test_id = port, pages, test.id
        self.right = {item.id: item.fields(item.key()) for item in content.keyed_items(test.id)}

    def door(self, learner: Learner) -> str:
        """The address of the page before the test."""
        return f"/learn/{learner.enrolment_id}/{self.test_id}"

    def open(self, browser: Browser, learner: Learner) -> None:
        """Open the door of the test: the page on which it is begun."""
        browser.cookie = learner.cookie
        learner.token = _found(TOKEN, browser.ask("a page", self.door(learner))[2])
        learner.cookie = browser.cookie

    def take(self, browser: Browser, learner: Learner, drawn: Callable[[int], list[str]]) -> None:
        """One whole attempt."""
        if not learner.token:
            self.open(browser, learner)
        browser.cookie, door, token = learner.cookie, self.door(learner), learner.token
        _, onward, _ = browser.ask("begin", f"{door}/start", {"csrf_token": token})
        attempt = int(onward.rsplit("/", 1)[1])
        items = drawn(attempt) if not self.pages else []
        for place in range(1, 11):
            if self.pages:
                items.append(_found(ITEM, browser.ask("a page", f"/attempt/{attempt}?item={place}")[2]))
            fields = {
                "csrf_token": token,
                "item": items[place - 1],
                "key": secrets.token_hex(12),
                "language": "en",
                "age": "12",
            }
            fields |= {name: values[0] for name, values in self.right[items[place - 1]].items()}
            browser.ask("save an answer", f"/attempt/{attempt}/answer", fields, script=True)
        if self.pages:
            browser.ask("a page", f"/attempt/{attempt}/review")
        browser.ask("hand in", f"/attempt/{attempt}/finish", {"csrf_token": token})
        if self.pages and "passed" not in browser.ask("a page", f"/attempt/{attempt}/result")[2].lower():
            raise SystemExit("The attempt was not passed.")


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    assert match is not None, pattern.pattern
    return match[1]


# --- what is measured ---------------------------------------------------------------------------------------------------


@contextmanager
def durable_postgres() -> Iterator[tuple[str, int]]:
    """A PostgreSQL that has written down what it says it has; its address and its process."""
    from tests.support.databases import as_psycopg
    from tests.support.postgres import Postgres

    server = Postgres()
    try:
        with psycopg.connect(server.nearby.replace("+psycopg", ""), autocommit=True) as own:
            for setting in DURABLE:
                own.execute(f"ALTER SYSTEM SET {setting} = on")
            own.execute("SELECT pg_reload_conf()")
            time.sleep(0.5)
        with psycopg.connect(server.nearby.replace("+psycopg", "")) as own:
            for setting in DURABLE:
                assert own.execute(f"SHOW {setting}").fetchone() == ("on",)
        yield as_psycopg(server.nearby), int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    finally:
        server.stop()


def hospital(database: Database, config: Config, number: int) -> tuple[CourseContent, list[Learner]]:
    """``number`` people of one department, each with everything done but the test of CC-101."""
    clock, learners = SystemClock(), []
    now = clock.now()
    app = create_app(config, clock, database)
    with database.transaction() as session:
        save(session, Organisation(name="Riverbend Health", zone="America/New_York"), now)
        loaded = load_course(ROOT / "courses" / "cc-101")
        version_id = publish(session, loaded, FileStore(config.data_dir / "files"), by=Actor(None, now)).version.id
        course_id = catalogue.offered_by_slug(session, "cc-101").course_id
        ward = Department(code="ED", created_at=now)
        session.add(ward)
        session.flush()
        since = {"from_day": date(2020, 1, 1), "to_day": FOR_EVER, "recorded_at": now}
        session.add(
            DepartmentVersion(department_id=ward.id, name="Emergency", kind="department", parent_id=None, **since)
        )
        content = catalogue.content(session, version_id)
        for n in range(number):
            person = Person(
                source="bench", number=f"{n:05}", given_name="Nurse", family_name=f"No. {n}", created_at=now
            )
            session.add(person)
            session.flush()
            session.add(Employment(person_id=person.id, kind="employee", **since))
            session.add(
                Membership(
                    person_id=person.id, department_id=ward.id, primary=True, job="Nurse", profession="nursing",
                    patient_contact=True, **since,
                )
            )  # fmt: skip
            account = open_account(session, person, Actor(None, now))
            enrolment = actions.enrol(session, person.id, course_id, version_id, now=now, by=person.id)
            for step in content.steps:
                if step.kind != "test":
                    actions.mark_done(session, enrolment, step.id, now=now)
            token = begin_session(session, account, now)
            cookie = {"_user_id": token, "_fresh": True, "touched": int(now.timestamp()) + 3600}
            learners.append(Learner(enrolment.id, _signed(app, cookie)))
    return content, learners


def _signed(app: Flask, values: dict[str, object]) -> str:
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return str(signer.dumps(values))


@contextmanager
def served(config: Config, processes: int) -> Iterator[tuple[int, int]]:
    """``lms serve`` as a process of its own; its port and its process."""
    from tests.support.postgres import free_port

    port = free_port()
    environ = os.environ | {
        "LMS_DATABASE_URL": config.database_url,
        "LMS_DATA_DIR": str(config.data_dir),
        "LMS_SECRET_KEY": config.secret_key,
        "PORT": str(port),
    }
    command = [sys.executable, "-c", "from lms.cli import main; main()", "serve", "--processes", str(processes)]
    server = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5):
                    break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("`lms serve` did not start.") from None
                time.sleep(0.2)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def processor_seconds(root: int, *, standing_back: bool | None = None) -> float:
    """Processor time of a process and all its descendants so far, as Linux tells it; or of those only that stand back (the worker), or
    do not."""
    spent: dict[int, tuple[int, bool, float]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        seconds = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        spent[int(entry.parent.name)] = (int(fields[1]), int(fields[16]) > 0, seconds)
    family = {root}
    for _ in range(3):
        family |= {pid for pid, (parent, *_) in spent.items() if parent in family}
    wanted = {True, False} if standing_back is None else {standing_back}
    return sum(seconds for pid, (_, back, seconds) in spent.items() if pid in family and back in wanted)


def spent_so_far(server: int, postgres: int) -> list[float]:
    """Processor time of each of :data:`PARTS` so far."""
    pages, worker = (processor_seconds(server, standing_back=back) for back in (False, True))
    return [pages, worker, processor_seconds(postgres), time.process_time()]


def run(taking: Taking, learners: list[Learner], clients: int, url: str) -> tuple[float, Times]:
    """All attempts, ``clients`` at a time: seconds, and the times of the requests."""
    waiting, times, faults = list(learners), [Times() for _ in range(clients)], []

    def client(own: Times) -> None:
        browser = Browser(taking.port, own)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as looking:

            def drawn(attempt: int) -> list[str]:
                row = looking.execute("SELECT drawn FROM attempt WHERE id = %s", (attempt,)).fetchone()
                assert row is not None
                return [each["item"] for each in row[0]]

            while waiting:
                try:
                    learner = waiting.pop()
                except IndexError:
                    break
                try:
                    taking.take(browser, learner, drawn)
                except BaseException as fault:
                    faults.append(fault)
                    raise

    threads = [threading.Thread(target=client, args=(own,)) for own in times]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if faults:
        raise SystemExit(str(faults[0]))
    together = Times()
    for own in times:
        for kind, seconds in own.by_kind.items():
            together.by_kind.setdefault(kind, []).extend(seconds)
    return took, together


def until_no_job_waits(database: Database) -> tuple[int, float]:
    """How many jobs waited, and the seconds until the worker had done the last of them."""
    begun, first = time.perf_counter(), None
    while True:
        with database.session() as session:
            waiting = (
                session.scalar(select(func.count()).where(Job.state.in_((JobState.WAITING, JobState.RUNNING)))) or 0
            )
        first = waiting if first is None else first
        if not waiting:
            return first, time.perf_counter() - begun if first else 0.0
        time.sleep(0.05)


PAUSE = 0.02
"""Seconds between two bare inserts of the ninth client: it is to wait like the others, not to fill the machine."""


def saves_under_load(
    taking: Taking, learners: list[Learner], clients: int, url: str, attempt_id: int
) -> tuple[list[float], list[float]]:
    """Seconds of the saves of ``clients`` that take whole attempts, and of the bare inserts with commit of a further one meanwhile."""
    spawned = multiprocessing.get_context("spawn")
    over, measured = spawned.Event(), spawned.Queue()
    further = spawned.Process(target=_insert_until, args=(url, attempt_id, over, measured))
    further.start()
    measured.get(timeout=60)  # it is connected
    _, times = run(taking, learners, clients, url)
    over.set()
    bare = measured.get(timeout=60)
    further.join()
    return times.by_kind["save an answer"], bare


def _insert_until(url: str, attempt_id: int, over: Event, measured: Queue[list[float]]) -> None:
    bare: list[float] = []
    with psycopg.connect(url.replace("+psycopg", "")) as floor:
        measured.put([])
        while not over.wait(PAUSE):
            begun = time.perf_counter()
            floor.execute(BARE, (attempt_id, -1 - len(bare), secrets.token_hex(12)))
            floor.commit()
            bare.append(time.perf_counter() - begun)
        floor.execute("DELETE FROM answer WHERE item_id = 'floor'")
    measured.put(bare)


def saves_beside_the_floor(
    taking: Taking, learner: Learner, database: Database, url: str, runs: int
) -> tuple[int, tuple[list[float], list[float], list[float]]]:
    """One client: its attempt; seconds of a save over HTTP, of the same save without HTTP, and of the bare insert with commit, in turn."""
    clock, over_http, in_process, bare = SystemClock(), Times(), [], []
    browser = Browser(taking.port, over_http)
    browser.cookie = learner.cookie
    door = f"/learn/{learner.enrolment_id}/{taking.test_id}"
    token = _found(TOKEN, browser.ask("a page", door)[2])
    attempt_id = int(browser.ask("begin", f"{door}/start", {"csrf_token": token})[1].rsplit("/", 1)[1])
    with database.session() as session:
        item = session.get_one(Attempt, attempt_id).drawn[0]["item"]
        enrolment = session.get_one(Enrolment, learner.enrolment_id)
        content, person_id = catalogue.content(session, enrolment.version_id), enrolment.person_id
    keyed = next(each for each in content.keyed_items(taking.test_id) if each.id == item)
    answer = {name: values[0] for name, values in taking.right[item].items()}
    gc.freeze()  # as in the server
    gc.set_threshold(*RARELY)
    with psycopg.connect(url.replace("+psycopg", "")) as floor:

        def by_http(_: int) -> None:
            fields = {"csrf_token": token, "item": item, "key": secrets.token_hex(12), "language": "en", "age": "12"}
            browser.ask("save", f"/attempt/{attempt_id}/answer", fields | answer, script=True)

        def here(_: int) -> None:
            begun = time.perf_counter()
            with database.transaction() as session:
                actions.answer(
                    session, queries.answerable(session, attempt_id, person_id), content, item, keyed.key(),
                    language="en", key=secrets.token_hex(12), now=clock.now(), age=timedelta(milliseconds=12),
                )  # fmt: skip
            in_process.append(time.perf_counter() - begun)

        def bare_insert(n: int) -> None:
            begun = time.perf_counter()
            floor.execute(BARE, (attempt_id, -1 - n, secrets.token_hex(12)))
            floor.commit()
            bare.append(time.perf_counter() - begun)

        ways = (by_http, here, bare_insert)
        for n in range(runs):
            for way in (*ways[n % 3 :], *ways[: n % 3]):  # what comes after HTTP finds processor and disk asleep
                way(n)
            if n % 10 == 9:  # nobody answers one question a hundred times, and each save looks at those before it
                floor.execute("DELETE FROM answer WHERE attempt_id = %s", (attempt_id,))
                floor.commit()
        floor.execute("DELETE FROM answer WHERE attempt_id = %s", (attempt_id,))
    return attempt_id, (over_http.by_kind["save"], in_process, bare)


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]


def _row(name: str, seconds: list[float]) -> str:
    return f"{name:<34}{len(seconds):>7,}{1000 * statistics.median(seconds):>11.1f}{1000 * _p95(seconds):>9.1f}"


@click.command()
@click.option("--clients", default=8, show_default=True)
@click.option("--attempts", default=200, show_default=True)
@click.option("--processes", default=1, show_default=True, help="Processes of `lms serve`.")
@click.option("--pages", is_flag=True, help="Load the pages between, too.")
@click.option("--open-before", is_flag=True, help="Open the doors of all tests before the clock begins.")
@click.option("--saves", default=300, show_default=True, help="Saves beside the floor.")
def main(clients: int, attempts: int, processes: int, pages: bool, open_before: bool, saves: int) -> None:
    """Print attempts a second, and what each request takes."""
    with (
        durable_postgres() as (url, postgres),
        tempfile.TemporaryDirectory(prefix="attune-bench-", ignore_cleanup_errors=True) as folder,
    ):
        config = Config(database_url=url, data_dir=Path(folder), secret_key=secrets.token_hex(16))
        database = Database(url)
        upgrade(database)
        beside = max(2 * clients, attempts // 2)
        content, learners = hospital(database, config, attempts + beside + clients + 1)
        with served(config, processes) as (port, server):
            taking, opening = Taking(port, content, pages=pages), Browser(port, Times())
            run(taking, [learners.pop() for _ in range(clients)], clients, url)  # warm
            attempt_id, measured = saves_beside_the_floor(taking, learners.pop(), database, url, saves)
            loaded = saves_under_load(taking, [learners.pop() for _ in range(beside)], clients, url, attempt_id)
            until_no_job_waits(database)
            for learner in learners if open_before else []:
                taking.open(opening, learner)
            before = spent_so_far(server, postgres)
            took, times = run(taking, learners, clients, url)
            waited, longer = until_no_job_waits(database)
            after = spent_so_far(server, postgres)
        database.close()
    print(f"{clients} clients, {processes} server process(es), PostgreSQL with fsync; load {os.getloadavg()[0]:.1f}")
    print(
        f"{attempts} attempts of ten answers in {took:.1f} s: {attempts / took:.1f} a second; {waited} certificates waited then"
    )
    print(f"with all certificates made, in {took + longer:.1f} s: {attempts / (took + longer):.1f} a second")
    spent = [1000 * (late - early) / attempts for early, late in zip(before, after, strict=True)]
    print(
        "processor time of an attempt: "
        + ", ".join(f"{name} {ms:.0f} ms" for name, ms in zip(PARTS, spent, strict=True))
    )
    print(f"so two cores with nothing else to do allow at most {2000 / sum(spent):.1f} attempts a second")
    print(f"{'':<34}{'times':>7}{'median ms':>11}{'p95 ms':>9}")
    for kind, seconds in times.by_kind.items():
        print(_row(f"{kind}, {clients} clients", seconds))
    for name, seconds in zip(
        ("save over HTTP, one client", "save without HTTP", "bare insert with commit"), measured, strict=True
    ):
        print(_row(name, seconds))
    for name, seconds in zip((f"save over HTTP, {clients} clients", "bare insert beside them"), loaded, strict=True):
        print(_row(name, seconds))
    ratios = [_p95(seconds) / _p95(measured[2]) for seconds in measured[:2]]
    print(f"p95 of a save, one client: {ratios[0]:.1f} x the bare insert over HTTP, {ratios[1]:.1f} x without")
    print(f"p95 of a save, {clients} clients: {_p95(loaded[0]) / _p95(loaded[1]):.1f} x the bare insert beside them")


if __name__ == "__main__":
    main()
