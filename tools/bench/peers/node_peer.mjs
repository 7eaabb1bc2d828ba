// Node, that is V8, for tools/dev bench.
//   node_peer.mjs version
//   node_peer.mjs run FILE ARG...    a WASI program
//   node_peer.mjs compile FILE       nanoseconds, also of CPU; which compiler, and when, is for node's own options
import { readFileSync } from 'node:fs';

const [verb, file, ...args] = process.argv.slice(2);
if (verb === 'version') {
  console.log(`node ${process.versions.node} (V8 ${process.versions.v8})`);
} else if (verb === 'compile') {
  const bytes = readFileSync(file);
  const start = process.hrtime.bigint(), startCpu = process.cpuUsage();
  new WebAssembly.Module(bytes);
  const cpu = process.cpuUsage(startCpu);
  console.log(`nanoseconds ${process.hrtime.bigint() - start}`);
  console.log(`cpu_nanoseconds ${(cpu.user + cpu.system) * 1000}`);
} else {
  process.removeAllListeners('warning');  // that WASI is experimental
  const { WASI } = await import('node:wasi');
  const wasi = new WASI({ version: 'preview1', args: [file, ...args], returnOnExit: true });
  const module = new WebAssembly.Module(readFileSync(file));
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}
