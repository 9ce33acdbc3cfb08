// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <unistd.h>

int main(int argc, char** argv) {
  const bool loaded = argc == 2 && ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) != nullptr;
  ::_exit(loaded ? 0 : 1);
}
