// A whole program: regular expressions compiled to a small machine, which follows all its threads at once.
#include "kernel.h"

enum { kMostCode = 128, kLength = 1 << 13 };
typedef enum { kChar, kAny, kClass, kSplit, kJump, kMatch } Op;
typedef struct {
  Op op;
  char low, high;  // kChar: low; kClass: a range
  uint16_t x, y;   // where kJump and kSplit lead
} Inst;

static Inst code[kMostCode];
static uint32_t code_length;
static const char* pattern;
static char text[kLength + 1];

static uint16_t emit(Op op, char low, char high) {
  code[code_length] = (Inst){op, low, high, 0, 0};
  return (uint16_t)code_length++;
}

// Everything from `start` on moves one up, to make room for a split before it.
static void insert_split(uint32_t start) {
  for (uint32_t i = code_length++; i > start; i--) {
    code[i] = code[i - 1];
    if (code[i].op == kSplit || code[i].op == kJump) {
      code[i].x = (uint16_t)(code[i].x + (code[i].x >= start));
      code[i].y = (uint16_t)(code[i].y + (code[i].y >= start));
    }
  }
  code[start] = (Inst){kSplit, 0, 0, (uint16_t)(start + 1), 0};
}

static void compile_choice(void);

static void compile_atom(void) {
  char c = *pattern++;
  if (c == '(') {
    compile_choice();
    pattern++;
  } else if (c == '.') {
    emit(kAny, 0, 0);
  } else if (c == '[') {
    emit(kClass, pattern[0], pattern[2]);
    pattern += 4;
  } else {
    emit(kChar, c, 0);
  }
}

static void compile_repeat(void) {
  uint32_t start = code_length;
  compile_atom();
  char sign = *pattern;
  if (sign != '*' && sign != '+' && sign != '?') return;
  pattern++;
  if (sign == '+') {
    uint16_t split = emit(kSplit, 0, 0);
    code[split].x = (uint16_t)start;
    code[split].y = (uint16_t)(split + 1);
    return;
  }
  insert_split(start);
  if (sign == '*') code[emit(kJump, 0, 0)].x = (uint16_t)start;
  code[start].y = (uint16_t)code_length;
}

static void compile_choice(void) {
  uint32_t start = code_length;
  while (*pattern && *pattern != ')' && *pattern != '|') compile_repeat();
  if (*pattern != '|') return;
  pattern++;
  insert_split(start);
  uint16_t jump = emit(kJump, 0, 0);
  code[start].y = (uint16_t)code_length;
  compile_choice();
  code[jump].x = (uint16_t)code_length;
}

typedef struct {
  uint16_t at[kMostCode];
  uint32_t count;
} Threads;

static uint32_t seen[kMostCode], generation;

static NOINLINE void add_thread(Threads* threads, uint16_t at) {
  if (seen[at] == generation) return;
  seen[at] = generation;
  if (code[at].op == kJump) {
    add_thread(threads, code[at].x);
  } else if (code[at].op == kSplit) {
    add_thread(threads, code[at].x);
    add_thread(threads, code[at].y);
  } else {
    threads->at[threads->count++] = at;
  }
}

// How many places of the text a match ends at, if it may begin anywhere.
static NOINLINE uint32_t count_ends(void) {
  static Threads lists[2];
  Threads *now = &lists[0], *then = &lists[1];
  uint32_t found = 0;
  now->count = 0;
  generation++;
  for (const char* p = text;; p++) {
    add_thread(now, 0);
    generation++;
    then->count = 0;
    for (uint32_t i = 0; i < now->count; i++) {
      const Inst* inst = &code[now->at[i]];
      int takes = 0;
      switch (inst->op) {
        case kChar: takes = *p == inst->low; break;
        case kAny: takes = *p != '\n'; break;
        case kClass: takes = *p >= inst->low && *p <= inst->high; break;
        case kMatch: found++; break;
        default: break;
      }
      if (takes && *p) add_thread(then, (uint16_t)(now->at[i] + 1));
    }
    if (!*p) return found;
    Threads* swap = now;
    now = then;
    then = swap;
  }
}

uint64_t kernel(uint32_t n) {
  static const char* const kPatterns[] = {"a[b-d]+e", "(ab|cd)*f.g", "[a-z]+[0-9]?x", "h(i|j(k|l))?m*", "(a|b)(a|b)(c|d).*z"};
  uint32_t random = 1;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < kLength; i++) {
    uint32_t r = next_random(&random);
    text[i] = (char)(r % 31 == 0 ? '\n' : r % 7 == 0 ? '0' + (r >> 8) % 10 : 'a' + (r >> 8) % ((r >> 4) % 3 ? 14 : 26));
  }
  for (uint32_t round = 0; round < n; round++) {
    pattern = kPatterns[round % 5];
    code_length = 0;
    compile_choice();
    emit(kMatch, 0, 0);
    sum = mix(sum, count_ends());
    text[round * 37 % kLength] ^= 1;
  }
  return sum;
}
