"""Mailing a saved view. The file is made by the page itself, as its owner, so that it holds what they would see, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

from lms.organisation import load
from lms.reports.saved import actions, queries
from lms.reports.saved.models import ExportSchedule
from lms.worker.bench import Bench

EXPORT = "reports.export"


def send_export(payload: dict[str, Any], bench: Bench) -> None:
    """Make and mail one day of a schedule. Done again after a crash it finds the day done, or makes the file anew and mails it once."""
    if bench.exporter is None:
        raise RuntimeError("This worker was started without the pages that make files.")
    schedule_id, day = payload["schedule"], date.fromisoformat(payload["day"])
    with bench.database.session() as session:
        wanted = queries.order(session, schedule_id, day)
    if wanted is None:
        return
    made = bench.exporter(wanted)
    with bench.database.transaction() as session:
        planned = session.get_one(ExportSchedule, schedule_id, with_for_update=True)
        own = load(session)
        base_url = own.base_url if own is not None else ""
        actions.deliver(session, planned, day, made, bench.files, base_url, bench.clock.now())
        gone = actions.let_go(session, bench.clock.now(), day - actions.KEPT)
    bench.files.remove(gone)
