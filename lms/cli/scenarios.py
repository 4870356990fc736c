"""``lms courses map``: the graph of a course's scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import click

from config import Config, environment
from lms.catalogue.checks import Proof
from lms.catalogue.content import CourseContent
from lms.catalogue.disk import load_course
from lms.catalogue.story import Scenario
from lms.errors import N_, Invalid, NotFound
from lms.learning.map_drawing import drawn, stacked
from lms.learning.story_map import as_data, story_map


@click.command("map")
@click.argument("course")
@click.option("--scenario", help="The id of one scenario; left out: all of them.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["svg", "json"]),
    default="svg",
    show_default=True,
    help="A picture, or its data.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the map to this file; left out: to standard output.",
)
def map_command(course: str, scenario: str | None, kind: str, out: Path | None) -> None:
    """Draw the scenarios of COURSE (a folder, or its name under courses/) as a graph."""
    content, proofs = _readable(course)
    chosen = _chosen(content, scenario)
    maps = {step: story_map(story) for step, story in chosen.items()}
    if kind == "json":
        data = {
            step: as_data(made) | {"proof": proofs[content.step(step).file].as_data()} for step, made in maps.items()
        }
        text = json.dumps({"course": content.slug, "scenarios": data}, indent=2, ensure_ascii=False) + "\n"
    else:
        text = stacked([drawn(made, key=step, language=content.language) for step, made in maps.items()])
    for step in chosen:  # beside a map on standard output, what is proved goes where it is in nobody's way
        told = f"{content.slug}/{content.step(step).file}: {proofs[content.step(step).file].message}"
        click.echo(told, err=out is None)
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    click.echo(f"Written: {out}")


def folder_of(course: str) -> Path:
    """The folder that a person names by its path or by the name of the course. Raises NotFound."""
    for path in (Path(course), Config.from_environ(environment()).courses_dir / course):
        if (path / "course.yaml").is_file():
            return path
    raise NotFound(N_("There is no course folder “%(slug)s”."), slug=course)


def _readable(course: str) -> tuple[CourseContent, dict[str, Proof]]:
    loaded = load_course(folder_of(course))
    if loaded.content is None or any(proof.verdict == "faults" for proof in loaded.proofs.values()):
        errors = [problem for problem in loaded.problems if problem.level == "error"]
        raise Invalid(N_("The scenarios of this course have errors; `lms courses check` lists them."), problems=errors)
    return loaded.content, dict(loaded.proofs)


def _chosen(content: CourseContent, scenario: str | None) -> dict[str, Scenario]:
    if scenario is None:
        chosen = {step.id: content.scenarios[step.id] for step in content.steps if step.id in content.scenarios}
        if not chosen:
            raise NotFound(N_("The course %(slug)s has no scenario."), slug=content.slug)
        return chosen
    if scenario not in content.scenarios:
        known = ", ".join(content.scenarios) or "–"
        raise NotFound(N_("There is no scenario “%(id)s”; the course has: %(known)s."), id=scenario, known=known)
    return {scenario: content.scenarios[scenario]}
