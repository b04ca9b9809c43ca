#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reloads: untouched collectors miss no tick, nothing grows, a broken file changes nothing."""
import os
import signal
import time

from daemon import SANITIZE, Daemon, expect, main, wait_for

COLLECTORS = """plugins:
  - plugin: system
  - plugin: process
  - plugin: process
    name: fast
    interval: {interval}
"""


def gaps(points, step):
    """Distances between neighbours that are not the step."""
    times = [at for at, _ in points]
    return [(a, b) for a, b in zip(times, times[1:]) if b - a != step]


def on_the_grid(points, step):
    """The first collect comes at once, the rest on the grid."""
    return [point for point in points if point[0] % step == 0]


def threads(kymo):
    return len(os.listdir(f"/proc/{kymo.process.pid}/task"))


def two_hundred_reloads_miss_nothing():
    with Daemon(COLLECTORS.format(interval="5s")) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for n in range(10):     # caches and arenas find their size
            kymo.write(COLLECTORS.format(interval=f"{5 + n % 2}s"))
            kymo.reload()
        before = (kymo.status("VmRSS"), kymo.fds(), threads(kymo))
        for n in range(200):
            kymo.write(COLLECTORS.format(interval=f"{5 + n % 2}s"))
            log = kymo.reload()
            expect("2 kept" in log, f"reload {n}: {log}")
        after = (kymo.status("VmRSS"), kymo.fds(), threads(kymo))
        time.sleep(1.2)         # one more tick behind the last reload
        series = kymo.samples("system.uptime", last="10m")
        points = on_the_grid(series[0][1], 1000)
        expect(len(series) == 1 and len(points) >= 3, f"series: {series}")
        expect(not gaps(points, 1000), f"missing ticks: {gaps(points, 1000)}")
        missed = {item["name"]: item["missed"] for item in kymo.get("/kymo/v1/instances")["instances"]}
        expect(missed["system"] == 0, f"missed ticks: {missed}")
        expect(after[1] <= before[1] + 3, f"fds: {before[1]} before, {after[1]} after 200 reloads")
        expect(after[2] <= before[2], f"threads: {before[2]} before, {after[2]} after")
        expect(SANITIZE or after[0] - before[0] < 1024, f"resident kB: {before[0]} before, {after[0]} after 200 reloads")


def broken_file_changes_nothing():
    with Daemon(COLLECTORS.format(interval="5s")) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        kymo.write("plugins:\n  - plugin: system\n    intervall: 5s\n  - plugin: nonesuch\nhtpp: {}\n")
        log = kymo.reload()
        for words in ("is not applied", "intervall", "htpp"):
            expect(words in log, f"\"{words}\" is not in: {log}")
        expect("\\x0a" not in log and len(log.splitlines()) >= 3, f"a line for each reason: {log}")
        text = kymo.cli("reload", status=1)
        expect(f"{kymo.file}:" in text and "intervall" in text, f"the caller is told: {text}")
        names = {item["name"] for item in kymo.get("/kymo/v1/instances")["instances"]}
        expect({"system", "process", "fast"} <= names, f"instances: {names}")
        kymo.write("plugins:\n  - plugin: system\n  - plugin: nonesuch\n")
        text = kymo.cli("reload", status=1)
        expect("nonesuch" in text, f"an unknown plugin is named: {text}")


def plan_shows_and_changes_nothing():
    with Daemon(COLLECTORS.format(interval="5s")) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        kymo.write("plugins:\n  - plugin: system\n    interval: 2s\n  - plugin: websocket\n")
        text = kymo.cli("plan", kymo.file)
        for words in ("websocket", "start", "fast", "stop", "1s", "2s"):
            expect(words in text, f"\"{words}\" is not in: {text}")
        names = {item["name"] for item in kymo.get("/kymo/v1/instances")["instances"]}
        expect("fast" in names and "websocket" not in names, f"instances: {names}")
        text = kymo.cli("reload")
        expect("websocket" in text, f"reload says: {text}")
        wait_for("websocket", lambda: kymo.latest("websocket.connections.active"))


def other_settings_reload_too():
    with Daemon("") as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        old = kymo.port
        head = kymo.head
        kymo.head = head.replace("127.0.0.1:0", "127.0.0.2:0")
        kymo.head = kymo.head.replace('store: {{path: "{store}"}}',
                                      'store: {{path: "{store}", retention: {{raw: 2h}}}}')
        kymo.write("log: {level: debug}\nlabels: {site: b}\nlimits: {series: 5000}\n")
        seen = len(kymo.log())
        text = kymo.cli("reload")
        wait_for("the new address", lambda: "127.0.0.2:" in kymo.log()[seen:])
        try:
            kymo.request("GET", "/-/healthy")
            refused = False
        except OSError:
            refused = True
        expect(refused or old != kymo.port, f"the old address still answers: {text}")
        status, text = kymo.request("GET", "/kymo/v1/latest?name=system.uptime", control=True)
        expect(status == 200, text)
        wait_for("the new label", lambda: '"site":"b"' in kymo.request(
            "GET", "/kymo/v1/latest?name=system.uptime", control=True)[1])
        tiers = kymo.request("GET", "/kymo/v1/tiers", control=True)[1]
        expect("7200000" in tiers, f"the retention of raw: {tiers}")


def store_path_needs_a_restart():
    with Daemon("") as kymo:
        kymo.head = kymo.head.replace("{store}", "{store}-elsewhere")
        kymo.write("")
        text = kymo.cli("reload", status=1)
        expect("store.path" in text and "restart" in text, text)


def a_missing_file_is_reported():
    with Daemon("") as kymo:
        kymo.file.unlink()
        text = kymo.cli("reload", status=1)
        expect(str(kymo.file) in text, text)
        kymo.process.send_signal(signal.SIGHUP)
        wait_for("samples", lambda: kymo.latest("system.uptime"))


main([two_hundred_reloads_miss_nothing, broken_file_changes_nothing, plan_shows_and_changes_nothing,
      other_settings_reload_too, store_path_needs_a_restart, a_missing_file_is_reported])
