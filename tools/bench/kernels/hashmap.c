// A hash table with open addressing: keys put in, found, not found and taken out again.
#include "kernel.h"

enum { kSlots = 1 << 14, kKeys = 9000 };
typedef struct {
  uint32_t key, value;
} Slot;

static Slot slots[kSlots];  // key 0: free

static uint32_t home_of(uint32_t key) { return (key * 2654435769u) >> 18; }

static NOINLINE Slot* find(uint32_t key) {
  uint32_t at = home_of(key);
  while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) & (kSlots - 1);
  return &slots[at];
}

// Entries behind the gap move up, so that no search ends early.
static NOINLINE void take_out(Slot* slot) {
  uint32_t gap = (uint32_t)(slot - slots), at = gap;
  for (;;) {
    at = (at + 1) & (kSlots - 1);
    if (slots[at].key == 0) break;
    uint32_t home = home_of(slots[at].key);
    if (((at - home) & (kSlots - 1)) >= ((at - gap) & (kSlots - 1))) {
      slots[gap] = slots[at];
      gap = at;
    }
  }
  slots[gap].key = 0;
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  uint64_t sum = 0;
  for (uint32_t round = 0; round < n; round++) {
    for (uint32_t i = 0; i < kKeys; i++) {
      uint32_t key = next_random(&random) % 20000 + 1;
      Slot* slot = find(key);
      if (slot->key == 0) slot->key = key, slot->value = 0;
      slot->value += i;
    }
    for (uint32_t i = 1; i <= 20000; i++) {
      Slot* slot = find(i);
      if (slot->key == 0) continue;
      sum += slot->value ^ i;
      if ((slot->value ^ round) & 1) take_out(slot);
    }
    // Not more than half of the table may stay.
    for (uint32_t i = 1; i <= 20000; i += 2) {
      Slot* slot = find(i);
      if (slot->key != 0) take_out(slot);
    }
  }
  return sum;
}
