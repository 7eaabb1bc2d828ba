// Well-formed functions of every instruction, at random: what they compute means nothing.
#pragma once
#include <random>

#include "compiler/ir/builder.h"

namespace wjit::ir {

Function random_function(std::mt19937& random, uint32_t max_blocks = 12);

}  // namespace wjit::ir
