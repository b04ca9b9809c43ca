#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shipped configuration, as a new user runs it: everything of the design's table is recorded and answered."""
import re
import subprocess
import time

from daemon import KYMO, SOURCE, Daemon, expect, kymo as command, main, wait_for

AT_ONCE = """
system.memory.used system.memory.total system.memory.free system.memory.percentage
system.load.1m system.load.5m system.load.15m system.uptime
process.pid process.uptime process.memory.rss process.memory.heap_total process.memory.heap_used process.memory.external
process.handles.active process.requests.active
websocket.connections.total websocket.connections.active websocket.messages.sent websocket.messages.received
websocket.bytes.sent websocket.bytes.received
api.requests.total api.requests.successful api.requests.failed
business.gateway.checks business.violations business.retrospectives business.patterns.matched business.users.active
data.size.total data.size.hot data.size.warm data.size.cold data.files.total data.files.hot data.files.warm data.files.cold
kymo.collector.collections.total kymo.collector.errors.total kymo.collector.samples.total
""".split()
LATER = "system.cpu.usage process.cpu.usage process.eventloop.utilization data.growth.rate".split()


def shipped():
    """config/kymo.yaml with its address and folders moved out of everybody's way."""
    text = (SOURCE / "config" / "kymo.yaml").read_text()
    text, n = re.subn(r"127\.0\.0\.1:9465", "127.0.0.1:0", text)
    expect(n >= 1, "the shipped file names its address")
    return text


def shipped_daemon():
    daemon = Daemon("", start=False)
    daemon.file.write_text(shipped())
    daemon.env.update(KYMO_STORE=str(daemon.store), XDG_RUNTIME_DIR=str(daemon.folder))
    daemon.run = daemon.folder / "kymo"
    daemon.env["KYMO_EVENTS"] = str(daemon.run / "events")
    return daemon.start()


def records_every_metric_of_the_table():
    with shipped_daemon() as kymo:
        wait_for("all metrics", lambda: set(AT_ONCE + LATER) <= {
            item["name"] for item in kymo.get("/kymo/v1/metrics")["metrics"]}, 60)
        for item in kymo.get("/kymo/v1/metrics")["metrics"]:
            expect(item["help"] and item["type"] in ("gauge", "counter", "histogram"), f"no help or type: {item}")
        for name in LATER:
            wait_for(name, lambda name=name: kymo.latest(name))
        usage = kymo.latest("system.cpu.usage")[()]
        expect(0 <= usage <= 100, f"system.cpu.usage {usage}")
        total, used = kymo.latest("system.memory.total")[()], kymo.latest("system.memory.used")[()]
        meminfo = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read()).group(1)) * 1024
        expect(total == meminfo and 0 < used < total, f"memory: {used} of {total}, /proc says {meminfo}")
        expect(kymo.latest("process.pid")[()] == kymo.process.pid, "process.pid is the daemon")


def every_second_is_there():
    with shipped_daemon() as kymo:
        wait_for("eight seconds", lambda: len((kymo.samples("system.uptime") or [({}, [])])[0][1]) >= 8)
        times = [at for at, _ in kymo.samples("system.uptime")[0][1]]
        grid = [at for at in times if at % 1000 == 0]
        expect(len(grid) >= len(times) - 1, f"one sample off the grid at the start, no more: {times}")
        expect(all(b - a == 1000 for a, b in zip(grid, grid[1:])), f"every second: {grid}")


def first_collect_comes_at_once():
    begin = time.time() * 1000
    with shipped_daemon() as kymo:
        first = wait_for("a sample", lambda: kymo.samples("system.uptime"))[0][1][0][0]
        expect(first - begin < 900, f"the first sample came {first - begin:.0f} ms after the start")


def commands_answer():
    with shipped_daemon() as kymo:
        wait_for("samples", lambda: kymo.latest("system.cpu.usage"))
        for words, expected in [
            (("latest", "system.*"), "system.memory.total"),
            (("list", "system.*"), "gauge"),
            (("stats",), "uptime"),
            (("stats", "system.memory.used"), "P99"),
            (("snapshot",), "system"),
            (("maintain",), "closed"),
            (("query", "--name", "system.cpu.usage", "--last", "5m", "--function", "avg", "--step", "30s"), "system.cpu.usage"),
            (("plugin", "list"), "websocket"),
        ]:
            text = kymo.cli(*words)
            expect(expected in text, f"kymo {' '.join(words)} says: {text}")


def shipped_file_is_valid_and_described():
    done = subprocess.run([KYMO, "check", SOURCE / "config" / "kymo.yaml"], capture_output=True, text=True)
    expect(done.returncode == 0, done.stdout + done.stderr)
    text = command("describe")
    for key in ("retention", "out_of_order", "listen", "series_per_metric"):
        expect(key in text, f"describe leaves out {key}")
    expect("root" in command("describe", "system"), "describe system names its option")


main([records_every_metric_of_the_table, every_second_is_there, first_collect_comes_at_once, commands_answer,
      shipped_file_is_valid_and_described])
