#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The manual pages say what --help and the documents say, and groff has nothing to
# complain of; the completion of bash offers what sluicectl takes.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

if [ ! -x "$SLUICECTL" ]; then
	echo "1..0 # SKIP manuals: sluicectl is not built"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# page NAME: its text, and what groff says of it
page()
{
	groff -K utf8 -t -man -Tutf8 -ww -P -cbou "$BUILD/docs/man/$1" 2>"$dir/said" \
		>"$dir/$1"
	is "groff takes $1" "$? $(<"$dir/said")" "0 "
}

if [ ! -f "$BUILD/docs/man/sluice.8" ] || ! command -v groff >/dev/null; then
	note "skipped: the pages need pandoc when sluice is built, and groff"
else
	for name in sluice.8 sluicectl.8 sluice-page.8 sluice-replay.1 sluice-rules.1 \
		sluice.yaml.5; do
		page "$name"
	done
	for program in sluice/sluice.8 ctl/sluicectl.8 page/sluice-page.8 \
		replay/sluice-replay.1 rules/sluice-rules.1; do
		name=${program##*/}
		missing=$("$BUILD/app/${program%.?}" --help | sed 1d |
			sed 's/^ *//' | while read -r line; do
			sed 's/^ *//' "$dir/$name" | grep -qxF -- "$line" ||
				echo "$line"
		done)
		is "$name has all lines of --help" "$missing" ""
		is "and its usage" "$(<"$dir/$name")" "*SYNOPSIS*${name%.?} *OPTIONS*"
	done
	is "sluice.yaml.5 has each key" "$(sed -nE 's/^ *#? *([a-z_0-9]+):.*/\1/p' \
		"$NET_ROOT/conf/sluice.yaml" | sort -u | while read -r key; do
		grep -qw -- "$key" "$dir/sluice.yaml.5" || echo "$key"
	done)" ""
fi

# completions WORDS...: what may stand for the last of them, one a line
completions()
{
	completions_of sluicectl "$@"
}

completions_of() # PROGRAM WORDS...
{
	PATH=$(dirname "$SLUICECTL"):$(dirname "$SLUICECTL")/../page:$PATH bash -c '
		source "$1/$2.bash"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		"_${1//-/_}"
		printf "%s\n" "${COMPREPLY[@]}"' bash \
		"$NET_ROOT/conf/completion" "$@" | tr '\n' ' '
}
is "commands" "$(completions '')" "list count events delete flush stats states top \
health drops log capture trace rules reload explain set *"
is "those that begin so" "$(completions re)" "reload "
is "operations of set" "$(completions set '')" "list add delete "
is "options" "$(completions list --s)" "--socket --sort --src --sport --state "
is "states" "$(completions list --state FIN)" "FIN_WAIT FIN_WAIT_1 FIN_WAIT_2 "
is "protocols" "$(completions list -p ic)" "icmp icmpv6 "
is "no reasons without a sluice" "$(completions -s "$dir/none" drops --reason '')" " "
is "sockets are files" "$(completions -s "$dir/sa")" "$dir/said "
is "options of sluice-page" "$(completions_of sluice-page --)" \
	"--help --version --socket --listen "
live_end
