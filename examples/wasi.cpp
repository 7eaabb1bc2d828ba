// WASI: a program with arguments, an input and an output of the embedder's making, and its exit status.
#include <cstdio>
#include <string>
#include <wjit/wjit.hpp>

// Copies its standard input to its standard output, then exits with 7. A real one comes from a C compiler.
static const char kProgram[] = R"(
  (module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (loop $more
        ;; One piece of at most 1000 bytes at address 100; how many there were comes to 4.
        (i32.store (i32.const 0) (i32.const 100))
        (i32.store (i32.const 4) (i32.const 1000))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
        (if (i32.load (i32.const 4))
          (then
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br $more))))
      (call $exit (i32.const 7)))))";

int main() {
  wjit::Engine engine;
  wjit::Store store(engine);
  wjit::Linker linker(engine);
  std::string output;
  wjit::WasiConfig wasi;
  wasi.args = {"copy", "--fast"};
  wasi.env = {{"LANG", "C"}};
  // wasi.preopens.emplace_back("/srv/data", "/data", /*read_only=*/true);
  wasi.stdin_stream = wjit::WasiStream::input("the input\n");
  wasi.stdout_stream = wjit::WasiStream::capture(&output, 1 << 20);
  linker.define_wasi(store, std::move(wasi)).unwrap();

  auto module = wjit::Module::from_text(engine, kProgram).unwrap();
  wjit::Instance program = linker.instantiate(store, module).unwrap();
  auto ended = std::get<wjit::Func>(*program.get(store, "_start")).call(store, {});

  // proc_exit ends the call as a trap of kind kExit.
  int status = 0;
  if (!ended) {
    auto* trap = std::get_if<wjit::Trap>(&ended.err());
    if (!trap || trap->kind() != wjit::Trap::Kind::kExit) {
      std::fprintf(stderr, "wasi: %s\n", wjit::to_string(ended.err()).c_str());
      return 1;
    }
    status = trap->exit_status();
  }
  std::printf("the program wrote: %sand exited with %d\n", output.c_str(), status);
  return 0;
}
