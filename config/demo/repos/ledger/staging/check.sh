#!/bin/sh
# Staging: builds the program and lets it keep a month's book.
set -eu
sh build.sh
printf 'cash 250000\nrent -90000\ncash 1\n' | ./ledger | tee book.txt
[ "$(wc -l <book.txt)" -eq 2 ]
