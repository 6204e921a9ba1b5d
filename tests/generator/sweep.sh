#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the random worlds of seeds 1..N through the analyzer and sums up how right it was.
# usage: sweep.sh BUILD_DIR N SCALE [key=value...]      KEEP=DIR keeps the files, LINES=40 lists more disagreements
set -eu
if [ $# -lt 3 ]; then
	sed -n '3,4s/^# //p' "$0" >&2
	exit 2
fi
build=$1 count=$2 scale=$3
shift 3
here=$(dirname "$0")
analyzer=${MTASCOPE:-$build/mtascope}
[ -x "$analyzer" ] || analyzer=$build/src/mtascope
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
seed=1 failed=0
: >"$work/pairs"
while [ "$seed" -le "$count" ]; do
	prefix=$work/seed-$seed
	"$build/tests/generator/mtascope-generate" run "$seed" "$scale" "$prefix" "$@"
	capture=$(ls "$prefix.pcap" "$prefix.pcapng" 2>/dev/null | head -n 1)
	log=
	[ ! -f "$prefix.log" ] || log=$prefix.log
	status=0
	# shellcheck disable=SC2086
	"$analyzer" analyze --json "$prefix.ndjson" "$capture" ${log:+-e $log} >"$prefix.out" 2>&1 || status=$?
	if [ "$status" -ne 0 ]; then
		echo "seed $seed: the analyzer ended with $status"
		tail -n 3 "$prefix.out"
		failed=$((failed + 1))
	fi
	if [ -s "$prefix.ndjson" ]; then
		echo "$prefix.ndjson $prefix.truth.ndjson" >>"$work/pairs"
	fi
	[ -n "${KEEP:-}" ] || rm -f "$capture" "$prefix.log"
	seed=$((seed + 1))
done
[ "$failed" -eq 0 ] || echo "$failed of $count runs failed"
# shellcheck disable=SC2046
python3 "$here/compare.py" -n "${LINES:-20}" --json "$work/sums.json" $(cat "$work/pairs")
