// Indirect calls: objects of six classes in random order, each with a table of functions.
#include "kernel.h"

typedef struct Shape Shape;
typedef struct {
  int32_t (*area)(const Shape*);
  void (*grow)(Shape*, int32_t);
  const Shape* (*smaller)(const Shape*, const Shape*);
} Class;
struct Shape {
  const Class* class;
  int32_t a, b;
};

static int32_t area_of(const Shape* s) { return s->class->area(s); }
static int32_t square_area(const Shape* s) { return s->a * s->a; }
static int32_t box_area(const Shape* s) { return s->a * s->b; }
static int32_t frame_area(const Shape* s) { return s->a * s->b - (s->a - 2) * (s->b - 2); }
static int32_t triangle_area(const Shape* s) { return s->a * s->b / 2; }
static void grow_one(Shape* s, int32_t by) { s->a = (s->a + by) & 1023; }
static void grow_both(Shape* s, int32_t by) { s->a = (s->a + by) & 1023, s->b = (s->b ^ by) & 1023; }
static void grow_other(Shape* s, int32_t by) { s->b = (s->b + 3 * by) & 1023; }
static const Shape* by_area(const Shape* s, const Shape* t) { return area_of(s) <= area_of(t) ? s : t; }
static const Shape* by_side(const Shape* s, const Shape* t) { return s->a <= t->a ? s : t; }

static const Class kClasses[6] = {
    {square_area, grow_one, by_area},  {box_area, grow_both, by_side},   {frame_area, grow_other, by_area},
    {triangle_area, grow_one, by_side}, {box_area, grow_other, by_area}, {frame_area, grow_both, by_side},
};

enum { kShapes = 1000 };
static Shape shapes[kShapes];

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  for (int i = 0; i < kShapes; i++) {
    shapes[i].class = &kClasses[next_random(&random) % 6];
    shapes[i].a = (int32_t)(next_random(&random) & 255);
    shapes[i].b = (int32_t)(next_random(&random) & 255);
  }
  uint64_t sum = 0;
  for (uint32_t round = 0; round < n; round++) {
    const Shape* least = &shapes[round % kShapes];
    for (int i = 0; i < kShapes; i++) {
      Shape* s = &shapes[i];
      s->class->grow(s, (int32_t)(round & 15) + 1);
      sum += (uint32_t)area_of(s);
      least = s->class->smaller(least, s);
    }
    sum = mix(sum, (uint32_t)(least - shapes));
  }
  return sum;
}
