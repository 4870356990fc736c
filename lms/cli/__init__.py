"""The command line: ``lms``. Parse, call one action, flow or query, commit, answer; ``lms --help`` reads like a manual."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import click
from sqlalchemy.exc import InterfaceError, OperationalError

from config import ConfigError
from lms import __version__
from lms.errors import AttuneError, Invalid


class Manual(click.Group):
    """A group that lists its commands in the order in which one needs them, and tells errors in words."""

    order = (
        "demo",
        "setup",
        "serve",
        "worker",
        "db",
        "admin",
        "mail",
        "backup",
        "restore",
        "courses",
        "requirements",
        "people",
        "records",
        "report",
        "evidence",
        "doctor",
    )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in order of need; unknown ones last."""
        rank = {name: place for place, name in enumerate(self.order)}
        return sorted(self.commands, key=lambda name: (rank.get(name, len(rank)), name))

    def invoke(self, ctx: click.Context) -> object:
        """Run; a known error is a sentence and exit code 1, never a traceback."""
        try:
            return super().invoke(ctx)
        except Invalid as error:
            lines = [str(error), *(str(problem) for problem in error.problems)]
            raise click.ClickException("\n".join(lines)) from error
        except (AttuneError, ConfigError) as error:
            raise click.ClickException(str(error)) from error
        except (OperationalError, InterfaceError) as error:
            told = str(error.orig).strip()
            raise click.ClickException(
                f"The database does not answer, or cannot be written: {told}\n"
                "See that it runs and has room, and that LMS_DATABASE_URL names it with the right user and password."
            ) from error

        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}. Nothing was written there.") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command with its whole first sentence, which a narrow terminal wraps instead of cutting it off."""
        rows = [(name, self.commands[name].get_short_help_str(limit=300)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Manual, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="Attune")
def main() -> None:
    """Attune: cultural-competency and language-access training for hospitals.

    \b
    To try it:            lms demo
    To start for real:    lms setup     then    lms serve

    Attune reads a few settings from the environment: LMS_DATABASE_URL (default: an SQLite file in the data folder),
    LMS_DATA_DIR (default: var), LMS_BASE_URL (https address behind a proxy), PORT (default 8000).
    """


for found in iter_modules(__path__):
    module = import_module(f"{__name__}.{found.name}")
    for command in getattr(module, "COMMANDS", ()):
        main.add_command(command)
