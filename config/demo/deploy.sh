#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deploy.sh BARE_REPOSITORY COMMIT TARGET: puts exactly COMMIT into TARGET/releases/COMMIT and makes it current.
# Safe to repeat: a finished release is kept, a half one is made again.
set -eu
repository=${1:?repository} commit=${2:?commit} target=${3:?target}
release=$target/releases/$commit
if [ ! -d "$release" ]; then
  rm -rf "$release.part"
  mkdir -p "$release.part"
  git --git-dir="$repository" archive --format=tar "$commit" >"$release.tar.part"
  tar -xf "$release.tar.part" -C "$release.part"
  rm "$release.tar.part"
  mv "$release.part" "$release"
fi
ln -sfn "releases/$commit" "$target/current.part"
mv -T "$target/current.part" "$target/current"
printf '%s\n' "$commit" >"$target/REVISION.part"
mv "$target/REVISION.part" "$target/REVISION"
echo "deployed $commit"
