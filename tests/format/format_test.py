# SPDX-License-Identifier: MIT
"""format_test.py - a store is made, and read by docs/format.md alone: sample by sample, record by
record with its sketch, and name by name the same."""
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import store_reader

WANTED = {f"values {i}" for i in range(10)} | {f"order {i}" for i in range(3)} | {f"column {i}" for i in range(3)} | \
         {f"part {i}" for i in range(1, 6)} | {"names", "sketches", "sketches alone", "constant", "no sketch"}


def main():
    with tempfile.TemporaryDirectory(prefix="kymo-format-") as folder:
        path = pathlib.Path(folder) / "store"
        expected = sorted(subprocess.run([sys.argv[1], str(path)], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines())
        store = store_reader.Store(path)
        store.read()
        got = sorted(store.lines())
        tiers = {tier: sum(line.startswith(tier + " ") for line in expected) for tier in store_reader.TIERS}
        if min(tiers.values()) < 10 or not any((path / "wal").iterdir()):
            sys.exit(f"the store has too little: {tiers}")
        only_kymo, only_reader = sorted(set(expected) - set(got)), sorted(set(got) - set(expected))
        for who, lines in (("kymo", only_kymo), ("the reader", only_reader)):
            for line in lines[:10]:
                print(f"only {who}: {line}")
        if only_kymo or only_reader or len(got) != len(expected):
            sys.exit(f"{len(only_kymo)} entries that only kymo gives, {len(only_reader)} that only the reader gives")
        missing = WANTED - store_reader.SEEN
        if missing:
            sys.exit(f"what the store does not have, so that nothing is known of it: {sorted(missing)}")
        print(f"the same: {tiers}")


main()
