// The type registry. Its invariants:
//  * A SubType is written completely, under mutex_, before an id that reaches it is given out, and never
//  changes
//    or moves afterwards. A reader got its id from intern() (the mutex orders the writes) or from another
//    thread through some synchronisation of theirs, so plain reads of the SubType are race free.
//  * Chunks are found through atomic pointers (release on publish, acquire on read) and are freed only with
//  the
//    registry, so readers take no lock.
//  * A group is stored with registry ids only. Two groups are equal when they are equal with references to
//    themselves written relatively (kRecBase + i); same_group() compares in that form.
#include "compiler/wasm/types.h"

#include <bit>
#include <chrono>
#include <new>
#include <unordered_map>

namespace wjit::wasm {

namespace {

constexpr uint32_t kFirstChunkLog2 = 8;
constexpr uint32_t kChunkCount = 17;
constexpr uint32_t kMaxTypes = TypeRegistry::kRecBase;

// Chunk k holds 2^(8+k) types, so the place of an id is arithmetic.
struct Place {
  uint32_t chunk, index;
};
constexpr Place place_of(TypeId id) {
  uint32_t biased = id + (1u << kFirstChunkLog2);
  uint32_t log = uint32_t(std::bit_width(biased)) - 1;
  return {log - kFirstChunkLog2, biased - (1u << log)};
}
static_assert(place_of(kMaxTypes - 1).chunk < kChunkCount);

// Applies `f` to each value type inside a composite type.
template <class T, class F>
void for_each_val_type(T& type, F&& f) {
  for (auto& v : type.values) f(v);
  for (auto& field : type.fields) f(field.type);
}

class Hasher {
 public:
  explicit Hasher(uint64_t seed) : state_(seed) {}
  void add(uint64_t v) {
    state_ = (state_ ^ v) * 0x9E3779B97F4A7C15u;
    state_ ^= state_ >> 29;
  }
  uint64_t get() const { return state_; }

 private:
  uint64_t state_;
};

}  // namespace

struct TypeRegistry::Impl {
  std::atomic<SubType*> chunks[kChunkCount] = {};
  std::atomic<uint32_t> size{0};
  std::mutex mutex;
  std::unordered_multimap<uint64_t, TypeId> groups;  // hash of the relative form -> first id
  // Differs per registry and run: no module can be built to make all groups collide.
  uint64_t seed =
      uint64_t(std::chrono::steady_clock::now().time_since_epoch().count()) ^ uint64_t(uintptr_t(this));

  ~Impl() {
    for (uint32_t id = 0, n = size.load(); id < n; id++) at(id).~SubType();
    for (auto& chunk : chunks) ::operator delete(chunk.load());
  }

  SubType& at(TypeId id) const {
    Place p = place_of(id);
    return chunks[p.chunk].load(std::memory_order_acquire)[p.index];
  }

  uint64_t hash(const std::vector<SubType>& group) const {
    Hasher h(seed);
    h.add(group.size());
    for (const SubType& t : group) {
      h.add(uint64_t(t.composite) | uint64_t(t.is_final) << 8 | uint64_t(t.super) << 16);
      h.add(t.values.size() | uint64_t(t.param_count) << 32);
      h.add(t.fields.size());
      for (ValType v : t.values) h.add(v.bits());
      for (const FieldType& f : t.fields)
        h.add(uint64_t(f.type.bits()) | uint64_t(f.packed) << 32 | uint64_t(f.is_mutable) << 40);
    }
    return h.get();
  }

  // The id `relative` means in a group that starts at `start`; kNoType when no relative id means it, which is
  // when it names a type of that very group absolutely: such a reference is to an equal group, not to the
  // group itself.
  static TypeId resolve(TypeId relative, TypeId start, uint32_t count) {
    if (relative >= kRecBase) return start + (relative - kRecBase);
    return relative - start < count ? kNoType : relative;
  }
  static bool same(ValType relative, ValType stored, TypeId start, uint32_t count) {
    if (!relative.concrete()) return relative == stored;
    return stored.concrete() && relative.nullable() == stored.nullable() &&
           resolve(relative.type_id(), start, count) == stored.type_id();
  }
  bool same_group(const std::vector<SubType>& group, TypeId start) const {
    uint32_t n = uint32_t(group.size());
    for (uint32_t i = 0; i < n; i++) {
      const SubType &a = group[i], &b = at(start + i);
      if (b.rec_start != start || b.rec_size != n) return false;
      if (a.composite != b.composite || a.is_final != b.is_final || a.param_count != b.param_count ||
          a.values.size() != b.values.size() || a.fields.size() != b.fields.size())
        return false;
      if ((a.super == kNoType) != (b.super == kNoType)) return false;
      if (a.super != kNoType && resolve(a.super, start, n) != b.super) return false;
      for (size_t k = 0; k < a.values.size(); k++)
        if (!same(a.values[k], b.values[k], start, n)) return false;
      for (size_t k = 0; k < a.fields.size(); k++) {
        const FieldType &x = a.fields[k], &y = b.fields[k];
        if (x.packed != y.packed || x.is_mutable != y.is_mutable || !same(x.type, y.type, start, n))
          return false;
      }
    }
    return true;
  }

  // Makes sure that chunks exist for all ids below `end`.
  void grow_to(uint32_t end) {
    for (uint32_t k = 0; k <= place_of(end - 1).chunk; k++) {
      if (chunks[k].load(std::memory_order_relaxed)) continue;
      size_t count = size_t{1} << (kFirstChunkLog2 + k);
      chunks[k].store(static_cast<SubType*>(::operator new(count * sizeof(SubType))),
                      std::memory_order_release);
    }
  }

  // All or nothing: what may fail comes before the first type is put in its place.
  TypeId append(std::vector<SubType> group) {
    uint32_t start = size.load(std::memory_order_relaxed), n = uint32_t(group.size());
    grow_to(start + n);
    auto absolute = [&](TypeId id) { return id >= kRecBase ? start + (id - kRecBase) : id; };
    for (uint32_t i = 0; i < n; i++) {
      SubType& t = group[i];
      for_each_val_type(t, [&](ValType& v) {
        if (v.concrete()) v = ValType::ref(v.nullable(), absolute(v.type_id()));
      });
      t.rec_start = start;
      t.rec_size = n;
      t.depth = 0;
      t.ancestors.clear();
      if (t.super != kNoType) {
        t.super = absolute(t.super);
        // A supertype precedes its subtypes, so this one is complete.
        WJIT_ASSERT(t.super < start + i);
        const SubType& super = t.super < start ? at(t.super) : group[t.super - start];
        t.depth = super.depth + 1;
        t.ancestors.reserve(super.ancestors.size() + 1);
        t.ancestors = super.ancestors;
      }
      t.ancestors.push_back(start + i);
    }
    static_assert(std::is_nothrow_move_constructible_v<SubType>);
    for (uint32_t i = 0; i < n; i++) new (&at(start + i)) SubType(std::move(group[i]));
    size.store(start + n, std::memory_order_release);
    return start;
  }
};

TypeRegistry::TypeRegistry() : impl_(std::make_unique<Impl>()) {}
TypeRegistry::~TypeRegistry() = default;

Result<TypeId> TypeRegistry::intern(std::vector<SubType> group) {
  if (group.empty()) return TypeId{0};
  uint64_t hash = impl_->hash(group);
  std::lock_guard lock(impl_->mutex);
  auto [first, last] = impl_->groups.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (impl_->at(it->second).rec_size == group.size() && impl_->same_group(group, it->second))
      return it->second;
  if (group.size() > kMaxTypes - impl_->size.load(std::memory_order_relaxed))
    return fail(ErrorKind::kLimit, "too many types in the engine: at most " + std::to_string(kMaxTypes));
  // The entry first: a type without one would be made a second time.
  auto entry = impl_->groups.emplace(hash, impl_->size.load(std::memory_order_relaxed));
  try {
    return impl_->append(std::move(group));
  } catch (const std::bad_alloc&) {
    impl_->groups.erase(entry);
    throw;
  }
}

Result<TypeId> TypeRegistry::intern_func(std::span<const ValType> params, std::span<const ValType> results) {
  SubType t;
  t.values.reserve(params.size() + results.size());
  t.values.assign(params.begin(), params.end());
  t.values.insert(t.values.end(), results.begin(), results.end());
  t.param_count = uint32_t(params.size());
  std::vector<SubType> group;
  group.push_back(std::move(t));
  return intern(std::move(group));
}

const SubType& TypeRegistry::operator[](TypeId id) const {
  WJIT_DASSERT(id < size());
  return impl_->at(id);
}
uint32_t TypeRegistry::size() const { return impl_->size.load(std::memory_order_acquire); }

bool TypeRegistry::is_subtype(TypeId sub, TypeId super) const {
  if (sub == super) return true;
  const SubType &a = (*this)[sub], &b = (*this)[super];
  return b.depth < a.ancestors.size() && a.ancestors[b.depth] == super;
}

namespace {

// The abstract supertype just above a concrete type.
Heap abstract_of(Composite c) {
  switch (c) {
    case Composite::kFunc:
      return Heap::kFunc;
    case Composite::kStruct:
      return Heap::kStruct;
    case Composite::kArray:
      return Heap::kArray;
  }
  return Heap::kBot;
}

// Whether one abstract heap type is below another (spec §3.3.3), kBot being below all.
bool abstract_matches(Heap sub, Heap super) {
  if (sub == super || sub == Heap::kBot) return true;
  switch (sub) {
    case Heap::kNoFunc:
      return super == Heap::kFunc;
    case Heap::kNoExtern:
      return super == Heap::kExtern;
    case Heap::kNoExn:
      return super == Heap::kExn;
    case Heap::kEq:
      return super == Heap::kAny;
    case Heap::kI31:
    case Heap::kStruct:
    case Heap::kArray:
      return super == Heap::kEq || super == Heap::kAny;
    case Heap::kNone:
      return super == Heap::kI31 || super == Heap::kStruct || super == Heap::kArray || super == Heap::kEq ||
             super == Heap::kAny;
    default:
      return false;
  }
}

}  // namespace

Heap TypeRegistry::top(ValType ref) const {
  Heap h = ref.concrete() ? abstract_of((*this)[ref.type_id()].composite) : ref.heap();
  switch (h) {
    case Heap::kFunc:
    case Heap::kNoFunc:
      return Heap::kFunc;
    case Heap::kExtern:
    case Heap::kNoExtern:
      return Heap::kExtern;
    case Heap::kExn:
    case Heap::kNoExn:
      return Heap::kExn;
    case Heap::kBot:
    case Heap::kConcrete:
      return Heap::kBot;
    default:
      return Heap::kAny;
  }
}

bool TypeRegistry::heap_matches(ValType sub, ValType super) const {
  if (sub.concrete()) {
    if (super.concrete()) return is_subtype(sub.type_id(), super.type_id());
    return abstract_matches(abstract_of((*this)[sub.type_id()].composite), super.heap());
  }
  if (!super.concrete()) return abstract_matches(sub.heap(), super.heap());
  switch (sub.heap()) {
    case Heap::kBot:
      return true;
    case Heap::kNoFunc:
      return (*this)[super.type_id()].composite == Composite::kFunc;
    case Heap::kNone:
      return (*this)[super.type_id()].composite != Composite::kFunc;
    default:
      return false;
  }
}

bool TypeRegistry::matches_slow(ValType sub, ValType super) const {
  if (sub.is_bot()) return true;
  if (!sub.is_ref() || !super.is_ref()) return sub == super;
  return (super.nullable() || !sub.nullable()) && heap_matches(sub, super);
}

bool TypeRegistry::composite_matches(const SubType& sub, const SubType& super) const {
  if (sub.composite != super.composite) return false;
  if (sub.composite == Composite::kFunc) {
    if (sub.param_count != super.param_count || sub.values.size() != super.values.size()) return false;
    for (size_t i = 0; i < sub.values.size(); i++) {
      bool ok = i < sub.param_count ? matches(super.values[i], sub.values[i])
                                    : matches(sub.values[i], super.values[i]);
      if (!ok) return false;
    }
    return true;
  }
  if (sub.fields.size() < super.fields.size()) return false;
  for (size_t i = 0; i < super.fields.size(); i++) {
    const FieldType &a = sub.fields[i], &b = super.fields[i];
    if (a.is_mutable != b.is_mutable || a.packed != b.packed) return false;
    if (!matches(a.type, b.type) || (b.is_mutable && !matches(b.type, a.type))) return false;
  }
  return true;
}

namespace {

struct HeapName {
  const char *heap, *nullable;
};
// In the order of Heap.
constexpr HeapName kHeapNames[] = {
    {"func", "funcref"},       {"nofunc", "nullfuncref"},
    {"extern", "externref"},   {"noextern", "nullexternref"},
    {"any", "anyref"},         {"eq", "eqref"},
    {"i31", "i31ref"},         {"struct", "structref"},
    {"array", "arrayref"},     {"none", "nullref"},
    {"exn", "exnref"},         {"noexn", "nullexnref"},
    {"bot", "(ref null bot)"},
};
static_assert(std::size(kHeapNames) == size_t(Heap::kConcrete));
constexpr const char* kNumNames[] = {"bot", "i32", "i64", "f32", "f64", "v128"};

void append_types(std::string& out, std::span<const ValType> types) {
  out += '[';
  for (size_t i = 0; i < types.size(); i++) {
    if (i) out += ' ';
    out += to_string(types[i]);
  }
  out += ']';
}

}  // namespace

std::string to_string(ValType t) {
  if (!t.is_ref()) return t.kind() <= ValKind::kV128 ? kNumNames[size_t(t.kind())] : "unknown";
  if (t.concrete()) return (t.nullable() ? "(ref null " : "(ref ") + std::to_string(t.type_id()) + ")";
  if (t.heap() > Heap::kBot) return "unknown";
  const HeapName& name = kHeapNames[size_t(t.heap())];
  return t.nullable() ? name.nullable : std::string("(ref ") + name.heap + ")";
}

std::string to_string(const FuncType& t) {
  std::string out;
  append_types(out, t.params);
  out += " -> ";
  append_types(out, t.results);
  return out;
}

const char* to_string(ExternKind kind) {
  constexpr const char* kNames[] = {"function", "table", "memory", "global", "tag"};
  return size_t(kind) < std::size(kNames) ? kNames[size_t(kind)] : "unknown";
}

}  // namespace wjit::wasm
