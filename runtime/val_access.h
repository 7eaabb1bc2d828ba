// What the runtime sees of a Val.
#pragma once
#include <cstring>

#include "wjit/wjit.hpp"

namespace wjit {

struct ValAccess {
  static uint64_t word(const Val& v) { return v.get<uint64_t>(); }
  static const unsigned char* bytes(const Val& v) { return v.bytes_.data(); }
  static rt::Exception* exception(const ExnRef& e) { return e.impl_.get(); }
  static rt::Exception* exception(const Val& v) { return v.exn_.impl_.get(); }
  static Val of(std::shared_ptr<rt::Exception> e) {
    ExnRef ref;
    ref.impl_ = std::move(e);
    return Val(std::move(ref));
  }
  static Val make(ValKind kind, const void* bytes) {
    Val v;
    v.kind_ = kind;
    std::memcpy(v.bytes_.data(), bytes, 16);
    return v;
  }
};

}  // namespace wjit
