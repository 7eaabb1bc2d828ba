// The assembler library, as far as it differs between its versions: everything else under compiler/isa is
// written against these names. Private to compiler/isa.
#pragma once
#include <asmjit/core.h>

#include <memory>
#include <string>
#include <string_view>

#include "compiler/isa/common/label.h"

namespace wjit::isa {

#if ASMJIT_LIBRARY_VERSION >= 0x011200  // 1.18
#define WJIT_ASMJIT_SNAKE_CASE 1
#else
#define WJIT_ASMJIT_SNAKE_CASE 0
#endif

struct JitErrors : asmjit::ErrorHandler {
#if WJIT_ASMJIT_SNAKE_CASE
  void handle_error(asmjit::Error, const char* message, asmjit::BaseEmitter*) override { keep(message); }
#else
  void handleError(asmjit::Error, const char* message, asmjit::BaseEmitter*) override { keep(message); }
#endif
  void keep(std::string_view message) {
    if (first.empty()) first = message;
  }
  std::string first;
};

// One piece of code and its assembler, which the ISA's masm owns and attaches.
struct JitCode {
  JitErrors errors;
  asmjit::CodeHolder holder;
  std::unique_ptr<asmjit::BaseAssembler> assembler;  // goes before the holder it is attached to

  void init(asmjit::Arch arch, std::unique_ptr<asmjit::BaseAssembler> a) {
    asmjit::Environment environment;
#if WJIT_ASMJIT_SNAKE_CASE
    environment.set_arch(arch);
#else
    environment.setArch(arch);
#endif
    assembler = std::move(a);
    if (holder.init(environment) != asmjit::kErrorOk) errors.keep("no memory");
#if WJIT_ASMJIT_SNAKE_CASE
    holder.set_error_handler(&errors);
#else
    holder.setErrorHandler(&errors);
#endif
    if (holder.attach(assembler.get()) != asmjit::kErrorOk) errors.keep("no memory");
  }

#if WJIT_ASMJIT_SNAKE_CASE
  uint32_t new_label() { return assembler->new_label().id(); }
  bool is_bound(uint32_t label) const { return holder.is_label_bound(label); }
  uint32_t offset_of(uint32_t label) const { return static_cast<uint32_t>(holder.label_offset(label)); }
  bool has_unbound() const { return holder.has_unresolved_fixups(); }
  const asmjit::CodeBuffer& bytes() const { return holder.text_section()->buffer(); }
#else
  uint32_t new_label() { return assembler->newLabel().id(); }
  bool is_bound(uint32_t label) const { return holder.isLabelBound(label); }
  uint32_t offset_of(uint32_t label) const { return static_cast<uint32_t>(holder.labelOffset(label)); }
  bool has_unbound() const { return holder.hasUnresolvedLinks(); }
  const asmjit::CodeBuffer& bytes() const { return holder.textSection()->buffer(); }
#endif
  void option(asmjit::InstOptions o) {
#if WJIT_ASMJIT_SNAKE_CASE
    assembler->add_inst_options(o);
#else
    assembler->addInstOptions(o);
#endif
  }
  void next_is_short() { option(asmjit::InstOptions::kShortForm); }
  void next_is_locked() { option(asmjit::InstOptions::kX86_Lock); }

  uint32_t offset() const { return static_cast<uint32_t>(assembler->offset()); }

  template <class... Operands>
  void emit(uint32_t instruction, const Operands&... operands) {
    assembler->emit(instruction, operands...);
  }
};

inline asmjit::Label jit_label(Label label) { return asmjit::Label(label.id); }

}  // namespace wjit::isa
