#!/usr/bin/env python3
"""Records what a second validator says of mutated modules, for the test "[row18]".

Needs the Python package wasmtime (its validator is wasmparser) and the conformance suite:

    WJIT_SPEC_TESTSUITE=... python3 tests/spec/record_verdicts.py build/release/bin/wjit-unit [count]

The unit tests' binary writes the mutants (they follow from a seed and the suite's modules); this writes
tests/spec/verdicts.txt: a line about the oracle, the count and a checksum of the mutants' bytes, and one bit each.
With VERBOSE=1 it prints why a module is not valid.
"""
import os
import struct
import subprocess
import sys
import tempfile
from importlib.metadata import version

import wasmtime


def oracle():
    config = wasmtime.Config()
    for feature in ("threads", "simd", "relaxed_simd", "bulk_memory", "reference_types", "multi_value", "multi_memory",
                    "memory64", "tail_call", "function_references", "gc", "exceptions", "wide_arithmetic",
                    "custom_page_sizes"):
        setattr(config, "wasm_" + feature, True)
    return wasmtime.Engine(config)


def mutants(unit, count):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mutants")
        env = dict(os.environ, WJIT_WRITE_MUTANTS=path, WJIT_MUTANT_COUNT=str(count))
        subprocess.run([unit, "write mutants"], env=env, check=True, stdout=subprocess.DEVNULL)
        with open(path, "rb") as f:
            data = f.read()
        with open(path + ".sum") as f:
            checksum = f.read().strip()
    out, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return out, checksum


def verdict(engine, module):
    try:
        wasmtime.Module.validate(engine, module)
        return True, ""
    except wasmtime.WasmtimeError as error:
        return False, str(error)


def main():
    unit = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    engine = oracle()
    modules, checksum = mutants(unit, count)
    digits, valid, nibble = [], 0, 0
    for i, module in enumerate(modules):
        ok, why = verdict(engine, module)
        if os.environ.get("VERBOSE") and not ok:
            print(i, why.replace("\n", " "))
        valid += ok
        nibble |= ok << (i % 4)
        if i % 4 == 3 or i + 1 == len(modules):
            digits.append("%x" % nibble)
            nibble = 0
    here = os.path.dirname(os.path.abspath(__file__))
    text = "".join(digits)
    with open(os.path.join(here, "verdicts.txt"), "w") as f:
        f.write(f"wasmparser of wasmtime {version('wasmtime')}\n{len(modules)} {checksum}\n")
        for at in range(0, len(text), 100):
            f.write(text[at:at + 100] + "\n")
    print(f"{len(modules)} mutants, {valid} valid")


main()
