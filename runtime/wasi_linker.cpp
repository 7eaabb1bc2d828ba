// WASI as host functions: the rows of runtime/wasi behind the linker.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/linker.h"
#include "runtime/trap_access.h"
#include "runtime/wasi/wasi.h"

namespace wjit {

namespace {

namespace wasi = rt::wasi;

constexpr size_t kMaxArgs = 16;

FuncType type_of(const wasi::HostFunction& row) {
  auto types = [](const char* letters) {
    std::vector<ValType> t;
    for (; *letters; ++letters) t.push_back({*letters == 'I' ? ValKind::kI64 : ValKind::kI32});
    return t;
  };
  return {types(row.params), types(row.results)};
}

// The memory a call works on: what the calling instance exports under the name "memory". Without one every
// address is out of bounds.
wasi::GuestMemory memory_of(rt::Instance* caller) {
  if (!caller) return {};
  auto item = caller->find_export("memory");
  if (!item) return {};
  auto* memory = std::get_if<rt::ExternMemory>(&*item);
  if (!memory) return {};
  return {memory->def->base, memory->def->length()};
}

bool call_row(const wasi::HostFunction& row, wasi::Context& context, rt::HostCall& call) {
  uint64_t args[kMaxArgs] = {}, results[1] = {};
  const size_t params = std::strlen(row.params), count = std::strlen(row.results);
  auto* cells = reinterpret_cast<vm::ValRaw*>(call.cells);
  for (size_t i = 0; i < params; ++i) args[i] = cells[i].get_u64();
  const wasi::Outcome outcome = row.call(context, memory_of(call.caller), args, results);
  switch (outcome.kind) {
    case wasi::Outcome::Kind::kReturn:
      for (size_t i = 0; i < count; ++i)
        cells[i] = row.results[i] == 'I' ? vm::ValRaw::from_u64(results[i])
                                         : vm::ValRaw::from_u32(uint32_t(results[i]));
      return true;
    case wasi::Outcome::Kind::kExit:
      return call.store->set_pending(Trap::exit(int32_t(outcome.code)));
    case wasi::Outcome::Kind::kInterrupted:
      return false;
    case wasi::Outcome::Kind::kTrap:
      return call.store->set_pending(
          Trap(std::string(row.name) + ": " + (outcome.message ? outcome.message : "trap")));
  }
  return true;
}

support::Result<void> add_rows(rt::Linker& linker, rt::Store& store, std::span<const wasi::HostFunction> rows,
                               const std::shared_ptr<wasi::Context>& context, rt::Linker::Names& names) {
  for (const wasi::HostFunction& row : rows) {
    WJIT_ASSERT(std::strlen(row.params) <= kMaxArgs && std::strlen(row.results) <= 1);
    WJIT_TRY(wasm::TypeId type, rt::from_api(type_of(row), *linker.engine().registry));
    vm::VMFuncRef* ref = store.add_host_func(
        type, [&row, context](rt::HostCall& call) { return call_row(row, *context, call); });
    WJIT_TRY(auto definition, linker.in_store(store, rt::ExternFunc{ref}));
    names.emplace(row.name, std::move(definition));
  }
  return {};
}

// A callback of the embedder's answers with a count or an errno of the host.
wasi::Stream::IoResult io_result(WasiStream::IoResult r) {
  if (r.error) return {wasi::errno_from_host(r.error), 0};
  return {wasi::Errno::kSuccess, r.count};
}

wasi::Stream to_stream(const std::optional<WasiStream>& stream, bool inherit) {
  if (!stream) return inherit ? wasi::Stream::inherit() : wasi::Stream::null();
  switch (stream->kind) {
    case WasiStream::Kind::kInherit:
      return wasi::Stream::inherit();
    case WasiStream::Kind::kNull:
      return wasi::Stream::null();
    case WasiStream::Kind::kVirtual:
      break;
  }
  wasi::Stream s;
  s.kind = wasi::Stream::Kind::kVirtual;
  if (stream->read)
    s.read = [read = stream->read](uint8_t* data, size_t size) { return io_result(read({data, size})); };
  if (stream->write)
    s.write = [write = stream->write](const uint8_t* data, size_t size) {
      return io_result(write({data, size}));
    };
  return s;
}

}  // namespace

WasiStream WasiStream::input(std::string bytes) {
  return reader([bytes = std::move(bytes), at = size_t{0}](std::span<uint8_t> to) mutable -> IoResult {
    const size_t size = std::min(to.size(), bytes.size() - at);
    if (size) std::memcpy(to.data(), bytes.data() + at, size);
    at += size;
    return {size};
  });
}

WasiStream WasiStream::capture(std::string* sink, size_t limit) {
  return writer([sink, limit](std::span<const uint8_t> from) -> IoResult {
    const size_t room = limit > sink->size() ? limit - sink->size() : 0;
    if (room == 0 && !from.empty()) return {0, ENOSPC};
    const size_t size = std::min(from.size(), room);
    sink->append(reinterpret_cast<const char*>(from.data()), size);
    return {size};
  });
}

Result<Ok> Linker::define_wasi(Store::Context cx, WasiConfig config) {
  wasi::Config c;
  c.args = std::move(config.args);
  for (auto& [key, value] : config.env) c.env.push_back(key + "=" + value);
  for (WasiPreopen& p : config.preopens)
    c.preopens.push_back({std::move(p.host), std::move(p.guest), p.read_only});
  c.stdin_stream = to_stream(config.stdin_stream, config.inherit_stdio);
  c.stdout_stream = to_stream(config.stdout_stream, config.inherit_stdio);
  c.stderr_stream = to_stream(config.stderr_stream, config.inherit_stdio);
  c.on_stdio_error = std::move(config.on_stdio_error);
  if (rt::Store& store = cx.impl(); store.engine().config.epoch_interruption) {
    c.interrupted = [&store] {
      const vm::TrapCode stop = store.poll_waiting();
      return stop != vm::TrapCode::kNone && !store.raise(stop);
    };
  }
  auto context = wasi::Context::create(std::move(c));
  if (!context) return std::move(context).error();
  std::shared_ptr<wasi::Context> shared = std::move(*context);
  rt::NewHostFuncs added(cx.impl());
  rt::Linker::Modules all;
  auto ok = add_rows(*impl_, cx.impl(), wasi::functions(), shared, all["wasi_snapshot_preview1"]);
  if (ok) ok = add_rows(*impl_, cx.impl(), wasi::functions_unstable(), shared, all["wasi_unstable"]);
  if (ok) ok = impl_->define(std::move(all));
  if (!ok) return std::move(ok).error();
  added.keep();
  return Ok{};
}

}  // namespace wjit
