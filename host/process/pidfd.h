// SPDX-License-Identifier: Apache-2.0
// pidfd_open(2) and friends. The header of glibc 2.36 forgets to say that they are C functions.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <csignal>

extern "C" {
#include <sys/pidfd.h>
}
