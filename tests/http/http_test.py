#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTTP interface of the real daemon: every route, wrong input, limits, who may, Prometheus."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import Daemon, UnixConnection, expect, main, wait_for  # noqa: E402

API = "defaults: {interval: 200ms}\nplugins:\n  - plugin: system\n  - plugin: api\n"


def error_of(kymo, method, path, body=None, status=400, **more):
    got, text = kymo.request(method, path, body, **more)
    expect(got == status, f"{method} {path} {str(body)[:80]}: {got} instead of {status}: {text[:400]}")
    answer = json.loads(text)
    expect(set(answer) == {"error", "status"} and answer["status"] == status, f"{method} {path}: {text}")
    return answer["error"]


def record(kymo, *events):
    return kymo.post("/kymo/v1/events", list(events), 202)


def request(endpoint, ms, status="200"):
    return {"name": "api.request", "value": ms, "labels": {"endpoint": endpoint, "status": status}}


def every_route_answers():
    with Daemon(API) as kymo:
        expect(record(kymo, request("/a", 5), request("/b", 50, "500")) == {"accepted": 2, "unclaimed": 0}, "both are taken")
        wait_for("the events", lambda: kymo.latest("api.requests.total") == {(): 2})
        snapshot = kymo.get("/kymo/v1/snapshot")
        expect(list(snapshot["groups"]) == ["system", "process", "api", "websocket", "business", "data", "custom"], snapshot)
        names = {item["name"] for item in snapshot["groups"]["api"]}
        expect("api.requests.total" in names and abs(snapshot["at"] - time.time() * 1000) < 60000, snapshot["at"])
        latest = kymo.get("/kymo/v1/latest?name=api.endpoint.*&name=system.uptime")["series"]
        expect([item["name"] for item in latest] == ["api.endpoint.requests"] * 2 + ["system.uptime"], latest)
        expect(latest[0]["labels"] == {"endpoint": "/a"} and latest[0]["type"] == "counter", latest[0])
        expect(kymo.get("/kymo/v1/latest?name=nonesuch") == {"series": []}, "nothing is an empty list")
        metrics = kymo.get("/kymo/v1/metrics?name=api.endpoint.*")["metrics"]
        expect(len(metrics) == 1 and metrics[0]["labels"] == ["endpoint"] and metrics[0]["series"] == 2, metrics)
        stats = kymo.get("/kymo/v1/metrics/api.endpoint.requests/stats?label=endpoint=/a&last=10m")
        expect(stats["series"][0]["labels"] == {"endpoint": "/a"} and stats["all"]["max"] == 1, stats)
        expect([item["name"] for item in kymo.get("/kymo/v1/instances")["instances"]] == ["api", "system"], "by name")
        expect([item["tier"] for item in kymo.get("/kymo/v1/tiers")["tiers"]] == ["raw", "1m", "5m", "1h"], "four tiers")
        stats = kymo.get("/kymo/v1/stats")
        expect(stats["host"]["collectors"] == 2 and stats["events"]["taken"] == 2 and stats["store"]["series"] > 5, stats)
        done = kymo.post("/kymo/v1/maintain", "")
        expect(done["flushed_samples"] > 0 and done["blocks_written"] > 0, done)
        expect(kymo.post("/kymo/v1/maintain", {"do": ["close"]})["flushed_samples"] == 0, "only what was asked for")
        for path in ("/-/healthy", "/-/ready"):
            expect(kymo.request("GET", path)[0] == 200, path)


def a_query_means_the_same_in_both_forms():
    with Daemon(API) as kymo:
        wait_for("some samples", lambda: len((kymo.samples("system.uptime") or [((), [])])[0][1]) > 5)
        end = int(time.time())
        body = {"names": ["system.load.*"], "filters": ["x=", "instance!~a.*"], "start": end - 600, "end": end, "function": "max",
                "step": "1m", "points": 5}
        posted = kymo.post("/kymo/v1/query", body)
        got = kymo.get(f"/kymo/v1/query?name=system.load.*&label=x%3D&label=instance!~a.*&start={end - 600}&end={end}"
                       "&function=max&step=60&points=5")
        posted.pop("samples_read"), got.pop("samples_read")
        expect(posted == got, f"{posted}\n{got}")
        expect({series["name"] for series in got["series"]} == {"system.load.15m", "system.load.1m", "system.load.5m"}, got)
        expect(got["end"] - got["start"] >= 600000 and got["step"] >= 120000 and got["parts"], got)
        nothing = kymo.query("nonesuch.*")
        expect(nothing["series"] == [] and nothing["warnings"], nothing)


WRONG = [
    # method, path, body, status, what the error must say
    ("GET", "/nonesuch", None, 404, "/nonesuch"),
    ("PUT", "/kymo/v1/query", "{}", 405, "GET, HEAD, POST"),
    ("GET", "/kymo/v1/stats?verbose=1", None, 400, "verbose"),
    ("GET", "/kymo/v1/latest?nmae=a", None, 400, "did you mean"),
    ("GET", "/kymo/v1/latest?name=%ff", None, 400, "UTF-8"),
    ("POST", "/kymo/v1/query", "", 400, "no body"),
    ("POST", "/kymo/v1/query", "{", 400, "line 1, column 2"),
    ("POST", "/kymo/v1/query", '{"names": ["a"],\n}', 400, "line 2, column 1"),
    ("POST", "/kymo/v1/query", '{"names": ["a"]} trailing', 400, "behind the end"),
    ("POST", "/kymo/v1/query", "[" * 100000, 400, "nested too deep"),
    ("POST", "/kymo/v1/query", "[" + "1," * 100000 + "1]", 400, "too many values"),
    ("POST", "/kymo/v1/query", "[1]", 400, "an object is wanted"),
    ("POST", "/kymo/v1/query", "{}", 400, "names"),
    ("POST", "/kymo/v1/query", {"names": 5}, 400, "a list of texts is wanted"),
    ("POST", "/kymo/v1/query", {"names": ["a"], "las": "6h"}, 400, 'did you mean \\"last\\"|"last"'),
    ("POST", "/kymo/v1/query", {"names": ["a"], "last": "6x"}, 400, "6x"),
    ("POST", "/kymo/v1/query", {"names": ["a"], "function": "median"}, 400, "median.*p95"),
    ("POST", "/kymo/v1/query", {"names": ["a"], "start": "now", "end": "-1h"}, 400, "start|end|before"),
    ("POST", "/kymo/v1/query", {"names": ["a"], "filters": ["x=~("]}, 400, "x|\\("),
    ("POST", "/kymo/v1/query", {"names": ["a"], "filters": [{"label": "x", "op": "~", "value": ""}]}, 400, "=~"),
    ("POST", "/kymo/v1/query", {"names": ["system.uptime"], "last": "365d", "step": "1s", "function": "avg"}, 422, "points|limit"),
    ("POST", "/kymo/v1/maintain", {"do": ["clean"]}, 400, "flush, close, merge and expire"),
    ("POST", "/kymo/v1/events", '{"name": "a", "extra": 1}', 400, "extra"),
    ("POST", "/kymo/v1/events", '{"name": 5}', 400, "name"),
    ("GET", "/kymo/v1/metrics/a/stats?last=0", None, 400, "span of time"),
    ("GET", "/kymo/v1/query?" + "&".join(["name=a"] * 65), None, 400, "at most 64"),
]


def wrong_input_gets_one_clear_message():
    with Daemon(API) as kymo:
        for method, path, body, status, words in WRONG:
            text = error_of(kymo, method, path, body, status)
            expect(re.search(words, text), f"{method} {path} {str(body)[:60]}: \"{words}\" is not in: {text}")
        seen = kymo.latest("system.uptime")
        wait_for("collecting goes on", lambda: kymo.latest("system.uptime") != seen)


def bodies_and_connections_have_limits():
    head = Daemon.HEAD.replace('listen: "127.0.0.1:0"', 'listen: "127.0.0.1:0", body: 2KiB, connections: 3')
    with Daemon(API, head=head) as kymo:
        expect("2048 bytes" in error_of(kymo, "POST", "/kymo/v1/events", "[" + " " * 3000 + "]", 413), "too large")
        held = [http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=60) for _ in range(3)]
        for connection in held:
            connection.request("GET", "/-/healthy")
            expect(connection.getresponse().read(), "an answer")
        wait_for("a fourth one that is refused", lambda: kymo.request("GET", "/-/healthy")[0] == 503)
        expect(kymo.request("GET", "/-/healthy", control=True)[0] == 200, "the control socket is always open")
        for connection in held:
            connection.close()
        wait_for("room again", lambda: kymo.request("GET", "/-/healthy")[0] == 200)


def pages_of_strangers_are_refused():
    head = Daemon.HEAD.replace('listen: "127.0.0.1:0"', 'listen: "127.0.0.1:0", hosts: [kymo.test]')
    with Daemon(API, head=head) as kymo:
        def status(method, **headers):
            return kymo.request(method, "/kymo/v1/maintain" if method == "POST" else "/-/healthy", headers=headers)[0]
        expect(status("GET", Host="evil.test") == 421, "a foreign Host")
        for host in ("kymo.test", "localhost:1", "127.0.0.1", "[::1]:9465", "10.0.0.1"):
            expect(status("GET", Host=host) == 200, host)
        expect(status("POST", Origin="http://evil.test") == 403, "a foreign page")
        expect(status("POST", Origin="null") == 403, "a page from nowhere")
        expect(status("POST", Origin="http://kymo.test", Host="kymo.test") == 200, "a page of this server")
        expect(status("GET", Origin="http://evil.test") == 200, "reading is harmless: the browser keeps it from the page")


def admin_is_for_the_control_socket():
    routes = [("POST", "/-/reload", None), ("POST", "/kymo/v1/plan", {"file": "/x"}), ("POST", "/kymo/v1/instances", "plugin: data"),
              ("DELETE", "/kymo/v1/instances/api", None), ("POST", "/kymo/v1/instances/api/reset", None),
              ("POST", "/kymo/v1/delete", {"names": ["*"], "start": 0})]
    with Daemon(API) as kymo:
        for method, path, body in routes:
            expect("control socket" in error_of(kymo, method, path, body, 403), path)
        expect((kymo.run / "control").stat().st_mode & 0o777 == 0o600, "the control socket is ours alone")
        kymo.post("/-/reload", "", control=True)
        kymo.head = kymo.head.replace('"127.0.0.1:0"', '"127.0.0.1:0", admin: true')
        kymo.write(API)
        kymo.post("/-/reload", "", control=True)
        changes = kymo.post("/-/reload", "")["changes"]
        expect([change["action"] for change in changes] == ["keep", "keep"], changes)
        error_of(kymo, "POST", "/-/reload", "", 403, headers={"Origin": "http://evil.test"})


def what_is_deleted_is_gone():
    wrong = [({"names": [], "start": 0}, "is wanted"), ({"names": ["system.uptime"]}, "from when on"),
             ({"names": ["system.uptime"], "start": 0, "step": "5m"}, "what a deletion has"),
             ({"names": ["system.uptime"], "start": "now", "end": "-1h"}, "empty|before")]
    with Daemon(API) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        for body, words in wrong:
            text = error_of(kymo, "POST", "/kymo/v1/delete", body, 400, control=True)
            expect(re.search(words, text), f"{body}: \"{words}\" is not in: {text}")
        point = kymo.post("/kymo/v1/query", {"names": ["system.uptime"], "last": "1h"})["series"][0]["points"][0]
        done = kymo.post("/kymo/v1/delete", {"names": ["system.uptime"], "start": 0, "end": point[0] / 1000}, control=True)
        expect(done["series"] == 1 and done["end"] == point[0], done)
        series = kymo.post("/kymo/v1/query", {"names": ["system.uptime"], "last": "1h"})["series"]
        expect(not series or series[0]["points"][0][0] > point[0], f"{point} is still there: {series}")
        done = kymo.post("/kymo/v1/delete", {"names": ["nobody"], "start": 0}, control=True)
        expect(done["series"] == 0, done)


def instances_come_and_go():
    with Daemon(API) as kymo:
        added = kymo.post("/kymo/v1/instances", {"plugin": "system", "name": "twin", "interval": "100ms", "labels": {"n": "2"}},
                          201, control=True)
        expect(added == {"added": "twin"}, added)
        wait_for("its samples", lambda: any(("instance", "twin") in labels for labels in kymo.latest("system.uptime")))
        expect("twin" in error_of(kymo, "POST", "/kymo/v1/instances", {"plugin": "system", "name": "twin"}, 409, control=True), "taken")
        kymo.post("/-/reload", "", control=True)
        entry = [item for item in kymo.get("/kymo/v1/instances")["instances"] if item["name"] == "twin"]
        expect(entry and entry[0]["added"] and entry[0]["interval"] == 100, f"it survives a reload: {entry}")
        record(kymo, request("/a", 1))
        wait_for("a request", lambda: kymo.latest("api.requests.total") == {(): 1})
        expect(kymo.post("/kymo/v1/instances/api/reset", "", control=True) == {"reset": "api"}, "reset")
        wait_for("forgotten", lambda: kymo.latest("api.requests.total") == {(): 0})
        gone = json.loads(kymo.request("DELETE", "/kymo/v1/instances/twin", control=True)[1])
        expect(gone == {"removed": "twin"}, gone)
        wait_for("it ends", lambda: not any(("instance", "twin") in labels for labels in kymo.latest("system.uptime")))
        error_of(kymo, "DELETE", "/kymo/v1/instances/twin", None, 404, control=True)
        expect("intervall" in error_of(kymo, "POST", "/kymo/v1/instances", "plugin: system\nname: x\nintervall: 1s\n", 400,
                                       control=True), "a wrong key is named")
        expect("nonesuch" in kymo.request("POST", "/kymo/v1/instances", "plugin: nonesuch", control=True)[1], "an unknown plugin")


def a_reload_drops_no_connection():
    with Daemon(API) as kymo:
        kept = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=60)
        admin = UnixConnection(kymo.run / "control")

        def ask(connection, method="GET", path="/-/healthy"):
            connection.request(method, path)
            answer = connection.getresponse()
            expect(answer.status == 200, f"{method} {path}: {answer.status} {answer.read()}")
            return answer.read()
        ask(kept), ask(admin)
        local = kept.sock.getsockname()
        port = kymo.port
        for address in (f"127.0.0.2:{port}", f"0.0.0.0:{port}", f"127.0.0.1:{port}"):
            kymo.head = re.sub(r"127\.0\.0\.\d:\d+|0\.0\.0\.0:\d+", address, kymo.head)
            kymo.write(API)
            seen = len(kymo.log())
            ask(admin, "POST", "/-/reload")
            wait_for(address, lambda: f"listening on http://{address}" in kymo.log()[seen:])
            ask(kept), ask(admin)
        expect(kept.sock.getsockname() == local, "the same connection all the time")
        kymo.head = kymo.head.replace(f"127.0.0.1:{port}", "192.0.2.1:1")
        kymo.write(API)
        expect("192.0.2.1:1" in error_of(kymo, "POST", "/-/reload", "", 500, control=True), "what cannot be bound is named")
        ask(kept), ask(admin)
        kept.close(), admin.close()


def many_clients_at_a_time():
    with Daemon(API) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))

        def ask(number):
            path = ("/kymo/v1/snapshot", "/kymo/v1/stats", "/metrics", "/kymo/v1/query?name=system.*&last=1h&function=avg&step=10s")
            return [kymo.request("GET", path[(number + k) % 4])[0] for k in range(10)]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for statuses in pool.map(ask, range(48)):
                expect(set(statuses) == {200}, statuses)
        fds = kymo.fds()
        wait_for("all closed", lambda: kymo.fds() <= fds and kymo.get("/kymo/v1/stats")["requests"] == 1)


ODD = """defaults: {interval: 200ms}
plugins:
  - plugin: system
  - plugin: process
  - plugin: api
  - plugin: websocket
  - plugin: business
  - plugin: data
  - plugin: custom
    with:
      metrics:
        - {name: odd.labels, type: counter, help: "Backslash \\\\ and\\nnewline.", labels: [path, "wéird-label"]}
        - {name: odd_labels, type: gauge, help: Escapes like the one above.}
        - {name: "temp-°C", type: gauge, unit: celsius, help: Not ASCII.}
"""

# All that `promtool check metrics` may remark on: names that the design has fixed, and one of this test's own.
REMARKS = {f'{name} counter metrics should have "_total" suffix' for name in """
    api_endpoint_requests api_requests_failed api_requests_successful
    business_gateway_checks business_patterns_matched business_retrospectives business_violations
    websocket_bytes_received websocket_bytes_sent websocket_messages_received websocket_messages_sent odd_labels""".split()}
REMARKS |= {f'{name} non-counter metrics should not have "_total" suffix' for name in """
    data_files_total data_size_total process_memory_heap_total system_memory_total""".split()}


def prometheus_takes_it():
    promtool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    with Daemon(ODD) as kymo:
        record(kymo, request('/a"b\\c', 5), request("/b\n", 50, "500"), {"name": "websocket.message", "value": 7, "labels": {"direction": "sent"}},
               {"name": "odd.labels", "labels": {"path": 'q"\\\n', "wéird-label": "ä"}}, {"name": "odd_labels"}, {"name": "temp-°C", "value": 21.5})
        wait_for("the events", lambda: kymo.latest("temp-*") and kymo.latest("api.requests.total") == {(): 2})
        wait_for("rates and sizes", lambda: kymo.latest("system.cpu.usage") and kymo.latest("data.size.total"))
        status, text = kymo.request("GET", "/metrics")
        expect(status == 200, text)
        for line in ("# TYPE system_cpu_usage gauge", "# TYPE api_requests_total counter", "api_requests_total 2",
                     "# TYPE api_response_time histogram", 'api_response_time_bucket{endpoint="/b\\n",le="+Inf"} 1',
                     'api_response_time_sum{endpoint="/a\\"b\\\\c"} 5', 'odd_labels{path="q\\"\\\\\\n",w_ird_label="ä"} 1',
                     "# HELP odd_labels Backslash \\\\ and\\nnewline.", "temp__C 21.5", "kymo_exposition_left_out 1",
                     "# TYPE kymo_collector_collections_total counter"):
            expect(f"\n{line}" in "\n" + text, f"{line} is not in:\n{text}")
        expect("/metrics leaves out odd_labels" in kymo.log(), "it is logged")
        for _ in range(3):
            kymo.request("GET", "/metrics")
        expect(kymo.log().count("/metrics leaves out") == 1, "once")
        if not promtool:
            print("(promtool is not there: not checked)")
            return
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        remarks = {line for line in (done.stdout + done.stderr).splitlines() if line}
        expect(remarks == REMARKS, f"more: {sorted(remarks - REMARKS)}, not any more: {sorted(REMARKS - remarks)}")


def an_earlier_run_is_not_shown():
    with Daemon(API) as kymo:
        wait_for("samples", lambda: "system_uptime" in kymo.request("GET", "/metrics")[1])
        kymo.write("plugins:\n  - plugin: process\n")
        kymo.stop()
        kymo.start()
        wait_for("the new one", lambda: "process_uptime" in kymo.request("GET", "/metrics")[1])
        expect("system_uptime" not in kymo.request("GET", "/metrics")[1], "what nobody collects any more")
        expect(kymo.samples("system.uptime"), "but a query finds it")


main([every_route_answers, a_query_means_the_same_in_both_forms, wrong_input_gets_one_clear_message,
      bodies_and_connections_have_limits, pages_of_strangers_are_refused, admin_is_for_the_control_socket, what_is_deleted_is_gone,
      instances_come_and_go,
      a_reload_drops_no_connection, many_clients_at_a_time, prometheus_takes_it, an_earlier_run_is_not_shown])
