# SPDX-License-Identifier: MIT
"""A real kymo daemon in a folder of its own, for the system tests.

Every test runs the built binary as a user would: a YAML file, signals, the
control socket, HTTP on a port that the kernel chose. Waiting is always for a
condition, never for a time; the limit only ends a test that hangs.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

BUILD = pathlib.Path(os.environ.get("KYMO_BUILD", "build")).resolve()
SOURCE = pathlib.Path(os.environ.get("KYMO_SOURCE", ".")).resolve()
KYMO = BUILD / "kymo"
SANITIZE = os.environ.get("KYMO_SANITIZE", "none").replace("none", "")  # what the build is instrumented with
HANG = float(os.environ.get("KYMO_HANG", "120"))


class Failure(AssertionError):
    pass


def expect(condition, text):
    if not condition:
        raise Failure(text)


def wait_for(what, condition, limit=HANG):
    """The first true value of condition(); fails when it hangs."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {limit} s in vain for {what}")
        time.sleep(0.02)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Daemon:
    """with Daemon(yaml) as kymo: ... ; `{store}` and `{run}` in the YAML are its folders."""

    HEAD = 'store: {{path: "{store}"}}\nsockets: "{run}"\nhttp: {{listen: "127.0.0.1:0"}}\n'

    def __init__(self, yaml="", head=None, folder=None, env=None, start=True, wrap=()):
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="kymo-test-"))
        self.folder.chmod(0o755)
        self.store = self.folder / "store"
        self.run = self.folder / "run"
        self.file = self.folder / "kymo.yaml"
        self.env = {**os.environ, "KYMO_EVENTS": str(self.run / "events"), **(env or {})}
        self.wrap = list(wrap)
        self.head = self.HEAD if head is None else head
        self.process = None
        self.port = None
        self.write(yaml)
        if start:
            self.start()

    def write(self, yaml):
        text = self.head.format(store=self.store, run=self.run)
        temporary = self.folder / "kymo.yaml.new"
        temporary.write_text(text + yaml.replace("{store}", str(self.store)).replace("{run}", str(self.run)))
        temporary.rename(self.file)

    def start(self, ready=True):
        self.log_path = self.folder / "log"
        with open(self.log_path, "ab") as log:
            self.log_from = log.tell()
            self.process = subprocess.Popen([*self.wrap, KYMO, "serve", "--config", self.file], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.env, cwd=self.folder)
        if ready:
            self.port = int(wait_for("the daemon to listen", self._listening).group(1))
            wait_for("the daemon to be ready", self._ready)
        return self

    def _listening(self):
        if self.process.poll() is not None:
            raise Failure(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
        return re.search(r"http://127\.0\.0\.1:(\d+)", self.log())

    def _ready(self):
        try:
            return self.request("GET", "/-/ready")[0] == 200
        except OSError:
            return False

    def log(self):
        with open(self.log_path, "rb") as file:
            file.seek(self.log_from)
            return file.read().decode(errors="replace")

    def request(self, method, path, body=None, headers=None, control=False):
        """(status, text)"""
        connection = UnixConnection(self.run / "control") if control else \
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def get(self, path):
        status, text = self.request("GET", path)
        expect(status == 200, f"GET {path}: {status} {text}")
        return json.loads(text)

    def post(self, path, body, status=200, control=False):
        got, text = self.request("POST", path, body, control=control)
        expect(got == status, f"POST {path}: {got} instead of {status}: {text}")
        return json.loads(text) if text else None

    def query(self, name, last="1h", **more):
        return self.post("/kymo/v1/query", {"names": [name], "last": last, **more})

    def samples(self, name, **more):
        """[(labels, [[ms, value], ...]), ...]"""
        more.setdefault("granularity", "raw")
        return [(series["labels"], series["points"]) for series in self.query(name, **more)["series"]]

    def latest(self, name):
        """{labels as sorted tuple: value}"""
        items = self.get("/kymo/v1/latest?" + urllib.parse.urlencode({"name": name}))["series"]
        return {tuple(sorted(item["labels"].items())): item["value"] for item in items}

    def cli(self, *words, status=0, stdin=None):
        """Run a subcommand against this daemon; its stdout (and stderr when it should fail)."""
        socket_option = ["--socket", str(self.run / "control")]
        done = subprocess.run([KYMO, words[0], *socket_option, *map(str, words[1:])], capture_output=True, text=True,
                              env=self.env, input=stdin, timeout=HANG)
        expect(done.returncode == status,
               f"kymo {' '.join(map(str, words))}: exit {done.returncode} instead of {status}\n{done.stdout}{done.stderr}")
        return done.stdout if status == 0 else done.stdout + done.stderr

    def reload(self):
        """SIGHUP, and wait until it was taken or refused."""
        seen = len(self.log())
        self.process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: re.search(r"reloaded |is not applied", self.log()[seen:]))
        return self.log()[seen:]

    def stop(self, kind=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(kind)
            try:
                self.process.wait(HANG)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failure("the daemon does not end") from None
        return self.process.returncode if self.process else None

    def status(self, key):
        """A line of /proc/PID/status, as a number."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.stop()
        finally:
            if kind:
                print(f"--- log of the daemon\n{self.log()[-6000:]}", file=sys.stderr)
            if self.own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)


def kymo(*words, status=0, **more):
    """A subcommand that needs no daemon."""
    done = subprocess.run([KYMO, *map(str, words)], capture_output=True, text=True, timeout=HANG, **more)
    expect(done.returncode == status,
           f"kymo {' '.join(map(str, words))}: exit {done.returncode} instead of {status}\n{done.stdout}{done.stderr}")
    return done.stdout if status == 0 else done.stdout + done.stderr


def main(cases):
    """Run the functions one by one; each is named after what it shows."""
    failed = 0
    only = sys.argv[1:]
    for case in cases:
        name = case.__name__
        if only and name not in only:
            continue
        begin = time.monotonic()
        try:
            case()
            print(f"ok {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        except (Failure, subprocess.SubprocessError, OSError, KeyError, ValueError, IndexError) as problem:
            failed += 1
            print(f"NOT ok {name}: {type(problem).__name__}: {problem}", flush=True)
    sys.exit(1 if failed else 0)
