#include <thread>

#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

// Copies standard input to standard output, a byte a call, and exits with the number of bytes.
static const char kCopy[] = R"(
  (module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\64\00\00\00\01\00\00\00")
    (func (export "_start") (local $count i32)
      (loop $more
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (if (i32.load (i32.const 8))
          (then
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (br $more))))
      (call $exit (local.get $count)))))";

TEST_CASE("two threads with two stores, one engine and one module, each with a WASI of its own") {
  Engine engine;
  const Module module = Module::from_text(engine, kCopy).unwrap();
  constexpr int kThreads = 2, kRounds = 20;
  std::string problems[kThreads];
  std::vector<std::thread> threads;
  for (int id = 0; id < kThreads; ++id) {
    threads.emplace_back([&, id] {
      for (int round = 0; round < kRounds && problems[id].empty(); ++round) {
        const std::string input(size_t(100 + round), char('a' + id));
        std::string output;
        Store store(engine);
        Linker linker(engine);
        WasiConfig wasi;
        wasi.stdin_stream = WasiStream::input(input);
        wasi.stdout_stream = WasiStream::capture(&output);
        (void)linker.define_wasi(store, std::move(wasi)).unwrap();
        Instance instance = linker.instantiate(store, module).unwrap();
        auto end = std::get<Func>(*instance.get(store, "_start")).call(store, {});
        const Trap* trap = end ? nullptr : std::get_if<Trap>(&end.err());
        if (!trap || trap->kind() != Trap::Kind::kExit)
          problems[id] = end ? "it returned" : to_string(end.err());
        else if (trap->exit_status() != int32_t(input.size()) || output != input)
          problems[id] = "copied: " + output;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::string& problem : problems) CHECK(problem == "");
}
