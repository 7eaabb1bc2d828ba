#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "runtime/wasi/system.h"

namespace wjit::rt::wasi {
namespace {

// args_get and environ_get hand out 32-bit sizes and NUL-terminated strings.
Result<void> check_strings(const std::vector<std::string>& strings, const char* what) {
  uint64_t total = 0;
  for (const std::string& s : strings) {
    if (s.find('\0') != std::string::npos)
      return fail(ErrorKind::kUsage,
                  std::string(what) + " '" + s.c_str() + "…' holds a NUL byte: expected none");
    total += s.size() + 1 + sizeof(uint32_t);
  }
  if (total > UINT32_MAX)
    return fail(ErrorKind::kUsage, std::string(what) + "s take more than 4 GiB: no guest can hold them");
  return {};
}

// Descriptor 0, 1 or 2. Nothing is placed where this process has none open: the guest gets EBADF, as it
// would.
void place_stream(System& system, int number, const Stream& stream) {
  using namespace abi::rights;
  uint64_t direction = number == 0 ? kFdWrite | kFdAllocate | kFdFilestatSetSize : kFdRead;
  auto d = std::make_unique<Descriptor>();
  if (stream.kind == Stream::Kind::kInherit) {
    int status = ::fcntl(number, F_GETFL);
    if (status < 0) return;
    uint32_t flags = status & O_APPEND ? abi::kFdAppend : 0;
    if (describe(number, kAll & ~direction, 0, flags, d.get()) != Errno::kSuccess) return;
    d->borrowed = true;
  } else {
    d->is_virtual = true;
    d->read = stream.read;
    d->write = stream.write;
    if (stream.kind == Stream::Kind::kNull) {
      d->read = [](uint8_t*, size_t) { return Stream::IoResult{}; };
      d->write = [](const uint8_t*, size_t size) { return Stream::IoResult{Errno::kSuccess, size}; };
    }
    d->rights_base = kFdRead | kFdWrite | kFdFilestatGet | kFdFdstatSetFlags | kPollFdReadwrite;
    d->rights_base &= ~direction;
  }
  system.fds.place(static_cast<uint32_t>(number), std::move(d));
}

Result<void> place_preopen(System& system, uint32_t number, const Preopen& preopen) {
  using namespace abi::rights;
  // What changes nothing: not the directory, not a file in it, and no second name through which it could
  // change.
  constexpr uint64_t kReadOnly = kFdDatasync | kFdRead | kFdSeek | kFdFdstatSetFlags | kFdSync | kFdTell |
                                 kFdAdvise | kPathOpen | kFdReaddir | kPathReadlink | kPathFilestatGet |
                                 kFdFilestatGet | kPollFdReadwrite;
  if (preopen.guest_path.empty() || preopen.guest_path.find('\0') != std::string::npos)
    return fail(ErrorKind::kUsage,
                "directory '" + preopen.host_path +
                    "': the name the guest is to know it by must not be empty or hold a NUL byte");
  auto refuse = [&](const char* why) {
    return fail(ErrorKind::kIo, "cannot open directory '" + preopen.host_path + "': " + why);
  };
  if (preopen.host_path.find('\0') != std::string::npos) return refuse("its name holds a NUL byte");
  UniqueFd fd(
      uninterrupted([&] { return ::open(preopen.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd) return refuse(std::strerror(errno));
  auto d = std::make_unique<Descriptor>();
  uint64_t rights = preopen.read_only ? kReadOnly : kAll;
  if (describe(fd.get(), rights, rights, 0, d.get()) != Errno::kSuccess) return refuse(std::strerror(errno));
  d->owned = std::move(fd);
  d->preopen = preopen.guest_path;
  system.fds.place(number, std::move(d));
  return {};
}

Result<void> place_socket(System& system, uint32_t number, int socket) {
  UniqueFd fd(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  auto d = std::make_unique<Descriptor>();
  if (!fd || describe(fd.get(), abi::rights::kAll, 0, 0, d.get()) != Errno::kSuccess)
    return fail(ErrorKind::kIo, "cannot use socket " + std::to_string(socket) + ": " + std::strerror(errno));
  if (d->type != abi::kTypeSocketStream && d->type != abi::kTypeSocketDgram)
    return fail(ErrorKind::kUsage, "descriptor " + std::to_string(socket) + " is no socket");
  d->owned = std::move(fd);
  system.fds.place(number, std::move(d));
  return {};
}

}  // namespace

Stream Stream::input(std::string bytes) {
  return reader([bytes = std::move(bytes), at = size_t{0}](uint8_t* data, size_t size) mutable -> IoResult {
    size = std::min(size, bytes.size() - at);
    if (size) std::memcpy(data, bytes.data() + at, size);
    at += size;
    return {Errno::kSuccess, size};
  });
}

Stream Stream::capture(std::string* sink, size_t limit) {
  return writer([sink, limit](const uint8_t* data, size_t size) -> IoResult {
    size_t room = limit > sink->size() ? limit - sink->size() : 0;
    if (room == 0 && size != 0) return {Errno::kNospc, 0};
    size = std::min(size, room);
    sink->append(reinterpret_cast<const char*>(data), size);
    return {Errno::kSuccess, size};
  });
}

Context::Context(std::unique_ptr<System> system) : system_(std::move(system)) {}
Context::~Context() = default;

Result<std::unique_ptr<Context>> Context::create(Config config) {
  WJIT_CHECK(check_strings(config.args, "argument"));
  WJIT_CHECK(check_strings(config.env, "environment variable"));
  for (const std::string& variable : config.env) {
    if (variable.find('=') == std::string::npos)
      return fail(ErrorKind::kUsage,
                  "environment variable '" + variable + "' has no value: expected NAME=VALUE");
  }
  if (config.preopens.size() + config.sockets.size() > FdTable::kMaxDescriptors / 2)
    return fail(ErrorKind::kUsage,
                "more than " + std::to_string(FdTable::kMaxDescriptors / 2) + " directories and sockets");
  auto system = std::make_unique<System>();
  system->args = std::move(config.args);
  system->env = std::move(config.env);
  system->on_stdio_error = std::move(config.on_stdio_error);
  system->interrupted = std::move(config.interrupted);
  system->lookup.use_openat2 = config.use_openat2 && kernel_has_openat2();
  place_stream(*system, 0, config.stdin_stream);
  place_stream(*system, 1, config.stdout_stream);
  place_stream(*system, 2, config.stderr_stream);
  uint32_t number = 3;  // where wasi-libc begins to look for them
  for (const Preopen& preopen : config.preopens) WJIT_CHECK(place_preopen(*system, number++, preopen));
  for (int socket : config.sockets) WJIT_CHECK(place_socket(*system, number++, socket));
  return std::unique_ptr<Context>(new Context(std::move(system)));
}

}  // namespace wjit::rt::wasi
