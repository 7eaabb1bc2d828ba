// Ten thousand guests that wait, each a store with an instance and a suspended call: what each costs in resident memory
// and page tables, and that the process does not run out of mappings at the kernel's default settings.
#include <fstream>
#include <iostream>

#include "runtime/fiber/fiber.h"
#include "runtime/trap/signals.h"
#include "unit/runtime/native/native_world.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(WJIT_EMULATED)

namespace wjit::rt::native_test {
namespace {

constexpr size_t kGuests = 10'000, kDefaultMappings = 65'530;
constexpr double kMostKb = 20;

size_t status_kb(const std::string& field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.compare(0, field.size() + 1, field + ":") == 0) return std::stoul(line.substr(field.size() + 1));
  return 0;
}
size_t mappings() {
  std::ifstream in("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(in, line);) ++count;
  return count;
}

// What was there before the guests, and each guest's part of what came.
struct Footprint {
  size_t resident = status_kb("VmRSS"), tables = status_kb("VmPTE");
  double kb_each(const char* what) const {
    const double n = double(kGuests), r = double(status_kb("VmRSS") - resident) / n,
                 t = double(status_kb("VmPTE") - tables) / n;
    std::cout << kGuests << " suspended guests, " << what << ": " << r + t << " KB each (" << r << " resident, " << t
              << " page tables), " << mappings() << " mappings in all\n";
    return r + t;
  }
};

struct Guest {
  std::unique_ptr<Store> store;
  std::unique_ptr<Suspended> stopped;
};

// Function 1, which is native, calls 2, which is bytecode and calls the host; there it waits. 3 is a loop for ever.
std::string module_text(const std::string& memory) {
  return "(module (import \"h\" \"f\" (func $host (param i64) (result i64)))" + memory + R"(
    (func $n (export "n") (param i64) (result i64) unreachable)
    (func $b (export "b") (param i64) (result i64) (call $host (local.get 0)))
    (func (export "loop") (param i64) (result i64) (loop $l (br $l)) unreachable)))";
}

Instance* instantiate_again(Store& store, const std::shared_ptr<CompiledModule>& module) {
  const wasm::ValType i64[] = {wasm::kI64};
  vm::VMFuncRef* host = store.add_host_func(*store.engine().registry->intern_func(i64, i64), [&store](HostCall&) {
    return store.set_pending(Trap("wait"));
  });
  const ExternRefs imports[] = {ExternFunc{host}};
  auto made = instantiate(store, module, imports);
  REQUIRE(bool(made));
  return std::move(made).ok();
}

void native_function(NativeWorld& w) {
  w.native(1, [&](A& a, std::vector<CodeTrapSite>& sites) {
    a.begin_frame(16, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a.move(A::kCaller, A::kVmctx);
    a.lea(A::kEntry, A::kVmctx, w.entry_offset(2));
    a.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
    sites.push_back({a.offset(), vm::TrapCode::kNone, 900});
    a.call(A::kT0);
    a.end_frame(0);
  });
}

// Guests of one module, stopped in `func`; the first store's instance has the native code already.
std::vector<Guest> suspend_guests(NativeWorld& w, uint32_t func, Footprint* from) {
  const std::shared_ptr<CompiledModule> module = w.instance->module;
  constexpr size_t kWarmUp = 100;
  std::vector<Guest> guests(kGuests + kWarmUp);
  for (size_t i = 0; i < guests.size(); ++i) {
    if (i == kWarmUp) *from = Footprint();
    Guest& g = guests[i];
    g.store = std::make_unique<Store>(w.engine);
    g.store->set_fuel(10'000);
    Instance* instance = instantiate_again(*g.store, module);
    if (!w.code.empty()) {
      auto* entry = vm::vmctx_at<vm::VMCodeEntry>(instance->vmctx(), module->offsets.vmctx_entry(0));
      entry->publish(reinterpret_cast<vm::VMWasmCallFunction*>(const_cast<uint8_t*>(w.code[0]->bytes.data())));
    }
    vm::ValRaw value = vm::ValRaw::from_u64(i);
    REQUIRE(call_func(*g.store, instance->func_ref(func), &value, 1, &g.stopped) == CallEnd::kSuspended);
  }
  return guests;
}

Config metered() {
  Config config;
  config.consume_fuel = true;
  return config;
}

}  // namespace

TEST_CASE("10,000 guests wait in 20 KB each, under bytecode and native code", "[native][fiber][guests]") {
  NativeWorld w(metered());
  w.load(module_text(""), {w.host({wasm::kI64}, {wasm::kI64}, [](HostCall&) { return true; })});
  native_function(w);
  Footprint from;
  std::vector<Guest> guests = suspend_guests(w, 1, &from);
  CHECK(from.kb_each("native code over bytecode over the host") <= kMostKb);
  CHECK(mappings() < kDefaultMappings);
  // All of them can go on.
  for (Guest& g : guests) {
    const vm::ValRaw input[] = {vm::ValRaw::from_u64(7)};
    vm::ValRaw result;
    REQUIRE(rt::resume(*g.store, g.stopped, input, &result, 1) == CallEnd::kReturned);
    REQUIRE(result.get_u64() == 7);
  }
}

TEST_CASE("10,000 guests wait in 20 KB each, in bytecode on fibers", "[native][fiber][guests]") {
  NativeWorld w(metered());
  w.load(module_text(""), {w.host({wasm::kI64}, {wasm::kI64}, [](HostCall&) { return true; })});
  Footprint from;
  std::vector<Guest> guests = suspend_guests(w, 3, &from);
  CHECK(from.kb_each("bytecode on fibers") <= kMostKb);
  CHECK(mappings() < kDefaultMappings);
}

TEST_CASE("10,000 guests wait in 20 KB each, on stacks of the interpreter's", "[guests]") {
  NativeWorld w(metered(), false);
  w.load(module_text(""), {w.host({wasm::kI64}, {wasm::kI64}, [](HostCall&) { return true; })});
  Footprint from;
  std::vector<Guest> guests = suspend_guests(w, 3, &from);
  CHECK(from.kb_each("bytecode alone") <= kMostKb);
  CHECK(mappings() < kDefaultMappings);
}

TEST_CASE("10,000 guests with a memory each do not run out of mappings", "[native][fiber][guests]") {
  NativeWorld w(metered());
  w.load(module_text("(memory 1)"), {w.host({wasm::kI64}, {wasm::kI64}, [](HostCall&) { return true; })});
  native_function(w);
  Footprint from;
  std::vector<Guest> guests = suspend_guests(w, 1, &from);
  // Its page tables included: one for the page that is accessible.
  CHECK(from.kb_each("with an untouched memory each") <= kMostKb + 4);
  CHECK(mappings() < kDefaultMappings);
}

}  // namespace wjit::rt::native_test

#endif
