#include "compiler/translate/guesses.h"

#include "compiler/wasm/read_op.h"

namespace wjit::translate {

std::vector<ReferenceCall> reference_calls(const wasm::Module& module, uint32_t defined) {
  std::vector<ReferenceCall> out;
  wasm::OpBuffers buffers;
  wasm::OpReader reader(module, module.body(defined), module.bodies[defined].offset, buffers);
  ByteCursor& c = reader.cursor();
  for (uint32_t groups = c.u32(); groups > 0 && c.ok(); --groups) {
    c.u32();
    read_val_type(c, reader.scope());
  }
  wasm::Instr in{};
  while (c.ok() && !c.at_end() && reader.read(in)) {
    switch (in.op) {
      case wasm::Op::call_indirect: case wasm::Op::call_ref: case wasm::Op::return_call_indirect:
      case wasm::Op::return_call_ref:
        if (in.a < module.types.size()) out.push_back({in.offset, module.types[in.a]});
        break;
      default: break;
    }
  }
  return out;
}

static uint64_t mix(uint64_t x) {  // the end of splitmix64
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

std::unique_ptr<const Profile> Guesses::make(uint32_t defined) const {
  auto p = std::make_unique<Profile>();
  const uint32_t funcs = static_cast<uint32_t>(module_.funcs.size());
  for (const ReferenceCall& call : reference_calls(module_, defined)) {
    const uint64_t choice = mix(seed_ + mix(call.offset));
    uint32_t func = static_cast<uint32_t>((choice >> 8) % (uint64_t{funcs} + 2));
    const uint32_t kind = choice & 15;
    if (kind == 0) continue;
    if (kind > 1 && func < funcs) {
      for (uint32_t k = 0; k < funcs && module_.funcs[func] != call.type; ++k) func = (func + 1) % funcs;
    }
    p->targets.push_back({call.offset, func});
  }
  return p;
}

const Profile* Guesses::of(uint32_t defined) {
  const std::lock_guard hold(lock_);
  std::unique_ptr<const Profile>& p = made_[defined];
  if (!p) p = make(defined);
  return p.get();
}

}  // namespace wjit::translate
