// The binary interface of WASI preview 1: numbers, flags and record layouts, as the guest sees them. Nothing
// here depends on the host but for one thing: records are copied as they stand, so the host must be
// little-endian. Only <stddef.h> and <stdint.h> are included, so that a test can compile this file for wasm32
// next to wasi-libc's own header and compare.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace wjit::rt::wasi::abi {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are copied to the guest as they stand");

// Rights of a descriptor.
namespace rights {
constexpr uint64_t kFdDatasync = uint64_t{1} << 0;
constexpr uint64_t kFdRead = uint64_t{1} << 1;
constexpr uint64_t kFdSeek = uint64_t{1} << 2;
constexpr uint64_t kFdFdstatSetFlags = uint64_t{1} << 3;
constexpr uint64_t kFdSync = uint64_t{1} << 4;
constexpr uint64_t kFdTell = uint64_t{1} << 5;
constexpr uint64_t kFdWrite = uint64_t{1} << 6;
constexpr uint64_t kFdAdvise = uint64_t{1} << 7;
constexpr uint64_t kFdAllocate = uint64_t{1} << 8;
constexpr uint64_t kPathCreateDirectory = uint64_t{1} << 9;
constexpr uint64_t kPathCreateFile = uint64_t{1} << 10;
constexpr uint64_t kPathLinkSource = uint64_t{1} << 11;
constexpr uint64_t kPathLinkTarget = uint64_t{1} << 12;
constexpr uint64_t kPathOpen = uint64_t{1} << 13;
constexpr uint64_t kFdReaddir = uint64_t{1} << 14;
constexpr uint64_t kPathReadlink = uint64_t{1} << 15;
constexpr uint64_t kPathRenameSource = uint64_t{1} << 16;
constexpr uint64_t kPathRenameTarget = uint64_t{1} << 17;
constexpr uint64_t kPathFilestatGet = uint64_t{1} << 18;
constexpr uint64_t kPathFilestatSetSize = uint64_t{1} << 19;
constexpr uint64_t kPathFilestatSetTimes = uint64_t{1} << 20;
constexpr uint64_t kFdFilestatGet = uint64_t{1} << 21;
constexpr uint64_t kFdFilestatSetSize = uint64_t{1} << 22;
constexpr uint64_t kFdFilestatSetTimes = uint64_t{1} << 23;
constexpr uint64_t kPathSymlink = uint64_t{1} << 24;
constexpr uint64_t kPathRemoveDirectory = uint64_t{1} << 25;
constexpr uint64_t kPathUnlinkFile = uint64_t{1} << 26;
constexpr uint64_t kPollFdReadwrite = uint64_t{1} << 27;
constexpr uint64_t kSockShutdown = uint64_t{1} << 28;
constexpr uint64_t kSockAccept = uint64_t{1} << 29;
constexpr uint64_t kAll = (uint64_t{1} << 30) - 1;
}  // namespace rights

enum Clock : uint32_t {
  kClockRealtime = 0,
  kClockMonotonic = 1,
  kClockProcessCputime = 2,
  kClockThreadCputime = 3,
};

enum FileType : uint8_t {
  kTypeUnknown = 0,
  kTypeBlockDevice = 1,
  kTypeCharacterDevice = 2,
  kTypeDirectory = 3,
  kTypeRegularFile = 4,
  kTypeSocketDgram = 5,
  kTypeSocketStream = 6,
  kTypeSymbolicLink = 7,
};

enum Whence : uint32_t { kWhenceSet = 0, kWhenceCur = 1, kWhenceEnd = 2 };
// wasi_unstable counts in another order.
enum WhenceUnstable : uint32_t { kUnstableWhenceCur = 0, kUnstableWhenceEnd = 1, kUnstableWhenceSet = 2 };

enum Advice : uint32_t {
  kAdviceNormal = 0,
  kAdviceSequential = 1,
  kAdviceRandom = 2,
  kAdviceWillneed = 3,
  kAdviceDontneed = 4,
  kAdviceNoreuse = 5,
};

// Flag words; k…All is the set of bits that have a meaning, any other bit answers EINVAL.
constexpr uint32_t kFdAppend = 1, kFdDsync = 2, kFdNonblock = 4, kFdRsync = 8, kFdSync = 16, kFdAll = 31;
constexpr uint32_t kTimeAtim = 1, kTimeAtimNow = 2, kTimeMtim = 4, kTimeMtimNow = 8, kTimeAll = 15;
constexpr uint32_t kLookupSymlinkFollow = 1, kLookupAll = 1;
constexpr uint32_t kOpenCreat = 1, kOpenDirectory = 2, kOpenExcl = 4, kOpenTrunc = 8, kOpenAll = 15;
constexpr uint32_t kRecvPeek = 1, kRecvWaitall = 2, kRecvAll = 3;
constexpr uint32_t kRecvDataTruncated = 1;
constexpr uint32_t kShutRd = 1, kShutWr = 2, kShutAll = 3;
constexpr uint16_t kClockAbstime = 1;
constexpr uint16_t kEventHangup = 1;

enum EventType : uint8_t { kEventClock = 0, kEventFdRead = 1, kEventFdWrite = 2 };
constexpr uint8_t kPreopenDir = 0;
constexpr uint64_t kDircookieStart = 0;

// Records. Padding is spelled out, so that value-initialising a record leaves no host bytes in it.

struct Iovec {
  uint32_t buf;
  uint32_t buf_len;
};
static_assert(sizeof(Iovec) == 8);

struct Dirent {
  uint64_t next;
  uint64_t ino;
  uint32_t namlen;
  uint8_t type;
  uint8_t pad[3];
};
static_assert(sizeof(Dirent) == 24);

struct Fdstat {
  uint8_t filetype;
  uint8_t pad0;
  uint16_t flags;
  uint8_t pad1[4];
  uint64_t rights_base;
  uint64_t rights_inheriting;
};
static_assert(sizeof(Fdstat) == 24);

struct Filestat {
  uint64_t dev;
  uint64_t ino;
  uint8_t filetype;
  uint8_t pad[7];
  uint64_t nlink;
  uint64_t size;
  uint64_t atim;
  uint64_t mtim;
  uint64_t ctim;
};
static_assert(sizeof(Filestat) == 64);

struct FilestatUnstable {
  uint64_t dev;
  uint64_t ino;
  uint8_t filetype;
  uint8_t pad[3];
  uint32_t nlink;
  uint64_t size;
  uint64_t atim;
  uint64_t mtim;
  uint64_t ctim;
};
static_assert(sizeof(FilestatUnstable) == 56);

struct Prestat {
  uint8_t tag;
  uint8_t pad[3];
  uint32_t name_len;
};
static_assert(sizeof(Prestat) == 8);

struct Event {
  uint64_t userdata;
  uint16_t error;
  uint8_t type;
  uint8_t pad0[5];
  uint64_t nbytes;
  uint16_t rwflags;
  uint8_t pad1[6];
};
static_assert(sizeof(Event) == 32);

struct SubscriptionClock {
  uint32_t id;
  uint32_t pad0;
  uint64_t timeout;
  uint64_t precision;
  uint16_t flags;
  uint8_t pad1[6];
};
static_assert(sizeof(SubscriptionClock) == 32);

struct Subscription {
  uint64_t userdata;
  uint8_t tag;
  uint8_t pad[7];
  union {
    SubscriptionClock clock;
    uint32_t fd;
  };
};
static_assert(sizeof(Subscription) == 48);

struct SubscriptionClockUnstable {
  uint64_t identifier;
  SubscriptionClock clock;
};

struct SubscriptionUnstable {
  uint64_t userdata;
  uint8_t tag;
  uint8_t pad[7];
  union {
    SubscriptionClockUnstable clock;
    uint32_t fd;
  };
};
static_assert(sizeof(SubscriptionUnstable) == 56);

}  // namespace wjit::rt::wasi::abi
