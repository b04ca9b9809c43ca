#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same samples and the same queries to kymo and to a real Prometheus 2.42; every answer must be the same.

    differential_test.py [QUERIES [SEED]]

Counters with resets, gauges, classic histograms, gaps, staleness marks, NaN and
infinities, by remote write to both; then queries that are written down here and
QUERIES (2,000) that are generated, instant and over ranges.

Where Prometheus 2 and 3 differ the queries step aside, so that every other
difference is a fault. The list of what is stepped aside:
  - ranges, lookback and subqueries exclude their left edge in 3: samples stand 3 s
    behind the grid of ten seconds, points of queries 7 s or 2 s, so no edge is hit;
  - functions that 2.42 does not have (mad_, ts_of_, first_over_time, limitk,
    limit_ratio, sort_by_label, info, histogram_fraction of classic buckets);
  - holt_winters keeps its old name, which kymo takes as an alias;
  - what rate() adds towards a zero before the first sample is less in 3 where that
    sample is far from the start of the range: counters begin, and begin again, high
    above their steps, and those with resets have no gaps;
  - ^, % and atan2 stand in written queries alone: the last bit of a power is the
    library's, and % makes the last bit the first, and 2.42 keeps a name through atan2;
  - the last bits of a deviation too: no ceil(), cos() or hour() is taken of one;
  - of two partners in a comparison between one and one, 3 complains also where the
    comparison keeps but one of them: such an error of kymo's is let pass;
  - parts of a date of NaN are NaN in kymo, and what Go makes of it in Prometheus;
  - predict_linear() of a range that @ holds: in 2.42 the range moves all the same;
  - stddev() and stdvar() of a single infinity or NaN are NaN in 3, 0 in 2;
  - the order of series is only compared for sort() and topk() of an instant.
"""
import contextlib
import http.client
import json
import math
import os
import pathlib
import random
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import Daemon, expect  # noqa: E402
import remote  # noqa: E402

STEP, SAMPLES = 10000, 720              # two hours
SHOWN = 20

HEAD = ('store: {{path: "{store}", retention: {{raw: 48h}}, out_of_order: 48h}}\nsockets: "{run}"\n'
        'http: {{listen: "127.0.0.1:0"}}\nplugins: []\n')


# ---- samples ----

def make_series(rng):
    """(labels, [(index, value), ...]) of each."""
    for job in ("api", "web"):
        for instance in ("a:1", "b:2", "c:3"):
            labels = {"job": job, "instance": instance}
            yield {"__name__": "requests_total", **labels, "code": "200"}, list(gaps(rng, counter(rng, 0)))
            yield {"__name__": "requests_total", **labels, "code": "500"}, list(counter(rng, 0.05))
            yield {"__name__": "load", **labels}, list(gauge(rng))
            yield {"__name__": "memory_bytes", **labels, "zone": rng.choice("xyz")}, [(i, float(rng.randrange(10**9))) for i in range(SAMPLES)]
            yield {"__name__": "odd", **labels}, list(odd(rng))
            yield from ((labels, points) for labels, points in histogram(rng, labels))
    yield {"__name__": "info", "job": "api", "version": "1.2"}, [(i, 1.0) for i in range(SAMPLES)]
    yield {"__name__": "info", "job": "web", "version": "3.4"}, [(i, 1.0) for i in range(SAMPLES)]
    yield {"__name__": "sparse", "job": "api"}, [(i, float(i)) for i in range(0, SAMPLES, 40)]
    yield {"__name__": "lonely"}, [(300, 42.0)]


def gaps(rng, points):
    """Some are left out in runs, some end by a staleness mark and come again."""
    skip = 0
    for i, v in points:
        if skip:
            skip -= 1
            continue
        if rng.random() < 0.01:
            skip = rng.randrange(1, 60)
        elif rng.random() < 0.005:
            skip = rng.randrange(1, 30)
            v = remote.STALE
        yield i, v


def counter(rng, resets):
    v = 95000.0

    def points():
        nonlocal v
        for i in range(SAMPLES):
            v = float(rng.randrange(90000, 100000)) if rng.random() < resets else v + rng.choice([0, 1, 5, 17.5])
            yield i, v
    return points()


def gauge(rng):
    v = 50.0
    points = []
    for i in range(SAMPLES):
        v += rng.gauss(0, 2)
        points.append((i, round(v, 3)))
    return gaps(rng, points)


def odd(rng):
    choices = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e100, -1e-100, 1.5, -7.25]
    return gaps(rng, [(i, rng.choice(choices) if rng.random() < 0.2 else float(i % 10)) for i in range(SAMPLES)])


def histogram(rng, labels):
    bounds = ["0.1", "0.5", "1", "5", "+Inf"]
    counts, total = [0.0] * len(bounds), 0.0
    points = [[] for _ in bounds]
    sums = []
    for i in range(SAMPLES):
        for _ in range(rng.randrange(4)):
            value = rng.expovariate(1)
            total += value
            for k, bound in enumerate(bounds):
                counts[k] += value <= float(bound)
        for k in range(len(bounds)):
            points[k].append((i, counts[k]))
        sums.append((i, total))
    for k, bound in enumerate(bounds):
        yield {"__name__": "latency_seconds_bucket", **labels, "le": bound}, points[k]
    yield {"__name__": "latency_seconds_sum", **labels}, sums
    yield {"__name__": "latency_seconds_count", **labels}, list(points[-1])


def send(programs, series, start):
    for first in range(0, SAMPLES, 60):
        body = remote.packed(b"".join(
            remote.series_bytes(labels, [(start + i * STEP + 3000, v) for i, v in points if first <= i < first + 60])
            for labels, points in series if any(first <= i < first + 60 for i, _ in points)))
        for program in programs:
            status, text = program.request("POST", "/api/v1/write", body=body, headers=remote.HEADERS)[:2]
            expect(status in (200, 204), f"write: {status} {text[:300]}")


# ---- queries ----

SELECTORS = ["requests_total", 'requests_total{code="200"}', 'requests_total{job="api"}', "load", 'load{instance=~"[ab]:."}', "memory_bytes",
             "odd", "sparse", "lonely", "info", "latency_seconds_count", "latency_seconds_sum", 'latency_seconds_bucket{le="1"}', "nothing",
             '{__name__=~"load|memory_bytes",job!="web"}', 'load{zone=""}']
COUNTERS = ["requests_total", 'requests_total{code="500"}', 'requests_total{job="api"}']
RANGES = ["25s", "1m", "5m", "17m", "1h"]
OVER = ["rate", "increase", "delta", "irate", "idelta", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time",
        "last_over_time", "present_over_time", "stddev_over_time", "stdvar_over_time", "changes", "resets", "deriv", "absent_over_time"]
MATHS = ["abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos", "atan", "deg", "rad", "round", "timestamp", "hour",
         "minute", "day_of_week", "days_in_month", "absent", "sort", "sort_desc", "month", "year", "day_of_month", "day_of_year"]
STEEP = ("ceil", "floor", "round", "exp", "sin", "cos", "hour", "minute", "day_of_week", "days_in_month", "month", "year", "day_of_month", "day_of_year")
OF_NAN = ("stddev", "stdvar", "hour(", "minute(", "day_of", "days_in", "month(", "year(")
AGGREGATES = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
GROUPS = ["", " by (job)", " by (instance, job)", " without (instance)", " without (code, le)", " by (nothing)"]
ARITHMETIC = ["+", "-", "*", "/"]
COMPARISONS = ["==", "!=", ">", "<", ">=", "<="]
MATCHINGS = ["", " on (job, instance)", " ignoring (code, zone)", " on (job) group_left", " ignoring (code) group_left ()", " on (job, instance) group_right"]


class Maker:
    def __init__(self, rng, end):
        self.rng, self.end = rng, end

    def shift(self):
        r = self.rng.random()
        if r < 0.8:
            return ""
        if r < 0.9:
            return " offset " + self.rng.choice(["5m", "-1m", "30s", "1h5m"])
        return self.rng.choice([" @ start()", " @ end()", f" @ {self.end - 1800 + 0}", " @ end() offset 10m"])

    def scalar(self):
        return self.rng.choice(["1", "0", "2.5", "-3", "1e3", "NaN", "Inf", "time()", "pi()", "scalar(sum(load))", "0x1F", "100"])

    def matrix(self):
        if self.rng.random() < 0.85:
            return f"{self.rng.choice(SELECTORS)}[{self.rng.choice(RANGES)}]{self.shift()}"
        return f"({self.plain()})[{self.rng.choice(['5m', '17m'])}:{self.rng.choice(['30s', '1m', ''])}]{self.shift()}"

    def plain(self):
        """Without a range: one inside another has its edges where its points are."""
        return self.rng.choice([self.rng.choice(SELECTORS), f"sum by (job) ({self.rng.choice(SELECTORS)})", "load + 1", "-memory_bytes"])

    def counters(self):
        return f"{self.rng.choice(COUNTERS)}[{self.rng.choice(RANGES)}]{self.shift()}"

    def vector(self, depth):
        rng = self.rng
        kind = rng.randrange(12) if depth else 0
        if kind <= 1:
            return rng.choice(SELECTORS) + self.shift()
        if kind <= 4:
            over = rng.choice(OVER)
            return f"{over}({self.counters() if over in ('rate', 'increase') else self.matrix()})"
        if kind == 5:
            return rng.choice([f"quantile_over_time({rng.choice(['0.5', '0.99', '-1', '2', 'NaN'])}, {self.matrix()})",
                               f"predict_linear({rng.choice(SELECTORS)}[{rng.choice(RANGES)}], {rng.choice(['60', '3600', '-60'])})",
                               f"holt_winters({self.matrix()}, 0.5, 0.3)",
                               f"histogram_quantile({rng.choice(['0.5', '0.9', '1', '0', '1.5'])}, {rng.choice(['', 'sum by (le, job) '])}(rate(latency_seconds_bucket[5m])))",
                               f"clamp({self.vector(depth - 1)}, 1, {self.scalar()})", f"clamp_min({self.vector(depth - 1)}, {self.scalar()})",
                               f"clamp_max({self.vector(depth - 1)}, 10)", f"round({self.vector(depth - 1)}, {rng.choice(['5', '0.1', '0.25'])})"])
        if kind == 6:
            name, of = rng.choice(MATHS), self.vector(depth - 1)
            return f"{'abs' if 'std' in of and name in STEEP else name}({of})"
        if kind <= 8:
            return f"{rng.choice(AGGREGATES)}{rng.choice(GROUPS)} ({self.vector(depth - 1)})"
        if kind == 9:
            return rng.choice([f"topk{rng.choice(GROUPS)} ({rng.choice('123')}, memory_bytes)", f"bottomk{rng.choice(GROUPS)} ({rng.choice('12')}, memory_bytes)",
                               f"quantile{rng.choice(GROUPS)} ({rng.choice(['0.3', '0.9', '-1', '2'])}, {self.vector(depth - 1)})",
                               f"count_values{rng.choice(GROUPS)} (\"value\", floor({rng.choice(SELECTORS)}))",
                               f"label_replace({self.vector(depth - 1)}, \"x\", \"$1-y\", \"instance\", \"(.):.*\")",
                               f"label_join({self.vector(depth - 1)}, \"x\", \"/\", \"job\", \"instance\")", f"-{self.vector(depth - 1)}"])
        if kind == 10:
            op = rng.choice(ARITHMETIC + COMPARISONS)
            word = f" {op} " + ("bool " if op in COMPARISONS and rng.random() < 0.4 else "")
            sides = [f"({self.vector(depth - 1)})", self.scalar()]
            rng.shuffle(sides)
            return word.join(sides)
        if rng.random() < 0.3:
            return f"({self.vector(depth - 1)}) {rng.choice(['and', 'or', 'unless'])}{rng.choice(['', ' on (job)', ' ignoring (code)'])} ({self.vector(depth - 1)})"
        op = rng.choice(ARITHMETIC + COMPARISONS)
        matching = rng.choice(MATCHINGS)
        return f"({self.vector(depth - 1)}) {op}{' bool' if op in COMPARISONS and rng.random() < 0.4 else ''}{matching} ({self.vector(depth - 1)})"


WRITTEN = ["1", "1 + 2 * 3 ^ 2 ^ 0.5", "-1 ^ 2", "time()", "vector(1)", "scalar(load)", '"text"', "load[1m]", "requests_total[5m] offset 1m", "(load)[5m:1m]",
           "sum(rate(requests_total[5m])) / ignoring (code) sum(requests_total)", "load * on (job) group_left (version) info", "load / on (job) info",
           "requests_total / on (instance) load", "requests_total == requests_total", "absent(nothing{a=\"b\",c!=\"d\"})", "absent(load)",
           "histogram_quantile(0.9, latency_seconds_bucket)", "sum(load) atan2 sum(memory_bytes)", "sum(load) ^ 2", "requests_total % 7", "-7 % load", "sort(memory_bytes)", "sort_desc(memory_bytes)", "topk(3, memory_bytes)", "bottomk(2, memory_bytes)",
           "topk(0, load)", "count_values(\"v\", info)", "label_replace(load, \"job\", \"\", \"\", \"\")", "label_replace(load, \"instance\", \"x\", \"\", \"\")",
           "rate(load)", "sum(load) by", "load{", "{}", "load[5m", "nonsense(load)", "load and 1", "1 == 1", "sum by (job) (load) > bool 3", "load offset 1d",
           "max_over_time((load > 40)[10m:30s])", "min_over_time(vector(time())[5m:1m])", "load unless on (job) info", "info or load", "quantile(0.5, odd)",
           "avg(odd)", "stddev(odd)", "max(odd)", "min(odd)", "sum(odd)", "avg_over_time(odd[10m])", "max_over_time(odd[10m])"]


# ---- comparing ----

class Asker:
    def __init__(self, program):
        self.connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=60)

    def ask(self, query, start, end, step):
        words = {"query": query, "time": end} if not step else {"query": query, "start": start, "end": end, "step": step}
        self.connection.request("POST", f"/api/v1/query{'_range' if step else ''}", urllib.parse.urlencode(words),
                                {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


def close(a, b):
    x, y = float(a), float(b)
    return a == b or (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9)


def rows(data):
    found = {}
    for item in data["result"]:
        points = item["values"] if "values" in item else [item["value"]]
        found[json.dumps(item["metric"], sort_keys=True)] = points
    return found


def steps_aside(query, mine):
    """Of those that can only be told by the answer."""
    if mine["status"] == "error":
        return "multiple matches" in mine["error"] and any(f" {op}" in query for op in COMPARISONS)
    return False


def is_of_nan(query, mine):
    """Values that 2.42 makes of what is no number."""
    return mine == "NaN" and any(word in query for word in OF_NAN)


def difference(query, mine, theirs):
    (status, a), (status_b, b) = mine, theirs
    if steps_aside(query, a):
        return None
    if status != status_b or a["status"] != b["status"]:
        return f"{status} {a.get('error', 'success')}  but Prometheus: {status_b} {b.get('error', 'success')}"
    if a["status"] == "error":
        return None if a["errorType"] == b["errorType"] else f"errorType {a['errorType']}, not {b['errorType']}"
    a, b = a["data"], b["data"]
    if a["resultType"] != b["resultType"]:
        return f"{a['resultType']}, not {b['resultType']}"
    if a["resultType"] in ("scalar", "string"):
        same = a["result"][1] == b["result"][1] if a["resultType"] == "string" else close(a["result"][1], b["result"][1])
        return None if same else f"{a['result']}, not {b['result']}"
    x, y = rows(a), rows(b)
    if len(a["result"]) != len(x) or set(x) != set(y):
        return f"series {sorted(set(x) ^ set(y))[:3]} are in one answer alone ({len(x)}, {len(y)})"
    if query.startswith(("sort", "topk(", "bottomk(")) and a["resultType"] == "vector" and query in WRITTEN and list(x) != list(y):
        return f"in the order {list(x)}, not {list(y)}"
    for labels, points in x.items():
        if [p[0] for p in points] != [p[0] for p in y[labels]]:
            return f"{labels}: points at {[p[0] for p in points][:4]}..., not {[p[0] for p in y[labels]][:4]}... ({len(points)}, {len(y[labels])})"
        for p, q in zip(points, y[labels]):
            if not close(p[1], q[1]) and not is_of_nan(query, p[1]):
                return f"{labels} at {p[0]}: {p[1]}, not {q[1]}"
    return None


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260101
    rng = random.Random(seed)
    if not remote.tool("prometheus"):
        print("no Prometheus here to compare with")
        sys.exit(77)
    end = int(time.time()) // 60 * 60 - 60
    start = end - SAMPLES * STEP // 1000
    failed = 0
    with tempfile.TemporaryDirectory(prefix="kymo-test-") as folder:
        os.mkdir(f"{folder}/kymo")
        with contextlib.ExitStack() as stack:
            kymo = stack.enter_context(Daemon(head=HEAD, folder=f"{folder}/kymo"))
            prometheus = stack.enter_context(remote.prometheus(f"{folder}/p", "scrape_configs: []\n", "--web.enable-remote-write-receiver"))
            send((kymo, prometheus), list(make_series(rng)), start * 1000)
            askers = Asker(kymo), Asker(prometheus)
            maker = Maker(rng, end - 3)
            for i in range(n):
                query = WRITTEN[i] if i < len(WRITTEN) else maker.vector(3)
                at = rng.randrange(start + 600, end, 60) + 17
                step = rng.choice([0, 0, 15, 30, 60])
                mine, theirs = (asker.ask(query, at, at + 20 * step, step) for asker in askers)
                wrong = difference(query, mine, theirs)
                failed += wrong is not None
                if wrong and failed <= SHOWN:
                    print(f"{query}\n    at {at}, step {step}: {wrong}", flush=True)
    print(f"seed {seed}: {n} queries, {failed} answered otherwise than by Prometheus")
    sys.exit(failed > 0)


main()
