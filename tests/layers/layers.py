#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes go only down the layers, and no file is longer than one concept.

    cli  http  >  service  >  plain  >  eval  host  remote  >  promql  query  >  store  conf  >  codec  text  >  model  >  util  >  include/kymo
"""
import pathlib
import re
import sys

BELOW = {
    "util": [],
    "model": ["util"],
    "codec": ["model", "util"],
    "text": ["model", "util"],
    "conf": ["model", "util"],
    "index": ["codec", "model", "util"],
    "wal": ["codec", "model", "util"],
    "block": ["codec", "model", "util"],
    "tier": ["codec", "model", "util"],
    "head": ["index", "tier", "wal", "codec", "model", "util"],
    "store": ["head", "block", "index", "tier", "wal", "codec", "model", "util"],
    "query": ["store", "model", "util"],
    "promql": ["model", "util"],
    "eval": ["promql", "query", "store", "model", "util"],
    "plain": ["eval", "query", "store", "model", "util"],
    "host": ["store", "conf", "model", "util"],
    "remote": ["store", "text", "model", "util"],
    "service": ["plain", "eval", "promql", "query", "host", "remote", "store", "conf", "text", "model", "util"],
    "http": ["service", "plain", "eval", "promql", "query", "host", "remote", "store", "conf", "text", "model", "util"],
    "cli": ["service", "plain", "eval", "promql", "query", "host", "remote", "store", "conf", "text", "model", "util"],
    "main": ["cli", "http", "service", "plain", "eval", "promql", "query", "host", "remote", "store", "conf", "text", "model", "util"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
LONGEST = 800


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def core_problems(root):
    for path in sorted((root / "core").rglob("*.[ch]")):
        folder = path.relative_to(root / "core").parts[0] if path.parent != root / "core" else "main"
        for number, quote, name in includes(path):
            if quote == "<":
                continue
            target = name.split("/")[0]
            if "/" not in name:
                yield f"{path}:{number}: \"{name}\" lacks its folder"
            elif target != folder and target not in BELOW[folder]:
                yield f"{path}:{number}: {folder} must not include {target}"


def plugin_problems(root):
    for path in sorted((root / "plugins").rglob("*.[ch]")):
        for number, quote, name in includes(path):
            if quote == '"' and not (path.parent / name).exists():
                yield f"{path}:{number}: a plugin includes <kymo/...> and its own folder, not \"{name}\""


def public_problems(root):
    for path in sorted((root / "include").rglob("*.h")):
        for number, quote, name in includes(path):
            if quote == '"':
                yield f"{path}:{number}: public headers include <kymo/...> and libc, not \"{name}\""


def length_problems(root):
    for folder in ("core", "plugins", "include", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".py") and path.is_file():
                lines = len(path.read_text(errors="replace").splitlines())
                if lines > LONGEST:
                    yield f"{path}: {lines} lines, {LONGEST} are allowed"


def main():
    root = pathlib.Path(sys.argv[1])
    problems = [*core_problems(root), *plugin_problems(root), *public_problems(root), *length_problems(root)]
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


main()
