"""``lms courses``: check, stamp and publish what authors wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from config import Config, environment
from lms.catalogue.actions import publish as publish_version
from lms.catalogue.content import schemas
from lms.catalogue.disk import load_course
from lms.catalogue.disk import stamp as write_stamps
from lms.catalogue.models import Change
from lms.cli.house import opened
from lms.cli.scenarios import map_command
from lms.cli.twee import twee_group
from lms.clock import SystemClock, local_day
from lms.compliance.library import FOLDER, load_library
from lms.errors import Problem
from lms.organisation import load as load_organisation


@click.group()
def courses() -> None:
    """Check and publish courses; see docs/course-format.md for how to write one."""


@courses.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.pass_context
def check(ctx: click.Context, folders: tuple[Path, ...], as_json: bool) -> None:
    """Check course FOLDERS (default: every course, and the library of requirements); exit code 1 when one has an error."""
    today = local_day(SystemClock().now(), "UTC")
    libraries = [folder for folder in folders if folder.name == FOLDER and not (folder / "course.yaml").exists()]
    roots = [folder.parent for folder in libraries] if folders else [Config.from_environ(environment()).courses_dir]
    asked = [folder for folder in folders if folder not in libraries] if folders else _every()
    found = {folder.name: load_course(folder, today=today) for folder in asked}
    library = [entry for root in roots for entry in load_library(root, today)]
    fine = all(loaded.ok for loaded in found.values()) and all(entry.ok for entry in library)
    if as_json:
        listed = {name: [_plain(problem) for problem in loaded.problems] for name, loaded in found.items()}
        proofs = {
            name: {file: proof.as_data() | {"says": str(proof.message)} for file, proof in loaded.proofs.items()}
            for name, loaded in found.items()
        }
        rules = {entry.name: [_plain(problem) for problem in entry.problems] for entry in library}
        said = {"ok": fine, "courses": listed, "scenarios": proofs, "requirements": rules}
        click.echo(json.dumps(said, indent=2))
    else:
        for name, loaded in found.items():
            for problem in loaded.problems:
                click.echo(f"{name}/{problem}")
            for file, proof in loaded.proofs.items():
                click.echo(f"{name}/{file}: {proof.message}")
            click.echo(f"{name}: {'ready to publish' if loaded.ok else 'has errors'}")
        for entry in library:
            for problem in entry.problems:
                click.echo(f"{FOLDER}/{problem}")
        if library:
            faulty = sum(not entry.ok for entry in library)
            click.echo(f"{FOLDER}: {len(library)} ready requirements, {faulty} with errors. They are not legal advice.")
    ctx.exit(0 if fine else 1)


@courses.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--change",
    type=click.Choice([change.value for change in Change]),
    help="Overrides what course.yaml says of the edit.",
)
def publish(folders: tuple[Path, ...], change: str | None) -> None:
    """Freeze course FOLDERS (default: every course) as new versions. What has not changed makes no new version."""
    with opened() as house:
        actor = house.actor()
        for folder in folders or _every():
            with house.database.transaction() as session:
                own = load_organisation(session)
                loaded = load_course(folder, today=local_day(actor.now, own.zone if own else "UTC"))
                done = publish_version(
                    session, loaded, house.files, by=actor, change=Change(change) if change else None
                )
                state = "published" if done.is_new else "unchanged, still"
                click.echo(
                    f"{done.version.code}: {state} version {done.version.number} ({done.version.content_hash[:12]})"
                )


@courses.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("language")
def stamp(folder: Path, language: str) -> None:
    """Note that the translation of FOLDER into LANGUAGE fits the present English."""
    click.echo(f"Stamped: {write_stamps(folder, language)}")


@courses.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Write one file for each kind into this folder."
)
def schema(out: Path | None) -> None:
    """Export JSON Schemas, with which editors complete and check the YAML."""
    if out is None:
        click.echo(json.dumps(schemas(), indent=2, ensure_ascii=False))
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, made in schemas().items():
        (out / f"{name}.schema.json").write_text(
            json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def _every() -> Iterable[Path]:
    root = Config.from_environ(environment()).courses_dir
    return sorted(path.parent for path in root.glob("*/course.yaml"))


def _plain(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "where": problem.where,
        "level": problem.level,
        "message": str(problem.message),
        "remedy": str(problem.remedy) if problem.remedy else None,
    }


courses.add_command(map_command)
courses.add_command(twee_group)

COMMANDS = (courses,)
