#include "tools/wjit/timeout.h"

#include <signal.h>

#include <cmath>
#include <cstdlib>
#include <string>

namespace wjit::cli {

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  struct Unit {
    const char* name;
    double seconds;
  };
  constexpr Unit kUnits[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  const size_t digits = text.find_first_not_of("0123456789.");
  if (digits == 0 || digits == text.npos || text[0] == '.') return {};
  const std::string number(text.substr(0, digits));
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (*end) return {};
  for (const Unit& unit : kUnits) {
    if (text.substr(digits) != unit.name) continue;
    const double nanoseconds = std::ceil(value * unit.seconds * 1e9);
    if (!(nanoseconds > 0) || nanoseconds > 4e18) return {};  // some 120 years
    return std::chrono::nanoseconds(static_cast<int64_t>(nanoseconds));
  }
  return {};
}

// Signals are for the thread that runs the guest.
Timeout::Timeout(InterruptHandle guest, std::chrono::nanoseconds after) {
  const auto now = std::chrono::steady_clock::now();
  const auto until = after > std::chrono::steady_clock::time_point::max() - now
                         ? std::chrono::steady_clock::time_point::max()
                         : now + after;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, guest = std::move(guest), until] { wait(guest, until); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Timeout::~Timeout() {
  {
    const std::lock_guard hold(lock_);
    ended_ = true;
  }
  ends_.notify_one();
  thread_.join();
}

bool Timeout::is_over() const {
  const std::lock_guard hold(lock_);
  return over_;
}

void Timeout::wait(InterruptHandle guest, std::chrono::steady_clock::time_point until) {
  std::unique_lock hold(lock_);
  if (ends_.wait_until(hold, until, [&] { return ended_; })) return;
  over_ = true;
  guest.interrupt();
}

}  // namespace wjit::cli
