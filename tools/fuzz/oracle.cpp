#include "tools/fuzz/oracle.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace wjit::fuzz {

namespace {

std::string letters(const std::vector<Type>& types) {
  std::string s;
  for (Type t : types) {
    switch (t.code) {
      case 0x7f: s += 'i'; break;
      case 0x7e: s += 'I'; break;
      case 0x7d: s += 'f'; break;
      case 0x7c: s += 'F'; break;
      case 0x7b: s += 'v'; break;
      case 0x6f: s += 'x'; break;
      default: s += 'r';
    }
  }
  return s;
}

class ScriptOracle : public Oracle {
 public:
  explicit ScriptOracle(std::string command) : command_(std::move(command)) {
    char name[] = "/tmp/wjit-fuzz-XXXXXX";
    if (mkdtemp(name)) folder_ = name;
  }
  ~ScriptOracle() override {
    unlink((folder_ + "/in").c_str());
    unlink((folder_ + "/out").c_str());
    rmdir(folder_.c_str());
  }
  std::vector<std::string> compare(const std::vector<Program>& programs,
                                   const std::vector<Outcome>& outcomes) override;

 private:
  std::string command_, folder_;
};

// One program's lines: R result, W where the trap was (if the engine says), S state at the end, E cannot run it.
struct Answer {
  std::vector<std::string> results, positions;
  std::string state, error = "no answer";
};

std::string compare_one(const Outcome& ours, const Answer& theirs) {
  if (!theirs.error.empty()) return "skip: " + theirs.error;
  for (size_t i = 0; i < ours.records.size(); ++i) {
    if (i >= theirs.results.size()) return fmt::format("call {}: no result from the oracle", i);
    if (theirs.results[i] == "trap stack") return "";
    if (ours.records[i].result != theirs.results[i])
      return fmt::format("call {}: {} | {}", i, ours.records[i].result, theirs.results[i]);
    if (!theirs.positions[i].empty() && !ours.records[i].position.empty() &&
        ours.records[i].position != theirs.positions[i])
      return fmt::format("call {}: {} at {} | {}", i, theirs.results[i], ours.records[i].position, theirs.positions[i]);
  }
  if (ours.state != theirs.state) return fmt::format("at the end: {} | {}", ours.state, theirs.state);
  return "";
}

std::vector<std::string> ScriptOracle::compare(const std::vector<Program>& programs,
                                               const std::vector<Outcome>& outcomes) {
  {
    std::ofstream in(folder_ + "/in");
    for (size_t i = 0; i < programs.size(); ++i) in << to_json(programs[i], i) << '\n';
  }
  (void)!system(fmt::format("{} {}/in > {}/out", command_, folder_, folder_).c_str());
  std::vector<Answer> answers(programs.size());
  Answer* a = nullptr;
  std::ifstream out(folder_ + "/out");
  for (std::string line; std::getline(out, line);) {
    if (line.size() < 2) continue;
    const std::string rest = line.substr(2);
    switch (line[0]) {
      case 'P': a = std::stoul(rest) < answers.size() ? &answers[std::stoul(rest)] : nullptr; break;
      case 'R':
        if (a) a->results.push_back(rest), a->positions.emplace_back();
        break;
      case 'W':
        if (a && !a->positions.empty()) a->positions.back() = rest;
        break;
      case 'S':
        if (a) a->state = rest, a->error.clear();
        break;
      case 'E':
        if (a) a->error = rest;
        break;
      default: break;
    }
  }
  std::vector<std::string> differences;
  for (size_t i = 0; i < programs.size(); ++i) differences.push_back(compare_one(outcomes[i], answers[i]));
  return differences;
}

}  // namespace

std::string to_json(const Program& p, uint64_t number) {
  std::string s = fmt::format("{{\"number\":{},\"budget\":{},\"modules\":[", number, p.budget);
  for (size_t i = 0; i < p.modules.size(); ++i) {
    const GeneratedModule& m = p.modules[i];
    s += i ? ",{\"wasm\":\"" : "{\"wasm\":\"";
    static constexpr char kHex[] = "0123456789abcdef";
    for (uint8_t b : m.bytes) s += kHex[b >> 4], s += kHex[b & 15];
    s += fmt::format("\",\"imported\":{},\"hosts\":[", m.imported_funcs);
    for (size_t k = 0; k < m.hosts.size(); ++k)
      s += fmt::format("{}[\"{}\",\"{}\",\"{}\"]", k ? "," : "", m.hosts[k].name, letters(m.hosts[k].type.params),
                       letters(m.hosts[k].type.results));
    s += fmt::format("],\"globals\":\"{}\",\"funcs\":[", letters(m.globals));
    for (size_t k = 0; k < m.funcs.size(); ++k)
      s += fmt::format("{}[\"{}\",\"{}\"]", k ? "," : "", letters(m.funcs[k].params), letters(m.funcs[k].results));
    s += "]}";
  }
  s += "],\"calls\":[";
  for (size_t i = 0; i < p.calls.size(); ++i) {
    s += fmt::format("{}[{},{},[", i ? "," : "", p.calls[i].module, p.calls[i].func);
    for (size_t k = 0; k < p.calls[i].args.size(); ++k)
      s += fmt::format("{}\"{:016x}\"", k ? "," : "", p.calls[i].args[k].low);
    s += "]]";
  }
  return s + "]}";
}

void drop_vector_calls(Program& p) {
  std::erase_if(p.calls, [&](const Call& c) {
    const FuncType& t = p.modules[c.module].funcs[c.func];
    auto vector = [](Type v) { return v == kV128 || v.code == kRefNull; };
    return std::any_of(t.params.begin(), t.params.end(), vector) || std::any_of(t.results.begin(), t.results.end(), vector);
  });
}

void restrict_to_node(Options& o) {
  o.multi_memory = o.memory64 = o.typed_refs = o.v128 = o.far_frames = o.wide_arithmetic = o.threads = o.simd = o.relaxed_simd = false;
}

std::unique_ptr<Oracle> make_oracle(const std::string& name) {
  const std::string here = WJIT_SOURCE_DIR "/tools/fuzz/";
  if (name == "node") return std::make_unique<ScriptOracle>("node --experimental-wasm-return-call --stack-size=3000 " + here + "oracle_node.js");
  if (name == "wasmtime") return std::make_unique<ScriptOracle>("python3 " + here + "oracle_wasmtime.py");
  return std::make_unique<ScriptOracle>(name);
}

}  // namespace wjit::fuzz
