#!/usr/bin/env bash
# Packs bin/gpu-bundle.tar.gz: the tests as a program, sweep and bench, golden networks, the peer in PyTorch and run.sh. The
# machine that unpacks it needs an NVIDIA driver, and for the comparison Python with torch; neither Go nor a CUDA toolkit.
# usage: bundle.sh [--rehearse]
#   --rehearse   packs nothing, but adds the tests on the simulator and a stand-in for the driver, and runs run.sh --rehearse
set -euo pipefail
root=$(cd "$(dirname "$0")/../../../.." && pwd)
cd "$root"
cuda=internal/device/cuda
rehearse=false
if [ "${1:-}" = --rehearse ]; then
  rehearse=true
fi
bundle=$(mktemp -d)
trap 'rm -rf "$bundle"' EXIT
gpu=$bundle/gpu
mkdir -p "$gpu/golden"

CGO_ENABLED=1 CGO_CFLAGS="-I$root/$cuda/driver/include" CGO_LDFLAGS="-L$root/bin/cuda" \
  go test -c -ldflags "-s -w" -tags r2gpu -o "$gpu/cuda-tests" ./$cuda/gpu
CGO_ENABLED=0 go build -ldflags "-s -w" -o "$gpu/report" ./$cuda/gpu/report
cp $cuda/gpu/run.sh $cuda/gpu/torch_peer.py experiments.toml "$gpu/"
cp internal/model/testdata/golden/*.safetensors "$gpu/golden/"
cp -r internal/model/testdata/classes "$gpu/classes"
for command in sweep segment bench; do
  if [ -x "bin/$command-cuda" ]; then cp "bin/$command-cuda" "$gpu/"; fi
done
cp internal/benchmark/torch/r2unet.py "$gpu/"
git rev-parse HEAD >"$gpu/commit"

if $rehearse; then
  CGO_ENABLED=0 go test -c -o "$gpu/cuda-tests-simulated" ./$cuda/gpu
  mkdir "$gpu/fake"
  ${CC:-cc} -shared -fPIC -I$cuda/driver/include -Wl,-soname,libcuda.so.1 $cuda/driver/fake/libcuda.c -o "$gpu/fake/libcuda.so.1"
  "$gpu/run.sh" --rehearse || failed=1
  rm -rf bin/gpu-rehearsal
  cp -r "$gpu/results-rehearsal" bin/gpu-rehearsal
  exit ${failed:-0}
fi
tar -C "$bundle" -czf bin/gpu-bundle.tar.gz gpu
du -h bin/gpu-bundle.tar.gz
