// --timeout of `wjit run`.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "wjit/wjit.hpp"

namespace wjit::cli {

// "500ms", "1.5s", "2m", "1h": a number and its unit. None for anything else, zero, and what no clock counts to.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// Interrupts a guest after a time, unless it ends before.
class Timeout {
 public:
  Timeout(InterruptHandle guest, std::chrono::nanoseconds after);
  ~Timeout();
  Timeout(const Timeout&) = delete;
  bool is_over() const;

 private:
  void wait(InterruptHandle guest, std::chrono::steady_clock::time_point until);
  mutable std::mutex lock_;
  std::condition_variable ends_;
  bool ended_ = false, over_ = false;
  std::thread thread_;
};

}  // namespace wjit::cli
