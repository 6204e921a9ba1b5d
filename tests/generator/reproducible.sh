#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes all samples again and compares every byte with the shipped ones; each must have its note.
# usage: reproducible.sh GENERATOR CAPTURES
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" samples "$work"
status=0
for made in "$work"/*; do
	name=$(basename "$made")
	cmp "$made" "$2/$name" || status=1
	[ -f "$2/${name%.*}.md" ] || { echo "$name has no note" && status=1; }
done
exit $status
