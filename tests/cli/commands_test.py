#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands as they are typed: what they ask, what they print, how they end."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import KYMO, expect, main  # noqa: E402
from fake import Fake, datagram_socket, run  # noqa: E402

SERIES = [
    {"name": "api.requests", "labels": {"endpoint": "/a", "status": "200"}, "type": "counter", "unit": "requests",
     "at": 1769860800000, "value": 12},
    {"name": "system.memory.used", "labels": {}, "type": "gauge", "unit": "bytes", "at": 1769860800250, "value": 1489000},
    {"name": "wild", "labels": {"who": "\x1b[31m\"日本\"\n\u202e"}, "type": "untyped", "unit": "", "at": 1769860800000,
     "value": "NaN"},
]
SERIES_TEXT = r"""
SERIES                                      VALUE  UNIT              AT
api.requests{endpoint="/a",status="200"}       12  requests          2026-01-31T12:00:00+00:00
system.memory.used                        1489000  bytes (1.42 MiB)  2026-01-31T12:00:00.250+00:00
wild{who="\x1b[31m\"日本\"\n\u{202e}"}        NaN  -                 2026-01-31T12:00:00+00:00
""".lstrip()
PARTS = [
    {"tier": "1m", "start": 1769857200000, "end": 1769860740000, "missing": False, "reason": ""},
    {"tier": "raw", "start": 1769860740000, "end": 1769860800000, "missing": True, "reason": "older than the retention"},
]
QUERY = {
    "series": [
        {"name": "cpu", "labels": {"core": "0"}, "points": [[1769860770000, 3.25], [1769860800000, "NaN"]]},
        {"name": "cpu", "labels": {"core": "1"}, "points": [[1769860800000, 1e21]]},
    ],
    "parts": PARTS, "warnings": ["a \x07 bell"], "start": 1769857200000, "end": 1769860800000, "step": 30000,
    "window": 30000, "samples_read": 60, "error": 0.011,
}
QUERY_TEXT = """
cpu{core="0"}
AT                         VALUE
2026-01-31T11:59:30+00:00   3.25
2026-01-31T12:00:00+00:00    NaN

cpu{core="1"}
AT                         VALUE
2026-01-31T12:00:00+00:00  1e+21
""".lstrip()
QUERY_REMARKS = r"""
1m: 2026-01-31T11:00:00+00:00 to 2026-01-31T11:59:00+00:00
missing: 2026-01-31T11:59:00+00:00 to 2026-01-31T12:00:00+00:00, older than the retention
percentiles are within 1.1 %
warning: a \x07 bell
""".lstrip()
SUMMARY = {"count": 3, "sum": 6, "min": 1, "max": 3, "avg": 2, "stddev": 0.816, "p50": 2, "p95": 2.9, "p99": 2.98,
           "estimated": False, "first_at": 1769860798000, "last_at": 1769860800000}
SERVICE = {
    "version": "9.9", "started_at": 1769860800000, "uptime": 5400000, "requests": 3,
    "host": {"collectors": 7, "sinks": 1, "collections": 80640, "errors": 2, "missed": 0, "samples": 123456,
             "refused": {"limit": 5, "invalid": 0, "owner": 0, "undeclared": 0, "type": 0}, "reloads": 1,
             "reload_failures": 0, "event_queue": 4, "sink_queue": 0},
    "events": {"taken": 10, "unclaimed": 0, "dropped": 0, "socket": None},
    "store": {"series": 210, "metrics": 48, "appended": 123450, "late": 0, "refused": {"late": 0}, "unlogged": 0,
              "head": {"samples": 100, "bytes": 2048}, "wal": {"bytes": 4096, "files": 1}, "index": {"bytes": 10},
              "tiers": [{"tier": "raw", "bytes": 1489000, "samples": 5, "files": 2, "oldest": 1769860800000,
                         "newest": 1769860800000},
                        {"tier": "1m", "bytes": 0, "samples": 0, "files": 0, "oldest": None, "newest": None}]},
}
CHANGES = {"changes": [
    {"action": "keep", "name": "system", "plugin": "system", "why": ""},
    {"action": "reconfigure", "name": "web", "plugin": "process", "why": "interval: 1s to 2s"},
    {"action": "stop", "name": "queue", "plugin": "/opt/queue.so", "why": ""},
]}
CHANGES_TEXT = """
ACTION       INSTANCE  PLUGIN         WHY
reconfigure  web       process        interval: 1s to 2s
stop         queue     /opt/queue.so  -
1 kept as they are
""".lstrip()
COMMANDS = ["plan", "reload", "maintain", "query", "list", "latest", "stats", "snapshot", "record"]


def same(what, got, wanted):
    expect(got == wanted, f"{what}:\n{got}--- instead of\n{wanted}---")


def asked(fake, method, path):
    expect(fake.requests[-1][:2] == (method, path), f"asked {fake.requests[-1][:2]} instead of {method} {path}")


def latest_prints_a_table():
    with Fake({"series": SERIES}) as fake:
        out, err = fake.run("latest", "api.*", "a b&c")
        asked(fake, "GET", "/kymo/v1/latest?name=api.%2A&name=a%20b%26c")
        same("latest", out, SERIES_TEXT)
        same("remarks", err, "")
        fake.run("latest")
        asked(fake, "GET", "/kymo/v1/latest")
    with Fake({"series": []}) as fake:
        same("nothing", fake.run("latest", "nope"), ("", "there is no such series\n"))


def snapshot_prints_groups():
    with Fake({"at": 1769860800000, "groups": {"system": SERIES[1:2], "process": [], "api": SERIES[:1]}}) as fake:
        out, _ = fake.run("snapshot")
        asked(fake, "GET", "/kymo/v1/snapshot")
        same("snapshot", out, """
at 2026-01-31T12:00:00+00:00

system
SERIES                VALUE  UNIT              AT
system.memory.used  1489000  bytes (1.42 MiB)  2026-01-31T12:00:00.250+00:00

api
SERIES                                    VALUE  UNIT      AT
api.requests{endpoint="/a",status="200"}     12  requests  2026-01-31T12:00:00+00:00
""".lstrip())


def list_prints_metrics():
    metrics = [{"name": "cpu", "type": "gauge", "unit": "%", "help": "Busy.", "labels": ["core", "mode"], "series": 8,
                "first_at": 1769860800000, "last_at": 1769860860000},
               {"name": "never", "type": "counter", "unit": "", "help": "", "labels": [], "series": 0, "first_at": None,
                "last_at": None}]
    with Fake({"metrics": metrics}) as fake:
        out, _ = fake.run("list", "c*")
        asked(fake, "GET", "/kymo/v1/metrics?name=c%2A")
        same("list", out, """
METRIC  TYPE     UNIT  SERIES  LABELS     FIRST                      LAST                       HELP
cpu     gauge    %          8  core,mode  2026-01-31T12:00:00+00:00  2026-01-31T12:01:00+00:00  Busy.
never   counter  -          0  -          -                          -                          -
""".lstrip())
    with Fake({"metrics": []}) as fake:
        same("nothing", fake.run("list"), ("", "there is no such metric\n"))
        asked(fake, "GET", "/kymo/v1/metrics")


def query_asks_with_every_option():
    with Fake(QUERY) as fake:
        out, err = fake.run("query", "mem", "--name", "cpu", "--last=5m", "--label", "a=b", "--function", "avg", "--name=load*",
                            "--step", "30s", "--label", "c!~d\"", "--window", "1m", "--points", "60", "--granularity", "1m")
        asked(fake, "POST", "/kymo/v1/query")
        expect(fake.requests[-1][3]["Content-Type"] == "application/json", "the body is JSON")
        same("body", fake.json_of_request(), {
            "names": ["cpu", "load*", "mem"], "filters": ["a=b", "c!~d\""], "last": "5m", "function": "avg", "step": "30s",
            "window": "1m", "points": "60", "granularity": "1m"})
        same("query", out, QUERY_TEXT)
        same("remarks", err, QUERY_REMARKS)
        fake.run("query", "cpu", "--start", "-1h", "--end", "now")
        same("body", fake.json_of_request(), {"names": ["cpu"], "filters": [], "start": "-1h", "end": "now"})
    with Fake({**QUERY, "series": [], "parts": [], "warnings": [], "error": 0}) as fake:
        same("nothing", fake.run("query", "cpu"), ("", "nothing in this range\n"))


def stats_sums_a_metric_up():
    series = [{"name": "a/b", "labels": {"x": "1"}, **SUMMARY}, {"name": "a/b", "labels": {"x": "2"}, **SUMMARY}]
    answer = {"all": {"name": "a/b", "labels": {}, **SUMMARY, "count": 6, "estimated": True}, "series": series,
              "parts": PARTS[:1], "warnings": [], "error": 0}
    with Fake(answer) as fake:
        out, err = fake.run("stats", "a/b", "--last", "1h", "--label", "x=~1|2")
        asked(fake, "GET", "/kymo/v1/metrics/a%2Fb/stats?last=1h&label=x%3D~1%7C2")
        rows = out.splitlines()
        expect(len(rows) == 4 and rows[0].split()[:4] == ["SERIES", "COUNT", "MIN", "MAX"], out)
        expect(rows[1].split()[:10] == 'a/b{x="1"} 3 1 3 2 6 0.816 2 2.9 2.98'.split(), out)
        expect(rows[3].startswith("all together      6"), out)
        same("remarks", err, "stddev and percentiles are estimates\n" + QUERY_REMARKS.splitlines(True)[0])


def stats_tells_of_the_daemon():
    with Fake(SERVICE) as fake:
        out, _ = fake.run("stats")
        asked(fake, "GET", "/kymo/v1/stats")
        expect(out.startswith("kymo 9.9\n\nuptime "), out)
        expect("1h30m" in out and "1.42 MiB" in out and "2.00 KiB" in out, out)
        expect("samples refused: a limit" in out and "samples refused: invalid" not in out, "only trouble that is there")
        expect("raw   1.42 MiB      2        5  2026-01-31T12:00:00+00:00" in out, out)
        expect(any(line.startswith("1m") and line.split()[-1] == "-" for line in out.splitlines()), out)
    instances = [{"name": "web", "plugin": "process", "kind": "collector", "interval": 1000, "collections": 10, "errors": 1,
                  "missed": 0, "samples": 100, "refused": 0, "series": 10, "queue": 0, "events_dropped": 2,
                  "batches_dropped": 0, "last_ns": 1240000, "cpu_ns": 5e8, "last_error": "Input/output error"}]
    with Fake({"instances": instances}) as fake:
        out, _ = fake.run("stats", "--instances")
        asked(fake, "GET", "/kymo/v1/instances")
        expect(out.splitlines()[1].split() == "web process collector 1s 10 1 0 100 0 10 0 2 1.24 ms 500 ms Input/output error".split(),
               out)


def maintain_says_what_it_did():
    done = {"flushed_samples": 5, "closed_windows": 2, "recomputed_windows": 0, "blocks_written": 1, "blocks_merged": 0,
            "blocks_expired": 0, "series_expired": 0, "wal_removed": 0, "bytes_written": 1489000, "bytes_freed": 0, "took": 12}
    with Fake(done) as fake:
        out, _ = fake.run("maintain")
        asked(fake, "POST", "/kymo/v1/maintain")
        same("body", fake.json_of_request(), {})
        expect("windows closed             2\n" in out and "1.42 MiB\n" in out and "12ms\n" in out, out)
        fake.run("maintain", "flush", "merge")
        same("body", fake.json_of_request(), {"do": ["flush", "merge"]})
        expect("there is no work \"clean\"" in fake.run("maintain", "clean", status=2)[1], "an unknown work")


def delete_says_what_it_did():
    with Fake({"series": 3, "start": 0, "end": 1}) as fake:
        out, _ = fake.run("delete", "debug.*", "--label", "host=a", "--start", "0")
        asked(fake, "POST", "/kymo/v1/delete")
        same("body", fake.json_of_request(), {"names": ["debug.*"], "filters": ["host=a"], "start": "0"})
        same("text", out, "deleted from 3 series\n")
        expect("--start or --last" in fake.run("delete", "debug.*", status=2)[1], "a range")
        expect("is missing" in fake.run("delete", "--start", "0", status=2)[1], "a name")


def plan_and_reload_show_changes():
    with Fake(CHANGES) as fake:
        out, _ = fake.run("plan", "/etc/kymo.yaml")
        asked(fake, "POST", "/kymo/v1/plan")
        same("body", fake.json_of_request(), {"file": "/etc/kymo.yaml"})
        same("plan", out, CHANGES_TEXT)
        run("plan", "./kymo.yaml", "--socket", fake.socket, cwd=fake.folder)
        same("body", fake.json_of_request(), {"file": str(fake.folder / "kymo.yaml")})
        out, _ = fake.run("reload")
        asked(fake, "POST", "/-/reload")
        same("reload", out, CHANGES_TEXT)
    with Fake({"changes": CHANGES["changes"][:1]}) as fake:
        same("no change", fake.run("reload")[0], "no instance changes\n1 kept as they are\n")


def a_refusal_is_told_as_the_daemon_says_it():
    errors = "/etc/kymo.yaml:3:5: intervall: unknown key\x1b[2J\n/etc/kymo.yaml:9:1: htpp: unknown key"
    with Fake({"error": errors, "status": 400}, status=400) as fake:
        same("errors", fake.run("reload", status=1), ("", errors.replace("\x1b", "\\x1b") + "\n"))
        same("errors", fake.run("reload", "--json", status=1), ("", errors.replace("\x1b", "\\x1b") + "\n"))
    with Fake({"error": "points: too many", "status": 422}, status=422) as fake:
        for name, words in [("query", ["x"]), ("list", []), ("latest", []), ("stats", []), ("stats", ["x"]), ("snapshot", []),
                            ("maintain", []), ("plan", ["x"])]:
            same(name, fake.run(name, *words, status=1), ("", "kymo: points: too many\n"))


def json_is_printed_as_it_came():
    body = '{"series":[ {"name":"x","n":1.50e0} ],\n "unknown": "\\u001b"}'
    with Fake(body) as fake:
        for name, words in [("query", ["x"]), ("list", []), ("latest", []), ("stats", []), ("stats", ["x"]), ("snapshot", []),
                            ("maintain", []), ("plan", ["x"]), ("reload", [])]:
            same(name, fake.run(name, *words, "--json"), (body + "\n", ""))
    with Fake(body + "\n") as fake:
        same("one newline is enough", fake.run("list", "--json")[0], body + "\n")


def answers_of_others_are_told_apart():
    strange = ['{"changes": 5, "series": "x", "metrics": {"a": 1}, "groups": [1], "parts": 3}', "{}", "[]", "[1, [2, {}]]",
               '{"series": [1, null, {"name": 5, "labels": 3, "points": [1, [], [[]]]}], "groups": {"a": [1, {}]}}']
    for body in strange:
        with Fake(body) as fake:
            for name in ["query", "list", "latest", "stats", "snapshot", "maintain", "plan", "reload"]:
                fake.run(name, *(["x"] if name in ("query", "plan") else []))
    for body, status, words in [("<html>", 200, "not kymo"), ("", 200, "not kymo"), ("Not here", 404, "404"),
                                ('{"series": [', 200, "cut"), ("[" * 5000, 200, "cut"), ('{"a": 1}', 500, "500"),
                                (b"\xff\xfe", 200, "not kymo"), ("", 302, "302")]:
        with Fake(body, status=status, headers={"Location": "http://127.0.0.1:1/"}) as fake:
            err = fake.run("list", status=1)[1]
            expect(words in err and err.startswith(("kymo: ", "/")) and len(fake.requests) == 1, f"{body[:20]}: {err}")
    with Fake(status=None) as fake:
        expect("control: " in fake.run("list", status=1)[1], "a server that hangs up")


def the_daemon_is_found():
    with Fake({"metrics": []}) as fake:
        port = fake.url.rsplit(":", 1)[1]
        for words, env in [((), {"KYMO_URL": fake.url}), ((), {"KYMO_URL": f"unix:{fake.socket}"}), (("--url", fake.url + "/"), {}),
                           (("--url", f"localhost:{port}"), {"KYMO_URL": "http://127.0.0.1:1"}),
                           (("--url", str(fake.socket)), {}), ((), {"XDG_RUNTIME_DIR": fake.folder}),
                           (("--url", fake.url), {"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"})]:
            before = len(fake.requests)
            run("list", *words, env=env)
            expect(len(fake.requests) == before + 1, f"{words} {env}")


def nobody_answers():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "control"
        said = f"kymo: no kymo answers at {path} (is it running? kymo serve --config FILE)\n"
        same("no socket", run("list", "--socket", path, status=1)[1], said)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
        same("a dead socket", run("list", "--socket", path, status=1)[1], said)
        with socket.socket() as sock:   # bound and not listening: nobody else gets the port meanwhile
            sock.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{sock.getsockname()[1]}"
            same("no port", run("list", "--url", url, status=1)[1], said.replace(str(path), url))
        long = "/tmp/" + "x" * 200
        expect(long in run("list", "--socket", long, status=1)[1], "a path that no socket can have")
        if os.geteuid() != 0:
            path.chmod(0)
            expect("Permission denied" in run("list", "--socket", path, status=1)[1], "a socket of somebody else")


def libcurl_is_loaded_when_needed():
    linked = subprocess.run(["readelf", "-d", KYMO], capture_output=True, text=True, check=True).stdout
    expect("NEEDED" in linked and "curl" not in linked, linked)
    with tempfile.TemporaryDirectory() as folder, Fake({"metrics": []}) as fake:
        for name in ("libcurl.so.4", "libcurl-gnutls.so.4"):
            (pathlib.Path(folder) / name).write_text("no library")
        err = fake.run("list", status=1, env={"LD_LIBRARY_PATH": folder})[1]
        expect("apt install libcurl4" in err and not fake.requests, err)
        os.unlink(pathlib.Path(folder) / "libcurl-gnutls.so.4")


def output_that_cannot_be_written_is_an_error():
    with Fake({"series": SERIES}) as fake, open("/dev/full", "w") as full:
        for words in ((), ("--json",)):
            err = run("latest", "--socket", fake.socket, *words, status=1, stdout=full)[1]
            expect("No space left" in err, err)


def wrong_usage_is_told():
    for words, said in [(("plan",), "FILE is missing"), (("plan", "a", "b"), "one word too many"), (("reload", "x"), "too many"),
                        (("query",), "name"), (("query", "--name"), "--name wants a value"), (("list", "a", "b"), "too many"),
                        (("latest", "--lst"), "no option"), (("stats", "--last", "1h"), "for a METRIC"),
                        (("stats", "x", "--instances"), "--instances"), (("snapshot", "x"), "too many"), (("record",), "missing"), (("record", ""), "the name is empty"),
                        (("record", "x", "five"), "\"five\" is not a number"), (("record", "x", "1", "=y"), "not a label"),
                        (("record", "x", "inf"), "not a number"), (("record", "x", "--at", "noon"), "not a time"),
                        (("record", "x", "1", "2"), "not a label"), (("fsck",), "PATH or --config FILE is missing"), (("list", "--url", "gopher://x"), "not an address")]:
        out, err = run(*words, status=2)
        expect(said in err and f"usage: kymo {words[0]}" in err and not out, f"{words}: {err}")
    for name in COMMANDS:
        out, err = run(name, "--help")
        expect(out.startswith(f"usage: kymo {name}") and not err, f"{name} --help: {out}{err}")


def record_sends_a_datagram():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "events"
        with datagram_socket(path) as sock:
            env = {"KYMO_EVENTS": path}
            sock.settimeout(60)

            def sent(*words, **more):
                run("record", *words, **more)
                lines = sock.recv(65536).decode().splitlines()
                expect(len(lines) == 1, f"{words}: {lines}")
                return json.loads(lines[0])

            event = sent("api.request", "12.5", "endpoint=/login", "status=200", env=env)
            at = event.pop("at")
            expect(at > 1.7e12, f"at: {at}")
            same("event", event, {"name": "api.request", "value": 12.5, "labels": {"endpoint": "/login", "status": "200"}})
            event = sent("ümläut", "a=b=\"c\"\n", "empty=", env=env)
            same("event", [event["name"], event["value"], event["labels"]], ["ümläut", 1, {"a": "b=\"c\"\n", "empty": ""}])
            same("negative", sent("x", "-5", env=env)["value"], -5)
            same("a set time", sent("x", "--at", "2026-01-31T12:00:00Z", env=env)["at"], 1769860800000)
            same("the beginning", sent("x", "--at", "0", env=env)["at"], 0)
            same("beside the control socket", sent("x", "--socket", path.parent / "control")["name"], "x")
            same("json", run("record", "x", "--json", env=env), ('{"sent":1}\n', ""))
            sock.recv(65536)
            expect("larger than a datagram" in run("record", "x", "a=" + "y" * 70000, env=env, status=1)[1], "too large")
        said = run("record", "x", env=env, status=1)[1]
        same("nobody", said, f"kymo: no kymo takes events at {path} (is it running? kymo serve --config FILE)\n")
        path.unlink()
        same("nothing", run("record", "x", env=env, status=1)[1], said)


def record_waits_for_a_busy_daemon():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "events"
        with datagram_socket(path) as sock, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            try:
                while True:
                    other.sendto(b"{}", str(path))
            except BlockingIOError:
                pass
            expect("too busy" in run("record", "x", env={"KYMO_EVENTS": path}, status=1)[1], "a daemon that is stuck")
            reader = threading.Timer(0.2, lambda: [sock.recv(65536) for _ in range(5)])
            reader.start()
            run("record", "x", env={"KYMO_EVENTS": path})
            reader.join()


def record_goes_over_http_too():
    with Fake({"accepted": 1, "unclaimed": 0}, status=202) as fake:
        same("accepted", run("record", "a.b", "2", "x=y", "--url", fake.url), ("", ""))
        asked(fake, "POST", "/kymo/v1/events")
        same("body", fake.json_of_request(), {"name": "a.b", "value": 2, "labels": {"x": "y"}})
        run("record", "a.b", "--at", "1769860800.5", "--url", fake.url)
        same("body", fake.json_of_request(), {"name": "a.b", "value": 1, "at": 1769860800500, "labels": {}})
    with Fake({"accepted": 0, "unclaimed": 1}, status=202) as fake:
        same("unclaimed", run("record", "a.b", "--url", fake.url), ("", "no collector takes events of this name\n"))


main([latest_prints_a_table, snapshot_prints_groups, list_prints_metrics, query_asks_with_every_option, stats_sums_a_metric_up,
      stats_tells_of_the_daemon, maintain_says_what_it_did, delete_says_what_it_did, plan_and_reload_show_changes, a_refusal_is_told_as_the_daemon_says_it,
      json_is_printed_as_it_came, answers_of_others_are_told_apart, the_daemon_is_found, nobody_answers,
      libcurl_is_loaded_when_needed, output_that_cannot_be_written_is_an_error, wrong_usage_is_told, record_sends_a_datagram,
      record_waits_for_a_busy_daemon, record_goes_over_http_too])
