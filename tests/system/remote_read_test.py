#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remote read: requests byte by byte, and a real Prometheus that has no samples but kymo's."""
import contextlib
import http.client
import json
import math
import struct
import tempfile
import time
import urllib.parse

from daemon import Daemon, expect, main
import remote

QUIET = "plugins: []\n"
NOW = int(time.time()) // 60 * 60 * 1000
EQ, NEQ, RE, NRE = range(4)
SERIES = [({"__name__": "up", "job": job, "instance": f"{job}:{i}"}, [(NOW - 600000 + k * 15000, float((k + i) % 2)) for k in range(40)])
          for job in ("api", "db") for i in range(3)]
SERIES += [({"__name__": "odd", "path": "/\u00e9"}, [(NOW - 60000, math.inf), (NOW - 45000, -0.0), (NOW - 30000, 1e-7), (NOW - 15000, remote.STALE)])]


def fill(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/write", body=remote.packed(b"".join(remote.series_bytes(*one) for one in SERIES)), headers=remote.HEADERS)
        expect(connection.getresponse().status == 204, "written")


def query_bytes(start, end, matchers):
    body = b"\x08" + remote.varint(start) + b"\x10" + remote.varint(end)
    for kind, name, value in matchers:
        body += remote.field(3, (b"\x08" + remote.varint(kind) if kind else b"") + remote.field(2, name.encode()) + remote.field(3, value.encode()))
    return remote.field(1, body)


def post(port, body, packed=True):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/read", body=remote.packed(body) if packed else body, headers={
            "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "Accept-Encoding": "snappy",
            "X-Prometheus-Remote-Read-Version": "0.1.0"})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def read(port, body):
    """Of each query [(labels, [(ms, bits), ...]), ...]."""
    status, headers, answer = post(port, body)
    expect(status == 200 and headers["Content-Type"] == "application/x-protobuf" and headers["Content-Encoding"] == "snappy", f"{status} {answer}")
    results = []
    for number, result in remote.fields(remote.unpacked(answer)):
        expect(number == 1, number)
        results.append(ordered(read_series(series) for _, series in remote.fields(result)))
    return results


def read_series(series):
    labels, samples = {}, []
    for number, message in remote.fields(series):
        message = dict(remote.fields(message))
        if number == 1:
            labels[message[1].decode()] = message[2].decode()
        else:
            at = message.get(2, 0)
            samples.append((at - (at >> 63 << 64), message.get(1, bytes(8))))
    return labels, samples


def ordered(found):
    return sorted(found, key=lambda one: sorted(one[0].items()))


def wanted(start, end, test):
    found = [(labels, [(at, struct.pack("<d", value)) for at, value in samples if start <= at <= end]) for labels, samples in SERIES if test(labels)]
    return ordered((labels, samples) for labels, samples in found if samples)


def each_sample_comes_as_it_is():
    rows = [([(EQ, "__name__", "up")], lambda labels: labels["__name__"] == "up"),
            ([(EQ, "__name__", "up"), (NEQ, "job", "db")], lambda labels: labels.get("job") == "api"),
            ([(RE, "__name__", "u.|odd"), (NRE, "instance", ".*:[01]")], lambda labels: not labels.get("instance", "").endswith((":0", ":1"))),
            ([(EQ, "__name__", "odd"), (EQ, "job", "")], lambda labels: labels["__name__"] == "odd"),
            ([(EQ, "__name__", "nonesuch")], lambda labels: False)]
    ranges = [(NOW - 600000, NOW), (NOW - 600001, NOW - 600000), (NOW - 60000, NOW - 15000), (NOW - 14999, NOW), (NOW, NOW - 1),
              (-(1 << 63), (1 << 63) - 1)]
    with Daemon(QUIET) as kymo:
        fill(kymo.port)
        for matchers, test in rows:
            for start, end in ranges:
                got = read(kymo.port, query_bytes(start, end, matchers))
                expect(got == [wanted(start, end, test)], f"{matchers} {start} {end}:\n{str(got)[:2000]}\n{str(wanted(start, end, test))[:2000]}")
        body = b"".join(query_bytes(NOW - 600000, NOW, matchers) for matchers, _ in rows)
        expect(read(kymo.port, body) == [wanted(NOW - 600000, NOW, test) for _, test in rows], "several queries")
        expect(read(kymo.port, body + b"\x12\x02\x01\x00") == read(kymo.port, body + b"\x10\x00"), "samples are among the types")
        expect(read(kymo.port, b"") == [], "no query")


def what_is_wrong_is_refused():
    right = query_bytes(0, NOW, [(EQ, "a", "b")])
    with Daemon("query: {memory: 1MiB}\n" + QUIET) as kymo:
        for body, packed, status, words in [
                (b"\xff\xff\xff", False, 400, "snappy"), (right, False, 400, "snappy"), (b"\xff" * 30, True, 400, "damaged"),
                (right[:-1], True, 400, "damaged"), (query_bytes(0, NOW, []), True, 400, "matcher"),
                (query_bytes(0, NOW, [(7, "a", "b")]), True, 400, "damaged"), (query_bytes(0, NOW, [(RE, "a", "(")]), True, 400, "("),
                (query_bytes(0, NOW, [(EQ, "", "b")]), True, 400, "damaged"), (right * 101, True, 400, "100"),
                (query_bytes(0, NOW, [(EQ, "a", "b")] * 65), True, 400, "64"),
                (right + b"\x12\x01\x01", True, 400, "SAMPLES"), (right + b"\x10\x01", True, 400, "SAMPLES"), (bytes(2 << 20), True, 400, "bytes")]:
            got, headers, answer = post(kymo.port, body, packed)
            expect(got == status and words in json.loads(answer)["error"], f"{body[:40]}: {got} {answer}")
            expect(headers["Content-Type"] == "application/json" and "Content-Encoding" not in headers, headers)
        body = b"".join(remote.series_bytes({"__name__": "many", "i": str(i)}, [(NOW - 600000 + k * 1000, k / 7) for k in range(600)]) for i in range(200))
        connection = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", "/api/v1/write", body=remote.packed(body), headers=remote.HEADERS)
            expect(connection.getresponse().status == 204, "written")
        status, _, answer = post(kymo.port, query_bytes(0, NOW, [(EQ, "__name__", "many")]))
        expect(status == 422 and "query.memory" in json.loads(answer)["error"], f"{status} {answer}")
        expect(kymo.request("GET", "/api/v1/read")[0] == 405, "GET")


OLD_HEAD = ('store: {{path: "{store}", retention: {{raw: RAW}}, out_of_order: 24h}}\nsockets: "{run}"\nhttp: {{listen: "127.0.0.1:0", admin: true}}\n')


def what_has_expired_comes_as_the_last_of_each_minute():
    samples = [(NOW - 3 * 3600000 + k * 15000 + 7000, float(k)) for k in range(700)]
    end = samples[163][0]		# the last of its minute
    samples[163] = (end, remote.STALE)
    with Daemon(QUIET, head=OLD_HEAD.replace("RAW", "24h")) as kymo:
        connection = http.client.HTTPConnection("127.0.0.1", kymo.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", "/api/v1/write", body=remote.packed(remote.series_bytes({"__name__": "level"}, samples)), headers=remote.HEADERS)
            expect(connection.getresponse().status == 204, "written")
        kymo.post("/kymo/v1/maintain", {})
        request = query_bytes(NOW - 3 * 3600000, NOW, [(EQ, "__name__", "level")])
        whole = [(at, struct.pack("<d", value)) for at, value in samples]
        expect(read(kymo.port, request) == [[({"__name__": "level"}, whole)]], "all of it is there")
        kymo.head = OLD_HEAD.replace("RAW", "1h")
        kymo.write(QUIET)
        kymo.reload()
        (_, got), = read(kymo.port, request)[0]
        windows = {}
        for at, bits in whole:
            window = -(-at // 60000) * 60000
            if bits != struct.pack("<d", remote.STALE):
                windows[window] = (at, bits)
        border = NOW - 3600000 - 120000
        wanted_old = sorted([one for window, one in windows.items() if window <= border] +
                            [(-(-end // 60000) * 60000, struct.pack("<d", remote.STALE))])
        expect([one for one in got if one[0] <= border] == [one for one in wanted_old if one[0] <= border], f"{got[:8]}\n{wanted_old[:8]}")
        recent = NOW - 3600000 + 180000
        expect([one for one in got if one[0] > recent] == [one for one in whole if one[0] > recent], "samples that have not expired")
        expect([at for at, _ in got] == sorted(at for at, _ in got), "in order")


QUERIES = ["up", "sum by (job) (up)", "rate(up[2m])", "odd", "count_over_time(odd[5m])", "up{instance=~'.*:1'} offset 1m", "{__name__=~'up|odd'}",
           "absent(odd)", "max_over_time(up[1m:15s])"]


def a_prometheus_reads_from_it():
    if not remote.tool("prometheus"):
        print("no prometheus here")
        return
    with contextlib.ExitStack() as stack:
        kymo = stack.enter_context(Daemon(QUIET))
        fill(kymo.port)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        reader = stack.enter_context(remote.prometheus(
            folder + "/reader", f"remote_read:\n  - url: http://127.0.0.1:{kymo.port}/api/v1/read\n    read_recent: true\n"))
        holder = stack.enter_context(remote.prometheus(folder + "/holder", "scrape_configs: []\n", "--web.enable-remote-write-receiver"))
        fill_holder(holder)
        for query in QUERIES:
            for path in (f"query?time={NOW / 1000 - 20}", f"query_range?start={NOW / 1000 - 607}&end={NOW / 1000}&step=13"):
                answers = [json.loads(program.request("GET", f"/api/v1/{path}&" + urllib.parse.urlencode({"query": query}))[1])
                           for program in (reader, holder)]
                for answer in answers:
                    expect(answer["status"] == "success" and not answer.get("warnings"), f"{query}: {answer}")
                    answer["data"]["result"].sort(key=lambda one: json.dumps(one["metric"], sort_keys=True))
                expect(answers[0] == answers[1], f"{path} {query}:\n{answers[0]}\n{answers[1]}")


def fill_holder(program):
    status, text = program.request("POST", "/api/v1/write", body=remote.packed(b"".join(remote.series_bytes(*one) for one in SERIES)),
                                   headers=remote.HEADERS)
    expect(status in (200, 204), f"{status} {text}")


main([each_sample_comes_as_it_is, what_is_wrong_is_refused, what_has_expired_comes_as_the_last_of_each_minute,
      a_prometheus_reads_from_it])
