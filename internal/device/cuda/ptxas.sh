#!/usr/bin/env bash
# What NVIDIA's own tools say about the kernels and the header, without a GPU: ptxas compiles every kernel for sm_75, sm_80
# and sm_90 (TF32 ones from sm_80 on) and reports registers, shared memory and spills; the header's claims are compiled
# against the real cuda.h, and the driver package is built with those of CUDA 12 and 13, as with CUDA_HOME. All come as Python
# wheels, into a scratch folder.
set -euo pipefail
cd "$(dirname "$0")"
scratch=${1:-$(mktemp -d)}
mkdir -p "$scratch"

if ! [ -x "$scratch/nvidia/cuda_nvcc/bin/ptxas" ]; then
  python3 -m pip install -q --no-deps --target "$scratch" nvidia-cuda-nvcc-cu12==12.9.86 nvidia-cuda-runtime-cu12==12.0.146
fi
if ! [ -d "$scratch/13" ]; then
  python3 -m pip install -q --no-deps --target "$scratch/13" nvidia-cuda-runtime==13.5.37
fi
ptxas=$scratch/nvidia/cuda_nvcc/bin/ptxas
chmod +x "$ptxas"

echo "header: include/cuda.h and the real cuda.h agree on every value, layout and prototype"
${CC:-cc} -fsyntax-only -w -Idriver/include driver/shim/abi_check.c
${CC:-cc} -fsyntax-only -w -I"$scratch/nvidia/cuda_runtime/include" driver/shim/abi_check.c

for home in "$scratch/nvidia/cuda_runtime" "$scratch/13/nvidia/cu13"; do
  echo "driver with the cuda.h of $(sed -n 's/^#define CUDA_VERSION /CUDA /p' "$home/include/cuda.h")"
  CGO_ENABLED=1 CGO_CFLAGS="-I$PWD/driver/toolkit -I$home/include -Wno-deprecated-declarations" go build -tags r2gpu ./driver
done

failed=0
printf '%-24s %-6s %9s %8s %6s\n' kernel arch registers shared spills
for module in kernels/*.ptx; do
  for arch in sm_75 sm_80 sm_90; do
    [[ $module == *_tf32.ptx && $arch == sm_75 ]] && continue
    report=$("$ptxas" -v -arch=$arch "$module" -o "$scratch/kernel.cubin" 2>&1) || { echo "$report"; exit 1; }
    awk -v arch=$arch -v suffix="$([[ $module == *_tf32.ptx ]] && echo ' tf32')" '
      /Function properties for/ { name = $NF }
      /spill stores/ { spills = $5 + $9 }
      /Used [0-9]+ registers/ {
        match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
        shared = 0; if (match($0, /[0-9]+ bytes smem/)) shared = substr($0, RSTART, RLENGTH - 11)
        printf "%-24s %-6s %9d %8d %6d\n", name suffix, arch, registers, shared, spills
        if (spills > 0) bad = 1
      }
      END { exit bad }' <<<"$report" || failed=1
  done
done
if [ $failed = 1 ]; then echo "a kernel spills registers"; exit 1; fi
