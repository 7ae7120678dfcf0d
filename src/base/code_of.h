#pragma once

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery {

/// The code of the Error that `action` throws, for the tests of every module; a failure when it throws none.
template <typename F>
Code CodeOf(F&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return Code::kInternal;
}

}  // namespace orrery
