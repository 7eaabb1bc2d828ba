#include "vmcontext/vm_offsets.h"

#include <string>
#include <vector>

#include "catch.h"
#include "vmcontext/abi.h"

using namespace wjit::vm;

namespace {
constexpr ModuleCounts kAllTwo{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
}

TEST_CASE("A module with nothing has a header") {
  VMOffsets offsets({});
  CHECK(offsets.fits());
  CHECK(offsets.size() == sizeof(VMContext));
  CHECK(offsets.vmctx_magic() == 0);
  CHECK(VMOffsets::vmctx_epoch_ptr() == offsetof(VMContext, epoch_ptr));
  CHECK(VMOffsets::vmctx_store() == offsetof(VMContext, store));
}

TEST_CASE("Elements lie behind each other at the size of their type") {
  constexpr VMOffsets o(kAllTwo);
  CHECK(o.vmctx_imported_function(1) - o.vmctx_imported_function(0) == sizeof(VMFunctionImport));
  CHECK(o.vmctx_imported_table(1) - o.vmctx_imported_table(0) == sizeof(VMTableImport));
  CHECK(o.vmctx_imported_memory(1) - o.vmctx_imported_memory(0) == sizeof(VMMemoryImport));
  CHECK(o.vmctx_imported_global(1) - o.vmctx_imported_global(0) == sizeof(VMGlobalImport));
  CHECK(o.vmctx_imported_tag(1) - o.vmctx_imported_tag(0) == sizeof(VMTagImport));
  CHECK(o.vmctx_defined_memory(1) - o.vmctx_defined_memory(0) == sizeof(VMMemoryDefinition*));
  CHECK(o.vmctx_owned_memory(1) - o.vmctx_owned_memory(0) == sizeof(VMMemoryDefinition));
  CHECK(o.vmctx_defined_table(1) - o.vmctx_defined_table(0) == sizeof(VMTableDefinition));
  CHECK(o.vmctx_defined_global(1) - o.vmctx_defined_global(0) == sizeof(VMGlobalDefinition));
  CHECK(o.vmctx_defined_tag(1) - o.vmctx_defined_tag(0) == sizeof(VMTagDefinition));
  CHECK(o.vmctx_func_ref(1) - o.vmctx_func_ref(0) == sizeof(VMFuncRef));
  CHECK(o.vmctx_entry(1) - o.vmctx_entry(0) == sizeof(VMCodeEntry));
  CHECK(o.vmctx_entry(1) + sizeof(VMCodeEntry) <= o.size());
}

TEST_CASE("Globals start at a multiple of 16, whatever stands before them") {
  for (uint32_t memories = 0; memories < 4; ++memories)
    for (uint32_t tables = 0; tables < 4; ++tables)
      for (uint32_t imported = 0; imported < 4; ++imported) {
        VMOffsets o({.imported_memories = imported,
                     .imported_globals = imported,
                     .defined_tables = tables,
                     .defined_memories = memories,
                     .defined_globals = 1});
        CHECK(o.vmctx_defined_global(0) % 16 == 0);
        CHECK(o.size() % 16 == 0);
      }
}

TEST_CASE("Arrays are told in layout order, all twelve") {
  VMOffsets o(kAllTwo);
  uint64_t end = sizeof(VMContext);
  std::vector<std::string> names;
  o.for_each_array([&](const ArrayInfo& a, uint64_t begin, uint32_t count) {
    CHECK(count == 2);
    CHECK(begin >= end);
    CHECK(begin % a.align == 0);
    CHECK(begin - end < a.align);  // no hole wider than alignment asks for
    end = begin + count * a.element_size;
    names.push_back(a.name);
  });
  CHECK(names.size() == sizeof(ModuleCounts) / sizeof(uint32_t));
  CHECK(names.front() == "imported_memories");
  CHECK(names.back() == "defined_functions");
  CHECK(o.size() >= end);
}

TEST_CASE("A size past what a displacement reaches is noticed, not wrapped") {
  VMOffsets most({.defined_functions = 0x0fff'fff0});
  CHECK(most.fits());
  CHECK_FALSE(VMOffsets({.defined_functions = 0x1000'0000}).fits());
  const uint32_t n = ~uint32_t{0};
  VMOffsets all({n, n, n, n, n, n, n, n, n, n, n, n});
  CHECK_FALSE(all.fits());
  CHECK(all.size() > uint64_t{n} * 160);
}

TEST_CASE("The C++ view of a context ends where the offsets say") {
  VMOffsets o(kAllTwo);
  std::vector<VMGlobalDefinition> memory(o.size() / 16);
  auto* vmctx = reinterpret_cast<VMContext*>(memory.data());
  VMContextView view(vmctx, kAllTwo);
  CHECK(reinterpret_cast<uintptr_t>(vmctx) + o.size() - view.end() < 16);
  CHECK(view.defined_globals() == vmctx_at<VMGlobalDefinition>(vmctx, o.vmctx_defined_global(0)));
  CHECK(&view.escaped_funcs()[1] == vmctx_at<VMFuncRef>(vmctx, o.vmctx_func_ref(1)));
}

// Code that was made for a layout runs on it and no other. Whoever changes a name, an offset, a size, an array or a
// libcall's signature gives the layout a new version, here and in abi.h.
TEST_CASE("The layout of a version is what it was when the version was frozen") {
  CHECK(kLayoutVersion == 3);
  CHECK(layout_fingerprint() == 0x3cbe306b7db7daa9);
}
