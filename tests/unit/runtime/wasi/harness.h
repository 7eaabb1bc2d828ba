// A guest for the tests: a vector as its memory, and calls by name through the table, as the engine makes
// them.
#pragma once
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch.h"
#include "runtime/wasi/abi.h"
#include "runtime/wasi/wasi.h"

namespace wasi_test {

using namespace wjit::rt::wasi;
namespace abi = wjit::rt::wasi::abi;

// A directory with "inside" (to be preopened) and "outside" (which nothing of the guest may reach).
class Sandbox {
 public:
  Sandbox() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wjit-wasi-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    std::filesystem::create_directory(inside());
    std::filesystem::create_directory(outside());
    write(outside("secret"), "secret");
  }
  ~Sandbox() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  std::string inside(const std::string& name = "") const {
    return root_ + "/inside" + (name.empty() ? "" : "/" + name);
  }
  std::string outside(const std::string& name = "") const {
    return root_ + "/outside" + (name.empty() ? "" : "/" + name);
  }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static bool exists(const std::string& path) {
    struct stat st;
    return ::lstat(path.c_str(), &st) == 0;
  }
  // What lies outside, with contents: must be the same after whatever the guest did.
  std::string outside_state() const {
    std::string state;
    for (const auto& entry : std::filesystem::directory_iterator(outside())) {
      struct stat st {};
      ::lstat(entry.path().c_str(), &st);
      state += entry.path().filename().string() + " " + std::to_string(st.st_ino) + " " +
               std::to_string(st.st_nlink) + " " + std::to_string(st.st_mtim.tv_sec) + " " +
               read(entry.path()) + "\n";
    }
    return state;
  }

 private:
  std::string root_;
};

class Guest {
 public:
  explicit Guest(Config config, uint64_t size = 1 << 20) : bytes_(size) {
    auto context = Context::create(std::move(config));
    if (!context) FAIL(context.error().message());
    context_ = std::move(*context);
  }
  static Config sandboxed(const Sandbox& sandbox, bool use_openat2 = true) {
    Config config;
    config.preopens.push_back({sandbox.inside(), "/"});
    config.use_openat2 = use_openat2;
    return config;
  }

  static const HostFunction& find(std::span<const HostFunction> table, const std::string& name) {
    for (const HostFunction& f : table)
      if (name == f.name) return f;
    FAIL("no function " << name);
    abort();
  }
  template <class... Args>
  Outcome outcome(const std::string& name, uint64_t* results, Args... args) {
    const HostFunction& f = find(unstable ? functions_unstable() : functions(), name);
    const uint64_t values[] = {static_cast<uint64_t>(args)..., 0};
    REQUIRE(std::string(f.params).size() == sizeof...(args));
    return f.call(*context_, {bytes_.data(), bytes_.size()}, values, results);
  }
  template <class... Args>
  Errno call(const std::string& name, Args... args) {
    uint64_t result = ~uint64_t{0};
    Outcome o = outcome(name, &result, args...);
    REQUIRE(o.kind == Outcome::Kind::kReturn);
    return static_cast<Errno>(result);
  }

  // Memory. put() places things one behind the other; what it gave out before reset() stays where it is.
  uint32_t put(const void* data, size_t size) {
    uint32_t at = (next_ + 7) & ~7u;
    REQUIRE(at + size <= bytes_.size());
    if (size) std::memcpy(bytes_.data() + at, data, size);
    next_ = at + static_cast<uint32_t>(size);
    return at;
  }
  uint32_t put(const std::string& s) { return put(s.data(), s.size()); }
  template <class T>
  uint32_t put_record(const T& value) {
    return put(&value, sizeof value);
  }
  uint32_t room(size_t size) { return put(std::string(size, '\x5a')); }
  void reset() { next_ = 1024; }
  template <class T>
  T get(uint32_t at) const {
    T value;
    REQUIRE(at + sizeof value <= bytes_.size());
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  std::string text(uint32_t at, size_t size) const {
    return {bytes_.begin() + at, bytes_.begin() + at + size};
  }
  uint64_t size() const { return bytes_.size(); }

  // The calls the tests make most.
  Errno open(uint32_t dir, const std::string& path, uint32_t oflags, uint64_t rights, uint32_t* fd,
             uint32_t dirflags = abi::kLookupSymlinkFollow, uint32_t fdflags = 0) {
    reset();
    uint32_t p = put(path), out = room(4);
    Errno e = call("path_open", dir, dirflags, p, path.size(), oflags, rights, ~uint64_t{0}, fdflags, out);
    if (e == Errno::kSuccess) *fd = get<uint32_t>(out);
    return e;
  }
  Errno read(uint32_t fd, std::string* text, size_t size = 4096) {
    reset();
    uint32_t buf = room(size), iov = put_record(abi::Iovec{buf, static_cast<uint32_t>(size)}), out = room(4);
    Errno e = call("fd_read", fd, iov, 1, out);
    *text = e == Errno::kSuccess ? this->text(buf, get<uint32_t>(out)) : "";
    return e;
  }
  Errno write(uint32_t fd, const std::string& text, uint32_t* written = nullptr) {
    reset();
    uint32_t buf = put(text), iov = put_record(abi::Iovec{buf, static_cast<uint32_t>(text.size())}),
             out = room(4);
    Errno e = call("fd_write", fd, iov, 1, out);
    if (written && e == Errno::kSuccess) *written = get<uint32_t>(out);
    return e;
  }
  // A call that takes a descriptor and a path, and nothing else.
  Errno on_path(const std::string& name, uint32_t dir, const std::string& path) {
    reset();
    uint32_t p = put(path);
    return call(name, dir, p, path.size());
  }
  Errno on_paths(const std::string& name, uint32_t from_dir, const std::string& from, uint32_t to_dir,
                 const std::string& to) {
    reset();
    uint32_t f = put(from), t = put(to);
    if (name == "path_link") return call(name, from_dir, 0, f, from.size(), to_dir, t, to.size());
    return call(name, from_dir, f, from.size(), to_dir, t, to.size());
  }
  Errno symlink(const std::string& target, uint32_t dir, const std::string& path) {
    reset();
    uint32_t t = put(target), p = put(path);
    return call("path_symlink", t, target.size(), dir, p, path.size());
  }
  Errno stat(uint32_t dir, const std::string& path, abi::Filestat* stat, bool follow = true) {
    reset();
    uint32_t p = put(path), out = room(sizeof *stat);
    Errno e = call("path_filestat_get", dir, follow ? 1 : 0, p, path.size(), out);
    if (e == Errno::kSuccess) *stat = get<abi::Filestat>(out);
    return e;
  }
  Errno exists(uint32_t dir, const std::string& path) {
    abi::Filestat ignored;
    return stat(dir, path, &ignored);
  }
  Errno readlink(uint32_t dir, const std::string& path, std::string* target, uint32_t size = 256) {
    reset();
    uint32_t p = put(path), buf = room(size), out = room(4);
    Errno e = call("path_readlink", dir, p, path.size(), buf, size, out);
    if (e == Errno::kSuccess) *target = text(buf, get<uint32_t>(out));
    return e;
  }

  bool unstable = false;

 private:
  std::vector<uint8_t> bytes_;
  uint32_t next_ = 1024;
  std::unique_ptr<Context> context_;
};

constexpr uint64_t kRead = abi::rights::kFdRead | abi::rights::kFdReaddir | abi::rights::kFdSeek |
                           abi::rights::kFdTell | abi::rights::kFdFilestatGet |
                           abi::rights::kPollFdReadwrite | abi::rights::kFdFdstatSetFlags |
                           abi::rights::kFdAdvise;
constexpr uint64_t kAll = abi::rights::kAll;

}  // namespace wasi_test

namespace Catch {
template <>
struct StringMaker<wjit::rt::wasi::Errno> {
  static std::string convert(wjit::rt::wasi::Errno e) { return wjit::rt::wasi::errno_name(e); }
};
}  // namespace Catch
