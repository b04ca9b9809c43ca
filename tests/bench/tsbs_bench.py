#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same questions to kymo, Prometheus and VictoriaMetrics: a day of 1,000 series at 10 s, in the shape of TSBS' devops data.

    tsbs_bench.py [HOURS]

100 hosts with 10 metrics each and 10 labels, sent by remote write, HOURS (24) of
them. Counted is user + system of the server's process for a query over HTTP, as the
median of several runs; caches of whole answers are off, those of data are warm. The
answers are compared. Points stand at full minutes or hours ("aligned": whole windows
of the tiers serve) and off them (raw alone serves).
"""
import contextlib
import http.client
import json
import math
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import Daemon  # noqa: E402
import remote  # noqa: E402

HOSTS = 100
FIELDS = ["user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"]
STEP = 10000
LATE = 3000             # samples stand beside the grid of the queries, where windows of Prometheus 2 and 3 are the same
ROUND = 60              # samples of a series in one request
RUNS = 9


def series():
    for host in range(HOSTS):
        for field in FIELDS:
            yield {"__name__": f"cpu_usage_{field}", "arch": "x64", "datacenter": f"eu-central-1{'abc'[host % 3]}", "hostname": f"host_{host}",
                   "os": "Ubuntu16.04LTS", "rack": str(host % 97), "region": "eu-central-1", "service": str(host % 19),
                   "service_environment": ["production", "staging", "test"][host % 3], "service_version": str(host % 2),
                   "team": ["SF", "NYC", "LON", "CHI"][host % 4]}


def bodies(start, n_rounds):
    raw = [remote.labels_bytes(labels) for labels in series()]
    walk = random.Random(1)
    values = [walk.uniform(0, 100) for _ in raw]
    for r in range(n_rounds):
        parts = []
        for i, labels in enumerate(raw):
            samples, v = [], values[i]
            for k in range(ROUND):
                v = min(100.0, max(0.0, v + walk.uniform(-1, 1)))
                samples.append((start + (r * ROUND + k) * STEP + LATE, round(v, 2)))
            values[i] = v
            parts.append(remote.series_bytes(labels, samples))
        for part in range(0, len(parts), 250):
            yield remote.packed(b"".join(parts[part:part + 250]))


def cpu_ns(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            total += int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
    return total


def hosts(n):
    return "|".join(f"host_{i}" for i in range(1, n + 1))


def questions(end):
    """(kind, query, start, end, step in seconds; step 0: an instant)"""
    hour, minute, off = 3600, 60, 1234
    one, eight = '{hostname="host_1"}', '{hostname=~"%s"}' % hosts(8)
    for at, tag in ((end, "aligned"), (end - off, "off")):
        yield f"single-groupby-1-1-1 {tag}", f"max by (hostname) (max_over_time(cpu_usage_user{one}[1m]))", at - hour, at, minute
        yield f"single-groupby-1-1-12 {tag}", f"max by (hostname) (max_over_time(cpu_usage_user{one}[1m]))", at - 12 * hour, at, minute
        yield f"single-groupby-1-8-1 {tag}", f"max by (hostname) (max_over_time(cpu_usage_user{eight}[1m]))", at - hour, at, minute
        five = " or ".join(f'label_replace(max(max_over_time(cpu_usage_{f}{one}[1m])), "field", "{f}", "", "")' for f in FIELDS[:5])
        yield f"single-groupby-5-1-1 {tag}", five, at - hour, at, minute
        yield f"single-groupby-5-8-1 {tag}", five.replace(one, eight), at - hour, at, minute
        all_of = " or ".join(f'label_replace(max by (hostname) (max_over_time(cpu_usage_{f}HOSTS[1h])), "field", "{f}", "", "")' for f in FIELDS)
        yield f"cpu-max-all-1 {tag}", all_of.replace("HOSTS", one), at - 8 * hour, at, hour
        yield f"cpu-max-all-8 {tag}", all_of.replace("HOSTS", eight), at - 8 * hour, at, hour
        double = [f'label_replace(avg by (hostname) (avg_over_time(cpu_usage_{f}[1h])), "field", "{f}", "", "")' for f in FIELDS]
        yield f"double-groupby-1 {tag}", double[0], at - 11 * hour, at, hour
        yield f"double-groupby-5 {tag}", " or ".join(double[:5]), at - 11 * hour, at, hour
        yield f"double-groupby-all {tag}", " or ".join(double), at - 11 * hour, at, hour
        yield f"high-cpu-1 {tag}", f"max_over_time(cpu_usage_user{one}[1m]) > 90", at - 12 * hour, at, minute
        yield f"high-cpu-all {tag}", "max_over_time(cpu_usage_user[1m]) > 90", at - 12 * hour, at, minute
        yield f"groupby-orderby-limit {tag}", "max(max_over_time(cpu_usage_user[1m]))", at - 4 * minute, at, minute
        yield f"24 x 1h of everything {tag}", 'sum by (datacenter) (sum_over_time({__name__="cpu_usage_idle"}[1h]))', at - 22 * hour, at, hour
    yield "lastpoint", "max by (hostname) (cpu_usage_user)", 0, end, 0
    yield "one series, an instant", f"cpu_usage_user{one}", 0, end, 0


class Client:
    def __init__(self, program):
        self.pid, self.connection = program.process.pid, http.client.HTTPConnection("127.0.0.1", program.port, timeout=120)

    def ask(self, question):
        _, query, start, end, step = question
        words = {"query": query, "time": end} if step == 0 else {"query": query, "start": start, "end": end, "step": step}
        words["nocache"] = 1        # Prometheus keeps no answers, and passes over the word
        self.connection.request("GET", f"/api/v1/query{'' if step == 0 else '_range'}?" + urllib.parse.urlencode(words))
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{query}: {answer.status} {body[:500]!r}")
        return body

    def cost(self, question):
        """Milliseconds of CPU, and the answer."""
        self.connection.close()     # it may have been idle for longer than the server keeps it, while others were asked
        body = self.ask(question)
        took = []
        for _ in range(RUNS):
            n, began = 0, cpu_ns(self.pid)
            while n < 3:
                self.ask(question)
                n += 1
            took.append((cpu_ns(self.pid) - began) / 1e6 / n)
        return statistics.median(took), json.loads(body)


def values_of(answer):
    found = {}
    for item in answer["data"]["result"]:
        labels = tuple(sorted((k, v) for k, v in item["metric"].items() if k != "__name__"))
        points = item["values"] if "values" in item else [item["value"]]
        found[labels] = {round(float(t)): float(v) for t, v in points}
    return found


def differences(mine, theirs):
    a, b = values_of(mine), values_of(theirs)
    wrong = len(set(a) ^ set(b))
    for labels in set(a) & set(b):
        for t in set(a[labels]) | set(b[labels]):
            x, y = a[labels].get(t), b[labels].get(t)
            wrong += x is None or y is None or not math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9)
    return wrong


def fill(programs, start, rounds):
    clients = {name: http.client.HTTPConnection("127.0.0.1", program.port, timeout=120) for name, program in programs.items()}
    for body in bodies(start, rounds):
        for name, client in clients.items():
            client.request("POST", "/api/v1/write", body=body, headers=remote.HEADERS)
            answer = client.getresponse()
            text = answer.read()
            if answer.status not in (200, 204):
                raise SystemExit(f"{name}: {answer.status} {text[:300]!r}")


HEAD = ('store: {{path: "{store}", retention: {{raw: 48h}}, out_of_order: 48h}}\nsockets: "{run}"\n'
        'http: {{listen: "127.0.0.1:0"}}\nplugins: []\n')


def main():
    hours = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    end = int(time.time()) // 3600 * 3600
    start = (end - hours * 3600) * 1000
    with tempfile.TemporaryDirectory(prefix="kymo-bench-") as folder, contextlib.ExitStack() as stack:
        os.mkdir(f"{folder}/kymo")
        programs = {"kymo": stack.enter_context(Daemon(head=HEAD, folder=f"{folder}/kymo"))}
        if remote.tool("prometheus"):
            programs["Prometheus"] = stack.enter_context(remote.prometheus(f"{folder}/p", "scrape_configs: []\n", "--web.enable-remote-write-receiver"))
        if remote.tool("victoria-metrics"):
            programs["VictoriaMetrics"] = stack.enter_context(remote.victoria_metrics(f"{folder}/vm", "-search.maxQueryLen=64KB", "-search.latencyOffset=0s"))
        fill(programs, start, hours * 3600 // (STEP // 1000) // ROUND)
        time.sleep(5)
        programs["kymo"].cli("maintain")
        clients = {name: Client(program) for name, program in programs.items()}
        ratios = []
        print(f"{hours} h x 10 s x {HOSTS * len(FIELDS)} series; ms of CPU a query\n{'':34}" + "".join(f"{name:>18}" for name in clients))
        for question in questions(end):
            costs = {name: client.cost(question) for name, client in clients.items()}
            mine = costs["kymo"][0]
            peers = [cost for name, (cost, _) in costs.items() if name != "kymo"]
            line = "".join(f"{cost:10.3f}{cost / mine if name != 'kymo' else 1:7.1f}x" for name, (cost, _) in costs.items())
            wrong = {name: differences(costs["kymo"][1], answer) for name, (_, answer) in costs.items() if name != "kymo"}
            print(f"{question[0]:34}{line}" + "".join(f"   {n} values unlike {name}'s" for name, n in wrong.items() if n), flush=True)
            if peers:
                ratios.append(mine / min(peers))
        if ratios:
            print(f"geometric mean of kymo's cost to the better peer's: {math.exp(statistics.mean(map(math.log, ratios))):.3f}")


main()
