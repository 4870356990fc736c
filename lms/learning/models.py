"""Tables of learning: enrolments, what was seen, attempts, and every answer as it was given."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Dated


class AttemptKind(StrEnum):
    """What is attempted: a knowledge check, a scenario, the test that completes the course, or the pre-test before it."""

    CHECK = "check"
    SCENARIO = "scenario"
    TEST = "test"
    PRE_TEST = "pre_test"


class Enrolment(Base):
    """One turn of one person through one version of a course. Closed by passing (``completed_at``) or by leaving it.

    ``last_step`` and ``last_block`` (the id of a block of its text, such as ``block-7``) are where the learner was, for going on
    elsewhere. A person has at most one open enrolment in a course.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_open",
            "person_id",
            "course_id",
            unique=True,
            sqlite_where=text("closed_at is null"),
            postgresql_where=text("closed_at is null"),
        ),
        Index("ix_enrolment_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    last_step: Mapped[str | None]
    last_block: Mapped[str | None]
    completed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class StepDone(Base):
    """A step of the outline that the learner has finished (a lesson seen to its end, a check answered, a scenario ended)."""

    __tablename__ = "step_done"
    __table_args__ = (UniqueConstraint("enrolment_id", "step_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    step_id: Mapped[str]
    done_at: Mapped[datetime]


class Attempt(Base):
    """One go at a check, scenario or test. ``seed`` decides what is drawn and in which order, so it can be shown again exactly.

    ``drawn`` is ``[{"item": id, "options": [ids in the order shown]}]`` for items and ``[]`` for scenarios. Score and pass mark
    are in per cent, written when it is finished and never changed. The database allows one open attempt for an enrolment's
    step, and each number once: two tabs or a double click cannot start two.

    Of a test, ``policy`` is what was in force when it began, and how it was lengthened since (``lms.learning.policy``); ``deadline`` is
    when its time is over, None where there is no limit; ``timed_out`` says that the server ended it, a grace after that.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "step_id", "number"),
        Index(
            "uq_attempt_open",
            "enrolment_id",
            "step_id",
            unique=True,
            sqlite_where=text("finished_at is null"),
            postgresql_where=text("finished_at is null"),
        ),
        CheckConstraint("score is null or (score >= 0 and score <= 100)", "score"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    step_id: Mapped[str]
    kind: Mapped[str]
    number: Mapped[int]
    seed: Mapped[str]
    drawn: Mapped[list[Any]]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    language: Mapped[str]
    score: Mapped[float | None]
    pass_mark: Mapped[float | None]
    passed: Mapped[bool | None]
    policy: Mapped[dict[str, Any] | None]
    deadline: Mapped[datetime | None]
    timed_out: Mapped[bool] = mapped_column(default=False, server_default=false())


class Answer(Base):
    """An answer as it was given: append-only; the one given last counts. In a scenario, ``item_id`` is the scene.

    ``saved_at`` is when it arrived, ``given_at`` when it was given: earlier for one that waited in a browser without a connection,
    so that it does not take the place of a newer one that arrived before it. Both are the server's time. ``language`` is the
    one in which the question was shown.

    ``response`` is what the item's type says (``{"options": [ids]}``, ``{"pairs": {row: option}}``, ...: ``lms.catalogue.items``),
    or ``{"choice": id}``. ``key`` comes from the browser and makes sending again harmless. ``late`` says that it arrived after
    its attempt had closed: it is kept, and never scored.
    """

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("attempt_id", "sequence"), UniqueConstraint("attempt_id", "key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    sequence: Mapped[int]
    item_id: Mapped[str]
    response: Mapped[dict[str, Any]]
    language: Mapped[str]
    key: Mapped[str]
    saved_at: Mapped[datetime]
    given_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False, server_default=false())


class Accommodation(Dated, Base):
    """More time or more attempts at tests than the courses allow, for one person on these days, decided by a manager or HR.

    With ``enrolment_id`` it is for that turn through a course only (another attempt), else for every test. Time is one of
    ``time_percent`` of the limit, ``extra_minutes`` and ``unlimited``, or none of them. The reason is for those who decide and for
    auditors; it is in no mail and on no page of the learner's.
    """

    __tablename__ = "accommodation"
    __table_args__ = (
        CheckConstraint("from_day < to_day", "days"),
        CheckConstraint("time_percent is null or (time_percent > 100 and time_percent <= 300)", "percent"),
        CheckConstraint("extra_minutes is null or (extra_minutes > 0 and extra_minutes <= 480)", "minutes"),
        CheckConstraint("extra_attempts >= 0 and extra_attempts <= 5", "attempts"),
        CheckConstraint(
            "extra_attempts > 0 or unlimited or time_percent is not null or extra_minutes is not null", "gives"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    time_percent: Mapped[int | None]
    extra_minutes: Mapped[int | None]
    unlimited: Mapped[bool]
    extra_attempts: Mapped[int]
    reason: Mapped[str]


class StudyTime(Base):
    """Active seconds that a learner spent on a step: the page in view and something done within the last minute.

    ``last_beat_at`` is when the browser last reported; no report can add more than the time that has passed since.
    """

    __tablename__ = "study_time"
    __table_args__ = (UniqueConstraint("enrolment_id", "step_id"), CheckConstraint("seconds >= 0", "seconds"))

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    step_id: Mapped[str]
    seconds: Mapped[int]
    last_beat_at: Mapped[datetime]


class Remark(Base):
    """What a learner says is wrong with a step or an item of a version, and the author's reply once there is one."""

    __tablename__ = "remark"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        CheckConstraint("(reply is null) = (replied_at is null)", "reply"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"), index=True)
    step_id: Mapped[str]
    item_id: Mapped[str | None]
    language: Mapped[str]
    text: Mapped[str]
    key: Mapped[str]
    made_at: Mapped[datetime]
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None]
    replied_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class ScenePress(Base):
    """A button of a timed scene's clock that was pressed: ``start``, ``extend`` or ``off``. ``turn`` is the number of choices
    made before. What the clock shows follows from these (``lms.learning.scene_clock``)."""

    __tablename__ = "scene_press"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    turn: Mapped[int]
    press: Mapped[str]
    pressed_at: Mapped[datetime]


class SurveyAnswer(Base):
    """What was said in a survey so far, whole, as it was given: append-only; the one given last counts.

    ``survey`` is the id of the evaluation's step, or ``follow-up``; ``response`` is as in ``lms.catalogue.surveys``. It hangs off the
    enrolment so that one can go on later and be asked what became of one's intentions; nobody is shown it with a name.
    """

    __tablename__ = "survey_answer"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "survey", "sequence"),
        UniqueConstraint("enrolment_id", "survey", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    survey: Mapped[str]
    sequence: Mapped[int]
    response: Mapped[dict[str, Any]]
    language: Mapped[str]
    key: Mapped[str]
    saved_at: Mapped[datetime]
    given_at: Mapped[datetime]


class FollowUp(Base):
    """The follow-up of a completed enrolment: when it was asked for by mail, reminded of once, and sent in. Days are the
    organisation's; ``closes_on`` is the last day on which it can be answered."""

    __tablename__ = "follow_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    closes_on: Mapped[date] = mapped_column(index=True)
    invited_on: Mapped[date | None]
    reminded_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]


class FollowUpChoice(Base):
    """Somebody who does not want to be asked some weeks after a course."""

    __tablename__ = "follow_up_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    declined_at: Mapped[datetime]


class Attestation(Base):
    """A statement that somebody made in a course: never changed. ``statement`` is the Markdown as it was shown, in ``language``;
    ``signed_as`` the name that was typed, empty where a box was ticked. ``name`` is what requirements call it."""

    __tablename__ = "attestation"
    __table_args__ = (UniqueConstraint("enrolment_id", "step_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    step_id: Mapped[str]
    name: Mapped[str]
    statement: Mapped[str]
    language: Mapped[str]
    signed_as: Mapped[str]
    made_on: Mapped[date]
    made_at: Mapped[datetime]
