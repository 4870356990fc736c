"""The people of the demo who have a sign-in, one for each role. They are invented like everybody else there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lms.access import Role
from lms.clock import FOR_EVER
from lms.compliance.calendar import add_months
from lms.demo.lives import Done, Life, Post
from lms.demo.shifts import LONG_DAY, LONG_NIGHT, OFFICE
from lms.errors import N_

PASSWORD = "riverbend demo 2026"
"""The password of the role sign-ins. They work only in a database that ``lms demo`` made, served by ``lms demo``."""


@dataclass(frozen=True, slots=True)
class RolePlayer:
    """A sign-in: name, number, where and as what they work, and the role they hold for which department (None: everywhere)."""

    label: str
    given: str
    family: str
    place: str
    job: str
    profession: str
    contact: bool
    role: Role | None
    scope: str | None = None

    @property
    def number(self) -> str:
        """The employee number, which is also the sign-in name."""
        return self.label.lower()


ROLES = (
    RolePlayer(N_("Manager"), "Mateo", "Okonkwo", "ED", "Nurse Manager", "RN", True, Role.MANAGER, "ED"),
    RolePlayer(N_("Learner"), "Lena", "Marsh", "ED", "Registered Nurse", "RN", True, None),
    RolePlayer(N_("HR"), "Hannah", "Sol", "HR", "HR Partner", "", False, Role.HR),
    RolePlayer(N_("Executive"), "Elias", "Thorne", "QUALITY", "Chief Quality Officer", "MD", False, Role.EXECUTIVE),
    RolePlayer(N_("Author"), "Aiko", "Brandt", "HR", "Clinical Educator", "RN", False, Role.AUTHOR),
    RolePlayer(N_("Auditor"), "Ana", "Lindqvist", "QUALITY", "Internal Auditor", "", False, Role.AUDITOR),
    RolePlayer(N_("Administrator"), "Amadou", "Reed", "IT", "Systems Administrator", "", False, Role.ADMINISTRATOR),
)


def role_lives(today: date) -> list[Life]:
    """Their working lives: all long employed, the learner with one course to renew and one under way."""
    found = []
    for player in ROLES:
        hired = add_months(today, -40)
        post = Post(hired, FOR_EVER, player.place, player.job, player.profession, player.contact)
        life = Life(player.number, player.given, player.family, None, "employee", f"{player.number}@riverbend.example")
        life.employments, life.posts = [(hired, FOR_EVER)], [post]
        life.shift = LONG_DAY if player.contact else OFFICE
        if player.contact:
            renewed = add_months(today, -12) + timedelta(days=19)
            life.done = [
                Done("cc-101", add_months(today, -20), 90.0, ()),
                Done("la-110", renewed, 85.0, ((renewed, 70.0),)),
            ]
            life.under_way = "la-110" if player.label == "Learner" else None
        elif player.profession in {"RN", "MD"}:
            life.done = [Done("cc-101", add_months(today, -9), 95.0, ())]
        found.append(life)
    return found


def stuck_life(today: date) -> Life:
    """A nurse of the night shift in the manager's department who has used up the attempts, so that the manager has something to decide."""
    hired = today - timedelta(days=36)
    life = Life("R099001", "Imre", "Vance", None, "employee", "imre.vance@riverbend.example")
    life.employments = [(hired, FOR_EVER)]
    life.posts = [Post(hired, FOR_EVER, "ED", "Registered Nurse", "RN", True)]
    life.under_way, life.stuck, life.shift = "la-110", True, LONG_NIGHT
    return life
