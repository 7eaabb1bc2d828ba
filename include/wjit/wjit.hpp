// The C++ embedding API, in the names and manners of Wasmtime's. What WebAssembly itself says is the specification's
// (its chapters are named as "spec: Execution"); what is ours says so.
//
// Ownership: Engine, Module are cheap, reference-counted handles, freely copied and shared between threads. A Store
// owns everything made in it — instances, functions, memories, tables, globals, host references, suspended calls —
// and frees it all when it is destroyed. Func, Memory, Table, Global, Instance are plain handles into one Store:
// copying them extends no life, and none may be used after its Store. Used with another Store, what can fail says so
// (kUsage) and does nothing; what cannot answers from the handle's own Store.
// Empty handles: Func, Memory, Table, Global, Tag, Instance that were default-constructed stand for nothing. What can
// fail says so (kUsage), sizes are 0, everything else is empty. An Engine, Module, Store or Linker that was moved from
// may only be destroyed or assigned to.
// Threads: a Store and all that is in it is used by one thread at a time and may move between threads.
// Forks: the child has the thread that called fork and none of the engine's. What was compiled runs on there; with
// Tier::kTiered and compile_threads other than 0 nothing more becomes native, and if such a thread of the parent was just
// putting its work in place, the locks that it held are held in the child for ever: of that Module alone, and then making
// or destroying instances of it, its reports and its hot loops wait without end. A process that wants to be sure forks
// before it runs a module, or says compile_threads = 0. The same goes for any other thread that was inside of wjit.
// Errors: nothing here throws, but std::bad_alloc where memory is out. What can fail returns a Result; what runs wasm
// returns a TrapResult. After an error everything is as it was, unless it is said otherwise.
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
class Exception;
class Store;
class Instance;
class Linker;
struct Suspended;
struct HostCall;
struct InterruptTarget;
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

// A value or an error; [[nodiscard]]. ok() of an error and err() of a value throw std::bad_variant_access: ask first.
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

// A frame of a trap's backtrace, innermost first. Frames of the host's own code are among them only if
// Config::native_frames asks for them.
struct Frame {
  std::string module_name;    // from the name section or Module::set_name; empty when unknown
  std::string func_name;      // from the name section, else empty
  uint32_t func_index;        // in the module's index space of functions, imports first
  uint64_t module_offset;     // byte offset of the instruction in the module's binary
  uint64_t func_offset;       // the same, from the start of the function's body
  rt::Instance* instance = nullptr;  // Instance::from_raw; lives as long as its Store
  // Of the host: module_name is the file that the code is from, func_name its symbol, demangled, and func_offset the
  // distance from that (all of which may be empty or 0), module_offset the address; func_index says nothing.
  bool host = false;
  uintptr_t native_fp = 0;  // where it is on the native stack, for the engine
};

class ExnRef;

// Every way a call can end without results (spec: Execution, "trap"; the other kinds are ours). A plain value, of no
// Store but for Frame::instance.
class WJIT_API Trap {
 public:
  // Kinds other than a WebAssembly trap that end a call.
  enum class Kind : uint8_t {
    kWasm,       // code() says which; also a body that cannot be validated or run when it is called (compile-failed,
                 // unsupported)
    kHost,       // returned by a host function or a call hook, or thrown by it
    kExit,       // proc_exit: exit_status()
    kOutOfFuel,  // required_fuel()
    kInterrupt,  // stopped from outside: an epoch deadline, or an InterruptHandle
    kException,  // wasm's or the host's, that nothing has caught: thrown()
  };
  explicit Trap(std::string message);  // kHost: for an embedder's function to return
  static Trap exit(int32_t status);    // kExit: ends the whole call as proc_exit does
  // kException: from a host function it is thrown in the wasm that called it. A null or empty one is a null reference
  // thrown: the trap of that name.
  static Trap exception(const ExnRef& thrown);
  static Trap wasm(uint8_t trap_code); // a row of traps.def, by its code; a kHost trap that says so if there is none

  Kind kind() const { return kind_; }
  uint8_t code() const { return code_; }                 // vm::TrapCode, of vmcontext/traps.def; for kWasm
  const std::string& message() const { return message_; }  // for kWasm the words of the spec's tests
  int32_t exit_status() const { return exit_status_; }     // 0 unless kExit
  uint64_t required_fuel() const { return required_fuel_; }  // of the block that could not be paid; 0 unless kOutOfFuel
  ExnRef thrown() const;                                     // null unless kException
  const std::vector<Frame>& trace() const { return trace_; }  // empty when no wasm was running
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
  std::shared_ptr<rt::Exception> exception_;
};

// A Trap: wasm or the host ended the call. An Error: the call itself was wrong, and nothing ran.
using TrapError = std::variant<Trap, Error>;
WJIT_API std::string to_string(const TrapError& e);
template <class T>
using TrapResult = Result<T, TrapError>;
// In place of a T where success carries nothing.
struct Ok {};

// Value types (spec: Structure, Types), references by their hierarchy.
enum class ValKind : uint8_t { kI32, kI64, kF32, kF64, kV128, kFuncRef, kExternRef, kAnyRef, kExnRef };
WJIT_API const char* to_string(ValKind k);

// A value type. Types that are made by hand have a kind only; one of an import or export may be more precise.
struct WJIT_API ValType {
  ValKind kind;
  uint32_t bits = 0;  // the engine's own encoding, to be passed on as it is; 0: the nullable abstract type of the kind
  bool operator==(const ValType&) const = default;
  std::string to_string() const;  // as the text format has it, concrete types by the engine's number: "(ref null 3)"
};
// Types of what can be imported and exported (spec: Structure, Types). Plain values; types with concrete references in
// them mean something in their engine only.
struct FuncType {
  std::vector<ValType> params, results;
};
struct MemoryType {
  uint64_t min = 0;                            // pages, as max
  std::optional<uint64_t> max = std::nullopt;  // none: as far as the implementation's limits and the store's go
  bool is64 = false, shared = false;           // addresses of 64 bits; several threads' (a shared one needs a max)
  uint8_t page_size_log2 = 16;                 // pages of 2^16 bytes, or of 2^0
};
struct TableType {
  ValType element{ValKind::kFuncRef};          // a reference type
  uint64_t min = 0;                            // elements, as max
  std::optional<uint64_t> max = std::nullopt;
  bool is64 = false;
};
struct GlobalType {
  ValType content{ValKind::kI32};
  bool is_mutable = false;
};
struct TagType {
  FuncType type;  // parameters: what an exception carries; no results
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
class SharedMemory;

class Func;

// An opaque host reference held by wasm (externref). Counted; null when default-constructed. Copies are the same
// reference, each construction from a value a new one. It belongs to no Store. The value is destroyed by whoever lets
// go last: a holder in C++, or a Store on its thread, which looks for unused ones between calls and when it ends. Its
// destructor must not use the Store.
class WJIT_API ExternRef {
 public:
  ExternRef() = default;
  explicit ExternRef(std::any value) : value_(std::make_shared<std::any>(std::move(value))) {}
  std::any* data() const { return value_.get(); }  // null for null; lives as long as a copy of this
  bool is_null() const { return !value_; }

 private:
  friend class rt::Store;
  friend struct ValAccess;
  std::shared_ptr<std::any> value_;
};

// A v128; lane 0 first, each lane little-endian (spec: Execution, Vector).
struct V128 {
  std::array<uint8_t, 16> bytes{};
  bool operator==(const V128&) const = default;
};

// Configuration, types and code, shared by the modules and stores made with it, which keep it alive. A handle; threads
// may use it and its copies at the same time. Make one for a process.
class WJIT_API Engine {
 public:
  explicit Engine(Config config = {});
  const Config& config() const;  // as given; lives as long as the engine
  // The memory style the address-space probe chose, and why: "guard pages (8 GiB reservation, 2 GiB guard)".
  std::string memory_style_description() const;
  // One tick of the clock that guests look at with Config::epoch_interruption. Whoever wants to: another thread, a timer, a
  // signal handler (it is async-signal-safe). Means nothing without that option.
  void increment_epoch() const noexcept;
  rt::Engine& impl() const { return *impl_; }
  const std::shared_ptr<rt::Engine>& shared() const { return impl_; }

 private:
  std::shared_ptr<rt::Engine> impl_;
};

// What became so far of a module's functions where the engine's tier has native code (Config::tier); all zero elsewhere.
struct NativeReport {
  uint32_t native = 0;      // functions with native code
  uint64_t code_bytes = 0;  // machine code, and what lies with it
  struct Stayed {           // a function that the interpreter runs
    uint32_t func_index;
    // One word for counting: the name of a feature (feature_name), "limit", "memory", "invalid" (with
    // CompilationMode::kLazy), "not asked for" (CompilerConfig::first_function), or "other".
    std::string reason;
    Error error;
  };
  std::vector<Stayed> stayed;  // by index
};

// What tiering did for each function of a module that was called in the interpreter (Tier::kTiered; empty elsewhere). Other
// threads may be running the module: then the numbers are those of a moment.
struct TierReport {
  struct Function {
    uint32_t func_index = 0;
    uint32_t calls = 0;  // by the interpreter, or of it
    uint32_t loops = 0;  // times it reached a loop header
    uint64_t translate_nanoseconds = 0, compile_nanoseconds = 0;
    uint64_t code_bytes = 0;  // of the function and of the loops below
    bool native = false;
    std::string refused;      // why not, if it was tried
    // On-stack replacement: loops that can be left for native code, or could not, and how often that was done.
    uint32_t loops_compiled = 0, loops_refused = 0;
    uint64_t loops_entered = 0;
    std::string loop_refused;  // why the last of them could not
  };
  std::vector<Function> functions;  // by index
};

// A module, read and as far as the engine's mode has it validated. A handle; threads may use it and its copies at the
// same time, but for set_name.
class WJIT_API Module {
 public:
  // Reads and (by Config::mode) validates and translates: the binary format (spec §5), or text (§6) where the bytes
  // are that. They are copied. Errors: kMalformed, kInvalid, kUnsupported, kLimit, with the offset in the binary, or
  // for text LINE:COLUMN in front of the message and the line behind it. (With CompilationMode::kLazy an invalid body
  // is told in the same words by the trap that ends the first call of it.)
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> wasm);
  // "(module …)", or the fields of a module (spec: Text Format). Errors as above; the text is copied, for later ones.
  static Result<Module> from_text(const Engine& engine, std::string_view wat);
  // Maps the file, in either format; it must not be truncated while the module lives. Errors name the path; kIo when it
  // cannot be read.
  static Result<Module> from_file(const Engine& engine, const std::string& path);
  // Reads and validates everything, whatever the engine's mode; keeps nothing. Errors as above.
  static Result<Ok> validate(const Engine& engine, std::span<const uint8_t> wasm);

  std::string name() const;         // set_name's, else the name section's, else empty
  void set_name(std::string name);  // overrides the name section in backtraces; before instantiation and other threads
  std::vector<ImportType> imports() const;  // in the module's order, which is that of Instance::create's items
  std::vector<ExportType> exports() const;  // in the module's order
  TierReport tier_report() const;           // what became native while the module ran, and what it took
  NativeReport native_report() const;       // which functions have native code, and why the others have none
  explicit Module(std::shared_ptr<rt::CompiledModule> impl) : impl_(std::move(impl)) {}
  rt::CompiledModule& impl() const { return *impl_; }
  const std::shared_ptr<rt::CompiledModule>& shared() const { return impl_; }

 private:
  std::shared_ptr<rt::CompiledModule> impl_;
};

// Upper bounds for what one Store may hold; a refused growth answers -1 to wasm, a refused creation is an error
// (kLimit). The implementation's own limits (compiler/wasm/limits.h) hold besides.
struct StoreLimits {
  uint64_t memory_bytes = ~uint64_t{0};    // of one memory
  uint64_t table_elements = ~uint64_t{0};  // of one table
  uint64_t instances = 10'000, tables = 10'000, memories = 10'000;
};

// The border between host and wasm, at which Store::call_hook is asked.
enum class CallHook : uint8_t { kCallingWasm, kReturningFromWasm, kCallingHost, kReturningFromHost };

// What the callback of an epoch deadline wants.
struct UpdateDeadline {
  enum class Kind : uint8_t {
    kContinue,  // goes on; the next deadline is `ticks` beyond the epoch there is now
    kYield,     // a resumable call stops (ResumableCall::Kind::kYielded), and when it is resumed the next deadline is
                // `ticks` beyond the epoch there is then; a call that is not resumable traps
  };
  Kind kind;
  uint64_t ticks;
  static UpdateDeadline continue_for(uint64_t ticks) { return {Kind::kContinue, ticks}; }
  static UpdateDeadline yield_for(uint64_t ticks) { return {Kind::kYield, ticks}; }
};

// Stops what runs in one Store. A handle: copy it, give it to other threads, keep it longer than the Store. Any thread may
// use any copy at any time, also while the Store moves or ends; but it takes a lock, so a signal handler uses
// Engine::increment_epoch instead.
class WJIT_API InterruptHandle {
 public:
  // The guest traps (kInterrupt) at its next check: at the next entry of a function or round of a loop, between two pieces
  // of a long operation, or while WASI waits. If nothing runs, what runs next does. Once: where a host function called the
  // guest that was stopped, the guest that called the host goes on if the host function lets it. Several interrupts before
  // the guest meets one are one. Nothing happens if the Store has ended.
  void interrupt() const noexcept;

 private:
  friend class Store;
  explicit InterruptHandle(std::shared_ptr<rt::InterruptTarget> target) : target_(std::move(target)) {}
  std::shared_ptr<rt::InterruptTarget> target_;
};

// The world in which things are instantiated (spec: Execution, "Store"): owns all that is made in it and frees it when
// it is destroyed, which must not happen while a call runs in it. One thread at a time; it may move. Keeps its engine.
class WJIT_API Store {
 public:
  explicit Store(const Engine& engine);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // A non-owning view of a Store, what Caller converts to as well. Survives that the Store is moved, not its end.
  class Context {
   public:
    Context(Store& s) : impl_(s.impl_.get()) {}
    explicit Context(rt::Store* s) : impl_(s) {}
    rt::Store& impl() const { return *impl_; }

   private:
    rt::Store* impl_;
  };

  void limiter(StoreLimits limits);  // from now on; what is there already stays
  // Fuel left, in units of the engine's (about one for an instruction; bulk operations by size, lazy translation by the
  // body's size). A new Store has none. kUsage when the Engine does not meter (Config::consume_fuel).
  Result<uint64_t> get_fuel() const;
  Result<Ok> set_fuel(uint64_t fuel);  // at most INT64_MAX is kept
  std::any& data();                    // the embedder's; Caller::data in host functions

  // ---- epochs, where Config::epoch_interruption is on; else kUsage

  // From now on wasm in this store is stopped when the engine's epoch has advanced by so many ticks; 0: at its next check;
  // UINT64_MAX, as in a new Store: never. The deadline stays until it is set again, reached or not. Like everything of a
  // store's, for the thread that uses it; a host function may call it.
  Result<Ok> set_epoch_deadline(uint64_t ticks_beyond_current);
  // Asked whenever the deadline is reached. It may change memories, tables and globals; calls into this Store trap. A Trap
  // ends the call, as one of a host function; exceptions become one. Called on the thread that runs the guest, in the middle of it. A yield
  // that is asked for within a long operation is done when that has ended. Nobody is asked while a host function runs. kUsage also without
  // Config::epoch_callbacks. An empty one is epoch_deadline_trap().
  using EpochCallback = std::function<Result<UpdateDeadline, Trap>(Context)>;
  Result<Ok> epoch_deadline_callback(EpochCallback callback);
  void epoch_deadline_trap();  // as in a new Store: a trap of kind kInterrupt
  Result<InterruptHandle> interrupt_handle();

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

class Tag;
class Val;

// An exception (exnref; spec: Execution, Exception Instances): a tag and values of its types, in the manner of Wasmtime's
// ExnRef. Counted; null when default-constructed; copies are the same exception. Of one Store, which must be there when its
// tag or fields are asked for.
class WJIT_API ExnRef {
 public:
  ExnRef() = default;
  // kUsage: an empty tag, or fields that are not of its types, or of another Store. Only thrown when it is returned from a
  // host function (Trap::exception), or by a throw_ref that gets it.
  static Result<ExnRef> create(Store::Context cx, const Tag& tag, std::span<const Val> fields);
  Tag tag(Store::Context cx) const;                  // empty if it is null
  std::vector<Val> fields(Store::Context cx) const;  // none if it is null
  bool is_null() const { return !impl_; }
  bool operator==(const ExnRef& o) const { return impl_ == o.impl_; }

 private:
  friend class Trap;
  friend class Val;
  friend struct ValAccess;
  std::shared_ptr<rt::Exception> impl_;
};

// A linear memory of one Store (spec: Execution, Memory Instances), or its share in one.
class WJIT_API Memory {
 public:
  // All zero. kUsage: a type that cannot be; kLimit: past the implementation's or the store's; kResource.
  static Result<Memory> create(Store::Context cx, const MemoryType& type);
  MemoryType type(Store::Context cx) const;          // min is the size it has now
  std::span<uint8_t> data(Store::Context cx) const;  // lent until the memory grows, which any call of wasm may do
  uint64_t size(Store::Context cx) const;            // pages
  // By `delta` pages, zero; gives the pages before. kLimit: past its maximum or a limit; it is as it was.
  Result<uint64_t> grow(Store::Context cx, uint64_t delta) const;
  // What other stores can have of it, if its type is shared (wjit/shared_memory.hpp).
  std::optional<SharedMemory> shared(Store::Context cx) const;
  // Handles of one shared memory are equal in all stores.
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

// A function of one Store, of wasm or of the host (spec: Execution, Function Instances). Default-constructed it is
// null, and only good to be compared or given as a null reference.
class WJIT_API Func {
 public:
  // Arguments of the function's type; results are numbers of zero and nulls of that type at first, to be written. What
  // it returns or throws instead ends the call: a Trap as it is, an exception as one of kind kHost with the
  // exception_ptr as its payload. It may call into the store again through its Caller. Kept until the Store ends. A
  // result of another type or of another Store is a trap.
  using Callback = std::function<Result<Ok, Trap>(Caller, std::span<const Val> params, std::span<Val> results)>;

  Func() = default;
  // A host function of a type known at run time. Null if there can be no such type in this engine: a concrete reference
  // of another one, more than 1000 parameters or results.
  static Func create(Store::Context cx, const FuncType& type, Callback callback);
  // A host function from a C++ callable: ([Caller,] T…) -> void | T | std::tuple<T…> | Result<T, Trap>, a T being
  // int32_t, uint32_t, int64_t, uint64_t, float, double, V128, std::optional<Func> or ExternRef.
  template <class F>
  static Func wrap(Store::Context cx, F f);

  FuncType type(Store::Context cx) const;
  // Calls it (spec: Execution, Invocation). An Error (kUsage) when number, types or stores do not fit, before anything
  // runs.
  TrapResult<std::vector<Val>> call(Store::Context cx, std::span<const Val> params) const;
  TrapResult<std::vector<Val>> call(Store::Context cx, std::initializer_list<Val> params) const;
  // As call, but a host error, the want of fuel or a yield (Store::epoch_deadline_callback) suspends instead of ending the
  // call. (Ours.)
  TrapResult<std::variant<std::vector<Val>, ResumableCall>> call_resumable(Store::Context cx,
                                                                           std::span<const Val> params) const;
  // Checks the type once, kUsage with both types if it is another; calls afterwards go without. Params and Results are
  // std::tuple or a single type of those that wrap knows, Results also void.
  template <class Params, class Results>
  Result<TypedFunc<Params, Results>> typed(Store::Context cx) const;

  vm::VMFuncRef* raw() const { return ref_; }  // for maps and for from_raw; null for null
  static Func from_raw(vm::VMFuncRef* ref) {
    Func f;
    f.ref_ = ref;
    return f;
  }
  bool operator==(const Func& o) const { return ref_ == o.ref_; }

 private:
  vm::VMFuncRef* ref_ = nullptr;
};

// A value: a number, a vector or a reference. An accessor of another kind than kind() gives the bits as they lie there;
// funcref, externref and exnref of another kind are null.
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
  Val(Func f);                 // a null Func is the null reference
  Val(std::optional<Func> f);  // so is none
  Val(ExternRef r) : kind_(ValKind::kExternRef), extern_(std::move(r)) {}
  Val(ExnRef r) : kind_(ValKind::kExnRef), exn_(std::move(r)) { set(exn_.impl_.get()); }
  // The null of a kind of references; of a number, zero.
  static Val null(ValKind kind) { Val v; v.kind_ = kind; v.set(uint64_t{0}); return v; }
  // Bits of NaNs are kept (spec: Execution, NaN Propagation).
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
  const ExnRef& exnref() const { return exn_; }
  bool is_null_ref() const;  // false for numbers

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
  ExnRef exn_;
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

// A call that stopped and can go on (ours). Move-only; destroying it drops the call and gives its stack back. Keeps its
// engine alive; must not outlive its Store. Moves to other threads with its Store.
class WJIT_API ResumableCall {
 public:
  enum class Kind : uint8_t { kHostTrap, kOutOfFuel, kYielded };
  ResumableCall(std::unique_ptr<rt::Suspended> impl);
  ResumableCall(ResumableCall&&) noexcept;
  ResumableCall& operator=(ResumableCall&&) noexcept;
  ~ResumableCall();

  explicit operator bool() const { return impl_ != nullptr; }  // false: it went on, or was moved from
  Kind kind() const;                   // means something while the call can go on
  uint64_t required_fuel() const;      // kOutOfFuel: the cost of the block that could not be paid; else 0
  Func host_func() const;              // kHostTrap: who returned the error; else null
  const Trap& host_error() const;      // kHostTrap; else a trap that says there is none
  Trap into_host_error() &&;           // the same, and drops the call
  // kHostTrap: `inputs` stand for the host function's results and are checked against them before anything else;
  // kOutOfFuel: no inputs, add fuel first or it stops again unchanged; kYielded: none. Consumes the handle only when it runs: after an
  // Error (kUsage: number or types of inputs, another Store, a call that already went on) it is as it was.
  TrapResult<std::variant<std::vector<Val>, ResumableCall>> resume(Store::Context cx, std::span<const Val> inputs = {});

 private:
  std::unique_ptr<rt::Suspended> impl_;
};

// A global of one Store (spec: Execution, Global Instances).
class WJIT_API Global {
 public:
  // kUsage: `init` is not of the type, or of another Store.
  static Result<Global> create(Store::Context cx, const GlobalType& type, const Val& init);
  GlobalType type(Store::Context cx) const;
  Val get(Store::Context cx) const;
  Result<Ok> set(Store::Context cx, const Val& v) const;  // kUsage: immutable, or as for create
  bool operator==(const Global& o) const { return def_ == o.def_; }

 private:
  friend struct ExternAccess;
  vm::VMGlobalDefinition* def_ = nullptr;
  rt::Store* store_ = nullptr;
  uint32_t type_bits_ = 0;
  bool mutable_ = false;
};

// A table of one Store (spec: Execution, Table Instances).
class WJIT_API Table {
 public:
  // Every element is `init`. kUsage: a type that cannot be, or `init` not of it, or of another Store; kLimit;
  // kResource.
  static Result<Table> create(Store::Context cx, const TableType& type, const Val& init);
  TableType type(Store::Context cx) const;                                // min is the size it has now
  uint64_t size(Store::Context cx) const;                                 // elements
  std::optional<Val> get(Store::Context cx, uint64_t index) const;        // none: past the end
  Result<Ok> set(Store::Context cx, uint64_t index, const Val& v) const;  // kUsage: past the end, or as for create
  // By `delta` elements of `init`; gives the elements before. kLimit: past its maximum or a limit; it is as it was.
  Result<uint64_t> grow(Store::Context cx, uint64_t delta, const Val& init) const;
  bool operator==(const Table& o) const { return def_ == o.def_; }

 private:
  friend struct ExternAccess;
  vm::VMTableDefinition* def_ = nullptr;
  vm::VMContext* owner_ = nullptr;
  uint32_t index_ = 0;
};

// A tag of one Store: the identity of a kind of exceptions (spec: Execution, Tag Instances).
class WJIT_API Tag {
 public:
  static Result<Tag> create(Store::Context cx, const FuncType& type);  // kUsage: a type with results
  TagType type(Store::Context cx) const;
  bool operator==(const Tag& o) const { return def_ == o.def_; }

 private:
  friend struct ExternAccess;
  vm::VMTagDefinition* def_ = nullptr;
  rt::Store* store_ = nullptr;
  uint32_t type_id_ = ~0u;
};

// What can be imported and exported (spec: Execution, External Values).
using Extern = std::variant<Func, Global, Memory, Table, Tag>;

// What a host function knows of who called it. Lent for the call.
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

// An instance of a module in one Store, which keeps it (spec: Execution, Module Instances).
class WJIT_API Instance {
 public:
  // Imports by position, one for each of Module::imports. Errors: kLink (number or type of an import, which it names),
  // kUsage (an import of another Store, a module of another Engine), kLimit, kResource. A Trap: an active segment out
  // of bounds, or the start function's; what was written to imported memories and tables before stays written (spec:
  // Execution, Instantiation).
  static TrapResult<Instance> create(Store::Context cx, const Module& module, std::span<const Extern> imports);
  std::optional<Extern> get(Store::Context cx, std::string_view name) const;  // none: no export of this name
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

// WASI preview 1 for one Store (docs/wasi.md: what it may do, and which errors it gets). A default one has no
// arguments, no environment, no files, and the process's streams. Strings hold no NUL.
struct WasiConfig {
  std::vector<std::string> args;  // args[0] is the program's name
  std::vector<std::pair<std::string, std::string>> env = {};  // names and values
  std::vector<WasiPreopen> preopens = {};  // descriptors 3, 4, …
  bool inherit_stdio = true;               // for the streams below that are not set; else empty and dropped
  std::optional<WasiStream> stdin_stream = std::nullopt, stdout_stream = std::nullopt, stderr_stream = std::nullopt;
  // Told when a write to an inherited stream (1: stdout, 2: stderr) failed on the host's side, for a full disk say.
  // The guest gets the error too; this is for a host that does not trust it to look.
  std::function<void(int stream, int host_errno)> on_stdio_error = nullptr;
};

// Names for what modules import (ours, after Wasmtime's). Its host functions serve every Store of the engine; what was
// defined with a Store serves that one. Used by one thread at a time. What was instantiated through it does not need it
// afterwards. Everything that takes a Store or a Module answers kUsage if it is of another engine.
class WJIT_API Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(Linker&&) noexcept;
  ~Linker();
  // Off at first: defining a name twice is an error of kind kUsage. On: the later definition wins.
  void allow_shadowing(bool on);
  // kUsage: an empty handle, or one of another Store than cx.
  Result<Ok> define(Store::Context cx, std::string_view module, std::string_view name, const Extern& item);
  // Every export of the instance, under its own name. Errors as for define.
  Result<Ok> define_instance(Store::Context cx, std::string_view module, const Instance& instance);
  // Host functions of the linker: made anew in each Store that instantiates. The callback may run on several threads
  // at a time if stores do. kUsage: a type that cannot be (Func::create), a name that is taken.
  Result<Ok> func_new(std::string_view module, std::string_view name, const FuncType& type, Func::Callback callback);
  template <class F>
  Result<Ok> func_wrap(std::string_view module, std::string_view name, F f);
  // wasi_snapshot_preview1 and wasi_unstable, as configured. kIo names a directory that cannot be opened, kUsage a
  // string that no C program can hold.
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
  // None: not defined, or with another Store.
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

#include "wjit/shared_memory.hpp"  // IWYU pragma: export
#include "wjit/typed.inl"  // IWYU pragma: export
