// Runs the programs of a file (one JSON object a line, see to_json in oracle.cpp) and prints what could be seen.
// The host functions and all words are those of run.cpp.
'use strict';
const fs = require('fs');
const zlib = require('zlib');

const buffer = new DataView(new ArrayBuffer(8));
const kinds = {i: 0, I: 1, f: 2, F: 3, v: 4, r: 5, x: 6};

class Hash {
  constructor(id) { this.h = (2166136261 ^ id) >>> 0; }
  mix(x) {
    this.h = Math.imul(this.h ^ x, 16777619) >>> 0;
    this.h = (this.h ^ (this.h >>> 13)) >>> 0;
  }
  wide(v) {
    this.mix(Number(BigInt.asUintN(32, v)));
    this.mix(Number(BigInt.asUintN(64, v) >> 32n));
  }
}
function f32Bits(v) {
  if (Number.isNaN(v)) return 0x7fc00000;
  buffer.setFloat32(0, v);
  return buffer.getUint32(0);
}
function f64Bits(v) {
  if (Number.isNaN(v)) return 0x7ff8000000000000n;
  buffer.setFloat64(0, v);
  return buffer.getBigUint64(0);
}
function hashOf(id, types, args) {
  const h = new Hash(id);
  args.forEach((v, i) => {
    switch (types[i]) {
      case 'i': h.mix(v); break;
      case 'I': h.wide(v); break;
      case 'f': h.mix(f32Bits(v)); break;
      case 'F': h.wide(f64Bits(v)); break;
      default: h.mix(v === null ? 0 : 1);
    }
  });
  return h;
}
function valueFrom(h, type) {
  h.mix(kinds[type]);
  switch (type) {
    case 'i': return h.h | 0;
    case 'I': {
      const low = BigInt(h.h);
      h.mix(1);
      return BigInt.asIntN(64, low | BigInt(h.h) << 32n);
    }
    case 'f': return (h.h | 0) >> 8;
    case 'F': return h.h | 0;
    default: return null;
  }
}
function argument(type, hex) {
  switch (type) {
    case 'i': return parseInt(hex.slice(8), 16) | 0;
    case 'I': return BigInt.asIntN(64, BigInt('0x' + hex));
    case 'f': buffer.setUint32(0, parseInt(hex.slice(8), 16)); return buffer.getFloat32(0);
    case 'F': buffer.setBigUint64(0, BigInt('0x' + hex)); return buffer.getFloat64(0);
    case 'x': return hex === '0000000000000000' ? null : parseInt(hex, 16);
    default: return null;
  }
}
function show(type, v) {
  switch (type) {
    case 'i': return String(v);
    case 'I': return v + 'L';
    case 'f': return Number.isNaN(v) ? 'nan' : 'f' + f32Bits(v).toString(16).padStart(8, '0');
    case 'F': return Number.isNaN(v) ? 'nan' : 'F' + f64Bits(v).toString(16).padStart(16, '0');
    case 'x': return v === null ? 'null' : 'x' + v;
    default: return v === null ? 'null' : 'func';
  }
}
function category(e) {
  const m = String(e.message);
  if (e instanceof RangeError && /stack/.test(m)) return 'trap stack';
  if (!(e instanceof WebAssembly.RuntimeError)) return 'script: ' + e.stack;
  if (/unreachable/.test(m)) return 'trap unreachable';
  if (/divide by zero|remainder by zero/.test(m)) return 'trap divide';
  if (/unrepresentable/.test(m)) return 'trap numeric';
  if (/memory access/.test(m)) return 'trap memory';
  if (/signature mismatch|null function/.test(m)) return 'trap indirect';
  if (/table|element/.test(m)) return 'trap table';
  if (/null/.test(m)) return 'trap null';
  return m;
}

function run(p) {
  const instances = [];
  let depth = 0;
  const host = (module, name, params, results) => {
    const id = parseInt(name.match(/\d+/)[0]);
    if (name[0] === 'g') return delta => {
      try { return instances[id].exports.m0.grow(delta & 1); } catch (e) { return -1; }
    };
    if (name[0] === 'c') return x => {
      if (depth >= 3 || id >= instances.length) return -1;
      const m = p.modules[id];
      const index = m.imported + (x >>> 0) % (m.funcs.length - m.imported);
      const [ps, rs] = m.funcs[index];
      if (/[vrx]/.test(ps + rs)) return -1;
      const h = hashOf(77, params, [x]);
      const args = [...ps].map(t => valueFrom(h, t));
      ++depth;
      try { instances[id].exports['f' + index](...args); } finally { --depth; }
      return rs.length;
    };
    return (...args) => {
      const h = hashOf(id, params, args);
      const values = [...results].map(t => valueFrom(h, t));
      return values.length === 1 ? values[0] : values.length ? values : undefined;
    };
  };
  for (const m of p.modules) {
    const module = new WebAssembly.Module(Buffer.from(m.wasm, 'hex'));
    const h = {};
    for (const [name, params, results] of m.hosts) h[name] = host(m, name, params, results);
    instances.push(new WebAssembly.Instance(module, {h, m0: instances.length ? instances[0].exports : {}}));
    m.exports = WebAssembly.Module.exports(module);
  }
  const lines = [];
  for (const [module, func, hexes] of p.calls) {
    instances[0].exports.g0.value = p.budget;
    const [params, results] = p.modules[module].funcs[func];
    try {
      let r = instances[module].exports['f' + func](...hexes.map((x, i) => argument(params[i], x)));
      if (results.length === 1) r = [r];
      lines.push('R ' + [...results].map((t, i) => show(t, r[i]) + ' ').join(''));
    } catch (e) {
      lines.push('R ' + category(e).replace(/\n/g, ' '));
      const at = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/.exec(e.stack || '');
      if (at && depth === 0) lines.push('W ' + at[1] + '@' + at[2]);
    }
  }
  let state = '';
  instances.forEach((instance, i) => {
    for (const {name, kind} of p.modules[i].exports) {
      const item = instance.exports[name];
      if (kind === 'memory') {
        state += `${i}.${name}=${item.buffer.byteLength / 65536}:` +
                 zlib.crc32(new Uint8Array(item.buffer)).toString(16).padStart(8, '0') + ' ';
      } else if (kind === 'table') {
        let slots = '';
        for (let k = 0; k < item.length; ++k) slots += item.get(k) === null ? '0' : '1';
        state += `${i}.${name}=${item.length}:${slots} `;
      } else if (kind === 'global') {
        state += `${i}.${name}=${show(p.modules[i].globals[Number(name.slice(1))], item.value)} `;
      }
    }
  });
  lines.push('S ' + state);
  return lines;
}

for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (!line) continue;
  const p = JSON.parse(line);
  let lines;
  try { lines = run(p); } catch (e) { lines = ['E ' + String(e).replace(/\n/g, ' ')]; }
  process.stdout.write('P ' + p.number + '\n' + lines.join('\n') + '\n');
}
