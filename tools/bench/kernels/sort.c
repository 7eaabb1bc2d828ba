// Sorting: quicksort, which leaves short stretches to insertion, and heap sort, on random numbers.
#include "kernel.h"

enum { kCount = 20000 };

static uint32_t values[kCount];

static void swap(uint32_t* a, uint32_t* b) {
  uint32_t t = *a;
  *a = *b;
  *b = t;
}

static NOINLINE void insertion_sort(uint32_t* first, uint32_t* end) {
  for (uint32_t* p = first + 1; p < end; p++) {
    uint32_t value = *p, *q = p;
    for (; q > first && q[-1] > value; q--) *q = q[-1];
    *q = value;
  }
}

static NOINLINE void quick_sort(uint32_t* first, uint32_t* end) {
  while (end - first > 16) {
    uint32_t pivot = first[(end - first) / 2];
    uint32_t *low = first, *high = end - 1;
    while (low <= high) {
      while (*low < pivot) low++;
      while (*high > pivot) high--;
      if (low <= high) swap(low++, high--);
    }
    quick_sort(first, high + 1);
    first = low;
  }
  insertion_sort(first, end);
}

static NOINLINE void sink(uint32_t at, uint32_t count) {
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && values[child + 1] > values[child]) child++;
    if (values[at] >= values[child]) return;
    swap(&values[at], &values[child]);
    at = child;
  }
}

static NOINLINE void heap_sort(void) {
  for (uint32_t i = kCount / 2; i > 0; i--) sink(i - 1, kCount);
  for (uint32_t end = kCount - 1; end > 0; end--) {
    swap(&values[0], &values[end]);
    sink(0, end);
  }
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  uint64_t sum = 0;
  for (uint32_t round = 0; round < n; round++) {
    for (uint32_t i = 0; i < kCount; i++) values[i] = next_random(&random);
    if (round & 1) heap_sort();
    else quick_sort(values, values + kCount);
    for (uint32_t i = 1; i < kCount; i++) sum += values[i - 1] <= values[i];
    sum = mix(sum, values[round % kCount]);
  }
  return sum;
}
