"""Run by tests/cpython/run.sh from a preopened folder: a bit of everything a program leans on."""
import collections
import dataclasses
import functools
import hashlib
import json
import os
import re
import struct
import sys

print(sys.version_info[:2], sys.platform, sys.argv[1:])


@dataclasses.dataclass
class Point:
    x: int
    y: float

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)


@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def primes(limit):
    sieve = bytearray([1]) * limit
    for n in range(2, limit):
        if sieve[n]:
            yield n
            sieve[n * n::n] = bytes(len(range(n * n, limit, n)))


print(Point(1, 2.5) + Point(3, 0.25))
for n in range(150):
    fibonacci(n)  # in steps: this build of CPython has a small C stack
print(fibonacci(150), sum(primes(20000)))
print(2**200 // 3**50, divmod(-7, 2), 0.1 + 0.2, round(2.675, 2), float("1e400"))
print(hashlib.sha256(b"wjit").hexdigest())
print(collections.Counter(re.findall(r"\w", "the quick brown fox")).most_common(3))
print(struct.pack("<Ifq", 7, 1.5, -1).hex(), "ünïcode".encode().hex(), f"{1e6 / 7:,.3f}")
try:
    [][1]
except IndexError as error:
    print("caught", repr(error))
try:
    open("/etc/passwd")
except OSError as error:
    print("refused", type(error).__name__)

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "data.json"), "w") as f:
    json.dump({"numbers": list(range(5)), "nested": {"a": None, "b": [True, 1.5]}}, f, sort_keys=True)
with open(os.path.join(here, "data.json")) as f:
    print(f.read())
os.rename(os.path.join(here, "data.json"), os.path.join(here, "renamed.json"))
print(sorted(os.listdir(here)), os.stat(os.path.join(here, "renamed.json")).st_size)
print(sum(len(line) for line in sys.stdin), "characters on stdin")
sys.exit(7)
