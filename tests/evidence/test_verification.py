"""Whatever somebody does to a pack is found and named, with nothing but the file."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lms.cli import main
from lms.evidence.folder import json_file, zipped
from lms.evidence.verification import verify

PackOf = Callable[..., bytes]
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def _built() -> list[bytes]:
    return []


@pytest.fixture
def whole(request: pytest.FixtureRequest, _built: list[bytes]) -> bytes:
    """A pack about two people, built when it is first asked for: what is done to its bytes asks for no hospital."""
    if not _built:
        _built.append(request.getfixturevalue("pack_of")(numbers=("learner", "manager")))
    return _built[0]


def files(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def packed(parts: Files) -> bytes:
    """A ZIP as somebody would make it who changed a file and nothing else."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, data in parts.items():
            pack.writestr(name, data)
    return out.getvalue()


def resealed(parts: Files) -> bytes:
    """The same by somebody clever enough to write the MANIFEST anew."""
    return zipped({name: data for name, data in parts.items() if name != "MANIFEST"})


def said(data: bytes) -> list[str]:
    return [str(fault) for fault in verify(data).faults]


def with_entry(parts: Files, change: Callable[[Any], None]) -> bytes:
    entries = json.loads(parts["audit/entries.json"])
    change(entries)
    return resealed(parts | {"audit/entries.json": json_file(entries)})


def test_a_whole_pack_is_whole(pack_of: PackOf) -> None:
    whole = pack_of(numbers=("learner", "manager"))
    checked = verify(whole)
    assert checked.faults == []
    assert checked.files > 10 and checked.links > 0 and checked.entries > 0
    assert said(packed(files(whole))) == [], "packing it again loses nothing"


def test_every_single_file_is_watched(whole: bytes) -> None:
    parts = files(whole)
    for name in parts.keys() - {"MANIFEST"}:
        changed = said(packed(parts | {name: parts[name] + b" "}))
        assert f"{name} was changed: its SHA-256 is not the one in the MANIFEST." in changed, changed
        missing = said(packed({other: data for other, data in parts.items() if other != name}))
        assert f"{name} is missing; the MANIFEST names it." in missing, missing


def test_files_that_are_added_twice_or_unnamed(whole: bytes) -> None:
    parts = files(whole)
    extra = said(packed(parts | {"people/extra.json": b'{"records": []}'}))
    assert "people/extra.json was added; the MANIFEST does not name it." in extra
    out = io.BytesIO(whole)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as pack:
        pack.writestr("README.txt", b"another")
    assert "README.txt is in the pack twice." in said(out.getvalue())


def test_a_manifest_that_is_gone_or_no_manifest(whole: bytes) -> None:
    parts = files(whole)
    assert "The pack has no MANIFEST." in said(packed({n: d for n, d in parts.items() if n != "MANIFEST"}))
    assert "MANIFEST line 1 is not a SHA-256 and a name." in said(
        packed(parts | {"MANIFEST": b"hello\n" + parts["MANIFEST"]})
    )


def test_damage_of_the_zip_itself(whole: bytes) -> None:
    assert said(b"not a pack") == ["This is not a ZIP file, or its end is missing."]
    assert said(whole[: len(whole) // 2]) == ["This is not a ZIP file, or its end is missing."]
    middle = whole.index(b"summary.pdf") + 400
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    assert any("summary.pdf" in fault for fault in said(flipped))


def test_a_score_that_was_improved_with_a_new_manifest(whole: bytes, pack_of: PackOf) -> None:
    """The audit log sealed what was awarded: whoever changes the record has to break the chain."""
    parts = files(whole)
    name = next(name for name in parts if name.startswith("people/learner"))
    person = json.loads(parts[name])
    entries = json.loads(parts["audit/entries.json"])
    awarded = next(entry for entry in entries if entry["content"]["action"] == "record.award")
    record = next(each for each in person["records"] if each["id"] == awarded["content"]["subject"])
    record["score"] = 12.5
    found = said(resealed(parts | {name: json_file(person)}))
    assert found == [f"{name}: record {record['id']} is not what the audit log says was awarded."]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda entries: entries[0].update(reason="Because"), "(before, after or reason) was changed"),
        (lambda entries: entries[0].update(origin_value="10.0.0.1"), "says it came from was changed"),
        (lambda entries: entries[0]["content"].update(actor=99), "is not the one at place"),
        (
            lambda entries: entries[0]["content"].update(at="2020-01-01T00:00:00.000000+00:00"),
            "is not the one at place",
        ),
        (lambda entries: entries[0].update(place=entries[0]["place"] + 1), "is not the one at place"),
        (lambda entries: entries[0].update(values="0" * 64), "is not the one at place"),
        (lambda entries: entries[0].update(link="0" * 64), "is not the one at place"),
        (lambda entries: entries[0].update(pseudonymised=True, reason="Because"), "the chain does not say so"),
        (lambda entries: entries.pop(), "pack.json says"),
    ],
)
def test_an_audit_entry_that_was_changed_with_a_new_manifest(
    whole: bytes, change: Callable[[Any], None], words: str
) -> None:
    found = said(with_entry(files(whole), change))
    assert any(words in fault for fault in found), found


def test_a_chain_that_was_changed_with_a_new_manifest(whole: bytes) -> None:
    parts = files(whole)
    lines = parts["audit/chain.csv"].decode().splitlines(keepends=True)
    place, digest = lines[1].strip().split(",")
    flipped = f"{place},{digest[::-1]}\n"
    for changed in (
        [lines[0], flipped, *lines[2:]], [lines[0], *lines[2:]], [*lines, f"{len(lines)},{'0' * 64}\n"], lines[:-1],
    ):  # fmt: skip
        found = said(resealed(parts | {"audit/chain.csv": "".join(changed).encode()}))
        assert any("audit/chain.csv" in fault for fault in found), found


def test_nonsense_inside_is_a_fault_and_not_a_crash(whole: bytes) -> None:
    parts = files(whole)
    for name, data in (
        ("pack.json", b"[]"),
        ("pack.json", b"{"),
        ("audit/entries.json", b"{}"),
        ("audit/chain.csv", b"a,b,c\n1\n"),
    ):
        assert said(resealed(parts | {name: data})), name


def test_the_command_works_offline_and_without_a_database(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMS_DATABASE_URL", "postgresql://nowhere.invalid/none")
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(socket.socket, "connect", lambda *to: pytest.fail(f"asks the network: {to}"))
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(whole)
    parts = files(whole)
    bad.write_bytes(packed(parts | {"pack.json": parts["pack.json"] + b"\n"}))
    told = CliRunner().invoke(main, ["evidence", "verify", str(good)])
    assert told.exit_code == 0 and "all whole" in told.output, told.output
    told = CliRunner().invoke(main, ["evidence", "verify", str(bad)])
    assert told.exit_code == 1 and "pack.json was changed" in told.output
    assert not (tmp_path / "none").exists()


def test_the_command_builds_the_same_bytes_twice(
    hospital: Any, database_url: str, config: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMS_DATABASE_URL", database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(config.data_dir))
    (tmp_path / "sample.txt").write_text("learner\nnobody\n")
    common = [
        "evidence",
        "build",
        "--numbers",
        str(tmp_path / "sample.txt"),
        "--as-of",
        "2026-06-15",
        "--known-at",
        "2026-11-01T00:00:00Z",
    ]
    for name in ("one.zip", "two.zip"):
        told = CliRunner().invoke(main, [*common, "--out", str(tmp_path / name)])
        assert told.exit_code == 0 and "Nobody has the number nobody." in told.output, told.output
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert said((tmp_path / "one.zip").read_bytes()) == []
    later = CliRunner().invoke(main, [*common[:-1], "2990-01-01", "--out", str(tmp_path / "x.zip")])
    assert later.exit_code == 1 and "has come" in later.output
    nobody = CliRunner().invoke(main, ["evidence", "build", "--number", "nobody", "--out", str(tmp_path / "x.zip")])
    assert nobody.exit_code == 1 and "Nobody is found" in nobody.output
    assert not (tmp_path / "x.zip").exists()
