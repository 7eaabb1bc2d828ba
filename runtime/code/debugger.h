// gdb is told of published code: an object file in memory with a symbol for each function and the unwind information,
// in the list that gdb (and lldb) look for under the names __jit_debug_descriptor and __jit_debug_register_code. Off
// unless an engine asks for it (Config::debugger_info) or WJIT_GDB=1: gdb stops the process at each registration, and
// an object file takes as much memory as its symbols.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/code/code_memory.h"

namespace wjit::rt {

// From now on, for all code memory of the process; what is published already stays unknown. There is no way back.
void enable_debugger_info();

// Called by CodeMemory, as those of eh_frame.h.
void tell_debugger(const CodeObject& object);
void forget_debugger_info(const CodeObject& object);

// The object file: ELF for this machine, its .text where the code is, without its bytes.
std::vector<uint8_t> make_object_file(uintptr_t begin, std::span<const uint8_t> code, const CodeTables& tables);

// What people call this piece of code: the name its publisher gives, else its index, else its kind.
std::string name_for_people(const CodeTables& tables, const CodeFunction* function);

}  // namespace wjit::rt
