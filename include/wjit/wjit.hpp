// The C++ embedding API, in the names and manners of Wasmtime's.
//
// Ownership: Engine, Module are cheap, reference-counted handles, freely copied and shared between threads. A Store
// owns everything made in it — instances, functions, memories, tables, globals, host references, suspended calls —
// and frees it all when it is destroyed. Func, Memory, Table, Global, Instance are plain handles into one Store:
// copying them extends no life, and using one with another Store, or after its Store, is an error of the caller.
// Threads: a Store and all that is in it is used by one thread at a time and may move between threads.
// Errors: nothing here throws. What can fail returns a Result; what runs wasm returns a TrapResult.
#pragma once
#include <array>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <any>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "wjit/config.hpp"
#include "wjit/error.hpp"
#include "wjit/memory_creator.hpp"

namespace wjit {

namespace rt {  // the runtime's own types, opaque here
class Engine;
class CompiledModule;
class Store;
class Instance;
class Linker;
struct Suspended;
struct HostCall;
}  // namespace rt
namespace vm {
struct VMFuncRef;
struct VMMemoryDefinition;
struct VMTableDefinition;
struct VMGlobalDefinition;
struct VMTagDefinition;
struct VMContext;
union ValRaw;
}  // namespace vm

// A value or an error; [[nodiscard]].
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : v_(std::in_place_index<1>, std::move(error)) {}
  explicit operator bool() const { return v_.index() == 0; }
  T& ok() & { return std::get<0>(v_); }
  const T& ok() const& { return std::get<0>(v_); }
  T ok() && { return std::get<0>(std::move(v_)); }
  E& err() & { return std::get<1>(v_); }
  const E& err() const& { return std::get<1>(v_); }
  E err() && { return std::get<1>(std::move(v_)); }
  // The value; prints the error and aborts when there is none. For examples and tests.
  T unwrap() &&;

 private:
  std::variant<T, E> v_;
};

// A frame of a trap's backtrace, innermost first.
struct Frame {
  std::string module_name;    // from the name section or Module::set_name; empty when unknown
  std::string func_name;      // from the name section, else empty
  uint32_t func_index;
  uint64_t module_offset;     // byte offset of the instruction in the module's binary
  uint64_t func_offset;       // the same, from the start of the function's body
  rt::Instance* instance = nullptr;  // Instance::from_raw; lives as long as its Store
};

// Every way a call can end without results. `code_name` is the row of traps.def.
class WJIT_API Trap {
 public:
  // Kinds other than a WebAssembly trap that end a call.
  enum class Kind : uint8_t { kWasm, kHost, kExit, kOutOfFuel, kInterrupt };
  explicit Trap(std::string message);  // a host error made by an embedder's function
  static Trap exit(int32_t status);    // ends the whole call as proc_exit does
  static Trap wasm(uint8_t trap_code); // a row of traps.def, by its code

  Kind kind() const { return kind_; }
  uint8_t code() const { return code_; }                 // vm::TrapCode when kind() == kWasm
  const std::string& message() const { return message_; }
  int32_t exit_status() const { return exit_status_; }
  uint64_t required_fuel() const { return required_fuel_; }
  const std::vector<Frame>& trace() const { return trace_; }
  // What a host function attached (an exception_ptr, an error object of the embedder's).
  std::any& payload() { return payload_; }
  // Message and backtrace as `wjit run` prints them.
  std::string to_string() const;

 private:
  friend struct TrapAccess;
  Kind kind_ = Kind::kHost;
  uint8_t code_ = 0;
  int32_t exit_status_ = 0;
  uint64_t required_fuel_ = 0;
  std::string message_;
  std::vector<Frame> trace_;
  std::any payload_;
};

using TrapError = std::variant<Trap, Error>;
WJIT_API std::string to_string(const TrapError& e);
template <class T>
using TrapResult = Result<T, TrapError>;
// No T: success carries nothing.
struct Ok {};

enum class ValKind : uint8_t { kI32, kI64, kF32, kF64, kV128, kFuncRef, kExternRef, kAnyRef, kExnRef };
WJIT_API const char* to_string(ValKind k);

// A type as the API shows it: kind, and for references the precise text ("(ref null 3)").
struct WJIT_API ValType {
  ValKind kind;
  uint32_t bits = 0;  // the engine's own encoding; 0: the nullable abstract type of the kind
  bool operator==(const ValType&) const = default;
  std::string to_string() const;
};
struct FuncType {
  std::vector<ValType> params, results;
};
struct MemoryType {
  uint64_t min = 0;
  std::optional<uint64_t> max = std::nullopt;
  bool is64 = false, shared = false;
  uint8_t page_size_log2 = 16;
};
struct TableType {
  ValType element{ValKind::kFuncRef};
  uint64_t min = 0;
  std::optional<uint64_t> max = std::nullopt;
  bool is64 = false;
};
struct GlobalType {
  ValType content{ValKind::kI32};
  bool is_mutable = false;
};
struct TagType {
  FuncType type;
};
using ExternType = std::variant<FuncType, TableType, MemoryType, GlobalType, TagType>;
struct ImportType {
  std::string module, name;
  ExternType type;
};
struct ExportType {
  std::string name;
  ExternType type;
};

class Store;

class Func;

// An opaque host reference held by wasm. Counted; null when default-constructed.
class WJIT_API ExternRef {
 public:
  ExternRef() = default;
  explicit ExternRef(std::any value) : value_(std::make_shared<std::any>(std::move(value))) {}
  std::any* data() const { return value_.get(); }
  bool is_null() const { return !value_; }

 private:
  friend class rt::Store;
  friend struct ValAccess;
  std::shared_ptr<std::any> value_;
};

struct V128 {
  std::array<uint8_t, 16> bytes{};
  bool operator==(const V128&) const = default;
};

class WJIT_API Engine {
 public:
  explicit Engine(Config config = {});
  const Config& config() const;
  // The memory style the address-space probe chose, and why: "guard pages (8 GiB reservation, 2 GiB guard)".
  std::string memory_style_description() const;
  rt::Engine& impl() const { return *impl_; }
  const std::shared_ptr<rt::Engine>& shared() const { return impl_; }

 private:
  std::shared_ptr<rt::Engine> impl_;
};

class WJIT_API Module {
 public:
  // Reads and (by Config::mode) validates and translates: the binary format (spec §5), or text (§6) where the bytes
  // are that. They are copied. Errors: kMalformed, kInvalid, kUnsupported, kLimit, with the offset in the binary, or
  // LINE:COLUMN in front of the message for text.
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> wasm);
  // "(module …)", or the fields of a module.
  static Result<Module> from_text(const Engine& engine, std::string_view wat);
  // Maps the file, in either format; it must not be truncated while the module lives. Errors name the path.
  static Result<Module> from_file(const Engine& engine, const std::string& path);
  // Reads and validates everything, keeps nothing.
  static Result<Ok> validate(const Engine& engine, std::span<const uint8_t> wasm);

  std::string name() const;
  void set_name(std::string name);  // overrides the name section in backtraces; before instantiation
  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  explicit Module(std::shared_ptr<rt::CompiledModule> impl) : impl_(std::move(impl)) {}
  rt::CompiledModule& impl() const { return *impl_; }
  const std::shared_ptr<rt::CompiledModule>& shared() const { return impl_; }

 private:
  std::shared_ptr<rt::CompiledModule> impl_;
};

// Upper bounds for what one Store may hold; a refused growth answers -1 to wasm, a refused creation is an error.
struct StoreLimits {
  uint64_t memory_bytes = ~uint64_t{0};    // of one memory
  uint64_t table_elements = ~uint64_t{0};  // of one table
  uint64_t instances = 10'000, tables = 10'000, memories = 10'000;
};

// The border between host and wasm, at which Store::call_hook is asked.
enum class CallHook : uint8_t { kCallingWasm, kReturningFromWasm, kCallingHost, kReturningFromHost };

class WJIT_API Store {
 public:
  explicit Store(const Engine& engine);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // A non-owning view of a Store, what Caller converts to as well.
  class Context {
   public:
    Context(Store& s) : impl_(s.impl_.get()) {}
    explicit Context(rt::Store* s) : impl_(s) {}
    rt::Store& impl() const { return *impl_; }

   private:
    rt::Store* impl_;
  };

  void limiter(StoreLimits limits);
  // Fuel left. Errors when the Engine does not meter.
  Result<uint64_t> get_fuel() const;
  Result<Ok> set_fuel(uint64_t fuel);
  std::any& data();  // the embedder's

  // Called whenever execution crosses from host to wasm or back, however a call ends (a suspended call returns to the
  // host, and resume enters wasm again); an empty callback takes it away. A trap ends the call: nothing is run after a
  // refused kCalling…, and the results are dropped after a refused kReturning…, unless the call had trapped by itself.
  // A call of a host function by the host crosses nothing. The callback may throw as host functions may.
  using CallHookCallback = std::function<Result<Ok, Trap>(Context, CallHook)>;
  void call_hook(CallHookCallback callback);
  rt::Store& impl() const { return *impl_; }

 private:
  std::unique_ptr<rt::Store> impl_;
};

class WJIT_API Memory {
 public:
  static Result<Memory> create(Store::Context cx, const MemoryType& type);
  MemoryType type(Store::Context cx) const;
  std::span<uint8_t> data(Store::Context cx) const;  // valid until the memory grows
  uint64_t size(Store::Context cx) const;            // pages
  Result<uint64_t> grow(Store::Context cx, uint64_t delta) const;  // pages before
  bool operator==(const Memory& o) const { return def_ == o.def_; }

 private:
  friend struct ExternAccess;
  vm::VMMemoryDefinition* def_ = nullptr;
  vm::VMContext* owner_ = nullptr;
  uint32_t index_ = 0;
};

class Val;
class Caller;
class Instance;
class ResumableCall;
template <class Params, class Results>
class TypedFunc;

// A function of one Store, of wasm or of the host. Default-constructed it is null, and only good to be compared.
class WJIT_API Func {
 public:
  using Callback = std::function<Result<Ok, Trap>(Caller, std::span<const Val> params, std::span<Val> results)>;

  Func() = default;
  // A host function of a type known at run time.
  static Func create(Store::Context cx, const FuncType& type, Callback callback);
  // A host function from a C++ callable: ([Caller,] numbers…) -> void | T | std::tuple<…> | Result<T, Trap>.
  template <class F>
  static Func wrap(Store::Context cx, F f);

  FuncType type(Store::Context cx) const;
  TrapResult<std::vector<Val>> call(Store::Context cx, std::span<const Val> params) const;
  TrapResult<std::vector<Val>> call(Store::Context cx, std::initializer_list<Val> params) const;
  // As call, but a host error or the want of fuel suspends instead of ending the call.
  TrapResult<std::variant<std::vector<Val>, ResumableCall>> call_resumable(Store::Context cx,
                                                                           std::span<const Val> params) const;
  // Checks the type once; calls afterwards go without checks. Params and Results are std::tuple or a single type.
  template <class Params, class Results>
  Result<TypedFunc<Params, Results>> typed(Store::Context cx) const;

  vm::VMFuncRef* raw() const { return ref_; }
  static Func from_raw(vm::VMFuncRef* ref) {
    Func f;
    f.ref_ = ref;
    return f;
  }
  bool operator==(const Func& o) const { return ref_ == o.ref_; }

 private:
  vm::VMFuncRef* ref_ = nullptr;
};

class WJIT_API Val {
 public:
  Val() : Val(int32_t{0}) {}
  Val(int32_t v) : kind_(ValKind::kI32) { set(v); }
  Val(uint32_t v) : kind_(ValKind::kI32) { set(v); }
  Val(int64_t v) : kind_(ValKind::kI64) { set(v); }
  Val(uint64_t v) : kind_(ValKind::kI64) { set(v); }
  Val(float v) : kind_(ValKind::kF32) { set(v); }
  Val(double v) : kind_(ValKind::kF64) { set(v); }
  Val(V128 v) : kind_(ValKind::kV128) { set(v); }
  Val(Func f);
  Val(std::optional<Func> f);
  Val(ExternRef r) : kind_(ValKind::kExternRef), extern_(std::move(r)) {}
  static Val null(ValKind kind) { Val v; v.kind_ = kind; v.set(uint64_t{0}); return v; }
  static Val f32_bits(uint32_t bits) { Val v(bits); v.kind_ = ValKind::kF32; return v; }
  static Val f64_bits(uint64_t bits) { Val v(bits); v.kind_ = ValKind::kF64; return v; }

  ValKind kind() const { return kind_; }
  int32_t i32() const { return get<int32_t>(); }
  int64_t i64() const { return get<int64_t>(); }
  float f32() const { return get<float>(); }
  double f64() const { return get<double>(); }
  uint32_t f32_bits() const { return get<uint32_t>(); }
  uint64_t f64_bits() const { return get<uint64_t>(); }
  V128 v128() const { return get<V128>(); }
  std::optional<Func> funcref() const;
  const ExternRef& externref() const { return extern_; }
  bool is_null_ref() const;

 private:
  friend struct ValAccess;
  template <class T>
  void set(T v) {
    bytes_ = {};
    std::memcpy(bytes_.data(), &v, sizeof v);
  }
  template <class T>
  T get() const {
    T v;
    std::memcpy(&v, bytes_.data(), sizeof v);
    return v;
  }
  ValKind kind_;
  alignas(16) std::array<uint8_t, 16> bytes_{};  // funcref: VMFuncRef*
  ExternRef extern_;
};

inline TrapResult<std::vector<Val>> Func::call(Store::Context cx, std::initializer_list<Val> params) const {
  return call(cx, std::span<const Val>(params.begin(), params.size()));
}

namespace detail {
template <class T>
struct WasmType;  // C++ type -> ValKind, by value
template <>
struct WasmType<int32_t> { static constexpr ValKind kKind = ValKind::kI32; };
template <>
struct WasmType<uint32_t> { static constexpr ValKind kKind = ValKind::kI32; };
template <>
struct WasmType<int64_t> { static constexpr ValKind kKind = ValKind::kI64; };
template <>
struct WasmType<uint64_t> { static constexpr ValKind kKind = ValKind::kI64; };
template <>
struct WasmType<float> { static constexpr ValKind kKind = ValKind::kF32; };
template <>
struct WasmType<double> { static constexpr ValKind kKind = ValKind::kF64; };
template <>
struct WasmType<V128> { static constexpr ValKind kKind = ValKind::kV128; };
template <>
struct WasmType<std::optional<Func>> { static constexpr ValKind kKind = ValKind::kFuncRef; };
template <>
struct WasmType<ExternRef> { static constexpr ValKind kKind = ValKind::kExternRef; };
}  // namespace detail

// A call that stopped and can go on. Move-only; destroying it drops the call and gives its stack back. Keeps its
// engine alive; must not outlive its Store.
class WJIT_API ResumableCall {
 public:
  enum class Kind : uint8_t { kHostTrap, kOutOfFuel };
  ResumableCall(std::unique_ptr<rt::Suspended> impl);
  ResumableCall(ResumableCall&&) noexcept;
  ResumableCall& operator=(ResumableCall&&) noexcept;
  ~ResumableCall();

  explicit operator bool() const { return impl_ != nullptr; }  // false: it went on, or was moved from
  Kind kind() const;
  uint64_t required_fuel() const;      // kOutOfFuel: the cost of the block that could not be paid
  Func host_func() const;              // kHostTrap: who returned the error
  const Trap& host_error() const;      // kHostTrap
  Trap into_host_error() &&;           // consumes, frees the stack
  // kHostTrap: `inputs` stand for the host function's results and are checked against them before anything else;
  // kOutOfFuel: no inputs, add fuel first or it stops again unchanged. Consumes the handle only when it runs.
  TrapResult<std::variant<std::vector<Val>, ResumableCall>> resume(Store::Context cx, std::span<const Val> inputs = {});

 private:
  std::unique_ptr<rt::Suspended> impl_;
};

class WJIT_API Global {
 public:
  static Result<Global> create(Store::Context cx, const GlobalType& type, const Val& init);
  GlobalType type(Store::Context cx) const;
  Val get(Store::Context cx) const;
  Result<Ok> set(Store::Context cx, const Val& v) const;
  bool operator==(const Global& o) const { return def_ == o.def_; }

 private:
  friend struct ExternAccess;
  vm::VMGlobalDefinition* def_ = nullptr;
  uint32_t type_bits_ = 0;
  bool mutable_ = false;
};

class WJIT_API Table {
 public:
  static Result<Table> create(Store::Context cx, const TableType& type, const Val& init);
  TableType type(Store::Context cx) const;
  uint64_t size(Store::Context cx) const;
  std::optional<Val> get(Store::Context cx, uint64_t index) const;
  Result<Ok> set(Store::Context cx, uint64_t index, const Val& v) const;
  Result<uint64_t> grow(Store::Context cx, uint64_t delta, const Val& init) const;
  bool operator==(const Table& o) const { return def_ == o.def_; }

 private:
  friend struct ExternAccess;
  vm::VMTableDefinition* def_ = nullptr;
  vm::VMContext* owner_ = nullptr;
  uint32_t index_ = 0;
};

class WJIT_API Tag {
 public:
  static Result<Tag> create(Store::Context cx, const FuncType& type);
  TagType type(Store::Context cx) const;
  bool operator==(const Tag& o) const { return def_ == o.def_; }

 private:
  friend struct ExternAccess;
  vm::VMTagDefinition* def_ = nullptr;
  uint32_t type_id_ = ~0u;
};

using Extern = std::variant<Func, Global, Memory, Table, Tag>;

// What a host function knows of who called it.
class WJIT_API Caller {
 public:
  Caller(rt::Store* store, rt::Instance* instance) : store_(store), instance_(instance) {}
  Store::Context context() const { return Store::Context(store_); }
  operator Store::Context() const { return context(); }
  // An export of the calling instance; none when the host called.
  std::optional<Extern> get_export(std::string_view name) const;
  std::any& data() const;  // of the Store

 private:
  rt::Store* store_;
  rt::Instance* instance_;
};

class WJIT_API Instance {
 public:
  // Imports by position. Start function included: a trap there is reported, and the instance stays unreachable.
  static TrapResult<Instance> create(Store::Context cx, const Module& module, std::span<const Extern> imports);
  std::optional<Extern> get(Store::Context cx, std::string_view name) const;
  std::vector<std::pair<std::string, Extern>> exports(Store::Context cx) const;  // in declaration order
  bool operator==(const Instance& o) const { return impl_ == o.impl_; }
  rt::Instance* raw() const { return impl_; }
  static Instance from_raw(rt::Instance* i) {
    Instance r;
    r.impl_ = i;
    return r;
  }

 private:
  rt::Instance* impl_ = nullptr;
};

// One of the guest's standard streams.
struct WasiStream {
  // What a callback did: `count` bytes moved, or `error`, an errno value of the host (ENOSPC, EIO, EAGAIN…), which the
  // guest sees as WASI's name for it. From a read, no bytes and no error are the end of the stream.
  struct IoResult {
    size_t count = 0;
    int error = 0;
  };
  // The span may lie in the guest's memory: keep no pointer to it, and do not call the guest. Called on the thread
  // that runs the guest. What a callback throws ends the call as it does in host functions.
  using Read = std::function<IoResult(std::span<uint8_t> to)>;
  using Write = std::function<IoResult(std::span<const uint8_t> from)>;

  enum class Kind : uint8_t { kInherit, kNull, kVirtual };
  Kind kind = Kind::kNull;
  Read read = nullptr;    // kVirtual; without it the guest cannot read (EBADF)
  Write write = nullptr;  // nor write without this

  static WasiStream inherit() { return {Kind::kInherit}; }  // descriptor 0, 1 or 2 of this process
  static WasiStream null() { return {}; }                   // empty input, output dropped
  static WasiStream input(std::string bytes);
  // Appends to *sink, which must outlive the Store; past `limit` bytes the guest is told that the disk is full.
  static WasiStream capture(std::string* sink, size_t limit = SIZE_MAX);
  static WasiStream reader(Read read) { return {Kind::kVirtual, std::move(read)}; }
  static WasiStream writer(Write write) { return {Kind::kVirtual, nullptr, std::move(write)}; }
};

// A directory of the host that the guest may use, under a name of its own. The guest leaves it neither by ".." nor
// through symbolic links, whoever moves them meanwhile.
struct WasiPreopen {
  WasiPreopen(std::string host_path, std::string guest_path, bool is_read_only = false)
      : host(std::move(host_path)), guest(std::move(guest_path)), read_only(is_read_only) {}
  std::string host, guest;
  bool read_only;
};

// WASI preview 1 for one Store. A default one has no arguments, no environment, no files, and the process's streams.
struct WasiConfig {
  std::vector<std::string> args;  // args[0] is the program's name
  std::vector<std::pair<std::string, std::string>> env = {};
  std::vector<WasiPreopen> preopens = {};  // descriptors 3, 4, …
  bool inherit_stdio = true;               // for the streams below that are not set; else empty and dropped
  std::optional<WasiStream> stdin_stream = std::nullopt, stdout_stream = std::nullopt, stderr_stream = std::nullopt;
  // Told when a write to an inherited stream (1: stdout, 2: stderr) failed on the host's side, for a full disk say.
  // The guest gets the error too; this is for a host that does not trust it to look.
  std::function<void(int stream, int host_errno)> on_stdio_error = nullptr;
};

// Names for what modules import. Its host functions serve every Store of the engine; what was defined with a Store
// serves that one. Used by one thread at a time. What was instantiated through it does not need it afterwards.
class WJIT_API Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(Linker&&) noexcept;
  ~Linker();
  // Off at first: defining a name twice is an error of kind kUsage. On: the later definition wins.
  void allow_shadowing(bool on);
  Result<Ok> define(Store::Context cx, std::string_view module, std::string_view name, const Extern& item);
  // Every export of the instance, under its own name.
  Result<Ok> define_instance(Store::Context cx, std::string_view module, const Instance& instance);
  // Host functions of the linker: made anew in each Store that instantiates.
  Result<Ok> func_new(std::string_view module, std::string_view name, const FuncType& type, Func::Callback callback);
  template <class F>
  Result<Ok> func_wrap(std::string_view module, std::string_view name, F f);
  // wasi_snapshot_preview1 and wasi_unstable, as configured. kIo names a directory that cannot be opened.
  Result<Ok> define_wasi(Store::Context cx, WasiConfig config);

  // The exports of a module under `name`, by the conventions of WASI:
  // - a command (it exports a function "_start"): each call of one of its functions runs in an instance of its own,
  //   which the Store keeps until it ends (StoreLimits::instances counts them). Exports other than functions are an
  //   error, but for "memory" and the few that linkers of C programs add.
  // - else a reactor or a plain library: it is instantiated now, "_initialize" is called if it is there, and the
  //   instance is shared by all who import it.
  TrapResult<Ok> module(Store::Context cx, std::string_view name, const Module& module);
  // What stands for the module as a whole: its "" or else its "_start"; a function that does nothing if it has neither.
  Result<Func> get_default(Store::Context cx, std::string_view module);
  // Defines the functions that `module` imports and that have no definition yet. They trap when they are called.
  // Imports that are no functions stay unknown.
  Result<Ok> define_unknown_imports_as_traps(const Module& module);
  // The same for imports of every kind: functions that give zeros and nulls; globals, memories and tables of the least
  // size, all zero. kLink for a type that has no default (a reference that cannot be null).
  Result<Ok> define_unknown_imports_as_default_values(Store::Context cx, const Module& module);

  // Unknown imports and wrong types are errors of kind kLink that name module, name, found and expected.
  TrapResult<Instance> instantiate(Store::Context cx, const Module& module);
  std::optional<Extern> get(Store::Context cx, std::string_view module, std::string_view name);

 private:
  friend struct LinkerAccess;
  Result<Ok> func_raw(std::string_view module, std::string_view name, FuncType type,
                      std::function<bool(rt::HostCall&)> callback);
  std::unique_ptr<rt::Linker> impl_;
};

}  // namespace wjit

// Handles compare and hash by what they stand for.
template <>
struct std::hash<wjit::Func> {
  size_t operator()(const wjit::Func& f) const { return std::hash<const void*>()(f.raw()); }
};
template <>
struct std::hash<wjit::Instance> {
  size_t operator()(const wjit::Instance& i) const { return std::hash<const void*>()(i.raw()); }
};

#include "wjit/typed.inl"  // IWYU pragma: export
