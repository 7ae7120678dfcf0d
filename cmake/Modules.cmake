# orrery_module(NAME [LIBS third-party targets...]): one library and one test binary for src/NAME.
# Which of our own modules it links is written once, in tools/layers.txt.
file(STRINGS "${CMAKE_SOURCE_DIR}/tools/layers.txt" ORRERY_LAYERS REGEX "^[a-z]+:")
set_property(DIRECTORY "${CMAKE_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS tools/layers.txt)

function(orrery_layer_dependencies module out)
  foreach(line IN LISTS ORRERY_LAYERS)
    if(line MATCHES "^${module}:[ \t]*(.*)$")
      separate_arguments(names UNIX_COMMAND "${CMAKE_MATCH_1}")
      list(TRANSFORM names REPLACE "(.+)" "$<TARGET_NAME_IF_EXISTS:orrery_\\1>")
      set(${out} "${names}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "module '${module}' is not in tools/layers.txt")
endfunction()

# Sanitizers make the longest tests several times as long.
set(ORRERY_TEST_SECONDS 300)
if(ORRERY_SANITIZE)
  set(ORRERY_TEST_SECONDS 900)
endif()

function(orrery_module module)
  cmake_parse_arguments(ARG "" "" "LIBS;PRIVATE_LIBS;TEST_LIBS" ${ARGN})
  set(dir "${CMAKE_SOURCE_DIR}/src/${module}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dir}/*.cc")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${dir}/*.h")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  orrery_layer_dependencies(${module} dependencies)

  add_library(orrery_${module} STATIC)
  target_sources(orrery_${module} PRIVATE ${sources}
    PUBLIC FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}/src" FILES ${headers})
  target_link_libraries(orrery_${module} PUBLIC ${dependencies} ${ARG_LIBS} PRIVATE ${ARG_PRIVATE_LIBS} orrery_warnings)
  add_dependencies(orrery_${module} layers)
  set_target_properties(orrery_${module} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)  # target: make headers

  if(tests AND ORRERY_TESTS)
    add_executable(orrery_${module}_test ${tests})
    target_link_libraries(orrery_${module}_test PRIVATE orrery_${module} ${ARG_TEST_LIBS} GTest::gmock_main orrery_warnings)
    add_test(NAME ${module} COMMAND orrery_${module}_test)
    set_tests_properties(${module} PROPERTIES LABELS unit TIMEOUT ${ORRERY_TEST_SECONDS})
  endif()
endfunction()

# Every build checks the include rules first: a forbidden include fails it.
file(GLOB_RECURSE ORRERY_ALL_SOURCES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/*.h" "${CMAKE_SOURCE_DIR}/src/*.cc")
add_custom_command(OUTPUT "${CMAKE_BINARY_DIR}/layers.stamp"
  COMMAND ${Python3_EXECUTABLE} "${CMAKE_SOURCE_DIR}/tools/check_layers.py" "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/tools/layers.txt"
  COMMAND ${CMAKE_COMMAND} -E touch "${CMAKE_BINARY_DIR}/layers.stamp"
  DEPENDS ${ORRERY_ALL_SOURCES} "${CMAKE_SOURCE_DIR}/tools/layers.txt" "${CMAKE_SOURCE_DIR}/tools/check_layers.py"
  COMMENT "Checking module layers" VERBATIM)
add_custom_target(layers DEPENDS "${CMAKE_BINARY_DIR}/layers.stamp")
