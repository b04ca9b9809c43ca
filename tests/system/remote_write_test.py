#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remote write, by hand and from a real Prometheus and a real vmagent.

KYMO_REMOTE_SECONDS: how long those two write (20). What they sent is compared sample
by sample with what Prometheus has stored itself; kymo is killed and started again
meanwhile.
"""
import contextlib
import http.client
import json
import math
import os
import signal
import socket
import sys
import tempfile
import time
import urllib.parse

from daemon import Daemon, expect, main, wait_for
import remote

SECONDS = float(os.environ.get("KYMO_REMOTE_SECONDS", "20"))
HEAD = 'store: {{path: "{store}"}}\nsockets: "{run}"\nhttp: {{listen: "127.0.0.1:PORT"MORE}}\n'
QUIET = "plugins: []\n"


def fixed(more=""):
    """A port that stays the same over a restart."""
    return HEAD.replace("PORT", str(remote.free_port())).replace("MORE", f", {more}" if more else "")


def write(kymo, body, status=204, pack=True, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/write", body=remote.packed(body) if pack else body,
                           headers={**remote.HEADERS, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        expect(answer.status == status, f"{answer.status} instead of {status}: {text}")
        if status == 204:
            expect(not text, text)
            return answer
        expect(json.loads(text)["status"] == status, text)
        answer.text = json.loads(text)["error"]
        return answer


def now_ms():
    return int(time.time() * 1000)


def what_is_answered_is_stored():
    with Daemon(QUIET) as kymo:
        at = now_ms() - 60000
        write(kymo, b"".join(remote.series_bytes({"__name__": "temperature", "room": str(room)},
                                                 [(at + i * 1000, room + i / 10) for i in range(50)]) for room in range(20)))
        series = kymo.samples("temperature")
        expect(len(series) == 20, f"{len(series)} series")
        for labels, points in series:
            expect(points == [[at + i * 1000, int(labels["room"]) + i / 10] for i in range(50)], f"{labels}: {points}")
        kymo.process.send_signal(signal.SIGKILL)
        kymo.process.wait()
        kymo.start()
        expect(sorted(kymo.samples("temperature"), key=str) == sorted(series, key=str), "a killed daemon has it all")
        stats = kymo.get("/kymo/v1/stats")["store"]
        expect(stats["refused"] == {"late": 0, "conflict": 0, "unknown": 0}, stats)


def it_is_counted_in_metrics_of_kymo_itself():
    with Daemon(QUIET) as kymo:
        at = now_ms() - 1000
        write(kymo, remote.series_bytes({"__name__": "a"}, [(at, 1), (at + 1, 2)]))
        write(kymo, remote.series_bytes({"__name__": "a"}, [(at, 7)]) + remote.series_bytes({"b": "c"}, [(at, 7)]), 400)
        kymo.cli("maintain", "flush")
        wanted = {"kymo_remote_write_requests_total": 2, "kymo_remote_write_samples_total": 4,
                  'kymo_remote_write_refused_total{reason="labels"}': 1, 'kymo_store_refused_total{reason="conflict"}': 1,
                  "kymo_store_flushes_total": 1}

        def counted():
            lines = dict(line.rsplit(" ", 1) for line in kymo.request("GET", "/metrics")[1].splitlines() if line[0] != "#")
            return all(float(lines.get(name, -1)) == value for name, value in wanted.items()) and lines

        expect(float(wait_for("the counters", counted)["kymo_store_flush_duration"]) > 0, "the flush took some time")
        expect("samples of remote write" in kymo.cli("stats"), "kymo stats tells too")
        sizes = {item["name"]: item["tiers"][0]["samples"] for item in kymo.get("/kymo/v1/sizes")["metrics"]}
        expect(sizes["a"] == 2, sizes)
        expect("kymo.store.series" in kymo.cli("stats", "--sizes"), "and what each metric takes")


def what_is_wrong_is_said():
    with Daemon(QUIET, head=fixed("body: 64KiB")) as kymo:
        good = remote.series_bytes({"__name__": "good"}, [(now_ms(), 1)])
        for labels, words in [([("b", "1"), ("a", "1")], "not sorted: b stands before a"),
                              ([("__name__", "x"), ("a", "1"), ("a", "1")], "label a stands twice"),
                              ([("__name__", "x"), ("a", "")], "value of label a is empty"),
                              ([("", "1"), ("__name__", "x")], "label name is empty"),
                              ([("a", "1")], "__name__ is missing")]:
            said = write(kymo, good + remote.series_bytes(remote.labels_bytes(labels), [(now_ms(), 1)]), 400).text
            expect(words in said and "1 of 2 samples" in said, said)
        expect(kymo.latest("good"), "the good ones are stored")
        expect("snappy" in write(kymo, b"nonsense", 400, pack=False).text, "no snappy")
        expect("snappy" in write(kymo, b"", 400, pack=False).text, "no body at all")
        expect("damaged" in write(kymo, good[:-3], 400).text, "cut")
        expect("4294967295 bytes" in write(kymo, b"\xff\xff\xff\xff\x0f", 413, pack=False).text, "claims too much")
        expect("larger than 65536" in write(kymo, b"x" * 70000, 413, pack=False).text, "too large")
        for headers in [{"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"},
                        {"Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
                         "X-Prometheus-Remote-Write-Version": "2.0.0"}]:
            expect("remote write 1.0" in write(kymo, good, 415, headers=headers).text, headers)
        write(kymo, good, 403, headers={"Origin": "http://elsewhere.example"})
        stats = kymo.get("/kymo/v1/stats")["remote_write"]
        expect(stats["requests_refused"] == 4 and stats["refused"]["labels"] == 5, stats)
        expect(stats["samples"] == stats["stored"] + stats["repeated"] + sum(stats["refused"].values()), stats)


def limits_are_answered_with_429():
    with Daemon("limits: {series: 200}\n" + QUIET, head=fixed()) as kymo:
        answer = write(kymo, b"".join(remote.series_bytes({"__name__": "many", "i": str(i)}, [(now_ms(), i)])
                                      for i in range(500)), 429)
        expect(int(answer.getheader("Retry-After")) > 0 and "limits.series" in answer.text, answer.text)
        expect(kymo.latest("many"), "as many as fit are stored")


def bodies_in_flight_are_bounded():
    with Daemon(QUIET, head=fixed("body: 256KiB, in_flight: 300KiB")) as kymo:
        body = os.urandom(200000)
        head = (f"POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n").encode()

        def posted():
            connection = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=60)
            with contextlib.closing(connection):
                connection.request("POST", "/api/v1/write", body=body)
                answer = connection.getresponse()
                answer.read()
                return answer if answer.status == 429 else None

        def refused():      # if it overtakes the slow one, that is the one which is refused: then again
            with contextlib.closing(socket.create_connection(("127.0.0.1", kymo.port))) as slow:
                slow.sendall(head + body[:-1])      # and the last byte does not come
                time.sleep(0.2)
                return posted()

        expect(wait_for("a refusal", refused).getheader("Retry-After"), "it says when to come again")
        wait_for("room again", lambda: not posted())


def slow_writers_hold_up_nobody():
    with Daemon("", head=fixed()) as kymo, contextlib.ExitStack() as stack:
        for _ in range(8):
            slow = stack.enter_context(contextlib.closing(socket.create_connection(("127.0.0.1", kymo.port))))
            slow.sendall(b"POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbegins")
        for i in range(50):
            write(kymo, remote.series_bytes({"__name__": "quick"}, [(now_ms() + i, i)]))
            kymo.get("/kymo/v1/stats")


def series_of_others_are_not_offered():
    with Daemon("defaults: {interval: 100ms}\nplugins:\n  - plugin: system\n") as kymo:
        write(kymo, remote.series_bytes({"__name__": "theirs", "job": "x"}, [(now_ms(), 1)]))
        wait_for("our own", lambda: "system_uptime" in kymo.request("GET", "/metrics")[1])
        expect("theirs" not in kymo.request("GET", "/metrics")[1], "theirs are in /metrics")
        expect(kymo.latest("theirs"), "but in queries")


def can_be_turned_off():
    with Daemon(QUIET, head=fixed("write: false")) as kymo:
        expect("write: true" in write(kymo, b"", 403).text, "and says how to turn it on")


# ---- real programs ----

def plain(value):
    return "NaN" if math.isnan(value) else value


def of_prometheus(program, since, until):
    """{labels: {time: value}} of what it has stored."""
    span = math.ceil((until - since) / 1000) + 1
    query = urllib.parse.urlencode({"query": f'{{__name__!=""}}[{span}s]', "time": f"{until / 1000:.3f}"})
    status, text = program.request("GET", f"/api/v1/query?{query}")
    expect(status == 200, text)
    return {tuple(sorted(series["metric"].items())):
            {round(at * 1000): plain(float(value)) for at, value in series["values"] if since < round(at * 1000) <= until}
            for series in json.loads(text)["data"]["result"]}


def of_kymo(kymo, since, until, job):
    answer = kymo.post("/kymo/v1/query", {"names": ["*"], "filters": [f"job=~{job}"], "granularity": "raw",
                                          "start": f"{since / 1000:.3f}", "end": f"{until / 1000:.3f}"})
    return {tuple(sorted({"__name__": series["name"], **series["labels"]}.items())):
            {at: plain(float(value)) for at, value in series["points"]} for series in answer["series"]}


def differences(wanted, got):
    """Of samples: what is missing, what differs, what is too much."""
    missing = wrong = more = 0
    first = ""
    for labels, samples in wanted.items():
        there = got.get(labels, {})
        for at, value in samples.items():
            if at not in there:
                missing += 1
                first = first or f"{labels} at {at} is missing"
            elif there[at] != value:
                wrong += 1
                first = first or f"{labels} at {at}: {there[at]} instead of {value}"
    for labels, samples in got.items():
        more += sum(at not in wanted.get(labels, {}) for at in samples)
    return f"{missing} missing, {wrong} wrong, {more} too many; {first}" if missing or wrong or more else None


def until_equal(program, kymo, since, until, job):
    wanted = of_prometheus(program, since, until)
    wanted = {labels: samples for labels, samples in wanted.items() if samples}
    last = {"difference": None}

    def equal():
        last["difference"] = differences(wanted, {labels: samples for labels, samples in
                                                  of_kymo(kymo, since, until, job).items() if samples})
        return not last["difference"]

    try:
        wait_for("the same samples", equal, limit=90)
    except AssertionError:
        expect(False, last["difference"])
    count = sum(map(len, wanted.values()))
    print(f"   ({len(wanted)} series, {count} samples are the same)", flush=True)
    expect(len(wanted) > 100 and count > len(wanted) * min(SECONDS, 20) / 4, "that is not much")


def scrape(jobs, more=""):
    text = "global: {scrape_interval: 1s, scrape_timeout: 900ms}\n" + more + "scrape_configs:\n"
    return text + "".join(f"  - {{job_name: {name}, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
                          for name, port in jobs.items())


def kill_and_start(kymo):
    kymo.process.send_signal(signal.SIGKILL)
    kymo.process.wait()
    time.sleep(1)
    kymo.start()


def ours(kymo, job):
    """A series that came from the job and has not ended."""
    return any(("job", job) in labels for labels in kymo.latest("system_uptime"))


def a_real_prometheus_loses_nothing():
    with tempfile.TemporaryDirectory(prefix="kymo-remote-") as folder, Daemon("", head=fixed()) as kymo, \
            Daemon("", head=fixed()) as target:
        to = (f"remote_write: [{{url: 'http://127.0.0.1:{kymo.port}/api/v1/write', queue_config: {{batch_send_deadline: 200ms}},"
              " metadata_config: {send_interval: 1s}}]\n")
        own = remote.free_port()
        jobs = {"kymo": kymo.port, "target": target.port, "itself": own}
        with remote.prometheus(folder, scrape(jobs, to), port=own) as program:
            since = now_ms()
            wait_for("the first samples", lambda: kymo.latest("prometheus_build_info"))
            time.sleep(SECONDS / 2)
            kill_and_start(kymo)
            time.sleep(SECONDS / 2)
            until_equal(program, kymo, since, now_ms(), "kymo|target|itself")
            expect(ours(kymo, "target"), "the target is there")
            target.stop()
            wait_for("the end of its series", lambda: not ours(kymo, "target"))
            expect(ours(kymo, "kymo"), "the others go on")
            metrics = {item["name"]: item for item in kymo.get("/kymo/v1/metrics?name=prometheus_*")["metrics"]}
            expect(metrics["prometheus_http_requests_total"]["type"] == "counter", "metadata has come")
            expect(metrics["prometheus_http_requests_total"]["help"], "with its help")
            own_view = program.request("GET", "/metrics")[1]
            for name in ("failed", "dropped"):
                lines = [line for line in own_view.splitlines() if line.startswith(f"prometheus_remote_storage_samples_{name}_total")]
                expect(all(line.endswith(" 0") for line in lines), lines)


def a_real_vmagent_loses_nothing():
    with tempfile.TemporaryDirectory(prefix="kymo-remote-") as folder, Daemon("", head=fixed()) as kymo, \
            remote.prometheus(f"{folder}/prometheus", "scrape_configs: []\n", "--web.enable-remote-write-receiver") as program, \
            contextlib.ExitStack() as stack:
        target = stack.enter_context(Daemon("", head=fixed()))
        jobs = {"kymo": kymo.port, "target": target.port, "prometheus": program.port}
        with remote.vmagent(f"{folder}/vmagent", scrape(jobs), f"http://127.0.0.1:{kymo.port}/api/v1/write",
                            f"-remoteWrite.url=http://127.0.0.1:{program.port}/api/v1/write", "-remoteWrite.flushInterval=200ms"):
            since = now_ms()
            wait_for("the first samples", lambda: kymo.latest("prometheus_build_info"))
            time.sleep(SECONDS / 2)
            kill_and_start(kymo)
            time.sleep(SECONDS / 2)
            until = now_ms()
            time.sleep(2)
            until_equal(program, kymo, since, until, "kymo|target|prometheus")
            target.stop()
            wait_for("the end of its series", lambda: not ours(kymo, "target"))
            expect(ours(kymo, "kymo"), "the others go on")


CASES = [what_is_answered_is_stored, it_is_counted_in_metrics_of_kymo_itself, what_is_wrong_is_said, limits_are_answered_with_429, bodies_in_flight_are_bounded,
         slow_writers_hold_up_nobody, series_of_others_are_not_offered, can_be_turned_off]
for name, case in (("prometheus", a_real_prometheus_loses_nothing), ("vmagent", a_real_vmagent_loses_nothing)):
    if remote.tool(name) and remote.tool("prometheus"):
        CASES.append(case)
    else:
        print(f"   ({name} is not here: ./dev test unpacks it)", file=sys.stderr)
main(CASES)
