// The guest's table of descriptors, past what a process of the host's may have open.
#include "runtime/wasi/fd_table.h"

#include "catch.h"

using namespace wjit::rt::wasi;

TEST_CASE("wasi: a full table of descriptors has no room until one is closed") {
  FdTable table;
  for (uint32_t fd = 0; fd < FdTable::kMaxDescriptors; fd++) {
    if (table.room() != Errno::kSuccess) FAIL("no room for descriptor " << fd);
    table.insert(std::make_unique<Descriptor>());
  }
  CHECK(table.room() == Errno::kMfile);
  Descriptor* last = nullptr;
  CHECK(table.get(FdTable::kMaxDescriptors - 1, &last) == Errno::kSuccess);
  CHECK(table.get(FdTable::kMaxDescriptors, &last) == Errno::kBadf);
  CHECK(table.close(77) == Errno::kSuccess);
  CHECK(table.room() == Errno::kSuccess);
  CHECK(table.insert(std::make_unique<Descriptor>()) == 77);
  CHECK(table.room() == Errno::kMfile);
}
