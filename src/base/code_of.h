#pragma once

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery {

/// The Error that `action` throws, for the tests of every module; a failure when it throws none.
template <typename F>
Error ErrorOf(F&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(Code::kInternal, "none");
}

/// Its code.
template <typename F>
Code CodeOf(F&& action) {
  return ErrorOf(action).code();
}

}  // namespace orrery
