#!/bin/sh
# Builds the program and runs tests/cases.txt against it; junit.xml is the report.
# Exit 0: all passed. 1: a test failed. 2: nothing could be tested.
set -u
sh build.sh || exit 2
failed=0 count=0 results=
while IFS='|' read -r name input expected; do
  case $name in '' | \#*) continue ;; esac
  count=$((count + 1))
  actual=$(printf '%s\n' "$input" | ./ledger | tr '\n' ' ')
  if [ "${actual% }" = "$expected" ]; then
    echo "ok   $name"
    results="$results<testcase classname=\"ledger\" name=\"$name\"/>"
  else
    failed=$((failed + 1))
    echo "FAIL $name: expected \"$expected\", got \"${actual% }\""
    results="$results<testcase classname=\"ledger\" name=\"$name\"><failure message=\"expected $expected, got ${actual% }\"/></testcase>"
  fi
done <tests/cases.txt
[ "$count" -gt 0 ] || exit 2
printf '<?xml version="1.0"?>\n<testsuite name="ledger" tests="%d" failures="%d" errors="0" skipped="0">%s</testsuite>\n' \
  "$count" "$failed" "$results" >junit.xml
[ "$failed" -eq 0 ]
