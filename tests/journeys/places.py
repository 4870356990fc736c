"""Every page there is, who opens it, and where: what the matrix of accessibility walks through.

A new page must be entered here (or, when it is no page, in ``NO_PAGES`` with the reason); ``test_matrix`` fails until it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.journeys.lived import Lived

GUEST = "guest"
EVERYBODY = "learner"
"""Pages that look the same for everybody are opened by the learner."""


@dataclass(frozen=True, slots=True)
class Place:
    """One page: the endpoint that answers, the sign-ins that look at it, the address, and the status expected."""

    endpoint: str
    by: tuple[str, ...]
    path: str
    status: int = 200


NO_PAGES = {
    "static": "files",
    "site.health": "for machines",
    "site.front": "only leads on",
    "auth.welcome": "only leads on to choose_password, which is opened through it",
    "player.resume": "only leads on",
    "player.media": "pictures",
    "study.whose": "for the player's script",
    "authoring.media": "pictures",
    "learner.certificate": "a PDF",
    "leadership.pdf": "a PDF",
    "leadership.export": "files",
    "admin.audit_file": "files",
    "documents.file": "files",
    "evidence.file": "a ZIP",
    "drafts.file": "a YAML file",
    "policies.document": "files",
    "sessions.document": "files",
    "sessions.sheet": "a PDF",
    "comparisons.departments_file": "files",
    "comparisons.people_file": "files",
    "completion.departments_file": "files",
    "completion.grouped_file": "files",
    "completion.people_file": "files",
    "completion.matrix_file": "files",
    "team.departments_file": "files",
    "team.matrix_file": "files",
    "team.people_file": "files",
    "setup.first_run": "exists only before there is an organisation: test_first_run_page",
}

HR, AUDITOR, EXECUTIVE, MANAGER = "hr", "auditor", "executive", "manager"
AUTHOR, ADMINISTRATOR = "author", "administrator"


def places(a: Lived) -> list[Place]:
    """The pages of a hospital in which the things of ``a`` have happened."""
    person = f"/people/{a.person}"
    return [
        # for guests
        Place("auth.sign_in", (GUEST,), "/sign-in"),
        Place("auth.forgotten", (GUEST,), "/forgotten"),
        Place("auth.code", (GUEST,), "/code"),
        Place("auth.choose_password", (GUEST,), f"/welcome/{a.secret}"),
        Place("verify.ask", (GUEST,), "/verify"),
        Place("verify.show", (GUEST,), f"/verify/{a.certificate}"),
        Place("site.help", (GUEST, EVERYBODY), "/help"),
        Place("site.style", (GUEST,), "/style"),
        Place("", (GUEST,), "/there-is-no-such-page", 404),
        # for everybody
        Place("learner.home", (EVERYBODY, "auditor"), "/learning"),
        Place("learner.catalogue", (EVERYBODY,), "/courses"),
        Place("learner.course", (EVERYBODY,), "/courses/la-110"),
        Place("learner.transcript", (EVERYBODY,), "/transcript"),
        Place("more_time.index", (EVERYBODY,), "/more-time/"),
        Place("more_time.ask", (EVERYBODY,), "/more-time/1"),
        Place("policies.index", (EVERYBODY, HR), "/policies/"),
        Place("policies.read", (EVERYBODY,), "/policies/LANG-ACCESS"),
        Place("policies.show", (HR, AUDITOR), "/policies/LANG-ACCESS/versions"),
        Place("policies.new", (HR,), "/policies/new"),
        Place("policies.version", (HR,), "/policies/LANG-ACCESS/versions/new"),
        Place("policies.withdraw", (HR,), "/policies/LANG-ACCESS/versions/1/withdraw"),
        Place("account.mine", (EVERYBODY,), "/account"),
        Place("account.confirm_email", (EVERYBODY,), f"/account/email/{a.address_token}"),
        Place("site.search", (EVERYBODY, HR), "/search?q=language"),
        Place("player.step", (EVERYBODY,), f"/learn/{a.enrolment}/{a.lesson}"),
        Place("player.step", (EVERYBODY,), f"/learn/{a.enrolment}/{a.door}"),
        Place("player.attempt", (EVERYBODY,), f"/attempt/{a.check}?item=1"),
        Place("player.attempt", (EVERYBODY,), f"/attempt/{a.check}?item=2"),
        Place("player.attempt", (EVERYBODY,), f"/attempt/{a.scene}"),
        Place("player.attempt", (EVERYBODY,), f"/attempt/{a.test}?item=1"),
        Place("player.step", (EVERYBODY,), f"/learn/{a.enrolment}/evaluation"),
        Place("player.step", (EVERYBODY,), f"/learn/{a.enrolment}/language-access-statement"),
        Place("surveys.follow_up", (EVERYBODY,), f"/follow-up/{a.completed}"),
        Place("study.printable", (EVERYBODY,), f"/printable/{a.enrolment}"),
        Place("player.review", (EVERYBODY,), f"/attempt/{a.test}/review"),
        Place("player.result", (EVERYBODY,), f"/attempt/{a.failed}/result"),
        Place("player.result", (EVERYBODY,), f"/attempt/{a.debrief}/result"),
        Place("", (EVERYBODY,), "/admin", 403),
        # for managers
        Place("team.index", (MANAGER,), "/team"),
        Place("team.people", (MANAGER,), "/team/people"),
        Place("team.person", (MANAGER,), f"/team/people/{a.person}"),
        Place("team.departments", (MANAGER,), "/team/departments"),
        Place("team.why_page", (MANAGER,), "/team/why"),
        Place("team.matrix_page", (MANAGER,), "/team/matrix"),
        Place("team.attempts", (MANAGER,), "/team/attempts"),
        Place("accommodations.show", (MANAGER, HR, AUDITOR), f"/accommodations/{a.person}"),
        # for HR and auditors
        Place("today.index", (HR, AUDITOR), "/today"),
        Place("today.people", (HR,), "/today/lapsing"),
        Place("completion.index", (HR, AUDITOR), "/completion"),
        Place("completion.grouped_page", (HR, AUDITOR), "/completion/by/job"),
        Place("completion.people", (HR,), "/completion/people"),
        Place("completion.known_page", (HR,), "/completion/known"),
        Place("comparisons.index", (HR, AUDITOR), "/completion/kept"),
        Place("comparisons.show", (HR,), f"/completion/kept/{a.comparison}"),
        Place("comparisons.people", (HR,), f"/completion/kept/{a.comparison}/people"),
        Place("completion.why_page", (HR,), "/completion/why"),
        Place("completion.matrix_page", (HR,), "/completion/matrix"),
        Place("people.index", (HR, AUDITOR), "/people/"),
        Place("people.person", (HR, AUDITOR), person),
        Place("qualifications.index", (HR, AUDITOR), f"{person}/qualifications/"),
        Place("qualifications.add_licence", (HR,), f"{person}/qualifications/licences/new"),
        Place("qualifications.renew_licence", (HR,), f"{person}/qualifications/licences/{a.licence}/renew"),
        Place("qualifications.correct_licence", (HR,), f"{person}/qualifications/licences/{a.licence}"),
        Place("qualifications.end_licence", (HR,), f"{person}/qualifications/licences/{a.licence}/end"),
        Place("qualifications.add_duty", (HR,), f"{person}/qualifications/duties/new"),
        Place("qualifications.end_duty", (HR,), f"{person}/qualifications/duties/{a.duty}/end"),
        Place("qualifications.set_birth_month", (HR,), f"{person}/qualifications/birth-month"),
        Place("employer.index", (HR, AUDITOR), "/people/size/"),
        Place("employer.new", (HR,), "/people/size/new"),
        Place("assignments.index", (HR, AUDITOR), "/assignments/"),
        Place("assignments.new", (HR,), "/assignments/new"),
        Place("assignments.show", (HR, AUDITOR), f"/assignments/{a.assignment}"),
        Place("assignments.withdraw", (HR,), f"/assignments/{a.assignment}/withdraw"),
        Place("people.training", (HR, AUDITOR), f"{person}/training"),
        Place("sessions.index", (HR, AUDITOR), "/people/sessions/"),
        Place("sessions.new", (HR,), "/people/sessions/new"),
        Place("sessions.show", (HR, AUDITOR), f"/people/sessions/{a.session}"),
        Place("sessions.attend", (HR,), f"/people/sessions/{a.session}/attendance"),
        Place("sessions.tick", (HR,), f"/people/sessions/{a.session}/attendance/tick?department={a.department}"),
        Place("people.changes", (HR,), f"{person}/changes"),
        Place("people.new", (HR,), "/people/new"),
        Place("people.edit", (HR,), f"{person}/edit"),
        Place("people.move", (HR,), f"{person}/move"),
        Place("people.also", (HR,), f"{person}/also"),
        Place("people.end_also", (HR,), f"{person}/also/{a.second_department}/end"),
        Place("people.correct_membership", (HR,), f"{person}/memberships/{a.membership}"),
        Place("people.correct_employment", (HR,), f"{person}/employments/{a.employment}"),
        Place("people.end", (HR,), f"{person}/end"),
        Place("people.rehire", (HR,), f"/people/{a.former}/rehire"),
        Place("people.leave", (HR,), f"{person}/leave"),
        Place("people.end_leave", (HR,), f"{person}/leave/{a.leave}"),
        Place("people.exempt", (HR,), f"{person}/exemptions/new"),
        Place("people.end_exemption", (HR,), f"{person}/exemptions/{a.exemption}"),
        Place("people.revoke_record", (HR,), f"{person}/records/{a.record}/revoke"),
        Place("people.correct_certificate", (HR,), f"{person}/certificates/{a.certificate}/correct"),
        Place("departments.index", (HR, AUDITOR), "/people/departments/"),
        Place("departments.show", (HR,), f"/people/departments/{a.department}"),
        Place("departments.new", (HR,), "/people/departments/new"),
        Place("departments.change", (HR,), f"/people/departments/{a.department}/change"),
        Place("departments.close", (HR,), f"/people/departments/{a.department}/close"),
        Place("departments.merge", (HR,), f"/people/departments/{a.department}/merge"),
        Place("imports.index", (HR,), "/people/import/"),
        Place("imports.report", (HR,), a.dry_run),
        Place("feeds.settled", (HR,), "/people/import/sources"),
        Place("feeds.reading", (HR,), a.dry_run.replace("?", "/reading?")),
        Place("feeds.facts", (HR,), "/people/import/facts"),
        Place("feeds.facts_report", (HR,), a.dry_run.replace("import/", "import/facts/") + "&what=licences", 422),
        Place("feeds.problems", (HR,), "/people/import/problems"),
        Place("feeds.solve", (HR,), "/people/import/problems/1/solve"),
        Place("imports.history", (HR,), "/people/import/history"),
        Place("imports.show", (HR,), f"/people/import/history/{a.import_run}"),
        Place("requirements.index", (HR, AUDITOR), "/requirements"),
        Place("requirements.show", (HR, AUDITOR), "/requirements/1"),
        Place("requirements.compare", (HR, AUDITOR), f"/requirements/{a.requirement}/compare"),
        Place("requirements.retiring", (HR,), f"/requirements/{a.requirement}/retire"),
        Place("drafts.new", (HR,), "/requirements/new"),
        Place("drafts.version", (HR,), "/requirements/1/version"),
        Place("drafts.edit", (HR,), f"/requirements/drafts/{a.draft}"),
        Place("drafts.text", (HR,), f"/requirements/drafts/{a.draft}/text"),
        Place("rehearsals.show", (HR,), f"/requirements/drafts/{a.draft}/rehearsal"),
        Place("rehearsals.names", (HR,), f"/requirements/drafts/{a.draft}/people"),
        Place("library.index", (HR, AUDITOR), "/requirements/library"),
        Place("library.show", (HR, AUDITOR), "/requirements/library/us-1557-training"),
        Place("notices.plan", (HR, AUDITOR), "/reminders"),
        Place("notices.tomorrow", (HR, AUDITOR), "/reminders/tomorrow"),
        Place("notices.told", (HR, AUDITOR), "/reminders/told"),
        Place("evidence.index", (HR, AUDITOR), "/evidence"),
        Place("evidence.show", (HR,), f"/evidence/{a.pack}"),
        # for the executive
        Place("leadership.overview", (EXECUTIVE,), "/leadership"),
        # for authors
        Place("authoring.courses", (AUTHOR, AUDITOR), "/authoring/courses"),
        Place("authoring.course", (AUTHOR,), "/authoring/courses/la-110"),
        Place("authoring.preview", (AUTHOR,), f"/authoring/courses/la-110/preview/{a.lesson}"),
        Place("authoring.story_map", (AUTHOR, AUDITOR), "/authoring/courses/la-110/map/triage-daughter"),
        Place("authoring.preview", (AUTHOR,), "/authoring/courses/la-110/preview/post-test"),
        Place("panels.index", (AUTHOR, AUDITOR), "/authoring/courses/la-110/pass-mark"),
        Place("panels.show", (AUTHOR, AUDITOR), f"/authoring/courses/la-110/pass-mark/{a.panel}"),
        Place("authoring.preview", (AUTHOR,), "/authoring/courses/la-110/preview/evaluation"),
        Place("authoring.voices", (AUTHOR,), "/authoring/courses/la-110/voices"),
        Place("answers.step", (AUTHOR,), "/authoring/courses/la-110/answers/triage-daughter"),
        Place("answers.step", (AUTHOR, AUDITOR), "/authoring/courses/la-110/answers/post-test"),
        Place("authoring.remarks_list", (AUTHOR,), "/authoring/remarks"),
        # for the administrator
        Place("admin.overview", (ADMINISTRATOR,), "/admin"),
        Place("admin.settings", (ADMINISTRATOR,), "/admin/settings"),
        Place("admin.accounts_list", (ADMINISTRATOR,), "/admin/accounts"),
        Place("admin.account", (ADMINISTRATOR,), f"/admin/accounts/{a.person}"),
        Place("admin.invite", (ADMINISTRATOR,), "/admin/invite"),
        Place("admin.mail", (ADMINISTRATOR,), "/admin/mail"),
        Place("admin.jobs", (ADMINISTRATOR,), "/admin/jobs"),
        Place("admin.audit", (ADMINISTRATOR, AUDITOR), "/admin/audit"),
    ]
