# How every target of this project is built: language level, warnings, sanitizers, and the one rule
# "a folder is a static library".
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(ORCH_FAILPOINTS "Named places where a test may end or fail the program; never in a release" OFF)
option(ORCH_WARNINGS_AS_ERRORS "Fail the build on a warning" OFF)
set(ORCH_SANITIZE "" CACHE STRING "Sanitizers for every target: 'address,undefined' or 'thread'")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# Dozens of programs are linked; the default linker needs five times as long for each.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Line tables are enough for a backtrace and halve the size of a debug build.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

add_library(orch_options INTERFACE)
target_compile_options(orch_options INTERFACE
  # A designated initialiser names what it sets; the rest is meant to be the default.
  -Wall -Wextra -Wpedantic -Wshadow -Wswitch-enum -Wno-missing-field-initializers
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>
  $<$<BOOL:${ORCH_WARNINGS_AS_ERRORS}>:-Werror>
  -fstack-protector-strong)
target_compile_definitions(orch_options INTERFACE
  ORCH_VERSION="${PROJECT_VERSION}"
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
target_link_options(orch_options INTERFACE -Wl,--as-needed -Wl,-z,relro -Wl,-z,now)
if(ORCH_SANITIZE)
  target_compile_options(orch_options INTERFACE
    -fsanitize=${ORCH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(orch_options INTERFACE -fsanitize=${ORCH_SANITIZE})
endif()

# orch_library(NAME [DEPENDS folder…] [THIRD_PARTY target…]): the folder's sources as one static library.
function(orch_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;THIRD_PARTY" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp"
       "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*/*.cpp")
  set(link_kind PUBLIC)
  if(NOT sources)
    add_library(orch_${name} INTERFACE)
    set(link_kind INTERFACE)
  else()
    add_library(orch_${name} STATIC ${sources})
  endif()
  target_include_directories(orch_${name} ${link_kind} "${CMAKE_CURRENT_SOURCE_DIR}")
  list(TRANSFORM arg_DEPENDS PREPEND orch_ OUTPUT_VARIABLE folders)
  target_link_libraries(orch_${name} ${link_kind} ${folders} orch_options ${arg_THIRD_PARTY})
endfunction()
