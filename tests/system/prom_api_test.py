#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Prometheus API beside a real Prometheus: both get the same samples by remote write, both are
asked the same, wrong things first. Statuses, error types, shapes and data are compared; where 2.42
and 3 differ, or kymo means something else, a row says so. promtool, curl and urllib ask too.
"""
import contextlib
import gzip
import http.client
import json
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from daemon import SANITIZE, Daemon, expect, main, wait_for
import remote

HEAD = 'store: {{path: "{store}"}}\nsockets: "{run}"\nhttp: {{listen: "127.0.0.1:0"MORE}}\n'
QUIET = "plugins: []\n"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOW = int(time.time()) // 60 * 60
SERIES = [({"__name__": "up", "job": job, "instance": f"{job}:{i}"}, [(NOW - 600 + k * 15, (k + i) % 2) for k in range(40)])
          for job in ("api", "db") for i in range(3)]
SERIES += [({"__name__": "http_requests_total", "code": code, "path": "/a\"b\\c\n\u00e9"}, [(NOW - 600 + k * 15.25, k * 10 + 0.5) for k in range(40)])
           for code in ("200", "500")]
SERIES += [({"__name__": "odd"}, [(NOW - 60, float("inf")), (NOW - 45, -0.0), (NOW - 30, 1e21), (NOW - 15, 1e-7)])]


def fill(port):
    body = b"".join(remote.series_bytes(labels, [(round(at * 1000), value) for at, value in samples]) for labels, samples in SERIES)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/write", body=remote.packed(body), headers=remote.HEADERS)
        answer = connection.getresponse()
        expect(answer.status in (200, 204), f"{answer.status} {answer.read()}")


@contextlib.contextmanager
def both():
    """kymo and Prometheus with the same samples; None for Prometheus where it is not installed."""
    with contextlib.ExitStack() as stack:
        kymo = stack.enter_context(Daemon(QUIET))
        fill(kymo.port)
        prometheus = None
        if remote.tool("prometheus"):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            prometheus = stack.enter_context(remote.prometheus(folder, "scrape_configs: []\n", "--web.enable-remote-write-receiver"))
            fill(prometheus.port)
        yield kymo, prometheus


def ask(program, path, method="GET", **params):
    text = urllib.parse.urlencode([(key.replace("match", "match[]"), value) for key, values in params.items()
                                   for value in (values if isinstance(values, list) else [values])])
    if method == "POST":
        status, answer = program.request("POST", f"/api/v1/{path}", text, FORM)
    else:
        status, answer = program.request(method, f"/api/v1/{path}{'?' + text if text else ''}")
    return status, json.loads(answer) if answer else None


# ---- what is wrong ----

# What 2.42 answers otherwise than 3 stands in the last column: a status, and why.
WRONG = [
    ("query", {}, None),
    ("query", {"query": "up{"}, None),
    ("query", {"query": "sum("}, None),
    ("query", {"query": "up", "time": "yesterday"}, None),
    ("query", {"query": "up", "timeout": "soon"}, None),
    ("query", {"query": "up", "timeout": 0}, None),
    ("query", {"query": "up", "timeout": "-1m"}, None),
    ("query", {"query": "up", "time": "1e400"}, None),
    ("query", {"query": "up", "time": "0x10"}, None),
    ("query", {"query": "up", "time": "2026-12-31T23:59:60Z"}, None),
    ("query_range", {"query": "up", "start": NOW - 1, "end": NOW, "step": "1.5m"}, None),
    ("query_range", {"query": "up", "start": NOW - 1, "end": NOW, "step": "300y"}, None),
    ("query_range", {"query": "up", "start": NOW - 1, "end": NOW, "step": "1e400"}, None),
    ("query_range", {"query": "up", "start": NOW - 1, "end": NOW, "step": "NaN"}, None),
    ("query", {"query": "up", "limit": "x"}, (200, "2.42 has no limit")),
    ("query", {"query": "label_replace(up, 'a', 'b', 'c', '(')"}, None),
    ("query", {"query": "up * on(job) up"}, None),
    ("query_range", {"query": "up"}, None),
    ("query_range", {"query": "up", "start": NOW, "end": NOW - 1, "step": 1}, None),
    ("query_range", {"query": "up", "start": NOW - 1, "end": NOW, "step": 0}, None),
    ("query_range", {"query": "up", "start": NOW - 1, "end": NOW, "step": -1}, None),
    ("query_range", {"query": "up", "start": NOW - 1, "end": NOW, "step": "x"}, None),
    ("query_range", {"query": "up", "start": NOW - 11001, "end": NOW, "step": 1}, None),
    ("query_range", {"query": "up[5m]", "start": NOW - 60, "end": NOW, "step": 1}, None),
    ("query_range", {"query": "'text'", "start": NOW - 60, "end": NOW, "step": 1}, None),
    ("series", {}, None),
    ("series", {"match": "{}"}, None),
    ("series", {"match": "{a=''}"}, None),
    ("series", {"match": "up["}, None),
    ("series", {"match": "up", "start": "x"}, None),
    ("labels", {"match": "{"}, None),
    ("labels", {"start": "x"}, None),
    ("label/job/values", {"match": "up{", }, None),
    ("label/job/values", {"end": "x", }, None),
    ("label/a.b/values", {}, (400, "2.42 knows no such names; with 3 any will do")),
    ("metadata", {"limit": "x"}, None),
    ("rules", {"type": "x"}, None),
    ("status/tsdb", {"limit": "0"}, (200, "2.42 has no limit")),
    ("query_exemplars", {"query": "up", "start": 2, "end": 1}, None),
    ("format_query", {"query": "sum("}, None),
    ("nonesuch", {}, (404, "as text")),
]

# The same words in both; what the parsers say differs from version to version.
SAME_WORDS = {"query_range": ("end timestamp", "zero or negative", "exceeded maximum"), "series": ("no match[]",), "metadata": ("limit",)}


def what_is_wrong_is_refused_alike():
    with both() as (kymo, prometheus):
        for path, params, otherwise in WRONG:
            for method in ("GET", "POST"):
                if method == "POST" and path.split("/")[0] in ("label", "metadata", "rules", "status", "nonesuch"):
                    continue
                status, answer = ask(kymo, path, method, **params)
                wanted = 200 if otherwise and path.startswith("label/") else status
                expect(status == wanted and status in (400, 404, 422, 503, 200), f"{path} {params}: {status} {answer}")
                if status != 200:
                    expect(list(answer) == ["status", "errorType", "error"] and answer["status"] == "error", f"{path} {params}: {answer}")
                    expect(answer["errorType"] == {400: "bad_data", 404: "not_found", 422: "execution", 503: "timeout"}[status], answer)
                if not prometheus:
                    continue
                if otherwise:
                    expect(prometheus.request("GET", f"/api/v1/{path}?" + urllib.parse.urlencode(params))[0] == otherwise[0], f"{path} {params}")
                    continue
                there_status, there = ask(prometheus, path, method, **params)
                expect((there_status, there["errorType"]) == (status, answer["errorType"]), f"{path} {params}:\n{answer}\n{there}")
                for words in SAME_WORDS.get(path, ()):
                    expect((words in there["error"]) == (words in answer["error"]), f"{path} {params}:\n{answer}\n{there}")


# ---- what is right ----

RIGHT = [
    ("query", {"query": "1+1", "time": NOW}),
    ("query", {"query": "up", "time": NOW - 30}),
    ("query", {"query": "up{job='api'}[1m]", "time": NOW - 30.5}),
    ("query", {"query": "'a text'", "time": f"{NOW - 30}.25"}),
    ("query", {"query": "sum by (job) (up)", "time": NOW - 30}),
    ("query", {"query": "http_requests_total", "time": NOW - 30}),
    ("query", {"query": "odd", "time": NOW - 60}),
    ("query", {"query": "odd", "time": NOW - 45}),
    ("query", {"query": "odd", "time": NOW - 30}),
    ("query", {"query": "odd", "time": NOW - 15}),
    ("query", {"query": "0/0", "time": NOW}),
    ("query", {"query": "time()", "time": "1_700_000_000.5"}),
    ("query", {"query": "time()", "time": "0x1p4"}),
    ("query", {"query": "up", "time": NOW + 3600}),
    ("query_range", {"query": "up", "start": NOW - 300, "end": NOW, "step": "1m"}),
    ("query_range", {"query": "rate(http_requests_total[2m1s])", "start": NOW - 301.5, "end": NOW, "step": 30.5}),
    ("query_range", {"query": "1", "start": NOW - 60, "end": NOW, "step": 15}),
    ("query_range", {"query": "up", "start": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 60)),
                     "end": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(NOW)), "step": "30s"}),
    ("query_range", {"query": "up", "start": NOW - 11000, "end": NOW, "step": 1}),
    ("series", {"match": "up"}),
    ("series", {"match": ["up{job='db'}", "up", "http_requests_total"]}),
    ("series", {"match": "nonesuch"}),
    ("series", {"match": "up", "start": NOW + 90000, "end": NOW + 90001}),
    ("labels", {"match": "up"}),
    ("labels", {"match": ["up", "odd"]}),
    ("label/job/values", {}),
    ("label/path/values", {}),
    ("label/__name__/values", {"match": "{__name__=~'up|odd'}"}),
    ("label/code/values", {"match": "http_requests_total{code!='200'}"}),
    ("label/nonesuch/values", {}),
    ("metadata", {"metric": "up"}),
    ("query_exemplars", {"query": "up", "start": NOW - 60, "end": NOW}),
    ("rules", {}), ("alerts", {}), ("alertmanagers", {}),
    ("format_query", {"query": "sum  by(job)(rate( up [5m] ))>1"}),
]


def ordered(data):
    """Vectors and series have no order; nothing else is touched."""
    if isinstance(data, dict) and data.get("resultType") in ("vector", "matrix"):
        return {**data, "result": sorted(data["result"], key=lambda item: json.dumps(item["metric"], sort_keys=True))}
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return sorted(data, key=lambda item: json.dumps(item, sort_keys=True))
    return data


def what_is_right_is_answered_alike():
    with both() as (kymo, prometheus):
        for path, params in RIGHT:
            status, answer = ask(kymo, path, **params)
            expect(status == 200 and answer["status"] == "success", f"{path} {params}: {status} {answer}")
            expect(list(answer)[:2] == ["status", "data"], answer)
            if path in ("query", "query_range", "series", "labels", "query_exemplars", "format_query"):
                expect(ask(kymo, path, "POST", **params)[1]["data"] == answer["data"] or "rate" in str(params), f"POST {path} {params}")
            if prometheus:
                there = ask(prometheus, path, **params)[1]
                expect(ordered(there["data"]) == ordered(answer["data"]), f"{path} {params}:\n{answer['data']}\n{there['data']}")


def keys(data):
    return list(data) if isinstance(data, dict) else None


# What 3 has and 2.42 has not, or kymo in addition.
MORE_KEYS = {"status/buildinfo": {"application", "kymoVersion"}, "status/runtimeinfo": {"hostname", "serverTime", "GOMEMLIMIT"},
             "targets": {"droppedTargetCounts"}}


def what_is_about_the_server_has_the_same_keys():
    with both() as (kymo, prometheus):
        for path in ("status/buildinfo", "status/runtimeinfo", "status/config", "status/tsdb", "targets", "alertmanagers", "rules", "alerts"):
            answer = ask(kymo, path)[1]["data"]
            if not prometheus:
                continue
            there = ask(prometheus, path)[1]["data"]
            mine = [key for key in keys(answer) if key not in MORE_KEYS.get(path, ()) or key in there]
            expect(mine == keys(there), f"{path}: {mine} {keys(there)}")
        tsdb = ask(kymo, "status/tsdb")[1]["data"]
        expect({"name": "up", "value": 6} in tsdb["seriesCountByMetricName"], tsdb)
        expect(tsdb["headStats"]["numSeries"] >= 9, tsdb)	# and kymo's own
        flags = ask(kymo, "status/flags")[1]["data"]
        expect(flags["query.timeout"] == "2m" and all(isinstance(value, str) for value in flags.values()), flags)


def who_may_deletes():
    """The admin requests of Prometheus: the same series and times go in both. {} is everything there, and refused here."""
    with contextlib.ExitStack() as stack:
        kymo = stack.enter_context(Daemon(QUIET, head=HEAD.replace("MORE", ", admin: true")))
        programs = [kymo]
        if remote.tool("prometheus"):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            programs.append(stack.enter_context(remote.prometheus(folder, "scrape_configs: []\n", "--web.enable-remote-write-receiver",
                                                                  "--web.enable-admin-api")))
        for program in programs:
            expect(ask(program, "admin/tsdb/delete_series?match[]={}", "POST")[0] == (400 if program is kymo else 204), "everything")
            fill(program.port)
            for params, wanted in [({}, 400), ({"match": "up", "start": "x"}, 400),
                                   ({"match": "nonesuch"}, 204), ({"match": ["up{job='api'}", "odd"]}, 204),
                                   ({"match": "up", "start": NOW - 600, "end": NOW - 300}, 204)]:
                status, answer = ask(program, "admin/tsdb/delete_series?" + urllib.parse.urlencode(
                    [("match[]" if key == "match" else key, value) for key, values in params.items()
                     for value in (values if isinstance(values, list) else [values])]), "POST")
                expect(status == wanted and (answer is None) == (wanted == 204), f"{params}: {status} {answer}")
            expect(ask(program, "admin/tsdb/clean_tombstones", "POST")[0] == 204, "clean_tombstones")
        answers = [[ask(program, "query", query=query, time=NOW)[1]["data"] for program in programs]
                   for query in ("up[20m]", "odd[20m]", "http_requests_total[20m]")]
        for there in answers:
            expect(all(ordered(one) == ordered(there[0]) for one in there), f"{there}")
        expect(len(answers[0][0]["result"]) == 3 and not answers[1][0]["result"], answers)
    with Daemon(QUIET) as kymo:
        status, answer = ask(kymo, "admin/tsdb/delete_series?match[]=up", "POST")
        expect(status == 503 and answer["errorType"] == "unavailable" and "admin APIs disabled" in answer["error"], answer)


def limits_have_their_warning():
    with Daemon(QUIET) as kymo:
        fill(kymo.port)
        for path, params in [("query", {"query": "up", "time": NOW - 30}), ("series", {"match": "up"}), ("labels", {}),
                             ("label/instance/values", {}),
                             ("query_range", {"query": "up", "start": NOW - 60, "end": NOW, "step": 15})]:
            data = ask(kymo, path, limit=2, **params)[1]
            result = data["data"]["result"] if isinstance(data["data"], dict) else data["data"]
            expect(len(result) == 2 and data["warnings"] == ["results truncated due to limit"], f"{path}: {data}")
            expect("warnings" not in ask(kymo, path, limit=0, **params)[1], path)


def settings_hold_at_once():
    with Daemon("query: {points: 10, series: 3, samples: 1000, lookback: 10s}\n" + QUIET) as kymo:
        fill(kymo.port)
        status, answer = ask(kymo, "query_range", query="up", start=NOW - 60, end=NOW, step=1)
        expect(status == 400 and "maximum resolution of 10 points" in answer["error"], answer)
        status, answer = ask(kymo, "query", query="up", time=NOW - 30)
        expect(status == 422 and answer["errorType"] == "execution" and "query.series" in answer["error"], answer)
        expect(not ask(kymo, "query", query="odd", time=NOW)[1]["data"]["result"], "older than the lookback")
        kymo.write("query: {points: 100}\n" + QUIET)
        kymo.reload()
        expect(len(ask(kymo, "query_range", query="up", start=NOW - 60, end=NOW, step=1)[1]["data"]["result"]) == 6, "after a reload")


# a limit, as it is set, and what is over it
OVER = [("samples: 1000", "sum_over_time(many[10m])", {}, 422), ("series: 90", "many", {}, 422),
        ("depth: 10", "(" * 11 + "1" + ")" * 11, {}, 422), ("memory: 1MiB", "topk(6, up)", {"end": NOW + 10000}, 422),
        ("memory: 1MiB", "label_replace(many, 'j', '$1', 'i', '(.*)')", {"end": NOW + 100}, 422),
        ("points: 100", "up", {"end": NOW + 101}, 400),
        ("timeout: 1ms", "sum_over_time(sum(many)[10m:1s])" + " + sum_over_time(sum(many)[10m:1s])" * 40, {}, 503)]


def each_limit_says_its_name():
    with Daemon(QUIET) as kymo:
        fill(kymo.port)
        fill_many(kymo.port)
        for limit, query, params, wanted in OVER:
            kymo.write(f"query: {{{limit}}}\n" + QUIET)
            kymo.reload()
            path = "query_range" if "end" in params else "query"
            status, answer = ask(kymo, path, query=query, **params, **({"start": NOW, "step": 1} if "end" in params else {"time": NOW - 30}))
            expect(status == wanted and "query." + limit.split(":")[0] in answer["error"], f"{limit}: {status} {answer}")
    with Daemon("query: {concurrent: 1, queue: 0}\n" + QUIET) as kymo:
        fill_many(kymo.port)
        connection = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=120)
        with contextlib.closing(connection):
            connection.request("GET", LONG)
            expect(connection.getresponse().status == 200, "it began, and nobody reads on")
            status, answer = ask(kymo, "query", query="up")
            expect(status == 503 and "query.queue" in answer["error"], f"{status} {answer}")


def what_only_version_3_has():
    with Daemon(QUIET) as kymo:
        fill(kymo.port)
        data = ask(kymo, "query", query="up", time=NOW + 3600, lookback_delta="2h")[1]["data"]
        expect(len(data["result"]) == 6, data)
        expect({"__name__", "job", "instance", "code", "path"} <= set(ask(kymo, "labels")[1]["data"]), "kymo's own too")
        answer = ask(kymo, "query", query="rate(up[5m])", time=NOW)[1]
        expect("might not be a counter" in answer["infos"][0] and "warnings" not in answer, answer)
        answer = ask(kymo, "query", query="quantile(2, up)", time=NOW - 30)[1]
        expect("quantile value" in answer["warnings"][0], answer)
        answer = ask(kymo, "query", query="up", time=NOW - 30, tier="raw")[1]
        expect([span["tier"] for span in answer["kymo"]["spans"] if not span["empty"]] == ["raw"], answer)
        spans = ask(kymo, "query", query="up[7d]", time=NOW - 30)[1]["kymo"]["spans"]
        expect([(span["tier"], span["empty"]) for span in spans] == [(None, True), ("raw", False)] and not any(span["missing"] for span in spans), spans)
        spans = ask(kymo, "query", query="up[3y]", time=NOW - 30)[1]["kymo"]["spans"]
        expect([span["missing"] for span in spans] == [True, False, False], spans)
        tree = ask(kymo, "parse_query", query="sum by (job) (up)")[1]["data"]
        expect(tree["type"] == "aggregation" and tree["grouping"] == ["job"] and tree["expr"]["name"] == "up", tree)
        explained = kymo.get("/kymo/v1/explain?query=sum(up)")
        expect([node["expression"] for node in explained["nodes"]] == ["sum(up)", "up"], explained)


# ---- clients ----

def promtool_asks():
    tool = remote.tool("promtool")
    if not tool:
        print("no promtool here")
        return
    with Daemon(QUIET) as kymo:
        fill(kymo.port)
        url = f"http://127.0.0.1:{kymo.port}"

        def run(*words, status=0):
            done = subprocess.run([tool, "query", *words], capture_output=True, text=True, timeout=60)
            expect(done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}")
            return done.stdout + done.stderr

        expect('up{instance="api:0", job="api"} => ' in run("instant", f"--time={NOW - 30}", url, "up"), "instant")
        expect("@[" in run("range", f"--start={NOW - 60}", f"--end={NOW}", "--step=15s", url, "up"), "range")
        expect('job="db"' in run("series", "--match=up", url), "series")
        expect(run("labels", url, "job").split() == ["api", "db"], "labels")
        expect("parse error" in run("instant", url, "sum(", status=1), "an error")


def curl_and_urllib_ask():
    with Daemon(QUIET) as kymo:
        fill(kymo.port)
        url = f"http://127.0.0.1:{kymo.port}/api/v1/"
        for more in ([], ["--compressed"], ["-H", "Accept-Encoding: gzip"], ["--http1.0"]):
            done = subprocess.run(["curl", "-sS", *more, url + "query_range", "--data-urlencode", "query=up", "-d", f"start={NOW - 600}",
                                   "-d", f"end={NOW}", "-d", "step=1"], capture_output=True, timeout=60)
            text = gzip.decompress(done.stdout) if "Accept-Encoding: gzip" in more else done.stdout
            expect(len(json.loads(text)["data"]["result"]) == 6, f"{more} {done.stderr}")
        with urllib.request.urlopen(url + "series", data=urllib.parse.urlencode({"match[]": "up"}).encode()) as answer:
            expect(answer.headers["Content-Type"] == "application/json" and len(json.load(answer)["data"]) == 6, "urllib")
        request = urllib.request.Request(url + "query?query=up", method="HEAD")
        with urllib.request.urlopen(request) as answer:
            expect(answer.status == 200 and not answer.read(), "HEAD")
        request = urllib.request.Request(url + "query", method="OPTIONS", headers={"Origin": "http://a.example"})
        with urllib.request.urlopen(request) as answer:
            expect(answer.status == 204 and answer.headers["Access-Control-Allow-Origin"] == "*", "OPTIONS")


# ---- streams ----

MANY = 3000


def fill_many(port):
    body = b"".join(remote.series_bytes({"__name__": "many", "i": f"{i:05}"}, [((NOW - 600 + k * 10) * 1000, i + k / 7) for k in range(60)])
                    for i in range(MANY))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/write", body=remote.packed(body), headers=remote.HEADERS)
        expect(connection.getresponse().status == 204, "written")


LONG = "/api/v1/query_range?" + urllib.parse.urlencode({"query": "many", "start": NOW - 600, "end": NOW + 240, "step": 1})


def a_long_answer_is_not_held_in_memory():
    with Daemon(QUIET) as kymo:
        fill_many(kymo.port)
        before = kymo.status("VmRSS")
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            connection = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=120)
            with contextlib.closing(connection):
                connection.request("GET", LONG, headers=headers)
                answer = connection.getresponse()
                expect(answer.status == 200 and answer.headers["Transfer-Encoding"] == "chunked", answer.headers)
                text = answer.read()
            text = gzip.decompress(text) if headers else text
            result = json.loads(text)["data"]["result"]
            expect(len(result) == MANY and {len(series["values"]) for series in result} == {841}, "all of it")
        grown = kymo.status("VmHWM") - before
        expect(SANITIZE or grown * 1024 < len(text) * 2 / 3, f"{grown} KiB more for an answer of {len(text) >> 10} KiB")


def dial(port, path):
    """A client that asks and does not read."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def who_does_not_read_holds_up_nobody():
    with Daemon("query: {concurrent: 2, queue: 8}\n" + QUIET) as kymo:
        fill_many(kymo.port)
        with contextlib.ExitStack() as stack:
            for _ in range(6):
                stack.enter_context(contextlib.closing(dial(kymo.port, LONG)))
            wait_for("them to be asked", lambda: kymo.get("/kymo/v1/stats")["requests"] >= 6)
            expect(ask(kymo, "query", query="1+1")[0] == 200, "others are answered meanwhile")
        wait_for("them to be forgotten", lambda: kymo.get("/kymo/v1/stats")["requests"] <= 1)


def who_goes_away_stops_his_query():
    slow = "/api/v1/query?" + urllib.parse.urlencode({"query": "sum_over_time(sum(many)[9m:1s] @ %d)" % NOW + " + sum_over_time(sum(many)[10m:1s])" * 40})
    with Daemon("query: {concurrent: 1, queue: 8, samples: 1000000000000, timeout: 1h}\n" + QUIET) as kymo:
        fill_many(kymo.port)
        connection = dial(kymo.port, slow)
        wait_for("it to be asked", lambda: kymo.get("/kymo/v1/stats")["requests"] >= 2)
        connection.close()
        wait_for("it to be stopped", lambda: kymo.get("/kymo/v1/stats")["requests"] <= 1)
        expect(ask(kymo, "query", query="1+1")[0] == 200, "its thread is free")


def time_runs_out():
    query = "sum_over_time(sum(many)[10m:1s])" + " + sum_over_time(sum(many)[10m:1s])" * 40
    with Daemon(QUIET) as kymo:
        fill_many(kymo.port)
        status, answer = ask(kymo, "query", query=query, timeout="1ms")
        expect(status == 503 and answer["errorType"] == "timeout", answer)


main([what_is_wrong_is_refused_alike, what_is_right_is_answered_alike, what_is_about_the_server_has_the_same_keys, who_may_deletes,
      limits_have_their_warning, what_only_version_3_has, settings_hold_at_once, each_limit_says_its_name, promtool_asks,
      curl_and_urllib_ask, a_long_answer_is_not_held_in_memory, who_does_not_read_holds_up_nobody, who_goes_away_stops_his_query, time_runs_out])
