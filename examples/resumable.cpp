// Resumable calls: a host function that has no answer yet stops the call; so does the end of the fuel. Both
// go on later.
#include <cstdio>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module
    (import "host" "ask" (func $ask (param i32) (result i32)))
    (func (export "talk") (result i32)
      (i32.add (call $ask (i32.const 1)) (call $ask (i32.const 2))))
    (func (export "count") (param i32) (result i32) (local i32)
      (loop $next
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1))))";

using Outcome = std::variant<std::vector<wjit::Val>, wjit::ResumableCall>;

int main() {
  wjit::Config config;
  config.consume_fuel = true;
  wjit::Engine engine(config);
  wjit::Store store(engine);
  store.set_fuel(1'000'000).unwrap();
  wjit::Linker linker(engine);
  int question = 0;
  auto ask = [&](int32_t q) -> wjit::Result<int32_t, wjit::Trap> {
    question = q;
    return wjit::Trap("no answer yet");
  };
  linker.func_wrap("host", "ask", ask).unwrap();
  auto module = wjit::Module::from_text(engine, kModule).unwrap();
  wjit::Instance instance = linker.instantiate(store, module).unwrap();

  // Answers are given as the results of the host function that failed. Meanwhile anything may happen in the
  // store, even other calls; the handle may move to another thread with its store.
  Outcome talk = std::get<wjit::Func>(*instance.get(store, "talk")).call_resumable(store, {}).unwrap();
  while (auto* call = std::get_if<wjit::ResumableCall>(&talk)) {
    std::printf("question %d: %s\n", question, call->host_error().message().c_str());
    const wjit::Val answer(question * 10);
    Outcome next = call->resume(store, {&answer, 1}).unwrap();
    talk = std::move(next);
  }
  std::printf("together: %d\n", std::get<0>(talk)[0].i32());

  // Out of fuel every now and then: time slices without threads.
  store.set_fuel(100).unwrap();
  const wjit::Val turns(1000);
  Outcome count =
      std::get<wjit::Func>(*instance.get(store, "count")).call_resumable(store, {&turns, 1}).unwrap();
  int slices = 1;
  while (auto* call = std::get_if<wjit::ResumableCall>(&count)) {
    store.set_fuel(call->required_fuel() + 1000).unwrap();
    Outcome next = call->resume(store).unwrap();
    count = std::move(next);
    ++slices;
  }
  std::printf("counted to %d in %s\n", std::get<0>(count)[0].i32(), slices > 1 ? "slices" : "one go");
  return slices > 1 ? 0 : 1;
}
