#!/bin/sh
# Builds libcuda.a in the folder OUT. It needs a C compiler and nothing of NVIDIA's; where HEADER is given, a toolkit's
# cuda.h, it also has the functions that this declares, because the names of a header's macros differ between versions.
# usage: build.sh OUT [HEADER]
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
header=${2:-/dev/null}
cd "$(dirname "$0")"
{
  sed -n 's/^CUresult \(cu[A-Za-z0-9_]*\)(.*/\1/p' ../include/cuda.h
  grep -o '\bcu[A-Z][A-Za-z0-9]*\(_v[0-9]\)\?\b' "$header" || true
} | sort -u | grep -vx cuInit | sed 's/.*/FUNCTION(&)/' >"$out/functions.inc"
${CC:-cc} -O2 -fPIC -Wall -I../include -I"$out" -c shim.c -o "$out/shim.o"
rm -f "$out/libcuda.a"
ar rcs "$out/libcuda.a" "$out/shim.o"
