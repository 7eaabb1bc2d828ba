// Functions of loops: variables that change in them, and others that do not; loops that are left at the top, at the
// bottom, in the middle; counters that go up and down; memory and globals that are written.
#pragma once
#include <random>

#include "compiler/ir/function.h"

namespace wjit::test {

ir::Function random_loops(std::mt19937& random, unsigned statements);

}  // namespace wjit::test
