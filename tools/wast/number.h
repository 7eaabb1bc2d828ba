// Number literals, as the text format's parser reads them.
#pragma once
#include "compiler/wasm/text/number.h"

namespace wjit::wast {
using wasm::text::FloatLiteral;
using wasm::text::NanPattern;
using wasm::text::parse_float;
using wasm::text::parse_int;
}  // namespace wjit::wast
