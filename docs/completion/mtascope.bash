# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for mtascope

_mtascope_zones()
{
	local tab=/usr/share/zoneinfo/tzdata.zi
	echo UTC
	# Zones and links by name, without the database's short old ones.
	[ -r "$tab" ] && awk '$1 == "Z" { print $2 } $1 == "L" { print $3 }' "$tab" | grep /
}

_mtascope()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()

	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'analyze bundle events explain live merge show verify --help --version' -- "$current")
		return
	fi
	if [ "${COMP_WORDS[1]}" = explain ]; then
		[ "$COMP_CWORD" -eq 2 ] || return
		mapfile -t COMPREPLY < <(compgen -W "--help -h $(mtascope explain 2>/dev/null | grep -x '[a-z0-9-]*')" \
			-- "$current")
		return
	fi
	local options='--read --events --port --mta --filter --ok --tz --clock-offset --case --html --json
		--write --connection --no-context --redact --redact-key --jobs --parts --shard --quiet --verbose --version
		--help -r -e -p -m -f -w -c -j -q -v -h'
	case ${COMP_WORDS[1]} in
	analyze) ;;
	merge)
		options='--events --mta --ok --tz --clock-offset --case --html --json --write --connection --no-context --jobs
			--quiet --verbose --version --help -e -m -w -c -j -q -v -h'
		;;
	show)
		options='--connection --read --events --port --filter --ok --tz --clock-offset --verbose --help
			-c -r -e -p -f -v -h'
		;;
	live)
		options='--interface --events --port --mta --filter --ok --tz --clock-offset --snaplen --buffer --no-promiscuous
			--json --rotate --rotate-files --write --all-packets --ring-size --ring-age --ring-files --state
			--case --syslog --journal --metrics --memory --user --view --duration --quiet --verbose --help
			-i -e -p -m -f -s -B -w -q -v -h'
		;;
	bundle)
		options='--output --read --events --port --mta --filter --ok --tz --clock-offset --connection --no-context --redact
			--redact-key --help -o -r -e -p -m -f -c -h'
		;;
	verify)
		options='--redact-key --help -h'
		;;
	events)
		options='--events --number --lpi --json --verbose --help -e -n -v -h'
		;;
	*)
		return
		;;
	esac
	case $previous in
	--ok)
		mapfile -t COMPREPLY < <(compgen -W 'cc session bind' -- "$current")
		return
		;;
	--tz)
		mapfile -t COMPREPLY < <(compgen -W "$(_mtascope_zones)" -- "$current")
		return
		;;
	-p | --port)
		mapfile -t COMPREPLY < <(compgen -W '102 auto' -- "$current")
		return
		;;
	-i | --interface)
		mapfile -t COMPREPLY < <(compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$current")
		return
		;;
	-w | --write)
		compopt -o filenames
		if [ "${COMP_WORDS[1]}" = live ]; then
			mapfile -t COMPREPLY < <(compgen -d -- "$current")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		fi
		return
		;;
	--parts)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	-s | --snaplen | -B | --buffer | --rotate | --rotate-files | --ring-size | --ring-age | --ring-files | --memory | --metrics | \
		--duration)
		return
		;;
	--user)
		mapfile -t COMPREPLY < <(compgen -u -- "$current")
		return
		;;
	-c | --connection | -j | --jobs | --shard | -n | --number | --lpi | -m | --mta | -f | --filter | --clock-offset)
		return
		;;
	-r | --read | -e | --events | -o | --output | --redact-key | --case | --html | --json | --state)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	case $current in
	-*)
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		;;
	*)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	esac
}

complete -F _mtascope mtascope
