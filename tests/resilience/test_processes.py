"""``lms serve --processes``: several processes answer at one address, and none is left when the first is killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.support.servers import ROOT, ProcessServer


def _children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in listed.stdout.split()]


def _wait(met: object, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not met():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.1)


def test_several_processes_share_one_address_and_end_together(server_process: ProcessServer, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from lms.cli import main; main()", "serve", "--processes", "2"]
    first = subprocess.Popen(command, cwd=ROOT, env=server_process._environment, stdout=server_process.log.open("wb"))
    try:
        _wait(server_process._answers)
        others = _children(first.pid)
        assert len(others) == 2  # another one for pages, and the worker
        for _ in range(12):
            with urllib.request.urlopen(f"{server_process.url}/healthz", timeout=20) as answer:
                assert answer.status == 200
    finally:
        first.kill()
        first.wait(20)

    def gone() -> bool:
        with socket.socket() as trying:
            return trying.connect_ex(("127.0.0.1", server_process.port)) != 0

    _wait(gone)
    _wait(lambda: all(_is_dead(pid) for pid in others), 20)  # the worker may finish its job


def _is_dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return True
