# SPDX-License-Identifier: MIT
"""store_reader.py - the files of a store, read by what docs/format.md says and nothing else.

    store_reader.py PATH        prints every sample and every record of a tier, a line each
"""
import math
import pathlib
import struct
import sys

from codec_reader import bits_of, checksum, double_of, expect, M64, read_times, read_values, Reader, SEEN, signed, \
    unpack, unzigzag

TIERS = ["raw", "1m", "5m", "1h"]
WIDTH = [1, 60000, 300000, 3600000]


# ---- records

def read_ints(r, n):
    form = r.u8()
    if form == 0:
        return [0] * n
    if form == 1:
        return [r.zigzag()] * n
    if form == 2:
        first, step = r.zigzag(), r.zigzag()
        return [signed(first + i * step) for i in range(n)]
    expect(form == 3, "a form of ints")
    out = [r.zigzag()]
    for _ in range(n - 1):
        out.append(signed(out[-1] + r.zigzag()))
    return out


def read_doubles(r, n):
    return read_values(r.string(), n)


def read_numbers(r, n):
    out = []
    while n:
        piece = min(n, 2048)
        out += [int(v) for v in read_doubles(r, piece)]
        n -= piece
    return out


ORDER = [["min", "max", "last", "first", "sum", "correction"], ["last", "first", "min", "max", "sum", "correction"],
         ["min", "max", "sum", "last", "first", "correction"]]


def divide(a, b):
    """Towards zero."""
    return -(-a // b) if a < 0 else a // b


def near_of(near, columns, i, count, whole):
    """What a value is near to: in integers if `whole`, else in doubles."""
    column = lambda name: columns[name][i]
    if near == 0:
        return 0 if whole else 0.0
    if near == 1:
        return columns["last"][i - 1] if i else columns["last"][0]
    if near <= 5:
        return column([0, 0, "last", "first", "min", "max"][near])
    if near == 6:
        return count * column("min") if whole else float(count) * column("min")
    if near <= 8:
        a, b = (column("min"), column("max")) if near == 7 else (column("first"), column("last"))
        return signed(signed(count * signed(a + b)) >> 1) if whole else float(count) * (a + b) / 2
    if not count:
        return 0 if whole else 0.0
    return divide(column("sum"), count) if whole else column("sum") / float(count)


def read_value_column(r, name, n, e, counts, doubles, wholes):
    head = r.u8()
    near, form = head & 15, head >> 4 & 3
    SEEN.add(f"column {form}")
    if form == 2:
        doubles[name] = read_doubles(r, n)
        return
    if form == 0:
        doubles[name] = []
        for i in range(n):
            v = near_of(near, doubles, i, counts[i], False)
            doubles[name].append(double_of(0x7ff8000000000000) if math.isnan(v) and near > 5 else v)
        if near == 0:
            wholes[name] = [0] * n
        elif near <= 5 and ("last" if near == 1 else [0, 0, "last", "first", "min", "max"][near]) in wholes:
            wholes[name] = [near_of(near, wholes, i, counts[i], True) for i in range(n)]
        return
    numbers = read_numbers(r, n)
    wholes[name] = []
    for i, number in enumerate(numbers):
        wholes[name].append(0)
        wholes[name][i] = signed(near_of(near, wholes, i, counts[i], True) + number)
    doubles[name] = [float(i) / 10.0 ** e for i in wholes[name]]
    if head & 64:
        doubles[name] = [double_of(bits_of(v) + more) for v, more in zip(doubles[name], read_numbers(r, n))]


# ---- sketches

def bucket_of(value, schema):
    if math.isinf(value):
        return 2**31 - 1 if value > 0 else -2**31
    part, exponent = math.frexp(abs(value))
    if schema >= 0:
        i = exponent * 2**schema + math.ceil(math.log2(part) * 2**schema)
    else:
        i = math.ceil((exponent + math.log2(part)) / 2**-schema)
    return 2**20 + i if value > 0 else -(2**20 + i)


def read_sketch(r):
    head = r.u8()
    zeros = r.varint() if head & 16 else 0
    nans = r.varint() if head & 32 else 0
    n = r.varint()
    index = [r.zigzag()] if n else []
    for _ in range(n - 1):
        index.append(index[-1] + r.varint() + 1)
    return {"schema": (head & 15) - 4, "zeros": zeros, "nans": nans, "buckets": [(i, r.varint() + 1) for i in index]}


def make_sketch(record, schema, zeros, nans, gaps, counts):
    low, high, index = record["min"], record["max"], []
    if low != 0 or high != 0:
        index = [bucket_of(low, schema) if low else next(gaps)]
        last = bucket_of(high, schema) if high else None
        n = None if high else next(gaps)
        while index[-1] != last and len(index) != n:
            index.append(index[-1] + next(gaps) + 1)
            expect(last is None or index[-1] <= last, "a bucket behind that of max")
    buckets = [(i, next(counts) + 1) for i in index[:-1]]
    if index:
        buckets.append((index[-1], record["count"] - zeros - nans - sum(count for _, count in buckets)))
    return {"schema": schema, "zeros": zeros, "nans": nans, "buckets": buckets}


def read_sketches(r, records):
    if not records:
        return
    head, n = r.u8(), len(records)
    SEEN.add("sketches alone" if head == 255 else "sketches")
    if head == 255:
        for record in records:
            record["sketch"] = read_sketch(r)
        return
    zeros, nans = read_ints(r, n), read_ints(r, n)
    n_gaps, n_counts = r.varint(), r.varint()
    gaps, counts = iter(read_numbers(r, n_gaps)), iter(read_numbers(r, n_counts))
    for i, record in enumerate(records):
        record["sketch"] = make_sketch(record, head - 4, zeros[i], nans[i], gaps, counts)
    expect(next(gaps, None) is None and next(counts, None) is None, "numbers behind those of sketches")


def is_constant(record):
    return record["min"] == record["max"] and not math.isnan(record["sum"])


def show_sketch(record):
    sketch = record["sketch"]
    if not sketch:
        SEEN.add("constant" if is_constant(record) else "no sketch")
        return "constant" if is_constant(record) else "-"
    return f"{sketch['schema']}:{sketch['zeros']}:{sketch['nans']}:" + "".join(f"{i}={n}," for i, n in sketch["buckets"])


def read_records(data):
    r = Reader(data)
    n = r.varint()
    at = read_ints(r, n)
    end = [a - b for a, b in zip(at, read_ints(r, n))]
    start = [a - b for a, b in zip(end, read_ints(r, n))]
    flags, counts = read_ints(r, n), read_ints(r, n)
    first_at = [a + b for a, b in zip(start, read_ints(r, n))]
    last_at = [a - b for a, b in zip(end, read_ints(r, n))]
    head = r.u8()
    e = r.u8()
    doubles, wholes = {}, {}
    for name in ORDER[head & 3]:
        read_value_column(r, name, n, e, counts, doubles, wholes)
    out = []
    for i in range(n):
        record = {name: doubles[name][i] for name in ORDER[0]}
        if not counts[i] and not head & 4:
            record = {name: 0.0 if name in ("sum", "correction") else double_of(0x7ff8000000000000) for name in ORDER[0]}
        record.update(at=at[i], start=start[i], count=counts[i], ended=flags[i] & 1, first_at=first_at[i], last_at=last_at[i],
                      sketch=None)
        out.append(record)
    usual = [record for record in out if record["count"] and not is_constant(record)]
    read_sketches(r, usual if head & 8 else [record for i, record in enumerate(out) if flags[i] & 2])
    expect(r.left() == 0, "bytes behind records")
    return out


# ---- files of frames

def read_frames(path, magic):
    data = path.read_bytes()
    number = int(path.stem, 16) if path.parent.name in ("wal", "index") else 0
    if len(data) < 16 or not any(data):
        return
    expect(data[:8] == magic and data[8:12] == b"\1\0\0\0", f"{path}: the header")
    expect(checksum(data[:12]) == struct.unpack("<I", data[12:16])[0], f"{path}: the checksum of the header")
    at = 16
    while at + 12 <= len(data):
        kind, size, sum_ = data[at + 2], *struct.unpack("<II", data[at + 4:at + 12])
        payload = data[at + 12:at + 12 + size]
        seed = number ^ struct.unpack("<Q", data[at:at + 8])[0]
        if data[at:at + 2] != b"kR" or len(payload) != size or checksum(payload, seed) != sum_:
            return		# the end: these files are not damaged
        yield kind, payload
        at += 12 + size


def read_labels(r_or_bytes):
    r, out = Reader(r_or_bytes), {}
    while r.left():
        name = r.string()
        out[name.decode()] = r.string().decode()
    return out


def read_metric(r):
    """Its name; type, flags, unit, help and names of labels."""
    kind, flags = r.varint(), r.varint()
    name, unit, help_ = r.string(), r.string(), r.string()
    return name.decode(), (kind, flags, unit, help_, [r.string() for _ in range(r.varint())])


class Store:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.series, self.metrics, self.deleted = {}, {}, []
        self.in_blocks = {}			# ref -> labels, by what blocks say themselves
        self.entries = [{} for _ in TIERS]	# (ref, time) -> (rank, what)
        self.done = 0

    def read(self):
        self.read_index()
        if (self.path / "deleted").exists():
            for _, payload in read_frames(self.path / "deleted", b"KYMO-DEL"):
                self.read_deletion(Reader(payload))
        for tier in range(4):
            self.read_tier(tier)
        for path in sorted((self.path / "wal").glob("*.wal")):
            if int(path.stem, 16) > self.done:
                Segment(self).read(path)

    # ---- index

    def read_index(self):
        folder = self.path / "index"
        snapshots = sorted(folder.glob("*.idx"))[-1:]
        first = int(snapshots[0].stem, 16) if snapshots else 0
        for path in snapshots:
            for kind, payload in read_frames(path, b"KYMO-IDX"):
                self.read_index_frame(kind, Reader(payload))
        for path in sorted(folder.glob("*.log")):
            if int(path.stem, 16) >= first:
                for kind, payload in read_frames(path, b"KYMO-IXL"):
                    self.read_index_frame(kind, Reader(payload))

    def read_index_frame(self, kind, r):
        if kind == 1:
            r.u8()
            name, what = read_metric(r)
            self.metrics[name] = what
        elif kind == 2:
            names = [r.string().decode() for _ in range(r.varint())]
            labels = [(names[r.varint()], r.string().decode()) for _ in range(r.varint())]
            ref = 0
            for _ in range(r.varint()):
                ref += r.zigzag()
                self.series.setdefault(ref, dict(labels[r.varint()] for _ in range(r.varint())))
        elif kind == 3:
            while r.left():
                self.series.pop(r.varint(), None)

    # ---- deletions

    def read_deletion(self, r):
        sequence, start, end, flags, ref, refs = r.varint(), r.zigzag(), r.zigzag(), r.u8(), 0, set()
        for _ in range(r.varint()):
            ref += r.varint()
            refs.add(ref)
        self.deleted.append((sequence, start, end, flags, refs))

    def is_deleted(self, tier, sequence, ref, at):
        for below, start, end, flags, refs in self.deleted:
            if tier:
                width = WIDTH[tier]
                start = start // width * width if flags & 1 else -(-start // width) * width
                end = -(-end // width) * width if flags & 2 else end // width * width
            if sequence < below and ref in refs and start < at <= end:
                return True
        return False

    # ---- entries

    def add(self, tier, ref, at, rank, what):
        if rank != M64 and self.is_deleted(tier, rank, ref, at):
            return
        old = self.entries[tier].get((ref, at))
        if not old or old[0] <= rank:
            self.entries[tier][ref, at] = (rank, what)

    def read_tier(self, tier):
        blocks = [Block(path, tier) for path in sorted((self.path / TIERS[tier]).glob("*.kyb"))]
        replaced = {sequence for block in blocks for sequence in block.replaced}
        for block in blocks:
            if tier == 0:
                self.done = max(self.done, block.wal)
            if block.sequence not in replaced:
                block.read(self)

    def take_names(self, ref, labels, name, what):
        """What a block says of a series; the index says the same, if it has it still. A metric that nobody told is in blocks alone."""
        known = self.metrics.setdefault(name, what)
        if ref in self.series:
            expect(labels == self.series[ref] and what == known, f"names of {ref} in a block: {labels} {name} {what}")
        self.in_blocks[ref] = labels

    def lines(self):
        live = {labels["__name__"] for labels in self.series.values()}
        for name, (kind, flags, unit, help_, names) in self.metrics.items():
            if name in live:
                yield f"metric {name} {kind} {flags} {unit.decode()}|{help_.decode()}|{b','.join(names).decode()}"
        for tier in range(4):
            for (ref, at), (_, what) in self.entries[tier].items():
                if ref not in self.series:
                    continue
                labels = self.in_blocks.get(ref, self.series[ref])
                name = labels["__name__"] + "".join(f",{k}={v}" for k, v in sorted(labels.items()) if k != "__name__")
                if isinstance(what, float):
                    yield f"{TIERS[tier]} {name} {at} {bits_of(what):x}"
                elif what["count"]:
                    fields = [f"{bits_of(what[key]):x}" for key in ("sum", "min", "max", "first", "last", "correction")]
                    if tier == 0:
                        fields[3:] = []
                    fields.append(show_sketch(what))
                    yield f"{TIERS[tier]} {name} {at} {what['count']} {what['ended']} {' '.join(fields)}"


# ---- the WAL

SCALE = [10.0 ** i for i in range(16)] + [2.0 ** -10, 2.0 ** -12]


class Segment:
    def __init__(self, store):
        self.store, self.groups = store, {}

    def put(self, ref, at, what):
        self.store.entries[0].setdefault((ref, at), (0, what))
        self.store.add(0, ref, at, M64, what)

    def read(self, path):
        for kind, payload in read_frames(path, b"KYMO-WAL"):
            expect(kind == 1, "a frame of the WAL")
            r = Reader(payload)
            while r.left():
                part = r.u8()
                SEEN.add(f"part {part}")
                [None, self.samples, self.samples, self.group, self.row, self.row][part](r, part)

    def samples(self, r, part):
        n, at, ref = r.varint(), r.zigzag(), 0
        refs, times, t = [], [], at
        for _ in range(n):
            ref += r.zigzag()
            refs.append(ref)
        for _ in range(n):
            t = signed(t + r.zigzag()) if part == 2 else t
            times.append(t)
        for ref, t in zip(refs, times):
            self.put(ref, t, r.number("d"))
        for _ in range(r.varint()):
            ref, t = r.varint(), r.zigzag()
            r.number("d")
            self.put(ref, t, read_records(r.string())[0])

    def group(self, r, _):
        number, n, ref = r.varint(), r.varint(), 0
        refs = []
        for _ in range(n):
            ref += r.zigzag()
            refs.append(ref)
        members = []
        for ref in refs:
            state = r.u8()
            members.append([ref, state & 31, r.u64() if state & 32 else r.zigzag(), bool(state & 32)])
        self.groups[number] = {"members": members, "at": 0, "step": 0, "mask": [0] * ((n + 63) // 64)}

    def value(self, member):
        _, unit, last, foreign = member
        return double_of(last) if foreign else float(last) / SCALE[unit]

    def token(self, r, member):
        head = r.varint()
        if head & 1 == 0:
            last = 0 if member[3] else member[2]
            member[2:] = [last + unzigzag(head >> 1), False]
            return
        kind = head >> 1
        if kind < 24:
            member[1:] = [kind, r.zigzag(), False]
        else:
            change = int.from_bytes(r.bytes(kind - 24), "little")
            member[2:] = [bits_of(self.value(member)) ^ change, True]

    def row(self, r, part):
        group = self.groups[r.varint()]
        group["step"] += r.zigzag()
        group["at"] = signed(group["at"] + group["step"])
        n = len(group["members"])
        present = r.bytes((n + 7) // 8) if part == 5 else b"\xff" * ((n + 7) // 8)
        for i in range(len(group["mask"])):
            which, word = r.u8(), 0
            for byte in range(8):
                if which >> byte & 1:
                    word |= r.u8() << 8 * byte
            group["mask"][i] ^= word
        for i, member in enumerate(group["members"]):
            if group["mask"][i // 64] >> i % 64 & 1:
                self.token(r, member)
        for i, member in enumerate(group["members"]):
            if present[i // 8] >> i % 8 & 1:
                self.put(member[0], group["at"], self.value(member))


# ---- blocks

class Block:
    def __init__(self, path, tier):
        self.data, self.tier = path.read_bytes(), tier
        head, tail = self.data[:32], self.data[-16:]
        expect(head[:8] == b"KYMO-BLK" and checksum(head[:28]) == struct.unpack("<I", head[28:])[0], f"{path}: the header")
        version, in_tier, self.sequence = struct.unpack("<IIQ", head[8:24])
        expect(version == 1 and in_tier == tier, f"{path}: its tier")
        size, sum_ = struct.unpack("<II", tail[:8])
        footer = self.data[-16 - size:-16]
        expect(tail[8:] == b"KYMO-END" and checksum(footer) == sum_, f"{path}: the footer")
        r = Reader(footer)
        self.start, self.end, self.n_entries, self.wal = r.i64(), r.i64(), r.u64(), r.u64()
        self.n_series, _ = r.u32(), r.u32()
        self.sections = [(r.u64(), r.u64(), r.u32(), r.u32()) for _ in range(4)]
        self.replaced = []
        while r.left():
            self.replaced.append(r.u64())

    def section(self, i, check):
        at, size, _, sum_ = self.sections[i]
        data = self.data[at:at + size]
        expect(not check or checksum(data) == sum_, "a section")
        return data

    def read(self, store):
        times, table = self.section(0, False), self.section(1, False)
        r = Reader(self.section(2, True))
        self.columns, last, at = [], 0, 0
        for _ in range(r.varint()):
            first = last + r.zigzag()
            last = first + r.varint()
            n, size, sum_ = r.varint(), r.varint(), r.u32()
            data = times[at:at + size]
            expect(checksum(data) == sum_, "a column of times")
            self.columns.append(read_times(data, n))
            expect(self.columns[-1][0] == first and self.columns[-1][-1] == last, "what the directory says of times")
            at += size
        self.refs = []
        frames, at, ref, entries = 32, 0, 0, 0
        for _ in range(r.varint()):
            ref += r.varint()
            n, size, unpacked, chunks, sum_ = r.varint(), r.varint(), r.varint(), r.varint(), r.u32()
            page = table[at:at + size]
            expect(checksum(page) == sum_, "a page")
            page = Reader(unpack(page, unpacked) if unpacked > size else page)
            entries += self.read_page(store, page, ref, n, frames)
            at += size
            frames += chunks
        expect(entries == self.n_entries, f"entries: {entries}, not {self.n_entries}")
        self.read_names(store)

    def read_names(self, store):
        r = Reader(unpack(self.section(3, True), self.sections[3][2]))
        metrics = [read_metric(r) for _ in range(r.varint())]
        symbols = [r.string().decode() for _ in range(r.varint())]
        expect(len(self.refs) == self.n_series, "series")
        for ref in self.refs:
            name, what = metrics[r.varint()]
            v = r.varint()
            labels = {} if v & 1 else {"__name__": name}
            for _ in range(v >> 1):
                label = symbols[r.varint()]
                expect(label not in labels, "a name twice")
                labels[label] = symbols[r.varint()]
            store.take_names(ref, labels, name, what)
            SEEN.add("names")
        expect(r.left() == 0, "bytes behind names")

    def read_page(self, store, page, first, n, at):
        entries, done, self.ref = 0, 0, 0
        while done < n:
            group = self.read_group(page)
            self.refs += [series["ref"] for series in group]
            expect(done or group[0]["ref"] == first, "what the directory says of a page")
            frames = b""
            for _ in range(page.varint()):
                unpacked, fewer, sum_ = page.varint(), page.varint(), page.u32()
                data = self.data[at:at + unpacked - fewer]
                expect(checksum(data) == sum_, "a frame")
                frames += unpack(data, unpacked) if fewer else data
                at += unpacked - fewer
            entries += self.read_chunks(store, group, Reader(frames))
            done += len(group)
        return entries

    def read_group(self, page):
        group = []
        for _ in range(page.varint() + 1):
            self.ref += page.varint()
            flags = page.u8()
            if flags & 2:
                chunks = group[-1]["chunks"]
            else:
                chunks, column, last = [], 0, 0
                for _ in range(page.varint()):
                    v = page.varint()
                    if v & 1:
                        column += unzigzag(v >> 1) + 1
                        times = self.columns[column - 1]
                        last = times[-1]
                        chunks.append(times)
                    else:
                        first = last + page.zigzag()
                        last = first + page.varint()
                        chunks.append((v >> 1, first, last))
            same = page.string() if flags & 4 else None
            sizes = [0 if same is not None and isinstance(times, list) else page.varint() for times in chunks]
            group.append({"ref": self.ref, "records": flags & 1, "same": same, "chunks": chunks, "sizes": sizes})
        return group

    def read_chunks(self, store, group, r):
        entries = 0
        for i in range(max(len(series["chunks"]) for series in group)):
            for series in group:
                if i < len(series["chunks"]):
                    entries += self.read_chunk(store, series, series["chunks"][i], r.bytes(series["sizes"][i]))
        expect(r.left() == 0, "bytes behind the chunks of a group")
        return entries

    def read_chunk(self, store, series, times, data):
        if series["records"]:
            records = read_records(data)
            for record in records:
                store.add(self.tier, series["ref"], record["at"], self.sequence, record)
            return len(records)
        r = Reader(data)
        if not isinstance(times, list):
            n, first, last = times
            times = read_times(r.string(), n)
            expect(times[0] == first and times[-1] == last, "what the table says of times")
        values = read_values(series["same"] if series["same"] is not None else r.bytes(r.left()), len(times))
        for at, value in zip(times, values):
            store.add(self.tier, series["ref"], at, self.sequence, value)
        return len(times)


if __name__ == "__main__":
    store = Store(sys.argv[1])
    store.read()
    for line in sorted(store.lines()):
        print(line)
