"""``lms setup``, ``lms admin`` and ``lms mail``: starting for real."""

from __future__ import annotations

import sys
from dataclasses import replace
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import click
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from config import Config, environment
from lms.accounts.invitations import Invitation, Newcomer, invite_administrator
from lms.cli.house import Opened, is_empty, opened, upgrade
from lms.errors import N_, Invalid
from lms.flows import admitting
from lms.notices import mail as smtp
from lms.notices.bounces import LARGEST
from lms.notices.failing import Outcome
from lms.notices.messages import compose
from lms.organisation import MailServer, Organisation, load
from lms.worker.came_back import read_mailbox, take_in

TRY_AGAIN = 75
"""The exit code by which a mail server keeps a message and tries again later (EX_TEMPFAIL)."""

SECURITY = click.Choice(["none", "starttls", "tls"])


class Zone(click.ParamType[str]):
    """An IANA time zone."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Known, or an example."""
        if str(value) not in available_timezones():
            self.fail(f"{value!r} is not a time zone; write it as America/New_York or Europe/Berlin.", param, ctx)
        return str(value)


class Address(click.ParamType[str]):
    """The beginning of links."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """With scheme and host."""
        parts = urlsplit(str(value))
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            self.fail(f"{value!r} cannot begin a link; write it as https://training.example.org.", param, ctx)
        return str(value).rstrip("/")


class Once(click.Command):
    """A command that asks questions only where nothing has been set up yet."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse before anything is asked.

        Raises:
            Conflict: there is an organisation already.
        """
        if not {"-h", "--help"} & set(args):
            with opened(migrated=False) as house:
                if not is_empty(house.database) and inspect(house.database.engine).has_table("organisation"):
                    with house.database.session() as session:
                        admitting.require_fresh(session)
        return super().parse_args(ctx, args)


def _own_address() -> str:
    config = Config.from_environ(environment())
    return config.base_url or f"http://{config.host}:{config.port}"


@click.command(cls=Once)
@click.option("--name", prompt="Name of the organisation", help="Name of the organisation.")
@click.option(
    "--zone", type=Zone(), prompt="Time zone", default="America/New_York", show_default=True, help="IANA time zone."
)
@click.option(
    "--languages",
    prompt="Languages, the usual one first",
    default="en,es",
    show_default=True,
    help="BCP 47, by commas.",
)
@click.option("--base-url", type=Address(), prompt="Address of this site, for links", default=_own_address,
              show_default="LMS_BASE_URL, else this machine's with PORT", help="Address used in links.")  # fmt: skip
@click.option("--contact", default="", help="Whom to ask for help; shown on every page.")
@click.option("--admin-number", prompt="Employee number of the first administrator", help="As HR writes it.")
@click.option("--admin-name", prompt="Name of the first administrator", help="Given name and family name.")
@click.option("--admin-email", default="", help="E-mail address of the first administrator.")
@click.option("--smtp-host", default="", help="Mail server; without one, messages wait.")
@click.option("--smtp-port", default=587, show_default=True, type=click.IntRange(1, 65535), help="Its port.")
@click.option("--smtp-security", type=SECURITY, default="starttls", show_default=True, help="How it is spoken to.")
@click.option("--smtp-user", default="", help="User name at the mail server.")
@click.option("--smtp-password", default="", help="Its password; asked for when --smtp-user is given without it.")
@click.option("--smtp-sender", default="", help="Address that mails come from.")
def setup(
    name: str, zone: str, languages: str, base_url: str, contact: str, admin_number: str, admin_name: str, admin_email: str,
    smtp_host: str, smtp_port: int, smtp_security: str, smtp_user: str, smtp_password: str, smtp_sender: str,
) -> None:  # fmt: skip
    """Set Attune up for an organisation, and print a one-time link for its first administrator.

    Creates the database if there is none. Everything but the administrator can be changed later under Administration > Settings.
    """
    if smtp_host and not smtp_sender:
        raise click.UsageError("--smtp-host needs --smtp-sender, the address that mails come from.")
    if smtp_host and smtp_user and not smtp_password:
        smtp_password = click.prompt("Password of the mail server", hide_input=True)
    server = (
        MailServer(smtp_host, smtp_port, smtp_user, smtp_password, smtp_security, smtp_sender) if smtp_host else None
    )
    tags = tuple(dict.fromkeys(tag.strip() for tag in languages.split(",") if tag.strip())) or ("en",)
    own = Organisation(name=name.strip(), zone=zone, languages=tags, base_url=base_url, contact=contact, mail=server)
    if not own.name:
        raise Invalid(N_("The organisation needs a name."))
    with opened(migrated=False) as house:
        upgrade(house.database)
        with house.database.transaction() as session:
            made = admitting.set_up(session, own, _newcomer(admin_number, admin_name, admin_email), house.actor())
        click.echo(f"{own.name} is set up.")
        _show_link(made, own)
        click.echo("Start Attune with: lms serve")


@click.group()
def admin() -> None:
    """Look after administrators."""


@admin.command("create")
@click.option(
    "--number", prompt="Employee number", help="As HR writes it; somebody who is known already keeps their data."
)
@click.option("--name", prompt="Name", help="Given name and family name.")
@click.option("--email", default="", help="E-mail address.")
def create(number: str, name: str, email: str) -> None:
    """Make somebody an administrator, and print a one-time link to choose a password (also when all others are locked out)."""
    with opened() as house:
        with house.database.transaction() as session:
            own = _organisation(load(session))
            made = invite_administrator(session, _newcomer(number, name, email), house.actor())
        click.echo(f"{made.person.display_name} is an administrator.")
        _show_link(made, own)


@click.group()
def mail() -> None:
    """Look after mail."""


@mail.command("test")
@click.argument("address")
@click.option("--host", default="", help="Try this server instead of the one that is set up.")
@click.option("--port", default=587, show_default=True, type=click.IntRange(1, 65535), help="Its port.")
@click.option("--security", type=SECURITY, default="starttls", show_default=True, help="How it is spoken to.")
@click.option("--sender", default="", help="Address that the mail comes from.")
def test(address: str, host: str, port: int, security: str, sender: str) -> None:
    """Send a test message to ADDRESS now, and say what the mail server answered."""
    with opened() as house:
        with house.database.session() as session:
            own = _organisation(load(session))
        server = MailServer(host, port, security=security, sender=sender) if host else own.mail
        if server is None:
            raise Invalid(
                N_("No mail server is set up. Name one with --host, or set it up under Administration > Settings.")
            )
        _send_test(house, replace(own, mail=server), server, address)
    click.echo(f"{server.host}:{server.port} has taken the message to {address}.")


@mail.command("bounces")
@click.argument("place", required=False)
def bounces(place: str | None) -> None:
    """Read mail that came back: from PLACE, or one message from the input where PLACE is "-".

    \b
    PLACE is a Maildir, an mbox file, or imaps://user:password@host/INBOX; left out, what LMS_BOUNCES names.
    A mail server's pipe:   | lms mail bounces -

    Messages are told apart by the ids that Attune gave them. Read twice, a report counts once.
    """
    with opened() as house:
        now = house.clock.now()
        place = place or house.config.bounces
        if not place:
            raise Invalid(N_("Name a mailbox, or - for one message from the input; or set LMS_BOUNCES."))
        if place == "-":
            try:
                outcomes = take_in(house.database, sys.stdin.buffer.read(LARGEST + 1), now)
            except OperationalError as error:
                click.echo(f"The database does not answer: {error.orig}", err=True)
                sys.exit(TRY_AGAIN)
        else:
            outcomes = read_mailbox(house.database, place, now)
    click.echo(
        f"{outcomes.total()} reports: {outcomes[Outcome.FAILED]} messages came back, {outcomes[Outcome.AGAIN]} will be sent again,"
        f" {outcomes[Outcome.NOTED]} noted, {outcomes[Outcome.KNOWN]} known already,"
        f" {outcomes[Outcome.UNKNOWN]} about no message of Attune."
    )


def _send_test(house: Opened, own: Organisation, server: MailServer, address: str) -> None:
    now = house.clock.now()
    words = compose(
        "test",
        own.languages[0],
        own.zone,
        organisation=own.name,
        contact=own.contact,
        address=own.base_url,
        name="",
        when=now,
    )
    message = smtp.build(
        server=server,
        sender_name=own.name,
        recipient=address,
        subject=words.subject,
        body=words.body,
        message_id=f"<test-{now.timestamp()}@{urlsplit(own.base_url).hostname or 'localhost'}>",
        written_at=now,
    )
    try:
        smtp.send(server, message)
    except (smtp.Refused, smtp.Unreachable) as error:
        raise Invalid(N_("The message was not sent. The mail server says: %(answer)s"), answer=str(error)) from error


def _newcomer(number: str, name: str, email: str) -> Newcomer:
    given, _, family = name.strip().rpartition(" ")
    return Newcomer(number=number, given_name=given, family_name=family, email=email or None)


def _organisation(own: Organisation | None) -> Organisation:
    if own is None:
        raise Invalid(N_("Attune is not set up yet. Run: lms setup"))
    return own


def _show_link(made: Invitation, own: Organisation) -> None:
    click.echo(f"\nOpen this link once, within 7 days, to choose a password for {made.person.display_name}:\n")
    click.echo(f"  {own.base_url}/welcome/{made.secret}\n")


COMMANDS = (setup, admin, mail)
