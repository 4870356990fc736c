"""A scenario as a Twee story and back. Pure.

What Twine knows (passages, links, tags) is written as Twine writes it, so that the story can be drawn and played there. The
rest (expert key, effects, conditions, consequences, reasons) stands in comments ``<!--attune … -->``: one at the beginning of
a passage, about the scene, and one behind each link, about the choice. See docs/twee.md.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from lms.catalogue import twee
from lms.catalogue.checks.scenario import UNWRITTEN
from lms.catalogue.story import Scenario, Scene
from lms.catalogue.twee import Body, Link, Notes, Passage
from lms.catalogue.yaml_text import read
from lms.catalogue.yaml_writing import document, one_line
from lms.errors import N_, Problem

_STORY, _INTRO, _DEBRIEF = "attune", "attune-intro", "attune-debrief"
_ENDINGS = {f"ending-{tone}": tone for tone in ("good", "mixed", "poor")}
_OURS = {_STORY, _INTRO, _DEBRIEF, *_ENDINGS, "route", "timed"}
_OTHER = {
    "script",
    "stylesheet",
    "widget",
    "header",
    "footer",
    "startup",
    "debug-header",
    "debug-footer",
    "debug-startup",
}
_SPECIAL = {"StoryInit", "StoryCaption", "StoryMenu", "StoryBanner", "StorySubtitle", "StoryAuthor", "StoryInterface",
            "StoryShare", "StorySettings", "StoryIncludes", "PassageHeader", "PassageFooter", "PassageDone", "PassageReady",
            "StoryScript", "StoryStylesheet"}  # fmt: skip
_SCENE_KEYS = {"speaker", "text", "when", "visits", "timed"}
_CHOICE_KEYS = {"id", "text", "quality", "when", "once", "effects", "consequence", "why"}
_ROUTE_KEYS = {"route", "when"}
_STORY_KEYS = {"state", "pass_mark", "start", "title"}


# Out


def exported(scenario: Scenario, key: str) -> str:
    """The scenario as a Twee 3 file. ``key`` names it for good (such as ``cc-101/healers-tea``): from it comes the IFID."""
    data = {
        "ifid": str(uuid.UUID(bytes=hashlib.sha256(key.encode()).digest()[:16], version=4)).upper(),
        "format": "Chapbook",
        "format-version": "2.2.0",
        "start": "Introduction",
        "tag-colors": {"ending-good": "green", "ending-mixed": "blue", "ending-poor": "orange", "route": "gray"},
        "zoom": 1,
    }
    story: dict[str, Any] = {"start": scenario.start}
    title = " ".join(scenario.title.split())
    if title != scenario.title or title.startswith("::"):
        story["title"] = scenario.title
    shown = (title.lstrip(": ") or "Story") if title.startswith("::") else title  # two colons would begin a passage
    if scenario.pass_mark:
        story["pass_mark"] = scenario.pass_mark
    if scenario.state:
        story["state"] = {name: _without_defaults(variable) for name, variable in scenario.state.items()}
    places = _places(scenario)
    passages = [
        Passage("StoryTitle", shown),
        Passage("StoryData", json.dumps(data, indent=2)),
        Passage("Attune", _block(story), (_STORY,), {"position": "50,50", "size": "100,100"}),
        Passage(
            "Introduction",
            _with_text(scenario.intro) + f"\n\n[[Begin->{scenario.start}]]",
            (_INTRO,),
            {"position": "300,50", "size": "100,100"},
        ),
        *(_scene_passage(scene, places[scene.id]) for scene in scenario.scenes),
        Passage("Debrief", _with_text(scenario.debrief), (_DEBRIEF,), {"position": "50,200", "size": "100,100"}),
    ]
    return twee.written(passages)


def _scene_passage(scene: Scene, place: str) -> Passage:
    said: dict[str, Any] = _without_defaults(scene)
    about: dict[str, object] = {key: said[key] for key in ("speaker", "when", "visits", "timed") if key in said}
    parts = [_with_text(scene.text, about)]
    for choice in scene.choices:
        shown = _shown(choice.text)
        data = {key: value for key, value in _without_defaults(choice).items() if key != "next"}
        if shown == choice.text:
            del data["text"]
        parts.append(f"[[{shown}->{choice.next}]]\n{_block(data)}")
    for n, route in enumerate(scene.routes, 1):
        parts.append(f"[[Route {n}->{route.next}]]\n{_block({'route': True, **_without_defaults(route, 'next')})}")
    if scene.otherwise is not None:
        parts.append(f"[[Otherwise->{scene.otherwise}]]\n{_block({'otherwise': True})}")
    tags = [f"ending-{scene.ending}"] if scene.ending else ["route"] if scene.routes else []
    tags += ["timed"] if scene.timed else []
    text = "\n\n".join(part for part in parts if part)
    return Passage(scene.id, text, tuple(tags), {"position": place, "size": "100,100"})


def _places(scenario: Scenario) -> dict[str, str]:
    """Where Twine draws each passage: a row for each step from the start."""
    depth = {scenario.start: 0}
    waiting = [scenario.start]
    for scene_id in waiting:
        scene = scenario.by_id[scene_id]
        following = [c.next for c in scene.choices] + [r.next for r in scene.routes] + [scene.otherwise]
        for each in following:
            if each is not None and each in scenario.by_id and each not in depth:
                depth[each] = depth[scene_id] + 1
                waiting.append(each)
    filled: dict[int, int] = {}
    places = {}
    for scene in scenario.scenes:
        row = depth.get(scene.id, 0)
        filled[row] = filled.get(row, 0) + 1
        places[scene.id] = f"{150 + 150 * filled[row]},{200 + 150 * row}"
    return places


def _without_defaults(part: Any, *but: str) -> dict[str, Any]:
    data: dict[str, Any] = part.model_dump(mode="json", exclude_defaults=True)
    return {key: value for key, value in data.items() if key not in but}


def _block(data: Mapping[str, object]) -> str:
    lines = "".join(f"{key}: {one_line(value)}\n" for key, value in data.items())
    return f"<!--{twee.DATA}\n{lines}-->"


def _with_text(text: str | None, about: Mapping[str, object] | None = None) -> str:
    """Our data and the prose; what Twine's formats would read otherwise stands in the data."""
    data = dict(about or {})
    carried = text is not None and _is_carried(text)
    if text is not None and not carried:
        data["text"] = text
    return "\n\n".join(
        part for part in (_block(data) if data else "", text if text is not None and carried else "") if part
    )


def _is_carried(text: str) -> bool:
    """Whether prose comes back as it went."""
    held = twee.body(Passage("p", text))
    plain = not held.links and held.data is None and not held.left_out
    return plain and held.prose == text and "[[" not in text and not re.search(r"^::|\r|\x00", text, re.M)


def _shown(text: str) -> str:
    """A choice's text as a link can show it: the same, where it has nothing that links are made of."""
    return " ".join(re.sub(r"->|<-|<!--|[\[\]|]", " ", text).split()) or "…"


# In


@dataclass(frozen=True, slots=True)
class Imported:
    """What a Twee file says. ``scenario`` is None where it cannot be one; warnings say what was not taken."""

    scenario: Scenario | None
    problems: tuple[Problem, ...]

    @property
    def slug(self) -> str:
        """A name for its file."""
        return slug(self.scenario.title if self.scenario else "") or "story"


def imported(text: str, file: str) -> Imported:
    """Read a Twee 3 file. Never raises for what it contains; ``file`` is only named in problems."""
    return _Reading(Notes(file)).read(text)


def slug(text: str, words: int = 6) -> str:
    """A text as an id: lower-case words of plain letters, joined by hyphens."""
    plain = (
        unicodedata.normalize("NFKD", text.replace("'", "").replace("’", "")).encode("ascii", "ignore").decode().lower()
    )
    return "-".join(re.findall(r"[a-z0-9]+", plain)[:words])[:60].strip("-")


def as_yaml(scenario: Scenario) -> str:
    """The scenario as the file that authors go on writing."""
    data: dict[str, Any] = scenario.model_dump(mode="json", exclude_defaults=True)
    order = ("title", "intro", "state", "pass_mark", "start", "scenes", "debrief")
    return document({key: data[key] for key in order if key in data})


class _Reading:
    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.ids: dict[str, str] = {}
        self.lines: dict[tuple[str | int, ...], int] = {}

    def read(self, text: str) -> Imported:
        passages = twee.parse(text.removeprefix("\ufeff"), self.notes)
        by_name: dict[str, Passage] = {}
        for passage in passages:
            if passage.name in by_name:
                self.notes.error(
                    passage.line,
                    N_("There are two passages “%(name)s”; the first is on line %(first)d."),
                    N_("Give one of them another name, or remove it."),
                    name=passage.name,
                    first=by_name[passage.name].line,
                )
            by_name.setdefault(passage.name, passage)
        if not by_name:
            self.notes.error(1, N_("The file has no passages."), N_("Write one, beginning with a line `:: Name`."))
        story = self._story(by_name)
        scenes = [passage for passage in by_name.values() if self._is_scene(passage)]
        self._name(scenes)
        data = {**story, "scenes": [self._scene(n, passage) for n, passage in enumerate(scenes)]}
        if not any(problem.level == "error" for problem in self.notes.problems):
            try:
                return Imported(Scenario.model_validate(data), self._in_order())
            except ValidationError as error:
                for fault in error.errors():
                    self._fault(fault["loc"], fault["msg"])
        return Imported(None, self._in_order())

    def _in_order(self) -> tuple[Problem, ...]:
        return tuple(sorted(self.notes.problems, key=lambda problem: problem.line or 0))

    def _fault(self, loc: tuple[int | str, ...], detail: str) -> None:
        line = next((self.lines[loc[:n]] for n in range(len(loc), -1, -1) if loc[:n] in self.lines), 1)
        where = next((part for part in reversed(loc) if isinstance(part, str)), "–")
        self.notes.error(
            line,
            N_("`%(where)s` does not fit: %(detail)s."),
            N_("See docs/twee.md."),
            where=where,
            detail=detail.rstrip("."),
        )

    # The story

    def _story(self, by_name: Mapping[str, Passage]) -> dict[str, Any]:
        about, intro, debrief = (self._tagged(by_name, tag) for tag in (_STORY, _INTRO, _DEBRIEF))
        said = self._data(twee.body(about), _STORY_KEYS) if about else {}
        title = by_name["StoryTitle"].text.strip() if "StoryTitle" in by_name else ""
        start = self._start(by_name, intro, said.pop("start", None))
        return {
            "title": title or UNWRITTEN,
            "intro": self._prose(intro) or UNWRITTEN,
            "debrief": self._prose(debrief) or UNWRITTEN,
            **said,
            "start": start,
        }

    def _start(self, by_name: Mapping[str, Passage], intro: Passage | None, said: object) -> str:
        """The passage in which the story begins: where the introduction leads, else the story data's start, else ``Start``."""
        if intro is not None:
            for link in twee.body(intro).links:
                if link.target in by_name:
                    return self._id(link.target)
                self._undefined(link)
        if isinstance(said, str) and said in by_name:
            return self._id(said)
        named: object = None
        if "StoryData" in by_name:
            try:
                named = json.loads(by_name["StoryData"].text).get("start")
            except (ValueError, AttributeError):
                self.notes.warning(
                    by_name["StoryData"].line, N_("The story data is not JSON and was not taken."), N_("Correct it.")
                )
        for name in (named, "Start"):
            if isinstance(name, str) and name in by_name:
                return self._id(name)
        first = next((passage for passage in by_name.values() if self._is_scene(passage, told=False)), None)
        line = by_name["StoryData"].line if "StoryData" in by_name else 1
        if first is None or named is not None:
            self.notes.error(
                line,
                N_("The story begins nowhere: there is no passage “%(name)s”."),
                N_('Name the first passage in `:: StoryData`, as "start".'),
                name=named or "Start",
            )
            return "start"
        self.notes.warning(
            line,
            N_("No start is named, so the story begins in “%(name)s”."),
            N_("Say so in `:: StoryData`."),
            name=first.name,
        )
        return self._id(first.name)

    @staticmethod
    def _tagged(by_name: Mapping[str, Passage], tag: str) -> Passage | None:
        return next((passage for passage in by_name.values() if tag in passage.tags), None)

    def _prose(self, passage: Passage | None) -> str | None:
        if passage is None:
            return None
        body = twee.body(passage)
        self._left_out(body)
        text = self._data(body, {"text"}).get("text")
        return text if isinstance(text, str) else body.prose or None

    def _is_scene(self, passage: Passage, *, told: bool = True) -> bool:
        if passage.name in {"StoryTitle", "StoryData"} or {_STORY, _INTRO, _DEBRIEF} & set(passage.tags):
            return False
        if passage.name in _SPECIAL or _OTHER & set(passage.tags):
            if told:
                self.notes.warning(
                    passage.line,
                    N_("The passage “%(name)s” belongs to a story format and was not taken."),
                    N_("Nothing of it is part of the scenario."),
                    name=passage.name,
                )
            return False
        return True

    # Scenes

    def _name(self, scenes: list[Passage]) -> None:
        for passage in scenes:
            self._id(passage.name)
        self.known = {passage.name for passage in scenes}

    def _id(self, name: str) -> str:
        """The id of a passage: its name in plain letters, made unique."""
        if name not in self.ids:
            self.ids[name] = _unused(slug(name, 12) or "scene", set(self.ids.values()))
        return self.ids[name]

    def _scene(self, number: int, passage: Passage) -> dict[str, Any]:
        body = twee.body(passage)
        self.lines["scenes", number] = passage.line
        self._left_out(body)
        unknown = [tag for tag in passage.tags if tag not in _OURS]
        if unknown:
            self.notes.warning(
                passage.line,
                N_("Tags were not taken: %(tags)s."),
                N_("Scenarios have no tags."),
                tags=", ".join(unknown),
            )
        scene: dict[str, Any] = {"id": self._id(passage.name)}
        scene |= {"text": body.prose} if body.prose else {}
        scene |= self._data(body, _SCENE_KEYS)
        choices: list[dict[str, Any]] = []
        for link in body.links:
            if link.target not in self.known:
                self._undefined(link)
            self._way(number, link, scene, choices)
        if choices:
            scene["choices"] = choices
        ending = next((tone for tag, tone in _ENDINGS.items() if tag in passage.tags), None)
        if ending is None and not body.links:
            ending = "mixed"
            self.notes.warning(
                passage.line,
                N_("“%(name)s” leads nowhere, so it was taken as an ending that is neither good nor poor."),
                N_("Tag it `ending-good`, `ending-mixed` or `ending-poor`."),
                name=passage.name,
            )
        if ending is not None:
            scene["ending"] = ending
        if "text" not in scene and "routes" not in scene:
            scene["text"] = UNWRITTEN
        return scene

    def _way(self, number: int, link: Link, scene: dict[str, Any], choices: list[dict[str, Any]]) -> None:
        data = self._read(link.data or "", link.data_line, _CHOICE_KEYS | _ROUTE_KEYS | {"otherwise"})
        following = self._id(link.target)
        if data.pop("otherwise", False):
            scene["otherwise"] = following
        elif data.pop("route", False):
            scene.setdefault("routes", []).append({**data, "next": following})
            self.lines["scenes", number, "routes", len(scene["routes"]) - 1] = link.line
        else:
            self.lines["scenes", number, "choices", len(choices)] = link.line
            choices.append(self._choice(link, data, following, {choice["id"] for choice in choices}))

    def _choice(self, link: Link, data: dict[str, Any], following: str, used: set[str]) -> dict[str, Any]:
        lacking = [key for key in ("quality", "consequence", "why") if key not in data]
        if lacking:
            self.notes.warning(
                link.line,
                N_("The choice “%(text)s” does not say: %(keys)s."),
                N_("Write it in the YAML file; until then the checker refuses it."),
                text=link.shown,
                keys=", ".join(lacking),
            )
        return {
            "id": _unused(slug(link.shown) or "choice", used),
            "text": link.shown,
            "quality": "acceptable",
            "consequence": UNWRITTEN,
            "why": UNWRITTEN,
            **data,
            "next": following,
        }

    def _data(self, body: Body, keys: set[str]) -> dict[str, Any]:
        return self._read(body.data or "", body.data_line, keys)

    def _read(self, text: str, line: int, keys: set[str]) -> dict[str, Any]:
        """What a block of ours says: YAML, with the lines of its faults."""
        if not text.strip():
            return {}
        written = read(text, self.notes.file)
        for problem in written.problems:
            self.notes.problems.append(
                Problem(problem.message, problem.remedy, problem.file, line + (problem.line or 1))
            )
        if not isinstance(written.data, dict):
            if not written.problems:
                self.notes.error(line, N_("This block is no list of `key: value`."), N_("See docs/twee.md."))
            return {}
        for key in set(written.data) - keys:
            at = line + written.lines.get((key,), 1)
            self.notes.error(
                at, N_("Unknown key `%(key)s`."), N_("Known are: %(known)s."), key=key, known=", ".join(sorted(keys))
            )
        return {key: value for key, value in written.data.items() if key in keys}

    def _left_out(self, body: Body) -> None:
        for line, mark in body.left_out:
            self.notes.warning(
                line,
                N_("Not taken, a mark of a story format: %(mark)s"),
                N_("Say the same with `when`, `effects` or words, if it matters."),
                mark=mark,
            )

    def _undefined(self, link: Link) -> None:
        self.notes.error(
            link.line,
            N_("The link “%(shown)s” leads to the passage “%(target)s”, which does not exist."),
            N_("Write that passage (`:: %(target)s`), or correct the link."),
            shown=link.shown,
            target=link.target,
        )


def _unused(wanted: str, used: set[str]) -> str:
    return next(name for name in _numbered(wanted) if name not in used)


def _numbered(wanted: str) -> Iterator[str]:
    yield wanted
    number = 2
    while True:
        yield f"{wanted}-{number}"
        number += 1
