// How mistakes reach the user. The functions most commands need are declared in options.h.
#pragma once

namespace wjit::cli {

// From here on report() and its like write JSON.
void report_as_json();

}  // namespace wjit::cli
