# SPDX-License-Identifier: MIT
"""Remote write from outside: requests as senders make them, and the programs that send or take them."""
import contextlib
import ctypes
import ctypes.util
import http.client
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess

from daemon import BUILD, SOURCE, Failure, wait_for

HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
STALE = struct.unpack("<d", struct.pack("<Q", 0x7ff0000000000002))[0]


def tool(name):
    """The program of a Debian package: unpacked by ./dev, or installed; None."""
    for build in (BUILD, SOURCE / "build"):
        if (build / "tools/usr/bin" / name).exists():
            return str(build / "tools/usr/bin" / name)
    return shutil.which(name)


# ---- requests ----

def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def labels_bytes(labels):
    """A TimeSeries' labels, from a dict, sorted; or pairs, as they stand."""
    pairs = sorted(labels.items()) if isinstance(labels, dict) else labels
    return b"".join(field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in pairs)


def sample_bytes(at, value):
    return field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at))


def series_bytes(labels, samples):
    raw = labels if isinstance(labels, bytes) else labels_bytes(labels)
    return field(1, raw + b"".join(sample_bytes(at, value) for at, value in samples))


_snappy = None


def packed(data):
    """As a snappy block, by the library itself; by literals only where it is not there."""
    global _snappy
    if _snappy is None:
        name = ctypes.util.find_library("snappy") or "libsnappy.so.1"
        try:
            _snappy = ctypes.CDLL(name)
            _snappy.snappy_max_compressed_length.restype = ctypes.c_size_t
            _snappy.snappy_max_compressed_length.argtypes = [ctypes.c_size_t]
        except OSError:
            _snappy = False
    if not _snappy:
        parts = [bytes([60 << 2 | 0, len(part) - 1]) + part for part in (data[i:i + 256] for i in range(0, len(data), 256))]
        return varint(len(data)) + b"".join(parts)
    room = ctypes.create_string_buffer(_snappy.snappy_max_compressed_length(len(data)))
    size = ctypes.c_size_t(len(room))
    _snappy.snappy_compress(data, ctypes.c_size_t(len(data)), room, ctypes.byref(size))
    return room.raw[:size.value]


def unpacked(data):
    """What is in a snappy block."""
    size, at = read_varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                n = length - 59
                length = int.from_bytes(data[at:at + n], "little")
                at += n
            out += data[at:at + length + 1]
            at += length + 1
            continue
        if tag & 3 == 1:
            length, offset = (tag >> 2 & 7) + 4, tag >> 5 << 8 | data[at]
            at += 1
        else:
            n = 2 if tag & 3 == 2 else 4
            length, offset = (tag >> 2) + 1, int.from_bytes(data[at:at + n], "little")
            at += n
        for _ in range(length):
            out.append(out[-offset])
    if len(out) != size:
        raise Failure(f"{len(out)} bytes instead of {size}")
    return bytes(out)


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def fields(data):
    """[(number, value), ...] of a message."""
    at, out = 0, []
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        elif tag & 7 == 1:
            value, at = data[at:at + 8], at + 8
        else:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        out.append((tag >> 3, value))
    return out


def send(connection, requests):
    """Whole requests, as bytes, one after the other over an open socket; each must be taken."""
    for request in requests:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            if not piece:
                raise SystemExit("the receiver has closed the connection")
            answer += piece
        if not answer.startswith((b"HTTP/1.1 204", b"HTTP/1.1 200")):
            raise SystemExit(answer.decode(errors="replace"))


# ---- programs ----

def free_port():
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Program:
    """One that answers HTTP on a port of its own, ended with the block."""

    def __init__(self, folder, words, port, ready):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.log_path = self.folder / "log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        self.name = pathlib.Path(words[0]).name
        wait_for(f"{self.name} to answer", lambda: self._answers(ready))

    def _answers(self, path):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended: {self.log_path.read_text(errors='replace')[-2000:]}")
        try:
            return self.request("GET", path)[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def stop(self, kind=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(kind)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def prometheus(folder, config="scrape_configs: []\n", *words, port=None):
    port = port or free_port()
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    (pathlib.Path(folder) / "prometheus.yml").write_text(config)
    return Program(folder, [tool("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn",
                            f"--web.listen-address=127.0.0.1:{port}", *words], port, "/-/ready")


def victoria_metrics(folder, *words):
    port = free_port()
    return Program(folder, [tool("victoria-metrics"), "-storageDataPath=data", f"-httpListenAddr=127.0.0.1:{port}",
                            "-retentionPeriod=1", "-loggerLevel=WARN", *words], port, "/health")


def vmagent(folder, config, url, *words):
    port = free_port()
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    (pathlib.Path(folder) / "scrape.yml").write_text(config)
    return Program(folder, [tool("vmagent"), "-promscrape.config=scrape.yml", f"-remoteWrite.url={url}", "-sortLabels",
                            "-remoteWrite.tmpDataPath=queue", f"-httpListenAddr=127.0.0.1:{port}", "-loggerLevel=WARN", *words],
                   port, "/health")


def cpu_seconds(pid):
    """user + system of all its threads."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
