// The fd_* functions and the standard streams.
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>

#include "unit/runtime/wasi/harness.h"

using namespace wasi_test;
namespace rights = abi::rights;

namespace {

abi::Fdstat fdstat(Guest& guest, uint32_t fd) {
  guest.reset();
  uint32_t out = guest.room(24);
  REQUIRE(guest.call("fd_fdstat_get", fd, out) == Errno::kSuccess);
  return guest.get<abi::Fdstat>(out);
}

Errno seek(Guest& guest, uint32_t fd, int64_t offset, uint32_t whence, uint64_t* at) {
  guest.reset();
  uint32_t out = guest.room(8);
  Errno e = guest.call("fd_seek", fd, offset, whence, out);
  *at = guest.get<uint64_t>(out);
  return e;
}

struct Pipe {
  Pipe() { REQUIRE(::pipe2(fds, O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(fds[0]);
    if (fds[1] >= 0) ::close(fds[1]);
  }
  int fds[2];
};

// One of this process's standard streams, replaced for the time of a test.
struct Redirect {
  Redirect(int number, int to) : number_(number), saved_(::dup(number)) {
    REQUIRE(::dup2(to, number) == number);
  }
  ~Redirect() {
    ::dup2(saved_, number_);
    ::close(saved_);
  }
  int number_, saved_;
};

}  // namespace

TEST_CASE("wasi: virtual streams") {
  std::string out;
  Config config;
  config.stdin_stream = Stream::input("hello");
  config.stdout_stream = Stream::capture(&out, 8);
  Guest guest(config);
  std::string text;
  CHECK(guest.read(0, &text, 3) == Errno::kSuccess);
  CHECK(text == "hel");
  CHECK(guest.read(0, &text) == Errno::kSuccess);
  CHECK(text == "lo");
  CHECK(guest.read(0, &text) == Errno::kSuccess);
  CHECK(text.empty());
  uint32_t written = 0;
  CHECK(guest.write(1, "12345", &written) == Errno::kSuccess);
  CHECK(guest.write(1, "67890", &written) == Errno::kSuccess);
  CHECK(written == 3);  // the sink was full: the rest is the guest's to write again
  CHECK(guest.write(1, "90", &written) == Errno::kNospc);
  CHECK(out == "12345678");
  CHECK(guest.write(2, "into nothing", &written) == Errno::kSuccess);
  CHECK(written == 12);
  CHECK(guest.write(0, "x") == Errno::kBadf);
  CHECK(guest.read(1, &text) == Errno::kBadf);
  uint64_t at;
  CHECK(seek(guest, 1, 0, abi::kWhenceCur, &at) == Errno::kSpipe);
  CHECK(fdstat(guest, 1).filetype == abi::kTypeUnknown);
}

TEST_CASE("wasi: of a buffer larger than a result can say, a virtual stream takes what it can") {
  uint64_t calls = 0, bytes = 0;
  Config config;
  config.stdout_stream = Stream::writer([&](const uint8_t*, size_t size) -> Stream::IoResult {
    ++calls, bytes += size;
    return {Errno::kSuccess, size};
  });
  auto context = Context::create(std::move(config));
  REQUIRE(context);
  const uint64_t size = uint64_t{3} << 30;
  void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(p != MAP_FAILED);
  auto* memory = static_cast<uint8_t*>(p);
  const abi::Iovec list[] = {{64, 10}, {64, uint32_t(size - 64)}, {64, 5}};
  std::memcpy(memory, list, sizeof list);
  const uint64_t args[] = {1, 0, 3, 32};
  uint64_t result = ~uint64_t{0};
  Guest::find(functions(), "fd_write").call(**context, {memory, size}, args, &result);
  uint32_t moved;
  std::memcpy(&moved, memory + 32, 4);
  ::munmap(p, size);
  CHECK(static_cast<Errno>(result) == Errno::kSuccess);
  CHECK(moved == INT32_MAX);
  CHECK(bytes == INT32_MAX);
  CHECK(calls == 2);
}

TEST_CASE("wasi: several buffers, empty ones, and more than one call moves") {
  std::string out;
  Config config;
  config.stdout_stream = Stream::capture(&out);
  Guest guest(config);
  uint32_t a = guest.put("abc"), b = guest.put("defg");
  std::vector<abi::Iovec> list = {{a, 3}, {0, 0}, {b, 4}};
  uint32_t iovs = guest.put(list.data(), list.size() * 8), n = guest.room(4);
  CHECK(guest.call("fd_write", 1, iovs, 3, n) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(n) == 7);
  CHECK(out == "abcdefg");
  CHECK(guest.call("fd_write", 1, iovs, 0, n) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(n) == 0);
  list.assign(1000, {a, 1});
  iovs = guest.put(list.data(), list.size() * 8);
  out.clear();
  CHECK(guest.call("fd_write", 1, iovs, 1000, n) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(n) == out.size());
  CHECK(out.size() > 0);
  // Pointers that lead out: the list, its end, a buffer, the result.
  uint32_t end = static_cast<uint32_t>(guest.size());
  CHECK(guest.call("fd_write", 1, end - 8, 2, n) == Errno::kFault);
  CHECK(guest.call("fd_write", 1, 8, 0xffffffffu, n) == Errno::kFault);
  CHECK(guest.call("fd_write", 1, guest.put_record(abi::Iovec{end - 1, 2}), 1, n) == Errno::kFault);
  CHECK(guest.call("fd_write", 1, guest.put_record(abi::Iovec{0xffffffffu, 0xffffffffu}), 1, n) ==
        Errno::kFault);
  size_t before = out.size();
  CHECK(guest.call("fd_write", 1, iovs, 1, end - 3) == Errno::kFault);
  CHECK(out.size() == before);  // a call that fails has done nothing
}

TEST_CASE("wasi: inherited streams: a full disk, a closed pipe, a file") {
  Config config;
  config.stdout_stream = Stream::inherit();
  SECTION("a full disk is told to the guest") {
    int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    Errno e;
    {
      Redirect redirect(1, full);
      Guest guest(config);
      e = guest.write(1, "x");
    }
    ::close(full);
    CHECK(e == Errno::kNospc);
  }
  SECTION("nobody reads: EPIPE, and this process lives") {
    Pipe pipe;
    Errno e;
    {
      Redirect redirect(1, pipe.fds[1]);
      Guest guest(config);
      ::close(pipe.fds[0]);
      e = guest.write(1, "x");
    }
    pipe.fds[0] = ::open("/dev/null", O_RDONLY);
    CHECK(e == Errno::kPipe);
  }
  SECTION("closing it closes nothing of the host") {
    Guest guest(config);
    CHECK(guest.call("fd_close", 1) == Errno::kSuccess);
    CHECK(guest.call("fd_close", 1) == Errno::kBadf);
    CHECK(::fcntl(1, F_GETFD) >= 0);
  }
  SECTION("O_NONBLOCK is not set on what other programs share") {
    Pipe pipe;
    config.stdin_stream = Stream::inherit();
    Errno set, empty, full;
    std::string text;
    int flags;
    {
      Redirect redirect(0, pipe.fds[0]);
      Guest guest(config);
      set = guest.call("fd_fdstat_set_flags", 0, abi::kFdNonblock);
      flags = ::fcntl(0, F_GETFL);
      empty = guest.read(0, &text);
      REQUIRE(::write(pipe.fds[1], "abc", 3) == 3);
      full = guest.read(0, &text);
    }
    CHECK(set == Errno::kSuccess);
    CHECK((flags & O_NONBLOCK) == 0);
    CHECK(empty == Errno::kAgain);
    CHECK(full == Errno::kSuccess);
    CHECK(text == "abc");
  }
}

TEST_CASE("wasi: read, write, seek, tell, pread, pwrite, sizes") {
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox));
  uint32_t fd = 0;
  REQUIRE(guest.open(3, "f", abi::kOpenCreat, kAll, &fd) == Errno::kSuccess);
  CHECK(fd == 4);
  uint32_t written = 0;
  CHECK(guest.write(fd, "0123456789", &written) == Errno::kSuccess);
  CHECK(written == 10);
  uint64_t at = 0;
  CHECK(seek(guest, fd, -3, abi::kWhenceEnd, &at) == Errno::kSuccess);
  CHECK(at == 7);
  CHECK(seek(guest, fd, -2, abi::kWhenceCur, &at) == Errno::kSuccess);
  CHECK(at == 5);
  CHECK(seek(guest, fd, -1, abi::kWhenceSet, &at) == Errno::kInval);
  CHECK(seek(guest, fd, 0, 3, &at) == Errno::kInval);
  guest.reset();
  uint32_t out = guest.room(8);
  CHECK(guest.call("fd_tell", fd, out) == Errno::kSuccess);
  CHECK(guest.get<uint64_t>(out) == 5);
  guest.unstable = true;  // there, 2 is the start
  CHECK(guest.call("fd_seek", fd, 2, abi::kUnstableWhenceSet, out) == Errno::kSuccess);
  CHECK(guest.get<uint64_t>(out) == 2);
  CHECK(guest.call("fd_seek", fd, 1, abi::kUnstableWhenceCur, out) == Errno::kSuccess);
  CHECK(guest.get<uint64_t>(out) == 3);
  CHECK(guest.call("fd_seek", fd, 0, abi::kUnstableWhenceEnd, out) == Errno::kSuccess);
  CHECK(guest.get<uint64_t>(out) == 10);
  guest.unstable = false;

  uint32_t buf = guest.room(4), iov = guest.put_record(abi::Iovec{buf, 4}), n = guest.room(4);
  CHECK(guest.call("fd_pread", fd, iov, 1, 8, n) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(n) == 2);
  CHECK(guest.text(buf, 2) == "89");
  CHECK(guest.call("fd_pwrite", fd, iov, 1, 1, n) == Errno::kSuccess);
  CHECK(guest.call("fd_pread", fd, iov, 1, ~uint64_t{0}, n) == Errno::kInval);
  CHECK(Sandbox::read(sandbox.inside("f")).substr(0, 3) == "089");

  CHECK(guest.call("fd_filestat_set_size", fd, 3) == Errno::kSuccess);
  CHECK(guest.call("fd_filestat_set_size", fd, ~uint64_t{0}) == Errno::kInval);
  CHECK(guest.call("fd_allocate", fd, 0, 100) == Errno::kSuccess);
  CHECK(guest.call("fd_allocate", fd, 0, 0) == Errno::kInval);
  CHECK(std::filesystem::file_size(sandbox.inside("f")) == 100);
  CHECK(guest.call("fd_advise", fd, 0, 0, abi::kAdviceWillneed) == Errno::kSuccess);
  CHECK(guest.call("fd_advise", fd, 0, 0, 6) == Errno::kInval);
  CHECK(guest.call("fd_sync", fd) == Errno::kSuccess);
  CHECK(guest.call("fd_datasync", fd) == Errno::kSuccess);

  CHECK(guest.call("fd_fdstat_set_flags", fd, abi::kFdAppend) == Errno::kSuccess);
  CHECK(fdstat(guest, fd).flags == abi::kFdAppend);
  CHECK(seek(guest, fd, 0, abi::kWhenceSet, &at) == Errno::kSuccess);
  CHECK(guest.write(fd, "end") == Errno::kSuccess);
  CHECK(Sandbox::read(sandbox.inside("f")).substr(100) == "end");
  CHECK(guest.call("fd_fdstat_set_flags", fd, abi::kFdSync) == Errno::kNotsup);
  CHECK(guest.call("fd_fdstat_set_flags", fd, 32) == Errno::kInval);
}

TEST_CASE("wasi: what a directory or a closed descriptor cannot do") {
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox));
  std::string text;
  uint64_t at;
  CHECK(guest.read(3, &text) == Errno::kIsdir);
  CHECK(guest.write(3, "x") == Errno::kIsdir);
  CHECK(seek(guest, 3, 0, abi::kWhenceSet, &at) == Errno::kBadf);
  CHECK(guest.call("fd_allocate", 3, 0, 1) == Errno::kBadf);
  CHECK(guest.call("fd_filestat_set_size", 3, 0) == Errno::kBadf);
  CHECK(guest.call("fd_advise", 3, 0, 0, 0) == Errno::kBadf);
  CHECK(guest.call("fd_sync", 3) == Errno::kSuccess);
  CHECK(guest.read(99, &text) == Errno::kBadf);
  CHECK(guest.read(0xffffffff, &text) == Errno::kBadf);
  uint32_t fd = 0;
  REQUIRE(guest.open(3, "f", abi::kOpenCreat, kAll, &fd) == Errno::kSuccess);
  CHECK(guest.on_path("path_create_directory", fd, "d") == Errno::kNotdir);
  CHECK(guest.call("fd_readdir", fd, guest.room(8), 8, 0, guest.room(4)) == Errno::kNotdir);
}

TEST_CASE("wasi: rights are had, dropped and never gained") {
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox));
  Sandbox::write(sandbox.inside("f"), "data");
  uint32_t fd = 0;
  REQUIRE(guest.open(3, "f", 0, kRead, &fd) == Errno::kSuccess);
  CHECK(fdstat(guest, fd).rights_base == (kRead & ~rights::kFdReaddir));
  CHECK(guest.write(fd, "x") == Errno::kBadf);  // as POSIX says for a descriptor not open for writing
  CHECK(guest.call("fd_filestat_set_size", fd, 0) == Errno::kNotcapable);
  CHECK(guest.call("fd_fdstat_set_rights", fd, kAll, 0) == Errno::kNotcapable);
  CHECK(guest.call("fd_fdstat_set_rights", fd, rights::kFdFilestatGet, 0) == Errno::kSuccess);
  std::string text;
  CHECK(guest.read(fd, &text) == Errno::kBadf);
  CHECK(guest.call("fd_fdstat_set_rights", fd, rights::kFdRead, 0) == Errno::kNotcapable);
  // What is opened through a directory gets no more than the directory passes on.
  abi::Fdstat dir = fdstat(guest, 3);
  CHECK(guest.call("fd_fdstat_set_rights", 3, dir.rights_base & ~rights::kPathUnlinkFile, kRead) ==
        Errno::kSuccess);
  CHECK(guest.on_path("path_unlink_file", 3, "f") == Errno::kNotcapable);
  REQUIRE(guest.open(3, "f", 0, kAll, &fd) == Errno::kSuccess);
  CHECK(guest.write(fd, "x") == Errno::kBadf);
  CHECK(Sandbox::read(sandbox.inside("f")) == "data");
}

TEST_CASE("wasi: a read-only directory is not changed by any path") {
  Sandbox sandbox;
  Sandbox::write(sandbox.inside("f"), "data");
  std::filesystem::create_directory(sandbox.inside("rw"));
  Config config;
  config.preopens = {{sandbox.inside(), "/", true}, {sandbox.inside("rw"), "/rw"}};
  Guest guest(config);
  uint32_t fd = 0;
  REQUIRE(guest.open(3, "f", 0, kAll, &fd) == Errno::kSuccess);
  std::string text;
  CHECK(guest.read(fd, &text) == Errno::kSuccess);
  CHECK(text == "data");
  CHECK(guest.write(fd, "x") == Errno::kBadf);
  CHECK(guest.call("fd_filestat_set_times", fd, 0, 0, abi::kTimeMtim) == Errno::kNotcapable);
  CHECK(guest.open(3, "new", abi::kOpenCreat, kAll, &fd) == Errno::kNotcapable);
  CHECK(guest.open(3, "f", abi::kOpenTrunc, kAll, &fd) == Errno::kNotcapable);
  CHECK(guest.on_path("path_unlink_file", 3, "f") == Errno::kNotcapable);
  CHECK(guest.on_path("path_create_directory", 3, "d") == Errno::kNotcapable);
  CHECK(guest.on_paths("path_rename", 3, "f", 4, "f") == Errno::kNotcapable);
  CHECK(guest.on_paths("path_link", 3, "f", 4, "f") ==
        Errno::kNotcapable);  // the new name could be written to
  CHECK(Sandbox::read(sandbox.inside("f")) == "data");
}

TEST_CASE("wasi: file attributes and times, in both layouts") {
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox));
  Sandbox::write(sandbox.inside("f"), "four");
  uint32_t fd = 0;
  REQUIRE(guest.open(3, "f", 0, kAll, &fd) == Errno::kSuccess);
  CHECK(guest.call("fd_filestat_set_times", fd, 5'000'000'007, 6'000'000'008,
                   abi::kTimeAtim | abi::kTimeMtim) == Errno::kSuccess);
  guest.reset();
  uint32_t out = guest.room(64);
  REQUIRE(guest.call("fd_filestat_get", fd, out) == Errno::kSuccess);
  auto stat = guest.get<abi::Filestat>(out);
  struct stat host;
  REQUIRE(::stat(sandbox.inside("f").c_str(), &host) == 0);
  CHECK(stat.dev == host.st_dev);
  CHECK(stat.ino == host.st_ino);
  CHECK(stat.filetype == abi::kTypeRegularFile);
  CHECK(stat.nlink == 1);
  CHECK(stat.size == 4);
  CHECK(stat.atim == 5'000'000'007);
  CHECK(stat.mtim == 6'000'000'008);
  CHECK(guest.text(out + 17, 7) == std::string(7, '\0'));  // padding says nothing of the host
  guest.unstable = true;
  REQUIRE(guest.call("fd_filestat_get", fd, out) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(out + 20) == 1);
  CHECK(guest.get<uint64_t>(out + 24) == 4);
  CHECK(guest.get<uint64_t>(out + 40) == 6'000'000'008);
  guest.unstable = false;
  CHECK(guest.call("fd_filestat_set_times", fd, 0, 0, abi::kTimeAtim | abi::kTimeAtimNow) == Errno::kInval);
  CHECK(guest.call("fd_filestat_set_times", fd, 0, 0, 16) == Errno::kInval);
  CHECK(guest.call("fd_filestat_set_times", fd, 1, 1, abi::kTimeMtimNow) == Errno::kSuccess);
  REQUIRE(guest.call("fd_filestat_get", fd, out) == Errno::kSuccess);
  CHECK(guest.get<abi::Filestat>(out).atim == 5'000'000'007);
  CHECK(guest.get<abi::Filestat>(out).mtim > 1'700'000'000'000'000'000u);
}

TEST_CASE("wasi: preopened directories are found as wasi-libc looks for them") {
  Sandbox sandbox;
  Config config;
  config.preopens = {{sandbox.inside(), "/"}, {sandbox.inside(), "data dir"}};
  Guest guest(config);
  uint32_t out = guest.room(8), name = guest.room(8);
  REQUIRE(guest.call("fd_prestat_get", 4, out) == Errno::kSuccess);
  CHECK(guest.get<uint8_t>(out) == abi::kPreopenDir);
  CHECK(guest.get<uint32_t>(out + 4) == 8);
  CHECK(guest.call("fd_prestat_dir_name", 4, name, 8) == Errno::kSuccess);
  CHECK(guest.text(name, 8) == "data dir");
  CHECK(guest.call("fd_prestat_dir_name", 4, name, 7) == Errno::kNametoolong);
  CHECK(guest.call("fd_prestat_dir_name", 4, guest.size() - 7, 8) == Errno::kFault);
  CHECK(guest.call("fd_prestat_get", 5, out) == Errno::kBadf);
  CHECK(guest.call("fd_prestat_get", 1, out) == Errno::kBadf);
}

TEST_CASE("wasi: renumbering") {
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox));
  Sandbox::write(sandbox.inside("a"), "A");
  Sandbox::write(sandbox.inside("b"), "B");
  uint32_t a = 0, b = 0, c = 0;
  REQUIRE(guest.open(3, "a", 0, kRead, &a) == Errno::kSuccess);
  REQUIRE(guest.open(3, "b", 0, kRead, &b) == Errno::kSuccess);
  CHECK(guest.call("fd_renumber", b, 77) == Errno::kBadf);
  CHECK(guest.call("fd_renumber", 77, b) == Errno::kBadf);
  CHECK(guest.call("fd_renumber", b, b) == Errno::kSuccess);
  CHECK(guest.call("fd_renumber", b, a) == Errno::kSuccess);
  std::string text;
  CHECK(guest.read(a, &text) == Errno::kSuccess);
  CHECK(text == "B");
  CHECK(guest.read(b, &text) == Errno::kBadf);
  REQUIRE(guest.open(3, "a", 0, kRead, &c) == Errno::kSuccess);
  CHECK(c == b);  // the lowest free number
  // Over a preopened directory, and a standard stream.
  CHECK(guest.call("fd_renumber", c, 3) == Errno::kSuccess);
  CHECK(guest.read(3, &text) == Errno::kSuccess);
  CHECK(guest.call("fd_renumber", 3, 0) == Errno::kSuccess);
  CHECK(guest.call("fd_prestat_get", 3, guest.room(8)) == Errno::kBadf);
}

TEST_CASE("wasi: directories are read in pieces of any size, and their cookies hold") {
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox));
  std::map<std::string, int> expected = {{".", 1}, {"..", 1}};
  for (int i = 0; i < 300; i++) {
    std::string name = "entry" + std::to_string(i) + std::string(static_cast<size_t>(i % 40), 'x');
    Sandbox::write(sandbox.inside(name), "");
    expected[name] = 1;
  }
  std::filesystem::create_directory(sandbox.inside("sub"));
  expected["sub"] = 1;
  for (uint32_t size : {100u, 4096u, 65536u}) {
    std::map<std::string, int> seen;
    std::vector<std::pair<uint64_t, std::string>> after;  // a cookie and the name behind it
    uint64_t cookie = 0;
    for (bool more = true; more;) {
      guest.reset();
      uint32_t buf = guest.room(size), out = guest.room(4);
      REQUIRE(guest.call("fd_readdir", 3, buf, size, cookie, out) == Errno::kSuccess);
      uint32_t used = guest.get<uint32_t>(out), at = 0;
      REQUIRE(used <= size);
      more = used == size;
      while (at + 24 <= used) {
        auto entry = guest.get<abi::Dirent>(buf + at);
        if (at + 24 + entry.namlen > used) break;
        std::string name = guest.text(buf + at + 24, entry.namlen);
        seen[name]++;
        after.push_back({cookie, name});
        cookie = entry.next;
        at += 24 + entry.namlen;
        if (name == "sub" || name == ".") CHECK(entry.type == abi::kTypeDirectory);
        if (name == "..") CHECK(entry.ino != std::filesystem::hash_value(name));
      }
      REQUIRE((at > 0 || !more));
    }
    CHECK(seen == expected);
    // Any cookie, in any order.
    for (size_t i : {size_t{200}, size_t{3}, size_t{100}}) {
      guest.reset();
      uint32_t buf = guest.room(512), out = guest.room(4);
      REQUIRE(guest.call("fd_readdir", 3, buf, 512, after[i].first, out) == Errno::kSuccess);
      CHECK(guest.text(buf + 24, guest.get<abi::Dirent>(buf).namlen) == after[i].second);
    }
  }
  guest.reset();
  uint32_t buf = guest.room(64), out = guest.room(4);
  CHECK(guest.call("fd_readdir", 3, buf, 0, 0, out) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(out) == 0);
  CHECK(guest.call("fd_readdir", 3, buf, 64, ~uint64_t{0}, out) == Errno::kInval);
  CHECK(guest.call("fd_readdir", 3, guest.size() - 63, 64, 0, out) == Errno::kFault);
}

TEST_CASE("wasi: the parent of a preopened directory has no number of the host") {
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox));
  uint32_t buf = guest.room(4096), out = guest.room(4);
  REQUIRE(guest.call("fd_readdir", 3, buf, 4096, 0, out) == Errno::kSuccess);
  struct stat inside;
  REQUIRE(::stat(sandbox.inside().c_str(), &inside) == 0);
  int seen = 0;
  for (uint32_t at = 0; at < guest.get<uint32_t>(out);) {
    auto entry = guest.get<abi::Dirent>(buf + at);
    CHECK(entry.ino == inside.st_ino);
    at += 24 + entry.namlen;
    seen++;
  }
  CHECK(seen == 2);
}

TEST_CASE("wasi: sockets") {
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  Config config;
  config.sockets = {pair[0]};
  Guest guest(config);
  uint32_t buf = guest.put("hello"), iov = guest.put_record(abi::Iovec{buf, 5}), n = guest.room(4),
           f = guest.room(4);
  CHECK(fdstat(guest, 3).filetype == abi::kTypeSocketStream);
  buf = guest.put("hello"), iov = guest.put_record(abi::Iovec{buf, 5}), n = guest.room(4), f = guest.room(4);
  CHECK(guest.call("sock_send", 3, iov, 1, 0, n) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(n) == 5);
  char text[8] = {};
  CHECK(::read(pair[1], text, 8) == 5);
  REQUIRE(::write(pair[1], "xyz", 3) == 3);
  CHECK(guest.call("sock_recv", 3, iov, 1, abi::kRecvPeek, n, f) == Errno::kSuccess);
  CHECK(guest.call("sock_recv", 3, iov, 1, 0, n, f) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(n) == 3);
  CHECK(guest.text(buf, 3) == "xyz");
  CHECK(guest.get<uint16_t>(f) == 0);
  CHECK(guest.call("sock_accept", 3, 0, n) == Errno::kInval);
  CHECK(guest.call("sock_shutdown", 3, 0) == Errno::kInval);
  CHECK(guest.call("sock_shutdown", 3, abi::kShutWr) == Errno::kSuccess);
  CHECK(guest.call("sock_send", 3, iov, 1, 0, n) == Errno::kPipe);
  CHECK(guest.call("sock_send", 1, iov, 1, 0, n) == Errno::kNotsock);
  CHECK(guest.call("sock_shutdown", 9, 1) == Errno::kBadf);
  ::close(pair[0]);
  ::close(pair[1]);
}
