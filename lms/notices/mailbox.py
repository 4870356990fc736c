"""The adapter to a mailbox into which mail comes back: a Maildir, an mbox file, or a folder on an IMAP server."""

from __future__ import annotations

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from lms.errors import N_, Invalid

PATIENCE: Final = 20
"""Seconds to wait for each answer of the server."""

Came = tuple[bytes, Callable[[], None]]
"""A message, and what is to be called once it has been worked in: then it is not read again."""


def messages(place: str) -> Iterator[Came]:
    """The messages in ``place`` that were not read yet: ``imaps://user:password@host/FOLDER`` (``imap://`` without encryption, for a
    server on the same machine), or the path of a Maildir or of an mbox file.

    A message that was worked in is marked as seen, never deleted; an mbox file cannot be marked and is read as a whole.

    Raises:
        Invalid: there is no such place, it cannot be reached, or it is none of these.
    """
    if place.startswith(("imap://", "imaps://")):
        yield from _imap(urlsplit(place))
        return
    path = Path(place)
    if (path / "new").is_dir() and (path / "cur").is_dir():
        yield from _maildir(path)
    elif path.is_file():
        yield from ((bytes(message), _nothing) for message in mailbox.mbox(path, create=False))
    else:
        raise Invalid(
            N_("There is no mailbox “%(place)s”. Name a Maildir, an mbox file, or imaps://user:password@host/INBOX."),
            place=place,
        )


def _nothing() -> None:
    """An mbox file has no place for a mark."""


def _maildir(path: Path) -> Iterator[Came]:
    box = mailbox.Maildir(path, create=False)
    for key in sorted(box.keys()):
        message = box.get(key)
        if message is None or "S" in message.get_flags():
            continue

        def seen(key: str = key, message: mailbox.MaildirMessage = message) -> None:
            message.set_subdir("cur")
            message.add_flag("S")
            box[key] = message

        yield box.get_bytes(key), seen


def _imap(address: SplitResult) -> Iterator[Came]:
    folder = unquote(address.path.strip("/")) or "INBOX"
    shown = f"{address.scheme}://{address.hostname}/{folder}"  # never the password
    try:
        with _connected(address) as server:
            server.login(unquote(address.username or ""), unquote(address.password or ""))
            _checked(server.select('"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'))
            _, found = server.uid("SEARCH", "UNSEEN")
            for uid in (found[0] or b"").decode().split():
                _, parts = server.uid("FETCH", uid, "(BODY.PEEK[])")
                data = next((part[1] for part in parts if isinstance(part, tuple)), None)
                if data is not None:
                    yield data, partial(_mark_seen, server, uid)
    except (imaplib.IMAP4.error, OSError) as error:
        raise Invalid(
            N_("The mailbox %(place)s cannot be read: %(answer)s"),
            place=shown,
            answer=str(error) or type(error).__name__,
        ) from error


def _mark_seen(server: imaplib.IMAP4, uid: str) -> None:
    _checked(server.uid("STORE", uid, "+FLAGS", "(\\Seen)"))


def _connected(address: SplitResult) -> imaplib.IMAP4:
    host = address.hostname or "localhost"
    if address.scheme == "imaps":
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(host, address.port or 993, ssl_context=context, timeout=PATIENCE)
    return imaplib.IMAP4(host, address.port or 143, timeout=PATIENCE)


def _checked(answer: tuple[str, object]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(str(answer[1]))
