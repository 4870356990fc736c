"""Authoring: what each course is, what its files say, a preview as a learner would see it, publishing and withdrawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms.access import Permission
from lms.catalogue import actions, panels, queries
from lms.catalogue.assembly import Loaded
from lms.catalogue.content import CourseContent, content_hash
from lms.catalogue.disk import load_course
from lms.catalogue.localised import localised, missing, stale
from lms.catalogue.models import AngoffPanel, Change
from lms.catalogue.queries import Offered
from lms.catalogue.steps import ANGOFF, AttestationStep, EvaluationStep, LessonStep
from lms.compliance import queries as compliance
from lms.compliance.rules import Rule
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.learning import remarks
from lms.reports import voices as reports
from lms.reports.suppression import LIMIT
from lms.web.authoring.preview import Preview
from lms.web.authoring.story_page import story_page
from lms.web.learning.surveys import HOW
from lms.web.page import actor, commit, house, locale, needs, now, roll_back, say, session, today, viewer

blueprint = Blueprint("authoring", __name__, url_prefix="/authoring")


@dataclass(frozen=True, slots=True)
class Draft:
    """A course folder beside what is published of it."""

    slug: str
    loaded: Loaded
    offered: Offered | None
    panels: Mapping[str, AngoffPanel]
    """By the id of the test: the panel that is adopted for its pass mark."""

    @property
    def changed(self) -> bool:
        """Whether the files say something else than the published version."""
        content = self.loaded.content
        if content is None or self.offered is None:
            return content is not None
        return content_hash(panels.with_marks(content, self.panels)) != self.offered.content_hash

    @property
    def lacks_panel(self) -> bool:
        """Whether the pass mark is to come from a panel and none is adopted."""
        test = self.loaded.content.test if self.loaded.content else None
        return test is not None and test.pass_mark == ANGOFF and test.id not in self.panels


def _folder(slug: str) -> Path:
    found = next(
        (path.parent for path in house().config.courses_dir.glob("*/course.yaml") if path.parent.name == slug), None
    )
    if found is None:
        raise NotFound(N_("There is no course folder “%(slug)s”."), slug=slug)
    return found


def _draft(slug: str) -> Draft:
    offered = {course.slug: course for course in queries.offered(session())}
    return Draft(
        slug, load_course(_folder(slug), today=today()), offered.get(slug), panels.adopted(session()).get(slug, {})
    )


@blueprint.get("/courses")
@needs(Permission.COURSE_PREVIEW)
def courses() -> ResponseReturnValue:
    """Every course folder: version, problems, whether there is something to publish."""
    offered = {course.slug: course for course in queries.offered(session())}
    folders = sorted(path.parent for path in house().config.courses_dir.glob("*/course.yaml"))
    marks = panels.adopted(session())
    drafts = [
        Draft(each.name, load_course(each, today=today()), offered.get(each.name), marks.get(each.name, {}))
        for each in folders
    ]
    return render_template("authoring/courses.html", drafts=drafts, waiting=remarks.count_open(session()))


@blueprint.get("/remarks")
@needs(Permission.REMARK_VIEW)
def remarks_list() -> ResponseReturnValue:
    """What learners say is wrong: open ones first in line, answered ones on the other tab."""
    return _remarks_page()


def _remarks_page(draft: tuple[int, str] | None = None) -> str:
    answered = request.args.get("show") == "answered"
    rows = remarks.listed(session(), answered=answered)
    waiting = remarks.count_open(session()) if answered else len(rows)
    return render_template(
        "authoring/remarks.html", rows=rows, answered=answered, waiting=waiting, draft=draft, longest=remarks.LONGEST
    )


@blueprint.post("/remarks/<int:remark_id>/reply")
@needs(Permission.REMARK_ANSWER)
def reply(remark_id: int) -> ResponseReturnValue:
    """Reply to a remark; the learner reads it where they wrote, and it leaves the work list."""
    text = request.form.get("reply", "")
    try:
        remarks.answer_remark(session(), remark_id, text, now=now(), by=viewer().person_id)
    except Invalid as refused:
        roll_back()
        say(refused.message, "error")
        return _remarks_page((remark_id, text)), 422
    commit()
    say(gettext("Your reply is recorded. The person who wrote sees it in the course."))
    return redirect(url_for("authoring.remarks_list"), 303)


@blueprint.get("/courses/<slug>")
@needs(Permission.COURSE_PREVIEW)
def course(slug: str) -> ResponseReturnValue:
    """One course: problems by file and line, languages, outline, versions, and publishing."""
    return _course_page(slug)


def _course_page(slug: str) -> str:
    draft = _draft(slug)
    content = draft.loaded.content
    languages = (
        [(tag, len(missing(content, tag)), stale(content, tag)) for tag in content.languages[1:]] if content else []
    )
    late = [source for source in content.sources if source.review_by and source.review_by < today()] if content else []
    asking = _asking(queries.content(session(), draft.offered.version_id)) if draft.offered else frozenset()
    return render_template(
        "authoring/course.html",
        draft=draft,
        content=content,
        languages=languages,
        late=late,
        versions=queries.versions(session(), slug),
        asking=asking,
        required_by=_required_by(slug) if draft.offered else [],
    )


def _required_by(slug: str) -> list[str]:
    """The titles of the requirements in force that the course can meet: people could no longer begin it for them."""
    return sorted(
        version.title
        for version, _ in compliance.requirements(session(), today())
        if slug in Rule.parse(version.rule).courses
    )


def _asking(published: CourseContent) -> frozenset[str]:
    """The steps of a published version to which learners give answers that are counted on a page of their own."""
    elsewhere = (LessonStep, EvaluationStep, AttestationStep)
    return frozenset(step.id for step in published.steps if not isinstance(step, elsewhere))


@blueprint.post("/courses/<slug>/publish")
@needs(Permission.COURSE_PUBLISH)
def publish(slug: str) -> ResponseReturnValue:
    """Freeze what the files say as the next version."""
    mark = request.form.get("change", "")
    change = Change(mark) if mark in set(Change) else None
    draft = _draft(slug)
    before = draft.offered
    try:
        done = actions.publish(session(), draft.loaded, house().files, by=actor(), change=change)
    except (Invalid, Conflict) as refused:
        roll_back()
        say(refused.message, "error")
        return _course_page(slug), refused.status
    commit()
    number = done.version.number
    if done.is_new:
        say(gettext("Version %(number)s is published.", number=number), "done")
    elif before is None or before.version_id != done.version.id:
        say(gettext("Version %(number)s is offered again.", number=number), "done")
    else:
        say(gettext("Nothing has changed since version %(number)s, so no new one was made.", number=number), "note")
    return redirect(url_for("authoring.course", slug=slug), 303)


WHOLE = "course"
"""What is withdrawn, where it is not a version by its number."""


@blueprint.post("/courses/<slug>/withdraw")
@needs(Permission.COURSE_PUBLISH)
def withdraw(slug: str) -> ResponseReturnValue:
    """Offer the version before the newest one again, or the course no more. Who has begun goes on."""
    what, reason = request.form.get("what", ""), request.form.get("reason", "")
    version = next((each for each in queries.versions(session(), slug) if str(each.number) == what), None)
    try:
        if what == WHOLE:
            actions.unpublish(session(), slug, reason=reason, by=actor())
        elif version is None:
            raise Invalid(N_("Choose what to withdraw."))
        else:
            actions.withdraw(session(), version.id, reason=reason, by=actor())
    except (Invalid, Conflict) as refused:
        roll_back()
        say(refused.message, "error")
        return _course_page(slug), refused.status
    commit()
    say(
        gettext("The course is withdrawn. Nobody can begin it now.")
        if version is None
        else gettext("Version %(number)s is withdrawn.", number=version.number),
        "done",
    )
    return redirect(url_for("authoring.course", slug=slug), 303)


def draft_content(slug: str) -> CourseContent:
    """The files of a course as they are now.

    Raises:
        Invalid: they cannot be read.
        NotFound: there is no such folder.
    """
    content = _draft(slug).loaded.content
    if content is None:
        raise Invalid(N_("The files of this course cannot be read yet; the list of problems says why."))
    return content


@blueprint.get("/courses/<slug>/preview/<step_id>")
@needs(Permission.COURSE_PREVIEW)
def preview(slug: str, step_id: str) -> ResponseReturnValue:
    """A part as a learner would see it, from the files as they are now. Nothing is recorded."""
    shown = Preview(draft_content(slug), slug, _draft(slug).loaded.media)
    step = shown.content.step(step_id)
    if isinstance(step, EvaluationStep):
        return shown.page("authoring/survey.html", step_id, **shown.survey(step_id))
    if isinstance(step, LessonStep | AttestationStep):
        return shown.page("authoring/lesson.html", step_id, html=shown.text(shown.course.lesson(step_id)))
    if step.kind == "scenario":
        return shown.page(
            "authoring/scenario.html",
            step_id,
            story=shown.course.scenario(step_id),
            **shown.play(step_id, request.args),
        )
    return shown.page("authoring/items.html", step_id, items=shown.judged_items(step_id))


@blueprint.get("/courses/<slug>/voices")
@needs(Permission.REMARK_VIEW)
def voices(slug: str) -> ResponseReturnValue:
    """What learners say of a course, and what became of their intentions: counts without names."""
    offered = _draft(slug).offered
    if offered is None:
        raise NotFound(N_("This course is not published, so nobody has said anything yet."))
    content = queries.content(session(), offered.version_id)
    read = localised(content, locale())
    surveys = {name: read.survey(name) for name in content.surveys}
    return render_template(
        "authoring/voices.html", offered=offered, content=content, course=read, limit=LIMIT, how=HOW,
        told=reports.voices(session(), slug, content),
        texts={question.id: question for survey in surveys.values() for question in survey.questions.values()},
    )  # fmt: skip


@blueprint.get("/courses/<slug>/map/<step_id>")
@needs(Permission.COURSE_PREVIEW)
def story_map(slug: str, step_id: str) -> ResponseReturnValue:
    """A scenario as a picture and as a list, with what is proved of it."""
    draft = _draft(slug)
    return story_page(slug, step_id, draft_content(slug), draft.loaded.proofs)


@blueprint.get("/courses/<slug>/media/<path:name>")
@needs(Permission.COURSE_PREVIEW)
def media(slug: str, name: str) -> ResponseReturnValue:
    """A picture of a draft."""
    loaded = _draft(slug).loaded
    if loaded.content is None or name not in loaded.media:
        raise NotFound(N_("This course has no picture “%(path)s”."), path=name)
    answer = Response(loaded.media[name], mimetype=loaded.content.media[name].type)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer
