#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands against the real daemon: each asks what the daemon understands, and prints what it says."""
import json
import re
import subprocess
import time

from daemon import KYMO, SOURCE, Daemon, expect, main, wait_for

COLLECTORS = """
plugins:
  - plugin: system
    interval: 100ms
  - plugin: api
    interval: 100ms
"""


def rows(text):
    return [re.split(r"  +", line) for line in text.splitlines()]


def values_come_back():
    with Daemon(COLLECTORS) as kymo:
        wait_for("samples", lambda: len((kymo.samples("system.uptime") or [({}, [])])[0][1]) > 5)
        table = rows(kymo.cli("latest", "system.memory.*", "system.uptime"))
        expect(table[0] == ["SERIES", "VALUE", "UNIT", "AT"], table)
        expect({"system.memory.total", "system.uptime"} <= {row[0] for row in table}, table)
        table = rows(kymo.cli("query", "system.uptime", "--last", "1m"))
        expect(table[0] == ["system.uptime"] and table[1] == ["AT", "VALUE"] and len(table) > 5, table)
        # A time as it is printed is a time that is taken.
        again = rows(kymo.cli("query", "system.uptime", "--start", table[4][0]))
        expect(again[2][0] == table[5][0], f"{table[4][0]} is left out, {again[2]} is the next")
        average = rows(kymo.cli("query", "--name", "system.uptime", "--last=1m", "--function", "avg", "--label", "x!=y"))
        expect(len(average) == 3, average)
        table = rows(kymo.cli("list", "system.load.*"))
        expect(len(table) == 4 and table[1][:2] == ["system.load.15m", "gauge"], table)
        table = rows(kymo.cli("stats", "system.uptime", "--last", "1m"))
        expect(table[0][:3] == ["SERIES", "COUNT", "MIN"] and int(table[1][1]) > 5 and len(table) == 2, table)
        text = kymo.cli("snapshot")
        expect("\nsystem\n" in text and "system.load.1m" in text, text)


def json_is_what_http_says():
    with Daemon(COLLECTORS) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for words, key in [(("list",), "metrics"), (("latest",), "series"), (("snapshot",), "groups"), (("stats",), "store"),
                           (("stats", "--instances"), "instances"), (("stats", "system.uptime"), "all"),
                           (("query", "system.uptime"), "series"), (("maintain", "close"), "closed_windows"),
                           (("plan", kymo.file), "changes"), (("reload",), "changes")]:
            expect(key in json.loads(kymo.cli(*words, "--json")), f"{words}: {key}")


def the_daemon_and_its_store_are_told_of():
    with Daemon(COLLECTORS) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        text = kymo.cli("stats")
        for words in ("uptime", "collectors", "samples stored", "TIER", "raw", "1h", "memory for them"):
            expect(words in text, f"{words}: {text}")
        table = rows(kymo.cli("stats", "--instances"))
        expect([row[:4] for row in table[1:]] == [["system", "system", "collector", "100ms"], ["api", "api", "collector", "100ms"]] or
               [row[:4] for row in table[1:]] == [["api", "api", "collector", "100ms"], ["system", "system", "collector", "100ms"]],
               table)
        text = kymo.cli("maintain")
        expect("windows closed" in text and "took" in text, text)
        text = kymo.cli("maintain", "flush", "expire")
        expect(re.search(r"samples flushed +\d", text), text)


def changes_are_planned_and_made():
    with Daemon(COLLECTORS) as kymo:
        kymo.write(COLLECTORS.replace("100ms", "200ms", 1) + "  - plugin: websocket\n")
        for words in (("plan", kymo.file), ("reload",)):
            text = kymo.cli(*words)
            expect(re.search(r"start +websocket", text) and "100ms" in text and "200ms" in text, text)
        expect("no instance changes" in kymo.cli("reload"), "it is done")
        kymo.write(COLLECTORS + "  - plugin: nonesuch\nhtpp: 5\n")
        for words in (("plan", kymo.file), ("reload",)):
            text = kymo.cli(*words, status=1)
            expect(text.startswith(f"{kymo.file}:") and "htpp" in text, text)
        text = kymo.cli("plan", "/nonesuch.yaml", status=1)
        expect("/nonesuch.yaml" in text and "No such file" in text, text)
        done = subprocess.run([KYMO, "reload", "--url", f"http://127.0.0.1:{kymo.port}"], capture_output=True, text=True)
        expect(done.returncode == 1 and "control socket" in done.stderr, f"over TCP: {done.stderr}")


def what_the_daemon_refuses_is_told():
    with Daemon(COLLECTORS) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for words, said in [
            (("query", "x", "--function", "mean"), "mean"), (("query", "x", "--last", "soon"), "soon"),
            (("query", "x", "--start", "now", "--end", "-1h"), ""), (("query", "x", "--label", "=a"), "filter"),
            (("query", "x", "--points", "0"), "points"), (("query", "x", "--step", "-5s"), "step"),
            (("query", "x", "--granularity", "2m"), "2m"), (("query", "x", "--start", "1", "--last", "1h"), "only one"),
            (("query", "x", "--label", "a=~("), ""), (("stats", "x", "--last", "soon"), "soon"),
        ]:
            text = kymo.cli(*words, status=1)
            expect(text.startswith("kymo: ") and said in text, f"{words}: {text}")


def an_event_arrives():
    with Daemon(COLLECTORS) as kymo:
        wait_for("samples", lambda: kymo.latest("api.requests.total"))
        kymo.cli("record", "api.request", "12.5", "endpoint=/login", "status=200")
        wait_for("the request", lambda: kymo.latest("api.requests.total").get(()) == 1)
        done = subprocess.run([KYMO, "record", "api.request", "1", "endpoint=/", "status=200", "--url",
                               f"http://127.0.0.1:{kymo.port}"], capture_output=True, text=True)
        expect(done.returncode == 0 and not done.stderr, done.stderr)
        wait_for("the other", lambda: kymo.latest("api.requests.total").get(()) == 2)
        done = subprocess.run([KYMO, "record", "nobody.cares", "--url", f"http://127.0.0.1:{kymo.port}"], capture_output=True,
                              text=True)
        expect(done.returncode == 0 and "no collector takes" in done.stderr, done.stderr)


def readme_commands_work():
    """Each `build/kymo` line of README.md that asks a daemon, word for word."""
    text = (SOURCE / "README.md").read_text()
    lines = re.findall(r"^    build/kymo ([^#\n]*)", text, re.M)
    expect(len(lines) >= 5, f"lines: {lines}")
    with Daemon(COLLECTORS, env={"TZ": "UTC0"}) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for line in lines:
            if "queue.depth" in line:
                continue        # the plugin of the reader
            done = subprocess.run(f"'{KYMO}' {line}", shell=True, capture_output=True, text=True, cwd=SOURCE,
                                  env={**kymo.env, "KYMO_URL": str(kymo.run / "control")})
            expect(done.returncode == 0, f"{line}: {done.returncode} {done.stderr}")
        begin = time.time()
        wait_for("the recorded request", lambda: kymo.latest("api.requests.total").get(()) == 1)
        expect(time.time() - begin < 60, "soon")


main([values_come_back, json_is_what_http_says, the_daemon_and_its_store_are_told_of, changes_are_planned_and_made,
      what_the_daemon_refuses_is_told, an_event_arrives, readme_commands_work])
