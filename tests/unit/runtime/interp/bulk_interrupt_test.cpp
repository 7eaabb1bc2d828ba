// Row 13 of the failure classes: long operations are interrupted at each of their polls, and the embedder grows what they
// work on meanwhile. By the interpreter, and by the libcalls as native code makes them.
#include <array>
#include <cstring>

#include "unit/runtime/fixture.h"
#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

using namespace wjit;
using namespace wjit::test;

namespace {

constexpr uint32_t kPage = 1 << 16, kPages = 64, kBytes = kPages * kPage, kSegment = 3 << 20;
constexpr uint32_t kElements = 1000;
constexpr uint32_t kLength = 2'500'000;  // two and a half pieces

struct Op {
  const char* name;
  uint32_t dst, src, length;
  bool backward = false;
  bool poll_free = false;  // one piece
};
// copy: memory 0 to itself; across: to memory 1.
constexpr Op kOps[] = {
    {"fill", 100, 0x5a, kLength},
    {"copy", 7, 1'000'003, kLength},
    {"copy", 1'000'003, 7, kLength, true},
    {"copy", 5000, 5000, kLength},
    {"across", 1'000'003, 7, kLength},
    {"init", 12345, 99, kLength},
    {"fill", 100, 0x5a, rt::kPollBytes, false, true},
    {"copy", kBytes - rt::kPollBytes, 0, rt::kPollBytes, true, true},
    {"init", 0, 0, 0, false, true},
};

// What is in the data segment, and in each memory before an operation.
const Bytes& segment_bytes() {
  static const Bytes bytes = [] {
    Bytes b(kSegment);
    for (uint32_t i = 0; i < kSegment; ++i) b[i] = uint8_t(i * 7 + i / 251);
    return b;
  }();
  return bytes;
}
const std::vector<uint8_t>& fresh_bytes(uint32_t memory) {
  static const auto make = [](uint32_t m) {
    std::vector<uint8_t> b(kBytes);
    for (uint32_t i = 0; i < kBytes; ++i) b[i] = uint8_t(i * 13 + i / 257 + m);
    return b;
  };
  static const std::vector<uint8_t> both[] = {make(0), make(1)};
  return both[memory];
}

struct Bulk : World {
  Instance instance;
  rt::Instance* raw;
  explicit Bulk(Config config) : World(config), instance(instantiate(module())), raw(instance.raw()) {}

  static ModuleBuilder module() {
    ModuleBuilder b;
    b.memory(kPages);
    b.memory(kPages);
    b.table(funcref, kElements);
    b.table(funcref, kElements);
    const uint32_t segment = b.passive_data(segment_bytes());
    const uint32_t none = b.type({}, {}), three = b.type({i32, i32, i32}, {i32});
    const uint32_t f = b.func(none, {});
    b.exports("f", Kind::kFunc, f);
    const uint32_t elements = b.passive_elem(std::vector<uint32_t>(kElements, f));
    const Bytes args = cat(local_get(0), local_get(1), local_get(2));
    // Afterwards, the first byte of the last page that memory 0 has now.
    const Bytes last = cat(op(0x3f, 0), i32_const(1), op(0x6b), i32_const(16), op(0x74), Bytes{0x2d, 0, 0});
    const auto add = [&](const char* name, const Bytes& what) {
      b.exports(name, Kind::kFunc, b.func(three, cat(args, what, last)));
    };
    add("fill", fc(11, {0}));
    add("copy", fc(10, {0, 0}));
    add("across", fc(10, {1, 0}));
    add("init", fc(8, {segment, 0}));
    add("table.copy", fc(14, {1, 0}));
    add("table.init", fc(12, {elements, 0}));
    b.exports("table.fill", Kind::kFunc,
              b.func(three, cat(local_get(0), ref_null(funcref), local_get(2), fc(17, {0}), last)));
    b.exports("table.grow", Kind::kFunc,
              b.func(b.type({i32}, {i32}), cat(ref_null(funcref), local_get(0), fc(15, {0}), drop(), last)));
    b.exports("memory.grow", Kind::kFunc,
              b.func(b.type({i32}, {i32}), cat(local_get(0), op(0x40, 0), drop(), last)));
    return b;
  }

  uint8_t* base(uint32_t memory) { return raw->memory(memory)->base; }
  void reset() {
    store.impl().poll_hook = nullptr;
    for (uint32_t m = 0; m < 2; ++m) std::memcpy(base(m), fresh_bytes(m).data(), kBytes);
  }

  // Both memories, fresh before, after the first `pieces` pieces.
  using Memories = std::array<std::vector<uint8_t>, 2>;
  Memories model(const Op& o, uint64_t pieces) {
    reset();
    Memories m{fresh_bytes(0), fresh_bytes(1)};
    const uint64_t n = std::min<uint64_t>(pieces * rt::kPollBytes, o.length), first = o.backward ? o.length - n : 0;
    const std::string name = o.name;
    uint8_t* const to = m[name == "across"].data() + o.dst + first;
    if (n == 0) return m;
    if (name == "fill")
      std::memset(to, int(o.src), n);
    else
      std::memcpy(to, (name == "init" ? segment_bytes().data() : fresh_bytes(0).data()) + o.src + first, n);
    return m;
  }
  void same_as(const Memories& m) {
    for (uint32_t i = 0; i < 2; ++i) CHECK(std::memcmp(base(i), m[i].data(), kBytes) == 0);
  }

  // "" when it returned. By the interpreter, or as native code does it.
  std::string run(const Op& o, bool libcall) {
    if (!libcall) return trap(instance, o.name, {Val(int32_t(o.dst)), Val(int32_t(o.src)), Val(int32_t(o.length))});
    vm::VMContext* c = raw->vmctx();
    const vm::VMBuiltinFunctionsArray& b = *c->builtin_functions;
    const std::string name = o.name;
    const bool ok = name == "fill"     ? b.memory_fill(c, 0, o.dst, o.src, o.length)
                    : name == "init"   ? b.memory_init(c, 0, 0, o.dst, o.src, o.length)
                    : name == "across" ? b.memory_copy(c, 1, 0, o.dst, o.src, o.length)
                                       : b.memory_copy(c, 0, 0, o.dst, o.src, o.length);
    return ok ? "" : store.impl().take_pending().message();
  }
};

Config config_of(MemoryStyle style, Dispatch dispatch) {
  Config c;
  c.memory_style = style;
  c.dispatch = dispatch;
  return c;
}

}  // namespace

TEST_CASE("row 13: bulk operations on memory are interrupted at every poll, with whole pieces done",
          "[failure-classes]") {
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail}) {
    Bulk w(config_of(MemoryStyle::kChecks, d));
    for (const Op& o : kOps)
      for (bool libcall : {false, true}) {
        INFO(o.name << " to " << o.dst << " from " << o.src << (libcall ? " by libcall" : ""));
        const auto whole = w.model(o, ~uint32_t{0});
        uint64_t polls = 0;
        w.store.impl().poll_hook = [&] { return ++polls, vm::TrapCode::kNone; };
        CHECK(w.run(o, libcall) == "");
        w.same_as(whole);
        CHECK(polls == (o.poll_free ? 0 : 2));
        for (uint64_t k = 0; k < polls; ++k) {
          const auto part = w.model(o, k + 1);
          uint64_t asked = 0;
          w.store.impl().poll_hook = [&] { return asked++ == k ? vm::TrapCode::kInterrupt : vm::TrapCode::kNone; };
          CHECK(w.run(o, libcall) == "interrupted");
          CHECK(asked == k + 1);
          w.same_as(part);
        }
      }
  }
}

TEST_CASE("row 13: memories grow and move at every poll of a bulk operation", "[failure-classes]") {
  for (MemoryStyle style : {MemoryStyle::kChecks, MemoryStyle::kAuto})
    for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail})
      for (const Op& o : kOps) {
        if (o.poll_free) continue;
        Bulk w(config_of(style, d));
        const auto whole = w.model(o, ~uint32_t{0});
        uint32_t polls = 0;
        w.store.impl().poll_hook = [&] {
          for (uint32_t m = 0; m < 2; ++m) REQUIRE(w.raw->grow_memory(m, 100));
          w.base(0)[w.raw->memory(0)->length() - kPage] = uint8_t(++polls);
          return vm::TrapCode::kNone;
        };
        const Val args[] = {Val(int32_t(o.dst)), Val(int32_t(o.src)), Val(int32_t(o.length))};
        // What comes next sees the new size and base.
        CHECK(w.call(w.instance, o.name, {args[0], args[1], args[2]})[0].i32() == 2);
        CHECK(polls == 2);
        w.same_as(whole);
      }
}

TEST_CASE("row 13: operations on tables, and growth, poll before and after, and do all or nothing", "[failure-classes]") {
  struct TableOp {
    const char* name;
    std::vector<Val> args;
    uint32_t table;
    uint64_t not_null;  // in that table, when it is done
  };
  const Val zero(0), half(int32_t{kElements / 2});
  const TableOp ops[] = {{"table.init", {zero, zero, half}, 0, kElements / 2},
                         {"table.fill", {zero, zero, half}, 0, 0},
                         {"table.copy", {half, zero, half}, 1, kElements / 2}};
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail})
    for (const TableOp& o : ops)
      for (int stop : {-1, 0, 1}) {
        INFO(o.name << ", stopped at poll " << stop);
        Bulk w(config_of(MemoryStyle::kChecks, d));
        const auto not_null = [&] {
          uint64_t n = 0;
          rt::Table& t = w.raw->defined_table(o.table);
          for (uint64_t i = 0; i < t.size(); ++i) n += w.raw->table_slot(o.table, i) != 0;
          return n;
        };
        if (std::string(o.name) != "table.init") w.call(w.instance, "table.init", {zero, zero, half});
        const uint64_t before = not_null();
        int polls = 0;
        w.store.impl().poll_hook = [&] {
          REQUIRE(w.raw->grow_table(0, 100'000, 0));  // which moves them
          REQUIRE(w.raw->grow_table(1, 100'000, 0));
          REQUIRE(w.raw->grow_memory(0, 100));
          return polls++ == stop ? vm::TrapCode::kInterrupt : vm::TrapCode::kNone;
        };
        CHECK(w.trap(w.instance, o.name, o.args) == (stop < 0 ? "" : "interrupted"));
        CHECK(polls == (stop == 0 ? 1 : 2));
        CHECK(not_null() == (stop == 0 ? before : o.not_null));
      }
  for (const char* name : {"table.grow", "memory.grow"})
    for (int stop : {-1, 0, 1}) {
      INFO(name << ", stopped at poll " << stop);
      Bulk w(config_of(MemoryStyle::kChecks, Dispatch::kAuto));
      int polls = 0;
      w.store.impl().poll_hook = [&] { return polls++ == stop ? vm::TrapCode::kInterrupt : vm::TrapCode::kNone; };
      CHECK(w.trap(w.instance, name, {Val(5)}) == (stop < 0 ? "" : "interrupted"));
      CHECK(polls == (stop == 0 ? 1 : 2));
      const bool grown = std::string(name) == "table.grow" ? w.raw->defined_table(0).size() == kElements + 5
                                                            : w.raw->memory(0)->length() == kBytes + 5 * kPage;
      CHECK(grown == (stop != 0));
    }
}

TEST_CASE("row 13: an interrupt from outside and an epoch deadline stop a long operation, once", "[failure-classes]") {
  Bulk w(config_of(MemoryStyle::kChecks, Dispatch::kAuto));
  const Op& fill = kOps[0];
  rt::Store& store = w.store.impl();
  store.interrupt();
  const Val args[] = {Val(int32_t(fill.dst)), Val(int32_t(fill.src)), Val(int32_t(fill.length))};
  auto r = w.try_call(w.instance, "fill", {args[0], args[1], args[2]});
  REQUIRE_FALSE(r);
  CHECK(std::get<Trap>(r.err()).kind() == Trap::Kind::kInterrupt);
  CHECK(std::get<Trap>(r.err()).trace().size() == 1);
  CHECK(w.run(fill, false) == "");
  store.set_epoch_deadline(3);
  store.engine().epoch = 2;
  CHECK(w.run(fill, true) == "");
  store.engine().epoch = 3;
  CHECK(w.run(fill, true) == "epoch deadline reached");
  CHECK(w.run(fill, false) == "epoch deadline reached");
}
