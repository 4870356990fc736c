"""Whether a picture, recording, film or file of captions is what its name says, small enough, and unable to run anything. Pure."""

from __future__ import annotations

from xml.etree import ElementTree

from lms.catalogue.captions import read_captions
from lms.catalogue.content import Media
from lms.errors import N_, Message, Problem

MAX_BYTES = 30_000_000
"""The most that any file may have; pictures, recordings and captions have limits of their own."""

LIMITS = {"image": 1_000_000, "audio": 10_000_000, "video": MAX_BYTES, "text": 200_000}
"""Bytes, by the kind of media."""

TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".vtt": "text/vtt",
}
_BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "audio/ogg": b"OggS",
    "video/webm": b"\x1a\x45\xdf\xa3",
}
_LINKS = ("href", "src")
_ACTIVE = frozenset({"script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler"})


def media_type(name: str) -> str | None:
    """The type that the name's ending promises; None for what a course cannot show."""
    return TYPES.get("." + name.rpartition(".")[2].lower()) if "." in name else None


def most_bytes(name: str) -> int:
    """How much a file of this name may have: no more of it need be read to refuse it."""
    return LIMITS[(media_type(name) or "image").partition("/")[0]]


def check_media(file: str, name: str, size: int, data: bytes, sha256: str) -> tuple[Media, list[Problem]]:
    """What a picture is, and what is wrong with it. ``data`` may be cut off where ``size`` (bytes) is over the limit."""
    problems: list[Problem] = []

    def error(message: str, remedy: str, **params: object) -> None:
        problems.append(Problem(Message(message, params), Message(remedy, params), file))

    promised = media_type(name)
    if promised is None:
        error(
            N_("%(name)s is not a picture, recording or film that browsers show safely."),
            N_("Use svg, png, jpg or webp; mp3, ogg, m4a or wav; mp4 or webm; vtt for captions."),
            name=name,
        )
    kind = (promised or "image").partition("/")[0]
    if size > LIMITS[kind]:
        error(
            N_("%(name)s has %(size).1f MB; at most %(limit)s MB are allowed."),
            N_("Save it smaller: 1600 pixels wide are enough, as webp or jpg.")
            if kind == "image"
            else N_("Save it smaller, or split it."),
            name=name,
            size=size / 1_000_000,
            limit=f"{LIMITS[kind] / 1_000_000:g}",
        )
    elif promised == "image/svg+xml":
        if reason := _unsafe_svg(data):
            remedy = N_("Export it again as plain SVG, without scripts, links to elsewhere or embedded pages.")
            problems.append(Problem(reason, Message(remedy), file))
    elif promised and not _is(data, promised):
        error(
            N_("%(name)s is not what its ending says."), N_("Export it again in the format of its ending."), name=name
        )
    elif promised == "text/vtt":
        for line, fault in read_captions(data.decode("utf-8", "replace")).faults:
            remedy = N_("Correct it as docs/course-format.md shows: a timing, and below it what is said.")
            problems.append(Problem(fault, Message(remedy), file, line))
    width, height = picture_size(data, promised) if promised and not problems else (None, None)
    found = Media(sha256=sha256, size=size, type=promised or "application/octet-stream", width=width, height=height)
    return found, problems


def picture_size(data: bytes, promised: str) -> tuple[int | None, int | None]:
    """Width and height in pixels as SVG, PNG, JPEG and lossy or extended WebP say them; None where the file does not."""
    found: tuple[int, int] | None = None
    if promised == "image/svg+xml":
        found = _svg_size(data)
    elif promised == "image/png" and data[12:16] == b"IHDR":
        found = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    elif promised == "image/jpeg":
        found = _jpeg_size(data)
    elif promised == "image/webp" and data[12:16] == b"VP8X":
        found = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    elif promised == "image/webp" and data[12:16] == b"VP8 ":
        found = int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return found if found and min(found) > 0 else (None, None)


def _svg_size(data: bytes) -> tuple[int, int] | None:
    box = ElementTree.fromstring(data).get("viewBox", "").replace(",", " ").split()
    try:
        return (round(float(box[2])), round(float(box[3]))) if len(box) == 4 else None
    except (ValueError, OverflowError):
        return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """The first frame's, walking from marker to marker."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + length
    return None


def _is(data: bytes, promised: str) -> bool:
    if promised == "image/webp":
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if promised == "audio/wav":
        return data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    if promised in ("audio/mp4", "video/mp4"):
        return data[4:8] == b"ftyp"
    if promised == "audio/mpeg":
        return data.startswith(b"ID3") or (data[:1] == b"\xff" and data[1:2] >= b"\xe0")
    if promised == "text/vtt":
        return data.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT")
    return data.startswith(_BEGINNINGS[promised])


def _unsafe_svg(data: bytes) -> Message | None:
    """Why an SVG is refused; None if it is a plain drawing."""
    if b"<!DOCTYPE" in data.upper() or b"<!ENTITY" in data.upper():
        return Message(N_("The drawing declares a document type or entities."))
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return Message(N_("The drawing is not well-formed XML."))
    if _local(root.tag) != "svg":
        return Message(N_("This is not an SVG drawing."))
    for element in root.iter():
        tag = _local(element.tag)
        if tag in _ACTIVE:
            return Message(N_("The drawing contains <%(tag)s>."), {"tag": tag})
        if tag == "style" and (
            "@import" in (element.text or "") or "url(" in (element.text or "").replace("url(#", "")
        ):
            return Message(N_("The drawing's style loads something from elsewhere."))
        for name, value in element.attrib.items():
            local = _local(name)
            if local.startswith("on"):
                return Message(N_("The drawing contains the event handler %(name)s."), {"name": local})
            if local in _LINKS and not value.strip().startswith(("#", "data:image/png", "data:image/jpeg")):
                return Message(N_("The drawing links to something elsewhere."))
            if tag in ("set", "animate") and local == "attributename" and _local(value) in _LINKS:
                return Message(N_("The drawing changes a link by animation."))
    return None


def _local(name: object) -> str:
    return str(name).rpartition("}")[2].rpartition(":")[2].lower()
