// Call hooks, the embedder's memories, finalizers of host references, virtual stdio.
#include <sys/mman.h>

#include <cerrno>
#include <stdexcept>

#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

namespace {

struct Trace {
  explicit Trace(Store& store) {
    store.call_hook([this](Store::Context, CallHook what) -> Result<Ok, Trap> {
      seen += "WwHh"[int(what)];
      if (what == refuse) return Trap("refused");
      return Ok{};
    });
  }
  std::string seen;
  std::optional<CallHook> refuse;
};

// "call" calls the import "h" "f".
Instance caller(World& w, Func f) {
  ModuleBuilder b;
  const uint32_t t = b.type({}, {});
  b.import_func("h", "f", t);
  b.exports("call", Kind::kFunc, b.func(t, call(0)));
  return w.instantiate(b, {f});
}

}  // namespace

TEST_CASE("a call hook sees every crossing, nested ones too") {
  World w;
  Func leaf = Func::wrap(w.store, [] {});
  Instance inner = caller(w, leaf);
  Func nest = Func::wrap(w.store, [&](Caller c) { (void)w.get<Func>(inner, "call").call(c, {}).unwrap(); });
  Instance outer = caller(w, nest);
  Trace t(w.store);
  w.call(outer, "call");
  CHECK(t.seen == "WHWHhwhw");
  t.seen.clear();
  (void)leaf.call(w.store, {}).unwrap();  // host to host: no border
  CHECK(t.seen.empty());
  w.store.call_hook(nullptr);
  w.call(outer, "call");
  CHECK(t.seen.empty());
}

TEST_CASE("a call hook that refuses ends the call, before or after") {
  World w;
  int called = 0;
  Instance i = caller(w, Func::wrap(w.store, [&] { ++called; }));
  Trace t(w.store);
  auto refused_at = [&](CallHook what) {
    t.refuse = what;
    t.seen.clear();
    CHECK(w.trap(i, "call") == "refused");
    return t.seen;
  };
  CHECK(refused_at(CallHook::kCallingWasm) == "W");
  CHECK(refused_at(CallHook::kCallingHost) == "WHw");
  CHECK(called == 0);
  CHECK(refused_at(CallHook::kReturningFromHost) == "WHhw");
  CHECK(refused_at(CallHook::kReturningFromWasm) == "WHhw");
  CHECK(called == 2);
}

TEST_CASE("a trap of the guest's own wins over what the hook says afterwards; exceptions are traps") {
  World w;
  ModuleBuilder b;
  b.exports("trap", Kind::kFunc, b.func(b.type({}, {}), unreachable()));
  Instance i = w.instantiate(b);
  Trace t(w.store);
  t.refuse = CallHook::kReturningFromWasm;
  CHECK(w.trap(i, "trap") == "unreachable");
  w.store.call_hook([](Store::Context, CallHook) -> Result<Ok, Trap> { throw std::runtime_error("x"); });
  auto r = w.try_call(i, "trap");
  REQUIRE_FALSE(r);
  CHECK(message(r.err()) == "the call hook threw an exception");
  auto* cause = std::any_cast<std::exception_ptr>(&std::get<Trap>(r.err()).payload());
  REQUIRE(cause);
  CHECK_THROWS_AS(std::rethrow_exception(*cause), std::runtime_error);
}

TEST_CASE("a suspended call returns to the host, and resume enters wasm again") {
  World w;
  Func f = Func::create(w.store, {}, [](Caller, std::span<const Val>, std::span<Val>) -> Result<Ok, Trap> {
    return Trap("later");
  });
  Instance i = caller(w, f);
  Trace t(w.store);
  auto r = w.get<Func>(i, "call").call_resumable(w.store, {}).unwrap();
  CHECK(t.seen == "WHhw");
  ResumableCall call = std::move(std::get<ResumableCall>(r));
  t.refuse = CallHook::kCallingWasm;
  CHECK(message(call.resume(w.store).err()) == "refused");
  t.refuse.reset();
  t.seen.clear();
  CHECK(call.resume(w.store));  // a refused resume did not use it up
  CHECK(t.seen == "Ww");
}

namespace {

// Counts; makes memories with or without guard pages, as it is asked.
class Creator : public MemoryCreator {
 public:
  struct Mapped : LinearMemory {
    Mapped(Creator& c, const MemoryRequest& r) : creator(c), request(r), size(r.minimum) {
      total = r.reservation ? r.reservation + r.guard_size : std::max<uint64_t>(r.maximum, 4096);
      total = std::min<uint64_t>(total, uint64_t{16} << 30);
      at = static_cast<uint8_t*>(
          mmap(nullptr, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
      REQUIRE(at != MAP_FAILED);
      mprotect(at, r.minimum, PROT_READ | PROT_WRITE);
      ++creator.alive;
    }
    ~Mapped() override {
      munmap(at, total);
      --creator.alive;
    }
    uint8_t* base() const override { return at; }
    bool grow_to(uint64_t bytes) override {
      if (bytes > creator.budget) return false;
      size = bytes;
      return mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0;
    }
    Creator& creator;
    MemoryRequest request;
    uint64_t size, total;
    uint8_t* at;
  };
  std::unique_ptr<LinearMemory> create(const MemoryRequest& request) override {
    last = request;
    if (request.minimum > budget) return nullptr;
    return std::make_unique<Mapped>(*this, request);
  }
  uint64_t budget = ~uint64_t{0};
  int alive = 0;
  MemoryRequest last{};
};

ModuleBuilder memory_module() {
  ModuleBuilder b;
  b.exports("m", Kind::kMemory, b.memory(1, 4));
  b.data(0, i32_const(8), {1, 2, 3});
  const uint32_t t = b.type({i32}, {i32});
  b.exports("load", Kind::kFunc, b.func(t, cat(local_get(0), i32_load8_u())));
  b.exports("grow", Kind::kFunc, b.func(t, cat(local_get(0), memory_grow())));
  return b;
}

}  // namespace

TEST_CASE("linear memories of the embedder's, with checks and with guard pages") {
  auto creator = std::make_shared<Creator>();
  const MemoryStyle style = GENERATE(MemoryStyle::kAuto, MemoryStyle::kChecks, MemoryStyle::kGuard);
  Config config = config_with(style);
  config.memory_creator = creator;
  {
    World w(config);
    // The second instance of a module would map its image.
    for (int round = 0; round < 2; ++round) {
      Instance i = w.instantiate(memory_module());
      CHECK(creator->last.minimum == 65536);
      CHECK(creator->last.maximum == 4 * 65536);
      CHECK((creator->last.reservation != 0) == (style == MemoryStyle::kGuard));
      CHECK(creator->last.may_move == (style != MemoryStyle::kGuard));
      CHECK(w.call(i, "load", {Val(9)})[0].i32() == 2);
      CHECK(w.trap(i, "load", {Val(65536)}) == "out of bounds memory access");
      CHECK(w.call(i, "grow", {Val(1)})[0].i32() == 1);
      CHECK(w.call(i, "load", {Val(65536)})[0].i32() == 0);
      CHECK(w.call(i, "load", {Val(9)})[0].i32() == 2);
      creator->budget = 2 * 65536;
      CHECK(w.call(i, "grow", {Val(1)})[0].i32() == -1);
      creator->budget = ~uint64_t{0};
    }
    CHECK(creator->alive == 2);
    creator->budget = 100;
    auto refused = w.try_instantiate(memory_module());
    REQUIRE_FALSE(refused);
    CHECK(kind(refused.err()) == ErrorKind::kResource);
    CHECK_FALSE(Memory::create(w.store, {.min = 1}));
  }
  CHECK(creator->alive == 0);
}

TEST_CASE("the value of a host reference is destroyed with the last who holds it") {
  int destroyed = 0;
  auto token = std::shared_ptr<int>(new int(7), [&](int* p) {
    ++destroyed;
    delete p;
  });
  {
    World w;
    ModuleBuilder b;
    b.exports("g", Kind::kGlobal, b.global(externref, true, ref_null(externref)));
    Instance i = w.instantiate(b);
    Global g = w.get<Global>(i, "g");
    (void)g.set(w.store, Val(ExternRef(std::any(std::move(token))))).unwrap();
    CHECK(destroyed == 0);
    // The host asks for it again and lets go: the global still holds it.
    CHECK(**std::any_cast<std::shared_ptr<int>>(g.get(w.store).externref().data()) == 7);
    w.impl().collect_externs();
    CHECK(destroyed == 0);
    (void)g.set(w.store, Val::null(ValKind::kExternRef)).unwrap();
    w.impl().collect_externs();
    CHECK(destroyed == 1);
  }
  CHECK(destroyed == 1);
}

namespace {

// "write": fd_write(fd, one piece at 16 of n bytes) -> errno; "read": fd_read(0, …) -> bytes read at 8.
Instance streams(World& w, WasiConfig config) {
  Linker linker(w.engine);
  (void)linker.define_wasi(w.store, std::move(config)).unwrap();
  ModuleBuilder b;
  const uint32_t io = b.type({i32, i32, i32, i32}, {i32}), two = b.type({i32, i32}, {i32});
  const char* wasi = "wasi_snapshot_preview1";
  b.import_func(wasi, "fd_write", io);
  b.import_func(wasi, "fd_read", io);
  b.exports("memory", Kind::kMemory, b.memory(1));
  b.data(0, i32_const(0), {16, 0, 0, 0});
  b.data(0, i32_const(16), {'h', 'e', 'l', 'l', 'o'});
  const Bytes store_length = cat(i32_const(4), local_get(1), Bytes{0x36, 2, 0});
  const Bytes io_args = cat(local_get(0), i32_const(0), i32_const(1), i32_const(8));
  b.exports("write", Kind::kFunc, b.func(two, cat(store_length, io_args, call(0))));
  b.exports("read", Kind::kFunc, b.func(two, cat(store_length, io_args, call(1))));
  return linker.instantiate(w.store, w.compile(b)).unwrap();
}

}  // namespace

TEST_CASE("standard streams of the embedder's: bytes in, a string out, callbacks") {
  World w;
  std::string out, heard;
  WasiConfig config;
  config.stdin_stream = WasiStream::input("abc");
  config.stdout_stream = WasiStream::capture(&out, 8);
  config.stderr_stream = WasiStream::writer([&](std::span<const uint8_t> from) -> WasiStream::IoResult {
    heard.append(reinterpret_cast<const char*>(from.data()), from.size());
    if (heard.size() > 5) return {0, EIO};
    return {from.size()};
  });
  Instance i = streams(w, std::move(config));
  auto errno_of = [&](const char* what, int fd, int size) {
    return w.call(i, what, {Val(fd), Val(size)})[0].i32();
  };
  Memory m = w.get<Memory>(i, "memory");
  auto moved = [&] { return int(m.data(w.store)[8]); };
  CHECK(errno_of("write", 1, 5) == 0);
  CHECK(out == "hello");
  CHECK(errno_of("write", 1, 5) == 0);
  CHECK(moved() == 3);
  CHECK(out == "hellohel");
  CHECK(errno_of("write", 1, 5) == 51);  // nospc
  CHECK(errno_of("write", 2, 5) == 0);
  CHECK(errno_of("write", 2, 5) == 29);  // io
  CHECK(errno_of("read", 0, 2) == 0);
  CHECK(moved() == 2);
  CHECK(m.data(w.store)[16] == 'a');
  CHECK(errno_of("read", 0, 9) == 0);
  CHECK(moved() == 1);
  CHECK(errno_of("read", 0, 9) == 0);
  CHECK(moved() == 0);
  CHECK(errno_of("read", 1, 9) == 8);  // badf
}

TEST_CASE("without streams there is nothing to read and output goes nowhere") {
  World w;
  WasiConfig config;
  config.inherit_stdio = false;
  Instance i = streams(w, std::move(config));
  CHECK(w.call(i, "write", {Val(1), Val(5)})[0].i32() == 0);
  CHECK(w.call(i, "read", {Val(0), Val(5)})[0].i32() == 0);
  CHECK(w.get<Memory>(i, "memory").data(w.store)[8] == 0);
}
