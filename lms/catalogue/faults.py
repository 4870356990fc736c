"""What a validation error means to an author: the place in the file, in plain words, with a remedy. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from lms.catalogue.checks import At, Report
from lms.catalogue.parts import Part
from lms.catalogue.steps import STEP_KINDS
from lms.errors import N_

T = TypeVar("T")

_PATTERNS = {
    "^[a-z0-9]+(-": (N_("“%(value)s” is not an id."), N_("Use lower-case words joined by hyphens, such as ask-first.")),
    "^[a-z][a-z0-9_": (N_("“%(value)s” is not a name."), N_("Use lower-case words joined by underscores.")),
    "^[A-Z0-9]": (N_("“%(value)s” is not a course code."), N_("Use capitals and digits joined by hyphens: CC-101.")),
    "^https?": (N_("“%(value)s” is not a web address."), N_("Write the full address, beginning with https://.")),
    "^[a-z]{2,3}": (N_("“%(value)s” is not a language code."), N_("Write a code such as en, es or pt-BR.")),
    "^[1-9][0-9]{0,3} (s": (
        N_("“%(value)s” is not a length of time."),
        N_("Write a whole number, a space and a unit: 30 s, 20 min, 24 h or 7 days."),
    ),
    r"\S": (N_("`%(name)s` is empty."), N_("Write the text, or remove the key if it is optional.")),
}
_BY_TYPE = {
    "string_type": (N_("`%(name)s` must be text, not %(value)s."), N_("Put it in quotes.")),
    "date": (N_("`%(name)s` must be a day, not %(value)s."), N_("Write it as year-month-day: 2026-11-22.")),
    "int": (N_("`%(name)s` must be a whole number, not %(value)s."), N_("Write digits only.")),
    "bool": (N_("`%(name)s` must be true or false, not %(value)s."), N_("Write true or false, without quotes.")),
    "literal_error": (N_("`%(name)s` cannot be %(value)s."), N_("Use %(expected)s.")),
    "string_too_short": (N_("`%(name)s` is empty."), N_("Write the text, or remove the key if it is optional.")),
    "string_too_long": (N_("`%(name)s` is too long."), N_("Use at most %(max_length)d characters.")),
    "too_short": (N_("`%(name)s` has too few entries."), N_("Write at least %(min_length)d.")),
    "too_long": (N_("`%(name)s` has too many entries."), N_("Keep at most %(max_length)d.")),
    "greater_than_equal": (N_("`%(name)s` is too small: %(value)s."), N_("Use at least %(ge)s.")),
    "less_than_equal": (N_("`%(name)s` is too large: %(value)s."), N_("Use at most %(le)s.")),
    "tuple_type": (N_("`%(name)s` must be a list."), N_("Begin each entry on a line of its own with a dash.")),
    "model": (N_("`%(name)s` must have keys of its own."), N_("Write `key: value` lines, indented below it.")),
    "dict": (N_("`%(name)s` must have keys of its own."), N_("Write `key: value` lines, indented below it.")),
}


def validated(shape: TypeAdapter[T], data: object, file: str, report: Report) -> T | None:
    """The data as the shape; None when it does not fit, after reporting every fault with its place."""
    try:
        return shape.validate_python(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if not _is_echo(detail):
                _report(detail, data, file, report)
        return None


def _is_echo(detail: ErrorDetails) -> bool:
    """Whether a list is called too short only because its faulty entries, each reported, do not count."""
    entries = detail["input"]
    return detail["type"] == "too_short" and isinstance(entries, list) and len(entries) >= detail["ctx"]["min_length"]


def _report(detail: ErrorDetails, data: object, file: str, report: Report) -> None:
    kind, context = detail["type"], dict(detail.get("ctx", {}))
    at = _place(detail["loc"], data)
    name = str(next((part for part in reversed(at) if isinstance(part, str)), file))
    known = {**context, "name": name, "value": _shown(detail["input"])}
    if kind == "missing":
        key = str(detail["loc"][-1])
        report.error(file, at, N_("`%(key)s` is missing."), N_("Add `%(key)s:` here."), key=key)
    elif kind == "extra_forbidden":
        _unknown_key(str(detail["loc"][-1]), at, _holder(at, data), file, report)
    elif kind.startswith("union_tag") and "step_tag" in str(context.get("discriminator")):
        report.error(
            file,
            at,
            N_("It is not clear what kind of step this is."),
            N_("Give it exactly one of: %(kinds)s."),
            kinds=", ".join(f"`{kind}:`" for kind in STEP_KINDS),
        )
    elif kind == "union_tag_not_found":
        report.error(file, at, N_("`%(key)s` is missing."), N_("Add `%(key)s:` here."), key=_unquoted(context))
    elif kind == "union_tag_invalid":
        report.error(
            file,
            (*at, _unquoted(context)),
            N_("There is no type %(tag)s."),
            N_("Use one of: %(expected_tags)s."),
            **context,
        )
    else:
        message, remedy = _words(kind, context)
        report.error(file, at, message, remedy, **known, detail=detail["msg"])


def _words(kind: str, context: Mapping[str, object]) -> tuple[str, str]:
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        for beginning, words in _PATTERNS.items():
            if pattern.startswith(beginning):
                return words
    for beginning, words in _BY_TYPE.items():
        if kind.startswith(beginning):
            return words
    return N_("`%(name)s` cannot be used: %(detail)s."), N_("Compare it with docs/course-format.md.")


def _unknown_key(key: str, at: At, holder: object, file: str, report: Report) -> None:
    fields = _likely_fields(set(holder) if isinstance(holder, Mapping) else set())
    close = difflib.get_close_matches(key, fields, n=1, cutoff=0.6)
    if close:
        remedy = N_("Did you mean `%(meant)s`?")
    else:
        remedy = N_("Remove it, or use one of: %(known)s.")
    report.error(
        file, at, N_("Unknown key `%(key)s`."), remedy, key=key, meant="".join(close), known=", ".join(sorted(fields))
    )


def _likely_fields(keys: set[str]) -> set[str]:
    """The keys of the kind of part that shares most with the keys that are there."""
    return max((set(part.model_fields) for part in _parts(Part)), key=lambda fields: len(fields & keys) / len(fields))


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    for below in part.__subclasses__():
        if below.model_fields:
            yield below
        yield from _parts(below)


def _place(loc: tuple[int | str, ...], data: object) -> At:
    """The place in the file of an error's location, which also names the kinds it tried on its way."""
    at: At = ()
    for part in loc:
        try:
            data = data[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            continue
        at = (*at, part)
    return at


def _holder(at: At, data: Any) -> object:
    for part in at[:-1]:
        data = data[part]
    return data


def _unquoted(context: Mapping[str, object]) -> str:
    return re.sub(r"\W", "", str(context.get("discriminator", "")))


def _shown(value: object) -> str:
    text = " ".join(str(value).split()) if isinstance(value, str | int | float) else type(value).__name__
    words = {"dict": N_("a mapping"), "list": N_("a list"), "NoneType": N_("nothing"), "date": str(value)}
    text = words.get(text, text)
    return text if len(text) <= 60 else text[:59] + "…"
