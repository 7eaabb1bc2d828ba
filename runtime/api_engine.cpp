// Engine, Module and Store of the public API.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "compiler/support/utf8.h"
#include "compiler/wasm/limits.h"
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/jit/native_module.h"
#include "runtime/code/code_map.h"
#include "runtime/jit/tiered_module.h"
#include "runtime/store.h"
#include "wjit/wjit.hpp"

namespace wjit {

namespace {

class MappedFile : public wasm::Bytes {
 public:
  // The error is what the operating system said, with the path in front.
  static support::Result<std::shared_ptr<const wasm::Bytes>> open(const std::string& path) {
    auto failed = [&] { return fail(ErrorKind::kIo, path + ": " + std::strerror(errno)); };
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failed();
    struct Closer {
      int fd;
      ~Closer() { ::close(fd); }
    } closer{fd};
    struct stat info;
    if (fstat(fd, &info) != 0) return failed();
    if (S_ISDIR(info.st_mode)) return fail(ErrorKind::kIo, path + ": is a directory");
    if (!S_ISREG(info.st_mode)) return read_all(fd, path);
    auto file = std::make_shared<MappedFile>();
    if (info.st_size > 0) {
      void* p = mmap(nullptr, size_t(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
      if (p == MAP_FAILED) return failed();
      file->span = {static_cast<const uint8_t*>(p), size_t(info.st_size)};
    }
    return std::shared_ptr<const wasm::Bytes>(std::move(file));
  }
  ~MappedFile() override {
    if (!span.empty()) munmap(const_cast<uint8_t*>(span.data()), span.size());
  }

 private:
  // Pipes and the like.
  static support::Result<std::shared_ptr<const wasm::Bytes>> read_all(int fd, const std::string& path) {
    std::vector<uint8_t> bytes;
    uint8_t chunk[1 << 16];
    while (true) {
      ssize_t n = ::read(fd, chunk, sizeof chunk);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail(ErrorKind::kIo, path + ": " + std::strerror(errno));
      if (n == 0) break;
      bytes.insert(bytes.end(), chunk, chunk + n);
      if (bytes.size() > wasm::kMaxModuleSize)
        return fail(ErrorKind::kLimit,
                    path + ": larger than " + std::to_string(wasm::kMaxModuleSize) + " bytes");
    }
    return wasm::copy_bytes(bytes);
  }
};

// Text is translated first; what is then wrong with the module is told by its place in the text, also when
// that is found in a body that is only looked at when it is called.
Result<Module> finish_text(const Engine& engine, std::string_view source) {
  auto text = wasm::text::parse_wat_for_load(source, engine.config().features);
  if (!text) return std::move(text).error();
  auto bytes = wasm::copy_bytes(text->binary);
  text->binary = {};
  auto lines = std::make_shared<const wasm::text::TextModule>(std::move(*text));
  auto locate = [lines, source = std::string(source)](const Error& error) {
    return wasm::text::locate(*lines, source, error);
  };
  auto module = rt::CompiledModule::create(engine.shared(), std::move(bytes), locate);
  if (!module) return locate(module.error());
  return Module(std::move(*module));
}

Result<Module> finish(const Engine& engine, std::shared_ptr<const wasm::Bytes> bytes) {
  if (wasm::text::looks_like_text(bytes->span)) return finish_text(engine, as_text(bytes->span));
  auto module = rt::CompiledModule::create(engine.shared(), std::move(bytes));
  if (!module) return std::move(module).error();
  return Module(std::move(*module));
}

ExternType extern_type(const wasm::Module& m, wasm::ExternKind kind, uint32_t index) {
  const wasm::TypeRegistry& r = *m.registry;
  switch (kind) {
    case wasm::ExternKind::kFunc:
      return rt::to_api(m.func_type(index), r);
    case wasm::ExternKind::kTable:
      return rt::to_api(m.tables[index].type, r);
    case wasm::ExternKind::kMemory:
      return rt::to_api(m.memories[index]);
    case wasm::ExternKind::kGlobal:
      return rt::to_api(m.globals[index].type, r);
    case wasm::ExternKind::kTag:
      return TagType{rt::to_api(r[m.tags[index]].func(), r)};
  }
  __builtin_unreachable();
}

}  // namespace

Engine::Engine(Config config) : impl_(std::make_shared<rt::Engine>(config)) {}
const Config& Engine::config() const { return impl_->config; }
std::string Engine::memory_style_description() const { return impl_->memory.description; }

void Engine::increment_epoch() const noexcept { impl_->epoch.fetch_add(1, std::memory_order_relaxed); }

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> wasm) {
  if (wasm.size() > wasm::kMaxModuleSize)
    return Error(ErrorKind::kLimit, "module of " + std::to_string(wasm.size()) + " bytes: at most " +
                                        std::to_string(wasm::kMaxModuleSize));
  return finish(engine, wasm::copy_bytes(wasm));
}

Result<Module> Module::from_text(const Engine& engine, std::string_view wat) {
  return finish_text(engine, wat);
}

Result<Module> Module::from_file(const Engine& engine, const std::string& path) {
  auto bytes = MappedFile::open(path);
  if (!bytes) return std::move(bytes).error();
  bool is_text = wasm::text::looks_like_text((*bytes)->span);
  auto module = finish(engine, std::move(*bytes));
  // "FILE:LINE:COLUMN: …"
  if (!module) return std::move(module).err().prefix(path + (is_text ? ":" : ": "));
  return module;
}

Result<Ok> Module::validate(const Engine& engine, std::span<const uint8_t> wasm) {
  if (wasm::text::looks_like_text(wasm)) {
    auto text = wasm::text::parse_wat_for_load(as_text(wasm), engine.config().features);
    if (!text) return std::move(text).error();
    auto valid = rt::CompiledModule::validate(engine.impl(), text->binary);
    if (!valid) return wasm::text::locate(*text, as_text(wasm), valid.error());
    return Ok{};
  }
  if (auto error = rt::CompiledModule::validate(engine.impl(), wasm); !error) return std::move(error).error();
  return Ok{};
}

NativeReport Module::native_report() const {
  NativeReport report;
  if (impl_->tiered) {
    rt::TieredModule::Report r = impl_->tiered->report();
    report.native = r.native;
    report.code_bytes = r.code_bytes;
    for (auto& f : r.refused) report.stayed.push_back({f.func_index, std::move(f.reason), impl_->located(f.error)});
    return report;
  }
  const rt::NativeModule* native = impl_->native.get();
  if (!native) return report;
  report.native = native->functions();
  report.code_bytes = native->code_bytes();
  for (const auto& r : native->refusals()) report.stayed.push_back({r.func_index, r.reason, impl_->located(r.error)});
  return report;
}
TierReport Module::tier_report() const {
  TierReport report;
  if (!impl_->tiered) return report;
  const rt::TieredModule::Report r = impl_->tiered->report();
  size_t refused = 0;
  for (const rt::CodeEntry* e : impl_->code_entries) {
    TierReport::Function f;
    f.func_index = impl_->wasm().imported_funcs + e->defined_index;
    f.calls = e->calls.load(std::memory_order_relaxed);
    if (f.calls == 0) continue;
    f.loops = e->loops.load(std::memory_order_relaxed);
    f.translate_nanoseconds = e->translate_nanoseconds.load(std::memory_order_relaxed);
    f.native = e->heat.load(std::memory_order_acquire) == rt::CodeEntry::Heat::kNative;
    while (refused < r.refused.size() && r.refused[refused].func_index < f.func_index) ++refused;
    if (refused < r.refused.size() && r.refused[refused].func_index == f.func_index)
      f.refused = impl_->located(r.refused[refused].error).to_string();
    if (const auto it = r.functions.find(e->defined_index); it != r.functions.end()) {
      const rt::TieredModule::FuncReport& made = it->second;
      f.compile_nanoseconds = made.compile_nanoseconds;
      f.code_bytes = made.code_bytes;
      f.loops_compiled = made.loops_compiled;
      f.loops_refused = made.loops_refused;
      f.loops_entered = made.loops_entered;
      f.loop_refused = made.loop_refusal;
    }
    report.functions.push_back(std::move(f));
  }
  return report;
}
std::string Module::name() const { return impl_->name(); }
void Module::set_name(std::string name) { impl_->set_name(std::move(name)); }

std::vector<ImportType> Module::imports() const {
  std::vector<ImportType> all;
  for (const wasm::Import& i : impl_->wasm().imports)
    all.push_back({std::string(i.module), std::string(i.name), extern_type(impl_->wasm(), i.kind, i.index)});
  return all;
}

std::vector<ExportType> Module::exports() const {
  std::vector<ExportType> all;
  for (const wasm::Export& e : impl_->wasm().exports)
    all.push_back({std::string(e.name), extern_type(impl_->wasm(), e.kind, e.index)});
  return all;
}

Store::Store(const Engine& engine) : impl_(std::make_unique<rt::Store>(engine.shared())) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

void Store::limiter(StoreLimits limits) { impl_->limiter = limits; }

Result<uint64_t> Store::get_fuel() const {
  if (!impl_->engine().config.consume_fuel)
    return Error(ErrorKind::kUsage, "this engine does not meter fuel (Config::consume_fuel)");
  return impl_->fuel();
}

Result<Ok> Store::set_fuel(uint64_t fuel) {
  if (!impl_->engine().config.consume_fuel)
    return Error(ErrorKind::kUsage, "this engine does not meter fuel (Config::consume_fuel)");
  impl_->set_fuel(fuel);
  return Ok{};
}

static std::optional<Error> without_epochs(const rt::Store& store) {
  if (store.engine().config.epoch_interruption) return {};
  return Error(ErrorKind::kUsage, "this engine's guests look at no epoch (Config::epoch_interruption)");
}

Result<Ok> Store::set_epoch_deadline(uint64_t ticks_beyond_current) {
  if (auto error = without_epochs(*impl_)) return std::move(*error);
  impl_->set_epoch_deadline(ticks_beyond_current);
  return Ok{};
}

Result<Ok> Store::epoch_deadline_callback(EpochCallback callback) {
  if (auto error = without_epochs(*impl_)) return std::move(*error);
  if (!impl_->engine().config.epoch_callbacks)
    return Error(ErrorKind::kUsage, "this engine's code cannot call back (Config::epoch_callbacks)");
  impl_->epoch_callback = std::move(callback);
  return Ok{};
}

void Store::epoch_deadline_trap() { impl_->epoch_callback = nullptr; }

Result<InterruptHandle> Store::interrupt_handle() {
  if (auto error = without_epochs(*impl_)) return std::move(*error);
  return InterruptHandle(impl_->interrupt_target());
}

void InterruptHandle::interrupt() const noexcept {
  const std::lock_guard hold(target_->lock);
  if (target_->store) target_->store->interrupt();
}

void Store::call_hook(CallHookCallback callback) { impl_->call_hook = std::move(callback); }

std::any& Store::data() { return impl_->data; }

}  // namespace wjit
