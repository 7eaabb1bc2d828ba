"""wasm3, an interpreter, for tools/dev bench: its package has no WASI, so the little that a kernel asks for is here.

  wasm3_peer.py version
  wasm3_peer.py run FILE ARG...
"""
import sys
import time

import wasm3

STACK = 16 << 20
ERRNO_NOSYS = 52


def run(file, *args):
    argv = [a.encode() + b"\0" for a in (file, *args)]
    environment = wasm3.Environment()
    runtime = environment.new_runtime(STACK)
    with open(file, "rb") as f:
        module = environment.parse_module(f.read())
    runtime.load(module)

    def word(at):
        return int.from_bytes(runtime.get_memory(0)[at : at + 4], "little")

    def put(at, value, size=4):
        runtime.get_memory(0)[at : at + size] = value.to_bytes(size, "little")

    def args_sizes_get(count, size):
        put(count, len(argv))
        put(size, sum(map(len, argv)))
        return 0

    def args_get(pointers, text):
        for i, a in enumerate(argv):
            put(pointers + 4 * i, text)
            runtime.get_memory(0)[text : text + len(a)] = a
            text += len(a)
        return 0

    def clock_time_get(clock, precision, result):
        put(result, time.monotonic_ns(), 8)
        return 0

    def fd_write(fd, vectors, count, written):
        total = 0
        for i in range(vectors, vectors + 8 * count, 8):
            start, size = word(i), word(i + 4)
            total += sys.stdout.buffer.write(bytes(runtime.get_memory(0)[start : start + size]))
        sys.stdout.flush()
        put(written, total)
        return 0

    def proc_exit(code):
        sys.stdout.flush()
        sys.exit(code)

    def nosys(*_):
        return ERRNO_NOSYS

    for name, signature, function in [
        ("args_sizes_get", "i(**)", args_sizes_get),
        ("args_get", "i(**)", args_get),
        ("clock_time_get", "i(iI*)", clock_time_get),
        ("fd_write", "i(i*i*)", fd_write),
        ("fd_close", "i(i)", nosys),
        ("fd_seek", "i(iIi*)", nosys),
        ("fd_fdstat_get", "i(i*)", nosys),
        ("proc_exit", "v(i)", proc_exit),
    ]:
        try:
            module.link_function("wasi_snapshot_preview1", name, signature, function)
        except RuntimeError:
            pass  # the module does not import it
    runtime.find_function("_start")()


if sys.argv[1] == "version":
    print("wasm3", wasm3.M3_VERSION)
else:
    run(*sys.argv[2:])
