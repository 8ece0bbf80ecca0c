#!/bin/sh
# Compiles the kernels to PTX beside their sources, or into the folder given. PTX for sm_75 runs on every GPU from Turing
# on; convolutions are there a second time with TF32 products, which tensor cores from sm_80 on have.
set -eu
cd "$(dirname "$0")"
out=${1:-.}

compile() { # SOURCE NAME FLAGS…
  source=$1 name=$2
  shift 2
  ${CLANG:-clang-19} -x cuda --cuda-device-only -nocudainc -nocudalib -std=c++17 -O3 -ffp-contract=off -Wall -Werror "$@" \
    -S "$source" -o "$out/$name.ptx"
}

for source in *.cu; do
  compile "$source" "${source%.cu}" --cuda-gpu-arch=sm_75
done
for source in conv.cu upconv.cu; do
  compile "$source" "${source%.cu}_tf32" --cuda-gpu-arch=sm_80 -DTF32
done
