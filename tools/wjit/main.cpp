#include <cstdio>

#include "runtime/version.h"

int main() {
  std::printf("wjit %s\n", wjit::rt::version());
  return 0;
}
