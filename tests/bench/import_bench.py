#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same text to kymo and VictoriaMetrics, each on loopback: POST /api/v1/import/prometheus.

    import_bench.py [SAMPLES]

SAMPLES (400,000) of 20,000 series with 10 labels, 5,000 a request, values with two
decimals, a new time each round. Counted is user + system of the receiver's process,
without the first round, in which every series is new. kymo checks that no series
stands twice; VictoriaMetrics does not.
"""
import contextlib
import pathlib
import random
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import Daemon  # noqa: E402
import remote  # noqa: E402

SERIES = 20000
A_REQUEST = 5000
METRICS = ["user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"]
SETTLE = 2.0


def series(i):
    host = i // len(METRICS)
    return (f'cpu_usage_{METRICS[i % len(METRICS)]}{{arch="x64",datacenter="eu-central-1{"abc"[host % 3]}",hostname="host_{host}",'
            f'os="Ubuntu16.04LTS",rack="{host % 97}",region="eu-central-1",service="{host % 19}",'
            f'service_environment="{["production", "staging", "test"][host % 3]}",service_version="{host % 2}",'
            f'team="{["SF", "NYC", "LON", "CHI"][host % 4]}"}}')


def prepare(rounds):
    """[[request, ...] for each round], as bytes of HTTP."""
    names = [series(i) for i in range(SERIES)]
    walk = random.Random(1)
    start = int(time.time()) // 10 * 10000 + 10000
    prepared = []
    for r in range(rounds):
        requests = []
        for first in range(0, SERIES, A_REQUEST):
            body = "".join(f"{name} {walk.uniform(0, 100):.2f} {start + r * 10000}\n"
                           for name in names[first:first + A_REQUEST]).encode()
            requests.append((f"POST /api/v1/import/prometheus HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                             f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
        prepared.append(requests)
    return prepared


def measure(program, prepared):
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
    return (first - begin) / SERIES, (end - first) / SERIES / (len(prepared) - 1)


def receivers(folder):
    yield "kymo", lambda: Daemon("plugins: []\n", folder=folder)
    if remote.tool("victoria-metrics"):
        yield "VictoriaMetrics", lambda: remote.victoria_metrics(f"{folder}/vm")


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 400000
    prepared = prepare(max(3, n // SERIES))
    size = sum(map(len, prepared[-1])) / SERIES
    print(f"{SERIES} series, {len(prepared) - 1} rounds and the first, {size:.0f} bytes a sample")
    with tempfile.TemporaryDirectory(prefix="kymo-bench-") as folder:
        for name, start in receivers(folder):
            with start() as program:
                first, steady = measure(program, prepared)
            print(f"  {name:16} {steady * 1e9:6.0f} ns a sample, {size / steady / 1e6:5.0f} MB/s of CPU; new series {first * 1e6:6.2f} us each",
                  flush=True)


main()
