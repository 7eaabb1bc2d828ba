// How much a piece of code asks the heap for: the tests' binary has its own operator new, which counts (under a
// sanitizer it has not, and every answer is 0).
#pragma once
#include <cstddef>

namespace wjit::test {

// Watches this thread from construction on. One at a time.
class AllocationWatch {
 public:
  AllocationWatch();
  size_t largest() const;  // bytes of the largest single request
  size_t total() const;    // of all requests, freed or not
};

}  // namespace wjit::test
