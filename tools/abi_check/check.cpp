// The harness compares two derivations of one list (vmcontext/vm_types.def, vmctx.def):
//   - what generated code is told: off::… and VMOffsets, sums of the sizes in the list, as displacements in
//     code that asmjit emits here and the processor runs;
//   - what C++ does: the address of a member, and arrays placed by sizeof and alignof (VMContextView).
// A *pass* is a set of fields that do not overlap. C++ fills them with random bytes and emitted code reads
// them; then emitted code fills them and C++ reads; then every byte between the fields must be untouched.
// Structures go first, three of each in a row, so that a wrong size shows as a wrong stride; by the time the
// random module shapes come, fields inside elements are known to be right and a difference there is the
// array's.
#include "tools/abi_check/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "compiler/isa/common/probe.h"
#include "tools/abi_check/exec_buffer.h"
#include "vmcontext/vm_offsets.h"

namespace wjit::abi_check {
namespace {

using namespace wjit::vm;

// A moved field stays within this distance of where it should be, also at the end of the longest array.
constexpr size_t kSlack = 4096;
constexpr uint32_t kObjects = 3;

// The C++ side of one field.
struct CppField {
  void* (*address)(void* object);
  uint32_t size;
};
struct CppStruct {
  uint32_t size, align;
};
// In the order of kFields and kStructs.
constexpr CppField kCppFields[] = {
#define WJIT_F(S, type, field, size, init) \
  {[](void* o) -> void* { return std::addressof(static_cast<S*>(o)->field); }, sizeof(S::field)},
#define WJIT_S(S, align) WJIT_VM_FIELDS_##S(WJIT_F)
    WJIT_VM_STRUCTS(WJIT_S) WJIT_VM_UNIONS(WJIT_S)
#undef WJIT_F
#undef WJIT_S
};
constexpr CppStruct kCppStructs[] = {
#define WJIT_S(S, align) {sizeof(S), alignof(S)},
    WJIT_VM_STRUCTS(WJIT_S) WJIT_VM_UNIONS(WJIT_S)
#undef WJIT_S
};
static_assert(std::size(kCppFields) == std::size(kFields) && std::size(kCppStructs) == std::size(kStructs));

struct FieldRange {
  size_t begin, end;  // indices into kFields
};
FieldRange fields_of(std::string_view structure) {
  size_t begin = 0;
  while (begin < std::size(kFields) && kFields[begin].structure != structure) ++begin;
  size_t end = begin;
  while (end < std::size(kFields) && kFields[end].structure == structure) ++end;
  return {begin, end};
}

// One value to compare: where C++ and where emitted code find it, from the same base.
struct Item {
  const char* structure;  // names the field to blame
  const char* field;
  const char* element_field;  // within an array element, else null
  uint32_t index;
  uint32_t cpp, emitted, size, buffer;
};

struct alignas(16) Block {
  uint8_t bytes[16];
};

class Checker {
 public:
  explicit Checker(const Options& options) : options_(options), random_(options.seed) {}

  Result<Report> run() {
    for (const StructLayout& s : kStructs) {
      WJIT_CHECK(check_struct(s));
      if (report_.mismatch) return std::move(report_);
    }
    for (uint32_t i = 0; i < options_.shapes; ++i) {
      WJIT_CHECK(check_shape(i));
      if (report_.mismatch) return std::move(report_);
    }
    check_numbers();
    report_.fields = static_cast<uint32_t>(field_names().size());
    return std::move(report_);
  }

 private:
  bool broken(std::string_view structure, std::string_view field) const {
    std::string_view b = options_.break_field;
    return b.size() == structure.size() + 1 + field.size() && b.starts_with(structure) &&
           b[structure.size()] == '.' && b.ends_with(field);
  }
  uint32_t emitted_offset(const FieldLayout& f) const {
    return f.offset + (broken(f.structure, f.field) ? f.size : 0);
  }
  uint32_t emitted_stride(const char* structure, uint32_t size) const {
    return size + (broken(structure, "sizeof") ? 8 : 0);
  }

  // Slack before and behind; the object starts at base(), which is 16-aligned.
  void resize(size_t size) {
    memory_.resize(size / 16 + 2 * kSlack / 16 + 1);
    expected_.resize(memory_.size());
  }
  uint8_t* base() { return reinterpret_cast<uint8_t*>(memory_.data()) + kSlack; }
  uint8_t* expected_base() { return reinterpret_cast<uint8_t*>(expected_.data()) + kSlack; }
  uint32_t from_base(void* p) { return static_cast<uint32_t>(static_cast<uint8_t*>(p) - base()); }

  void add(const char* structure, const char* field, const char* element_field, uint32_t index, void* cpp,
           uint32_t emitted, uint32_t size) {
    items_.push_back({structure, field, element_field, index, from_base(cpp), emitted, size, buffer_});
    buffer_ += (size + 15) & ~15u;
  }
  void clear() { items_.clear(), buffer_ = 0; }

  Result<void> check_struct(const StructLayout& s) {
    const CppStruct& cpp = kCppStructs[&s - kStructs];
    resize(size_t{cpp.size} * kObjects);
    FieldRange range = fields_of(s.name);
    // Fields of a union share their bytes, so each is a pass of its own.
    size_t step = s.is_union ? 1 : range.end - range.begin;
    for (size_t first = range.begin; first < range.end; first += step) {
      clear();
      for (uint32_t k = 0; k < kObjects; ++k)
        for (size_t f = first; f < first + step; ++f)
          add(s.name, kFields[f].field, nullptr, k, kCppFields[f].address(base() + size_t{k} * cpp.size),
              k * emitted_stride(s.name, s.size) + emitted_offset(kFields[f]), kFields[f].size);
      WJIT_CHECK(run_pass(s.name));
      if (report_.mismatch) return {};
    }
    return {};
  }

  Result<void> check_shape(uint32_t number) {
    ModuleCounts counts = random_counts(number);
    VMOffsets offsets(counts);
    if (!offsets.fits()) return fail(ErrorKind::kUsage, "a random shape does not fit");
    VMContextView measure(nullptr, counts);
    resize(measure.end() + 64);
    auto* vmctx = reinterpret_cast<VMContext*>(base());
    VMContextView view(vmctx, counts);
    shape_ = number;
    clear();
    FieldRange header = fields_of("VMContext");
    for (size_t f = header.begin; f < header.end; ++f)
      add("VMContext", kFields[f].field, nullptr, 0, kCppFields[f].address(base()),
          emitted_offset(kFields[f]), kFields[f].size);
#define WJIT_A(element, count, Type, size, align)                                                \
  for (uint32_t i = 0; i < counts.count; ++i)                                                    \
    add_element(#count, #Type, i, &view.count()[i],                                              \
                offsets.vmctx_##element(i) + (broken("VMContext", #count) ? uint32_t{size} : 0), \
                sizeof(Type));
    WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
    WJIT_CHECK(run_pass("VMContext"));
    if (!report_.mismatch) check_shape_numbers(offsets, view);
    return {};
  }

  // All fields of an element; an element that is no structure of ours (a pointer) is one field.
  void add_element(const char* array, const char* type, uint32_t index, void* cpp, uint32_t emitted,
                   uint32_t size) {
    FieldRange range = fields_of(type);
    emitted += index * (emitted_stride(type, 0));
    if (range.begin == range.end) return add("VMContext", array, "", index, cpp, emitted, size);
    for (size_t f = range.begin; f < range.end; ++f)
      add("VMContext", array, kFields[f].field, index, kCppFields[f].address(cpp),
          emitted + emitted_offset(kFields[f]), kFields[f].size);
  }

  // The first shape has some of everything, the second nothing; then mostly small ones, and now and then an
  // array long enough to push everything behind it out of 8-bit displacements.
  ModuleCounts random_counts(uint32_t number) {
    ModuleCounts c;
    auto one = [&](uint32_t& n) {
      if (number == 0) n = 3;
      if (number <= 1) return;
      uint64_t r = random_();
      n = r % 64 == 0 ? (r >> 8) % 400 : (r >> 8) % ((r >> 32) % 12 + 1);
    };
#define WJIT_A(element, count, Type, size, align) one(c.count);
    WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
    return c;
  }

  Result<void> run_pass(const char* structure) {
    WJIT_CHECK(load_probe());
    randomize(memory_.data(), memory_.size() * 16);
    values_.resize(buffer_);
    found_.resize(buffer_);
    // C++ writes, emitted code reads.
    randomize(values_.data(), values_.size());
    for (const Item& i : items_) std::memcpy(base() + i.cpp, &values_[i.buffer], i.size);
    reader_(base(), found_.data());
    if (compare(Found::kEmittedRead)) return {};
    // Emitted code writes, C++ reads.
    randomize(values_.data(), values_.size());
    expected_ = memory_;
    for (const Item& i : items_) std::memcpy(expected_base() + i.cpp, &values_[i.buffer], i.size);
    writer_(base(), values_.data());
    for (const Item& i : items_) std::memcpy(&found_[i.buffer], base() + i.cpp, i.size);
    if (compare(Found::kEmittedWrite)) return {};
    if (std::memcmp(memory_.data(), expected_.data(), memory_.size() * 16) != 0) blame_padding(structure);
    return {};
  }

  Result<void> load_probe() {
    fields_.clear();
    for (const Item& i : items_) fields_.push_back({i.emitted, i.buffer, i.size});
    WJIT_TRY(ProbeCode code, emit_probe(fields_));
    WJIT_TRY(const uint8_t* at, exec_.load(code.bytes));
    // SAFETY: exec_ holds exactly the two functions emit_probe promises, in this process's own convention.
    reader_ = reinterpret_cast<ProbeFunction>(const_cast<uint8_t*>(at));
    writer_ = reinterpret_cast<ProbeFunction>(const_cast<uint8_t*>(at + code.writer));
    return {};
  }

  bool compare(Found how) {
    report_.compared += items_.size();
    for (const Item& i : items_) {
      if (std::memcmp(&values_[i.buffer], &found_[i.buffer], i.size) == 0) continue;
      std::string where = i.element_field ? fmt::format("{}.{}[{}]{}{}", i.structure, i.field, i.index,
                                                        *i.element_field ? "." : "", i.element_field)
                                          : fmt::format("{}.{}", i.structure, i.field);
      blame(
          how, fmt::format("{}.{}", i.structure, blamed_field(i)),
          fmt::format(
              "{}{}: C++ has it at {}, emitted code at {}: {} {}, {} {}", where,
              i.element_field ? fmt::format(" (shape {})", shape_) : fmt::format(" of object {}", i.index),
              i.cpp, i.emitted, how == Found::kEmittedRead ? "C++ wrote" : "emitted code wrote",
              hex(&values_[i.buffer], i.size), how == Found::kEmittedRead ? "emitted code read" : "C++ read",
              hex(&found_[i.buffer], i.size)));
      return true;
    }
    return false;
  }
  // In a row of structures, a first object that agrees and a later one that does not is a wrong stride.
  static const char* blamed_field(const Item& i) {
    return !i.element_field && i.index > 0 ? "sizeof" : i.field;
  }

  void blame_padding(const char* structure) {
    size_t at = 0;
    auto* a = reinterpret_cast<const uint8_t*>(memory_.data());
    auto* b = reinterpret_cast<const uint8_t*>(expected_.data());
    while (a[at] == b[at]) ++at;
    blame(Found::kEmittedWrite, structure,
          fmt::format("{}: emitted code wrote outside every field, {} bytes from the start", structure,
                      static_cast<int64_t>(at) - static_cast<int64_t>(kSlack)));
  }

  void blame(Found how, std::string field, std::string text) {
    if (!report_.mismatch) report_.mismatch = Mismatch{how, std::move(field), std::move(text)};
  }
  void expect(bool ok, const std::string& field, const char* what, uint64_t expected, uint64_t found) {
    if (!ok)
      blame(Found::kLayout, field,
            fmt::format("{}: {}: expected {}, found {}", field, what, expected, found));
  }

  // Structures: what the code above cannot see because both sides could be wrong in the same way.
  void check_numbers() {
    for (size_t k = 0; k < std::size(kStructs); ++k) {
      const StructLayout& s = kStructs[k];
      std::string size = fmt::format("{}.sizeof", s.name);
      expect(s.size == kCppStructs[k].size, size, "size", kCppStructs[k].size, s.size);
      expect(s.align == kCppStructs[k].align, size, "alignment", kCppStructs[k].align, s.align);
      FieldRange range = fields_of(s.name);
      uint32_t end = 0;
      for (size_t f = range.begin; f < range.end; ++f) {
        const FieldLayout& l = kFields[f];
        std::string name = fmt::format("{}.{}", l.structure, l.field);
        expect(l.size == kCppFields[f].size, name, "size", kCppFields[f].size, l.size);
        expect(l.offset % vm::detail::field_align(l.size) == 0, name, "offset a multiple of",
               vm::detail::field_align(l.size), l.offset);
        expect(s.is_union ? l.offset == 0 : l.offset >= end, name, "behind the field before it, at", end,
               l.offset);
        end = s.is_union ? std::max(end, l.size) : l.offset + l.size;
      }
      expect(end <= s.size, size, "holds its fields, which end at", end, s.size);
    }
  }

  void check_shape_numbers(const VMOffsets& offsets, const VMContextView& view) {
    uint64_t end = off::VMContext::kSize;
    offsets.for_each_array([&](const ArrayInfo& a, uint64_t begin, uint32_t count) {
      std::string name = fmt::format("VMContext.{}", a.name);
      expect(begin % a.align == 0, name, "begin a multiple of", a.align, begin);
      expect(begin >= end, name, "behind the array before it, at", end, begin);
      end = begin + uint64_t{count} * a.element_size;
    });
    uint64_t size =
        vm::detail::align_up(view.end() - reinterpret_cast<uintptr_t>(base()), alignof(VMContext));
    expect(offsets.size() == size, "VMContext.sizeof", "size of the whole", size, offsets.size());
    expect(offsets.size() >= end, "VMContext.sizeof", "holds its arrays, which end at", end, offsets.size());
  }

  static std::string hex(const uint8_t* bytes, uint32_t size) {
    std::string out = "0x";
    for (uint32_t i = size; i-- > 0;) out += fmt::format("{:02x}", bytes[i]);
    return out;
  }
  void randomize(void* at, size_t size) {
    auto* p = static_cast<uint8_t*>(at);
    for (; size >= 8; p += 8, size -= 8) {
      uint64_t r = random_();
      std::memcpy(p, &r, 8);
    }
    for (; size > 0; ++p, --size) *p = static_cast<uint8_t>(random_());
  }

  using ProbeFunction = void (*)(void* base, void* buffer);

  const Options& options_;
  std::mt19937_64 random_;
  Report report_;
  std::vector<Block> memory_, expected_;
  std::vector<Item> items_;
  std::vector<ProbeField> fields_;
  std::vector<uint8_t> values_, found_;
  uint32_t buffer_ = 0;
  uint32_t shape_ = 0;
  ExecBuffer exec_;
  ProbeFunction reader_ = nullptr, writer_ = nullptr;
};

}  // namespace

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const FieldLayout& f : kFields) names.push_back(fmt::format("{}.{}", f.structure, f.field));
  for (const StructLayout& s : kStructs) names.push_back(fmt::format("{}.sizeof", s.name));
  for (const ArrayInfo& a : kVMContextArrays) names.push_back(fmt::format("VMContext.{}", a.name));
  return names;
}

Result<Report> check(const Options& options) {
  for (std::string_view name : {std::string_view(options.break_field), vm::detail::kBrokenField}) {
    std::vector<std::string> names = field_names();
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      return fail(ErrorKind::kUsage, fmt::format("no field '{}' (--list prints the names)", name));
  }
  return Checker(options).run();
}

}  // namespace wjit::abi_check
