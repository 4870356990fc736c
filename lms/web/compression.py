"""Smaller answers: what is text is sent compressed to browsers that say they can read it, and static files for ever.

A page holds a token against forgery, and what one can make a page repeat could be used to guess it from the length of what is sent; the
session cookie is not sent along by other sites (``SameSite=Lax``), and a name of random length in the gzip header blurs the length.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

LEAST = 500
"""Bytes below which compression is not worth it."""

WORTH = (
    "text/html",
    "text/css",
    "text/plain",
    "text/javascript",
    "text/vtt",
    "application/json",
    "application/javascript",
    "image/svg+xml",
)

StartResponse = Callable[..., Any]


def fingerprint(folder: Path) -> str:
    """A short name for what the static files are now: part of their address, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


class Compressed:
    """WSGI middleware. ``kept`` is the path below which answers never change; they are compressed once."""

    def __init__(self, app: Callable[..., Iterable[bytes]], kept: str) -> None:
        self._app = app
        self._kept = kept
        self._done: dict[str, bytes] = {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer, compressed where that helps."""
        if environ["REQUEST_METHOD"] != "GET" or not _reads_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            return self._app(environ, start_response)
        began: list[Any] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            began[:] = [status, headers, exc_info]
            return lambda data: None

        body = self._app(environ, begin)
        if not began or not _is_worth(began[0], began[1]):
            return _passed(body, began, start_response)
        try:
            plain = b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()
        status, headers, exc_info = began
        if len(plain) >= LEAST:
            plain, headers = self._compress(environ, plain), _relabelled(headers)
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(plain)))], *([exc_info] if exc_info else []))
        return [plain]

    def _compress(self, environ: dict[str, Any], plain: bytes) -> bytes:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(self._kept):
            return _gzip(plain, "x" * (1 + secrets.randbelow(64)))
        if path not in self._done:
            self._done[path] = _gzip(plain, "", level=9)
        return self._done[path]


def _gzip(plain: bytes, name: str, level: int = 6) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(name, "wb", level, packed, mtime=0) as out:
        out.write(plain)
    return packed.getvalue()


def _reads_gzip(accepted: str) -> bool:
    codings = [part.strip().lower().replace(" ", "") for part in accepted.split(",")]
    return any(coding == "gzip" or (coding.startswith("gzip;q=") and coding != "gzip;q=0") for coding in codings)


def _is_worth(status: str, headers: list[tuple[str, str]]) -> bool:
    said = {name.lower(): value for name, value in headers}
    return (
        status.startswith(("200", "4", "5"))
        and "content-encoding" not in said
        and said.get("content-type", "").startswith(WORTH)
    )


def _relabelled(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A weak tag, for the bytes differ while what they say is the same; and the word that it depends on the browser."""
    vary = ", ".join(value for name, value in headers if name.lower() == "vary")
    kept = [
        (name, f"W/{value}" if name.lower() == "etag" and not value.startswith("W/") else value)
        for name, value in headers
        if name.lower() not in {"vary", "accept-ranges"}
    ]
    return [*kept, ("Vary", f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"), ("Content-Encoding", "gzip")]


def _passed(body: Iterable[bytes], began: list[Any], start_response: StartResponse) -> Iterable[bytes]:
    """The answer as it is; its first piece may be what makes the application say its headers."""
    if began:
        start_response(began[0], began[1], *([began[2]] if began[2] else []))
        return body
    return _first_then_rest(body, began, start_response)


def _first_then_rest(body: Iterable[bytes], began: list[Any], start_response: StartResponse) -> Iterator[bytes]:
    try:
        for piece in body:
            if began:
                start_response(began[0], began[1], *([began[2]] if began[2] else []))
                began.clear()
            yield piece
    finally:
        getattr(body, "close", lambda: None)()
