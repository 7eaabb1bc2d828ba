#include "compiler/ir/print.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "compiler/ir/libcall.h"
#include "compiler/ir/row_types.h"
#include "compiler/ir/text.h"
#include "vmcontext/traps.h"

namespace wjit::ir {
namespace {

class Printer {
 public:
  Printer(const Function& f, const PrintOptions& options) : f_(f), options_(options) {}

  std::string function() {
    put("function {} \"{}\" ", f_.number, quoted(f_.name));
    signature(f_.signature);
    out_ += " {\n";
    for (uint32_t s = 0; s < f_.sig_count(); ++s) {
      put("  sig{} = ", s);
      signature(f_.sig(Sig(s)));
      out_ += '\n';
    }
    if (f_.sig_count() != 0 && f_.entry().valid()) out_ += '\n';
    for (Block b = f_.entry(); b.valid(); b = f_.block(b).next) {
      if (b != f_.entry()) out_ += '\n';
      block(b);
    }
    out_ += "}\n";
    return std::move(out_);
  }

  std::string inst_text(Inst i) {
    inst(i);
    return std::move(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  static std::string quoted(std::string_view text) {
    std::string out;
    for (char c : text) {
      if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
        out += fmt::format("\\{:02x}", static_cast<unsigned char>(c));
      else
        out += c;
    }
    return out;
  }

  template <class Range, class F>
  void separated(const Range& range, F&& f) {
    const char* comma = "";
    for (const auto& x : range) {
      out_ += comma;
      f(x);
      comma = ", ";
    }
  }
  void types(const std::vector<Type>& list) {
    separated(list, [&](Type t) { out_ += type_name(t); });
  }
  void signature(const Signature& s) {
    out_ += '(';
    types(s.params);
    out_ += ")";
    if (s.results.empty()) return;
    out_ += " -> (";
    types(s.results);
    out_ += ')';
  }
  static std::string_view type_name(Type t) {
    return static_cast<size_t>(t) < std::size(kTypeNames) ? kTypeNames[static_cast<size_t>(t)] : "?";
  }

  void block(Block b) {
    put("block{}(", b.n);
    if (f_.is_list(f_.block(b).params)) {
      separated(f_.params(b), [&](Value v) {
        define(v);
        put(": {}", v.n < f_.value_count() ? type_name(f_.type(v)) : "?");
      });
    }
    if (out_.back() == '(')
      out_.pop_back();
    else
      out_ += ')';
    out_ += f_.block(b).cold ? " cold:\n" : ":\n";
    for (Inst i = f_.block(b).first; i.valid(); i = f_.next(i)) {
      const size_t line = out_.size();
      out_ += "  ";
      inst(i);
      if (options_.offsets && f_.wasm_offset(i) != 0) {
        const size_t width = out_.size() - line;
        out_.append(width < kOffsetColumn ? kOffsetColumn - width : 2, ' ');
        put("; @{:x}", f_.offset_of_place(f_.wasm_offset(i)));
      }
      out_ += '\n';
    }
  }

  void inst(Inst i) {
    const InstData& d = f_.inst(i);
    const char* comma = "";
    for (uint32_t k = 0; k < f_.result_count(i); ++k, comma = ", ") {
      out_ += comma;
      define(f_.result(i, k));
    }
    if (f_.result_count(i) != 0) out_ += " = ";
    out_ += info(d.op).text;
    if (has_written_type(d.op)) put(".{}", type_name(d.type));
    if (d.format() == Format::kConvert) put(".{}", type_name(d.from()));
    const std::string_view form = shape(d.op);
    if (!form.empty() && !(form == "R" && d.a == 0)) out_ += ' ';
    for (char c : form) field(i, d, c);
  }

  void field(Inst i, const InstData& d, char letter) {
    switch (letter) {
      case 'a': use(d.va()); break;
      case 'b': use(d.vb()); break;
      case 'c': use(d.vc()); break;
      case '1': edge(Edge(d.a)); break;
      case '2': edge(Edge(d.b)); break;
      case '3': edge(Edge(d.c)); break;
      case 'J': table(d); break;
      case 'C': condition(d); break;
      case 'I': immediate(d); break;
      case 'V': vector(d.c); break;
      case 'M': access(d.access()); break;
      case '+': displacement(d.displacement()); break;
      case 'T': trap(d.aux); break;
      case 'W':
        if (d.aux != 0) put(" likely {}", d.aux);
        break;
      case 'F': put("{}", d.imm()); break;
      case 'R': uses(List{d.a}); break;
      case 'L': call(i, d); break;
      case 'H': handlers(d); break;
      case 'O': out_ += d.aux < kVecOpCount ? info(d.vec_op()).text : "?"; break;
      case 'N': put("{}", d.lane()); break;
      case 'B': put("{}", d.aux); break;
      default: out_ += letter;
    }
  }

  void define(Value v) { put("v{}", v.n); }
  void use(Value v) {
    if (!v.valid())
      out_ += "v?";
    else
      put("v{}", v.n < f_.value_count() ? f_.resolve(v).n : v.n);
  }
  void uses(List l) {
    if (f_.is_list(l))
      separated(f_.list(l), [&](Value v) { use(v); });
    else
      out_ += "v?";
  }
  void edge(Edge e) {
    if (e.n >= f_.edge_count()) return void(out_ += "block?");
    const EdgeData& data = f_.edge(e);
    put("block{}", data.to.n);
    if (data.args.at == 0 || (f_.is_list(data.args) && f_.list(data.args).empty())) return;
    out_ += '(';
    uses(data.args);
    out_ += ')';
  }
  void table(const InstData& d) {
    if (d.b >= f_.table_count() || f_.table(Table(d.b)).empty()) return void(out_ += "[], block?");
    const auto edges = f_.table(Table(d.b));
    out_ += '[';
    separated(edges.first(edges.size() - 1), [&](Edge e) { edge(e); });
    out_ += "], ";
    edge(edges.back());
  }

  void condition(const InstData& d) {
    const auto name = [&](const auto& names) { return d.aux < std::size(names) ? names[d.aux] : "?"; };
    out_ += d.op == Op::fcmp ? name(kFloatCcNames) : name(kIntCcNames);
  }
  void trap(uint16_t code) {
    out_ += code <= 0xff ? vm::name(static_cast<vm::TrapCode>(code)) : "?";
  }
  void immediate(const InstData& d) {
    if (d.type == Type::kF32) return real(std::bit_cast<float>(static_cast<uint32_t>(d.imm())), d.imm());
    if (d.type == Type::kF64) return real(std::bit_cast<double>(d.imm()), d.imm());
    const auto n = static_cast<int64_t>(d.imm());
    if (d.type == Type::kI32 && d.imm() <= ~uint32_t{0})
      put("{}", static_cast<int32_t>(n));
    else if (n >= INT32_MIN && n <= UINT32_MAX)
      put("{}", n);
    else
      put("{:#x}", d.imm());
  }
  // The fewest digits that read back to the same number; what is not one as bits.
  template <class T>
  void real(T x, uint64_t bits) {
    if (std::isnan(x))
      put("nan:{:#x}", bits);
    else
      put("{}", x);
  }
  void vector(uint32_t n) {
    if (n >= f_.vector_constant_count()) return void(out_ += "?");
    out_ += "0x";
    for (uint8_t byte : f_.vector_constant(n)) put("{:02x}", byte);
  }
  void access(Access a) {
    const size_t n = static_cast<size_t>(a.region);
    if (n >= std::size(kRegionNames)) return void(out_ += "?");
    out_ += kRegionNames[n].text;
    if (kRegionNames[n].numbered || a.number != 0) put("{}", unsigned{a.number});
    if (a.traps) out_ += ".trap";
  }
  void displacement(int64_t n) {
    if (n != 0) put(" {} {}", n < 0 ? '-' : '+', n < 0 ? -n : n);
  }

  void call(Inst i, const InstData& d) {
    switch (d.op) {
      case Op::call: case Op::return_call: put("fn{} ", d.c); break;
      case Op::try_call:
        if (d.c >= f_.try_count()) out_ += "fn? ";
        else put("fn{} ", f_.callee(d));
        break;
      case Op::libcall: put("{} ", d.c < kLibcallCount ? vm::kLibcalls[d.c].name : "?"); break;
      default: break;
    }
    put("sig{}(", d.b);
    uses(List{f_.inst(i).a});
    out_ += ')';
  }

  void handlers(const InstData& d) {
    if (d.c >= f_.try_count()) return void(out_ += "block?, []");
    const TryData& t = f_.try_data(Try(d.c));
    edge(t.normal);
    out_ += ", [";
    separated(t.handlers, [&](const Handler& h) {
      if (h.tag == Handler::kAny)
        out_ += "any ";
      else
        put("tag{} ", h.tag);
      edge(h.edge);
    });
    out_ += ']';
  }

  static constexpr size_t kOffsetColumn = 56;
  const Function& f_;
  const PrintOptions options_;
  std::string out_;
};

}  // namespace

std::string print(const Function& f, const PrintOptions& options) { return Printer(f, options).function(); }
std::string print_inst(const Function& f, Inst i) { return Printer(f, {}).inst_text(i); }

}  // namespace wjit::ir
