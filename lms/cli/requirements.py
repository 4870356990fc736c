"""``lms requirements``: try a rule on files alone, without a database."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from lms.compliance.documents import requirement_from, scene_from
from lms.compliance.explanation import answer
from lms.compliance.schemas import schemas

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MAX_BYTES = 512_000


@click.group()
def requirements() -> None:
    """Try rules on files; docs/requirement-format.md describes both kinds. What a rule says is not legal advice."""


@requirements.command()
@click.option("--rule", "rule_file", type=FILE, required=True, help="The requirement, as YAML.")
@click.option("--facts", "facts_file", type=FILE, required=True, help="What is known of one person, as YAML.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day that is asked about.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def explain(rule_file: Path, facts_file: Path, as_of: datetime, as_json: bool) -> None:
    """Say who must have done what by when: the state on a day, why, and every span of the timeline."""
    document = requirement_from(_text(rule_file), str(rule_file))
    scene = scene_from(_text(facts_file), str(facts_file))
    shown = answer(document, scene, as_of.date()).shown
    if as_json:
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    click.echo(f"{document.title}, as of {shown['as_of']}: {_words(shown['state'])}")
    click.echo(shown["reason"])
    for span in shown["spans"]:
        due = f", due {span['due']}" if span["due"] else ""
        until = span["to"] or "the end of time"
        click.echo(f"  {span['from']} to {until} (exclusive): {_words(span['state'])}{due} ({span['because']})")


@requirements.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Write one file for each kind into this folder."
)
def schema(out: Path | None) -> None:
    """Export JSON Schemas of both kinds of files, with which editors complete and check the YAML."""
    if out is None:
        click.echo(json.dumps(schemas(), indent=2))
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, made in schemas().items():
        (out / f"{name}.schema.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise click.ClickException(f"{path} is too large: at most {MAX_BYTES:,} bytes.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8 text. Save it as UTF-8.") from error


def _words(state: str) -> str:
    return state.replace("_", " ")


COMMANDS = (requirements,)
