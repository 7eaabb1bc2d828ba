#include "tools/bench/stats.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace wjit::bench {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t n = values.size();
  return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

double least(std::vector<double> values) {
  return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
}

double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += std::log(value);
  return values.empty() ? 0 : std::exp(sum / double(values.size()));
}

bool print_ratio(const std::string& what, double value, double base, double wanted) {
  if (value <= 0 || base <= 0) {
    std::printf("%-38s %9s   (wanted: at most %.2f)\n", what.c_str(), "unknown", wanted);
    return false;
  }
  double ratio = value / base;
  const char* verdict = ratio <= wanted ? "" : "  MISSED";
  std::printf("%-38s %9.2f   (wanted: at most %.2f)%s\n", what.c_str(), ratio, wanted, verdict);
  return ratio <= wanted;
}

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", unsigned(c));
      out += code;
    } else {
      out += c;
    }
  }
  return out + '"';
}

void print_json_values(const char* name, const std::vector<double>& values) {
  std::printf("\"%s\": [", name);
  for (size_t i = 0; i < values.size(); i++) std::printf("%s%.4f", i ? ", " : "", values[i]);
  std::printf("]");
}

}  // namespace wjit::bench
