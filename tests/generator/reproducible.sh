#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes all samples again and compares every byte with the shipped ones; each must have its note. What is called
# recorded-… is a recording, and everything else must be one of them.
# usage: reproducible.sh GENERATOR CAPTURES
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" samples "$work"
status=0
for made in "$work"/*; do
	name=$(basename "$made")
	cmp "$made" "$2/$name" || status=1
done
for shipped in "$2"/*.pcap "$2"/*.pcapng "$2"/*.log; do
	name=$(basename "$shipped")
	[ -f "$2/${name%.*}.md" ] || { echo "$name has no note" && status=1; }
	case $name in
	recorded-*) ;;
	*) [ -f "$work/$name" ] || { echo "$name is neither made by the generator nor called recorded-…" && status=1; } ;;
	esac
done
exit $status
