#!/usr/bin/env python3
"""Writes C++ and assembly that carry the files of a folder: embed_files.py FOLDER OUT.cc OUT.S

The table is sorted by path; each file has the first 16 hex digits of its SHA-256 as its tag.
"""

import hashlib
import mimetypes
import sys
from pathlib import Path

CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


def content_type(path: Path) -> str:
    return CONTENT_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def main() -> None:
    folder, cc, assembly = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    data = [".section .rodata\n"]
    declarations, rows = [], []
    for i, path in enumerate(files):
        name = f"orrery_web_file_{i}"
        data.append(f'.global {name}\n.global {name}_end\n{name}:\n.incbin "{path}"\n{name}_end:\n.byte 0\n')
        declarations.append(f'extern "C" const char {name}[], {name}_end[];\n')
        tag = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        rows.append(
            f'    {{"/{path.relative_to(folder).as_posix()}", "{content_type(path)}", "{tag}", {name}, {name}_end}},\n'
        )
    data.append('.section .note.GNU-stack,"",%progbits\n')
    assembly.write_text("".join(data))
    cc.write_text(
        '#include "server/web_files.h"\n\n'
        + "".join(declarations)
        + "\nnamespace orrery::server {\nnamespace {\n\n"
        "struct Bounds {\n  const char* path;\n  const char* content_type;\n  const char* tag;\n"
        "  const char* begin;\n  const char* end;\n};\n"
        f"const Bounds kFiles[] = {{\n{''.join(rows)}    {{nullptr, nullptr, nullptr, nullptr, nullptr}},\n}};\n\n}}  // namespace\n\n"
        "std::vector<WebFile> WebFiles() {\n  std::vector<WebFile> files;\n"
        "  for (const Bounds* file = kFiles; file->path != nullptr; ++file) {\n"
        "    files.push_back({file->path, file->content_type, file->tag, {file->begin, static_cast<size_t>(file->end - file->begin)}});\n"
        "  }\n  return files;\n}\n\n}  // namespace orrery::server\n"
    )


if __name__ == "__main__":
    main()
