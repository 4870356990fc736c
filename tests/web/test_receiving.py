"""What becomes of a body that is too large, on its way through the real server."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import waitress
from flask import Flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel

from lms.cli.receiving import Request, limit_bodies

LIMIT = 100_000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def port(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The application behind waitress, as ``lms serve`` wires it, with a limit of 100 kB."""
    monkeypatch.setattr(HTTPChannel, "parser_class", HTTPChannel.parser_class)
    limit_bodies()
    app.config["MAX_CONTENT_LENGTH"] = LIMIT
    server = waitress.create_server(app, host="127.0.0.1", port=0, max_request_body_size=LIMIT)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    with suppress(OSError):  # awake for another reason it may have closed before it is woken
        server.trigger.pull_trigger(server.close)  # in its own thread, which would stumble over sockets that vanish
    thread.join(5)
    server.task_dispatcher.shutdown()


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    """A connection to it."""
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    yield opened
    opened.close()


def test_whoever_sends_too_much_reads_why_and_goes_on(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("POST", "/people/import/")
    for name, value in {"Content-Type": "multipart/form-data; boundary=b", "Accept-Language": "es"}.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(20 << 20))
    connection.endheaders()
    for _ in range(20):  # all of it, as a browser does, whatever the server thinks of it
        connection.send(b"x" * (1 << 20))
    answer = connection.getresponse()
    page = answer.read().decode()
    assert answer.status == 413 and 'lang="es"' in page and "<h1>" in page
    connection.request("GET", "/help")  # the same connection: not one byte of the body was taken for another request
    assert connection.getresponse().status == 200


def test_whoever_sends_too_much_in_chunks_reads_the_same(connection: http.client.HTTPConnection) -> None:
    said = {"Content-Type": "multipart/form-data; boundary=b", "Accept-Language": "es"}
    connection.request("POST", "/people/import/", (b"x" * 50_000 for _ in range(40)), said, encode_chunked=True)
    answer = connection.getresponse()
    page = answer.read().decode()
    assert answer.status == 413 and 'lang="es"' in page and "<h1>" in page
    connection.request("GET", "/help")
    after = connection.getresponse()
    assert after.status == 200 and after.read()
    connection.request("POST", "/language", (b"language=es" for _ in range(1)), FORM, encode_chunked=True)
    assert connection.getresponse().status != 413, "a small one is taken as before"


def test_whoever_asks_first_need_not_send(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("POST", "/people/import/")
    connection.putheader("Content-Length", str(2 << 30))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    begun = time.monotonic()
    assert connection.getresponse().status == 413 and time.monotonic() - begun < 5


@pytest.mark.parametrize(("size", "kept"), [(LIMIT - 1, LIMIT - 1), (LIMIT, 0), (3 * LIMIT, 0)])
def test_nothing_of_it_is_kept(size: int, kept: int) -> None:
    request = Request(Adjustments(max_request_body_size=LIMIT))
    sent = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size + b"GET /next"
    while not request.completed:
        sent = sent[request.received(sent[:8192]) :]
    assert sent == b"GET /next", "what follows belongs to the next request"
    assert len(request.get_body_stream().read()) == kept and request.headers["CONTENT_LENGTH"] == str(size)
    assert request.error is None
