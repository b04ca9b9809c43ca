# SPDX-License-Identifier: MIT
"""What `meson install` lays down, and programs built against that alone."""
import os
import pathlib
import subprocess

from daemon import BUILD, SOURCE, expect

CC = os.environ.get("CC", "cc").split()


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    expect(done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed:
    """The tree below `folder`, with prefix /usr/local inside."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder) / "root"
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", self.root)
        self.prefix = next(path for path in self.root.rglob("include/kymo")).parent.parent
        self.include = self.prefix / "include"
        self.libdir = next(self.prefix.rglob("libkymo.so")).parent

    def build_plugin(self, source, output, *defines):
        """Written beside and renamed, as a package manager replaces a file."""
        output = pathlib.Path(output)
        fresh = output.with_suffix(".new")
        run(*CC, "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", "-I", self.include,
            *[f"-D{define}" for define in defines], "-o", fresh, source)
        fresh.chmod(0o755)
        fresh.rename(output)

    def flags(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.libdir / "pkgconfig"),
                       "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        return run("pkg-config", "--cflags", "--libs", "kymo", env=environment).split()


PLUGINS = SOURCE / "tests" / "system" / "plugins"
