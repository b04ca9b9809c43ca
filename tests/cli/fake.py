# SPDX-License-Identifier: MIT
"""A server that plays a recorded answer, and the commands run against it."""
import contextlib
import http.server
import json
import os
import pathlib
import socket
import socketserver
import subprocess
import tempfile
import threading

from daemon import HANG, KYMO, expect


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.requests.append((self.command, self.path, self.rfile.read(length).decode(), self.headers))
        status, body, headers = self.server.reply
        if status is None:      # hang up
            self.close_connection = True
            return
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        with contextlib.suppress(ConnectionError):      # a client that has heard enough
            self.end_headers()
            self.wfile.write(data)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass

    def address_string(self):
        return "peer"


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class TcpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True


class Fake:
    """with Fake(answer) as fake: fake.run("list") ; a socket and a port, one answer to everything."""

    def __init__(self, answer=None, status=200, headers=None):
        self.reply = (status, {} if answer is None else answer, headers or {})

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="kymo-cli-")))
        (self.folder / "kymo").mkdir()
        self.socket = self.folder / "kymo" / "control"
        self.servers = [UnixServer(str(self.socket), Handler), TcpServer(("127.0.0.1", 0), Handler)]
        self.url = f"http://127.0.0.1:{self.servers[1].server_address[1]}"
        self.requests = []
        for server in self.servers:
            server.reply, server.requests = self.reply, self.requests
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            self.stack.callback(server.server_close)
            self.stack.callback(server.shutdown)
        return self

    def __exit__(self, *_):
        self.stack.close()

    def run(self, name, *words, status=0, env=None):
        """(stdout, stderr) of a command that asks this server by its socket."""
        return run(name, "--socket", self.socket, *words, status=status, env=env)

    def json_of_request(self):
        return json.loads(self.requests[-1][2])


def run(*words, status=0, env=None, stdout=subprocess.PIPE, cwd=None):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("KYMO_") and key != "XDG_RUNTIME_DIR"}
    done = subprocess.run([KYMO, *map(str, words)], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=HANG, cwd=cwd,
                          env={**clean, "TZ": "UTC0", **{key: str(value) for key, value in (env or {}).items()}})
    expect(done.returncode == status,
           f"kymo {' '.join(map(str, words))}: exit {done.returncode} instead of {status}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def datagram_socket(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(path))
    return sock
