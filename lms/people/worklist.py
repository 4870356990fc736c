"""What could not be taken in waits here: opened by a file, solved by a later one that is right, or by HR."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from lms.audit import Actor, record
from lms.errors import N_, Conflict, Invalid, NotFound, Problem
from lms.people.models import FeedProblem, ImportRun, Person

OPEN, SOLVED = "open", "solved"
CHUNK = 500
FORGOTTEN = "–"
"""What stands for numbers and values of somebody who is pseudonymised."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for: ``state`` open or solved, a source, a kind of file, a column, mine only, words of value or number."""

    state: str = OPEN
    source: str = ""
    what: str = ""
    column: str = ""
    mine: int | None = None
    term: str = ""


def note(
    session: Session,
    source: str,
    what: str,
    problems: Sequence[Problem],
    who: Mapping[int, str],
    file_name: str,
    by: Actor,
    *,
    solved_for: Collection[str] | None = (),
) -> tuple[int, int]:
    """What a file shows: problems that are new are opened, known ones seen again, and those it no longer has are solved.

    ``who`` gives employee numbers by line. ``solved_for``: whose problems the file can solve; nobody's when it was not taken in,
    None (everybody's) when it lists everybody. Gives (opened, solved).
    """
    known = {
        row.mark: row
        for row in session.scalars(
            select(FeedProblem).where(
                FeedProblem.source == source, FeedProblem.what == what, FeedProblem.solved_at.is_(None)
            )
        )
    }
    opened, seen = 0, set()
    for problem in problems:
        number = who.get(problem.line or 0, "")
        mark = _mark(what, problem, number)
        if mark in seen:
            continue
        seen.add(mark)
        row = known.get(mark)
        if row is None:
            session.add(_row(source, what, mark, problem, number, file_name, by))
            opened += 1
        else:
            row.seen, row.last_seen_at, row.line, row.file_name = row.seen + 1, by.now, problem.line, file_name
    solved = 0
    for mark, row in known.items():
        if mark not in seen and (solved_for is None or row.number in solved_for):
            row.solved_at, row.solved_how, row.solved_by = by.now, "file", by.person_id
            solved += 1
    session.flush()
    if opened or solved:
        after = {"source": source, "what": what, "opened": opened, "solved": solved}
        record(session, by, "feed.problems", "feed", None, after=after)
    return opened, solved


def open_again(session: Session, run: ImportRun, by: Actor) -> int:
    """What an import solved that is taken back waits again, with whoever had taken it on; what is open anew by now stays as it is. What
    the import set aside waits on: the file says it still. Gives how many were opened.

    An import and what it solved have the same moment.
    """
    what, anew = run.options.get("what", "staff"), aliased(FeedProblem)
    solved = (
        FeedProblem.source == run.source,
        FeedProblem.what == what,
        FeedProblem.solved_how == "file",
        FeedProblem.solved_at == run.imported_at,
        FeedProblem.number != FORGOTTEN,
        ~exists().where(anew.source == FeedProblem.source, anew.mark == FeedProblem.mark, anew.solved_at.is_(None)),
    )
    opening = update(FeedProblem).where(*solved).values(solved_at=None, solved_by=None, solved_how=None)
    opened = len(
        session.execute(opening.returning(FeedProblem.id), execution_options={"synchronize_session": False}).all()
    )
    session.expire_all()
    if opened:
        record(
            session,
            by,
            "feed.problems",
            "feed",
            None,
            after={"source": run.source, "what": what, "opened": opened, "solved": 0},
        )
    return opened


def open_numbers(session: Session, source: str, what: str) -> set[str]:
    """The employee numbers that open problems of a source's files are about."""
    query = select(FeedProblem.number).where(
        FeedProblem.source == source,
        FeedProblem.what == what,
        FeedProblem.solved_at.is_(None),
        FeedProblem.number != "",
    )
    return set(session.scalars(query.distinct()))


def assign(session: Session, ident: int, person_id: int | None, by: Actor) -> None:
    """Somebody takes a problem on (None: nobody has it any more).

    Raises:
        NotFound: there is none.
        Conflict: it is solved.
    """
    row = _open(session, ident)
    before, row.assigned_to = row.assigned_to, person_id
    session.flush()
    record(session, by, "feed.assign", "feed_problem", ident, before={"to": before}, after={"to": person_id})


def solve(session: Session, ident: int, remark: str, by: Actor) -> None:
    """HR has solved it, or it need not be solved; a file that shows it again opens it anew.

    Raises:
        Invalid: not said how.
        NotFound, Conflict: there is none, or it is solved.
    """
    if not remark.strip():
        raise Invalid(N_("Say how it was solved."))
    row = _open(session, ident)
    row.solved_at, row.solved_by, row.solved_how, row.remark = by.now, by.person_id, "hand", remark.strip()[:500]
    session.flush()
    record(session, by, "feed.solve", "feed_problem", ident, after={"source": row.source}, reason=row.remark)


def problems(
    session: Session, wish: Wish, page: int, size: int
) -> tuple[Sequence[Row[FeedProblem, Person | None]], int]:
    """One page of problems with whoever has taken them on, the newest first; and how many there are."""
    where = _where(wish)
    taker = aliased(Person)
    rows = session.execute(
        select(FeedProblem, taker)
        .outerjoin(taker, taker.id == FeedProblem.assigned_to)
        .where(*where)
        .order_by(FeedProblem.last_seen_at.desc(), FeedProblem.line, FeedProblem.id)
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return rows, session.scalar(select(func.count()).select_from(FeedProblem).where(*where)) or 0


def counts(session: Session) -> list[tuple[str, str, str, int]]:
    """(source, kind of file, column, how many) of what is open."""
    columns = (FeedProblem.source, FeedProblem.what, FeedProblem.column)
    rows = session.execute(
        select(*columns, func.count()).where(FeedProblem.solved_at.is_(None)).group_by(*columns).order_by(*columns)
    )
    return [(source, what, column, count) for source, what, column, count in rows]


def still_open(session: Session) -> int:
    """How many problems are open."""
    return session.scalar(select(func.count()).select_from(FeedProblem).where(FeedProblem.solved_at.is_(None))) or 0


def forget_people(session: Session, numbers: Iterable[str]) -> None:
    """Take numbers and values out of problems about people who are pseudonymised."""
    gone = sorted(set(numbers))
    for start in range(0, len(gone), CHUNK):
        session.execute(
            update(FeedProblem)
            .where(or_(FeedProblem.number.in_(gone[start : start + CHUNK]), FeedProblem.value.in_(gone[start : start + CHUNK])))
            .values(number=FORGOTTEN, value=FORGOTTEN, message={"text": FORGOTTEN, "params": {}}, remark=None),
            execution_options={"synchronize_session": False},
        )  # fmt: skip


def _where(wish: Wish) -> list[ColumnElement[bool]]:
    row = FeedProblem
    where: list[Any] = [row.solved_at.is_(None) if wish.state == OPEN else row.solved_at.is_not(None)]
    for column, value in ((row.source, wish.source), (row.what, wish.what), (row.column, wish.column)):
        if value:
            where.append(column == value)
    if wish.mine is not None:
        where.append(row.assigned_to == wish.mine)
    for word in wish.term.split():
        where.append(or_(row.value.icontains(word, autoescape=True), row.number.icontains(word, autoescape=True)))
    return where


def _open(session: Session, ident: int) -> FeedProblem:
    row = session.get(FeedProblem, ident, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(N_("There is no such problem."))
    if row.solved_at is not None:
        raise Conflict(N_("This problem is solved already."))
    return row


def _mark(what: str, problem: Problem, number: str) -> str:
    where = number or f"line {problem.line}"
    text = "\x1f".join(
        (what, problem.file or "", problem.where or "", where, problem.value or "", problem.message.msgid)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _row(source: str, what: str, mark: str, problem: Problem, number: str, file_name: str, by: Actor) -> FeedProblem:
    return FeedProblem(
        source=source, what=what, mark=mark, file_name=file_name[:200], line=problem.line, column=problem.where or "",
        value=problem.value or "", number=number, message=problem.message.plain(),
        remedy=problem.remedy.plain() if problem.remedy else None, seen=1, opened_at=by.now, last_seen_at=by.now,
    )  # fmt: skip
