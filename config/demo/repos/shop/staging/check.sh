#!/bin/sh
# Staging: the program itself, started the way a customer's till starts it.
set -eu
total=$(python3 -B -m shop <staging/basket.csv)
echo "a basket of 2 tea and 1 cup costs $total"
[ "$total" -eq 1600 ]
