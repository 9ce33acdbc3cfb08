# Every package here is in Debian 12; ./setup installs what is missing.
find_package(Poco 1.11 REQUIRED COMPONENTS Foundation Net)
find_package(Boost 1.74 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
# Linked in (docs/adr/0024): each call within the shared library goes through its table of exported names.
find_package(SQLite3 3.40 REQUIRED)
find_library(SQLITE_ARCHIVE libsqlite3.a REQUIRED)
add_library(orchestrator_sqlite INTERFACE)
target_include_directories(orchestrator_sqlite SYSTEM INTERFACE ${SQLite3_INCLUDE_DIRS})
target_link_libraries(orchestrator_sqlite INTERFACE "${SQLITE_ARCHIVE}" ${CMAKE_DL_LIBS} m)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
# Linked in: a worker that loaded the whole shared library would start half as fast.
set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)
find_package(Threads REQUIRED)

# orchestrator_allocator(TARGET): the host's allocator instead of libc's; it serves SQLite as well. It replaces malloc by
# being loaded, so nothing refers to it. A sanitizer brings its own.
find_library(MIMALLOC_LIBRARY mimalloc REQUIRED)
function(orchestrator_allocator target)
  if(NOT ORCH_SANITIZE)
    target_link_libraries(${target} PRIVATE
      -Wl,--push-state,--no-as-needed "${MIMALLOC_LIBRARY}" -Wl,--pop-state)
  endif()
endfunction()
