// poll_oneoff: waits until at least one subscription has happened and tells of all that have.
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "runtime/wasi/functions.h"

namespace wjit::rt::wasi::calls {
namespace {

constexpr uint64_t kNever = UINT64_MAX;
// The longest sleep towards a time of day: the clock may be set meanwhile, and the kernel's timeout would not
// see it.
constexpr uint64_t kRealtimeStep = 1'000'000'000;

abi::Subscription normalize(const abi::Subscription& s) { return s; }
abi::Subscription normalize(const abi::SubscriptionUnstable& s) {
  abi::Subscription out{};
  out.userdata = s.userdata;
  out.tag = s.tag;
  if (s.tag == abi::kEventClock) {
    out.clock = s.clock.clock;
  } else {
    out.fd = s.fd;
  }
  return out;
}

uint64_t now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return to_timestamp(time);
}

uint64_t add_saturating(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

class Poll {
 public:
  explicit Poll(System& system) : system_(system) {}

  // kInval for what is no subscription; what is wrong with the clock or descriptor of one becomes its event.
  Errno add(const abi::Subscription& s) {
    Entry e{};
    e.userdata = s.userdata;
    e.type = static_cast<abi::EventType>(s.tag);
    switch (s.tag) {
      case abi::kEventClock:
        e.error = add_clock(s.clock, &e);
        break;
      case abi::kEventFdRead:
      case abi::kEventFdWrite:
        e.error = add_fd(s.fd, &e);
        break;
      default:
        return Errno::kInval;
    }
    if (e.error != Errno::kSuccess) e.happened = true;
    entries_.push_back(e);
    return Errno::kSuccess;
  }

  Errno wait() {
    for (;;) {
      bool any = false;
      uint64_t left = kNever;
      for (Entry& e : entries_) {
        if (!e.happened && e.type == abi::kEventClock) {
          uint64_t time = now(e.clock);
          e.happened = time >= e.deadline;
          uint64_t remaining = e.happened ? 0 : e.deadline - time;
          if (e.clock == CLOCK_REALTIME) remaining = std::min(remaining, kRealtimeStep);
          left = std::min(left, remaining);
        }
        any |= e.happened;
      }
      if (system_.interrupted) left = std::min(left, uint64_t{kInterruptStepMs} * 1'000'000);
      // Once something has happened, look at the descriptors all the same, but do not wait.
      timespec timeout = to_timespec(any ? 0 : left);
      int ready = ::ppoll(fds_.data(), fds_.size(), any || left != kNever ? &timeout : nullptr, nullptr);
      if (ready < 0 && errno != EINTR) return host_error();
      if (ready > 0) {
        for (Entry& e : entries_) {
          if (e.slot && fds_[*e.slot].revents & (e.events | POLLERR | POLLHUP | POLLNVAL)) e.happened = any = true;
        }
      }
      if (any) return Errno::kSuccess;
      if (system_.interrupted && system_.asks_to_stop()) return Errno::kIntr;
    }
  }

  template <class Put>
  Errno report(Put&& put) {
    for (const Entry& e : entries_) {
      if (!e.happened) continue;
      abi::Event event{};
      event.userdata = e.userdata;
      event.error = static_cast<uint16_t>(e.error);
      event.type = e.type;
      if (e.slot) describe_fd(e, &event);
      WJIT_WASI_TRY(put(event));
    }
    return Errno::kSuccess;
  }

 private:
  struct Entry {
    uint64_t userdata;
    abi::EventType type;
    Errno error;
    bool happened;
    clockid_t clock;
    uint64_t deadline;           // on `clock`
    std::optional<size_t> slot;  // of fds_
    short events;                // there: what this one waits for
  };

  Errno add_clock(const abi::SubscriptionClock& s, Entry* e) {
    if (s.flags & ~abi::kClockAbstime) return Errno::kInval;
    if (s.id != abi::kClockRealtime && s.id != abi::kClockMonotonic)
      return s.id <= abi::kClockThreadCputime ? Errno::kNotsup : Errno::kInval;
    bool absolute = s.flags & abi::kClockAbstime;
    // A length of time is the same on either clock, but only one of the two is never set.
    e->clock = absolute && s.id == abi::kClockRealtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    e->deadline = absolute ? s.timeout : add_saturating(now(e->clock), s.timeout);
    return Errno::kSuccess;
  }

  Errno add_fd(uint32_t fd, Entry* e) {
    using namespace abi::rights;
    Descriptor* d;
    WJIT_WASI_TRY(system_.fds.get(fd, &d));
    bool reads = e->type == abi::kEventFdRead;
    if (d->is_directory()) return Errno::kBadf;
    if (!d->may(kPollFdReadwrite | (reads ? kFdRead : kFdWrite))) return Errno::kNotcapable;
    if (d->is_virtual) {
      e->happened = true;  // a callback is asked by calling it
      return Errno::kSuccess;
    }
    // Each descriptor once: the kernel takes no more than this process may have open.
    const auto [slot, is_new] = slots_.try_emplace(d->host, fds_.size());
    if (is_new) fds_.push_back({d->host, 0, 0});
    e->slot = slot->second;
    e->events = reads ? POLLIN : POLLOUT;
    fds_[*e->slot].events |= e->events;
    return Errno::kSuccess;
  }

  void describe_fd(const Entry& e, abi::Event* event) const {
    const pollfd& p = fds_[*e.slot];
    if (p.revents & POLLNVAL) {
      event->error = static_cast<uint16_t>(Errno::kBadf);
      return;
    }
    if (p.revents & (POLLHUP | POLLERR)) event->rwflags = abi::kEventHangup;
    if (e.type != abi::kEventFdRead) return;
    int available = 0;
    struct stat st;
    if (::fstat(p.fd, &st) == 0 && S_ISREG(st.st_mode)) {
      off_t at = ::lseek(p.fd, 0, SEEK_CUR);
      if (at >= 0 && st.st_size > at) event->nbytes = static_cast<uint64_t>(st.st_size - at);
    } else if (::ioctl(p.fd, FIONREAD, &available) == 0 && available > 0) {
      event->nbytes = static_cast<uint64_t>(available);
    }
  }

  System& system_;
  std::vector<Entry> entries_;
  std::vector<pollfd> fds_;
  std::unordered_map<int, size_t> slots_;  // by host descriptor
};

template <class Subscription>
Errno poll_subscriptions(System& system, GuestMemory memory, uint32_t in, uint32_t out, uint32_t count,
                         uint32_t count_out) {
  if (count == 0 || count > kMaxSubscriptions) return Errno::kInval;
  WJIT_WASI_TRY(check(memory, in, uint64_t{sizeof(Subscription)} * count));
  WJIT_WASI_TRY(check(memory, out, uint64_t{sizeof(abi::Event)} * count));
  WJIT_WASI_TRY(check_result<uint32_t>(memory, count_out));
  Poll poll(system);
  for (uint32_t i = 0; i < count; i++) {
    Subscription s;
    WJIT_WASI_TRY(load(memory, in + uint64_t{sizeof(Subscription)} * i, &s));
    WJIT_WASI_TRY(poll.add(normalize(s)));
  }
  WJIT_WASI_TRY(poll.wait());
  uint32_t events = 0;
  WJIT_WASI_TRY(poll.report([&](const abi::Event& event) {
    return store(memory, out + uint64_t{sizeof(abi::Event)} * events++, event);
  }));
  return store(memory, count_out, events);
}

}  // namespace

Errno poll_oneoff(System& system, Mem memory, u32 in, u32 out, u32 count, u32 count_out) {
  return poll_subscriptions<abi::Subscription>(system, memory, in, out, count, count_out);
}

Errno poll_oneoff_unstable(System& system, Mem memory, u32 in, u32 out, u32 count, u32 count_out) {
  return poll_subscriptions<abi::SubscriptionUnstable>(system, memory, in, out, count, count_out);
}

}  // namespace wjit::rt::wasi::calls
