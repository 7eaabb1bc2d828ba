"""Runs the programs of a file (one JSON object a line, see to_json in oracle.cpp) in the Python package wasmtime and
prints what could be seen. The host functions and all words are those of run.cpp."""
import ctypes
import json
import re
import struct
import sys
import zlib

import wasmtime
from wasmtime import Func, FuncType, Global, Memory, Table, TrapCode, Val, ValType

KINDS = {'i': 0, 'I': 1, 'f': 2, 'F': 3, 'v': 4, 'r': 5, 'x': 6}
TYPES = {'i': ValType.i32, 'I': ValType.i64, 'f': ValType.f32, 'F': ValType.f64}
M32, M64 = 0xffffffff, 0xffffffffffffffff
CATEGORIES = {
    TrapCode.UNREACHABLE: 'unreachable', TrapCode.INTEGER_DIVISION_BY_ZERO: 'divide',
    TrapCode.INTEGER_OVERFLOW: 'numeric', TrapCode.BAD_CONVERSION_TO_INTEGER: 'numeric',
    TrapCode.MEMORY_OUT_OF_BOUNDS: 'memory', TrapCode.TABLE_OUT_OF_BOUNDS: 'table',
    TrapCode.INDIRECT_CALL_TO_NULL: 'indirect', TrapCode.BAD_SIGNATURE: 'indirect',
    TrapCode.NULL_REFERENCE: 'null', TrapCode.STACK_OVERFLOW: 'stack',
}


class Hash:
    def __init__(self, id):
        self.h = (2166136261 ^ id) & M32

    def mix(self, x):
        self.h = ((self.h ^ (x & M32)) * 16777619) & M32
        self.h ^= self.h >> 13


def f32_bits(v):
    return 0x7fc00000 if v != v else struct.unpack('<I', struct.pack('<f', v))[0]


def f64_bits(v):
    return 0x7ff8000000000000 if v != v else struct.unpack('<Q', struct.pack('<d', v))[0]


def signed(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def hash_of(id, types, args):
    h = Hash(id)
    for t, v in zip(types, args):
        if t == 'i':
            h.mix(v)
        elif t in 'IF':
            word = v & M64 if t == 'I' else f64_bits(v)
            h.mix(word)
            h.mix(word >> 32)
        elif t == 'f':
            h.mix(f32_bits(v))
        else:
            h.mix(0 if v is None else 1)
    return h


def value_from(h, t):
    h.mix(KINDS[t])
    if t == 'i':
        return signed(h.h, 32)
    if t == 'I':
        low = h.h
        h.mix(1)
        return signed(low | h.h << 32, 64)
    if t == 'f':
        return float(signed(h.h, 32) >> 8)
    if t == 'F':
        return float(signed(h.h, 32))
    return None


def argument(t, text):
    v = int(text, 16)
    if t == 'i':
        return signed(v, 32)
    if t == 'I':
        return signed(v, 64)
    if t == 'f':
        return struct.unpack('<f', struct.pack('<I', v & M32))[0]
    if t == 'F':
        return struct.unpack('<d', struct.pack('<Q', v))[0]
    if t == 'x':
        return Val.externref(v or None)
    return Val.funcref(None)


def show(t, v):
    if isinstance(v, Val):
        v = v.value
    if t == 'i':
        return str(v)
    if t == 'I':
        return f'{v}L'
    if t == 'f':
        return 'nan' if v != v else f'f{f32_bits(v):08x}'
    if t == 'F':
        return 'nan' if v != v else f'F{f64_bits(v):016x}'
    if v is None:
        return 'null'
    return f'x{v}' if t == 'x' else 'func'


def is_null(v):
    return v is None or isinstance(v, Val) and v.value is None


def run(engine, p):
    store = wasmtime.Store(engine)
    instances, exports = [], []
    depth = 0

    def host(name, params, results):
        id = int(re.search(r'\d+', name).group())

        def grow(delta):
            try:
                return exports[id]['m0'].grow(store, delta & 1)
            except wasmtime.WasmtimeError:
                return -1

        def call(x):
            nonlocal depth
            if depth >= 3 or id >= len(instances):
                return -1
            m = p['modules'][id]
            index = m['imported'] + (x & M32) % (len(m['funcs']) - m['imported'])
            ps, rs = m['funcs'][index]
            if re.search('[vrx]', ps + rs):
                return -1
            h = hash_of(77, params, [x])
            args = [value_from(h, t) for t in ps]
            depth += 1
            try:
                exports[id][f'f{index}'](store, *args)
            finally:
                depth -= 1
            return len(rs)

        def pure(*args):
            h = hash_of(id, params, args)
            values = [value_from(h, t) for t in results]
            return values[0] if len(values) == 1 else values if values else None

        type = FuncType([TYPES[t]() for t in params], [TYPES[t]() for t in results])
        return Func(store, type, {'g': grow, 'c': call}.get(name[0], pure))

    for m in p['modules']:
        module = wasmtime.Module(engine, bytes.fromhex(m['wasm']))
        hosts = {name: (ps, rs) for name, ps, rs in m['hosts']}
        imports = []
        for i in module.imports:
            if i.module == 'h':
                imports.append(host(i.name, *hosts[i.name]))
            else:
                imports.append(exports[0][i.name])
        instance = wasmtime.Instance(store, module, imports)
        instances.append(instance)
        exports.append(instance.exports(store))
        m['exports'] = [e.name for e in module.exports]

    lines = []
    for module, func, words in p['calls']:
        exports[0]['g0'].set_value(store, p['budget'])
        params, results = p['modules'][module]['funcs'][func]
        try:
            r = exports[module][f'f{func}'](store, *[argument(t, w) for t, w in zip(params, words)])
            if len(results) == 1:
                r = [r]
            lines.append('R ' + ''.join(show(t, v) + ' ' for t, v in zip(results, r or [])))
        except wasmtime.Trap as e:
            try:
                what = CATEGORIES.get(e.trap_code, str(e.trap_code))
            except Exception:
                what = 'null' if 'null' in str(e) else str(e).replace('\n', ' ')
            lines.append('R trap ' + what)
            # Its offsets of memory traps may be those of the next instruction (offsets near 2^64).
            if e.frames and what not in ('stack', 'memory'):
                lines.append(f'W {e.frames[0].func_index}@{e.frames[0].module_offset:x}')
        except wasmtime.WasmtimeError as e:
            lines.append('R script: ' + str(e).replace('\n', ' '))
    state = ''
    for i, m in enumerate(p['modules']):
        for name in m['exports']:
            item = exports[i][name]
            if isinstance(item, Memory):

                n = item.data_len(store)
                data = ctypes.string_at(item.data_ptr(store), n)
                state += f'{i}.{name}={item.size(store)}:{zlib.crc32(data):08x} '
            elif isinstance(item, Table):
                n = item.size(store)
                slots = ''.join('0' if is_null(item.get(store, k)) else '1' for k in range(n))
                state += f'{i}.{name}={n}:{slots} '
            elif isinstance(item, Global):
                t = m['globals'][int(name[1:])]
                if t != 'v':
                    state += f'{i}.{name}={show(t, item.value(store))} '
    lines.append('S ' + state)
    return lines


def main():
    config = wasmtime.Config()
    config.wasm_tail_call = config.wasm_multi_memory = config.wasm_memory64 = True
    config.wasm_function_references = config.wasm_reference_types = config.wasm_simd = True
    config.wasm_wide_arithmetic = True
    config.cranelift_opt_level = 'none'
    config.parallel_compilation = False
    config.memory_reservation = 1 << 20
    config.memory_guard_size = 1 << 16
    engine = wasmtime.Engine(config)
    for line in open(sys.argv[1]):
        p = json.loads(line)
        try:
            lines = run(engine, p)
        except Exception as e:
            lines = ['E ' + f'{type(e).__name__}: {e}'.replace('\n', ' ')]
        print('P', p['number'])
        print('\n'.join(lines), flush=True)


main()
