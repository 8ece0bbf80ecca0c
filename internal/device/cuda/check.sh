#!/usr/bin/env bash
# The checks of the CUDA device on a machine without a GPU: the PTX is what the sources give, the driver package works
# against a libcuda.so.1 made for tests, -device explains itself where there is no driver, the device conforms to the
# reference on the simulator, and the script for a GPU goes through without one.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

clang=${CLANG:-clang-19}
if command -v "$clang" >/dev/null; then
  echo "PTX from sources ($clang)"
  mkdir "$out/ptx"
  CLANG=$clang ./kernels/generate.sh "$out/ptx"
  for f in kernels/*.ptx; do
    cmp "$f" "$out/ptx/$(basename "$f")" || { echo "$f is not what its source gives: make cuda-kernels"; exit 1; }
  done
else
  echo "PTX from sources: skipped, there is no $clang"
fi

echo "driver against a fake libcuda.so.1"
./driver/shim/build.sh "$out/lib"
mkdir "$out/fake"
${CC:-cc} -shared -fPIC -Wall -Idriver/include -Wl,-soname,libcuda.so.1 driver/fake/libcuda.c -o "$out/fake/libcuda.so.1"
export CGO_ENABLED=1 CGO_CFLAGS="-I$PWD/driver/include" CGO_LDFLAGS="-L$out/lib"
LD_LIBRARY_PATH=$out/fake go test -count=1 -tags r2gpu ./driver ../choose
go vet -tags r2gpu ./driver ./gpu ../choose
LD_LIBRARY_PATH=/nowhere go test -count=1 -tags r2gpu ../choose

echo "conformance on the simulator, without the three largest shapes (make cuda-full has all)"
(unset CGO_CFLAGS CGO_LDFLAGS && go test -count=1 -timeout 30m -run Conforms -skip '70x61|128to128|33x50' ./gpu -full)

echo "no plain package imports gorgonia.org/cu"
plain=$(CGO_ENABLED=0 go list -deps ../../../... | grep '^gorgonia.org/cu' || true)
if [ -n "$plain" ]; then echo "a build without the tag r2gpu imports $plain"; exit 1; fi

echo "the script for a GPU, rehearsed"
(unset CGO_CFLAGS CGO_LDFLAGS CGO_ENABLED && make -s -C ../../.. gpu-rehearsal)
