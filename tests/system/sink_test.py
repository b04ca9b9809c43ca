#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The jsonl sink: what is stored is also written, one object a line, tiers too."""
import json
import pathlib

from daemon import Daemon, expect, main, wait_for

YAML = """defaults: {interval: 200ms}
plugins:
  - plugin: system
sinks:
  - plugin: jsonl
    tiers: [raw, 1m]
    with: {path: "{store}-lines"}
"""


def lines(folder):
    return [json.loads(line) for path in sorted(pathlib.Path(folder).glob("*.jsonl")) for line in path.read_text().splitlines()]


def raw_lines_equal_the_store():
    with Daemon(YAML) as kymo:
        folder = pathlib.Path(f"{kymo.store}-lines")
        wait_for("lines", lambda: len(lines(folder / "raw" / "system.uptime")) >= 10)
        kymo.stop()
        written = {entry["value"] for entry in lines(folder / "raw" / "system.uptime")}
        kymo.start()
        stored = {value for _, value in kymo.samples("system.uptime")[0][1]}
        expect(written <= stored, f"only written: {written - stored}")


def sink_that_cannot_write_does_not_stop_collecting():
    with Daemon("plugins:\n  - plugin: system\n    interval: 100ms\n", start=False) as kymo:
        kymo.write(YAML)
        kymo.start()
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        folder = pathlib.Path(f"{kymo.store}-lines")
        wait_for("lines", lambda: lines(folder / "raw" / "system.uptime"))
        count = len(kymo.samples("system.uptime")[0][1])
        wait_for("more samples", lambda: len(kymo.samples("system.uptime")[0][1]) > count + 5)


main([raw_lines_equal_the_store, sink_that_cannot_write_does_not_stop_collecting])
