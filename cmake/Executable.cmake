# orrery_executable(NAME): what holds for a program that users get. It lands in bin/ of the build folder, carries the C++
# runtime, so that it needs nothing but glibc, and is what `cmake --install` and the wheel contain.
set(CMAKE_SKIP_INSTALL_RPATH ON)

function(orrery_executable target)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  target_link_libraries(${target} PRIVATE orrery_warnings)
  if(NOT ORRERY_SANITIZE)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  # scikit-build-core names the wheel's folder for programs; otherwise the prefix's.
  if(DEFINED SKBUILD_SCRIPTS_DIR)
    set(destination "${SKBUILD_SCRIPTS_DIR}")
  else()
    set(destination bin)
  endif()
  install(TARGETS ${target} RUNTIME DESTINATION "${destination}" COMPONENT orrery)
endfunction()
