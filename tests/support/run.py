"""``make test``: everything that must hold, in one go, on the real things.

Chromium and PostgreSQL are found or provided first; where one cannot be had this stops and says which. Nothing is skipped silently: every
part runs, even after an earlier one failed, and the last line says how it went. The checks of the sources, which need one processor,
go on beside the tests, and say what they found as soon as they know. One part alone: ``python -m tests.support.run lint``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support import chromium
from tests.support.postgres import VARIABLE, Postgres, Unavailable, quick_folder

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
WORKERS = os.environ.get("LMS_TEST_WORKERS", "2")
Result = tuple[bool, float]
"""Whether it passed, and the seconds it took."""


def main(arguments: list[str]) -> int:
    """Run the parts named, or all of them; gives the exit status."""
    began = time.monotonic()
    if unknown := [name for name in arguments if name not in TITLES]:
        print(f"There is no part {unknown[0]!r}: {', '.join(TITLES)}.", file=sys.stderr)
        return 2
    chosen = [name for name in TITLES if name in arguments or not arguments]
    server: Postgres | None = None
    beside = ThreadPoolExecutor(1)
    try:
        server = _real_things(chosen)
        checks = {name: beside.submit(_check, name) for name in chosen if name in CHECKS}
        tests = {name: _test(name) for name in chosen if name in TESTS}
        results = {name: done.result() for name, done in checks.items()} | tests
    except Unavailable as missing:
        print(f"\nFAILED: {missing}", flush=True)
        return 1
    finally:
        beside.shutdown(wait=False, cancel_futures=True)
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
        server = Postgres(quick_folder())
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


def _check(name: str) -> Result:
    """Run the programs of one part; what they say is printed in one piece."""
    began = time.monotonic()
    said, ok = [], True
    for command in CHECKS[name]():
        done = _program(command, {}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said.append(f"$ {' '.join(command)}\n{done.stdout}")
        ok &= done.returncode == 0
    print(f"\n=== {TITLES[name]} ===\n{''.join(said)}", flush=True)
    return ok, time.monotonic() - began


def _lint() -> list[list[str]]:
    commands = [["ruff", "check", "."], ["ruff", "format", "--check", "."]]
    if any((ROOT / "templates").rglob("*.html")):
        commands.append(["djlint", "templates", "--lint", "--quiet"])
    return commands


def _test(name: str) -> Result:
    _heading(TITLES[name])
    began = time.monotonic()
    command = ["pytest", "-q", "-n", WORKERS, "--dist", "worksteal", *TESTS[name]]
    print(f"$ {' '.join(command)}", flush=True)
    done = _program(command, {"LMS_TEST_DATABASE": name})
    return done.returncode == 0, time.monotonic() - began


def _program(command: list[str], more: dict[str, str], **how: Any) -> subprocess.CompletedProcess[Any]:
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    settings = {**os.environ, "PATH": path, **more} | _bytecode()
    return subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=settings, check=False, **how)


CHECKS: dict[str, Callable[[], list[list[str]]]] = {
    "lint": _lint,
    "types": lambda: [["mypy"]],
    "contracts": lambda: [["lint-imports"]],
}
TESTS = {"sqlite": [], "postgres": ["-m", "not browser"]}
TITLES = {
    "lint": "Lint", "types": "Types", "contracts": "Architecture contracts", "sqlite": "Tests on SQLite, browser included",
    "postgres": "Tests on PostgreSQL",
}  # fmt: skip


def _bytecode() -> dict[str, str]:
    """Who forbids Python to leave bytecode beside the sources has it kept in the environment: without any, every worker and every
    server that a test starts would compile everything anew, six seconds each."""
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return {}
    folder = os.environ.get("PYTHONPYCACHEPREFIX") or str(BIN.parent / "bytecode")
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}


def _heading(text: str) -> None:
    print(f"\n=== {text} ===", flush=True)


def _summary(results: dict[str, Result], seconds: float) -> int:
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
