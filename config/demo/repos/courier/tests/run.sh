#!/bin/sh
# Each line of tests/cases.txt is one test; junit.xml is the report. Exit 0, 1 (failed), 2 (nothing tested).
set -u
failed=0 count=0 results=
while IFS='|' read -r name arguments expected; do
  case $name in '' | \#*) continue ;; esac
  count=$((count + 1))
  # shellcheck disable=SC2086  # the arguments are words
  actual=$(sh courier.sh $arguments | tr '\n' ' ')
  if [ "${actual% }" = "$expected" ]; then
    echo "ok   $name"
    results="$results<testcase classname=\"courier\" name=\"$name\"/>"
  else
    failed=$((failed + 1))
    echo "FAIL $name: expected \"$expected\", got \"${actual% }\""
    results="$results<testcase classname=\"courier\" name=\"$name\"><failure message=\"got ${actual% }\"/></testcase>"
  fi
done <tests/cases.txt
[ "$count" -gt 0 ] || exit 2
printf '<?xml version="1.0"?>\n<testsuite name="courier" tests="%d" failures="%d" errors="0" skipped="0">%s</testsuite>\n' \
  "$count" "$failed" "$results" >junit.xml
[ "$failed" -eq 0 ]
