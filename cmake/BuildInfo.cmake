# orrery_build_info: what base/build_info.h tells. Asked of git at every build, but written, and so compiled and linked
# again, only when the answer changed; no other source depends on it.
set(_info "${CMAKE_BINARY_DIR}/build_info.cc")
string(TOLOWER "${CMAKE_BUILD_TYPE} ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${ORRERY_SANITIZE}" _build)
string(STRIP "${_build}" _build)
add_custom_target(build_info_source
  COMMAND ${CMAKE_COMMAND} -D "SOURCE_DIR=${CMAKE_SOURCE_DIR}" -D "OUTPUT=${_info}" -D "VERSION=${PROJECT_VERSION}"
    -D "BUILD=${_build}" -P "${CMAKE_SOURCE_DIR}/cmake/WriteBuildInfo.cmake"
  BYPRODUCTS "${_info}" COMMENT "" VERBATIM)
add_library(orrery_build_info STATIC "${_info}")
target_include_directories(orrery_build_info PRIVATE "${CMAKE_SOURCE_DIR}/src")
target_link_libraries(orrery_build_info PRIVATE boost)
add_dependencies(orrery_build_info build_info_source)
