#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A C program built from what is installed, nothing else."""
import os
import pathlib
import subprocess
import tempfile

from daemon import HANG, SANITIZE, SOURCE, expect, main
from installed import CC, Installed, run


def whole_service_inside_a_program():
    with tempfile.TemporaryDirectory(prefix="kymo-embed-") as folder:
        installed = Installed(folder)
        program = pathlib.Path(folder) / "embed"
        run(*CC, "-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE / "tests/system/embed.c",
            *([f"-fsanitize={SANITIZE}"] if SANITIZE else []), *installed.flags())
        done = subprocess.run([program, folder], capture_output=True, text=True, timeout=HANG,
                              env={**os.environ, "LD_LIBRARY_PATH": str(installed.libdir)})
        expect(done.returncode == 0, f"exit {done.returncode}\n{done.stdout}{done.stderr}")
        for line in ("app.answer 42", "taken by nobody: 0", "list app.answer: The answer.", "snapshot 42", "stats good", "gone: -2"):
            expect(line in done.stdout.splitlines(), f"\"{line}\" is missing in:\n{done.stdout}{done.stderr}")


def only_public_names_are_visible():
    with tempfile.TemporaryDirectory(prefix="kymo-embed-") as folder:
        installed = Installed(folder)
        text = run("nm", "-D", "--defined-only", installed.libdir / "libkymo.so")
        names = [line.split()[-1] for line in text.splitlines()]
        instrumented = SANITIZE or os.environ.get("KYMO_COVERAGE")     # that brings names of the compiler's
        strangers = [name for name in names if not name.startswith("kymo_") and not instrumented]
        expect(not strangers and "kymo_open" in names, f"visible: {strangers}")


main([whole_service_inside_a_program, only_public_names_are_visible])
