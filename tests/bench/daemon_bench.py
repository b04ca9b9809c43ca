#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daemon as shipped: CPU, memory, start-up, a snapshot.

    daemon_bench.py [SECONDS]

Seconds of steady run (20). CPU is user + system of the daemon's process, from
/proc/PID/stat and schedstat; memory is VmRSS.
"""
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import Daemon, wait_for  # noqa: E402

HUNDRED = "plugins:\n" + "".join(f"  - {{plugin: process, name: p{n}, interval: 1s}}\n" for n in range(100))


def cpu(kymo):
    """CPU seconds of all threads so far, to the nanosecond."""
    total = 0
    for task in os.listdir(f"/proc/{kymo.process.pid}/task"):
        try:
            total += int(pathlib.Path(f"/proc/{kymo.process.pid}/task/{task}/schedstat").read_text().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def steady(kymo, seconds):
    """Milliseconds of CPU in each second; the median."""
    used = []
    last = cpu(kymo)
    for _ in range(seconds):
        time.sleep(1)
        now = cpu(kymo)
        used.append((now - last) * 1000)
        last = now
    return statistics.median(used)


def start_to_sample():
    took = []
    for _ in range(5):
        begin = time.time() * 1000
        with Daemon("") as kymo:
            first = wait_for("a sample", lambda: kymo.samples("system.uptime"))[0][1][0][0]
            stored = [at for _, points in kymo.samples("system.*") for at, _ in points]
            took.append(min([first, *stored]) - begin)
    return statistics.median(took)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(f"start to first stored sample             {start_to_sample():8.1f} ms  (at most 50)")
    with Daemon("") as kymo:
        wait_for("samples", lambda: kymo.latest("system.cpu.usage"))
        time.sleep(2)
        print(f"shipped collectors at 1 s, and storing   {steady(kymo, seconds):8.3f} ms CPU a second  (at most 1)")
        begin = cpu(kymo)
        for _ in range(200):
            kymo.request("GET", "/kymo/v1/snapshot")
        print(f"snapshot over HTTP                       {(cpu(kymo) - begin) * 5:8.3f} ms CPU  (at most 1)")
        print(f"resident memory after {seconds + 3:3} s              {kymo.status('VmRSS') / 1024:8.2f} MiB  (after an hour at most 12)")
    with Daemon(HUNDRED) as kymo:
        time.sleep(2)
        used = steady(kymo, seconds) / 10
        missed = sum(item["missed"] for item in kymo.get("/kymo/v1/instances")["instances"])
        print(f"100 instances of process at 1 s          {used:8.3f} % of a core, {missed} ticks missed  (10 metrics each: at most 1)")
        print(f"resident memory with them                {kymo.status('VmRSS') / 1024:8.2f} MiB")


main()
