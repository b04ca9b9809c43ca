#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9, restarts, a second daemon, a folder that cannot be written, a full disk."""
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time

from daemon import KYMO, Daemon, expect, main, wait_for

FAST = "defaults: {interval: 100ms}\nplugins:\n  - plugin: system\n"


def times(kymo, name="system.uptime"):
    series = kymo.samples(name)
    return [at for at, _ in series[0][1]] if series else []


def killed_daemon_keeps_what_it_answered():
    with Daemon(FAST) as kymo:
        for _ in range(5):
            count = len(times(kymo))
            wait_for("more samples", lambda count=count: len(times(kymo)) >= count + 5)
            seen = times(kymo)
            kymo.process.send_signal(signal.SIGKILL)
            kymo.process.wait()
            kymo.start()
            kept = times(kymo)
            expect(set(seen) <= set(kept), f"lost: {sorted(set(seen) - set(kept))}")


def flushed_blocks_survive_too():
    with Daemon(FAST) as kymo:
        wait_for("samples", lambda: len(times(kymo)) >= 10)
        kymo.cli("maintain", "flush")
        seen = times(kymo)
        expect(list((kymo.store / "raw").glob("*.kyb")), "the head became a block")
        kymo.process.send_signal(signal.SIGKILL)
        kymo.process.wait()
        kymo.start()
        expect(set(seen) <= set(times(kymo)), "what was flushed is there")
        kymo.stop()
        kymo.start()
        expect(set(seen) <= set(times(kymo)), "and after an orderly stop")


def second_daemon_names_the_first():
    with Daemon(FAST) as kymo:
        done = subprocess.run([KYMO, "serve", "--config", kymo.file], capture_output=True, text=True, timeout=60)
        expect(done.returncode == 1 and str(kymo.process.pid) in done.stderr, f"{done.returncode}: {done.stderr}")
        wait_for("samples", lambda: kymo.latest("system.uptime"))


def port_in_use_is_named():
    with Daemon(FAST) as kymo, tempfile.TemporaryDirectory() as folder:
        other = pathlib.Path(folder) / "kymo.yaml"
        other.write_text(f'store: {{path: "{folder}/store"}}\nsockets: "{folder}/run"\n'
                         f'http: {{listen: "127.0.0.1:{kymo.port}"}}\n')
        done = subprocess.run([KYMO, "serve", "--config", other], capture_output=True, text=True, timeout=60)
        expect(done.returncode == 1 and f"127.0.0.1:{kymo.port}" in done.stderr and "in use" in done.stderr, done.stderr)


def folder_that_cannot_be_made():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "file").write_text("")
        config = pathlib.Path(folder) / "kymo.yaml"
        config.write_text(f'store: {{path: "{folder}/file/store"}}\nsockets: "{folder}/run"\nhttp: {{listen: "127.0.0.1:0"}}\n')
        done = subprocess.run([KYMO, "serve", "--config", config], capture_output=True, text=True, timeout=60)
        expect(done.returncode == 1 and f"{folder}/file" in done.stderr, f"{done.returncode}: {done.stderr}")


class SmallDisk:
    """A tmpfs, too small for what the WAL would like to preallocate, where that is allowed; else None."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="kymo-disk-")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=0755", "tmpfs", self.folder], capture_output=True)
        self.mounted = done.returncode == 0
        return self.folder if self.mounted else None

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=False)
        os.rmdir(self.folder)


def collecting_goes_on_while_appends(kymo, make_full, make_free):
    wait_for("samples", lambda: len(times(kymo)) >= 5)
    make_full()
    kymo.request("POST", "/kymo/v1/maintain", {"do": ["flush"]})    # what was preallocated is still there to append to
    wait_for("the problem in the log", lambda: "No space left" in kymo.log() or "File too large" in kymo.log())
    count = len(times(kymo))
    wait_for("samples in spite of it", lambda: len(times(kymo)) >= count + 10)
    expect(kymo.request("GET", "/-/healthy")[0] == 200, "it answers")
    make_free()
    count = len(times(kymo))
    wait_for("samples afterwards", lambda: len(times(kymo)) >= count + 5)
    seen = times(kymo)
    kymo.cli("maintain", "flush")
    kymo.process.send_signal(signal.SIGKILL)
    kymo.process.wait()
    kymo.start()
    lost = sorted(set(seen) - set(times(kymo)))
    expect(not lost, f"lost after recovery: {len(lost)} of {len(seen)}")
    gaps = [b - a for a, b in zip(seen, seen[1:]) if b - a > 100]
    expect(len(gaps) <= 2, f"gaps while the disk was full: {gaps}")


def full_disk_needs_no_restart():
    with SmallDisk() as disk:
        if not disk:
            print("   (no tmpfs here: the limit on file sizes has to do)")
            return
        with Daemon(FAST, start=False) as kymo:
            kymo.store = pathlib.Path(disk) / "store"
            kymo.write(FAST)
            kymo.start()
            ballast = pathlib.Path(disk) / "ballast"

            def make_full():
                with open(ballast, "wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(b"\0" * 4096)
                    except OSError:
                        pass

            collecting_goes_on_while_appends(kymo, make_full, ballast.unlink)


def file_size_limit_needs_no_restart():
    with Daemon("defaults: {interval: 100ms}\n") as kymo:
        def wal():
            return sum(len(path.read_bytes().rstrip(b"\0")) for path in (kymo.store / "wal").iterdir())

        limit = 8192        # the log of the daemon stays below it, the WAL does not
        wait_for("a WAL of some size", lambda: wal() > 2 * limit)
        collecting_goes_on_while_appends(
            kymo,
            lambda: resource.prlimit(kymo.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)),
            lambda: resource.prlimit(kymo.process.pid, resource.RLIMIT_FSIZE,
                                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))


def ends_at_once_when_asked():
    with Daemon(FAST) as kymo:
        wait_for("samples", lambda: kymo.latest("system.uptime"))
        begin = time.monotonic()
        expect(kymo.stop() == 0, "a clean end")
        print(f"   (took {time.monotonic() - begin:.2f} s)")


main([killed_daemon_keeps_what_it_answered, flushed_blocks_survive_too, second_daemon_names_the_first, port_in_use_is_named,
      folder_that_cannot_be_made, full_disk_needs_no_restart, file_size_limit_needs_no_restart, ends_at_once_when_asked])
