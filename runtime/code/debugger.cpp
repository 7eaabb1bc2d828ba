#include "runtime/code/debugger.h"

#include <elf.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>

#include "runtime/code/eh_frame.h"

// The interface, as gdb's manual has it ("JIT Compilation Interface"). Weak: another compiler in the same program has
// the same names, and then one list serves both.
extern "C" {
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};
struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;  // 0 nothing, 1 registered, 2 unregistered
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};
__attribute__((weak, noinline, used)) void __jit_debug_register_code() { asm volatile("" ::: "memory"); }
__attribute__((weak, used)) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
}

namespace wjit::rt {

namespace {

// Strings behind each other, by their offsets. The first is empty.
class Strings {
 public:
  uint32_t add(const std::string& s) {
    const auto at = uint32_t(text.size());
    text += s;
    text += '\0';
    return at;
  }
  std::string text = std::string(1, '\0');
};

enum Section : uint16_t { kNull, kText, kEhFrame, kSymtab, kStrtab, kShstrtab, kSections };

Elf64_Ehdr make_header(uint64_t sections_at) {
  Elf64_Ehdr h{};
  std::memcpy(h.e_ident, ELFMAG, SELFMAG);
  h.e_ident[EI_CLASS] = ELFCLASS64;
  h.e_ident[EI_DATA] = ELFDATA2LSB;
  h.e_ident[EI_VERSION] = EV_CURRENT;
  h.e_type = ET_EXEC;  // addresses are final
#if defined(__x86_64__)
  h.e_machine = EM_X86_64;
#else
  h.e_machine = EM_AARCH64;
#endif
  h.e_version = EV_CURRENT;
  h.e_shoff = sections_at;
  h.e_ehsize = sizeof(Elf64_Ehdr);
  h.e_shentsize = sizeof(Elf64_Shdr);
  h.e_shnum = kSections;
  h.e_shstrndx = kShstrtab;
  return h;
}

// A symbol for each function, and for what no function covers.
std::vector<Elf64_Sym> make_symbols(uintptr_t begin, size_t size, const CodeTables& tables, Strings& names) {
  std::vector<Elf64_Sym> symbols(1);
  const auto add = [&](uint32_t start, uint32_t end, const CodeFunction* f) {
    if (end <= start) return;
    Elf64_Sym s{};
    s.st_name = names.add(name_for_people(tables, f));
    s.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    s.st_shndx = kText;
    s.st_value = begin + start;
    s.st_size = end - start;
    symbols.push_back(s);
  };
  uint32_t at = 0;
  for (const CodeFunction& f : tables.functions) {
    add(at, f.start, nullptr);
    add(f.start, f.end, &f);
    at = f.end;
  }
  add(at, uint32_t(size), nullptr);
  return symbols;
}

}  // namespace

std::string name_for_people(const CodeTables& tables, const CodeFunction* function) {
  if (function && tables.name) return tables.name(tables.owner, function->func_index);
  if (function) return "wasm!function[" + std::to_string(function->func_index) + "]";
  switch (tables.kind) {
    case CodeKind::kModule: return "wjit module";
    case CodeKind::kThunks: return "wjit thunks";
    case CodeKind::kTrampolines: break;
  }
  return "wjit trampolines";
}

std::vector<uint8_t> make_object_file(uintptr_t begin, std::span<const uint8_t> code, const CodeTables& tables) {
  Strings names, section_names;
  const std::vector<Elf64_Sym> symbols = make_symbols(begin, code.size(), tables, names);
  const EhFrame frame = make_eh_frame(begin, code, tables);
  Elf64_Shdr sections[kSections] = {};
  std::vector<uint8_t> file(sizeof(Elf64_Ehdr));
  const auto section = [&](Section which, const char* name, uint32_t type, uint64_t flags, const void* bytes, size_t n) {
    Elf64_Shdr& s = sections[which];
    s.sh_name = section_names.add(name);
    s.sh_type = type;
    s.sh_flags = flags;
    s.sh_addralign = 8;
    file.resize((file.size() + 7) & ~size_t{7});
    s.sh_offset = file.size();
    s.sh_size = n;
    const auto* p = static_cast<const uint8_t*>(bytes);
    if (p) file.insert(file.end(), p, p + n);
  };
  section(kText, ".text", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, nullptr, code.size());
  sections[kText].sh_addr = begin;
  section(kEhFrame, ".eh_frame", SHT_PROGBITS, SHF_ALLOC, frame.bytes.data(), frame.bytes.size());
  section(kSymtab, ".symtab", SHT_SYMTAB, 0, symbols.data(), symbols.size() * sizeof(Elf64_Sym));
  sections[kSymtab].sh_link = kStrtab;
  sections[kSymtab].sh_info = 1;  // the first that is not local
  sections[kSymtab].sh_entsize = sizeof(Elf64_Sym);
  section(kStrtab, ".strtab", SHT_STRTAB, 0, names.text.data(), names.text.size());
  const uint32_t own_name = section_names.add(".shstrtab");
  section(kShstrtab, "", SHT_STRTAB, 0, section_names.text.data(), section_names.text.size());
  sections[kShstrtab].sh_name = own_name;
  file.resize((file.size() + 7) & ~size_t{7});
  const Elf64_Ehdr header = make_header(file.size());
  std::memcpy(file.data(), &header, sizeof header);
  const auto* p = reinterpret_cast<const uint8_t*>(sections);
  file.insert(file.end(), p, p + sizeof sections);
  return file;
}

// ---- registration

namespace {

struct Registered {
  std::vector<uint8_t> file;
  jit_code_entry entry;
};
struct All {
  std::mutex lock;
  std::unordered_map<const CodeObject*, std::unique_ptr<Registered>> entries;
};
All& all() {  // never destroyed: code may be dropped while the process ends
  static All* const a = new All;
  return *a;
}

std::atomic<bool> enabled{[] {
  const char* wanted = std::getenv("WJIT_GDB");
  return wanted && wanted[0] == '1';
}()};

void notify(uint32_t action, jit_code_entry& entry) {
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_descriptor.relevant_entry = &entry;
  __jit_debug_register_code();
  __jit_debug_descriptor.action_flag = 0;
}

}  // namespace

void enable_debugger_info() { enabled.store(true, std::memory_order_relaxed); }

void tell_debugger(const CodeObject& object) {
  if (!enabled.load(std::memory_order_relaxed)) return;
  try {
    auto r = std::make_unique<Registered>();
    r->file = make_object_file(object.begin(), object.bytes, object);
    jit_code_entry& e = r->entry;
    All& a = all();
    std::lock_guard hold(a.lock);
    jit_code_entry*& first = __jit_debug_descriptor.first_entry;
    e = {first, nullptr, reinterpret_cast<const char*>(r->file.data()), r->file.size()};
    a.entries.emplace(&object, std::move(r));
    if (first) first->prev_entry = &e;
    first = &e;
    notify(1, e);
  } catch (const std::bad_alloc&) {
    // Not known to gdb, then.
  }
}

void forget_debugger_info(const CodeObject& object) {
  if (!enabled.load(std::memory_order_relaxed)) return;
  All& a = all();
  std::lock_guard hold(a.lock);
  const auto found = a.entries.find(&object);
  if (found == a.entries.end()) return;
  jit_code_entry& e = found->second->entry;
  (e.prev_entry ? e.prev_entry->next_entry : __jit_debug_descriptor.first_entry) = e.next_entry;
  if (e.next_entry) e.next_entry->prev_entry = e.prev_entry;
  notify(2, e);
  a.entries.erase(found);
}

}  // namespace wjit::rt
