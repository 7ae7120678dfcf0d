#include <sstream>

#include "jobs/local/nvml.h"

namespace orrery::jobs::local {
namespace {

// Words that say who made it and how it was sold.
bool IsBrand(const std::string& word) {
  return word == "NVIDIA" || word == "Tesla" || word == "Quadro" || word == "GeForce" || word == "Graphics";
}

// Words that mean nothing without the next one.
bool IsSeries(const std::string& word) {
  return word == "RTX" || word == "GTX" || word == "TITAN" || word == "Titan";
}

bool IsVariant(const std::string& word) {
  return word == "Ti" || word == "SUPER" || word == "Ada";
}

}  // namespace

std::string GpuType(const std::string& product) {
  std::istringstream words(product);
  std::string type, word;
  while (words >> word) {
    if (IsBrand(word)) continue;
    const bool has_model = !type.empty() && !IsSeries(type);
    if (has_model && !IsVariant(word)) break;
    // "RTX A6000" is told by its second word alone.
    if (IsSeries(type) && word.size() > 1 && word[0] == 'A' && word[1] >= '0' && word[1] <= '9') type.clear();
    type += word.substr(0, word.find('-'));  // "A100-SXM4-40GB": how it is plugged, and how large it is
  }
  return type;
}

}  // namespace orrery::jobs::local
