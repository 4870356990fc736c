"""Panels that set pass marks: begun, filled in, taken to a second round, adopted; and what is adopted, when a version is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.audit import Actor
from lms.catalogue.angoff import MOST_JUDGES, Cut, Ratings, cut_score, panel_mark, probability
from lms.catalogue.content import CourseContent, digest
from lms.catalogue.items import Item
from lms.catalogue.models import AngoffPanel
from lms.catalogue.steps import ANGOFF, PanelMark
from lms.errors import N_, Conflict, Invalid, NotFound

LONGEST = 100
"""Characters of a panel's title or a judge's label."""


def judged_items(content: CourseContent, step_id: str) -> dict[str, str]:
    """The questions that a panel judges, the scored ones of the bank, with the hash of each as its learners meet it now."""
    return {item.id: _hash(item) for item in content.items(step_id) if item.scored}


def _hash(item: Item) -> str:
    return digest(item.model_dump(mode="json", exclude_defaults=True))


def begin(
    session: Session, content: CourseContent, step_id: str, title: str, judges: Sequence[str], by: Actor
) -> AngoffPanel:
    """A panel for the test of a draft.

    Raises:
        Invalid: no title, no judges, a judge twice, or too many.
    """
    named = [judge.strip() for judge in judges if judge.strip()]
    if not title.strip() or len(title.strip()) > LONGEST:
        raise Invalid(N_("Give the panel a name of at most %(most)s characters."), most=LONGEST)
    _check_judges(named)
    row = AngoffPanel(
        slug=content.slug,
        step_id=step_id,
        title=title.strip(),
        judges=named,
        items=judged_items(content, step_id),
        ratings={"1": {}},
        begun_at=by.now,
        begun_by=by.person_id,
        changed_at=by.now,
    )
    session.add(row)
    session.flush()
    after = {"slug": row.slug, "step": step_id, "title": row.title, "judges": len(named)}
    audit.record(session, by, "panel.begin", "angoff_panel", row.id, after=after)
    return row


def _check_judges(judges: Sequence[str]) -> None:
    if not judges or len(judges) > MOST_JUDGES or any(len(judge) > LONGEST for judge in judges):
        raise Invalid(N_("Name from 1 to %(most)s judges, each in a line."), most=MOST_JUDGES)
    if len(set(judges)) < len(judges):
        raise Invalid(N_("Each judge needs a name of their own."))


def save(
    session: Session, panel: AngoffPanel, ratings: Ratings, by: Actor, judges: Sequence[str] | None = None
) -> None:
    """The judgements of the round that counts, in place of what was there; with ``judges`` (of a sheet), their names, too.

    Raises:
        Conflict: the panel is adopted.
        Invalid: a judgement is no number from 0 to 1, or judges of a second round are not those of the first.
    """
    _open(session, panel)
    if judges is not None and list(judges) != panel.judges:
        _check_judges(judges)
        if panel.round > 1:
            raise Invalid(N_("The judges of the second round must be those of the first, in the same order."))
        panel.judges = list(judges)
    kept: dict[str, dict[str, str]] = {}
    for item, own in ratings.items():
        if item not in panel.items:
            raise Invalid(N_("This panel does not judge the question “%(item)s”."), item=item[:80])
        written = {judge: value.strip() for judge, value in own.items() if value.strip()}
        for judge, value in written.items():
            if judge not in panel.judges:
                raise Invalid(N_("This panel has no judge “%(judge)s”."), judge=judge[:80])
            probability(value)
        kept[item] = written
    panel.ratings = {**panel.ratings, str(panel.round): kept}
    panel.changed_at = by.now
    session.flush()


def second_round(session: Session, panel: AngoffPanel, by: Actor) -> None:
    """After talking, everybody judges once more; it begins with what was said in the first round.

    Raises:
        Conflict: the panel is adopted, has its second round already, or the first is not complete.
    """
    _open(session, panel)
    if panel.round > 1:
        raise Conflict(N_("This panel has its second round already."))
    if result(panel) is None:
        raise Conflict(N_("Enter every judgement of the first round before the second begins."))
    panel.ratings = {**panel.ratings, "2": panel.ratings["1"]}
    panel.changed_at = by.now
    session.flush()


def adopt(session: Session, panel: AngoffPanel, content: CourseContent, by: Actor) -> PanelMark:
    """The panel's result becomes the pass mark of the next version that says ``pass_mark: angoff``.

    Raises:
        Conflict: it is adopted already, judgements are missing, or the test has other questions now.
    """
    _open(session, panel)
    cut = result(panel)
    if cut is None:
        raise Conflict(N_("Judgements are missing, so there is no result yet."))
    _fits(panel, content)
    mark = panel_mark(panel.title, panel.round, cut)
    panel.result, panel.adopted_at, panel.adopted_by = mark.model_dump(mode="json"), by.now, by.person_id
    session.flush()
    after = {"slug": panel.slug, "step": panel.step_id, "mark": mark.mark, "judges": mark.judges}
    audit.record(session, by, "panel.adopt", "angoff_panel", panel.id, after=after)
    return mark


def _open(session: Session, panel: AngoffPanel) -> None:
    session.refresh(panel, with_for_update=True)
    if panel.adopted_at is not None:
        raise Conflict(N_("This panel is adopted, so nothing was changed. Begin a new one."))


def _fits(panel: AngoffPanel, content: CourseContent) -> None:
    now = set(judged_items(content, panel.step_id))
    if now != set(panel.items):
        raise Conflict(
            N_("The test has other questions than the panel judged: %(items)s. Let a panel judge the test as it is."),
            items=", ".join(sorted(now ^ set(panel.items))),
        )


def result(panel: AngoffPanel, round: int | None = None) -> Cut | None:
    """What the panel says in a round (None: the one that counts); None while a judgement is missing."""
    return cut_score(list(panel.items), panel.judges, panel.ratings[str(round or panel.round)])


def panel_of(session: Session, slug: str, panel_id: int) -> AngoffPanel:
    """A panel of a course.

    Raises:
        NotFound: there is none.
    """
    row = session.get(AngoffPanel, panel_id)
    if row is None or row.slug != slug:
        raise NotFound(N_("This course has no such panel."))
    return row


def panels(session: Session, slug: str) -> Sequence[AngoffPanel]:
    """The panels of a course, newest first."""
    return session.scalars(select(AngoffPanel).where(AngoffPanel.slug == slug).order_by(AngoffPanel.id.desc())).all()


def adopted(session: Session) -> dict[str, dict[str, AngoffPanel]]:
    """The panel that was adopted last, by course and test."""
    found: dict[str, dict[str, AngoffPanel]] = {}
    rows = (
        select(AngoffPanel).where(AngoffPanel.adopted_at.is_not(None)).order_by(AngoffPanel.adopted_at, AngoffPanel.id)
    )
    for row in session.scalars(rows):
        found.setdefault(row.slug, {})[row.step_id] = row
    return found


def with_marks(content: CourseContent, known: Mapping[str, AngoffPanel]) -> CourseContent:
    """The content as it would be frozen: with the results of its panels, where it asks for them and there are some."""
    test = content.test
    if test is None or test.pass_mark != ANGOFF or test.id not in known:
        return content
    return content.model_copy(update={"panels": {test.id: PanelMark.model_validate(known[test.id].result)}})


def frozen_marks(session: Session, content: CourseContent) -> CourseContent:
    """The content to be frozen.

    Raises:
        Invalid: the pass mark is to come from a panel, and none is adopted.
        Conflict: the test has other questions than the panel judged.
    """
    test = content.test
    if test is None or test.pass_mark != ANGOFF:
        return content
    known = adopted(session).get(content.slug, {})
    if test.id not in known:
        raise Invalid(
            N_("%(code)s takes its pass mark from a panel, and none is adopted. Adopt one, or write the mark by hand."),
            code=content.code,
        )
    _fits(known[test.id], content)
    return with_marks(content, known)
