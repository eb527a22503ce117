# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Parses the options that the scripts in this folder share. To be sourced by bash, before
#
#	usage=... format=text rounds=5 seconds=3 connections=512
#	bench_options '' "$@"
#
# which reads -o, -r, -t and -c into these; -c lowers connections, and never raises them.
# The first argument may be the letter of a switch of the script's own, that sets
# $flagged.

# shellcheck disable=SC2034,SC2154 # the sourcing script sets and reads them
bench_options()
{
	local flag=$1 letter

	shift
	flagged=
	while getopts "${flag}o:r:t:c:h" letter; do
		case $letter in
		o) format=$OPTARG ;;
		r) rounds=$OPTARG ;;
		t) seconds=$OPTARG ;;
		c) connections=$((OPTARG < connections ? OPTARG : connections)) ;;
		h) echo "$usage"; exit 0 ;;
		"${flag:-none}") flagged=1 ;;
		*) echo "$usage" >&2; exit 2 ;;
		esac
	done
}
