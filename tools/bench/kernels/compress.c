// A whole program: a compressor that looks for repetitions and gives the frequent symbols short codes, and its
// counterpart, which must bring the text back. In the manner of the 1970s, in no format that anybody else reads.
#include "kernel.h"

enum { kLength = 1 << 15, kHash = 1 << 12, kLeastMatch = 4, kMostMatch = 259, kWindow = 1 << 13, kTries = 16 };
// Symbols: 256 bytes, 256 lengths of a match (its distance follows as 13 bits), the end.
enum { kSymbols = 513, kEnd = 512, kMostBits = 24 };

static uint8_t text[kLength], restored[kLength];
static uint8_t packed[2 * kLength];
static uint16_t symbols[kLength + 1], distances[kLength + 1];

// ---- a text with repetitions, by a grammar ----

static const char* const kSubjects[] = {"the compiler", "a register", "the allocator", "every block", "this interval"};
static const char* const kVerbs[] = {" spills ", " splits ", " follows ", " dominates ", " is hoisted above "};
static const char* const kEnds[] = {". ", ", and ", ", because ", ".\n", "; then "};

static uint32_t put(uint32_t at, const char* from) {
  while (*from && at < kLength) text[at++] = (uint8_t)*from++;
  return at;
}

static void write_text(uint32_t* random) {
  for (uint32_t at = 0; at < kLength;) {
    uint32_t r = next_random(random);
    at = put(at, kSubjects[r % 5]);
    at = put(at, kVerbs[(r >> 4) % 5]);
    at = put(at, kSubjects[(r >> 8) % 5]);
    if ((r >> 12) % 7 == 0 && at < kLength) text[at++] = (uint8_t)('0' + (r >> 16) % 10);
    at = put(at, kEnds[(r >> 20) % 5]);
  }
}

// ---- repetitions ----

static uint32_t heads[kHash], chain[kLength];  // positions + 1; 0: none

static uint32_t hash_at(uint32_t at) {
  uint32_t word = text[at] | (uint32_t)text[at + 1] << 8 | (uint32_t)text[at + 2] << 16 | (uint32_t)text[at + 3] << 24;
  return (word * 2654435761u) >> 20;
}

static void remember(uint32_t at) {
  if (at + kLeastMatch > kLength) return;
  uint32_t hash = hash_at(at);
  chain[at] = heads[hash];
  heads[hash] = at + 1;
}

static NOINLINE uint32_t longest_match(uint32_t at, uint32_t* distance) {
  uint32_t best = 0, most = kLength - at < kMostMatch ? kLength - at : kMostMatch;
  if (at + kLeastMatch > kLength) return 0;
  uint32_t candidate = heads[hash_at(at)];
  for (int tries = kTries; tries > 0 && candidate != 0; tries--) {
    uint32_t from = candidate - 1, length = 0;
    if (at - from >= kWindow) break;
    while (length < most && text[from + length] == text[at + length]) length++;
    if (length > best) {
      best = length;
      *distance = at - from;
    }
    candidate = chain[from];
  }
  return best >= kLeastMatch ? best : 0;
}

static NOINLINE uint32_t find_repetitions(void) {
  for (uint32_t i = 0; i < kHash; i++) heads[i] = 0;
  uint32_t count = 0;
  for (uint32_t at = 0; at < kLength; count++) {
    uint32_t distance = 0, length = longest_match(at, &distance);
    symbols[count] = (uint16_t)(length ? 256 + length - kLeastMatch : text[at]);
    distances[count] = (uint16_t)distance;
    for (uint32_t end = at + (length ? length : 1); at < end; at++) remember(at);
  }
  symbols[count++] = kEnd;
  return count;
}

// ---- codes ----

static uint8_t bits_of[kSymbols];
static uint32_t code_of[kSymbols], first_code[kMostBits + 2], first_index[kMostBits + 2];
static uint16_t by_code[kSymbols];

static uint32_t weights[2 * kSymbols], heap[kSymbols + 1], heap_size;
static uint16_t parents[2 * kSymbols];

static void push(uint32_t node) {
  uint32_t at = ++heap_size;
  for (; at > 1 && weights[heap[at / 2]] > weights[node]; at /= 2) heap[at] = heap[at / 2];
  heap[at] = node;
}

static uint32_t pop(void) {
  uint32_t top = heap[1], last = heap[heap_size--], at = 1;
  for (uint32_t child; (child = 2 * at) <= heap_size; at = child) {
    if (child < heap_size && weights[heap[child + 1]] < weights[heap[child]]) child++;
    if (weights[heap[child]] >= weights[last]) break;
    heap[at] = heap[child];
  }
  heap[at] = last;
  return top;
}

// Huffman's tree over the symbols that occur; lengths only.
static NOINLINE void choose_lengths(uint32_t count) {
  for (uint32_t i = 0; i < kSymbols; i++) weights[i] = 0;
  for (uint32_t i = 0; i < count; i++) weights[symbols[i]]++;
  heap_size = 0;
  for (uint32_t i = 0; i < kSymbols; i++) {
    bits_of[i] = 0;
    if (weights[i]) push(i);
  }
  uint32_t nodes = kSymbols;
  while (heap_size > 1) {
    uint32_t a = pop(), b = pop();
    parents[a] = parents[b] = (uint16_t)nodes;
    weights[nodes] = weights[a] + weights[b];
    push(nodes++);
  }
  for (uint32_t i = 0; i < kSymbols; i++) {
    if (!weights[i]) continue;
    for (uint32_t node = i; node != nodes - 1; node = parents[node]) bits_of[i]++;
  }
}

// Codes in the order of length and symbol, so that the lengths tell everything.
static NOINLINE void number_codes(void) {
  uint32_t code = 0, index = 0;
  for (uint32_t bits = 1; bits <= kMostBits; bits++) {
    code <<= 1;
    first_code[bits] = code;
    first_index[bits] = index;
    for (uint32_t i = 0; i < kSymbols; i++) {
      if (bits_of[i] != bits) continue;
      code_of[i] = code++;
      by_code[index++] = (uint16_t)i;
    }
  }
  first_index[kMostBits + 1] = index;
}

// ---- bits ----

static uint32_t bit_at, held_bits;
static uint64_t held;

static void put_bits(uint32_t value, uint32_t count) {
  held = held << count | value;
  held_bits += count;
  while (held_bits >= 8) {
    held_bits -= 8;
    packed[bit_at++] = (uint8_t)(held >> held_bits);
  }
}

static uint32_t get_bits(uint32_t count) {
  while (held_bits < count) {
    held = held << 8 | packed[bit_at++];
    held_bits += 8;
  }
  held_bits -= count;
  return (uint32_t)(held >> held_bits) & ((1u << count) - 1);
}

static void begin_bits(void) { bit_at = held_bits = 0, held = 0; }

static NOINLINE uint32_t pack(uint32_t count) {
  begin_bits();
  for (uint32_t i = 0; i < count; i++) {
    put_bits(code_of[symbols[i]], bits_of[symbols[i]]);
    if (symbols[i] >= 256 && symbols[i] != kEnd) put_bits(distances[i], 13);
  }
  put_bits(0, 7);
  return bit_at;
}

static NOINLINE uint32_t get_symbol(void) {
  uint32_t code = 0;
  for (uint32_t bits = 1; bits <= kMostBits; bits++) {
    code = code << 1 | get_bits(1);
    uint32_t offset = code - first_code[bits];
    if (offset < first_index[bits + 1] - first_index[bits]) return by_code[first_index[bits] + offset];
  }
  return kEnd;
}

static NOINLINE uint32_t unpack(void) {
  uint32_t at = 0;
  begin_bits();
  for (;;) {
    uint32_t symbol = get_symbol();
    if (symbol == kEnd) return at;
    if (symbol < 256) {
      restored[at++] = (uint8_t)symbol;
      continue;
    }
    uint32_t distance = get_bits(13);
    for (uint32_t length = symbol - 256 + kLeastMatch; length > 0; length--, at++) restored[at] = restored[at - distance];
  }
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  uint64_t sum = 0;
  for (uint32_t round = 0; round < n; round++) {
    write_text(&random);
    uint32_t count = find_repetitions();
    choose_lengths(count);
    number_codes();
    uint32_t bytes = pack(count);
    for (uint32_t i = 0; i < bytes; i++) sum = mix(sum, packed[i]);
    uint32_t length = unpack(), same = 0;
    for (uint32_t i = 0; i < length; i++) same += text[i] == restored[i];
    sum = mix(mix(sum, bytes), same);
  }
  return sum;
}
