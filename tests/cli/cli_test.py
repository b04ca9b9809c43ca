#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line and the real daemon: each command asks what the daemon understands, and prints what it says."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import KYMO, SOURCE, Daemon, expect, kymo as command, main, wait_for  # noqa: E402

YAML = """
plugins:
  - plugin: system
    interval: 100ms
  - plugin: api
    interval: 200ms
"""


def run(*words, env=None, status=0):
    done = subprocess.run([KYMO, *map(str, words)], capture_output=True, text=True, env=env, timeout=120)
    expect(done.returncode == status, f"kymo {words}: {done.returncode} instead of {status}\n{done.stdout}{done.stderr}")
    return done


def rows(text):
    return [re.split(r"  +", line) for line in text.splitlines()]


def usage_and_version():
    expect(re.fullmatch(r"kymo \d+\.\d+\.\d+\n", command("--version")), "the version")
    for word in ("--help", "help", "-h"):
        expect("usage: kymo COMMAND" in command(word), word)
    for name in re.findall(r"^  (\w+)  ", command("--help"), re.M):
        text = command(name, "--help")
        expect(text.startswith(f"usage: kymo {name}"), text)
    expect("usage" in command(status=2), "no command is wrong usage")


def unknown_commands_are_wrong_usage():
    for words, said in [(("qurey",), 'did you mean "query"'), (("nonsense",), "there is no command"),
                        (("check",), "FILE is missing"), (("check", "a", "b"), "one word too many"),
                        (("plugin",), "is missing"), (("plugin", "remove"), "plugin list"), (("serve", "file"), "one word too many")]:
        text = command(*words, status=2)
        expect(said in text and "usage: kymo" in text, f"{words}: {text}")


def values_come_back():
    with Daemon(YAML) as kymo:
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
    with Daemon(YAML) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for words, key in [(("list",), "metrics"), (("latest",), "series"), (("snapshot",), "groups"), (("stats",), "store"),
                           (("stats", "--instances"), "instances"), (("stats", "system.uptime"), "all"),
                           (("query", "system.uptime"), "series"), (("maintain", "close"), "closed_windows"),
                           (("plan", kymo.file), "changes"), (("reload",), "changes")]:
            expect(key in json.loads(kymo.cli(*words, "--json")), f"{words}: {key}")


def the_daemon_and_its_store_are_told_of():
    with Daemon(YAML) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        text = kymo.cli("stats")
        for words in ("uptime", "collectors", "samples stored", "TIER", "raw", "1h", "memory for them"):
            expect(words in text, f"{words}: {text}")
        table = rows(kymo.cli("stats", "--instances"))
        expect(sorted(row[:4] for row in table[1:]) == [["api", "api", "collector", "200ms"],
                                                        ["system", "system", "collector", "100ms"]], table)
        text = kymo.cli("maintain")
        expect("windows closed" in text and "took" in text, text)
        text = kymo.cli("maintain", "flush", "expire")
        expect(re.search(r"samples flushed +\d", text), text)


def changes_are_planned_and_made():
    with Daemon(YAML) as kymo:
        kymo.write(YAML.replace("100ms", "300ms") + "  - plugin: websocket\n")
        for words in (("plan", kymo.file), ("reload",)):
            text = kymo.cli(*words)
            expect(re.search(r"start +websocket", text) and "100ms" in text and "300ms" in text, text)
        expect("no instance changes" in kymo.cli("reload"), "it is done")
        kymo.write(YAML + "  - plugin: nonesuch\nhtpp: 5\n")
        for words in (("plan", kymo.file), ("reload",)):
            text = kymo.cli(*words, status=1)
            expect(text.startswith(f"{kymo.file}:") and "htpp" in text, text)
        text = kymo.cli("plan", "/nonesuch.yaml", status=1)
        expect("/nonesuch.yaml" in text and "No such file" in text, text)
        done = run("reload", "--url", f"http://127.0.0.1:{kymo.port}", status=1)
        expect("control socket" in done.stderr, f"over TCP: {done.stderr}")


def what_the_daemon_refuses_is_told():
    with Daemon(YAML) as kymo:
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


def recording_finds_its_socket():
    with Daemon(YAML) as kymo, tempfile.TemporaryDirectory() as folder:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("KYMO_")}
        clean["XDG_RUNTIME_DIR"] = folder
        ways = [(("--socket", kymo.run / "control"), clean), (("--url", f"http://127.0.0.1:{kymo.port}"), clean),
                ((), {**clean, "KYMO_EVENTS": str(kymo.run / "events")})]
        for words, env in ways:
            run("record", "api.request", "5", "endpoint=/a", "status=200", *words, env=env)
        (pathlib.Path(folder) / "kymo").symlink_to(kymo.run)
        run("record", "api.request", "-1.5", "endpoint=/b", "status=404", env=clean)
        run("record", "api.request", "endpoint=/c", "status=200", env=clean)
        wait_for("all of them", lambda: kymo.latest("api.requests.total") == {(): 5})
        expect(kymo.latest("api.requests.failed") == {(): 1}, "with their labels")
        text = kymo.cli("latest", "api.endpoint.requests")
        expect(re.search(r'^api\.endpoint\.requests\{endpoint="/a"\} +3  requests  20\d\d-', text, re.M), text)
        for words, env in [(("--socket", f"{folder}/none/control"), clean), ((), {**clean, "KYMO_EVENTS": f"{folder}/none"})]:
            done = run("record", "a", *words, env=env, status=1)
            expect("no kymo takes events at" in done.stderr and "none" in done.stderr, done.stderr)
        done = run("record", "nobody.wants.this", "--url", f"http://127.0.0.1:{kymo.port}", env=clean)
        expect("no collector takes" in done.stderr, done.stderr)
        expect("larger than a datagram" in run("record", "x" * 70000, env=clean, status=1).stderr, "too large")


def check_prints_every_error():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "kymo.yaml"
        file.write_text(f"store: {{path: {folder}/store}}\nplugins:\n  - plugin: system\n  - plugin: api\n    name: requests\n")
        expect(f"{file} is good: 2 collectors, 0 sinks\n" == command("check", file), "a good one")
        expect(json.loads(command("check", file, "--json"))["ok"], "also as JSON")
        file.write_text("plugins:\n  - plugin: system\n    intervall: 1s\nhtpp: {}\n")
        text = command("check", file, status=1)
        expect(re.search(rf"^{file}:3:5: .*intervall", text, re.M) and re.search(rf"^{file}:4:1: .*htpp", text, re.M), text)
        answer = json.loads(command("check", file, "--json", status=1))
        expect(not answer["ok"] and len(answer["errors"]) == 2, answer)
        file.write_text("htpp: {}\nplugins:\n  - {plugin: system, with: {rot: x}}\n  - {plugin: data.so}\n  - {plugin: nonesuch}\n")
        text = command("check", file, status=1)
        for words in (":1:1: .*htpp", ":3:29: .*rot", ":4:14: .*is not a name", ":5:5: .*nonesuch"):
            expect(re.search(rf"^{file}{words}", text, re.M), f"{words}, also what only plugins know: {text}")
        expect(len(text.splitlines()) == 4, f"each once: {text}")
        expect(command("serve", "--config", file, status=1) == text, "the daemon says the same")
        expect("No such file" in command("check", f"{folder}/nonesuch", status=1), "a missing one")


def describe_and_plugins_need_no_daemon():
    text = command("plugin", "list")
    heads, *rows = text.splitlines()
    expect(heads.split() == ["PLUGIN", "VERSION", "KIND", "WHAT", "FILE"], heads)
    names = {row.split()[0]: row.split()[2] for row in rows}
    expect({"system", "process", "api", "websocket", "business", "data", "custom"} <= set(names), names)
    expect(names["jsonl"] == "sink" and names["system"] == "collector", names)
    shown = json.loads(command("plugin", "show", "api", "--json"))
    expect("api.requests.total" in [metric["name"] for metric in shown["metrics"]] and shown["events"] == ["api.request"], shown)
    expect("window" in command("describe", "api") and "api.requests.total" in command("plugin", "show", "api"), "the same as text")
    expect("retention" in command("describe"), "the configuration")
    expect("nonesuch" in command("describe", "nonesuch", status=1), "an unknown one is named")


def serve_tells_what_it_does():
    with tempfile.TemporaryDirectory() as folder:
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(f"{folder}/notify")
        manager.settimeout(60)
        with Daemon(YAML, env={"NOTIFY_SOCKET": f"{folder}/notify"}) as kymo:
            expect(manager.recv(200) == b"READY=1", "ready")
            log = kymo.log()
            for line in (rf"kymo \d\S+, configuration {kymo.file}\n", rf"store {kymo.store}: \d+ series",
                         r"collector system every 100ms: system \d",
                         r"collector api every 200ms: api \d", rf"listening on {kymo.run}/control", rf"listening on http://127.0.0.1:{kymo.port}\n"):
                expect(re.search(line, log), f"{line} is not in:\n{log}")
            kymo.reload()
            expect(re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", manager.recv(200)), "reloading")
            expect(manager.recv(200) == b"READY=1", "ready again")
            expect(kymo.stop() == 0, "it ends in order")
            expect(manager.recv(200) == b"STOPPING=1", "stopping")
            expect(not (kymo.run / "control").exists() and not (kymo.run / "events").exists(), "no socket stays behind")
            kymo.start()
            expect(kymo.stop(signal.SIGINT) == 0, "SIGINT too")
            expect(re.search(rf"store {kymo.store}: \d\d+ series", kymo.log()), kymo.log())
        done = run("serve", "--config", f"{folder}/nonesuch.yaml", status=1)
        expect("nonesuch.yaml" in done.stderr and "No such file" in done.stderr, done.stderr)
        manager.close()


def readme_commands_work():
    """Each `build/kymo` line of README.md that asks a daemon, word for word."""
    text = (SOURCE / "README.md").read_text()
    lines = re.findall(r"^    build/kymo ([^#\n]*)", text, re.M)
    expect(len(lines) >= 5, f"lines: {lines}")
    with Daemon(YAML, env={"TZ": "UTC0"}) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for line in lines:
            if "queue.depth" in line:
                continue        # the plugin of the reader
            done = subprocess.run(f"'{KYMO}' {line}", shell=True, capture_output=True, text=True, cwd=SOURCE,
                                  env={**kymo.env, "KYMO_URL": str(kymo.run / "control")})
            expect(done.returncode == 0, f"{line}: {done.returncode} {done.stderr}")
        wait_for("the recorded request", lambda: kymo.latest("api.requests.total").get(()) == 1)


main([usage_and_version, unknown_commands_are_wrong_usage, values_come_back, json_is_what_http_says,
      the_daemon_and_its_store_are_told_of, changes_are_planned_and_made, what_the_daemon_refuses_is_told,
      recording_finds_its_socket, check_prints_every_error, describe_and_plugins_need_no_daemon, serve_tells_what_it_does,
      readme_commands_work])
