"""Sends a file that was kept. Whoever calls has asked who may have it; nothing is served from the folder itself."""

from __future__ import annotations

from flask import Response, send_file

from lms.files import StoredFile
from lms.web.page import house


def send_kept(stored: StoredFile, name: str = "", *, inline: bool = False) -> Response:
    """A kept file as a download, or (``inline``) shown where the browser can, under its own name or another one.

    Raises:
        NotFound: the row is there but the bytes are not.
    """
    kind = stored.media_type.partition(";")[0]  # texts are UTF-8, and said to be
    path = house().files.where(stored)
    answer = send_file(path, mimetype=kind, as_attachment=not inline, download_name=name or stored.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
