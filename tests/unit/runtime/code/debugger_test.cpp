// What gdb is told: the object file as readelf and as gdb itself see it, and the list of them.
#include "runtime/code/debugger.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "unit/runtime/native/native_world.h"

extern "C" {
struct jit_code_entry {
  jit_code_entry *next_entry, *prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};
struct jit_descriptor {
  uint32_t version, action_flag;
  jit_code_entry *relevant_entry, *first_entry;
};
extern jit_descriptor __jit_debug_descriptor;
}

namespace wjit::rt::native_test {
namespace {

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe);
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  pclose(pipe);
  return out;
}
bool has(const char* tool) { return std::system((std::string("command -v ") + tool + " > /dev/null").c_str()) == 0; }

std::vector<const jit_code_entry*> entries() {
  std::vector<const jit_code_entry*> out;
  for (const jit_code_entry* e = __jit_debug_descriptor.first_entry; e; e = e->next_entry) out.push_back(e);
  return out;
}

__attribute__((noinline)) CallEnd debugged_host(NativeWorld& w) {
  std::vector<vm::ValRaw> values(1);
  const CallEnd end = w.call(1, values);
  asm volatile("" ::: "memory");
  return end;
}

}  // namespace

TEST_CASE("the object file for debuggers has a symbol for each function, and is ELF to readelf", "[code][unwind]") {
  const std::vector<uint8_t> code(0x60);
  CodeTables tables;
  tables.functions = {{0, 0x20, 7}, {0x30, 0x50, 8}};
  tables.name = [](void*, uint32_t i) { return "module!f" + std::to_string(i); };
  const std::vector<uint8_t> file = make_object_file(0x7000'0000'1000, code, tables);
  if (!has("readelf")) {
    WARN("no readelf");
    return;
  }
  char path[] = "/tmp/wjit-elf-XXXXXX";
  const int fd = mkstemp(path);
  REQUIRE(write(fd, file.data(), file.size()) == ssize_t(file.size()));
  close(fd);
  const std::string all = output_of(std::string("readelf --wide --all --debug-dump=frames ") + path);
  unlink(path);
  INFO(all);
  for (const char* what : {"0000700000001000    32 FUNC    GLOBAL DEFAULT    1 module!f7",
                           "0000700000001020    16 FUNC    GLOBAL DEFAULT    1 wjit module",
                           "0000700000001030    32 FUNC    GLOBAL DEFAULT    1 module!f8",
                           "pc=0000700000001030..0000700000001050", "NOBITS          0000700000001000"})
    CHECK(all.find(what) != std::string::npos);
  CHECK(all.find("Warning") == std::string::npos);
  CHECK(all.find("Error") == std::string::npos);
}

TEST_CASE("published code is in the debugger's list for as long as it is there", "[code][unwind]") {
  enable_debugger_info();
  const size_t before = entries().size();
  CodeMemory memory({.first = CodeMapping::kPrivate, .region_bytes = 16 << 20});
  const std::vector<uint8_t> code(64);
  std::vector<CodeHandle> handles;
  for (uint32_t i = 0; i < 3; ++i) {
    CodeTables tables;
    tables.functions = {{0, 64, i}};
    auto h = memory.publish(code, std::move(tables));
    REQUIRE(h);
    handles.push_back(std::move(*h));
  }
  REQUIRE(entries().size() == before + 3);
  for (const jit_code_entry* e : entries()) {
    CHECK(std::string(e->symfile_addr + 1, 3) == "ELF");
    CHECK(e->symfile_size > 500);
    CHECK((!e->next_entry || e->next_entry->prev_entry == e));
  }
  handles.erase(handles.begin() + 1);
  REQUIRE(entries().size() == before + 2);
  CHECK(__jit_debug_descriptor.version == 1);
  CHECK(__jit_debug_descriptor.action_flag == 0);
  handles.clear();
  REQUIRE(entries().size() == before);
}

// What gdb runs below: it stops in a host function under native code. (A name without blanks: gdb would escape them.)
TEST_CASE("gdb-target", "[.gdb]") {
  Config config;
  config.debugger_info = true;
  NativeWorld w(config);
  vm::VMFuncRef* f = w.host({}, {}, [](HostCall&) { return raise(SIGUSR1) == 0; });
  w.load(R"((module $guest (import "h" "f" (func $h)) (func $outer (export "outer") unreachable)
    (func $inner (export "inner") unreachable)))",
         {f});
  w.native(2, [&](A& a, std::vector<CodeTrapSite>& sites) {
    a.begin_frame(16, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a.move(A::kCaller, A::kVmctx);
    const int32_t import = int32_t(w.instance->module->offsets.vmctx_imported_function(0));
    a.load(A::kT2, A::kCaller, import + int32_t(vm::off::VMFunctionImport::wasm_call));
    a.load(A::kVmctx, A::kCaller, import + int32_t(vm::off::VMFunctionImport::vmctx));
    sites.push_back({a.offset(), vm::TrapCode::kNone, 1});
    a.call(A::kT2);
    a.end_frame(0);
  });
  w.native(1, [&](A& a, std::vector<CodeTrapSite>& sites) {
    a.begin_frame(16, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a.move(A::kCaller, A::kVmctx);
    a.lea(A::kEntry, A::kVmctx, w.entry_offset(2));
    a.load(A::kT2, A::kEntry, vm::off::VMCodeEntry::code);
    sites.push_back({a.offset(), vm::TrapCode::kNone, 1});
    a.call(A::kT2);
    a.end_frame(0);
  });
  REQUIRE(debugged_host(w) == CallEnd::kReturned);
}

#if !defined(WJIT_EMULATED) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("gdb's backtrace goes through native code, by its names", "[code][unwind]") {
  if (!has("gdb")) {
    WARN("no gdb");
    return;
  }
  const std::string trace = output_of(
      "gdb --batch --nx -iex 'set auto-load off' -ex 'set startup-with-shell off' -ex run -ex bt --args /proc/" +
      std::to_string(getpid()) + "/exe gdb-target");
  INFO(trace);
  if (trace.find("SIGUSR1") == std::string::npos) {
    WARN("gdb cannot run programs here");
    return;
  }
  size_t at = trace.find("SIGUSR1");
  for (const char* frame : {"in guest!inner ()", "in guest!outer ()", "debugged_host", "main ("}) {
    at = trace.find(frame, at);
    CHECK(at != std::string::npos);
  }
}
#endif

}  // namespace wjit::rt::native_test
