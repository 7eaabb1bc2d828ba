// Calls through references of whom the profile says that they reach one function of the same instance.
//
// A function of an instance has one reference and no other: its VMFuncRef, at a fixed place in its instance's VMContext
// (Instance::func_ref makes it there, whoever asks: ref.func, segments, exports, the host). So a word that is the address of
// that place in *this* VMContext is the function's reference. It follows that it is not null, that its code, its context and
// its type are the function's, and that the slot of a table has been initialised: one comparison stands for all that is
// otherwise looked at. A slot of a table that holds the reference has its lowest bit set, which is compared as well.
//
// The other way is what there would be without a profile, so that a profile that is wrong costs time only.
#include "compiler/support/plant.h"
#include "compiler/translate/translator.h"

namespace wjit::translate {

namespace {
constexpr uint32_t kNobody = ~uint32_t{0};
}  // namespace

ir::Block Translator::new_block_like_this() {
  const ir::Block b = f_.new_block();
  f_.block(b).cold = f_.block(b_.block()).cold;
  return b;
}

// A profile may say anything: also what is no function, has no reference or another type.
uint32_t Translator::likely_callee(uint32_t offset, wasm::TypeId want) const {
  const Profile::Target* t = profile_ ? profile_->target(offset) : nullptr;
  if (!t || t->func_index < module_.imported_funcs || t->func_index >= module_.funcs.size()) return kNobody;
  if (module_.escape_index[t->func_index] == wasm::Module::kNotEscaping) return kNobody;
  return module_.registry->is_subtype(module_.funcs[t->func_index], want) ? t->func_index : kNobody;
}

ir::Block Translator::call_likely(const wasm::Instr& in, bool tail, wasm::TypeId want, Value word, uint64_t bit) {
  const uint32_t callee = likely_callee(in.offset, want);
  // Arguments and results are passed twice; no body is refused for that.
  if (callee == kNobody || passed_ > most_passed_ / 2) return ir::Block();
  const ir::Sig sig = signature(want);
  const size_t params = f_.sig(sig).params.size();
  const std::vector<Type> results = tail ? std::vector<Type>() : f_.sig(sig).results;
  count_passed(params + 2 * results.size());

  uint32_t place = offsets_.vmctx_func_ref(module_.escape_index[callee]);
  if (WJIT_PLANTED(next_guess)) place += vm::off::VMFuncRef::kSize;
  const Value distance = b_.binary(Op::sub, Type::kI64, word, vmctx_);
  const Value other = b_.icmp(ir::IntCc::ne, Type::kI64, distance, i64(place | bit));
  const ir::Block direct = new_block_like_this(), join = tail ? ir::Block() : new_block_like_this();
  const ir::Block general = f_.new_block();
  b_.brif(WJIT_PLANTED(sure_guess) ? i32(0) : other, f_.new_edge(general), f_.new_edge(direct));

  go_on_in(direct);
  args_.assign(stack_.end() - static_cast<ptrdiff_t>(params), stack_.end());
  const uint32_t number = callee - module_.imported_funcs;
  const ir::Inst call = b_.call(tail ? Op::return_call : Op::call, sig, number, args_);
  if (!tail) {
    args_.clear();
    for (uint32_t k = 0; k < results.size(); ++k) args_.push_back(f_.result(call, k));
    b_.jump(join, args_);
  }
  f_.block(general).cold = true;
  go_on_in(general);
  return join;
}

// The results are on the stack.
void Translator::join_likely(ir::Block join, wasm::TypeId type) {
  const size_t results = f_.sig(signature(type)).results.size();
  count_passed(results);
  b_.jump(join, top(results));
  stack_.resize(stack_.size() - results);
  go_on_in(join);
  const ir::Sig sig = signature(type);
  for (size_t k = 0; k < results; ++k) push(f_.append_param(join, f_.sig(sig).results[k]));
}

}  // namespace wjit::translate
