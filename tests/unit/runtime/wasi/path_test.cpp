// The path_* functions where they are allowed to work; sandbox_test.cpp has the attempts to get out.
// Every test runs with the kernel's lookup and with our own walk: the answers must be the same.
#include "unit/runtime/wasi/harness.h"

using namespace wasi_test;

TEST_CASE("wasi: opening, with each flag") {
  bool use_openat2 = GENERATE(true, false);
  CAPTURE(use_openat2);
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox, use_openat2));
  Sandbox::write(sandbox.inside("f"), "data");
  std::filesystem::create_directories(sandbox.inside("d/e"));
  std::filesystem::create_symlink("f", sandbox.inside("to_f"));
  std::filesystem::create_symlink("d/e", sandbox.inside("to_e"));
  std::filesystem::create_symlink("new_target", sandbox.inside("dangling"));
  std::filesystem::create_symlink("loop", sandbox.inside("loop"));
  std::filesystem::create_symlink("../to_f", sandbox.inside("d/up"));
  uint32_t fd = 0;
  CHECK(guest.open(3, "f", 0, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, "absent", 0, kRead, &fd) == Errno::kNoent);
  CHECK(guest.open(3, "absent/f", 0, kRead, &fd) == Errno::kNoent);
  CHECK(guest.open(3, "f/f", 0, kRead, &fd) == Errno::kNotdir);
  CHECK(guest.open(3, "f/", 0, kRead, &fd) == Errno::kNotdir);
  CHECK(guest.open(3, "f/.", 0, kRead, &fd) == Errno::kNotdir);
  CHECK(guest.open(3, "", 0, kRead, &fd) == Errno::kNoent);
  CHECK(guest.open(3, "f", abi::kOpenCreat | abi::kOpenExcl, kAll, &fd) == Errno::kExist);
  CHECK(guest.open(3, "f", abi::kOpenDirectory, kRead, &fd) == Errno::kNotdir);
  CHECK(guest.open(3, "d", abi::kOpenDirectory, kAll, &fd) == Errno::kSuccess);
  CHECK(guest.open(fd, "up", 0, kRead, &fd) == Errno::kPerm);  // beneath d, ".." is a way out
  CHECK(guest.open(3, "d", 0, kAll, &fd) == Errno::kIsdir);
  CHECK(guest.open(3, "d", 0, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, "d", abi::kOpenDirectory | abi::kOpenCreat, kRead, &fd) == Errno::kInval);
  CHECK(guest.open(3, ".", abi::kOpenDirectory, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, "d/..", abi::kOpenDirectory, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, ".//d/./e/../up", 0, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, "to_f", 0, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, "to_f", 0, kRead, &fd, 0) == Errno::kLoop);
  CHECK(guest.open(3, "to_f/", 0, kRead, &fd) == Errno::kNotdir);
  CHECK(guest.open(3, "to_e/", 0, kRead, &fd, 0) == Errno::kSuccess);  // a slash at the end follows
  CHECK(guest.open(3, "to_e/..", abi::kOpenDirectory, kAll, &fd) == Errno::kSuccess);  // d, not the root
  CHECK(guest.exists(fd, "e") == Errno::kSuccess);
  CHECK(guest.open(3, "to_e", abi::kOpenDirectory, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, "to_e", abi::kOpenDirectory, kRead, &fd, 0) == Errno::kNotdir);
  CHECK(guest.open(3, "loop", 0, kRead, &fd) == Errno::kLoop);
  CHECK(guest.open(3, "loop/x", 0, kRead, &fd) == Errno::kLoop);
  CHECK(guest.open(3, "dangling", 0, kRead, &fd) == Errno::kNoent);
  CHECK(guest.open(3, "dangling", abi::kOpenCreat | abi::kOpenExcl, kAll, &fd) == Errno::kExist);
  CHECK(guest.open(3, "dangling", abi::kOpenCreat, kAll, &fd) == Errno::kSuccess);
  CHECK(Sandbox::exists(sandbox.inside("new_target")));
  CHECK(guest.open(3, "new/", abi::kOpenCreat, kAll, &fd) == Errno::kIsdir);
  CHECK(guest.open(3, "f", 16, kRead, &fd) == Errno::kInval);
  CHECK(guest.open(3, "f", 0, kRead, &fd, 2) == Errno::kInval);
  CHECK(guest.open(3, "f", 0, kRead, &fd, 1, 32) == Errno::kInval);
  CHECK(guest.open(3, std::string("f\0g", 3), 0, kRead, &fd) == Errno::kInval);
  CHECK(guest.open(3, std::string(255, 'n'), 0, kRead, &fd) == Errno::kNoent);
  CHECK(guest.open(3, std::string(256, 'n'), 0, kRead, &fd) == Errno::kNametoolong);
  std::string longest;
  while (longest.size() < 4094) longest += "./";
  CHECK(guest.open(3, longest + "f", 0, kRead, &fd) == Errno::kSuccess);
  CHECK(guest.open(3, longest + "./f", 0, kRead, &fd) == Errno::kNametoolong);
  CHECK(guest.open(0, "f", 0, kRead, &fd) == Errno::kNotdir);
  CHECK(guest.open(99, "f", 0, kRead, &fd) == Errno::kBadf);
  CHECK(guest.open(3, "f", abi::kOpenTrunc, kAll, &fd) == Errno::kSuccess);
  CHECK(Sandbox::read(sandbox.inside("f")).empty());
  CHECK(guest.open(3, "f", 0, kAll, &fd, 1, abi::kFdAppend | abi::kFdNonblock) == Errno::kSuccess);
  // A result that cannot be stored leaves nothing behind.
  guest.reset();
  uint32_t p = guest.put("never");
  CHECK(guest.call("path_open", 3, 0, p, 5, abi::kOpenCreat, kAll, kAll, 0, guest.size() - 3) ==
        Errno::kFault);
  CHECK_FALSE(Sandbox::exists(sandbox.inside("never")));
}

TEST_CASE("wasi: making, removing and renaming") {
  bool use_openat2 = GENERATE(true, false);
  CAPTURE(use_openat2);
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox, use_openat2));
  Sandbox::write(sandbox.inside("f"), "data");
  auto mkdir = [&](const char* p) { return guest.on_path("path_create_directory", 3, p); };
  auto rmdir = [&](const char* p) { return guest.on_path("path_remove_directory", 3, p); };
  auto unlink = [&](const char* p) { return guest.on_path("path_unlink_file", 3, p); };
  auto rename = [&](const char* a, const char* b) { return guest.on_paths("path_rename", 3, a, 3, b); };
  CHECK(mkdir("d") == Errno::kSuccess);
  CHECK(mkdir("d/e/") == Errno::kSuccess);
  CHECK(mkdir("d") == Errno::kExist);
  CHECK(mkdir(".") == Errno::kExist);
  CHECK(mkdir("d/..") == Errno::kExist);
  CHECK(mkdir("x/y") == Errno::kNoent);
  CHECK(mkdir("f/y") == Errno::kNotdir);
  CHECK(mkdir("") == Errno::kNoent);
  CHECK(rmdir("d") == Errno::kNotempty);
  CHECK(rmdir("f") == Errno::kNotdir);
  CHECK(rmdir(".") == Errno::kInval);
  CHECK(rmdir("d/e/..") == Errno::kNotempty);
  CHECK(unlink("d") == Errno::kIsdir);
  CHECK(unlink("d/") == Errno::kIsdir);
  CHECK(unlink("f/") == Errno::kNotdir);
  CHECK(unlink("absent") == Errno::kNoent);
  CHECK(rename("f", "d") == Errno::kIsdir);
  CHECK(rename("d", "f") == Errno::kNotdir);
  CHECK(rename("f/", "g") == Errno::kNotdir);
  CHECK(rename("f", "g/") == Errno::kNotdir);
  CHECK(rename("d", "d/e/inside_itself") == Errno::kInval);
  CHECK(rename(".", "dot") == Errno::kBusy);
  CHECK(rename("absent", "g") == Errno::kNoent);
  CHECK(rename("f", "d/e/g") == Errno::kSuccess);
  CHECK(Sandbox::read(sandbox.inside("d/e/g")) == "data");
  CHECK(rename("d/e/", "h/") == Errno::kSuccess);
  CHECK(rmdir("d/") == Errno::kSuccess);
  CHECK(unlink("h/g") == Errno::kSuccess);
  CHECK(rmdir("h") == Errno::kSuccess);
  CHECK(std::filesystem::is_empty(sandbox.inside()));
}

TEST_CASE("wasi: links, attributes and times") {
  bool use_openat2 = GENERATE(true, false);
  CAPTURE(use_openat2);
  Sandbox sandbox;
  Guest guest(Guest::sandboxed(sandbox, use_openat2));
  Sandbox::write(sandbox.inside("f"), "data");
  std::filesystem::create_directory(sandbox.inside("d"));
  CHECK(guest.symlink("f", 3, "s") == Errno::kSuccess);
  CHECK(guest.symlink("f", 3, "s") == Errno::kExist);
  CHECK(guest.symlink("../f", 3, "d/s") == Errno::kSuccess);
  CHECK(guest.symlink("", 3, "empty") == Errno::kNoent);
  CHECK(guest.symlink("f", 3, "x/") == Errno::kNoent);
  std::string target;
  CHECK(guest.readlink(3, "d/s", &target) == Errno::kSuccess);
  CHECK(target == "../f");
  CHECK(guest.readlink(3, "d/s", &target, 2) == Errno::kSuccess);
  CHECK(target == "..");
  CHECK(guest.readlink(3, "d/s", &target, 0) == Errno::kSuccess);
  CHECK(guest.readlink(3, "f", &target) == Errno::kInval);
  CHECK(guest.readlink(3, "d/s/", &target) == Errno::kNotdir);
  abi::Filestat stat{};
  CHECK(guest.stat(3, "d/s", &stat) == Errno::kSuccess);
  CHECK(stat.filetype == abi::kTypeRegularFile);
  CHECK(stat.size == 4);
  CHECK(guest.stat(3, "d/s", &stat, false) == Errno::kSuccess);
  CHECK(stat.filetype == abi::kTypeSymbolicLink);
  CHECK(guest.stat(3, "d/", &stat, false) == Errno::kSuccess);
  CHECK(stat.filetype == abi::kTypeDirectory);
  CHECK(guest.stat(3, "f/", &stat) == Errno::kNotdir);

  CHECK(guest.on_paths("path_link", 3, "f", 3, "d/hard") == Errno::kSuccess);
  CHECK(guest.stat(3, "f", &stat) == Errno::kSuccess);
  CHECK(stat.nlink == 2);
  CHECK(guest.on_paths("path_link", 3, "f", 3, "d/hard") == Errno::kExist);
  CHECK(guest.on_paths("path_link", 3, "d", 3, "d2") == Errno::kPerm);
  CHECK(guest.on_paths("path_link", 3, "d/", 3, "d2") == Errno::kPerm);
  CHECK(guest.on_paths("path_link", 3, "d/..", 3, "d2") == Errno::kPerm);
  CHECK(guest.on_paths("path_link", 3, "f/", 3, "f2") == Errno::kNotdir);
  CHECK(guest.on_paths("path_link", 3, "s", 3, "s2") == Errno::kSuccess);  // the link itself
  CHECK(guest.stat(3, "s2", &stat, false) == Errno::kSuccess);
  CHECK(stat.filetype == abi::kTypeSymbolicLink);
  guest.reset();
  uint32_t from = guest.put("d/s"), to = guest.put("f3");
  CHECK(guest.call("path_link", 3, abi::kLookupSymlinkFollow, from, 3, 3, to, 2) == Errno::kSuccess);
  CHECK(guest.stat(3, "f3", &stat, false) == Errno::kSuccess);
  CHECK(stat.filetype == abi::kTypeRegularFile);
  CHECK(stat.nlink == 3);

  auto set_times = [&](const std::string& path, uint32_t lookup, uint64_t atim, uint64_t mtim,
                       uint32_t flags) {
    guest.reset();
    uint32_t p = guest.put(path);
    return guest.call("path_filestat_set_times", 3, lookup, p, path.size(), atim, mtim, flags);
  };
  CHECK(set_times("s", 1, 7, 8, abi::kTimeAtim | abi::kTimeMtim) == Errno::kSuccess);
  CHECK(guest.stat(3, "f", &stat) == Errno::kSuccess);
  CHECK(stat.atim == 7);
  CHECK(stat.mtim == 8);
  CHECK(set_times("s", 0, 0, 9, abi::kTimeMtim) == Errno::kSuccess);
  CHECK(guest.stat(3, "s", &stat, false) == Errno::kSuccess);
  CHECK(stat.mtim == 9);
  CHECK(guest.stat(3, "f", &stat) == Errno::kSuccess);
  CHECK(stat.mtim == 8);
  CHECK(set_times("f", 1, 0, 0, abi::kTimeMtim | abi::kTimeMtimNow) == Errno::kInval);
  CHECK(set_times("absent", 1, 0, 0, abi::kTimeMtim) == Errno::kNoent);

  guest.unstable = true;
  guest.reset();
  uint32_t p = guest.put("f"), out = guest.room(56);
  CHECK(guest.call("path_filestat_get", 3, 0, p, 1, out) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(out + 20) == 3);
  CHECK(guest.get<uint64_t>(out + 40) == 8);
}
