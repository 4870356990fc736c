"""A real Chromium: found on PATH or named in ``CHROMIUM``, on Debian as root installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.postgres import Unavailable

PACKAGES = ("chromium-headless-shell", "chromium")
"""The first is Chromium without windows: the same engine, less to fetch and to start."""
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--disable-features=RenderDocument",  # a frame made anew for every page costs a third of going there
]


def find() -> str | None:
    """The program, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        program = shutil.which(named)
        if program is None:
            raise Unavailable(f"CHROMIUM names {named!r}, which is not a program.")
        return program
    found = next((program for name in NAMES if (program := shutil.which(name))), None)
    return found or (str(MAC) if MAC.exists() else None)


def provide() -> str:
    """The program; on Debian and its children root installs one of :data:`PACKAGES` where there is none.

    Raises:
        Unavailable: it cannot be had; the message names the package.
    """
    program = find()
    if program is None and Path("/etc/debian_version").exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=environment, stdout=subprocess.DEVNULL, check=False)
        for package in PACKAGES:
            print(f"Installing the package {package} ...", flush=True)
            install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", package]
            subprocess.run(install, env=environment, stdout=subprocess.DEVNULL, check=False)
            if program := find():
                break
    if program is None:
        raise Unavailable(
            "Chromium cannot be had. Install it (Debian: apt-get install chromium) or set CHROMIUM to the program."
        )
    return program
