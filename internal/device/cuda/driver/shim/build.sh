#!/bin/sh
# Builds libcuda.a in the folder given. It needs a C compiler and nothing of NVIDIA's.
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")"
sed -n 's/^CUresult \(cu[A-Za-z0-9_]*\)(.*/FUNCTION(\1)/p' ../include/cuda.h | grep -v '(cuInit)' >"$out/functions.inc"
${CC:-cc} -O2 -fPIC -Wall -I../include -I"$out" -c shim.c -o "$out/shim.o"
rm -f "$out/libcuda.a"
ar rcs "$out/libcuda.a" "$out/shim.o"
