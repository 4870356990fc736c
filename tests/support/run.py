"""``make test``: everything that must hold, in one go, on the real things.

Chromium and PostgreSQL are found or provided first; where one cannot be had this stops and says which. Nothing is skipped silently: every
part runs, even after an earlier one failed, and the last line says how it went. One part alone: ``python -m tests.support.run lint``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.support import chromium
from tests.support.postgres import VARIABLE, Postgres, Unavailable

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
WORKERS = os.environ.get("LMS_TEST_WORKERS", "2")


def main(arguments: list[str]) -> int:
    """Run the parts named, or all of them; gives the exit status."""
    began = time.monotonic()
    parts: dict[str, Callable[[], bool]] = {
        "lint": _lint, "types": _types, "contracts": _contracts, "sqlite": _sqlite, "postgres": _postgres,
    }  # fmt: skip
    if unknown := [name for name in arguments if name not in parts]:
        print(f"There is no part {unknown[0]!r}: {', '.join(parts)}.", file=sys.stderr)
        return 2
    chosen = arguments or list(parts)
    server: Postgres | None = None
    try:
        server = _real_things(chosen)
        results = {name: _timed(name, parts[name]) for name in chosen}
    except Unavailable as missing:
        print(f"\nFAILED: {missing}", flush=True)
        return 1
    finally:
        if server is not None:
            server.stop()
    return _summary(results, time.monotonic() - began)


def _real_things(chosen: list[str]) -> Postgres | None:
    if not {"sqlite", "postgres"} & set(chosen):
        return None
    _heading("The real things")
    if "sqlite" in chosen:
        os.environ["CHROMIUM"] = chromium.provide()
        version = subprocess.run([os.environ["CHROMIUM"], "--version"], capture_output=True, text=True, check=False)
        print(f"Chromium: {version.stdout.strip() or os.environ['CHROMIUM']}")
    if "postgres" not in chosen:
        return None
    server = None
    if VARIABLE in os.environ:
        print(f"PostgreSQL: the server named in {VARIABLE}, {_version()}")
    else:
        server = Postgres()
        os.environ[VARIABLE] = server.url
        print(f"PostgreSQL: {_version()} ({server.origin})")
    return server


def _version() -> str:
    import psycopg

    address = "postgresql://" + os.environ[VARIABLE].split("://", 1)[1]
    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            return f"version {connection.info.server_version // 10000}"
    except psycopg.Error as error:
        raise Unavailable(f"PostgreSQL does not answer at the address in {VARIABLE}: {error}") from error


def _lint() -> bool:
    ok = _run("ruff", "check", ".")
    ok &= _run("ruff", "format", "--check", ".")
    if any((ROOT / "templates").rglob("*.html")):
        ok &= _run("djlint", "templates", "--lint", "--quiet")
    return ok


def _types() -> bool:
    return _run("mypy")


def _contracts() -> bool:
    return _run("lint-imports")


def _sqlite() -> bool:
    return _pytest("sqlite")


def _postgres() -> bool:
    return _pytest("postgres", "-m", "not browser")


def _pytest(database: str, *arguments: str) -> bool:
    return _run("pytest", "-q", "-n", WORKERS, "--dist", "worksteal", *arguments, LMS_TEST_DATABASE=database)


def _run(program: str, *arguments: str, **environment: str) -> bool:
    print(f"$ {program} {' '.join(arguments)}", flush=True)
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    settings = {**os.environ, "PATH": path, **environment} | _bytecode()
    done = subprocess.run([str(BIN / program), *arguments], cwd=ROOT, env=settings, check=False)
    return done.returncode == 0


def _bytecode() -> dict[str, str]:
    """Who forbids Python to leave bytecode beside the sources has it kept in the environment: without any, every worker and every
    server that a test starts would compile everything anew, six seconds each."""
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return {}
    folder = os.environ.get("PYTHONPYCACHEPREFIX") or str(BIN.parent / "bytecode")
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}


def _heading(text: str) -> None:
    print(f"\n=== {text} ===", flush=True)


def _timed(name: str, part: Callable[[], bool]) -> tuple[bool, float]:
    titles = {
        "lint": "Lint", "types": "Types", "contracts": "Architecture contracts", "sqlite": "Tests on SQLite, browser included",
        "postgres": "Tests on PostgreSQL",
    }  # fmt: skip
    _heading(titles[name])
    began = time.monotonic()
    return part(), time.monotonic() - began


def _summary(results: dict[str, tuple[bool, float]], seconds: float) -> int:
    _heading("Summary")
    for name, (ok, took) in results.items():
        print(f"{'passed' if ok else 'FAILED'}  {name:10} {took:6.0f} s")
    failed = [name for name, (ok, _) in results.items() if not ok]
    total = f"in {int(seconds) // 60} min {int(seconds) % 60} s"
    print(f"\nFAILED: {', '.join(failed)} ({total})" if failed else f"\nEverything passed ({total})", flush=True)
    return 1 if failed else 0


def _end(signal_number: int, frame: object) -> None:
    sys.exit(128 + signal_number)  # an exception, so that the server is stopped


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    with suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
    sys.exit(130)
