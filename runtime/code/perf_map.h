// Names of published code for `perf report`, in the file it looks for: /tmp/perf-PID.map. Off unless
// WJIT_PERF_MAP=1.
#pragma once

namespace wjit::rt {

struct CodeObject;

// Appends a line per function; what no function covers is named by its kind. False: the file cannot be
// written, or is somebody else's.
bool append_perf_map(const char* path, const CodeObject& object);

// To the process's file, if that is switched on. Lines of dropped code stay; perf takes the last that fits.
void tell_perf(const CodeObject& object);

}  // namespace wjit::rt
