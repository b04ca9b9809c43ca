#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A collector from outside the tree: compiled, enabled, collected, queried, replaced while running, removed."""
import pathlib
import re
import tempfile

from daemon import SOURCE, Daemon, expect, main, wait_for
from installed import PLUGINS, Installed

OTHERS = "plugins:\n  - plugin: system\n"


def entry(path, extra=""):
    return f"  - plugin: {path}\n    interval: 100ms\n{extra}"


def lives_from_headers_to_removal():
    with tempfile.TemporaryDirectory(prefix="kymo-third-") as folder:
        pathlib.Path(folder).chmod(0o755)
        installed = Installed(folder)
        library = pathlib.Path(folder) / "ticks.so"
        installed.build_plugin(PLUGINS / "ticks.c", library)
        with Daemon(OTHERS) as kymo:
            wait_for("system samples", lambda: kymo.latest("system.uptime"))

            kymo.write(OTHERS + entry(library))
            log = kymo.reload()
            expect("1 kept" in log and "1 started" in log, f"reload says: {log}")
            expect("ticks" in log and "inside" in log, f"no word of the plugin from outside the folder: {log}")
            wait_for("ticks", lambda: kymo.latest("ticks.total").get((), 0) > 3)
            parities = {dict(labels)["parity"] for labels in kymo.latest("ticks.last")}
            expect(parities <= {"odd", "even"} and parities, f"labels: {parities}")

            installed.build_plugin(PLUGINS / "ticks.c", library, 'VERSION="2.0"', "STEP=1000")
            log = kymo.reload()
            expect("1 replaced" in log, f"the new file is not taken up: {log}")
            wait_for("the new version's steps", lambda: kymo.latest("ticks.total").get((), 0) >= 3000)
            versions = {item["name"]: item["version"] for item in kymo.get("/kymo/v1/instances")["instances"]}
            expect(versions["ticks"] == "2.0", f"versions: {versions}")

            kymo.write(OTHERS)
            log = kymo.reload()
            expect("1 stopped" in log, f"reload says: {log}")
            wait_for("the end of its series", lambda: not kymo.latest("ticks.*"))
            points = kymo.samples("ticks.total")[0][1]
            expect(len(points) > 8, f"its samples stay: {points}")


def says_what_its_options_are():
    with tempfile.TemporaryDirectory(prefix="kymo-third-") as folder:
        pathlib.Path(folder).chmod(0o755)
        installed = Installed(folder)
        library = pathlib.Path(folder) / "ticks.so"
        installed.build_plugin(PLUGINS / "ticks.c", library)
        with Daemon(OTHERS) as kymo:
            for extra, words in [
                ("    with: {start: 13}\n", "13 brings bad luck"),
                ("    with: {start: many}\n", "start"),
                ("    with: {strat: 1}\n", "start"),
                ("    with: {start: -1}\n", "start"),
            ]:
                kymo.write(OTHERS + entry(library, extra))
                text = kymo.cli("reload", status=1)
                expect(words in text and f"{kymo.file}:" in text, f"{extra}: {text}")
            expect(kymo.latest("system.uptime"), "the rest goes on")


def the_one_of_the_documentation():
    with tempfile.TemporaryDirectory(prefix="kymo-third-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        (folder / "spool").mkdir()
        (folder / "spool" / "a.job").write_text("12345")
        text = (SOURCE / "docs" / "plugins.md").read_text()
        (folder / "spool.c").write_text(re.search(r"```c\n(.*?)```", text, re.S)[1])
        library = folder / "spool.so"
        Installed(folder).build_plugin(folder / "spool.c", library, "_GNU_SOURCE")
        with Daemon("plugins:\n" + entry(library, f"    with: {{path: {folder}/spool}}\n")) as kymo:
            wait_for("its bytes", lambda: kymo.latest("spool.bytes").get((("suffix", ".job"),)) == 5)
            kymo.cli("record", "spool.job", "1.5")
            wait_for("the job", lambda: kymo.latest("spool.jobs").get(()) == 1)
            expect(kymo.latest("spool.job.duration_sum").get(()) == 1.5, "how long it took")
            kymo.write("plugins:\n" + entry(library, "    with: {path: spool}\n"))
            expect("path: must be absolute" in kymo.cli("reload", status=1), "a relative path")


main([lives_from_headers_to_removal, says_what_its_options_are, the_one_of_the_documentation])
