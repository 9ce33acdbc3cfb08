# orchestrator_add_plugin(<name>
#   SOURCES <file>…            among them entry.cpp, which holds ORCHESTRATOR_PLUGIN and nothing else
#   [SCHEMA <file.json>]       becomes k_settings_schema in the generated header "settings_schema.h"
#   [LINK <target>…]
#   [TESTS <file>…]            <name>_tests: these and SOURCES without entry.cpp, with GoogleTest
#   [FIXTURE <file.yaml>])     a job to try it on
#
# Outside the host's own tree it also registers two tests, for which it needs the program orchestrator
# (ORCHESTRATOR_EXECUTABLE): <name>.check, which loads the library as a host would and tries its promises, and
# <name>.fixture; and it installs the library where a host looks for it.
#
# The module is called <name>.so and exports exactly the two symbols of the ABI. The linker script and
# -fno-gnu-unique keep two versions of one plugin apart in every process; -z defs turns a missing symbol
# into an error of the build instead of one at run time.

function(orchestrator_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SCHEMA;FIXTURE" "SOURCES;LINK;TESTS")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "orchestrator_add_plugin(${name}): SOURCES is empty")
  endif()
  if(arg_SCHEMA)
    _orchestrator_embed_schema("${arg_SCHEMA}")
  endif()

  set(exports "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/exports.map")
  add_library(${name} MODULE ${arg_SOURCES})
  _orchestrator_compile_like_a_plugin(${name} "${arg_LINK}")
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE
    "LINKER:--version-script=${exports}"
    LINKER:-z,defs LINKER:-z,now LINKER:-z,relro LINKER:--build-id)
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${exports}")
  set_target_properties(${name} PROPERTIES
    PREFIX "" OUTPUT_NAME "${name}" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    SKIP_BUILD_RPATH ON INSTALL_RPATH "")
  if(TARGET orch_options)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")
  else()
    _orchestrator_publish_plugin(${name} "${arg_FIXTURE}")
  endif()

  if(arg_TESTS AND (BUILD_TESTING OR NOT DEFINED BUILD_TESTING))
    _orchestrator_add_plugin_tests(${name} "${arg_SOURCES}" "${arg_LINK}" "${arg_TESTS}")
  endif()
endfunction()

function(_orchestrator_embed_schema file)
  get_filename_component(file "${file}" ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" schema)
  string(FIND "${schema}" ")schema\"" end_mark)
  if(NOT end_mark EQUAL -1)
    message(FATAL_ERROR "${file}: holds the end mark of the generated string")
  endif()
  file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/gen/settings_schema.h" @ONLY CONTENT
"// Generated from @file@.
#pragma once

inline constexpr char k_settings_schema[] = R\"schema(@schema@)schema\";
")
endfunction()

# In the top of the build folder, where its author looks for it; installed where a host does.
function(_orchestrator_publish_plugin name fixture)
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
  install(TARGETS ${name} LIBRARY DESTINATION lib/orchestrator/plugins)
  if(NOT CMAKE_TESTING_ENABLED)
    return()
  endif()
  if(NOT ORCHESTRATOR_EXECUTABLE)
    message(WARNING "${name}: without the program orchestrator there is no ${name}.check; "
                    "install the package orchestrator, or set ORCHESTRATOR_EXECUTABLE")
    return()
  endif()
  set(with_fixture "")
  if(fixture)
    get_filename_component(fixture "${fixture}" ABSOLUTE)
    set(with_fixture --fixture "${fixture}")
  endif()
  add_test(NAME ${name}.check
    COMMAND "${ORCHESTRATOR_EXECUTABLE}" plugin check "$<TARGET_FILE:${name}>" ${with_fixture})
  set_tests_properties(${name}.check PROPERTIES TIMEOUT 120)
  if(fixture)
    add_test(NAME ${name}.fixture
      COMMAND "${ORCHESTRATOR_EXECUTABLE}" plugin run "$<TARGET_FILE:${name}>" ${with_fixture})
    set_tests_properties(${name}.fixture PROPERTIES TIMEOUT 120)
  endif()
endfunction()

# What the module and its tests have in common.
function(_orchestrator_compile_like_a_plugin target link)
  target_compile_features(${target} PRIVATE cxx_std_17)
  target_include_directories(${target} PRIVATE
    "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/gen")
  target_link_libraries(${target} PRIVATE OrchestratorPlugin::api ${link})
  if(TARGET orch_options)
    target_link_libraries(${target} PRIVATE orch_options)
  endif()
endfunction()

function(_orchestrator_add_plugin_tests name sources link tests)
  find_package(GTest REQUIRED)
  list(FILTER sources EXCLUDE REGEX "(^|/)entry\\.cpp$")
  add_executable(${name}_tests ${tests} ${sources})
  _orchestrator_compile_like_a_plugin(${name}_tests "${link}")
  target_compile_definitions(${name}_tests PRIVATE
    PLUGIN_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(${name}_tests PRIVATE GTest::gtest_main)
  if(CMAKE_TESTING_ENABLED)
    include(GoogleTest)
    gtest_discover_tests(${name}_tests DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}: ")
  else()
    # A project that switches testing on later registers these itself.
    set_property(GLOBAL APPEND PROPERTY ORCHESTRATOR_PLUGIN_TESTS ${name})
  endif()
endfunction()
