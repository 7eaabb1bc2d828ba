// Medians, geometric means, and how both are told.
#pragma once
#include <string>
#include <vector>

namespace wjit::bench {

double median(std::vector<double> values);                 // 0 of none
double least(std::vector<double> values);                  // 0 of none
double geometric_mean(const std::vector<double>& values);  // 0 of none

// A line that says whether what was wanted was reached; that is also the answer. A value or base of 0 is
// unknown.
bool print_ratio(const std::string& what, double value, double base, double wanted);

std::string json_string(const std::string& text);  // quoted

// "name": [values], to stdout.
void print_json_values(const char* name, const std::vector<double>& values);

}  // namespace wjit::bench
