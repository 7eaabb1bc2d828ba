#pragma once

namespace wjit::rt {
// "0.1.0": the engine's version, part of every artefact it writes.
const char* version();
}  // namespace wjit::rt
