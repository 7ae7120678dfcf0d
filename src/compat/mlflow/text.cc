#include "compat/mlflow/text.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::compat::mlflow {
namespace {

bool StartsCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

}  // namespace

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCharacter));
}

std::string CutCharacters(std::string text, size_t most) {
  if (text.size() <= most) return text;
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (StartsCharacter(text[i]) && characters++ == most) {
      text.resize(i);
      break;
    }
  }
  return text;
}

void CheckLength(std::string_view field, std::string_view text, size_t most) {
  if (text.size() <= most || CountCharacters(text) <= most) return;
  throw InvalidField(field, "exceeds the limit of " + std::to_string(most) + " characters: " + Quoted(text));
}

}  // namespace orrery::compat::mlflow
