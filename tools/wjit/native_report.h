// What commands say of native code: which functions have some, and what making it took.
#pragma once
#include <string>

#include "compiler/support/pass_times.h"
#include "wjit/wjit.hpp"

namespace wjit::cli {

// A line for each pass, and their sum.
std::string pass_table(const support::PassTimes& times);
// "N functions have native code, N functions stayed in tier 0", how many for which reason, and each by name.
// Where functions change tier, then a line for each that was called, the hottest first.
std::string tier_report(const Module& module);
std::string tier_report_json(const Module& module);
// From now on passes are measured, if `wanted`; print_times prints them of the module, on standard error.
void measure_times(bool wanted);
void print_times(const Module& module);

}  // namespace wjit::cli
