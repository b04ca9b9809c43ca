#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public header compiles alone, with every warning, as C11, C++11 and C++17, by every compiler that is there."""
import pathlib
import shutil
import subprocess
import sys

FORMS = [("c", "c11"), ("c++", "c++11"), ("c++", "c++17")]
COMPILERS = {"c": ["gcc", "clang"], "c++": ["g++", "clang++"]}


def main():
    include = pathlib.Path(sys.argv[1])
    failed = 0
    for header in sorted(include.rglob("*.h")):
        text = f"#include <{header.relative_to(include)}>\nint main(void) {{ return 0; }}\n"
        for language, standard in FORMS:
            for compiler in filter(shutil.which, COMPILERS[language]):
                command = [compiler, f"-x{language}", f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                           "-Wno-unused-function", f"-I{include}", "-fsyntax-only", "-"]
                run = subprocess.run(command, input=text, capture_output=True, text=True)
                if run.returncode:
                    failed += 1
                    print(f"{compiler} -std={standard} {header}:\n{run.stderr}")
    sys.exit(1 if failed else 0)


main()
