// Measurements that need processes of their own. Started by tools/dev bench.
#include <cstdio>
#include <cstring>

#include "tools/bench/call.h"
#include "tools/bench/load.h"

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "load") == 0) return wjit::bench::bench_load(argv[2]);
  if (argc == 2 && std::strcmp(argv[1], "call") == 0) return wjit::bench::bench_call();
  std::fprintf(stderr, "usage: wjit-bench load FILE | call\n");
  return 2;
}
