#include "jobs/local/requirements_scope.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/requirement_lines.h"

namespace orrery::jobs::local {
namespace {

using Read = std::function<std::optional<std::string>(const std::string&)>;

constexpr std::size_t kMostIncluded = 100;

bool Contains(const auto& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Options that name nothing that is on this machine.
constexpr std::array<std::string_view, 4> kFlags = {"--no-index", "--pre", "--prefer-binary",
                                                    "--require-hashes"};
constexpr std::array<std::string_view, 8> kValues = {
    "-i",          "--index-url",   "--pypi-url",   "--extra-index-url", "--trusted-host",
    "--no-binary", "--only-binary", "--use-feature"};
constexpr std::array<std::string_view, 4> kIncludes = {"-r", "--requirement", "-c", "--constraint"};
constexpr std::array<std::string_view, 2> kPlaces = {"-f", "--find-links"};
constexpr std::array<std::string_view, 2> kEditables = {"-e", "--editable"};
// What pip takes for a file by its ending, wherever it stands.
constexpr std::array<std::string_view, 12> kArchives = {".whl", ".zip",     ".tar.gz",   ".tgz",
                                                        ".tar", ".tar.bz2", ".tbz",      ".tar.xz",
                                                        ".txz", ".tar.lz",  ".tar.lzma", ".tlz"};

std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while ((begin = line.find_first_not_of(" \t", begin)) != std::string::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

bool IsPlain(const std::string& line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

// What Python takes for the end of a line, beside those that everybody does.
bool HasOtherLineEnds(const std::string& text) {
  constexpr std::array<std::string_view, 6> kEnds = {"\x1c",     "\x1d",         "\x1e",
                                                     "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return text.find(end) != std::string::npos; });
}

// "--name=value" and "-xVALUE" in two.
std::pair<std::string, std::optional<std::string>> SplitOption(const std::string& word) {
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return {word, std::nullopt};
    return {word.substr(0, equals), word.substr(equals + 1)};
  }
  if (word.size() <= 2) return {word, std::nullopt};
  return {word.substr(0, 2), word.substr(2)};
}

std::string SchemeOf(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string scheme(url.substr(0, colon));
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool plain = scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+.-") == std::string::npos;
  return plain ? scheme : std::string();
}

bool IsNetwork(std::string_view url) {
  const std::string scheme = SchemeOf(url);
  return !scheme.empty() && !scheme.ends_with("file") && url.substr(scheme.size()).starts_with("://");
}

// Below the working directory, whatever links there are in it.
bool StaysBelow(std::string_view path) {
  if (path.empty() || path[0] == '/' || path[0] == '~') return false;
  if (path.find_first_of(":\\\"'%") != std::string_view::npos) return false;
  return ("/" + std::string(path) + "/").find("/../") == std::string::npos;
}

bool IsArchive(std::string path) {
  for (char& c : path) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::any_of(kArchives.begin(), kArchives.end(),
                     [&](std::string_view ending) { return path.ends_with(ending); });
}

Scope ScopeOfPath(std::string_view path) {
  constexpr std::string_view kFile = "file:";
  if (path.starts_with(kFile)) path.remove_prefix(kFile.size());
  return StaysBelow(path) ? Scope::kCode : Scope::kAttempt;
}

// `path` without "." and ".."; none: it leaves the working directory, or is quoted.
std::optional<std::string> Below(const std::string& path) {
  if (path.find_first_of(":\\\"'") != std::string::npos) return std::nullopt;
  std::string plain;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      plain += "/" + part;
    } else if (plain.empty()) {
      return std::nullopt;
    } else {
      plain.erase(plain.rfind('/'));
    }
  }
  if (plain.empty()) return std::nullopt;
  return plain.substr(1);
}

class Reader {
 public:
  Reader(const Read& read, const Read& identify) : read_(read), identify_(identify) {}

  // `folder` holds the file that `text` is from: "" or "requirements/".
  void Take(const std::string& text, const std::string& folder) {
    if (HasOtherLineEnds(text)) Need(Scope::kAttempt);
    for (const std::string& line : RequirementLines(text)) {
      if (line.find('$') != std::string::npos || !IsPlain(line)) {
        Need(Scope::kAttempt);  // a variable may stand for anything
      } else if (line.starts_with('-')) {
        TakeOptions(Words(line), folder);
      } else if (!line.empty()) {
        TakeRequirement(line);
      }
    }
  }

  RequirementsScope found;

 private:
  void Need(Scope scope) { found.scope = std::max(found.scope, scope); }

  void TakeOptions(const std::vector<std::string>& words, const std::string& folder) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto [name, value] = SplitOption(words[i]);
      if (Contains(kFlags, name) && !value) continue;
      if (!value && i + 1 < words.size()) value = words[++i];
      if (!value) return Need(Scope::kAttempt);
      TakeOption(name, *value, folder);
    }
  }

  void TakeOption(const std::string& name, const std::string& value, const std::string& folder) {
    if (Contains(kValues, name)) return;
    if (Contains(kIncludes, name)) {
      if (!IsNetwork(value)) Include(value.starts_with('/') ? std::nullopt : Below(folder + value));
    } else if (Contains(kPlaces, name)) {
      // An absolute one is an index, like one on the network.
      if (!IsNetwork(value) && !value.starts_with('/') && !value.starts_with("file:///"))
        Need(ScopeOfPath(value));
    } else if (!Contains(kEditables, name) || !IsNetwork(value)) {
      Need(Scope::kAttempt);
    }
  }

  void Include(const std::optional<std::string>& path) {
    if (!path) return Need(Scope::kAttempt);
    if (!included_.insert(*path).second) return;
    const std::optional<std::string> text = included_.size() <= kMostIncluded ? read_(*path) : std::nullopt;
    if (!text) return Need(Scope::kAttempt);
    found.included += *path + '\n' + std::to_string(text->size()) + '\n' + *text + '\n';
    Take(*text, path->substr(0, path->rfind('/') + 1));
  }

  void TakeRequirement(const std::string& line) {
    constexpr std::string_view kNameCharacters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const std::string word = line.substr(0, line.find_first_of(" \t;["));
    if (IsNetwork(word)) return;
    if (IsArchive(word)) return TakePath(word);
    const std::size_t end = std::min(line.find_first_not_of(kNameCharacters), line.size());
    if (end == 0 || line[0] == '.') return TakePath(word);
    std::size_t at = line.find_first_not_of(" \t", end);
    if (at != std::string::npos && line[at] == '[') {
      const std::size_t close = line.find(']', at);
      at = close == std::string::npos ? close : line.find_first_not_of(" \t", close + 1);
      if (close == std::string::npos) return Need(Scope::kAttempt);
    }
    if (at == std::string::npos) return;
    if (line[at] == '@') {
      const std::size_t url = line.find_first_not_of(" \t", at + 1);
      if (url == std::string::npos) return Need(Scope::kAttempt);
      if (!IsNetwork(std::string_view(line).substr(url)))
        TakePath(line.substr(url, line.find_first_of(" \t;", url) - url));
    } else if (std::string_view("=<>!~(;").find(line[at]) == std::string_view::npos &&
               line.compare(at, 2, "--") != 0) {
      TakePath(word);
    }
  }

  void TakePath(const std::string& path) {
    constexpr std::string_view kUrl = "file://";
    const std::string plain = path.starts_with(kUrl) ? path.substr(kUrl.size()) : path;
    const bool outside =
        plain.starts_with('/') && IsArchive(plain) && StaysBelow(std::string_view(plain).substr(1));
    const std::optional<std::string> identity = outside ? identify_(plain) : std::nullopt;
    if (!identity) return Need(ScopeOfPath(path));
    found.included += plain + '\n' + *identity + '\n';
  }

  const Read& read_;
  const Read& identify_;
  std::set<std::string> included_;
};

}  // namespace

RequirementsScope ScopeOf(const std::string& text, const Read& read, const Read& identify) {
  Reader reader(read, identify);
  reader.Take(text, "");
  return std::move(reader.found);
}

}  // namespace orrery::jobs::local
