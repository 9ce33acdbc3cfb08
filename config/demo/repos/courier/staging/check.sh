#!/bin/sh
# Staging: one label, printed on the staging machine.
set -eu
sh courier.sh Ada
