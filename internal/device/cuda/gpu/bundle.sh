#!/usr/bin/env bash
# Packs bin/gpu-bundle.tar.gz: the tests as a program, sweep and bench, golden networks, the peer in PyTorch and run.sh. The
# machine that unpacks it needs an NVIDIA driver, and for the comparison Python with torch; neither Go nor a CUDA toolkit.
# usage: bundle.sh [REFERENCE], the PyTorch reference (default ../shared/reference/torch_reference.py)
set -euo pipefail
root=$(cd "$(dirname "$0")/../../../.." && pwd)
cd "$root"
reference=${1:-../shared/reference/torch_reference.py}
bundle=$(mktemp -d)
trap 'rm -rf "$bundle"' EXIT
mkdir -p "$bundle/gpu/golden"

CGO_ENABLED=1 CGO_CFLAGS="-I$root/internal/device/cuda/driver/include" CGO_LDFLAGS="-L$root/bin/cuda" \
  go test -c -ldflags "-s -w" -tags r2gpu -o "$bundle/gpu/cuda-tests" ./internal/device/cuda/gpu
cp internal/device/cuda/gpu/run.sh internal/device/cuda/gpu/torch_peer.py experiments.toml "$bundle/gpu/"
cp internal/model/testdata/golden/*.safetensors "$bundle/gpu/golden/"
for command in sweep segment bench; do
  if [ -x "bin/$command-cuda" ]; then cp "bin/$command-cuda" "$bundle/gpu/"; fi
done
if [ -f "$reference" ]; then cp "$reference" "$bundle/gpu/torch_reference.py"; else echo "no $reference: the bundle cannot compare with PyTorch"; fi
git rev-parse HEAD >"$bundle/gpu/commit"
tar -C "$bundle" -czf bin/gpu-bundle.tar.gz gpu
du -h bin/gpu-bundle.tar.gz
