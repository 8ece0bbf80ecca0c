#!/bin/sh
# Generates the kernels anew and fails where the committed ones differ.
set -eu
cd "$(dirname "$0")"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
for part in tile gradweight epilogue winograd; do
	go run . -part $part -out "$fresh/${part}_amd64.s" -table "$fresh/${part}_amd64.go"
	for file in "${part}_amd64.s" "${part}_amd64.go"; do
		# The first line holds the command and with it the folder.
		tail -n +2 "$fresh/$file" >"$fresh/new"
		tail -n +2 "../$file" | cmp - "$fresh/new" || {
			echo "$file: not what asm/ generates; run go generate in $(cd .. && pwd)" >&2
			exit 1
		}
	done
done
