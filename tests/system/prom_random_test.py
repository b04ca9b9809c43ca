#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random requests to the Prometheus API, right and wrong ones, beside a real Prometheus 2.42: the same
status, the same errorType, the same data. More of them, or others, with $REQUESTS and $SEED.

Left out is what 2.42 answers otherwise than 3: `limit`, names of any characters; ranges with a
sample on their left edge (samples stand off the times that are asked for). Of ties topk() takes
another one.
"""
import contextlib
import json
import os
import random
import tempfile
import time
import urllib.parse

from daemon import Daemon, expect, main
import remote

NOW = int(time.time()) // 60 * 60
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SERIES = [({"__name__": "up", "job": job, "instance": f"{job}:{i}"}, [((NOW - 600 + k * 15) * 1000 + 7777, float((k + i) % 2)) for k in range(40)])
          for job in ("api", "db") for i in range(3)]
SERIES += [({"__name__": "requests_total", "code": code}, [((NOW - 600 + k * 15) * 1000 + 7777, k * 10 + 0.5) for k in range(40)])
           for code in ("200", "500")]

# All but the first are asked where an answer would differ with the time of the request.
TIMES = ["", "0", "1", "-1", str(NOW), str(NOW - 60), f"{NOW - 30}.5", f"{NOW - 45}.123456", "1e9", "2026-11-24T17:00:00Z", "x", "1_0", "0x10",
         "0x1p3", " 1", "+1", "-0", "1e-3", "1e-9", ".", "-", "e5", "1e+3", "1E3", "1.", "00012", "1e400", "2026-11-24T17:00:00.5+01:00",
         "2026-11-24T17:00:00-00:00", "2026-13-24T17:00:00Z", "2026-11-24 17:00:00Z", "2026-11-24T17:00Z", "1969-12-31T23:59:59.999Z"]
SPANS = ["", "0", "1", "15", "0.5", "-1", "1s", "1m", "1h", "1d", "1w", "1y", "1h30m", "90m", "1m1h", "1ms", "1500ms", "1.5s", "s", "x", "1 m", "+1m",
         "1M", "0x1", "1e2", "1e-1", "5m0s", "0h", "-0", "1s1s", "999999h", "2540400h", "2562048h", "1d1d", "NaN", "1e400"]
QUERIES = ["up", "time()", "1", "sum(up)", "up[1m]", "'x'", "up{", "", "nonesuch", "requests_total", "rate(requests_total[1m])", "up offset 1m",
           "-up", "up == 1", "count(up) by (job)", "1+", "vector(1)", "up @ 1", "scalar(up)", "(((1)))", "label_replace(up,'a','$1','job','(.*)')",
           "up and on(zz) up", "up / 0", "1e999", "0b1", "{job='api'}", "{__name__=~'u.*'}", "up[1m:13777ms]", "up[0s]", "up[-1m]", "sum(up, 1)", "foo(up)",
           "up{job=~'('}", "up{job='a' job='b'}", "up #comment\n", "\n\nup", "up{job='api',instance=~'a.*'}"]
MATCHES = ["up", "{job='api'}", "{", "up[5m]", "", "{}", "{a=''}", "nonesuch", "{a!='x',__name__='up'}", "up{job!='api'}", "requests_total{code=~'2..'}",
           "1", "'x'"]


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def some(self, name, choices, share=0.5):
        return [(name, self.rng.choice(choices))] if self.rng.random() < share else []

    def matches(self, least):
        return [("match[]", self.rng.choice(MATCHES)) for _ in range(least + self.rng.randrange(3))]

    def times(self, share):
        return self.some("start", TIMES, share) + self.some("end", TIMES, share)

    def request(self):
        """(path, parameters)"""
        kind = self.rng.randrange(6)
        if kind == 0:
            return "query", self.some("query", QUERIES, 0.95) + [("time", self.rng.choice(TIMES[1:]))] + self.some("timeout", SPANS, 0.2)
        if kind == 1:
            return "query_range", (self.some("query", QUERIES, 0.95) + self.times(0.95) + self.some("step", SPANS, 0.95) +
                                   self.some("timeout", SPANS, 0.1))
        if kind == 2:
            return "series", self.matches(0) + self.times(0.3)
        if kind == 3:
            return "labels", self.matches(1) + self.times(0.3)
        if kind == 4:
            return self.rng.choice(["label/job/values", "label/code/values", "label/zz/values"]), self.matches(0) + self.times(0.3)
        return self.rng.choice(["format_query", "query_exemplars"]), self.some("query", QUERIES, 0.9) + self.times(0.2)


def ask(program, path, parameters, post):
    text = urllib.parse.urlencode(parameters)
    if post:
        status, answer = program.request("POST", f"/api/v1/{path}", text, FORM)
    else:
        status, answer = program.request("GET", f"/api/v1/{path}?{text}")
    return status, json.loads(answer) if answer else None


def what_counts(status, answer):
    if answer is None or status != 200:
        return status, answer and answer["errorType"]
    data = answer["data"]
    if isinstance(data, dict) and data.get("resultType") in ("vector", "matrix"):
        data = sorted(data["result"], key=lambda one: json.dumps(one["metric"], sort_keys=True))
    elif isinstance(data, list) and data and isinstance(data[0], dict):
        data = sorted(data, key=lambda one: json.dumps(one, sort_keys=True))
    return status, data


def random_requests_are_answered_alike():
    if not remote.tool("prometheus"):
        print("no prometheus here")
        return
    n = int(os.environ.get("REQUESTS", "1500"))
    maker = Maker(int(os.environ.get("SEED", "1")))
    right = 0
    with contextlib.ExitStack() as stack:
        kymo = stack.enter_context(Daemon("plugins: []\n"))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        prometheus = stack.enter_context(remote.prometheus(folder, "scrape_configs: []\n", "--web.enable-remote-write-receiver"))
        for program in (kymo, prometheus):
            status, text = program.request("POST", "/api/v1/write", body=remote.packed(b"".join(remote.series_bytes(*one) for one in SERIES)),
                                           headers=remote.HEADERS)
            expect(status in (200, 204), f"{status} {text}")
        for _ in range(n):
            path, parameters = maker.request()
            post = maker.rng.random() < 0.4 and not path.startswith("label/")
            mine, there = (ask(program, path, parameters, post) for program in (kymo, prometheus))
            expect(what_counts(*mine) == what_counts(*there),
                   f"{'POST' if post else 'GET'} {path} {parameters}:\n{str(mine)[:1000]}\n{str(there)[:1000]}")
            right += mine[0] == 200
    expect(n // 5 < right < n * 4 // 5, f"{right} of {n} were right")


main([random_requests_are_answered_alike])
