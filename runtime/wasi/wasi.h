// WASI preview 1, apart from any engine: a Context owns the descriptors of one guest, functions() is the
// table of what it can be asked, and each call sees the guest's memory as a GuestMemory. The linker of the
// runtime defines the rows under "wasi_snapshot_preview1" and "wasi_unstable".
//
// A Context belongs to one store: calls on it must not overlap. Two contexts share nothing but the host's
// files.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/support/result.h"

namespace wjit::rt::wasi {

enum class Errno : uint16_t {
#define WJIT_WASI_ERRNO(constant, name, number, host) constant = number,
#include "runtime/wasi/errno.def"
};
const char* errno_name(Errno error);    // "badf"
Errno errno_from_host(int host_errno);  // EBADF -> kBadf; an errno WASI does not know -> kIo

// The memory of the calling instance for the time of one call. Checked access is in guest_memory.h.
struct GuestMemory {
  uint8_t* base = nullptr;
  uint64_t size = 0;
};

// What a call answered: it returned (results filled in), the guest asked to end, it is to trap, or Config::interrupted did
// not want to wait.
struct Outcome {
  enum class Kind : uint8_t { kReturn, kExit, kTrap, kInterrupted };
  Kind kind = Kind::kReturn;
  uint32_t code = 0;              // kExit: the exit code; kTrap: the WASI signal raised
  const char* message = nullptr;  // kTrap: what happened
};

// One of the three standard streams.
struct Stream {
  struct IoResult {
    Errno error = Errno::kSuccess;
    size_t count = 0;  // bytes moved; 0 from a read is the end of the stream
  };
  // The bytes may lie in the guest's memory: a callback keeps no pointer to them and does not call the guest.
  using Read = std::function<IoResult(uint8_t* data, size_t size)>;
  using Write = std::function<IoResult(const uint8_t* data, size_t size)>;

  enum class Kind : uint8_t { kInherit, kNull, kVirtual };
  Kind kind = Kind::kNull;
  Read read;    // a virtual stream without it cannot be read (EBADF)
  Write write;  // nor written without this

  static Stream inherit() { return {Kind::kInherit, {}, {}}; }  // the descriptor 0, 1 or 2 of this process
  static Stream null() { return {}; }                           // empty input, output that goes nowhere
  static Stream input(std::string bytes);
  // Appends to *sink, which must outlive the context; past `limit` bytes the guest is told ENOSPC.
  static Stream capture(std::string* sink, size_t limit = SIZE_MAX);
  static Stream reader(Read read) { return {Kind::kVirtual, std::move(read), {}}; }
  static Stream writer(Write write) { return {Kind::kVirtual, {}, std::move(write)}; }
};

struct Preopen {
  std::string host_path;   // a directory
  std::string guest_path;  // the name the guest knows it by
  bool read_only = false;
};

struct Config {
  std::vector<std::string> args;  // args[0] is the program's name
  std::vector<std::string> env;   // "KEY=value"
  std::vector<Preopen> preopens;  // descriptors 3, 4, …
  std::vector<int> sockets;  // listening sockets of the host, duplicated; the descriptors after the preopens
  Stream stdin_stream, stdout_stream, stderr_stream;
  // Called when a write to an inherited stream (1 or 2) fails for a reason that lies with the host's device: it
  // is full, broken or gone. The guest is told its errno as well, and may not care. host_errno is errno's value.
  std::function<void(int stream, int host_errno)> on_stdio_error;
  // Asked again and again while a call waits: for a time, for input, for room to write. True: it ends at once, as
  // kInterrupted. It does not touch the guest's memory. (A large write to a pipe or a socket may still wait in the kernel.)
  std::function<bool()> interrupted;
  bool use_openat2 =
      true;  // false: walk paths ourselves even where the kernel can (it is slower; tests use it)
};

struct System;

class Context {
 public:
  // kIo names the directory that cannot be opened, kUsage the argument that no C string can hold.
  static Result<std::unique_ptr<Context>> create(Config config);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  System& system() { return *system_; }

 private:
  explicit Context(std::unique_ptr<System> system);
  std::unique_ptr<System> system_;
};

struct HostFunction {
  const char* name;
  const char* params;   // one letter each: i is i32, I is i64
  const char* results;  // "i" (an errno) or ""
  // args: one slot per param, an i32 in the low half. results: one slot per result, written when it returns.
  Outcome (*call)(Context& context, GuestMemory memory, const uint64_t* args, uint64_t* results);
};

std::span<const HostFunction> functions();  // wasi_snapshot_preview1
std::span<const HostFunction>
functions_unstable();  // wasi_unstable: other layouts in four functions, one fewer

}  // namespace wjit::rt::wasi
