"""``lms courses twee``: take in stories written in Twine, and write scenarios for it."""

from __future__ import annotations

from pathlib import Path

import click

from lms.catalogue.disk import MAX_TEXT_BYTES, load_course
from lms.catalogue.story import Scenario
from lms.catalogue.twee_story import as_yaml, exported, imported
from lms.cli.scenarios import folder_of
from lms.errors import N_, Conflict, Invalid, NotFound


@click.group("twee")
def twee_group() -> None:
    """Exchange scenarios with Twine and other programs that write Twee 3; see docs/twee.md."""


@twee_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The course's folder (the scenario goes into its scenarios/), or any other.",
)
@click.option("--force", is_flag=True, help="Replace the scenario of the same name.")
def import_command(file: Path, into: Path, force: bool) -> None:
    """Take in the Twee 3 FILE as a scenario. What is not taken is listed with its line; with an error nothing is written."""
    found = imported(_text(file), file.name)
    for problem in found.problems:
        if problem.level != "error":
            click.echo(str(problem))
    if found.scenario is None:
        errors = [problem for problem in found.problems if problem.level == "error"]
        raise Invalid(N_("%(file)s was not imported; nothing was written."), problems=errors, file=file.name)
    folder = into / "scenarios" if (into / "course.yaml").is_file() else into
    out = folder / f"{found.slug}.yaml"
    if out.exists() and not force:
        raise Conflict(N_("%(file)s is there already; --force replaces it. Nothing was written."), file=str(out))
    folder.mkdir(parents=True, exist_ok=True)
    out.write_text(as_yaml(found.scenario), encoding="utf-8")
    click.echo(f"Written: {out} ({len(found.scenario.scenes)} scenes)")
    if folder != into:
        title = found.scenario.title.replace('"', "'")
        click.echo("Name it in the outline of course.yaml, for instance:")
        click.echo(f'  - {{scenario: {found.slug}, title: "{title}", file: scenarios/{out.name}, minutes: 8}}')


@twee_group.command("export")
@click.argument("course")
@click.argument("scenario")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The Twee file to write.")
def export_command(course: str, scenario: str, out: Path) -> None:
    """Write SCENARIO (its id) of COURSE (a folder, or its name under courses/) as a Twee 3 file."""
    loaded = load_course(folder_of(course))
    if loaded.content is None:
        errors = [problem for problem in loaded.problems if problem.level == "error"]
        raise Invalid(N_("The course cannot be read; mend it first."), problems=errors)
    story: Scenario | None = loaded.content.scenarios.get(scenario)
    if story is None:
        known = ", ".join(loaded.content.scenarios) or "–"
        raise NotFound(N_("There is no scenario “%(id)s”; the course has: %(known)s."), id=scenario, known=known)
    out.write_text(exported(story, f"{loaded.content.slug}/{scenario}"), encoding="utf-8")
    click.echo(f"Written: {out}")


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_TEXT_BYTES:
        raise Invalid(
            N_("%(file)s has more than %(limit)d kB; split the story."), file=file.name, limit=MAX_TEXT_BYTES // 1000
        )
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise Invalid(
            N_("%(file)s, line %(line)d, is not UTF-8 text. Save the file as UTF-8."), file=file.name, line=line
        ) from error
