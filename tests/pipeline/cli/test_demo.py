"""The demo."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pipeline.cli.tools import Process


def test_three_jobs_come_through(home: Path, process: Process) -> None:
    # Whatever servers are configured: the demo is the embedded default.
    hostile = {
        "MONGODB_URI": "mongodb://nowhere.invalid/x",
        "AMQP_URL": "amqp://nowhere.invalid/",
        "REDIS_URL": "redis://nowhere.invalid/",
        "PARTNER_POLLING_ENABLED": "false",
        "SATLOC_RATE_LIMIT": "wrong",
    }
    (home / ".env").write_text("PARTNER_SYNC_ENABLED=false\n")
    done = process("demo", "--json", env={**os.environ, **hostile})
    assert done.returncode == 0, done.stderr
    flown = json.loads(done.stdout)
    assert [each["job"] for each in flown] == ["4711 North 40", "4712 Levee", "4713 Pond"]
    for each in flown:
        assert (each["status"], each["decision"]) == ("processed", "matched")
        assert "file name, job label, aircraft, overlap" in each["because"]
        # What is sprayed is the field and its edges, at about the rate that is set.
        assert 15 < each["area"] < 40
        assert 28 < each["rate"] < 32
    for word in ("simulated SatLoc", "uploaded as 70001", "downloaded", "processed"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_look_further(home: Path, process: Process) -> None:
    shown = process("demo", "--folder", "trial")
    assert shown.returncode == 0, shown.stderr
    rows = shown.stdout.splitlines()
    assert rows[0].split() == [
        *("job", "aircraft", "log", "area,", "ha", "rate,", "L/ha", "decision", "because")
    ]
    assert [row.split()[0] for row in rows[1:] if row[0] != " "] == ["4711", "4712", "4713"]
    # As it says: the default settings find database and logs in that folder.
    listed = process("logs", "list", "--json", cwd=home / "trial")
    assert [log["status"] for log in json.loads(listed.stdout)] == ["processed"] * 3
    log = json.loads(listed.stdout)[0]["id"]
    stored = json.loads(process("logs", "show", log, "--json", cwd=home / "trial").stdout)
    assert (home / "trial" / "satloc-logs" / stored["log"]["savedLocalFile"]).is_file()


def test_replaces_only_when_told(home: Path, process: Process) -> None:
    (home / "mine").mkdir()
    (home / "mine" / "notes.txt").write_text("mine")
    (home / "mine" / "satlog-pipeline.db").write_text("no database at all")
    refused = process("demo", "--folder", "mine")
    assert refused.returncode == 2
    assert "give --overwrite or another --folder" in refused.stderr
    assert (home / "mine" / "satlog-pipeline.db").read_text() == "no database at all"
    assert process("demo", "--folder", "mine", "--overwrite").returncode == 0
    assert (home / "mine" / "notes.txt").read_text() == "mine"
