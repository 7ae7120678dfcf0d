#pragma once

#include <string>

namespace orrery::jobs {

/// The beginning of a job's id, enough for people: "17ab23cd".
inline std::string ShortId(const std::string& id) {
  return id.substr(0, 8);
}

/// How a job is named in a sentence: "job 17ab23cd (train)".
inline std::string JobWords(const std::string& id, const std::string& name) {
  return "job " + ShortId(id) + " (" + name + ")";
}

}  // namespace orrery::jobs
