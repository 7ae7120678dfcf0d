#pragma once

#include <string_view>
#include <vector>

namespace orrery::server {

/// One file of the pages, as it was built into the program.
struct WebFile {
  std::string_view path;  ///< "/index.html"
  std::string_view content_type;
  std::string_view tag;  ///< changes with the content
  std::string_view bytes;
};

/// All of them, sorted by path; none in a program built without pages. Generated from web/ by tools/embed_files.py.
std::vector<WebFile> WebFiles();

}  // namespace orrery::server
