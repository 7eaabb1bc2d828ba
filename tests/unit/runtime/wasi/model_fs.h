// A file system in memory, with what Linux and the rules of runtime/wasi/path_lookup.h say about paths: the
// model that model_test.cpp holds WASI against. It knows whether a call succeeds, and whether it failed
// because the path led out; which of several errors is told is not its business.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace wasi_test::model {

enum class Kind : char { kDir = 'd', kFile = 'f', kLink = 'l' };
enum class Answer : char { kDone, kFailed, kWayOut };

struct Node {
  explicit Node(Kind k) : kind(k) {}
  Kind kind;
  std::map<std::string, std::shared_ptr<Node>> names;  // of a directory
  bool removed = false;                                // a directory that has no name any more
  std::string target;                                  // of a link
  uint64_t size = 0;                                   // of a file
};
using NodePtr = std::shared_ptr<Node>;

struct Found {
  Answer answer = Answer::kFailed;
  NodePtr node;  // kDone: what the path names, or null: nothing, but it could be made as
  NodePtr dir;   // … this name of this directory
  std::string name;
};

// Resolves `path` beneath `start`. A link at the end stays one unless `follow`.
inline Found find(const NodePtr& start, const std::string& path, bool follow) {
  if (path.empty()) return {};
  if (path[0] == '/') return {Answer::kWayOut};
  std::vector<NodePtr> way{start};
  std::string rest = path;
  for (int links = 0;;) {
    const size_t begin = rest.find_first_not_of('/');
    if (begin == std::string::npos) return {Answer::kDone, way.back()};
    const size_t end = std::min(rest.find('/', begin), rest.size());
    const std::string name = rest.substr(begin, end - begin);
    rest.erase(0, end);
    if (name == ".") continue;
    if (name == "..") {
      if (way.size() == 1) return {Answer::kWayOut};
      way.pop_back();
      continue;
    }
    auto it = way.back()->names.find(name);
    if (it == way.back()->names.end()) {
      if (!rest.empty()) return {};
      return {Answer::kDone, nullptr, way.back(), name};
    }
    const NodePtr node = it->second;
    if (node->kind == Kind::kLink && (follow || !rest.empty())) {
      if (++links > 40) return {};
      if (node->target[0] == '/') return {Answer::kWayOut};
      rest.insert(0, node->target);
    } else if (rest.empty()) {
      return {Answer::kDone, node, way.back(), name};
    } else if (node->kind != Kind::kDir) {
      return {};
    } else {
      way.push_back(node);
    }
  }
}

struct Parent {
  Answer answer = Answer::kFailed;
  NodePtr dir;
  std::string name;
  bool slash = false;  // behind the name
  NodePtr child() const {
    auto it = dir->names.find(name);
    return it == dir->names.end() ? nullptr : it->second;
  }
};

// For calls that act on a name. "." and ".." are none, but that they lead out is told first.
inline Parent find_parent(const NodePtr& start, const std::string& path) {
  if (path.empty()) return {};
  if (path[0] == '/') return {Answer::kWayOut};
  const size_t end = path.find_last_not_of('/') + 1;
  const size_t before = path.rfind('/', end - 1);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  Parent p{Answer::kDone, start, path.substr(begin, end - begin), end < path.size()};
  if (p.name == "." || p.name == "..") {
    const Found f = find(start, path, true);
    return {f.answer == Answer::kWayOut ? Answer::kWayOut : Answer::kFailed};
  }
  if (begin == 0) return p;
  const Found f = find(start, path.substr(0, begin), true);
  if (f.answer != Answer::kDone) return {f.answer};
  if (!f.node || f.node->kind != Kind::kDir) return {};
  p.dir = f.node;
  return p;
}

inline bool holds(const NodePtr& dir, const NodePtr& node) {
  if (dir == node) return true;
  return std::any_of(dir->names.begin(), dir->names.end(), [&](auto& n) { return holds(n.second, node); });
}

inline Answer done(bool ok) { return ok ? Answer::kDone : Answer::kFailed; }

inline Answer make_directory(const NodePtr& start, const std::string& path) {
  const Parent p = find_parent(start, path);
  if (p.answer != Answer::kDone) return p.answer;
  if (p.child() || p.dir->removed) return Answer::kFailed;
  p.dir->names[p.name] = std::make_shared<Node>(Kind::kDir);
  return Answer::kDone;
}

inline Answer remove_directory(const NodePtr& start, const std::string& path) {
  const Parent p = find_parent(start, path);
  if (p.answer != Answer::kDone) return p.answer;
  const NodePtr node = p.child();
  if (!node || node->kind != Kind::kDir || !node->names.empty()) return Answer::kFailed;
  node->removed = true;
  p.dir->names.erase(p.name);
  return Answer::kDone;
}

inline Answer unlink(const NodePtr& start, const std::string& path) {
  const Parent p = find_parent(start, path);
  if (p.answer != Answer::kDone) return p.answer;
  const NodePtr node = p.child();
  if (!node || node->kind == Kind::kDir || p.slash) return Answer::kFailed;
  p.dir->names.erase(p.name);
  return Answer::kDone;
}

inline Answer symlink(const std::string& target, const NodePtr& start, const std::string& path) {
  const Parent p = find_parent(start, path);
  if (p.answer != Answer::kDone) return p.answer;
  if (target[0] == '/') return Answer::kWayOut;
  if (p.child() || p.slash || p.dir->removed) return Answer::kFailed;
  auto link = std::make_shared<Node>(Kind::kLink);
  link->target = target;
  p.dir->names[p.name] = link;
  return Answer::kDone;
}

inline Answer rename(const NodePtr& from_start, const std::string& from_path, const NodePtr& to_start,
                     const std::string& to_path) {
  const Parent from = find_parent(from_start, from_path);
  if (from.answer != Answer::kDone) return from.answer;
  const Parent to = find_parent(to_start, to_path);
  if (to.answer != Answer::kDone) return to.answer;
  const NodePtr source = from.child(), target = to.child();
  if (!source || to.dir->removed) return Answer::kFailed;
  const bool is_dir = source->kind == Kind::kDir;
  if (!is_dir && (from.slash || to.slash)) return Answer::kFailed;
  if (target == source) return Answer::kDone;
  if (is_dir && holds(source, to.dir)) return Answer::kFailed;
  if (target) {
    if (is_dir != (target->kind == Kind::kDir)) return Answer::kFailed;
    if (is_dir && !target->names.empty()) return Answer::kFailed;
    target->removed = is_dir;
  }
  from.dir->names.erase(from.name);
  to.dir->names[to.name] = source;
  return Answer::kDone;
}

inline Answer link(const NodePtr& from_start, const std::string& from_path, bool follow,
                   const NodePtr& to_start, const std::string& to_path) {
  const Parent to = find_parent(to_start, to_path);
  if (to.answer != Answer::kDone) return to.answer;
  const Found f = find(from_start, from_path, follow);
  if (f.answer != Answer::kDone) return f.answer;
  if (!f.node || f.node->kind == Kind::kDir || to.child() || to.slash || to.dir->removed)
    return Answer::kFailed;
  to.dir->names[to.name] = f.node;
  return Answer::kDone;
}

struct OpenFlags {
  bool create, exclusive, truncate, directory, follow, write;
};

inline Answer open(const NodePtr& start, const std::string& path, OpenFlags o, NodePtr* opened) {
  if (o.directory && (o.create || o.truncate)) return Answer::kFailed;
  if (o.directory) o.write = false;
  if (!path.empty() && path[0] != '/' && o.create && path.back() == '/') return Answer::kFailed;
  const bool fresh = o.create && o.exclusive;
  const Found f = find(start, path, o.follow && !fresh);
  if (f.answer != Answer::kDone) return f.answer;
  *opened = f.node;
  if (!f.node) {
    if (!o.create || f.dir->removed) return Answer::kFailed;
    *opened = f.dir->names[f.name] = std::make_shared<Node>(Kind::kFile);
    return Answer::kDone;
  }
  if (fresh) return Answer::kFailed;
  switch (f.node->kind) {
    case Kind::kLink:
      return Answer::kFailed;
    case Kind::kDir:
      return done(!o.write && !o.create && !o.truncate);
    case Kind::kFile:
      if (o.directory) return Answer::kFailed;
      if (o.truncate) f.node->size = 0;
      return Answer::kDone;
  }
  return Answer::kFailed;
}

// A listing of the tree: kind, size or target, and which names are the same file.
inline void list(const NodePtr& dir, const std::string& at, std::map<const Node*, std::string>& first,
                 std::string& out) {
  for (const auto& [name, node] : dir->names) {
    const std::string path = at + name;
    out += path + " " + char(node->kind);
    if (node->kind == Kind::kLink) out += " " + node->target;
    if (node->kind == Kind::kFile) out += " " + std::to_string(node->size);
    auto [it, fresh] = first.try_emplace(node.get(), path);
    if (!fresh) out += " = " + it->second;
    out += "\n";
    if (node->kind == Kind::kDir) list(node, path + "/", first, out);
  }
}

}  // namespace wasi_test::model
