#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same remote write requests to kymo, VictoriaMetrics and Prometheus, one after the other, on loopback.

    remote_write_bench.py [SAMPLES]

SAMPLES for each number of series (1,000,000), 5,000 a request, series with 10
labels beside the name, values with two decimals that walk, 10 s apart. Counted is
user + system of the receiver's process while it takes them, and the first round,
in which every series is new, by itself. At least: 4 x VictoriaMetrics, 20 x
Prometheus; the goal is 8 x VictoriaMetrics.

Times begin now, so no window of a minute closes meanwhile; what closing costs is
store-tiers. The last line is kymo with times of the past: every window has closed
already, and is made again and again as samples come to it.
"""
import contextlib
import os
import pathlib
import random
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import Daemon  # noqa: E402
import remote  # noqa: E402

A_REQUEST = 5000
METRICS = ["usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait", "usage_irq", "usage_softirq", "usage_steal",
           "usage_guest", "usage_guest_nice"]
SETTLE = 2.0


def labels_of(i):
    host = i // len(METRICS)
    return remote.labels_bytes({
        "__name__": "cpu_" + METRICS[i % len(METRICS)], "arch": "x64", "datacenter": f"eu-central-1{'abc'[host % 3]}",
        "hostname": f"host_{host}", "os": "Ubuntu16.04LTS", "rack": str(host % 97), "region": "eu-central-1",
        "service": str(host % 19), "service_environment": ["production", "staging", "test"][host % 3],
        "service_version": str(host % 2), "team": ["SF", "NYC", "LON", "CHI"][host % 4]})


def prepare(n_series, rounds, past=False):
    """[[request, ...] for each round], as bytes of HTTP."""
    raw = [labels_of(i) for i in range(n_series)]
    values = [random.Random(i).uniform(0, 100) for i in range(n_series)]
    walk = random.Random(1)
    start = int(time.time()) // 10 * 10000 + (-rounds * 10000 if past else 10000)
    prepared = []
    for r in range(rounds):
        requests = []
        for first in range(0, n_series, A_REQUEST):
            parts = []
            for i in range(first, min(first + A_REQUEST, n_series)):
                values[i] = min(100.0, max(0.0, values[i] + walk.gauss(0, 1)))
                parts.append(remote.series_bytes(raw[i], [(start + r * 10000, round(values[i], 2))]))
            body = remote.packed(b"".join(parts))
            head = (f"POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n" +
                    "".join(f"{name}: {value}\r\n" for name, value in remote.HEADERS.items()) + "\r\n")
            requests.append(head.encode() + body)
        prepared.append(requests)
    return prepared


def measure(program, prepared, n_series):
    pid = program.process.pid
    with contextlib.closing(socket.create_connection(("127.0.0.1", program.port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = remote.cpu_seconds(pid)
        remote.send(connection, prepared[0])
        time.sleep(SETTLE)
        first = remote.cpu_seconds(pid)
        for requests in prepared[1:]:
            remote.send(connection, requests)
        time.sleep(SETTLE)
        end = remote.cpu_seconds(pid)
    return n_series / max(first - begin, 1e-9), n_series * (len(prepared) - 1) / max(end - first, 1e-9)


def kymo(folder):
    return Daemon("plugins: []\n", folder=folder)


def receivers(folder):
    yield "kymo", lambda: kymo(f"{folder}/kymo")
    if remote.tool("victoria-metrics"):
        yield "VictoriaMetrics", lambda: remote.victoria_metrics(f"{folder}/vm")
    if remote.tool("prometheus"):
        yield "Prometheus", lambda: remote.prometheus(f"{folder}/prometheus", "scrape_configs: []\n",
                                                      "--web.enable-remote-write-receiver")


def show(name, first, steady, ratio=""):
    print(f"  {name:16} {steady / 1e6:7.3f} M samples a CPU second, {1e6 / steady:6.3f} us a sample; "
          f"new series {1e6 / first:6.2f} us each{ratio}", flush=True)


def run(n_series, n_samples):
    prepared = prepare(n_series, max(3, n_samples // n_series))
    size = sum(map(len, prepared[-1])) / n_series
    print(f"{n_series} series, {len(prepared) - 1} rounds and the first, {size:.0f} bytes a sample packed")
    mine = None
    with tempfile.TemporaryDirectory(prefix="kymo-bench-") as folder:
        os.mkdir(f"{folder}/kymo")
        for name, start in receivers(folder):
            with start() as program:
                first, steady = measure(program, prepared, n_series)
            mine = mine or steady
            ratio = "" if mine == steady else f"   kymo takes {mine / steady:6.1f} times as many"
            show(name, first, steady, ratio)
        os.mkdir(f"{folder}/past")
        past = prepare(n_series, len(prepared), past=True)
        with kymo(f"{folder}/past") as program:
            show("kymo, the past", *measure(program, past, n_series))


def main():
    n_samples = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    for n_series in (10000, 100000):
        run(n_series, n_samples)


main()
