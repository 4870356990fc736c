"""Who may do what: permissions as data, decided by pure functions. Which *rows* follow from a grant's department is decided
in :func:`lms.people.queries.visible_to`; which *actions* a role allows is decided here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lms.errors import N_, Denied


class Role(StrEnum):
    """What a person is trusted with. Everybody who can sign in is a learner."""

    LEARNER = "learner"
    MANAGER = "manager"
    HR = "hr"
    EXECUTIVE = "executive"
    AUTHOR = "author"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing that can be allowed. A page or action names exactly one."""

    LEARN = "learn"  # own courses, attempts, transcript, certificates, account
    TEAM_VIEW = "team.view"  # completion of the people in scope, as a manager sees it
    ATTEMPT_GRANT = "attempt.grant"  # another attempt, or more time, with a reason
    ACCOMMODATION_VIEW = "accommodation.view"  # who was given more, and why
    PEOPLE_VIEW = "people.view"
    PEOPLE_EDIT = "people.edit"  # add, move, end, correct, leave
    PEOPLE_IMPORT = "people.import"
    IMPORT_VIEW = "import.view"  # files taken in, what they would do and did, the work list of their problems
    COMPLETION_VIEW = "completion.view"
    REQUIREMENT_VIEW = "requirement.view"
    REQUIREMENT_EDIT = "requirement.edit"
    DRAFT_VIEW = "draft.view"  # requirements being built, with their rehearsals
    EXEMPTION_EDIT = "exemption.edit"
    ASSIGNMENT_EDIT = "assignment.edit"  # a course for people by name, with a due day and a reason
    REMINDER_SEND = "reminder.send"  # one mail now to somebody with something to do
    EXTENSION_DECIDE = "extension.decide"  # what a learner asks for: more time for a duty
    RECORD_ADD = "record.add"  # live sessions: who was there; completions that HR vouches for
    RECORD_REVOKE = "record.revoke"
    OUTSIDE_DECIDE = "outside.decide"  # training done elsewhere: whether it counts, and as what
    LEADERSHIP_VIEW = "leadership.view"
    COURSE_PREVIEW = "course.preview"
    REMARK_VIEW = "remark.view"  # what learners say of a course
    REMARK_ANSWER = "remark.answer"  # what learners say is wrong with a course
    COURSE_PUBLISH = "course.publish"
    ACCOUNT_INVITE = "account.invite"
    ACCOUNT_ADMIN = "account.admin"  # roles, unlock, close
    SETTINGS_EDIT = "settings.edit"  # organisation, mail, jobs
    ADMINISTRATION_VIEW = (
        "administration.view"  # settings, accounts and roles, mail queue, jobs; never a password or a code
    )
    AUDIT_VIEW = "audit.view"
    EVIDENCE_BUILD = "evidence.build"  # packs for surveyors, about the people in scope


P = Permission

ALLOWS: dict[Role, frozenset[Permission]] = {
    Role.LEARNER: frozenset({P.LEARN}),
    Role.MANAGER: frozenset({P.TEAM_VIEW, P.ATTEMPT_GRANT, P.EXTENSION_DECIDE, P.ACCOMMODATION_VIEW, P.REMINDER_SEND}),
    Role.HR: frozenset(
        {
            P.PEOPLE_VIEW, P.PEOPLE_EDIT, P.PEOPLE_IMPORT, P.IMPORT_VIEW, P.COMPLETION_VIEW, P.REQUIREMENT_VIEW, P.REQUIREMENT_EDIT,
            P.DRAFT_VIEW,
            P.EXEMPTION_EDIT, P.ASSIGNMENT_EDIT, P.EXTENSION_DECIDE, P.RECORD_ADD, P.RECORD_REVOKE, P.ATTEMPT_GRANT,
            P.ACCOMMODATION_VIEW, P.ACCOUNT_INVITE,
            P.EVIDENCE_BUILD, P.OUTSIDE_DECIDE, P.REMINDER_SEND,
        }
    ),
    Role.EXECUTIVE: frozenset({P.LEADERSHIP_VIEW}),
    Role.AUTHOR: frozenset({P.COURSE_PREVIEW, P.REMARK_VIEW, P.REMARK_ANSWER, P.COURSE_PUBLISH}),
    Role.AUDITOR: frozenset(
        {
            P.PEOPLE_VIEW, P.COMPLETION_VIEW, P.REQUIREMENT_VIEW, P.LEADERSHIP_VIEW, P.COURSE_PREVIEW, P.AUDIT_VIEW, P.EVIDENCE_BUILD,
            P.ACCOMMODATION_VIEW, P.IMPORT_VIEW, P.DRAFT_VIEW, P.REMARK_VIEW, P.ADMINISTRATION_VIEW,
        }
    ),
    Role.ADMINISTRATOR: frozenset({P.SETTINGS_EDIT, P.ACCOUNT_ADMIN, P.ACCOUNT_INVITE, P.ADMINISTRATION_VIEW, P.AUDIT_VIEW}),
}  # fmt: skip

ORGANISATION_WIDE = frozenset(
    {
        P.LEARN, P.PEOPLE_IMPORT, P.IMPORT_VIEW, P.REQUIREMENT_EDIT, P.DRAFT_VIEW, P.COURSE_PREVIEW, P.REMARK_VIEW, P.REMARK_ANSWER,
        P.COURSE_PUBLISH, P.ACCOUNT_ADMIN, P.SETTINGS_EDIT, P.ADMINISTRATION_VIEW,
    }
)  # fmt: skip
"""Permissions that concern everybody at once: a grant for one department does not carry them (``LEARN`` needs no scope)."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held for one department and everything below it, or (``department_id`` None) for the organisation."""

    role: Role
    department_id: int | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. ``grants`` always holds the learner's."""

    person_id: int
    account_id: int
    display_name: str
    grants: frozenset[Grant] = frozenset({Grant(Role.LEARNER)})
    language: str | None = None
    zone: str | None = None  # IANA; None: the organisation's


def may(viewer: Viewer | None, permission: Permission) -> bool:
    """Whether the viewer may do this for anybody at all. Nobody who is not signed in may do anything."""
    return viewer is not None and any(_carries(grant, permission) for grant in viewer.grants)


def scope(viewer: Viewer, permission: Permission) -> frozenset[int] | None:
    """The roots of the department subtrees for which the viewer holds the permission; None means the whole organisation.

    An empty set means nowhere.
    """
    held = [grant for grant in viewer.grants if _carries(grant, permission)]
    if any(grant.department_id is None for grant in held):
        return None
    return frozenset(grant.department_id for grant in held if grant.department_id is not None)


def refuse_own(decider: int | None, person_id: int | None) -> None:
    """Nobody decides about themselves: what is asked of them, by when, and whether they have done it, is for somebody else to say.

    Every verb that decides about a person asks this first, whatever roles its ``decider`` holds (None: the system).

    Raises:
        Denied: the person is the one who decides.
    """
    if decider is not None and decider == person_id:
        raise Denied(N_("Nobody decides this for themselves. Ask your manager or HR."))


def _carries(grant: Grant, permission: Permission) -> bool:
    if grant.department_id is not None and permission in ORGANISATION_WIDE and permission is not P.LEARN:
        return False
    return permission in ALLOWS[grant.role]
