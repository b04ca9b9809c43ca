#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The wrong input first: each gets one clear message, and everything else goes on."""
import json
import pathlib
import re
import tempfile

from daemon import SANITIZE, Daemon, expect, kymo as command, main, wait_for
from installed import PLUGINS, Installed, run, CC

STEADY = "plugins:\n  - plugin: system\n"

BAD_FILES = [
    # text, what each message must say (line:column first)
    ("plugins:\n  - plugin: system\n    intervall: 5s\n", ["3:5", "intervall", "interval"]),
    ("plugins:\n  - plugin: system\n    interval: 10x\n", ["3:15", "10x", "duration"]),
    ("plugins:\n  - plugin: system\n    interval: 10ms\n", ["3:15", "100ms"]),
    ("plugins:\n  - plugin: system\n  - plugin: system\n", ["3:", "system", "twice|name"]),
    ("plugins:\n  - plugin: system\n    isolate: true\n", ["3:14", "isolat"]),
    ("plugins:\n  - plugin: system\n    with: {root: [1, 2]}\n", ["3:18", "root"]),
    ("plugins: yes\n", ["1:10", "plugins"]),
    ("http: {listen: nowhere}\n", ["1:16", "listen"]),
    ("limits: {series: -1}\n", ["1:18", "series"]),
    ("limits: {series: 5}\nlimits: {series: 6}\n", ["2:1", "limits", "twice|duplicate|already"]),
    ("log: {level: loud}\n", ["1:14", "loud", "debug"]),
    ("labels: {a: ${KYMO_NOT_SET}}\n", ["1:", "KYMO_NOT_SET"]),
    ("include: nowhere.yaml\n", ["1:10", "nowhere.yaml"]),
    ("a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n" +
     "".join(f"{chr(c + 1)}: &{chr(c + 1)} [{', '.join(['*' + chr(c)] * 8)}]\n" for c in range(98, 106)), ["alias|nodes|too"]),
    ("x: " + "[" * 200 + "]" * 200 + "\n", ["deep|depth|nest"]),
    ("plugins:\n\t- plugin: system\n", ["2:1"]),
    ("http: {port: 1}\nstore: {retention: {2m: 1d}}\nnonsense: 1\n", ["1:8", "port", "2:", "2m", "3:1", "nonsense"]),
]


def configuration_errors_say_where_and_what():
    with tempfile.TemporaryDirectory() as folder:
        for number, (text, words) in enumerate(BAD_FILES):
            path = pathlib.Path(folder) / f"bad{number}.yaml"
            path.write_text(text)
            said = command("check", path, status=1)
            expect(f"{path}:" in said, f"no place in: {said}")
            for word in words:
                expect(re.search(word, said), f"\"{word}\" is not in what {text[:60]!r} gets:\n{said}")


def make_so(folder, name, source=None, flags=(), data=None):
    path = pathlib.Path(folder) / name
    if data is not None:
        path.write_bytes(data)
    else:
        code = pathlib.Path(folder) / f"{name}.c"
        code.write_text(source)
        run(*CC, "-shared", "-fPIC", *flags, "-o", path, code)
    path.chmod(0o755)
    return path


def plugins_that_cannot_be_loaded():
    with tempfile.TemporaryDirectory(prefix="kymo-bad-") as folder, Daemon(STEADY) as kymo:
        pathlib.Path(folder).chmod(0o755)
        installed = Installed(folder)
        good = pathlib.Path(folder) / "good.so"
        installed.build_plugin(PLUGINS / "ticks.c", good)
        image = good.read_bytes()
        at = image.index(b"kymo\0\0\0\0") + 8
        other_machine = image[:18] + b"\xf3\x00" + image[20:]
        other_major = image[:at] + b"\x00\x00\x63\x00" + image[at + 4:]
        writable = make_so(folder, "writable.so", data=image)
        writable.chmod(0o757)
        cases = [
            (pathlib.Path(folder) / "missing.so", "No such file"),
            (make_so(folder, "text.so", data=b"just text, and a little more of it than a header\n" * 4), "ELF"),
            (make_so(folder, "empty.so", data=b""), "ELF|empty"),
            (make_so(folder, "cut.so", data=image[:len(image) // 3]), "truncated|cut|ELF|short"),
            (make_so(folder, "machine.so", data=other_machine), "architecture|machine"),
            (make_so(folder, "plain.so", "int nothing;\n"), "note"),
            (make_so(folder, "major.so", data=other_major), "99"),
            (writable, "writable"),
            (pathlib.Path(folder), "director|regular|folder"),
        ]
        for path, words in cases:
            kymo.write(STEADY + f"  - plugin: {path}{'/' if path.is_dir() else ''}\n    name: bad\n")
            said = kymo.cli("reload", status=1)
            expect(str(path).rstrip("/") in said and re.search(words, said), f"{path.name}: {said}")
        expect(kymo.latest("system.uptime"), "the rest goes on")


def plugins_that_misbehave():
    with tempfile.TemporaryDirectory(prefix="kymo-bad-") as folder:
        pathlib.Path(folder).chmod(0o755)
        installed = Installed(folder)
        library = pathlib.Path(folder) / "ticks.so"
        installed.build_plugin(PLUGINS / "ticks.c", library)
        wild = pathlib.Path(folder) / "wild.so"
        installed.build_plugin(PLUGINS / "wild.c", wild)
        yaml = f"""limits: {{series: 5000, series_per_metric: 1000}}
plugins:
  - plugin: system
  - plugin: {library}
    interval: 100ms
    with: {{fail_after: 3}}
  - plugin: {wild}
    interval: 100ms
"""
        with Daemon(yaml) as kymo:
            def instance(name):
                return next(item for item in kymo.get("/kymo/v1/instances")["instances"] if item["name"] == name)

            wait_for("errors of ticks", lambda: instance("ticks")["errors"] >= 3)
            expect("Input/output" in instance("ticks")["last_error"], instance("ticks"))
            wait_for("the end of its series", lambda: not kymo.latest("ticks.total"))
            wait_for("refused samples of wild", lambda: instance("wild")["refused"] > 1000)
            expect(kymo.latest("wild.good"), "its good samples are stored")
            stats = kymo.get("/kymo/v1/stats")
            expect(stats["store"]["series"] <= 5000, f"series: {stats['store']['series']}")
            expect(kymo.latest("system.uptime"), "the rest goes on")
            expect(SANITIZE or kymo.status("VmRSS") < 100 * 1024, f"resident: {kymo.status('VmRSS')} kB")


def create_and_start_that_fail():
    with tempfile.TemporaryDirectory(prefix="kymo-bad-") as folder, Daemon(STEADY) as kymo:
        pathlib.Path(folder).chmod(0o755)
        installed = Installed(folder)
        wild = pathlib.Path(folder) / "wild.so"
        installed.build_plugin(PLUGINS / "wild.c", wild)
        for how, words in [("create", "create|refused|No such device"), ("start", "start|Permission denied")]:
            kymo.write(STEADY + f"  - plugin: {wild}\n    with: {{fail: {how}}}\n")
            said = kymo.cli("reload", status=1)
            expect(re.search(words, said) and "wild" in said, f"{how}: {said}")
            names = {item["name"] for item in kymo.get("/kymo/v1/instances")["instances"]}
            expect("wild" not in names and "system" in names, f"{how}: {names}")


BAD_QUERIES = [
    ({}, "name"),
    ({"names": "system.*", "last": "1h", "function": "mean"}, "mean"),
    ({"names": ["system.uptime"], "start": "now", "end": "-1h"}, "start|before"),
    ({"names": ["system.uptime"], "last": "1h", "step": "-5s"}, "step"),
    ({"names": ["system.uptime"], "start": 0, "end": "now", "function": "avg", "step": "1ms"}, "points|limit"),
    ({"names": ["system.uptime"], "last": "1h", "granularity": "2m"}, "granularity|2m"),
    ({"names": ["system.uptime"], "last": "1h", "colour": 1}, "colour"),
    ({"names": [5]}, "names"),
    ({"names": ["system.uptime"], "labels": ["a"]}, "labels"),
    ({"names": ["system.uptime"], "start": "yesterday"}, "yesterday"),
    ([], "object"),
]


def queries_that_make_no_sense():
    with Daemon(STEADY) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for body, words in BAD_QUERIES:
            status, text = kymo.request("POST", "/kymo/v1/query", body)
            error = json.loads(text).get("error", "")
            expect(400 <= status < 500 and re.search(words, error), f"{body}: {status} {text}")
        answer = kymo.query("sytem.uptime")
        expect(answer["series"] == [] and any("system.uptime" in text for text in answer["warnings"]), answer)
        for path in ("/", "/kymo/v1/nothing", "/kymo/v1/metrics/nothing/stats"):
            status, text = kymo.request("GET", path)
            expect(status in (200, 404) and (status == 200 or json.loads(text)["error"]), f"{path}: {status} {text}")
        status, _ = kymo.request("DELETE", "/kymo/v1/snapshot")
        expect(status == 405, f"DELETE: {status}")


def admin_stays_on_the_control_socket():
    with Daemon(STEADY) as kymo:
        for method, path in [("POST", "/-/reload"), ("POST", "/kymo/v1/instances"), ("DELETE", "/kymo/v1/instances/system"),
                             ("POST", "/kymo/v1/instances/system/reset")]:
            status, text = kymo.request(method, path)
            expect(status == 403 and "http" in text, f"{method} {path}: {status} {text}")
        status, text = kymo.request("POST", "/kymo/v1/query", {"names": ["a"]}, {"Origin": "http://evil.example"})
        expect(status == 403, f"foreign origin: {status} {text}")
        status, text = kymo.request("GET", "/kymo/v1/snapshot", headers={"Host": "evil.example"})
        expect(status in (403, 421), f"foreign host: {status} {text}")
        mode = (kymo.run / "control").stat().st_mode & 0o777
        expect(mode == 0o600, f"control socket: {mode:o}")


def instances_come_and_go_by_the_control_socket():
    with Daemon(STEADY) as kymo:
        status, text = kymo.request("POST", "/kymo/v1/instances", {"plugin": "nonesuch"}, control=True)
        expect(400 <= status < 500 and "nonesuch" in text, f"unknown plugin: {status} {text}")
        kymo.post("/kymo/v1/instances", {"plugin": "process", "name": "mine", "interval": "100ms"}, 201, control=True)
        wait_for("its samples", lambda: any(dict(labels).get("instance") == "mine" for labels in kymo.latest("process.uptime")))
        status, text = kymo.request("POST", "/kymo/v1/instances", {"plugin": "process", "name": "mine"}, control=True)
        expect(status == 409 and "mine" in text, f"twice: {status} {text}")
        kymo.reload()
        names = {item["name"] for item in kymo.get("/kymo/v1/instances")["instances"]}
        expect("mine" in names, f"it survives a reload: {names}")
        status, text = kymo.request("DELETE", "/kymo/v1/instances/mine", control=True)
        expect(status in (200, 204), f"{status} {text}")
        wait_for("the end of its series", lambda: not any(
            dict(labels).get("instance") == "mine" for labels in kymo.latest("process.uptime")))
        status, text = kymo.request("DELETE", "/kymo/v1/instances/mine", control=True)
        expect(status == 404, f"{status} {text}")


main([configuration_errors_say_where_and_what, plugins_that_cannot_be_loaded, plugins_that_misbehave,
      create_and_start_that_fail, queries_that_make_no_sense, admin_stays_on_the_control_socket,
      instances_come_and_go_by_the_control_socket])
