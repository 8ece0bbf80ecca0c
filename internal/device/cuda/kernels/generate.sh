#!/bin/sh
# Compiles the kernels to PTX beside their sources, or into the folder given. sm_75 PTX runs on every GPU from Turing on.
set -eu
cd "$(dirname "$0")"
out=${1:-.}
for source in *.cu; do
  ${CLANG:-clang-19} -x cuda --cuda-device-only -nocudainc -nocudalib --cuda-gpu-arch=sm_75 -std=c++17 -O3 \
    -ffp-contract=off -Wall -Werror -S "$source" -o "$out/${source%.cu}.ptx"
done
