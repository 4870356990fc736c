"""Processor time and SQL statements of each request of an attempt, without HTTP and without PostgreSQL's own time.

    python -m benchmarks.requests [--attempts 20]

The requests of ``benchmarks.attempts`` go to the WSGI application in this process, one after the other; its PostgreSQL is another
process. A busy machine costs processor time, too: compare only what was measured side by side.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
from flask.testing import FlaskClient
from sqlalchemy import event

from benchmarks.attempts import TOKEN, Learner, durable_postgres, hospital
from config import Config
from lms.app import create_app
from lms.catalogue.content import CourseContent
from lms.cli.house import upgrade
from lms.clock import SystemClock
from lms.db import Database
from lms.learning.models import Attempt


class Measured:
    """Seconds of processor time and numbers of statements, by what was asked for."""

    def __init__(self, database: Database) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.statements: dict[str, int] = {}
        self._sent = 0
        event.listen(database.engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self._sent += 1

    def ask(self, kind: str, client: FlaskClient, path: str, fields: dict[str, str] | None = None) -> Any:
        """The answer to one request."""
        headers = {"X-Requested-With": "fetch", "Accept": "application/json"} if kind == "save" else {}
        form = (
            {} if fields is None else {"data": urlencode(fields), "content_type": "application/x-www-form-urlencoded"}
        )
        self._sent, begun = 0, time.process_time()
        answer = client.open(path, method="GET" if fields is None else "POST", headers=headers, **form)
        self.seconds.setdefault(kind, []).append(time.process_time() - begun)
        self.statements[kind] = self._sent
        assert answer.status_code < 400, answer.text
        return answer


def take(measured: Measured, client: FlaskClient, learner: Learner, content: CourseContent, database: Database) -> None:
    """One attempt with every answer right."""
    assert content.test is not None
    right = {item.id: item.fields(item.key()) for item in content.keyed_items(content.test.id)}
    client.set_cookie("attune", learner.cookie)
    door = f"/learn/{learner.enrolment_id}/{content.test.id}"
    found = TOKEN.search(measured.ask("door", client, door).text)
    assert found is not None
    token = {"csrf_token": found[1]}
    attempt = int(measured.ask("begin", client, f"{door}/start", token).location.rsplit("/", 1)[1])
    with database.session() as session:
        items = [each["item"] for each in session.get_one(Attempt, attempt).drawn]
    for item in items:
        fields = token | {"item": item, "key": secrets.token_hex(12), "language": "en", "age": "12"}
        fields |= {name: values[0] for name, values in right[item].items()}
        measured.ask("save", client, f"/attempt/{attempt}/answer", fields)
    measured.ask("hand in", client, f"/attempt/{attempt}/finish", token)


@click.command()
@click.option("--attempts", default=20, show_default=True)
def main(attempts: int) -> None:
    """Print the median of each kind of request."""
    with durable_postgres() as (url, _), tempfile.TemporaryDirectory(prefix="attune-bench-") as folder:
        config = Config(database_url=url, data_dir=Path(folder), secret_key=secrets.token_hex(16))
        database = Database(url)
        upgrade(database)
        content, learners = hospital(database, config, attempts + 1)
        app = create_app(config, SystemClock(), database)
        take(Measured(database), app.test_client(), learners.pop(), content, database)  # warm
        measured = Measured(database)
        for learner in learners:
            take(measured, app.test_client(), learner, content, database)
        database.close()
    for kind, seconds in measured.seconds.items():
        print(f"{kind:<10}{1000 * statistics.median(seconds):>8.1f} ms{measured.statements[kind]:>5} statements")


if __name__ == "__main__":
    main()
