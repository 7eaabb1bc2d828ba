// Do the things offered match what a module imports?
#pragma once
#include <span>
#include <string>

#include "compiler/support/result.h"
#include "compiler/wasm/module.h"
#include "runtime/externs.h"

namespace wjit::rt {

class Store;

// Imports by position. Error: kLink that names module and name, what was found and what was expected; kUsage
// for an item of another store.
support::Result<Imports> match_imports(Store& store, const wasm::Module& module,
                                       std::span<const ExternRefs> items);

bool belongs_to(const ExternRefs& item, const Store& store);

// import "env" "f"
std::string import_name(const wasm::Import& import);
// What an import declares: "func [i32] -> []".
std::string describe_import(const wasm::Module& module, const wasm::Import& import);

}  // namespace wjit::rt
