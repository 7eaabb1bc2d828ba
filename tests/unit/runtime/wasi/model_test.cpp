// Row 25 of the failure classes: random calls with random paths of the grammar (names, links, "." and "..",
// slashes in every place), in a tree that they change, against a model in memory. Two guests, one for each
// way to look paths up, do the same: they have to answer the same error, succeed when the model does, and
// leave its tree behind.
#include <cstdlib>
#include <random>

#include "unit/runtime/wasi/harness.h"
#include "unit/runtime/wasi/model_fs.h"

using namespace wasi_test;
using model::Answer;

namespace {

std::string list_tree(const std::string& root) {
  std::string out;
  std::map<std::pair<dev_t, ino_t>, std::string> first;
  auto visit = [&](auto& self, const std::string& at) -> void {
    std::vector<std::string> names;
    for (const auto& e : std::filesystem::directory_iterator(root + "/" + at))
      names.push_back(e.path().filename());
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      const std::string path = at + name, host = root + "/" + path;
      struct stat st {};
      REQUIRE(::lstat(host.c_str(), &st) == 0);
      out += path + " " + (S_ISDIR(st.st_mode) ? "d" : S_ISLNK(st.st_mode) ? "l" : "f");
      if (S_ISLNK(st.st_mode)) out += " " + std::filesystem::read_symlink(host).string();
      if (S_ISREG(st.st_mode)) out += " " + std::to_string(st.st_size);
      auto [it, fresh] = first.try_emplace({st.st_dev, st.st_ino}, path);
      if (!fresh) out += " = " + it->second;
      out += "\n";
      if (S_ISDIR(st.st_mode)) self(self, path + "/");
    }
  };
  visit(visit, "");
  return out;
}

class Run {
 public:
  explicit Run(uint32_t seed) : random_(seed) {
    for (Side& side : sides_) side.before = side.sandbox.outside_state();
  }

  void step() {
    if (below(8) == 0) {
      on_descriptors();
      return;
    }
    switch (below(9)) {
      case 0:
      case 1:
        return open();
      case 2:
        return on_path("path_create_directory", model::make_directory);
      case 3:
        return on_path("path_remove_directory", model::remove_directory);
      case 4:
        return on_path("path_unlink_file", model::unlink);
      case 5:
        return rename();
      case 6:
        return link();
      case 7:
        return symlink();
      default:
        return look();
    }
  }

  void check_trees() {
    std::string expected;
    std::map<const model::Node*, std::string> first;
    model::list(root_, "", first, expected);
    for (Side& side : sides_) {
      REQUIRE(list_tree(side.sandbox.inside()) == expected);
      REQUIRE(side.sandbox.outside_state() == side.before);
    }
  }

 private:
  struct Side {
    explicit Side(bool use_openat2) : guest(Guest::sandboxed(sandbox, use_openat2)) {}
    Sandbox sandbox;
    Guest guest;
    std::string before;
  };
  struct Open {
    uint32_t fd;
    model::NodePtr node;
    bool write;
  };

  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }

  std::string path() {
    static const char* const kNames[] = {"a", "b", "c", "d", "..", ".", "a", "b"};
    std::string p = below(40) == 0 ? "/" : "";
    if (below(60) == 0) return p;
    for (uint32_t i = 0, n = 1 + below(4); i < n; ++i) {
      if (i) p += below(12) == 0 ? "//" : "/";
      p += kNames[below(8)];
    }
    if (below(6) == 0) p += "/";
    if (below(80) == 0) p += "../../outside/secret";
    return p;
  }

  // Where a path begins: the preopened directory, or one that was opened later.
  std::pair<uint32_t, model::NodePtr> start() {
    std::vector<const Open*> dirs;
    for (const Open& o : open_)
      if (o.node->kind == model::Kind::kDir) dirs.push_back(&o);
    if (dirs.empty() || below(3)) return {3, root_};
    const Open* o = dirs[below(static_cast<uint32_t>(dirs.size()))];
    return {o->fd, o->node};
  }

  // `call` on both sides; what they answer has to agree with the model's answer.
  template <class Call>
  void expect(Answer answer, const std::string& what, Call&& call) {
    log_.push_back(what);
    if (log_.size() > 30) log_.erase(log_.begin());
    std::string history;
    for (const std::string& line : log_) history += line + "\n";
    INFO(history);
    const Errno kernel = call(sides_[0].guest), walk = call(sides_[1].guest);
    REQUIRE(kernel == walk);
    REQUIRE((kernel == Errno::kSuccess) == (answer == Answer::kDone));
    if (answer == Answer::kWayOut) REQUIRE(kernel == Errno::kPerm);
    ++answers[size_t(answer)];
  }

  template <class Model>
  void on_path(const char* name, Model&& model) {
    const auto [fd_in, dir] = start();
    const uint32_t fd = fd_in;  // lambdas take it along, which clang 14 does not allow of the binding itself
    const std::string p = path();
    expect(model(dir, p), std::string(name) + " " + std::to_string(fd) + " " + p,
           [&](Guest& g) { return g.on_path(name, fd, p); });
  }

  void rename() {
    const auto [fd_in, dir] = start();
    const uint32_t fd = fd_in;  // lambdas take it along, which clang 14 does not allow of the binding itself
    const auto [fd2_in, dir2] = start();
    const uint32_t fd2 = fd2_in;
    const std::string p = path(), p2 = path();
    expect(model::rename(dir, p, dir2, p2),
           "rename " + std::to_string(fd) + " " + p + " " + std::to_string(fd2) + " " + p2,
           [&](Guest& g) { return g.on_paths("path_rename", fd, p, fd2, p2); });
  }

  void link() {
    const auto [fd_in, dir] = start();
    const uint32_t fd = fd_in;  // lambdas take it along, which clang 14 does not allow of the binding itself
    const auto [fd2_in, dir2] = start();
    const uint32_t fd2 = fd2_in;
    const std::string p = path(), p2 = path();
    const bool follow = below(2);
    expect(model::link(dir, p, follow, dir2, p2),
           "link " + std::to_string(fd) + " " + p + (follow ? " (followed) " : " ") + std::to_string(fd2) +
               " " + p2,
           [&](Guest& g) {
             g.reset();
             const uint32_t a = g.put(p), b = g.put(p2);
             return g.call("path_link", fd, uint32_t(follow), a, p.size(), fd2, b, p2.size());
           });
  }

  void symlink() {
    const auto [fd_in, dir] = start();
    const uint32_t fd = fd_in;  // lambdas take it along, which clang 14 does not allow of the binding itself
    std::string target = path();
    if (target.empty()) target = "a";
    const std::string p = path();
    if (below(20) == 0) {
      // A link that only the host can make: to a place outside.
      const model::Parent parent = model::find_parent(root_, "planted");
      if (!parent.child()) {
        auto node = std::make_shared<model::Node>(model::Kind::kLink);
        node->target = "/wjit-no-such-place";
        root_->names["planted"] = node;
        for (Side& side : sides_)
          std::filesystem::create_symlink(node->target, side.sandbox.inside("planted"));
      }
      return;
    }
    expect(model::symlink(target, dir, p), "symlink " + target + " " + std::to_string(fd) + " " + p,
           [&](Guest& g) { return g.symlink(target, fd, p); });
  }

  void look() {
    const auto [fd_in, dir] = start();
    const uint32_t fd = fd_in;  // lambdas take it along, which clang 14 does not allow of the binding itself
    const std::string p = below(10) ? path() : "planted" + std::string(below(2) ? "/a" : "");
    const bool follow = below(2);
    const model::Found f = model::find(dir, p, follow);
    const Answer answer = f.answer == Answer::kDone && !f.node ? Answer::kFailed : f.answer;
    expect(answer, "stat " + std::to_string(fd) + " " + p + (follow ? " (followed)" : ""), [&](Guest& g) {
      abi::Filestat stat;
      const Errno e = g.stat(fd, p, &stat, follow);
      if (e == Errno::kSuccess && f.node && f.node->kind == model::Kind::kFile)
        CHECK(stat.size == f.node->size);
      return e;
    });
    const model::Found l = model::find(dir, p, false);
    const bool is_link = l.node && l.node->kind == model::Kind::kLink;
    expect(l.answer == Answer::kDone ? model::done(is_link) : l.answer,
           "readlink " + std::to_string(fd) + " " + p, [&](Guest& g) {
             std::string target;
             const Errno e = g.readlink(fd, p, &target);
             if (e == Errno::kSuccess && is_link) CHECK(target == l.node->target);
             return e;
           });
  }

  void open() {
    if (open_.size() > 10) return close(below(10));
    const auto [fd_in, dir] = start();
    const uint32_t fd = fd_in;  // lambdas take it along, which clang 14 does not allow of the binding itself
    const std::string p = path();
    const bool kinds[] = {below(2) == 0, below(4) == 0, below(5) == 0,
                          below(3) == 0, below(3) != 0, below(2) == 0};
    const model::OpenFlags o{kinds[0], kinds[1], kinds[2], kinds[3], kinds[4], kinds[5]};
    const uint32_t oflags = (o.create ? abi::kOpenCreat : 0) | (o.exclusive ? abi::kOpenExcl : 0) |
                            (o.truncate ? abi::kOpenTrunc : 0) | (o.directory ? abi::kOpenDirectory : 0);
    model::NodePtr node;
    const Answer answer = model::open(dir, p, o, &node);
    uint32_t opened[2] = {};
    size_t side = 0;
    expect(answer,
           "open " + std::to_string(fd) + " " + p + (o.create ? " creat" : "") +
               (o.exclusive ? " excl" : "") + (o.truncate ? " trunc" : "") +
               (o.directory ? " directory" : "") + (o.follow ? " follow" : "") + (o.write ? " write" : ""),
           [&](Guest& g) {
             return g.open(fd, p, oflags, o.write || o.directory ? kAll : kRead | kBelow, &opened[side++],
                           o.follow ? abi::kLookupSymlinkFollow : 0);
           });
    REQUIRE(opened[0] == opened[1]);
    if (answer == Answer::kDone) open_.push_back({opened[0], node, o.write});
  }

  void close(uint32_t i) {
    expect(Answer::kDone, "close " + std::to_string(open_[i].fd),
           [&](Guest& g) { return g.call("fd_close", open_[i].fd); });
    open_.erase(open_.begin() + i);
  }

  // Renumbering, closing, and changing the size of what is open, which may have no name any more.
  void on_descriptors() {
    if (open_.empty()) return;
    const uint32_t n = static_cast<uint32_t>(open_.size()), i = below(n), j = below(n);
    if (below(3) == 0) return close(i);
    if (below(2)) {
      const uint32_t from = open_[i].fd, to = open_[j].fd;
      expect(Answer::kDone, "renumber " + std::to_string(from) + " " + std::to_string(to),
             [&](Guest& g) { return g.call("fd_renumber", from, to); });
      if (i == j) return;
      open_[i].fd = to;
      open_.erase(open_.begin() + j);
      return;
    }
    const Open& o = open_[i];
    const uint64_t size = below(1000);
    const bool ok = o.node->kind == model::Kind::kFile && o.write;
    if (ok) o.node->size = size;
    expect(model::done(ok), "set_size " + std::to_string(o.fd) + " " + std::to_string(size),
           [&](Guest& g) { return g.call("fd_filestat_set_size", o.fd, size); });
  }

  // What a directory opened for reading needs to have paths below it.
  static constexpr uint64_t kBelow =
      abi::rights::kAll & ~(abi::rights::kFdWrite | abi::rights::kFdDatasync | abi::rights::kFdAllocate |
                            abi::rights::kFdFilestatSetSize);

  std::mt19937 random_;
  Side sides_[2] = {Side(true), Side(false)};
  model::NodePtr root_ = std::make_shared<model::Node>(model::Kind::kDir);
  std::vector<Open> open_;
  std::vector<std::string> log_;

 public:
  size_t answers[3] = {};
};

}  // namespace

TEST_CASE("wasi: random calls on random paths do what the model says, and nothing outside") {
  const bool full = std::getenv("WJIT_TEST_FULL");
  const uint32_t seeds = full ? 200 : 12;
  size_t answers[3] = {};
  for (uint32_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    Run run(seed);
    for (int i = 0; i < 600; ++i) {
      run.step();
      if (i % 20 == 19) run.check_trees();
    }
    for (size_t a = 0; a < 3; ++a) answers[a] += run.answers[a];
  }
  // The grammar reaches all three.
  for (size_t a : answers) CHECK(a > 50 * seeds);
}
