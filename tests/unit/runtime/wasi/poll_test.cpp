// poll_oneoff. What is waited for has happened already or is a short sleep; nothing here measures time.
#include <sys/resource.h>
#include <sys/socket.h>

#include "unit/runtime/wasi/harness.h"

using namespace wasi_test;

namespace {

abi::Subscription clock_in(uint64_t userdata, uint32_t id, uint64_t timeout, bool absolute = false) {
  abi::Subscription s{};
  s.userdata = userdata;
  s.tag = abi::kEventClock;
  s.clock.id = id;
  s.clock.timeout = timeout;
  s.clock.flags = absolute ? abi::kClockAbstime : 0;
  return s;
}

abi::Subscription on_fd(uint64_t userdata, abi::EventType type, uint32_t fd) {
  abi::Subscription s{};
  s.userdata = userdata;
  s.tag = type;
  s.fd = fd;
  return s;
}

Errno poll(Guest& guest, const std::vector<abi::Subscription>& subscriptions,
           std::vector<abi::Event>* events) {
  guest.reset();
  uint32_t in = guest.put(subscriptions.data(), subscriptions.size() * sizeof(abi::Subscription));
  uint32_t out = guest.room(subscriptions.size() * sizeof(abi::Event)), count = guest.room(4);
  Errno e = guest.call("poll_oneoff", in, out, subscriptions.size(), count);
  events->clear();
  if (e != Errno::kSuccess) return e;
  for (uint32_t i = 0; i < guest.get<uint32_t>(count); i++)
    events->push_back(guest.get<abi::Event>(out + i * static_cast<uint32_t>(sizeof(abi::Event))));
  return e;
}

uint64_t time_of(Guest& guest, uint32_t clock) {
  guest.reset();
  uint32_t out = guest.room(8);
  REQUIRE(guest.call("clock_time_get", clock, 0, out) == Errno::kSuccess);
  return guest.get<uint64_t>(out);
}

}  // namespace

TEST_CASE("wasi: poll waits for the earliest clock, relative and absolute, on both clocks") {
  Guest guest({});
  std::vector<abi::Event> events;
  for (uint32_t id : {abi::kClockRealtime, abi::kClockMonotonic}) {
    uint64_t start = time_of(guest, id);
    REQUIRE(poll(guest, {clock_in(1, id, ~uint64_t{0}), clock_in(2, id, 2'000'000)}, &events) ==
            Errno::kSuccess);
    REQUIRE(events.size() == 1);
    CHECK(events[0].userdata == 2);
    CHECK(events[0].error == 0);
    CHECK(events[0].type == abi::kEventClock);
    if (id == abi::kClockMonotonic) CHECK(time_of(guest, id) >= start + 2'000'000);
    REQUIRE(poll(guest, {clock_in(3, id, time_of(guest, id) + 1'000'000, true)}, &events) == Errno::kSuccess);
    REQUIRE(events.size() == 1);
    REQUIRE(poll(guest, {clock_in(4, id, 5, true), clock_in(5, id, 0)}, &events) == Errno::kSuccess);
    CHECK(events.size() == 2);
  }
}

TEST_CASE("wasi: poll tells of descriptors, and of what is wrong with them, in their events") {
  Sandbox sandbox;
  Sandbox::write(sandbox.inside("f"), "12345");
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  int saved = ::dup(0);
  ::dup2(fds[0], 0);
  Config config = Guest::sandboxed(sandbox);
  config.stdin_stream = Stream::inherit();
  Guest guest(config);
  uint32_t file = 0;
  REQUIRE(guest.open(3, "f", 0, kAll, &file) == Errno::kSuccess);
  std::vector<abi::Event> events;

  Errno nothing_to_read =
      poll(guest, {on_fd(1, abi::kEventFdRead, 0), clock_in(2, abi::kClockMonotonic, 1'000'000)}, &events);
  auto timed_out = events;
  REQUIRE(::write(fds[1], "abc", 3) == 3);
  Errno something = poll(guest, {on_fd(1, abi::kEventFdRead, 0)}, &events);
  auto readable = events;
  char drain[8];
  REQUIRE(::read(fds[0], drain, 8) == 3);
  ::close(fds[1]);
  Errno end = poll(guest, {on_fd(1, abi::kEventFdRead, 0)}, &events);
  auto hangup = events;
  ::dup2(saved, 0);
  ::close(saved);
  ::close(fds[0]);

  CHECK(nothing_to_read == Errno::kSuccess);
  REQUIRE(timed_out.size() == 1);
  CHECK(timed_out[0].userdata == 2);
  CHECK(something == Errno::kSuccess);
  REQUIRE(readable.size() == 1);
  CHECK(readable[0].type == abi::kEventFdRead);
  CHECK(readable[0].nbytes == 3);
  CHECK(readable[0].rwflags == 0);
  CHECK(end == Errno::kSuccess);
  REQUIRE(hangup.size() == 1);
  CHECK(hangup[0].rwflags == abi::kEventHangup);

  REQUIRE(poll(guest,
               {on_fd(1, abi::kEventFdRead, file), on_fd(2, abi::kEventFdWrite, file),
                on_fd(3, abi::kEventFdRead, 99), on_fd(4, abi::kEventFdWrite, 1), clock_in(5, 77, 0),
                on_fd(6, abi::kEventFdWrite, 0), clock_in(7, abi::kClockMonotonic, ~uint64_t{0})},
               &events) == Errno::kSuccess);
  REQUIRE(events.size() == 6);
  CHECK(events[0].nbytes == 5);
  CHECK(events[1].error == 0);
  CHECK(static_cast<Errno>(events[2].error) == Errno::kBadf);
  CHECK(events[3].error == 0);  // a virtual stream is always ready
  CHECK(static_cast<Errno>(events[4].error) == Errno::kInval);
  CHECK(static_cast<Errno>(events[5].error) == Errno::kNotcapable);
}

TEST_CASE("wasi: poll refuses what is no subscription, and more than it will hold") {
  Guest guest({});
  std::vector<abi::Event> events;
  CHECK(poll(guest, {}, &events) == Errno::kInval);
  CHECK(poll(guest, {on_fd(1, static_cast<abi::EventType>(3), 0)}, &events) == Errno::kInval);
  guest.reset();
  uint32_t in = guest.put_record(clock_in(1, 1, 0)), out = guest.room(32), count = guest.room(4);
  CHECK(guest.call("poll_oneoff", in, out, 0xffffffffu, count) == Errno::kInval);
  CHECK(guest.call("poll_oneoff", in, guest.size() - 31, 1, count) == Errno::kFault);
  CHECK(guest.call("poll_oneoff", guest.size() - 47, out, 1, count) == Errno::kFault);
  CHECK(guest.call("poll_oneoff", in, out, 1, guest.size() - 3) == Errno::kFault);
  CHECK(guest.call("poll_oneoff", in, in, 1, count) ==
        Errno::kSuccess);  // events may overwrite what was asked
}

TEST_CASE("wasi: poll takes more subscriptions than this process may open files") {
  Sandbox sandbox;
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  int saved = ::dup(0);
  ::dup2(fds[0], 0);
  Config config = Guest::sandboxed(sandbox);
  config.stdin_stream = Stream::inherit();
  Guest guest(std::move(config));
  rlimit before;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{100, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<abi::Subscription> all;
  for (uint64_t i = 0; i < 4095; i++) all.push_back(on_fd(i, abi::kEventFdRead, 0));
  all.push_back(clock_in(4095, abi::kClockMonotonic, 1000));
  std::vector<abi::Event> events;
  const Errno nothing_there = poll(guest, all, &events);
  const size_t only_the_clock = events.size();
  REQUIRE(::write(fds[1], "x", 1) == 1);
  const Errno something_there = poll(guest, all, &events);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ::dup2(saved, 0);
  for (int fd : {fds[0], fds[1], saved}) ::close(fd);
  CHECK(nothing_there == Errno::kSuccess);
  CHECK(only_the_clock == 1);
  CHECK(something_there == Errno::kSuccess);
  CHECK(events.size() >= 4095);
}

TEST_CASE("wasi: poll tells reading from writing on one descriptor") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  Config config;
  config.sockets = {ends[0]};
  Guest guest(std::move(config));
  std::vector<abi::Event> events;
  const std::vector<abi::Subscription> both = {on_fd(1, abi::kEventFdRead, 3), on_fd(2, abi::kEventFdWrite, 3),
                                               on_fd(3, abi::kEventFdRead, 3)};
  REQUIRE(poll(guest, both, &events) == Errno::kSuccess);
  REQUIRE(events.size() == 1);
  CHECK(events[0].userdata == 2);
  REQUIRE(::write(ends[1], "abc", 3) == 3);
  REQUIRE(poll(guest, both, &events) == Errno::kSuccess);
  REQUIRE(events.size() == 3);
  CHECK(events[2].userdata == 3);
  CHECK(events[2].nbytes == 3);
  CHECK(events[1].nbytes == 0);
  for (int fd : ends) ::close(fd);
}

TEST_CASE("wasi: poll in wasi_unstable's layout") {
  Guest guest({});
  guest.unstable = true;
  abi::SubscriptionUnstable s{};
  s.userdata = 9;
  s.tag = abi::kEventClock;
  s.clock.identifier = 1234;
  s.clock.clock.id = abi::kClockMonotonic;
  s.clock.clock.timeout = 1000;
  uint32_t in = guest.put_record(s), out = guest.room(32), count = guest.room(4);
  REQUIRE(guest.call("poll_oneoff", in, out, 1, count) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(count) == 1);
  CHECK(guest.get<abi::Event>(out).userdata == 9);
  CHECK(guest.get<abi::Event>(out).error == 0);
}

TEST_CASE("wasi: what waits can be interrupted: a sleep, a read, an accept, a write; what need not wait is done") {
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  int asked = 0, patience = 2;
  Config config;
  config.sockets = {pair[0]};
  config.interrupted = [&] { return ++asked > patience; };
  Guest guest(std::move(config));
  guest.reset();
  const abi::Subscription sleep = clock_in(1, abi::kClockMonotonic, 3'600'000'000'000);
  const uint32_t in = guest.put_record(sleep), out = guest.room(sizeof(abi::Event)), count = guest.room(4);
  const uint32_t room = guest.room(64), moved = guest.room(4), flags = guest.room(4);
  const uint32_t iovs = guest.put_record(abi::Iovec{room, 64});
  uint64_t result = 0;
  CHECK(guest.outcome("poll_oneoff", &result, in, out, 1, count).kind == Outcome::Kind::kInterrupted);
  CHECK(asked == 3);
  asked = 0;
  CHECK(guest.outcome("fd_read", &result, 3, iovs, 1, moved).kind == Outcome::Kind::kInterrupted);
  CHECK(asked == 3);
  asked = 0;
  CHECK(guest.outcome("sock_recv", &result, 3, iovs, 1, 0, moved, flags).kind == Outcome::Kind::kInterrupted);
  CHECK(asked == 3);
  // Nothing has been forgotten or taken.
  REQUIRE(::write(pair[1], "abc", 3) == 3);
  asked = 0;
  CHECK(guest.call("fd_read", 3, iovs, 1, moved) == Errno::kSuccess);
  CHECK(guest.get<uint32_t>(moved) == 3);
  CHECK(asked == 0);
  // Until there is no more room.
  patience = 0;
  Outcome::Kind kind = Outcome::Kind::kReturn;
  for (int i = 0; i < 1'000'000 && kind == Outcome::Kind::kReturn; ++i)
    kind = guest.outcome("fd_write", &result, 3, iovs, 1, moved).kind;
  CHECK(kind == Outcome::Kind::kInterrupted);
  // A sleep that is short enough is whole.
  patience = 1'000'000;
  std::vector<abi::Event> events;
  CHECK(poll(guest, {clock_in(2, abi::kClockMonotonic, 50'000'000)}, &events) == Errno::kSuccess);
  CHECK(events.size() == 1);
  ::close(pair[0]);
  ::close(pair[1]);
}
