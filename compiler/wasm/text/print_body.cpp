// Functions and instructions, flat, one to a line.
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "compiler/wasm/limits.h"
#include "compiler/wasm/op_table.h"
#include "compiler/wasm/text/printer.h"

namespace wjit::wasm::text {
namespace {

// The shortest decimal that reads back to the same bits; NaNs with their payload.
template <class Float, class Bits>
std::string print_float(Bits bits, Bits fraction) {
  Float value;
  std::memcpy(&value, &bits, sizeof value);
  const char* sign = std::signbit(value) ? "-" : "";
  if (std::isnan(value)) return fmt::format("{}nan:0x{:x}", sign, bits & fraction);
  if (std::isinf(value)) return fmt::format("{}inf", sign);
  return fmt::format("{}", value);
}

}  // namespace

// (param …) (result …), each with a space in front. Parameters with names stand alone.
void Printer::func_type(const FuncType& t, const Identifiers* names) {
  bool open = false;
  for (uint32_t i = 0; i < t.params.size(); ++i) {
    const Identifiers::Entry* name = nullptr;
    if (names) {
      auto it = names->by_index.find(i);
      if (it != names->by_index.end()) name = &it->second;
    }
    if (open && name) put(")"), open = false;
    put(open ? " " : " (param ");
    if (name) put(name->id), put(name->annotation), put(" ");
    val_type(t.params[i]);
    open = !name;
    if (name) put(")");
  }
  if (open) put(")");
  if (t.results.empty()) return;
  put(" (result");
  for (ValType v : t.results) put(" "), val_type(v);
  put(")");
}

Result<void> Printer::functions() {
  for (uint32_t i = 0; i < m_.bodies.size(); ++i) WJIT_CHECK(function(i));
  return {};
}

Result<void> Printer::function(uint32_t defined) {
  uint32_t index = m_.imported_funcs + defined;
  line(1);
  put("(func");
  define(NameKind::kFunc, index);
  put(" (type "), ref(NameKind::kType, type_index(m_.funcs[index])), put(")");
  FuncType type = m_.func_type(index);
  Identifiers ids = make_identifiers(names_.of(NameKind::kLocal, index));
  func_type(type, &ids);
  OpReader reader(m_, m_.body(defined), m_.bodies[defined].offset, buffers_);
  auto failed = [&] {
    return fail(reader.cursor().error().kind(),
                fmt::format("function {}: {}", index, reader.cursor().error().message()),
                reader.cursor().error().offset());
  };
  if (!locals(reader.cursor(), reader.scope(), ids, uint32_t(type.params.size()))) return failed();

  const auto& label_names = names_.of(NameKind::kLabel, index);
  unsigned depth = 2;
  uint32_t label = 0;
  Instr in{};
  while (true) {
    if (!reader.read(in)) return failed();
    bool closes = in.op == Op::end || in.op == Op::else_;
    if (closes && depth == 2) break;
    line(closes ? depth - 1 : depth);
    if (in.op == Op::end) --depth;
    const Imm imm = kOpTable[size_t(in.op)].imm;
    if (imm == Imm::kBlockType || imm == Imm::kTryTable) {
      put(kOpTable[size_t(in.op)].text);
      if (const std::string_view* name = find_name(label_names, label++)) {
        // Labels may hide others, and branches go by number: any will do as it is.
        const Identifiers id = make_identifiers({{0, *name}});
        const Identifiers::Entry& entry = id.by_index.at(0);
        put(" "), put(entry.id), put(entry.annotation);
      }
      block_type(in);
      if (imm == Imm::kTryTable) catches(in);
      ++depth;
    } else {
      instruction(in, ids);
    }
  }
  if (in.op != Op::end || !reader.cursor().at_end())
    return fail(
        ErrorKind::kMalformed,
        fmt::format("function {}: the body goes on behind its last end, or ends in the middle", index),
        in.offset);
  put(")");
  return {};
}

bool Printer::locals(ByteCursor& c, const TypeScope& scope, const Identifiers& names, uint32_t first) {
  uint32_t groups = read_count(c, kMaxBodySize, "groups of locals");
  uint64_t index = first;
  bool open = false;
  bool any = false;
  for (uint32_t g = 0; g < groups && c.ok(); ++g) {
    uint64_t at = c.offset();
    uint32_t count = c.u32();
    ValType type = read_val_type(c, scope);
    if (!c.ok() || !within_limit(c, index + count, kMaxLocals, "locals", at)) return false;
    for (uint32_t i = 0; i < count; ++i, ++index) {
      auto name = names.by_index.find(uint32_t(index));
      bool is_named = name != names.by_index.end();
      if (open && is_named) put(")"), open = false;
      if (!open) any ? put(" ") : line(2), put("(local");
      any = true;
      if (is_named) put(" "), put(name->second.id), put(name->second.annotation);
      put(" ");
      val_type(type);
      open = !is_named;
      if (is_named) put(")");
      flush(false);
    }
  }
  if (open) put(")");
  return c.ok();
}

// The index of a block's type is not in the instruction, only its meaning.
void Printer::block_type(const Instr& in) {
  ByteCursor c(m_.bytes->span.subspan(in.offset + 1));
  if ((c.peek() & 0xc0) == 0x40) {
    if (!in.block.results.empty()) put(" (result "), val_type(in.block.results[0]), put(")");
    return;
  }
  put(" (type "), ref(NameKind::kType, uint32_t(c.s33())), put(")");
}

void Printer::catches(const Instr& in) {
  constexpr const char* kWords[] = {" (catch ", " (catch_ref ", " (catch_all ", " (catch_all_ref "};
  for (const CatchClause& clause : in.catches) {
    put(kWords[clause.kind]);
    if (clause.kind <= CatchClause::kCatchRef) ref(NameKind::kTag, clause.tag), put(" ");
    put(clause.label);
    put(")");
  }
}

void Printer::instruction(const Instr& in, const Identifiers& locals) {
  put(kOpTable[size_t(in.op)].text);
  immediates(in, locals);
}

void Printer::mem_arg(const Instr& in) {
  if (in.mem.memory) put(" "), ref(NameKind::kMemory, in.mem.memory);
  if (in.mem.offset) put(" offset="), put(in.mem.offset);
  uint64_t align = uint64_t{1} << in.mem.align_log2;
  if (align != kOpTable[size_t(in.op)].bytes) put(" align="), put(align);
}

void Printer::immediates(const Instr& in, const Identifiers& locals) {
  auto index = [&](NameKind kind, uint32_t i) { put(" "), ref(kind, i); };
  // Two of a kind, or nothing when both are the first.
  auto pair = [&](NameKind kind) {
    if (in.a || in.b) index(kind, in.a), index(kind, in.b);
  };
  switch (kOpTable[size_t(in.op)].imm) {
    case Imm::kNone:
    case Imm::kFence:
    case Imm::kBlockType:
    case Imm::kTryTable:
      return;
    case Imm::kLabel:
      return put(" "), put(in.a);
    case Imm::kBrTable:
      for (uint32_t l : in.labels) put(" "), put(l);
      return;
    case Imm::kFunc:
      return index(NameKind::kFunc, in.a);
    case Imm::kTypeTable:
      if (in.b) index(NameKind::kTable, in.b);
      put(" (type"), index(NameKind::kType, in.a), put(")");
      return;
    case Imm::kType:
      return index(NameKind::kType, in.a);
    case Imm::kTypeField:
      index(NameKind::kType, in.a), put(" ");
      return ref(fields_of(in.a), in.b);
    case Imm::kTypeCount:
      return index(NameKind::kType, in.a), put(" "), put(in.b);
    case Imm::kTypeData:
      return index(NameKind::kType, in.a), index(NameKind::kData, in.b);
    case Imm::kTypeElem:
      return index(NameKind::kType, in.a), index(NameKind::kElem, in.b);
    case Imm::kTypeType:
      return index(NameKind::kType, in.a), index(NameKind::kType, in.b);
    case Imm::kLocal:
      return put(" "), ref(locals, in.a);
    case Imm::kGlobal:
      return index(NameKind::kGlobal, in.a);
    case Imm::kTable:
      return index(NameKind::kTable, in.a);
    case Imm::kTag:
      return index(NameKind::kTag, in.a);
    case Imm::kData:
      return index(NameKind::kData, in.a);
    case Imm::kElem:
      return index(NameKind::kElem, in.a);
    case Imm::kTableTable:
      return pair(NameKind::kTable);
    case Imm::kMemoryMemory:
      return pair(NameKind::kMemory);
    case Imm::kElemTable:
      if (in.b) index(NameKind::kTable, in.b);
      return index(NameKind::kElem, in.a);
    case Imm::kDataMemory:
      if (in.b) index(NameKind::kMemory, in.b);
      return index(NameKind::kData, in.a);
    case Imm::kMemory:
      if (in.a) index(NameKind::kMemory, in.a);
      return;
    case Imm::kMemArg:
      return mem_arg(in);
    case Imm::kMemArgLane:
      mem_arg(in);
      return put(" "), put(in.lane);
    case Imm::kLane:
      return put(" "), put(in.lane);
    case Imm::kShuffle:
      for (uint8_t b : in.bytes) put(" "), put(b);
      return;
    case Imm::kI32:
      return put(fmt::format(" {}", int32_t(uint32_t(in.value))));
    case Imm::kI64:
      return put(fmt::format(" {}", int64_t(in.value)));
    case Imm::kF32:
      return put(" "), put(print_float<float, uint32_t>(uint32_t(in.value), 0x7f'ffff));
    case Imm::kF64:
      return put(" "), put(print_float<double, uint64_t>(in.value, 0xf'ffff'ffff'ffff));
    case Imm::kV128: {
      uint32_t lanes[4];
      std::memcpy(lanes, in.bytes, sizeof lanes);
      return put(
          fmt::format(" i32x4 0x{:08x} 0x{:08x} 0x{:08x} 0x{:08x}", lanes[0], lanes[1], lanes[2], lanes[3]));
    }
    case Imm::kHeapType:
      put(" ");
      return in.op == Op::ref_null ? heap_type(in.type) : val_type(in.type);
    case Imm::kBrCast:
      put(" "), put(in.a), put(" "), val_type(in.type), put(" ");
      return val_type(in.type2);
    case Imm::kSelectT:
      return put(" (result "), val_type(in.type), put(")");
  }
}

}  // namespace wjit::wasm::text
