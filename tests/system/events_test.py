#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Events in by socket, HTTP, command line and event.h; out as metrics. Malformed ones harm nobody."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile

from daemon import SOURCE, Daemon, expect, main, wait_for
from installed import CC, run

CUSTOM = """plugins:
  - plugin: api
  - plugin: websocket
  - plugin: business
  - plugin: custom
    with:
      metrics:
        - {name: orders.placed, type: counter, unit: orders, help: Orders., labels: [country]}
        - {name: queue.depth, type: gauge, help: Depth.}
"""


def send(kymo, *datagrams):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(str(kymo.run / "events"))
        for datagram in datagrams:
            client.send(datagram if isinstance(datagram, bytes) else datagram.encode())


def event(name, value=1, **labels):
    return json.dumps({"name": name, "value": value, "labels": labels})


def value(kymo, name, **labels):
    return kymo.latest(name).get(tuple(sorted(labels.items())))


def reach_the_collectors_by_every_way():
    with Daemon(CUSTOM) as kymo:
        send(kymo, "\n".join([event("api.request", 10, endpoint="/a", status="200"),
                              event("api.request", 20, endpoint="/a", status="500")]))
        kymo.post("/kymo/v1/events", [{"name": "api.request", "value": 30, "labels": {"endpoint": "/b", "status": "404"}},
                                      {"name": "orders.placed", "value": 3, "labels": {"country": "at"}}], 202)
        kymo.post("/kymo/v1/events", {"name": "queue.depth", "value": 17}, 202)
        subprocess.run([*map(str, [os.environ.get("KYMO_BUILD", "build") + "/kymo"]), "record", "api.request", "40",
                        "endpoint=/b", "status=200"], env=kymo.env, check=True)
        wait_for("four requests", lambda: value(kymo, "api.requests.total") == 4)
        expect(value(kymo, "api.requests.failed") == 2, kymo.latest("api.*"))
        expect(value(kymo, "api.endpoint.requests", endpoint="/b") == 2, kymo.latest("api.endpoint.requests"))
        expect(value(kymo, "api.response.max") == 40 and value(kymo, "api.response.min") == 10, kymo.latest("api.response.*"))
        expect(value(kymo, "orders.placed", country="at") == 3, kymo.latest("orders.placed"))
        expect(value(kymo, "queue.depth") == 17, kymo.latest("queue.depth"))
        text = kymo.request("GET", "/metrics")[1]
        expect('api_response_time_bucket{endpoint="/a",le="+Inf"} 2' in text, text)


RECORDERS = r"""
#include <kymo/event.h>
int main(void)
{
	for (int i = 0; i < 500; i++) {
		kymo_record_api_request("/c", 200, 5);
		kymo_record_ws_connect();
		kymo_record_ws_message(KYMO_WS_SENT, 100);
		kymo_record_gateway_check(i % 2);
		kymo_record_retrospective();
		kymo_record_pattern_match();
		kymo_record_active_user(i % 2 ? "ann" : "bob");
	}
	kymo_record_ws_disconnect();
	kymo_event_flush();
	return 0;
}
"""


def come_from_c_without_loss():
    with Daemon(CUSTOM) as kymo, tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "app.c"
        source.write_text(RECORDERS)
        run(*CC, "-O2", "-I", SOURCE / "include", "-o", f"{folder}/app", source, "-pthread")
        run(f"{folder}/app", env=kymo.env)
        expected = {"api.requests.total": 500, "websocket.connections.total": 500, "websocket.connections.active": 499,
                    "websocket.messages.sent": 500, "websocket.bytes.sent": 50000, "websocket.message.avg_size": 100,
                    "business.gateway.checks": 500, "business.violations": 250, "business.violation.rate": 0.5,
                    "business.retrospectives": 500, "business.patterns.matched": 500, "business.users.active": 2}
        for name, number in expected.items():
            wait_for(f"{name} = {number}", lambda name=name, number=number: value(kymo, name) == number, 20)


def bad_ones_are_counted_and_harm_nobody():
    with Daemon(CUSTOM) as kymo:
        send(kymo, b"\xff\xfe", "{", "[]", "nonsense", '{"name": 5}', '{"value": 1}', '{"name": "x", "extra": 1}',
             "{\"name\": \"api.request\", \"labels\": {\"a\": {}}}", '{"a":' * 5000, event("api.request", 1, status="200"))
        wait_for("the good one", lambda: value(kymo, "api.requests.total") == 1)
        for body, words in [("", "body"), ("{", ""), ('{"name": 5}', "name"), ('[{"name": "a"}, {"nome": "b"}]', "nome"),
                            ('{"name": "a", "value": "x"}', "value"), ("[" * 20000, ""), ('{"name": "a"} x', "")]:
            status, text = kymo.request("POST", "/kymo/v1/events", body)
            expect(status == 400 and words in json.loads(text)["error"], f"{body[:40]!r}: {status} {text}")
        status, text = kymo.request("POST", "/kymo/v1/events", "[" + "1," * 8000000 + "1]")
        expect(status == 413, f"oversized: {status} {text}")
        answer = kymo.post("/kymo/v1/events", {"name": "nobody.wants.this"}, 202)
        expect(answer["unclaimed"] == 1, answer)
        wait_for("unclaimed counted", lambda: kymo.get("/kymo/v1/stats")["events"]["unclaimed"] >= 1)


def survive_a_replaced_instance():
    with Daemon(CUSTOM) as kymo:
        send(kymo, event("orders.placed", 5, country="at"))
        wait_for("orders", lambda: value(kymo, "orders.placed", country="at") == 5)
        kymo.write(CUSTOM + "        - {name: carts.opened, type: counter, help: Carts.}\n")
        kymo.reload()
        send(kymo, event("orders.placed", 2, country="at"), event("carts.opened"))
        wait_for("carts", lambda: value(kymo, "carts.opened") == 1)
        wait_for("orders counted on", lambda: value(kymo, "orders.placed", country="at") in (7, 2))


main([reach_the_collectors_by_every_way, come_from_c_without_loss, bad_ones_are_counted_and_harm_nobody,
      survive_a_replaced_instance])
