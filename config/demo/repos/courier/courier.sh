#!/bin/sh
# courier.sh RECIPIENT: prints the label of a parcel.
set -eu
recipient=${1:?recipient}
printf 'To: %s\n' "$recipient"
