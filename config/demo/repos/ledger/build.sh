#!/bin/sh
# Builds ./ledger.
set -eu
exec ${CC:-cc} -std=c99 -Wall -Wextra -Werror -o ledger src/ledger.c
