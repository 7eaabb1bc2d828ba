// Pointers and recursion: binary trees built, walked and thrown away, their nodes from a pool.
#include "kernel.h"

enum { kMost = 1 << 16 };
typedef struct Node {
  struct Node *left, *right;
  uint32_t value;
} Node;

static Node pool[kMost];
static Node* free_nodes;

static NOINLINE Node* build(int depth, uint32_t value) {
  Node* node = free_nodes;
  free_nodes = node->left;
  node->value = value;
  node->left = depth > 0 ? build(depth - 1, 2 * value) : 0;
  node->right = depth > 0 ? build(depth - 1, 2 * value + 1) : 0;
  return node;
}

static NOINLINE uint32_t walk(const Node* node) {
  return node ? node->value + 3 * walk(node->left) + 5 * walk(node->right) : 1;
}

static NOINLINE void drop(Node* node) {
  if (!node) return;
  drop(node->left);
  drop(node->right);
  node->left = free_nodes;
  free_nodes = node;
}

uint64_t kernel(uint32_t n) {
  for (int i = 0; i < kMost - 1; i++) pool[i].left = &pool[i + 1];
  free_nodes = pool;
  uint64_t sum = 0;
  Node* kept = build(13, 1);
  for (uint32_t i = 0; i < n; i++) {
    Node* tree = build((int)(i % 13), i);
    sum = mix(sum, walk(tree));
    drop(tree);
  }
  return mix(sum, walk(kept));
}
