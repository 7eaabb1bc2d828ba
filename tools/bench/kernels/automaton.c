// Branches: words, numbers, strings, comments and signs told apart by a state machine, character by character.
#include "kernel.h"

enum State { kBetween, kWord, kNumber, kFraction, kString, kEscape, kSlash, kComment };
enum { kLength = 1 << 14 };

static char text[kLength];
static uint32_t counts[8];

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static enum State first_of(char c) {
  if (is_letter(c)) return kWord;
  if (is_digit(c)) return kNumber;
  if (c == '"') return kString;
  if (c == '/') return kSlash;
  return kBetween;
}

static NOINLINE enum State step(enum State state, char c) {
  if (state == kWord) return is_letter(c) || is_digit(c) ? kWord : first_of(c);
  if (state == kNumber) return is_digit(c) ? kNumber : c == '.' ? kFraction : first_of(c);
  if (state == kFraction) return is_digit(c) ? kFraction : first_of(c);
  if (state == kString) return c == '\\' ? kEscape : c == '"' || c == '\n' ? kBetween : kString;
  if (state == kEscape) return kString;
  if (state == kSlash) return c == '/' ? kComment : first_of(c);
  if (state == kComment) return c == '\n' ? kBetween : kComment;
  return first_of(c);
}

uint64_t kernel(uint32_t n) {
  static const char kSigns[] = "abcdefghij_XYZ0123456789.. ;\"\"/()+\n\n \\//";
  uint32_t random = 1;
  for (uint32_t i = 0; i < kLength; i++) text[i] = kSigns[next_random(&random) % (sizeof kSigns - 1)];
  enum State state = kBetween;
  for (uint32_t round = 0; round < n; round++) {
    for (uint32_t i = 0; i < kLength; i++) {
      enum State next = step(state, text[i]);
      if (next != state) counts[next]++;
      state = next;
    }
  }
  uint64_t sum = state;
  for (int i = 0; i < 8; i++) sum = mix(sum, counts[i]);
  return sum;
}
