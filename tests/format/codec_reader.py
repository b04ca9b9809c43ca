# SPDX-License-Identifier: MIT
"""codec_reader.py - columns of values and times, read by what docs/format.md says and nothing else."""
import ctypes
import math
import struct

XXH = ctypes.CDLL("libxxhash.so.0")
XXH.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
XXH.XXH3_64bits_withSeed.restype = ctypes.c_uint64
ZSTD = ctypes.CDLL("libzstd.so.1")
ZSTD.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
ZSTD.ZSTD_decompress.restype = ctypes.c_size_t
M64 = 2**64 - 1
SEEN = set()		# which forms of columns, chunks and parts there were


class Damaged(Exception):
    pass


def expect(true, what):
    if not true:
        raise Damaged(what)


def checksum(data, seed=0):
    return XXH.XXH3_64bits_withSeed(data, len(data), seed) & 0xffffffff


def unpack(data, size):
    out = ctypes.create_string_buffer(max(size, 1))
    expect(ZSTD.ZSTD_decompress(out, size, data, len(data)) == size, "a zstd frame")
    return out.raw[:size]


def signed(v):
    v &= M64
    return v - 2**64 if v >> 63 else v


def unzigzag(v):
    return v >> 1 ^ -(v & 1)


def double_of(bits):
    return struct.unpack("<d", struct.pack("<Q", bits & M64))[0]


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def left(self):
        return len(self.data) - self.at

    def bytes(self, n):
        expect(0 <= n <= self.left(), "it ends too early")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.bytes(struct.calcsize("<" + form)))[0]

    def u8(self): return self.number("B")
    def u16(self): return self.number("H")
    def u32(self): return self.number("I")
    def u64(self): return self.number("Q")
    def i64(self): return self.number("q")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value & M64

    def zigzag(self): return unzigzag(self.varint())
    def string(self): return self.bytes(self.varint())


class Bits:
    """The lowest of a byte first."""
    def __init__(self, reader):
        self.reader, self.value, self.n = reader, 0, 0

    def take(self, n):
        while self.n < n:
            self.value |= self.reader.u8() << self.n
            self.n += 8
        out = self.value & (1 << n) - 1
        self.value >>= n
        self.n -= n
        return out


# ---- columns of values and of times

def read_blocks(r, n):
    if n == 0:
        return []
    head, blocks, out = r.u8(), (n + 15) // 16, []
    widths = [head & 63] * blocks
    if blocks > 1 and head & 64:
        widths = [w + more for w, more in zip(widths, r.bytes(blocks))]
    elif blocks > 1:
        halves = r.bytes((blocks + 1) // 2)
        widths = [w + (halves[i // 2] >> 4 * (i % 2) & 15) for i, w in enumerate(widths)]
    for i, width in enumerate(widths):
        expect(width <= 58, "a width")
        bits = Bits(r)
        out += [bits.take(64 if width == 58 else width) for _ in range(min(16, n - 16 * i))]
    return out


def read_entropy(r, n):
    if n == 0:
        return []
    rate = 8 if n <= 192 else 9 if n <= 640 else 10 if n <= 1500 else 11
    size, count, states, words = 1 << rate, r.u8(), [], []
    if count >= 2:
        w = r.varint()
        states = [r.u32() for _ in range(4)]
        words = [r.u16() for _ in range(w)]
    bits, tokens, token, total = Bits(r), [], -1, 0
    for i in range(count):
        gap = bits.take(4)
        if gap == 15:
            gap = bits.take(8)
        token += gap + 1
        frequency = size - total if i == count - 1 else bits.take((size - total - 1).bit_length()) + 1
        tokens.append((token, total, frequency))
        total += frequency
    expect(total == size, "frequencies")
    by_slot = [entry for entry in tokens for _ in range(entry[2])]
    got, word = [], 0
    for i in range(n):
        if count == 1:
            got.append(tokens[0][0])
            continue
        state = states[i % 4]
        low = state & size - 1
        token, below, frequency = by_slot[low]
        state = frequency * (state >> rate) + low - below
        if state < 65536:
            state = state * 65536 + words[word]
            word += 1
        states[i % 4] = state
        got.append(token)
    expect(count == 1 or (all(state == 65536 for state in states) and word == len(words)), "states")
    out = []
    for token in got:
        if token < 16:
            out.append(token)
        else:
            width = (token - 16) // 2 + 5
            out.append(1 << width - 1 | (token & 1) << width - 2 | bits.take(width - 2))
    return out


def read_integers(r, form, order, has_gcd, n):
    first = r.zigzag()
    gcd = r.varint() if has_gcd else 1
    if form == 2:
        step = r.zigzag()
        return [signed(first + i * step) for i in range(n)]
    base = r.zigzag() if order < 2 else 0
    SEEN.add(f"order {order}")
    if form in (4, 5):
        count = r.varint()
        body = [0] * (n - 1)
        if form == 4:
            bitmap = Bits(r)
            places = [i for i in range(n - 1) if bitmap.take(1)]
            expect(len(places) == count, "a bitmap")
        else:
            places, at = [], -1
            for _ in range(count):
                at += r.varint() + 1
                places.append(at)
        for at, z in zip(places, read_blocks(r, count)):
            body[at] = z + 1
    else:
        body = read_blocks(r, n - 1) if form == 3 else read_entropy(r, n - 1)
    out, value, sum_ = [first], first, 0
    for z in body:
        if order == 0:
            value = first + (base + z) * gcd
        elif order == 1:
            value += (base + unzigzag(z)) * gcd
        else:
            sum_ += unzigzag(z)
            value += gcd * sum_
        value = signed(value)
        out.append(value)
    return out


def read_values(data, n):
    r = Reader(data)
    head = r.u8()
    form = head & 15
    SEEN.add(f"values {form}")
    if form == 0:
        out = [r.zigzag() / 10 ** (head >> 4)] * n
    elif form == 1:
        out = [r.number("d")] * n
    elif form == 9:
        out = list(struct.unpack(f"<{n}d", r.bytes(8 * n)))
    elif form == 7:
        out = read_xor(r, n)
    elif form == 8:
        out = read_split(r, n)
    else:
        expect(2 <= form <= 6, "a form of values")
        out = read_scaled(r, head, form, n)
    expect(r.left() == 0, "bytes behind values")
    return out


def read_xor(r, n):
    value = r.u64()
    out, bits, zeros, length = [double_of(value)], Bits(r), 0, 0
    for _ in range(n - 1):
        if bits.take(1):
            if bits.take(1):
                zeros = bits.take(6)
                length = bits.take(6) + 1
            value ^= bits.take(length) << 64 - zeros - length
        out.append(double_of(value))
    return out


def read_split(r, n):
    p, k = r.u8(), r.u8()
    tops = [r.u16() for _ in range(k)]
    bits = Bits(r)
    codes = [bits.take((k - 1).bit_length()) for _ in range(n)]
    bits = Bits(r)
    lows = [bits.take(64 - p) for _ in range(n)]
    high = [tops[code] for code in codes]
    at = -1
    for _ in range(r.varint()):
        at += r.varint() + 1
        high[at] = r.u16()
    return [double_of(h << 64 - p | low) for h, low in zip(high, lows)]


def read_scaled(r, head, form, n):
    second = r.u8()
    e, way = second & 31, second >> 6
    SEEN.add(f"way {way}")
    k = r.zigzag() if way == 3 else 0
    integers = read_integers(r, form, head >> 4 & 3, head & 64, n)
    if way == 0:
        out = [float(i) / 10.0 ** e for i in integers]
    elif way == 1:
        out = [float(i) * float(f"1e-{e}") for i in integers]
    elif way == 2:
        out = [float(i) / 10.0 ** (e // 2) / 10.0 ** (e // 2) for i in integers]
    else:
        out = [math.ldexp(float(i), -k) for i in integers]
    if head & 128:
        count = r.varint()
        if count == 0:
            ulps = [unzigzag(z) for z in read_blocks(r, n)]
        else:
            ulps, at = [0] * n, -1
            for _ in range(count):
                at += r.varint() + 1
                ulps[at] = unzigzag(r.u8())
        out = [double_of(bits_of(v) + ulp) for v, ulp in zip(out, ulps)]
    if second & 32:
        at = -1
        for _ in range(r.varint()):
            at += r.varint() + 1
            out[at] = r.number("d")
    return out


def read_times(data, n):
    r = Reader(data)
    head = r.u8()
    step = r.varint() if head & 128 else 0
    out = read_integers(r, head & 15, head >> 4 & 3, head & 64, n)
    expect(r.left() == 0, "bytes behind times")
    return [signed(t + i * step) for i, t in enumerate(out)]
