// Do the things offered match what a module imports?
#pragma once
#include <span>
#include <string>

#include "compiler/support/result.h"
#include "compiler/wasm/module.h"
#include "runtime/externs.h"

namespace wjit::rt {

class Store;

// Imports by position. Error: kLink that names module and name, what was found and what was expected; kUsage for
// an item of another store.
support::Result<Imports> match_imports(Store& store, const wasm::Module& module, std::span<const ExternRefs> items);

// "func [i32] -> []", "memory 1..2 (i64)": as link errors say it.
std::string describe(const ExternRefs& item, const wasm::TypeRegistry& registry);
std::string describe_import(const wasm::Module& module, const wasm::Import& import);

}  // namespace wjit::rt
