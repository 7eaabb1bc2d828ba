#include "compiler/wasm/types.h"

#include <thread>

#include "catch.h"

using namespace wjit;
using namespace wjit::wasm;

namespace {

ValType rec_ref(uint32_t i, bool nullable = true) {
  return ValType::ref(nullable, TypeRegistry::kRecBase + i);
}

SubType func_of(std::vector<ValType> params, std::vector<ValType> results) {
  SubType t;
  t.param_count = uint32_t(params.size());
  t.values = std::move(params);
  t.values.insert(t.values.end(), results.begin(), results.end());
  return t;
}
SubType struct_of(std::vector<FieldType> fields, TypeId super = kNoType, bool is_final = false) {
  SubType t;
  t.composite = Composite::kStruct;
  t.fields = std::move(fields);
  t.super = super;
  t.is_final = is_final;
  return t;
}
SubType array_of(FieldType element) {
  SubType t;
  t.composite = Composite::kArray;
  t.fields = {element};
  return t;
}
TypeId intern(TypeRegistry& r, std::vector<SubType> group) {
  auto id = r.intern(std::move(group));
  REQUIRE(id);
  return *id;
}

}  // namespace

TEST_CASE("equal recursion groups have one id [row21]", "[types][row21]") {
  TypeRegistry r;
  ValType params[] = {kI32, kI64}, results[] = {kF32};
  TypeId a = *r.intern_func(params, results);
  CHECK(*r.intern_func(params, results) == a);
  CHECK(r.size() == 1);
  CHECK(to_string(r[a].func()) == "[i32 i64] -> [f32]");
  // The border between params and results counts, and so do finality and the number of types in the group.
  ValType all[] = {kI32, kI64, kF32};
  CHECK(*r.intern_func(all, {}) != a);
  SubType open = func_of({kI32, kI64}, {kF32});
  open.is_final = false;
  CHECK(intern(r, {open}) != a);
  TypeId pair = intern(r, {func_of({kI32, kI64}, {kF32}), func_of({kI32, kI64}, {kF32})});
  CHECK(pair != a);
  CHECK(pair + 1 < r.size());
  CHECK(r[pair + 1].rec_start == pair);
  CHECK(r[pair + 1].rec_size == 2);
  CHECK(intern(r, {func_of({kI32, kI64}, {kF32}), func_of({kI32, kI64}, {kF32})}) == pair);
}

TEST_CASE("recursive types are equal by structure, and unrolling makes another type [row21]",
          "[types][row21]") {
  TypeRegistry r;
  TypeId list = intern(r, {struct_of({{kI32}, {rec_ref(0)}})});
  CHECK(intern(r, {struct_of({{kI32}, {rec_ref(0)}})}) == list);
  CHECK(r[list].fields[1].type == ValType::ref(true, list));
  // The same but for the reference to the group itself being one to the finished type: iso-recursive, not
  // equal.
  TypeId unrolled = intern(r, {struct_of({{kI32}, {ValType::ref(true, list)}})});
  CHECK(unrolled != list);
  CHECK(intern(r, {struct_of({{kI32}, {ValType::ref(true, list)}})}) == unrolled);

  auto pair = [] { return std::vector<SubType>{func_of({rec_ref(1)}, {}), struct_of({{rec_ref(0)}})}; };
  TypeId first = intern(r, pair());
  CHECK(intern(r, pair()) == first);
  CHECK(r[first].values[0].type_id() == first + 1);
  auto swapped = std::vector<SubType>{struct_of({{rec_ref(1)}}), func_of({rec_ref(0)}, {})};
  CHECK(intern(r, swapped) != first);
  // Nullability, mutability and packing are part of a type.
  CHECK(intern(r, {struct_of({{kI32}, {rec_ref(0, false)}})}) != list);
  CHECK(intern(r, {struct_of({{kI32, Packed::kI8}, {rec_ref(0)}})}) != list);
  CHECK(intern(r, {struct_of({{kI32, Packed::kNone, true}, {rec_ref(0)}})}) != list);
}

TEST_CASE("declared subtyping is answered by ids [row21]", "[types][row21]") {
  TypeRegistry r;
  TypeId a = intern(r, {struct_of({{kI32}})});
  TypeId b = intern(r, {struct_of({{kI32}, {kI64}}, a)});
  TypeId c = intern(r, {struct_of({{kI32}, {kI64}, {kF32}}, b, true)});
  TypeId other = intern(r, {struct_of({{kI32}, {kI64}}, a, true)});
  CHECK(r[c].depth == 2);
  CHECK(r[c].ancestors == std::vector<TypeId>{a, b, c});
  CHECK(r.is_subtype(c, a));
  CHECK(r.is_subtype(c, b));
  CHECK(r.is_subtype(c, c));
  CHECK_FALSE(r.is_subtype(a, c));
  CHECK_FALSE(r.is_subtype(other, b));
  CHECK_FALSE(r.is_subtype(c, other));
  CHECK(r.matches(ValType::ref(false, c), ValType::ref(true, a)));
  CHECK_FALSE(r.matches(ValType::ref(true, c), ValType::ref(false, a)));
  // Equal groups are equal with their supertypes only.
  CHECK(intern(r, {struct_of({{kI32}, {kI64}}, a)}) == b);
  CHECK(intern(r, {struct_of({{kI32}, {kI64}})}) != b);
  // A supertype inside the group.
  TypeId base = intern(r, {struct_of({}), struct_of({{kI32}}, TypeRegistry::kRecBase)});
  CHECK(r.is_subtype(base + 1, base));
  CHECK(r[base + 1].super == base);
}

TEST_CASE("composite types match by variance", "[types]") {
  TypeRegistry r;
  TypeId a = intern(r, {struct_of({{kI32}})});
  TypeId b = intern(r, {struct_of({{kI32}, {kI64}}, a)});
  ValType ra = ValType::ref(true, a), rb = ValType::ref(true, b);
  CHECK(r.composite_matches(func_of({ra}, {rb}), func_of({rb}, {ra})));
  CHECK_FALSE(r.composite_matches(func_of({rb}, {}), func_of({ra}, {})));
  CHECK_FALSE(r.composite_matches(func_of({}, {ra}), func_of({}, {rb})));
  CHECK_FALSE(r.composite_matches(func_of({kI32}, {}), func_of({}, {kI32})));
  CHECK(r.composite_matches(struct_of({{rb}, {kI32}}), struct_of({{ra}})));
  CHECK_FALSE(r.composite_matches(struct_of({{ra}}), struct_of({{ra}, {kI32}})));
  CHECK_FALSE(
      r.composite_matches(struct_of({{rb, Packed::kNone, true}}), struct_of({{ra, Packed::kNone, true}})));
  CHECK(r.composite_matches(struct_of({{ra, Packed::kNone, true}}), struct_of({{ra, Packed::kNone, true}})));
  CHECK_FALSE(r.composite_matches(struct_of({{kI32, Packed::kI8}}), struct_of({{kI32}})));
  CHECK(r.composite_matches(array_of({rb}), array_of({ra})));
  CHECK_FALSE(r.composite_matches(array_of({ra}), struct_of({{ra}})));
}

TEST_CASE("heap types match within their hierarchies", "[types]") {
  TypeRegistry r;
  ValType f = ValType::ref(true, *r.intern_func({}, {}));
  ValType s = ValType::ref(true, intern(r, {struct_of({})}));
  ValType a = ValType::ref(true, intern(r, {array_of({kI32})}));
  auto abs = [](Heap h) { return ValType::ref(true, h); };
  // Rows: a type and all it is below, itself aside. Everything else must not match.
  struct Row {
    ValType type;
    std::vector<ValType> above;
    Heap top;
  };
  const Row rows[] = {
      {abs(Heap::kFunc), {}, Heap::kFunc},
      {f, {abs(Heap::kFunc)}, Heap::kFunc},
      {abs(Heap::kNoFunc), {f, abs(Heap::kFunc)}, Heap::kFunc},
      {abs(Heap::kExtern), {}, Heap::kExtern},
      {abs(Heap::kNoExtern), {abs(Heap::kExtern)}, Heap::kExtern},
      {abs(Heap::kExn), {}, Heap::kExn},
      {abs(Heap::kNoExn), {abs(Heap::kExn)}, Heap::kExn},
      {abs(Heap::kAny), {}, Heap::kAny},
      {abs(Heap::kEq), {abs(Heap::kAny)}, Heap::kAny},
      {abs(Heap::kI31), {abs(Heap::kEq), abs(Heap::kAny)}, Heap::kAny},
      {abs(Heap::kStruct), {abs(Heap::kEq), abs(Heap::kAny)}, Heap::kAny},
      {abs(Heap::kArray), {abs(Heap::kEq), abs(Heap::kAny)}, Heap::kAny},
      {s, {abs(Heap::kStruct), abs(Heap::kEq), abs(Heap::kAny)}, Heap::kAny},
      {a, {abs(Heap::kArray), abs(Heap::kEq), abs(Heap::kAny)}, Heap::kAny},
      {abs(Heap::kNone),
       {s, a, abs(Heap::kI31), abs(Heap::kStruct), abs(Heap::kArray), abs(Heap::kEq), abs(Heap::kAny)},
       Heap::kAny},
  };
  for (const Row& sub : rows) {
    CHECK(r.top(sub.type) == sub.top);
    for (const Row& super : rows) {
      bool expected = sub.type == super.type ||
                      std::find(sub.above.begin(), sub.above.end(), super.type) != sub.above.end();
      INFO(to_string(sub.type) << " <: " << to_string(super.type));
      CHECK(r.matches(sub.type, super.type) == expected);
      CHECK(r.matches(sub.type.with_nullable(false), super.type) == expected);
      CHECK_FALSE(r.matches(sub.type, super.type.with_nullable(false)));
      CHECK(r.matches(ValType::ref(false, Heap::kBot), super.type));
    }
    CHECK_FALSE(r.matches(sub.type, kI32));
    CHECK_FALSE(r.matches(kI64, sub.type));
    CHECK(r.matches(kBot, sub.type));
  }
}

TEST_CASE("types are spelled as in the text format", "[types]") {
  CHECK(to_string(kV128) == "v128");
  CHECK(to_string(kFuncRef) == "funcref");
  CHECK(to_string(kExnRef) == "exnref");
  CHECK(to_string(ValType::ref(true, Heap::kNone)) == "nullref");
  CHECK(to_string(ValType::ref(true, Heap::kNoExn)) == "nullexnref");
  CHECK(to_string(ValType::ref(false, Heap::kI31)) == "(ref i31)");
  CHECK(to_string(ValType::ref(true, 7)) == "(ref null 7)");
}

TEST_CASE("ids stay valid while the registry grows [row21]", "[types][row21]") {
  TypeRegistry r;
  std::vector<const SubType*> places;
  constexpr uint32_t kCount = 3000;  // crosses several chunks
  for (uint32_t i = 0; i < kCount; i++) {
    std::vector<ValType> params;
    for (uint32_t bits = i; bits; bits /= 4) params.push_back(ValType::num(ValKind(1 + bits % 4)));
    params.push_back(kV128);
    TypeId id = *r.intern_func(params, {});
    REQUIRE(id == i);
    places.push_back(&r[id]);
  }
  for (uint32_t i = 0; i < kCount; i++) {
    CHECK(&r[i] == places[i]);
    CHECK(r[i].ancestors == std::vector<TypeId>{i});
  }
}

TEST_CASE("eight threads intern the same types and agree [row21]", "[types][row21]") {
  TypeRegistry r;
  constexpr uint32_t kThreads = 8, kTypes = 400;  // 400 shapes below
  std::vector<std::vector<TypeId>> ids(kThreads, std::vector<TypeId>(kTypes));
  std::atomic<uint32_t> wrong{0};
  std::atomic<uint32_t> waiting{kThreads};
  auto work = [&](uint32_t thread) {
    waiting--;
    while (waiting) std::this_thread::yield();  // all begin at once
    for (uint32_t n = 0; n < kTypes; n++) {
      uint32_t i = (n * 7 + thread * 53) % kTypes;  // each in its own order
      // A chain: type i is a pair of a struct that refers to its group, and a subtype of it.
      std::vector<FieldType> fields(i % 20, FieldType{kI32});
      fields.push_back({rec_ref(1)});
      fields.push_back({ValType::num(ValKind(1 + i / 20 % 4)), Packed::kNone, i / 80 % 2 == 1});
      if (i >= 160) fields.push_back({i >= 240 ? kFuncRef : kExternRef});
      if (i >= 320) fields.push_back({kF64});
      auto id = r.intern({struct_of(fields), struct_of(fields, TypeRegistry::kRecBase)});
      if (!id) {
        wrong++;
        continue;
      }
      ids[thread][i] = *id;
      // Reads while others write.
      if (!r.is_subtype(*id + 1, *id) || r.is_subtype(*id, *id + 1)) wrong++;
      if (r[*id].fields.size() != fields.size() || r[*id + 1].super != *id) wrong++;
    }
  };
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < kThreads; t++) threads.emplace_back(work, t);
  for (auto& t : threads) t.join();
  CHECK(wrong == 0);
  for (uint32_t t = 1; t < kThreads; t++) CHECK(ids[t] == ids[0]);
  CHECK(r.size() == 2 * kTypes);
}
