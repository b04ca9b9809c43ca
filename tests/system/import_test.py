#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Text over HTTP: what is wrong with it is said with its place and nothing of it is stored; what programs show
on /metrics (kymo itself, a real Prometheus) can be sent in as it is.
"""
import contextlib
import gzip
import http.client
import json
import math
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse

from daemon import Daemon, expect, main, wait_for
import remote

PATH = "/api/v1/import/prometheus"
QUIET = "plugins: []\n"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
HEAD = 'store: {{path: "{store}"}}\nsockets: "{run}"\nhttp: {{listen: "127.0.0.1:0", MORE}}\n'

# As node_exporter shows itself: floats with exponents, escapes, colons, labels in quotes with spaces, histograms.
NODE = r'''# HELP go_gc_duration_seconds A summary of the pause duration of garbage collection cycles.
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0"} 2.6e-05
go_gc_duration_seconds{quantile="0.5"} 4.1709e-05
go_gc_duration_seconds{quantile="1"} NaN
go_gc_duration_seconds_sum 0.004517402
go_gc_duration_seconds_count 91
# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 1.345758e+06
node_cpu_seconds_total{cpu="0",mode="user"} 8762.41
# HELP node_filesystem_size_bytes Filesystem size in bytes.
# TYPE node_filesystem_size_bytes gauge
node_filesystem_size_bytes{device="C:\\",fstype="ntfs",mountpoint="/mnt/a \"b\""} 2.478268416e+09
# HELP node_uname_info Labeled system information as provided by the uname system call.
# TYPE node_uname_info gauge
node_uname_info{domainname="(none)",machine="x86_64",nodename="höst",release="6.1.0",sysname="Linux",version="#1 SMP"} 1
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{handler="/metrics",le="0.1"} 40
http_request_duration_seconds_bucket{handler="/metrics",le="+Inf"} 43
http_request_duration_seconds_sum{handler="/metrics"} 12.75
http_request_duration_seconds_count{handler="/metrics"} 43
# TYPE instance:node_cpu:ratio untyped
instance:node_cpu:ratio 0.30000000000000004
'''


def send(kymo, text, status=204, kind=None, **more):
    """The error, where there is one."""
    headers = {"Content-Type": kind} if kind else {}
    if "encoding" in more:
        headers["Content-Encoding"] = more.pop("encoding")
    query = "?" + urllib.parse.urlencode(more.pop("query"), doseq=True) if "query" in more else ""
    connection = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", PATH + query, body=text.encode() if isinstance(text, str) else text, headers=headers)
        answer = connection.getresponse()
        said = answer.read().decode()
    expect(answer.status == status, f"{answer.status} instead of {status}: {said}")
    if status == 204:
        expect(not said, said)
        return None
    return json.loads(said)["error"]


def now_ms():
    return int(time.time() * 1000)


def names(kymo):
    return sorted(item["name"] for item in kymo.get("/kymo/v1/metrics")["metrics"] if not item["name"].startswith("kymo."))


def what_is_wrong_is_said_and_nothing_is_stored():
    with Daemon(QUIET, head=HEAD.replace("MORE", "body: 64KiB")) as kymo:
        for text, said in [("good 1\nbad\n", "2:4: the line ends where the value is expected"),
                           ("good 1\nbad{a=\"b\"} one\n", "2:12: \"one\" is not a number that a double can hold"),
                           ("good 1\n\n  bad{a=\"b} 1\n", "3:9: the quote is not closed in this line"),
                           ("good 1\n# TYPE good gauge\n", "2:1: TYPE of good stands behind a sample of it (line 1)"),
                           ("good 1\ngood 1\n", "2:1: the same series stands further up already"),
                           (b"good{a=\"\xff\"} 1\n", "1:9: the byte 0xff is not UTF-8 text"),
                           ("good 1 2 3\n", "1:10: nothing may stand behind the time"),
                           ("good 1\r\n", "1:7: a carriage return (a line ends with a line feed alone)")]:
            got = send(kymo, text, 400)
            expect(got == said, got)
        for text, said in [("good 1\n", "2:1: the text ends without # EOF: it is cut"),
                           ("# TYPE a counter\na_total -1\n# EOF\n", "2:9: a counter is not negative"),
                           ("# TYPE a counter\na 1\n# EOF\n", "2:1: a is of type counter (line 1): its samples are called a_total"),
                           ("good 1\n\n# EOF\n", "2:1: a blank line (OpenMetrics has none)")]:
            got = send(kymo, text, 400, OPENMETRICS)
            expect(got == said, got)
        expect("larger than 65536" in send(kymo, "a" * 70000, 413), "too large")
        expect("262144 bytes" in send(kymo, gzip.compress(b"#" * 300000), 413, encoding="gzip"), "a small bomb")
        expect("gzip" in send(kymo, "good 1\n", 400, encoding="gzip"), "not packed")
        expect("openmetrics-text" in send(kymo, "good 1\n", 415, "application/json"), "another type")
        expect("Content-Encoding" in send(kymo, "good 1\n", 415, encoding="br"), "another coding")
        expect("stands twice" in send(kymo, "good 1\n", 400, query={"timestamp": ["1", "2"]}), "parameters")
        expect(kymo.request("GET", PATH)[0] == 405, "only POST")
        expect(kymo.request("POST", PATH, "good 1\n", {"Origin": "http://elsewhere.example"})[0] == 403, "a foreign page")
        expect(names(kymo) == [], f"nothing is stored: {names(kymo)}")
        stats = kymo.get("/kymo/v1/stats")
        expect(stats["import"]["requests_refused"] >= 13 and stats["import"]["samples"] == 0, stats["import"])
        expect(stats["remote_write"]["requests"] == 0, "remote write is counted apart")


def a_node_is_stored_and_survives():
    with Daemon(QUIET) as kymo:
        before = now_ms()
        send(kymo, NODE, kind="text/plain; version=0.0.4; charset=utf-8")
        after = now_ms()

        def look():
            expect(kymo.latest("instance:node_cpu:ratio") == {(): 0.30000000000000004}, "the very bits")
            expect(kymo.latest("go_gc_duration_seconds")[(("quantile", "1"),)] == "NaN", "NaN")
            expect(kymo.latest("node_cpu_seconds_total")[(("cpu", "0"), ("mode", "idle"))] == 1345758, "an exponent")
            labels = dict(next(iter(kymo.latest("node_filesystem_size_bytes"))))
            expect(labels == {"device": "C:\\", "fstype": "ntfs", "mountpoint": '/mnt/a "b"'}, labels)
            labels = dict(next(iter(kymo.latest("node_uname_info"))))
            expect(labels["nodename"] == "höst", labels)
            [(_, points)] = kymo.samples("http_request_duration_seconds_sum")
            expect(before <= points[0][0] <= after and points[0][1] == 12.75, points)

        look()
        metrics = {item["name"]: item for item in kymo.get("/kymo/v1/metrics")["metrics"]}
        expect(metrics["node_cpu_seconds_total"]["type"] == "counter", metrics)
        expect(metrics["node_cpu_seconds_total"]["help"].startswith("Seconds the CPUs"), metrics)
        expect(metrics["http_request_duration_seconds_bucket"]["type"] == "counter", metrics)
        kymo.process.send_signal(signal.SIGKILL)
        kymo.process.wait()
        kymo.start()
        look()


def times_come_from_the_text_or_the_request():
    with Daemon(QUIET) as kymo:
        at = now_ms() - 60000
        send(kymo, f"a 1 {at}\nb 2\na 3 {at + 1000}\n", query={"timestamp": at + 5})
        send(kymo, f"# TYPE c gauge\nc 4 {at / 1000:.3f}\nc 5 {at / 1000 + 1:.3f}\n# EOF\n", kind=OPENMETRICS)
        expect(kymo.samples("a") == [({}, [[at, 1], [at + 1000, 3]])], kymo.samples("a"))
        expect(kymo.samples("b") == [({}, [[at + 5, 2]])], kymo.samples("b"))
        expect(kymo.samples("c") == [({}, [[at, 4], [at + 1000, 5]])], kymo.samples("c"))


def labels_come_from_the_request():
    with Daemon(QUIET) as kymo:
        query = {"extra_label": ["job=x y", "b=new"]}
        send(kymo, 'a{b="old"} 1\n{"c.d"} 2\n', query=query)
        send(kymo, "a 3\n")
        expect(kymo.latest("a") == {(("b", "new"), ("job", "x y")): 1, (): 3}, kymo.latest("a"))
        expect(kymo.latest("c.d") == {(("b", "new"), ("job", "x y")): 2}, "a dotted name, as it is given")


def packed_text_is_taken():
    with Daemon(QUIET) as kymo:
        send(kymo, gzip.compress(b"a 1\n") + gzip.compress(b"b 2\n"), encoding="gzip")
        expect(kymo.latest("a") == {(): 1} and kymo.latest("b") == {(): 2}, "both members")


def refused_samples_are_answered_as_those_of_remote_write():
    with Daemon("limits: {series: 200}\n" + QUIET) as kymo:
        at = now_ms()
        send(kymo, f"a 1 {at}\n")
        said = send(kymo, f"a 2 {at}\nb 1 {at}\n", 400)
        expect("1 of 2 samples are refused" in said and "another value" in said, said)
        expect(kymo.latest("b"), "the other one is stored")
        send(kymo, f"a 1 {at}\nb 1 {at}\n")
        said = send(kymo, "".join(f'many{{i="{i}"}} 1\n' for i in range(500)), 429)
        expect("limits.series" in said, said)


def it_is_counted_in_metrics_of_kymo_itself():
    with Daemon(QUIET) as kymo:
        send(kymo, "a 1\nb 2\n")
        send(kymo, "a\n", 400)
        wanted = {"kymo_import_requests_total": 2, "kymo_import_requests_refused_total": 1, "kymo_import_samples_total": 2,
                  'kymo_import_refused_total{reason="limit"}': 0, "kymo_remote_write_requests_total": 0}

        def counted():
            got = shown(kymo.request("GET", "/metrics")[1])
            return all(got.get(name, -1) == value for name, value in wanted.items())

        wait_for("the counters", counted)


def can_be_turned_off():
    with Daemon(QUIET, head=HEAD.replace("MORE", "write: false")) as kymo:
        expect("write: true" in send(kymo, "a 1\n", 403), "and says how to turn it on")


# ---- what programs show ----

def shown(text):
    """{name with labels: value} of a text."""
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            series, value = re.fullmatch(r"([^ {]+(?:\{.*\})?) (\S+)(?: # .*)?", line).groups()
            samples[series] = float(value)
    return samples


def stored(kymo):
    """The same of what is stored; kymo's own metrics have dots, those of others have none."""
    samples = {}
    for item in kymo.get("/kymo/v1/latest")["series"]:
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(item["labels"].items()))
        samples[item["name"], labels] = float(item["value"])
    return samples


def compare(kymo, text, least):
    wanted = shown(text)
    got = stored(kymo)
    expect(len(wanted) >= least, f"that is not much: {len(wanted)}")
    for series, value in wanted.items():
        name, _, labels = series.rstrip("}").partition("{")
        labels = ",".join(sorted(re.findall(r'[^,="]+="(?:[^"\\]|\\.)*"', labels)))
        labels = labels.replace("\\\\", "\\").replace('\\"', '"').replace("\\n", "\n")
        have = got.get((name, labels), "nothing")
        expect(have == value or (math.isnan(value) and math.isnan(have)), f"{series}: {have} instead of {value}")


def check_metrics(text):
    """promtool reads it too. What it only lints (exit 3) is no matter here."""
    if remote.tool("promtool"):
        done = subprocess.run([remote.tool("promtool"), "check", "metrics"], input=text.encode(), capture_output=True, timeout=60)
        expect(b"error while linting" not in done.stderr, done.stderr.decode())


def what_kymo_shows_comes_back():
    with Daemon("defaults: {interval: 100ms}\nplugins:\n  - plugin: system\n  - plugin: process\n") as source, \
            Daemon(QUIET) as kymo:
        wait_for("its own metrics", lambda: "system_uptime" in source.request("GET", "/metrics")[1])
        status, text = source.request("GET", "/metrics")
        expect(status == 200, text)
        # A series of kymo itself, with other labels than the target's own: those are an instance's.
        send(kymo, text, kind="text/plain; version=0.0.4", query={"extra_label": "of=another"})
        wanted = shown(text)
        got = {item["name"] for item in kymo.get("/kymo/v1/latest")["series"] if item["labels"].get("of") == "another"}
        expect(got == {series.partition("{")[0] for series in wanted}, "every metric is there")
        check_metrics(text)
        check_metrics(NODE)


def what_a_real_prometheus_shows_comes_back():
    if not remote.tool("prometheus"):
        print("   (no prometheus)")
        return
    port = remote.free_port()
    config = ("global: {scrape_interval: 1s, scrape_timeout: 900ms}\n"
              f"scrape_configs: [{{job_name: itself, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n")
    with tempfile.TemporaryDirectory(prefix="kymo-import-") as folder, Daemon(QUIET) as kymo, Daemon(QUIET) as second, \
            remote.prometheus(folder, config, port=port) as program:
        status, text = program.request("GET", "/metrics")
        expect(status == 200, text)
        send(kymo, text, kind="text/plain; version=0.0.4; charset=utf-8")
        compare(kymo, text, 100)
        check_metrics(text)
        federate = "/federate?" + urllib.parse.urlencode({"match[]": '{job="itself"}'})
        wait_for("a scrape", lambda: "prometheus_build_info" in program.request("GET", federate)[1])
        text = program.request("GET", federate)[1]      # with times
        send(second, text, kind="text/plain; version=0.0.4; charset=utf-8")
        compare(second, re.sub(r" \d+$", "", text, flags=re.M), 100)
        at = re.search(r"^prometheus_build_info\{.*\} 1 (\d+)$", text, re.M).group(1)
        [(_, points)] = second.samples("prometheus_build_info")
        expect(points == [[int(at), 1]], f"{points} at {at}")


CLIENT = r'''# HELP requests Requests, by "path"\nand so on.
# TYPE requests counter
requests_total{path="/a"} 17.0 1520879607.789 # {trace_id="oHg5SJYRHA0"} 9.8 1520879607.789
requests_created{path="/a"} 1.520430000123e+09 1520879607.789
# TYPE took_seconds histogram
# UNIT took_seconds seconds
took_seconds_bucket{le="0.1"} 8.0 # {} 0.054
took_seconds_bucket{le="1.0"} 10.0 # {trace_id="é # ="} 0.67
took_seconds_bucket{le="+Inf"} 17.0
took_seconds_count 17.0
took_seconds_sum 324789.3
took_seconds_created 1.520430000123e+09
# TYPE build info
build_info{version="1.2"} 1
# TYPE state stateset
state{state="on"} 1
state{state="off"} 0
# TYPE size_bytes gaugehistogram
size_bytes_bucket{le="+Inf"} 3
size_bytes_gcount 3
size_bytes_gsum 7.5
# TYPE "queue.depth" gauge
{"queue.depth","a name"="x"} -5
# EOF
'''


def openmetrics_of_every_type_is_stored():
    with Daemon(QUIET) as kymo:
        send(kymo, CLIENT.replace("1520879607.789", f"{now_ms() / 1000:.3f}"), kind=OPENMETRICS)
        expect(kymo.latest("requests_total") == {(("path", "/a"),): 17}, kymo.latest("requests_total"))
        expect(kymo.latest("took_seconds_bucket")[(("le", "1.0"),)] == 10, "a bucket, with its le as it is written")
        expect(kymo.latest("queue.depth") == {(("a name", "x"),): -5}, kymo.latest("queue.depth"))
        metrics = {item["name"]: item for item in kymo.get("/kymo/v1/metrics")["metrics"]}
        expect(metrics["requests_total"]["help"] == 'Requests, by "path"\nand so on.', metrics["requests_total"])
        expect(metrics["took_seconds_sum"]["type"] == "counter" and metrics["took_seconds_sum"]["unit"] == "seconds", metrics)
        expect(metrics["size_bytes_gsum"]["type"] == "gauge" and metrics["build_info"]["type"] == "gauge", metrics)
        expect(kymo.get("/kymo/v1/stats")["import"]["exemplars"] == 3, "exemplars are counted, and left out")


CASES = [what_is_wrong_is_said_and_nothing_is_stored, a_node_is_stored_and_survives, times_come_from_the_text_or_the_request,
         it_is_counted_in_metrics_of_kymo_itself, labels_come_from_the_request, packed_text_is_taken,
         refused_samples_are_answered_as_those_of_remote_write, can_be_turned_off,
         openmetrics_of_every_type_is_stored, what_kymo_shows_comes_back, what_a_real_prometheus_shows_comes_back]

if __name__ == "__main__":
    main(CASES)
