#include "compiler/isa/common/masm_base.h"

#include <cstring>
#include <new>

#include "compiler/isa/common/jit.h"

namespace wjit::isa {

MasmBase::MasmBase() : jit_(std::make_unique<JitCode>()) {}
MasmBase::~MasmBase() = default;

Label MasmBase::new_label() {
  const Label label{jit_->new_label()};
  if (!label.valid()) throw std::bad_alloc();  // the one reason there is
  return label;
}
bool MasmBase::is_bound(Label label) const { return jit_->is_bound(label.id); }
uint32_t MasmBase::offset() const { return jit_->offset(); }

uint32_t MasmBase::offset_of(Label label) const {
  WJIT_ASSERT(is_bound(label));
  return jit_->offset_of(label.id);
}

void MasmBase::bind_here(Label label) { jit_->assembler->bind(jit_label(label)); }

void MasmBase::data(std::span<const uint8_t> bytes) { jit_->assembler->embed(bytes.data(), bytes.size()); }

// Both ISAs are little-endian, and so are their hosts.
void MasmBase::data32(uint32_t value) { jit_->assembler->embed(&value, sizeof value); }
void MasmBase::data64(uint64_t value) { jit_->assembler->embed(&value, sizeof value); }

void MasmBase::distance32(Label from, Label to) {
  distances_.push_back({offset(), from, to});
  data32(0);
}

bool MasmBase::ok() const { return jit_->errors.first.empty(); }

support::Result<std::vector<uint8_t>> MasmBase::finish() {
  if (!ok()) return fail(ErrorKind::kResource, "assembler: " + jit_->errors.first);
  if (jit_->has_unbound()) return fail(ErrorKind::kResource, "assembler: a label was used and never bound");
  const asmjit::CodeBuffer& buffer = jit_->bytes();
  std::vector<uint8_t> out(buffer.data(), buffer.data() + buffer.size());
  for (const Distance& d : distances_) {
    if (!is_bound(d.from) || !is_bound(d.to))
      return fail(ErrorKind::kResource, "assembler: a label was used and never bound");
    uint32_t distance = offset_of(d.to) - offset_of(d.from);
    std::memcpy(out.data() + d.at, &distance, sizeof distance);
  }
  return out;
}

}  // namespace wjit::isa
