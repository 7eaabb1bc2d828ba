// A whole program: a document in JSON is parsed to a tree, asked questions, changed, and written again.
#include <string.h>

#include "kernel.h"

enum { kMostText = 1 << 16, kMostNodes = 1 << 13, kMostNames = 1 << 16 };
typedef enum { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject } Kind;
typedef struct Node {
  Kind kind;
  uint32_t name, name_length;      // in names: the key that this is the value of
  uint32_t string, string_length;  // in names
  double number;
  struct Node *child, *next;
} Node;

static char text[kMostText], names[kMostNames];
static Node nodes[kMostNodes];
static uint32_t text_length, names_used, nodes_used, at;

// ---- writing ----

static void put(char c) {
  if (text_length < kMostText - 1) text[text_length++] = c;
}

static void put_text(const char* s) {
  while (*s) put(*s++);
}

static void put_integer(uint32_t value) {
  char digits[12];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  while (count > 0) put(digits[--count]);
}

// Thousandths are enough here.
static void put_number(double value) {
  if (value < 0) put('-'), value = -value;
  uint32_t whole = (uint32_t)value, rest = (uint32_t)((value - whole) * 1000 + 0.5);
  if (rest == 1000) whole++, rest = 0;
  put_integer(whole);
  if (rest == 0) return;
  put('.');
  for (uint32_t unit = 100; rest != 0; unit /= 10) put((char)('0' + rest / unit)), rest %= unit;
}

static void put_string(uint32_t start, uint32_t length) {
  put('"');
  for (uint32_t i = 0; i < length; i++) {
    char c = names[start + i];
    if (c == '"' || c == '\\') put('\\'), put(c);
    else if (c == '\n') put('\\'), put('n');
    else put(c);
  }
  put('"');
}

static NOINLINE void write_node(const Node* node) {
  switch (node->kind) {
    case kNull: put_text("null"); break;
    case kFalse: put_text("false"); break;
    case kTrue: put_text("true"); break;
    case kNumber: put_number(node->number); break;
    case kString: put_string(node->string, node->string_length); break;
    case kArray:
    case kObject:
      put(node->kind == kArray ? '[' : '{');
      for (const Node* child = node->child; child; child = child->next) {
        if (node->kind == kObject) put_string(child->name, child->name_length), put(':');
        write_node(child);
        if (child->next) put(',');
      }
      put(node->kind == kArray ? ']' : '}');
      break;
  }
}

// ---- parsing ----

static void skip_space(void) {
  while (text[at] == ' ' || text[at] == '\n' || text[at] == '\t') at++;
}

static NOINLINE uint32_t parse_string(uint32_t* start) {
  *start = names_used;
  at++;
  while (text[at] != '"' && text[at] != 0 && names_used < kMostNames) {
    char c = text[at++];
    if (c == '\\') {
      c = text[at++];
      if (c == 'n') c = '\n';
    }
    names[names_used++] = c;
  }
  at++;
  return names_used - *start;
}

static NOINLINE double parse_number(void) {
  double value = 0, unit = 1;
  int negative = text[at] == '-';
  if (negative) at++;
  while (text[at] >= '0' && text[at] <= '9') value = value * 10 + (text[at++] - '0');
  if (text[at] == '.') {
    for (at++; text[at] >= '0' && text[at] <= '9'; at++) {
      unit *= 10;
      value = value * 10 + (text[at] - '0');
    }
  }
  return negative ? -value / unit : value / unit;
}

static int parse_word(const char* word) {
  uint32_t length = (uint32_t)strlen(word);
  if (strncmp(text + at, word, length) != 0) return 0;
  at += length;
  return 1;
}

static Node* parse_value(void);

static NOINLINE void parse_children(Node* parent, char close) {
  Node** link = &parent->child;
  at++;
  for (skip_space(); text[at] != close && text[at] != 0; skip_space()) {
    uint32_t name = 0, length = 0;
    if (close == '}') {
      length = parse_string(&name);
      skip_space();
      at++;  // the colon
    }
    Node* child = parse_value();
    if (!child) return;
    child->name = name;
    child->name_length = length;
    *link = child;
    link = &child->next;
    skip_space();
    if (text[at] == ',') at++;
  }
  at++;
}

static NOINLINE Node* parse_value(void) {
  if (nodes_used == kMostNodes) return 0;
  Node* node = &nodes[nodes_used++];
  memset(node, 0, sizeof *node);
  skip_space();
  switch (text[at]) {
    case '{': node->kind = kObject, parse_children(node, '}'); break;
    case '[': node->kind = kArray, parse_children(node, ']'); break;
    case '"': node->kind = kString, node->string_length = parse_string(&node->string); break;
    default:
      if (parse_word("null")) node->kind = kNull;
      else if (parse_word("true")) node->kind = kTrue;
      else if (parse_word("false")) node->kind = kFalse;
      else node->kind = kNumber, node->number = parse_number();
  }
  return node;
}

// ---- asking and changing ----

static NOINLINE Node* member(Node* object, const char* name) {
  uint32_t length = (uint32_t)strlen(name);
  for (Node* child = object->child; child; child = child->next) {
    if (child->name_length == length && memcmp(names + child->name, name, length) == 0) return child;
  }
  return 0;
}

static NOINLINE double total(const Node* node) {
  double sum = node->kind == kNumber ? node->number : node->kind == kTrue ? 1 : node->string_length;
  for (const Node* child = node->child; child; child = child->next) sum += total(child);
  return sum;
}

static void write_first(uint32_t* random) {
  put_text("{ \"version\": 3, \"items\": [");
  for (int i = 0; i < 200; i++) {
    uint32_t r = next_random(random);
    put_text(i ? ",\n  { \"id\": " : "\n  { \"id\": ");
    put_integer((uint32_t)i);
    put_text(", \"name\": \"item \\\"");
    put_integer(r % 1000);
    put_text("\\\"\\n\", \"price\": ");
    put_number((r >> 10) % 100000 / 8.0);
    put_text(r & 1 ? ", \"tags\": [\"a\", \"long one\", null], \"sold\": true" : ", \"sold\": false, \"size\": [1, -2.5]");
    put_text(" }");
  }
  put_text("\n] }");
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  uint64_t sum = 0;
  write_first(&random);
  for (uint32_t round = 0; round < n; round++) {
    at = names_used = nodes_used = 0;
    text[text_length] = 0;
    Node* root = parse_value();
    Node* items = member(root, "items");
    for (Node* item = items ? items->child : 0; item; item = item->next) {
      Node *price = member(item, "price"), *sold = member(item, "sold");
      if (price && sold && sold->kind == kTrue) price->number = price->number * 0.75 + (double)(round % 7);
      if (sold && next_random(&random) % 5 == 0) sold->kind = sold->kind == kTrue ? kFalse : kTrue;
    }
    sum = mix_f64(sum, total(root));
    text_length = 0;
    write_node(root);
    sum = mix(sum, text_length);
  }
  for (uint32_t i = 0; i < text_length; i++) sum = mix(sum, (uint8_t)text[i]);
  return sum;
}
