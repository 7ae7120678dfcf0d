# orrery_web_files: the built pages (web/) as part of the program. src/server/web_files.h reads them.
if(EXISTS "${CMAKE_SOURCE_DIR}/web/node_modules")
  set(_have_packages ON)
else()
  set(_have_packages OFF)
endif()
option(ORRERY_WEB "build the pages into the program (needs the packages that tools/setup installs)" ${_have_packages})

set(_pages "${CMAKE_BINARY_DIR}/web")
set(_embed ${Python3_EXECUTABLE} "${CMAKE_SOURCE_DIR}/tools/embed_files.py")
set(_generated "${CMAKE_BINARY_DIR}/web_files.cc" "${CMAKE_BINARY_DIR}/web_files.S")
if(ORRERY_WEB)
  find_program(NPM npm HINTS "${CMAKE_SOURCE_DIR}/.deps/bin" REQUIRED)
  get_filename_component(_node_folder "${NPM}" DIRECTORY)
  file(GLOB_RECURSE _web_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/web/src/*" "${CMAKE_SOURCE_DIR}/web/public/*")
  add_custom_command(OUTPUT ${_generated}
    COMMAND ${CMAKE_COMMAND} -E env --modify PATH=path_list_prepend:${_node_folder}
      "${NPM}" run --silent build -- --outDir "${_pages}" --emptyOutDir --logLevel error
    COMMAND ${_embed} "${_pages}" ${_generated}
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}/web"
    DEPENDS ${_web_sources} "${CMAKE_SOURCE_DIR}/web/index.html" "${CMAKE_SOURCE_DIR}/web/package-lock.json"
      "${CMAKE_SOURCE_DIR}/web/vite.config.ts" "${CMAKE_SOURCE_DIR}/tools/embed_files.py"
    COMMENT "Building the pages" VERBATIM)
else()
  message(WARNING "without pages: run tools/setup, then configure again with -DORRERY_WEB=ON")
  file(MAKE_DIRECTORY "${_pages}.none")
  add_custom_command(OUTPUT ${_generated} COMMAND ${_embed} "${_pages}.none" ${_generated}
    DEPENDS "${CMAKE_SOURCE_DIR}/tools/embed_files.py" VERBATIM)
endif()
add_library(orrery_web_files STATIC ${_generated})
target_include_directories(orrery_web_files PRIVATE "${CMAKE_SOURCE_DIR}/src")
set_source_files_properties("${CMAKE_BINARY_DIR}/web_files.S" PROPERTIES OBJECT_DEPENDS "${CMAKE_BINARY_DIR}/web_files.cc")
