// Memory that runs out when it is told to, and counts what is held.
//
// Allocations are those of operator new everywhere, and of malloc, calloc, realloc, mmap and mremap where the
// program's own objects ask for them (the linker's --wrap; the C and C++ libraries have their own way).
#pragma once

namespace failing_memory {

struct Held {
  long news, mallocs, mappings;
  int lowest_free_descriptor;
  bool operator==(const Held&) const = default;
};
Held held();

enum class After { kGoesOn, kStaysOut };  // what becomes of the allocations after the one that failed
// From now on the n-th allocation fails; none when n is 0. A count begins.
void arm(long n, After after);
void disarm();
long counted();  // since arm
bool has_failed();

// For what checks the state in the midst of it.
class Pause {
 public:
  Pause();
  ~Pause();

 private:
  bool before_;
};

}  // namespace failing_memory
