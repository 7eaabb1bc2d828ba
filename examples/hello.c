// The first program: tools/dev wjit run build/release/examples/hello.wasm [NAMES...]
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc < 2) puts("Hello from WebAssembly!");
  for (int i = 1; i < argc; i++) printf("Hello, %s!\n", argv[i]);
  return 0;
}
