# Installs the plugin API to a fresh prefix, builds the copied template against it, runs the template's tests, and
# has the real worker describe the result. A package of another major version must be refused.
cmake_minimum_required(VERSION 3.25)

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${what} failed (${code}):\n${out}\n${err}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

set(prefix "${WORK_DIR}/prefix")
set(copy "${WORK_DIR}/lines-check")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
run("install" ${CMAKE_COMMAND} --install "${BUILD_DIR}" --prefix "${prefix}" --component plugin-api)
file(COPY "${prefix}/share/orchestrator/plugin-template/" DESTINATION "${copy}")

set(configure ${CMAKE_COMMAND} -S "${copy}" -G "${GENERATOR}" "-DCMAKE_PREFIX_PATH=${prefix}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" -DCMAKE_BUILD_TYPE=Debug
    "-DORCHESTRATOR_EXECUTABLE=${PROGRAM}")
run("configure" ${configure} -B "${copy}/build")
run("build" ${CMAKE_COMMAND} --build "${copy}/build")
run("tests" ${CMAKE_CTEST_COMMAND} --test-dir "${copy}/build" --no-tests=error --output-on-failure)
run("describe" "${WORKER}" --describe "${copy}/build/lines-check.so")
string(JSON id GET "${output}" id)
string(JSON abi GET "${output}" abi)
if(NOT id STREQUAL "lines-check" OR NOT abi STREQUAL "1.0")
  message(FATAL_ERROR "the worker describes the template as ${output}")
endif()

file(READ "${copy}/CMakeLists.txt" list)
string(REPLACE "OrchestratorPlugin 1.0" "OrchestratorPlugin 2.0" list "${list}")
file(WRITE "${copy}/CMakeLists.txt" "${list}")
execute_process(COMMAND ${configure} -B "${copy}/build-2" RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE err)
if(code EQUAL 0 OR NOT err MATCHES "OrchestratorPlugin")
  message(FATAL_ERROR "version 2.0 was asked for and 1.0 taken:\n${err}")
endif()
