// Attempts to get out of a preopened directory. Each ends with the same question: is what lies outside
// untouched, and was nothing of it told? What lies outside is always a temporary folder of the test's own: a sandbox
// that is broken, or switched off to see a test fail, must find nothing of the machine's to change. Paths of the
// machine are looked at, never written.
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "unit/runtime/wasi/harness.h"

using namespace wasi_test;

TEST_CASE("wasi: no path leads out") {
  bool use_openat2 = GENERATE(true, false);
  CAPTURE(use_openat2);
  Sandbox sandbox;
  std::string before = sandbox.outside_state();
  Guest guest(Guest::sandboxed(sandbox, use_openat2));
  std::filesystem::create_directories(sandbox.inside("d/e"));
  Sandbox::write(sandbox.inside("f"), "data");
  std::filesystem::create_symlink("../outside", sandbox.inside("up"));
  std::filesystem::create_symlink("../../outside/secret", sandbox.inside("d/up_file"));
  std::filesystem::create_symlink(sandbox.outside(), sandbox.inside("abs"));
  std::filesystem::create_symlink(sandbox.outside("secret"), sandbox.inside("abs_file"));
  std::filesystem::create_symlink(sandbox.inside("f"), sandbox.inside("abs_inside"));
  const std::string top = std::filesystem::path(sandbox.outside()).parent_path();
  std::filesystem::create_symlink(top, sandbox.inside("root"));
  std::filesystem::create_symlink("d/../../outside", sandbox.inside("bent"));
  std::filesystem::create_symlink("up", sandbox.inside("twice"));
  std::filesystem::create_symlink("../outside/new", sandbox.inside("dangling_out"));
  std::filesystem::create_symlink("..", sandbox.inside("parent"));

  const std::vector<std::string> ways = {
      "..",
      "../",
      "../outside/secret",
      "d/../../outside/secret",
      "d/e/../../../outside/secret",
      "./..",
      ".//..//",
      "up/secret",
      "abs/secret",
      "abs_file",
      "abs_inside",
      "root/outside/secret",
      "root",
      "bent/secret",
      "twice/secret",
      "d/up_file",
      "dangling_out",
      "parent",
      "parent/",
      "parent/outside",
      "up/",
      "up/.",
      "up/..",
      "abs/..",
      "../inside/f",
      "d/../../inside/f",
      sandbox.outside("secret"),
      "twice/.",
      "root/.",
      "up/absent",
      "../absent",
      "../absent/absent",
      "abs_file/",
      "d/up_file/",
      "parent/inside/f",
      "d/e/../../..",
      "bent/../outside/secret",
  };
  for (const char* way : {"/", "//", "/etc/passwd", "//etc/passwd", "../../../../../../../../etc/passwd"}) {
    INFO(way);
    uint32_t fd = 0;
    CHECK(guest.open(3, way, 0, kRead, &fd) == Errno::kPerm);
    CHECK(guest.exists(3, way) == Errno::kPerm);
  }
  for (const std::string& way : ways) {
    INFO(way);
    uint32_t fd = 0;
    std::string text;
    // EPERM whether or not the place exists.
    CHECK(guest.open(3, way, 0, kRead, &fd) == Errno::kPerm);
    CHECK(guest.open(3, way, abi::kOpenDirectory, kRead, &fd) == Errno::kPerm);
    Errno created = guest.open(3, way, abi::kOpenCreat, kAll, &fd);
    CHECK((created == Errno::kPerm || (way.back() == '/' && created == Errno::kIsdir)));
    CHECK(guest.exists(3, way) == Errno::kPerm);
    // Calls on the last name itself may find a link, which is inside; through it nothing happens.
    for (const char* call : {"path_create_directory", "path_remove_directory"})
      CHECK(guest.on_path(call, 3, way) != Errno::kSuccess);
    if (guest.readlink(3, way, &text) != Errno::kSuccess) {
      CHECK(guest.on_path("path_unlink_file", 3, way) != Errno::kSuccess);
      CHECK(guest.on_paths("path_rename", 3, way, 3, "taken") != Errno::kSuccess);
      CHECK(guest.on_paths("path_link", 3, way, 3, "taken") != Errno::kSuccess);
    }
    CHECK(guest.on_paths("path_link", 3, "f", 3, way) != Errno::kSuccess);
    CHECK(guest.symlink("f", 3, way) != Errno::kSuccess);
    if (guest.readlink(3, way, &text) != Errno::kSuccess) {
      CHECK(guest.on_paths("path_rename", 3, "f", 3, way) != Errno::kSuccess);
      CHECK(guest.on_paths("path_rename", 3, "d", 3, way) != Errno::kSuccess);
    }
    guest.reset();
    uint32_t p = guest.put(way), to = guest.put("taken");
    CHECK(guest.call("path_filestat_set_times", 3, 1, p, way.size(), 1, 1, 5) == Errno::kPerm);
    CHECK(guest.call("path_link", 3, 1, p, way.size(), 3, to, 5) != Errno::kSuccess);
  }
  CHECK_FALSE(Sandbox::exists(sandbox.inside("taken")));
  CHECK(guest.symlink("/etc", 3, "made") == Errno::kPerm);
  // A link that leads up may be made, as a program unpacking an archive does; it cannot be followed.
  uint32_t fd = 0;
  CHECK(guest.symlink("../../../outside/secret", 3, "made") == Errno::kSuccess);
  CHECK(guest.open(3, "made", 0, kRead, &fd) == Errno::kPerm);
  CHECK(sandbox.outside_state() == before);
  CHECK(Sandbox::read(sandbox.inside("f")) == "data");
}

TEST_CASE("wasi: a directory opened below keeps to itself, also when it is moved away") {
  bool use_openat2 = GENERATE(true, false);
  CAPTURE(use_openat2);
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox, use_openat2));
  std::filesystem::create_directories(sandbox.inside("d/e"));
  Sandbox::write(sandbox.inside("f"), "data");
  uint32_t d = 0, fd = 0;
  REQUIRE(guest.open(3, "d", abi::kOpenDirectory, kAll, &d) == Errno::kSuccess);
  CHECK(guest.open(d, "../f", 0, kRead, &fd) == Errno::kPerm);
  std::filesystem::rename(sandbox.inside("d"), sandbox.outside("d"));
  CHECK(guest.open(d, "e/../..", 0, kRead, &fd) == Errno::kPerm);
  CHECK(guest.open(d, "../secret", 0, kRead, &fd) == Errno::kPerm);
  CHECK(guest.open(d, "e", 0, kRead, &fd) == Errno::kSuccess);
}

TEST_CASE("wasi: two preopened directories: across, by descriptors of both, and no other way") {
  bool use_openat2 = GENERATE(true, false);
  CAPTURE(use_openat2);
  Sandbox a, b;
  Config config;
  config.preopens = {{a.inside(), "/a"}, {b.inside(), "/b"}};
  config.use_openat2 = use_openat2;
  Guest guest(config);
  Sandbox::write(a.inside("f"), "data");
  CHECK(guest.on_paths("path_rename", 3, "f", 4, "../inside/g") == Errno::kPerm);
  CHECK(guest.on_paths("path_rename", 3, "f", 4, b.inside("g")) == Errno::kPerm);
  CHECK(guest.on_paths("path_link", 3, "../inside/f", 4, "g") == Errno::kPerm);
  CHECK(guest.on_paths("path_link", 3, "f", 4, "g") == Errno::kSuccess);
  CHECK(guest.on_paths("path_rename", 3, "f", 4, "h") ==
        Errno::kSuccess);  // the same file: POSIX leaves one name
  CHECK(Sandbox::read(b.inside("h")) == "data");
  CHECK_FALSE(Sandbox::exists(a.inside("f")));
}

TEST_CASE("wasi: a link swapped for a directory, again and again, never leads out") {
  bool use_openat2 = GENERATE(true, false);
  CAPTURE(use_openat2);
  Sandbox sandbox;
  std::string before = sandbox.outside_state();
  std::filesystem::create_directories(sandbox.inside("d/deep"));
  Sandbox::write(sandbox.inside("d/secret"), "harmless");
  std::filesystem::create_symlink("../outside", sandbox.inside("link"));
  // The other side: swaps "d" and "link" as fast as it can.
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    int dir = ::open(sandbox.inside().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (!stop) ::renameat2(dir, "d", dir, "link", RENAME_EXCHANGE);
    ::close(dir);
  });
  Guest guest(Guest::sandboxed(sandbox, use_openat2));
  int harmless = 0, refused = 0;
  bool leaked = false;
  std::string text;
  for (int i = 0; i < 1500 && !leaked; i++) {
    uint32_t fd = 0;
    Errno e = guest.open(3, i % 2 ? "d/secret" : "d/deep/../secret", 0, kRead, &fd);
    if (e == Errno::kSuccess) {
      guest.read(fd, &text);
      leaked |= text != "harmless";
      harmless++;
      guest.call("fd_close", fd);
    } else {
      refused++;
    }
    // Whatever these answer, they must act inside.
    if (guest.open(3, "d/new", abi::kOpenCreat | abi::kOpenTrunc, kAll, &fd) == Errno::kSuccess) {
      guest.write(fd, "x");
      guest.call("fd_close", fd);
    }
    guest.on_path("path_create_directory", 3, "d/made");
    guest.on_path("path_remove_directory", 3, "d/made");
    guest.on_paths("path_rename", 3, "d/new", 3, "d/newer");
    guest.on_paths("path_link", 3, "d/newer", 3, "d/hard");
    guest.symlink("x", 3, "d/sym");
    guest.on_path("path_unlink_file", 3, "d/sym");
    guest.on_path("path_unlink_file", 3, "d/hard");
    abi::Filestat stat;
    if (guest.stat(3, "d/secret", &stat) == Errno::kSuccess) leaked |= stat.size != 8;
  }
  stop = true;
  swapper.join();
  CHECK_FALSE(leaked);
  CHECK(harmless > 0);
  CHECK(refused + harmless == 1500);
  CHECK(sandbox.outside_state() == before);
}

// Row 25 of the failure classes, begun: random paths of the grammar against the rule "open, or be refused, as
// the kernel would in a root of its own", for both lookups at once.
TEST_CASE(
    "wasi: row 25: random paths open the same file by the kernel's lookup and by ours, and none outside") {
  Sandbox sandbox;
  std::filesystem::create_directories(sandbox.inside("a/b/a"));
  Sandbox::write(sandbox.inside("f"), "1");
  Sandbox::write(sandbox.inside("a/f"), "2");
  Sandbox::write(sandbox.inside("a/b/f"), "3");
  const std::string outside = sandbox.outside();
  const std::pair<const char*, const char*> links[] = {
      {"b", "a"},
      {"l", "a/b"},
      {"a/l", "../f"},
      {"a/b/l", "../../l/f"},
      {"a/up", ".."},
      {"a/b/up", "../.."},
      {"out", ".."},
      {"a/out", "../../outside"},
      {"a/b/out", outside.c_str()},
      {"o", "a/b/up/a/"},
      {"a/o", "./l"},
      {"a/b/o", "o"},
      {"a/b/a/f", "../../../f/"},
      {"a/b/a/l", "./"},
  };
  for (auto [name, target] : links) std::filesystem::create_symlink(target, sandbox.inside(name));
  std::set<uint64_t> inside_inodes;
  auto remember = [&](const std::string& path) {
    struct stat st;
    REQUIRE(::lstat(path.c_str(), &st) == 0);
    inside_inodes.insert(st.st_ino);
  };
  remember(sandbox.inside());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sandbox.inside()))
    remember(entry.path());

  Guest kernel(Guest::sandboxed(sandbox, true)), ours(Guest::sandboxed(sandbox, false));
  std::mt19937 random(20240607);
  auto pick = [&](size_t n) { return random() % n; };
  const char* names[] = {"a", "b", "f", "l", "up", "out", "o", "..", ".", "..", "a", "b", "absent"};
  const char* slashes[] = {"/", "/", "/", "/", "//", "/./"};
  int opened = 0, refused = 0;
  for (int i = 0; i < 4000; i++) {
    std::string path = pick(40) == 0 ? "/" : "";
    for (size_t n = 1 + pick(6); n > 0; n--) {
      path += names[pick(std::size(names))];
      if (n > 1 || pick(5) == 0) path += slashes[pick(std::size(slashes))];
    }
    bool follow = pick(2);
    CAPTURE(path, follow);
    abi::Filestat k{}, o{};
    Errno ke = kernel.stat(3, path, &k, follow), oe = ours.stat(3, path, &o, follow);
    REQUIRE(ke == oe);
    if (ke == Errno::kSuccess) {
      opened++;
      REQUIRE(k.ino == o.ino);
      REQUIRE(inside_inodes.count(k.ino) == 1);
    }
    refused += ke == Errno::kPerm;
    uint32_t oflags = (pick(3) == 0 ? abi::kOpenDirectory : 0), fd = 0;
    ke = kernel.open(3, path, oflags, kRead, &fd, follow);
    if (ke == Errno::kSuccess) kernel.call("fd_close", fd);
    oe = ours.open(3, path, oflags, kRead, &fd, follow);
    if (oe == Errno::kSuccess) ours.call("fd_close", fd);
    REQUIRE(ke == oe);
    if (path[0] == '/') continue;
    // What these change is undone before the other has its turn.
    ke = kernel.on_path("path_create_directory", 3, path);
    if (ke == Errno::kSuccess) REQUIRE(ours.on_path("path_remove_directory", 3, path) == Errno::kSuccess);
    oe = ours.on_path("path_create_directory", 3, path);
    if (oe == Errno::kSuccess) REQUIRE(kernel.on_path("path_remove_directory", 3, path) == Errno::kSuccess);
    REQUIRE(ke == oe);
    std::string kt, ot;
    REQUIRE(kernel.readlink(3, path, &kt) == ours.readlink(3, path, &ot));
    REQUIRE(kt == ot);
  }
  CHECK(opened > 300);
  CHECK(refused > 300);
}
