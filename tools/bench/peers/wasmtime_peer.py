"""Wasmtime with its compiler Cranelift, for tools/dev bench.

  wasmtime_peer.py version
  wasmtime_peer.py run FILE ARG...            a WASI program
  wasmtime_peer.py compile FILE [OPT_LEVEL]   on one thread: nanoseconds, also of CPU, and bytes of machine code
  wasmtime_peer.py serialize FOLDER FILE...   FOLDER/NAME.cwasm of each
"""
import importlib.metadata
import os
import struct
import sys
import time

import wasmtime


def engine(opt_level="speed"):
    config = wasmtime.Config()
    config.strategy = "cranelift"
    config.parallel_compilation = False
    config.cranelift_opt_level = opt_level
    return wasmtime.Engine(config)


def size_of_text(elf):
    """The size of section .text of a 64-bit ELF file."""
    headers, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)
    at = [struct.unpack_from("<IIQQQQ", elf, headers + i * size) for i in range(count)]
    for name, _, _, _, _, length in at:
        start = at[names][4] + name
        if elf[start : elf.index(b"\0", start)] == b".text":
            return length
    raise ValueError("no section .text")


def run(file, *args):
    e = engine()
    linker = wasmtime.Linker(e)
    linker.define_wasi()
    store = wasmtime.Store(e)
    wasi = wasmtime.WasiConfig()
    wasi.argv = [file, *args]
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    instance = linker.instantiate(store, wasmtime.Module.from_file(e, file))
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        sys.exit(end.code)


def compile_module(file, opt_level="speed"):
    e = engine(opt_level)
    with open(file, "rb") as f:
        wasm = f.read()
    start, start_cpu = time.perf_counter_ns(), time.process_time_ns()
    module = wasmtime.Module(e, wasm)
    took, took_cpu = time.perf_counter_ns() - start, time.process_time_ns() - start_cpu
    print("nanoseconds", took)
    print("cpu_nanoseconds", took_cpu)
    print("code", size_of_text(bytes(module.serialize())))


def serialize(folder, *files):
    e = engine()
    for file in files:
        name = os.path.splitext(os.path.basename(file))[0] + ".cwasm"
        with open(os.path.join(folder, name), "wb") as out:
            out.write(wasmtime.Module.from_file(e, file).serialize())


if sys.argv[1] == "version":
    print("wasmtime", importlib.metadata.version("wasmtime"), "(Cranelift)")
else:
    {"run": run, "compile": compile_module, "serialize": serialize}[sys.argv[1]](*sys.argv[2:])
