#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The requests that Grafana's Prometheus data source makes (docs/grafana.md), replayed against a daemon
that collects: each has the status and the shape that Grafana's code goes by.
"""
import contextlib
import gzip
import http.client
import json
import time
import urllib.parse

from daemon import Daemon, expect, main, wait_for

HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "Grafana/11.2.0", "X-Dashboard-Uid": "abc", "X-Panel-Id": "2"}
METRIC = "system.memory.used"


class Grafana:
    """Keeps its connection, as Go does."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method, path, params, status=200):
        text = urllib.parse.urlencode(params)
        if method == "POST":
            self.connection.request("POST", f"/api/v1/{path}", text, {**HEADERS, "Content-Type": "application/x-www-form-urlencoded"})
        else:
            self.connection.request("GET", f"/api/v1/{path}{'?' + text if text else ''}", headers=HEADERS)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        expect(answer.status == status, f"{method} {path} {params}: {answer.status} {body}")
        expect(answer.headers["Content-Type"] == "application/json", answer.headers)
        return json.loads(body)

    def data(self, method, path, *params):
        answer = self.ask(method, path, list(params))
        expect(answer["status"] == "success", answer)
        return answer["data"]


@contextlib.contextmanager
def running():
    with Daemon() as kymo:
        wait_for("samples", lambda: len(kymo.samples(METRIC)[0][1]) > 2 if kymo.latest(METRIC) else False)
        grafana = Grafana(kymo.port)
        with contextlib.closing(grafana.connection):
            yield grafana


def times():
    return ("start", str(int(time.time()) - 3600)), ("end", str(int(time.time())))


def save_and_test():
    with running() as grafana:
        for method in ("POST", "GET"):
            data = grafana.data(method, "query", ("query", "1+1"), ("time", f"{time.time():.3f}"))
            expect(data["resultType"] == "scalar" and data["result"][1] == "2", data)
        info = grafana.data("GET", "status/buildinfo")
        expect(tuple(map(int, info["version"].split(".")[:2])) >= (2, 24), "it knows match[] of labels")
        expect("features" not in info, "else it is taken for Mimir")
        expect(grafana.data("GET", "rules") == {"groups": []}, "rules")


def panels():
    with running() as grafana:
        data = grafana.data("POST", "query_range", ("query", METRIC), *times(), ("step", "15"))
        expect(data["resultType"] == "matrix", data)
        for at, value in data["result"][0]["values"]:
            expect(isinstance(at, (int, float)) and float(value) > 0, data)
        data = grafana.data("POST", "query", ("query", f"sum by (__name__) ({METRIC})"), ("time", str(time.time())))
        expect(data["resultType"] == "vector" and len(data["result"]) == 1, data)
        data = grafana.data("POST", "query_range", ("query", f'avg_over_time({{"{METRIC}"}}[1m])'), *times(), ("step", "15"))
        expect(data["result"], "quoted names")
        expect(grafana.data("POST", "query_exemplars", ("query", METRIC), *times()) == [], "exemplars")
        answer = grafana.ask("POST", "query_range", [("query", "sum("), *times(), ("step", "15")], 400)
        expect(answer["status"] == "error" and answer["errorType"] == "bad_data" and "parse error" in answer["error"], answer)
        # A variable that is empty, and an interval that is too short for the time on show.
        grafana.ask("POST", "query_range", [("query", ""), *times(), ("step", "15")], 400)
        answer = grafana.ask("POST", "query_range", [("query", METRIC), ("start", "0"), ("end", str(int(time.time()))), ("step", "1")], 400)
        expect("11,000 points" in answer["error"], answer)


def the_query_editor():
    with running() as grafana:
        names = grafana.data("GET", "label/__name__/values", *times())
        expect(METRIC in names and names == sorted(names), names)
        expect(grafana.data("GET", "label/__name__/values", *times(), ("limit", "40000")) == names, "with its limit")
        expect(grafana.data("GET", "label/__name__/values", *times(), ("match[]", '{__name__=~".*memory.used.*"}')) == [METRIC], "search")
        for method in ("GET", "POST"):
            labels = grafana.data(method, "labels", *times(), ("match[]", '{"kymo.collector.samples.total"}'))
            expect(labels == ["__name__", "collector", "plugin"], labels)
            expect("collector" in grafana.data(method, "labels", *times()), "all labels")
        values = grafana.data("GET", "label/collector/values", *times(), ("match[]", 'kymo.collector.samples.total{plugin="system"}'))
        expect(values == ["system"], values)
        expect(grafana.data("GET", "label/U__no_2e_such/values", *times()) == [], "an escaped name")
        metadata = grafana.data("GET", "metadata", ("limit", "5000"))
        expect(metadata[METRIC][0]["type"] == "gauge" and metadata[METRIC][0]["help"], metadata[METRIC])


def variables():
    with running() as grafana:
        for method in ("GET", "POST"):
            series = grafana.data(method, "series", ("match[]", "kymo.collector.samples.total"), *times())
            expect({"__name__": "kymo.collector.samples.total", "collector": "system", "plugin": "system"} in series, series)
        data = grafana.data("POST", "query", ("query", "count by (plugin) (kymo.collector.samples.total)"), ("time", str(time.time())))
        expect({"plugin": "system"} in [item["metric"] for item in data["result"]], data)


def explore_and_alerts():
    with running() as grafana:
        text = grafana.data("GET", "format_query", ("query", f"sum(rate({METRIC}[5m]))by(job)"))
        expect(text == f"sum by (job) (rate({METRIC}[5m]))", text)
        tree = grafana.data("GET", "parse_query", ("query", f"rate({METRIC}[5m])"))
        expect(tree["type"] == "call" and tree["args"][0]["type"] == "matrixSelector" and tree["args"][0]["range"] == 300000, tree)
        expect(grafana.data("GET", "rules", ("type", "alert")) == {"groups": []}, "alert rules")
        expect(grafana.data("GET", "alerts") == {"alerts": []}, "alerts")
        expect(grafana.data("GET", "alertmanagers") == {"activeAlertmanagers": [], "droppedAlertmanagers": []}, "alertmanagers")
        targets = grafana.data("GET", "targets", ("state", "active"))["activeTargets"]
        expect({target["labels"]["instance"] for target in targets} >= {"system", "process"}, targets)


main([save_and_test, panels, the_query_editor, variables, explore_and_alerts])
