# Third-party parts. docs/dependencies.md says why each is here; tools/setup installs them.
find_package(Threads REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(Boost 1.81 REQUIRED)
# Static archives and header-only forms throughout: the wheel carries one binary that needs nothing installed.
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
# Debian builds spdlog and fmt as shared libraries only; both are complete as headers.
find_path(SPDLOG_INCLUDE spdlog/spdlog.h REQUIRED)
add_library(spdlog INTERFACE)
target_include_directories(spdlog SYSTEM INTERFACE "${SPDLOG_INCLUDE}")
target_compile_definitions(spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(spdlog INTERFACE fmt::fmt-header-only)

function(orrery_static_library target archive)
  find_library(${target}_ARCHIVE ${archive} REQUIRED)
  add_library(${target} INTERFACE IMPORTED)
  target_link_libraries(${target} INTERFACE "${${target}_ARCHIVE}" ${ARGN})
endfunction()
orrery_static_library(sqlite libsqlite3.a Threads::Threads ${CMAKE_DL_LIBS} m)
orrery_static_library(yaml libyaml-cpp.a)
orrery_static_library(re2 libre2.a Threads::Threads)
orrery_static_library(zstd libzstd.a)

# The official C implementation with its assembly, laid out by tools/setup.
set(ORRERY_DEPS "${CMAKE_SOURCE_DIR}/.deps" CACHE PATH "what tools/setup laid out")
set(_b3 "${ORRERY_DEPS}/blake3")
if(NOT EXISTS "${_b3}/blake3.h")
  message(FATAL_ERROR "BLAKE3 is missing under ${_b3}: run tools/setup first")
endif()
add_library(blake3 STATIC ${_b3}/blake3.c ${_b3}/blake3_dispatch.c ${_b3}/blake3_portable.c
  ${_b3}/blake3_sse2_x86-64_unix.S ${_b3}/blake3_sse41_x86-64_unix.S
  ${_b3}/blake3_avx2_x86-64_unix.S ${_b3}/blake3_avx512_x86-64_unix.S)
target_include_directories(blake3 SYSTEM PUBLIC ${_b3})

# Boost is used as headers only. Two of its libraries ship separate sources; src/base compiles them once.
add_library(boost INTERFACE)
target_link_libraries(boost INTERFACE Boost::headers)
target_compile_definitions(boost INTERFACE BOOST_JSON_NO_LIB BOOST_URL_NO_LIB BOOST_CONTAINER_NO_LIB
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)

if(ORRERY_TESTS)
  find_package(GTest REQUIRED)
  enable_testing()
endif()
