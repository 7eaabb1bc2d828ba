// The element, data count and data sections.
#include "compiler/wasm/limits.h"
#include "compiler/wasm/module_reader.h"

namespace wjit::wasm {

namespace {

// Bits of an element segment's flags (spec §5.5.12).
enum ElementFlags : uint32_t {
  kNotActive = 1,
  kExplicitIndex = 2,  // active: a table index follows; else: declared rather than passive
  kExpressions = 4,    // entries are expressions of a reference type, not function indices
};

}  // namespace

void ModuleReader::element_section(ByteCursor& c) {
  uint32_t count = read_count(c, kMaxElementSegments, "element segments");
  for (uint32_t i = 0; i < count && c.ok(); i++) element_segment(c);
}

void ModuleReader::element_segment(ByteCursor& c) {
  ElementSegment e{};
  e.module_offset = uint32_t(c.offset());
  uint32_t flags = c.u32();
  if (flags > 7)
    c.fail(ErrorKind::kMalformed,
           "malformed elements segment kind " + std::to_string(flags) + ": expected 0 to 7", e.module_offset);
  if (flags)
    need_feature(c, m.features, Feature::kBulkMemory, "this kind of element segment", e.module_offset);
  if (!c.ok()) return;

  if (flags & kNotActive) {
    e.mode = flags & kExplicitIndex ? SegmentMode::kDeclared : SegmentMode::kPassive;
  } else {
    e.mode = SegmentMode::kActive;
    uint64_t at = c.offset();
    if (flags & kExplicitIndex) e.table = c.u32();
    if (!known(c, "table", e.table, m.tables.size(), at)) return;
    e.offset = const_exprs_.read(c, m.tables[e.table].type.is64 ? kI64 : kI32);
  }

  // Flags 0 and 4 leave the type out: for 0 it is that of non-null function references, for 4 funcref.
  e.type = flags & kExpressions ? kFuncRef : ValType::ref(false, Heap::kFunc);
  if (flags & (kNotActive | kExplicitIndex)) {
    uint64_t at = c.offset();
    if (flags & kExpressions)
      e.type = read_ref_type(c, scope());
    else if (uint8_t kind = c.u8(); kind != 0)
      c.fail(ErrorKind::kMalformed,
             "malformed element kind " + std::to_string(kind) + ": expected 0 (function)", at);
  }
  if (!c.ok()) return;
  if (e.mode == SegmentMode::kActive && !m.registry->matches(e.type, m.tables[e.table].type.element)) {
    c.fail(ErrorKind::kInvalid,
           "type mismatch: elements of type " + to_string(e.type) + " for a table of " +
               to_string(m.tables[e.table].type.element),
           e.module_offset);
    return;
  }
  uint32_t count = read_count(c, kMaxTableInitEntries, "entries in an element segment");
  if (flags & kExpressions)
    element_exprs(c, e, count);
  else
    element_funcs(c, e, count);
  m.elements.push_back(std::move(e));
}

void ModuleReader::element_funcs(ByteCursor& c, ElementSegment& e, uint32_t count) {
  e.funcs.reserve(count);
  for (uint32_t i = 0; i < count; i++) {
    uint64_t at = c.offset();
    uint32_t func = c.u32();
    if (!escape(c, func, at)) return;
    e.funcs.push_back(func);
  }
}

// Kept as function indices for as long as all entries are ref.func or ref.null.
void ModuleReader::element_exprs(ByteCursor& c, ElementSegment& e, uint32_t count) {
  for (uint32_t i = 0; i < count && c.ok(); i++) {
    ConstExpr expr = const_exprs_.read(c, e.type);
    if (!c.ok()) return;
    std::span<const ConstExpr::Step> steps = expr.steps();
    if (e.exprs.empty() && steps.size() == 1 &&
        (steps[0].op == Op::ref_func || steps[0].op == Op::ref_null)) {
      e.funcs.push_back(steps[0].op == Op::ref_func ? steps[0].a : ElementSegment::kNullFunc);
      continue;
    }
    for (uint32_t func : e.funcs) {
      ConstExpr::Step step{.op = Op::ref_func, .offset = e.module_offset, .a = func};
      if (func == ElementSegment::kNullFunc)
        step = {.op = Op::ref_null, .offset = e.module_offset, .type = e.type};
      e.exprs.push_back(ConstExpr(std::span(&step, 1), e.type));
    }
    e.funcs.clear();
    e.exprs.push_back(std::move(expr));
  }
}

void ModuleReader::data_count_section(ByteCursor& c) {
  uint64_t at = c.offset();
  need_feature(c, m.features, Feature::kBulkMemory, "malformed section id: a data count", at);
  uint32_t count = c.u32();
  if (within_limit(c, count, kMaxDataSegments, "data segments", at)) m.data_count = count;
}

void ModuleReader::data_section(ByteCursor& c) {
  uint32_t count = read_count(c, kMaxDataSegments, "data segments");
  m.data.reserve(count);
  for (uint32_t i = 0; i < count && c.ok(); i++) data_segment(c);
}

void ModuleReader::data_segment(ByteCursor& c) {
  DataSegment& d = m.data.emplace_back();
  uint64_t at = c.offset();
  d.module_offset = uint32_t(at);
  uint32_t flags = c.u32();
  if (flags > 2)
    c.fail(ErrorKind::kMalformed,
           "malformed data segment kind " + std::to_string(flags) + ": expected 0 to 2", at);
  if (flags) need_feature(c, m.features, Feature::kBulkMemory, "this kind of data segment", at);
  d.mode = flags == 1 ? SegmentMode::kPassive : SegmentMode::kActive;
  if (flags == 2) d.memory = c.u32();
  if (!c.ok()) return;
  if (d.mode == SegmentMode::kActive) {
    if (!known(c, "memory", d.memory, m.memories.size(), at)) return;
    d.offset = const_exprs_.read(c, m.memories[d.memory].is64 ? kI64 : kI32);
  }
  uint64_t size_at = c.offset();
  uint32_t size = c.u32();
  if (size > c.remaining()) {
    c.fail(ErrorKind::kMalformed,
           "unexpected end of section or function: a data segment of " + std::to_string(size) +
               " bytes, but only " + std::to_string(c.remaining()) + " follow",
           size_at);
    return;
  }
  d.bytes = c.bytes(size);
}

}  // namespace wjit::wasm
