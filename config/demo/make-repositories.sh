#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make-repositories.sh TARGET: one bare git repository in TARGET for each folder of repos/, with one commit on main:
# what a forge would hold.
set -eu
source=$(cd "$(dirname "$0")" && pwd)/repos
target=${1:?target folder}
mkdir -p "$target"
for folder in "$source"/*/; do
  name=$(basename "$folder")
  [ ! -e "$target/$name" ] || { echo "$target/$name is there already" >&2; exit 1; }
  cp -R "$folder" "$target/$name.seed"
  cd "$target/$name.seed"
  git -c init.defaultBranch=main init --quiet
  git add --all
  git -c user.name='Demo' -c user.email=demo@localhost -c commit.gpgsign=false commit --quiet -m "Start $name"
  git clone --quiet --bare . "$target/$name"
  cd "$target"
  rm -rf "$name.seed"
done
