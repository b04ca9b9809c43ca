#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line: tables for people, JSON for programs, exit codes, and which daemon is asked."""
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
from daemon import KYMO, Daemon, expect, kymo as command, main, wait_for  # noqa: E402

YAML = "defaults: {interval: 200ms}\nplugins:\n  - plugin: system\n  - plugin: api\n"


def run(*words, env=None, status=0):
    done = subprocess.run([KYMO, *map(str, words)], capture_output=True, text=True, env=env, timeout=120)
    expect(done.returncode == status, f"kymo {words}: {done.returncode} instead of {status}\n{done.stdout}{done.stderr}")
    return done


def usage_and_version():
    expect(re.fullmatch(r"kymo \d+\.\d+\.\d+\n", command("--version")), "the version")
    for word in ("--help", "help", "-h"):
        expect("usage: kymo COMMAND" in command(word), word)
    for name in re.findall(r"^  (\w+)  ", command("--help"), re.M):
        text = command(name, "--help")
        expect(text.startswith(f"usage: kymo {name}"), text)
    expect("usage" in command(status=2), "no command is wrong usage")


def wrong_usage_is_2_and_says_what_is_right():
    for words, said in [
        (("qurey",), 'did you mean "query"'), (("nonsense",), "there is no command"),
        (("query",), "--name is missing"), (("query", "--nmae", "a"), "did you mean --name"), (("query", "a", "--last"), "wants a value"),
        (("check",), "FILE is missing"), (("check", "a", "b"), "one word too many"), (("plan",), "FILE is missing"),
        (("record",), "NAME"), (("record", "a", "x"), "not a number"), (("record", "a", "1", "label"), "not a label"),
        (("latest", "--url", "http://x", "--socket", "y"), "only one of"), (("reload", "now"), "one word too many"),
        (("plugin",), "is missing"), (("plugin", "remove"), "plugin list"), (("stats", "--last", "1h"), "is for a METRIC"),
        (("serve", "file"), "one word too many"),
    ]:
        text = command(*words, status=2)
        expect(said in text and "usage: kymo" in text, f"{words}: {text}")


def tables_for_people_json_for_programs():
    with Daemon(YAML) as kymo:
        kymo.cli("record", "api.request", "12.5", "endpoint=/login", "status=200")
        wait_for("the event", lambda: kymo.latest("api.requests.total") == {(): 1})
        wait_for("rates", lambda: kymo.latest("system.cpu.usage"))
        text = kymo.cli("latest", "api.endpoint.*")
        expect(re.match(r'SERIES +VALUE  UNIT +AT\napi\.endpoint\.requests\{endpoint="/login"\} +1  requests +20\d\d-', text), text)
        text = kymo.cli("list", "system.*")
        heads, *rows = text.splitlines()
        expect(heads.split() == ["METRIC", "TYPE", "UNIT", "SERIES", "LABELS", "FIRST", "LAST", "HELP"] and len(rows) == 9, text)
        expect(all(row[heads.index("TYPE"):].startswith("gauge") for row in rows), f"the columns are straight:\n{text}")
        text = kymo.cli("query", "--name", "system.uptime", "--last", "1m")
        expect(re.match(r"system\.uptime\nAT +VALUE\n20\d\d-\d\d-\d\dT.*Z +\d", text), text)
        text = kymo.cli("query", "system.load.*", "--function", "avg", "--last", "1m", "--label", "nolabel=")
        expect(text.count("AT ") == 3, text)
        text = kymo.cli("stats", "system.memory.used", "--last", "1m")
        expect(text.split()[:10] == ["SERIES", "COUNT", "MIN", "MAX", "AVG", "SUM", "STDDEV", "P50", "P95", "P99"], text)
        text = kymo.cli("stats")
        expect("uptime" in text and re.search(r"^raw +", text, re.M), text)
        text = kymo.cli("snapshot")
        expect("\nsystem\nSERIES" in text and "\napi\nSERIES" in text and "\nwebsocket\n" not in text, text)
        text = kymo.cli("maintain", "flush", "close")
        expect("samples flushed" in text and "windows closed" in text, text)
        for words in (("latest",), ("list",), ("query", "--name", "system.uptime"), ("stats",), ("stats", "system.uptime"), ("snapshot",),
                      ("maintain", "flush"), ("reload",), ("plan", kymo.file), ("plugin", "list"), ("plugin", "show", "system"),
                      ("describe",), ("describe", "api"), ("check", kymo.file) if False else ("latest", "nonesuch")):
            answer = kymo.cli(*words, "--json")
            expect(isinstance(json.loads(answer), dict) and answer.endswith("}\n"), f"{words}: {answer[:200]}")


def failures_are_1_with_the_daemons_words():
    with Daemon(YAML) as kymo:
        for words, said in [
            (("query", "--name", "a", "--last", "soon"), "span of time"), (("query", "--name", "a", "--function", "median"), "median"),
            (("query", "--name", "a", "--label", "x"), "not a filter"), (("maintain", "clean"), "flush, close, merge and expire"),
            (("plan", kymo.folder / "nonesuch.yaml"), "No such file"), (("stats", "a", "--end", "x"), "not a time"),
        ]:
            text = kymo.cli(*words, status=1)
            expect(said in text and "{" not in text, f"{words}: {text}")
        expect("nothing in this range" in run("query", "nonesuch", "--socket", kymo.run / "control").stderr, "nothing is said")
        expect("no such series" in run("latest", "nonesuch", "--socket", kymo.run / "control").stderr, "nothing is said")


def which_daemon_is_asked():
    with Daemon(YAML) as kymo, tempfile.TemporaryDirectory() as folder:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        clean = {key: value for key, value in os.environ.items() if not key.startswith("KYMO_")}
        clean["XDG_RUNTIME_DIR"] = folder
        url = f"http://127.0.0.1:{kymo.port}"
        for words in (("--url", url), ("--url", url + "/"), (f"--socket={kymo.run}/control",)):
            expect("system.uptime" in run("latest", *words, "system.uptime", env=clean).stdout, words)
            expect("system.uptime" in run("latest", "system.uptime", *words, env=clean).stdout, words)
        expect("system.uptime" in run("latest", "system.uptime", env={**clean, "KYMO_URL": url}).stdout, "$KYMO_URL")
        (pathlib.Path(folder) / "kymo").symlink_to(kymo.run)
        expect("system.uptime" in run("latest", "system.uptime", env=clean).stdout, "the preset folder")
        done = run("latest", "--socket", f"{folder}/nonesuch", status=1)
        expect("no kymo answers at" in done.stderr and f"{folder}/nonesuch" in done.stderr, done.stderr)
        done = run("latest", "--url", "ftp://127.0.0.1/", status=1)
        expect("ftp://127.0.0.1/" in done.stderr, done.stderr)
        done = run("reload", "--url", url, status=1)
        expect("control socket" in done.stderr, done.stderr)


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
        for words, env in [(("--socket", f"{folder}/none/control"), clean), ((), {**clean, "KYMO_EVENTS": f"{folder}/none"})]:
            done = run("record", "a", *words, env=env, status=1)
            expect("nobody takes events at" in done.stderr and "none" in done.stderr, done.stderr)
        done = run("record", "nobody.wants.this", "--url", f"http://127.0.0.1:{kymo.port}", env=clean)
        expect("no collector takes" in done.stderr, done.stderr)
        expect("no event" in run("record", "x" * 70000, env=clean, status=1).stderr, "too large")


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
            for line in (rf"kymo \d\S+, configuration {kymo.file}\n", rf"store {kymo.store}: \d+ series", r"collector system every 200ms: system \d",
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


main([usage_and_version, wrong_usage_is_2_and_says_what_is_right, tables_for_people_json_for_programs,
      failures_are_1_with_the_daemons_words, which_daemon_is_asked, recording_finds_its_socket, check_prints_every_error,
      describe_and_plugins_need_no_daemon, serve_tells_what_it_does])
