#!/usr/bin/env bash
# Checks what `go test` cannot see: that the committed assembly is what its generators write, that other processors build,
# and, where an emulator is there, that the kernels of one of them and the portable ones are right and train the golden
# networks there.
set -euo pipefail
cd "$(dirname "$0")/../../.."

echo "generated kernels"
go generate ./internal/device/cpu/...
if ! git diff --exit-code --stat -- internal/device/cpu; then
	echo "internal/device/cpu: the generators write something else than what is committed; run go generate ./internal/device/cpu/... and commit"
	exit 1
fi

echo "arm64"
GOARCH=arm64 go build ./...
GOARCH=arm64 go vet ./internal/device/...
if command -v qemu-aarch64 >/dev/null; then
	emulated() { GOARCH=arm64 go test -timeout 30m -exec qemu-aarch64 "$@"; }
	emulated -short ./internal/device/cpu/{isa,kernel,conv}
	emulated -run 'Conformance$' ./internal/device/cpu
	emulated -run Golden//cpu ./internal/model
	emulated -run TestRunUnderOtherKernels ./experiments
fi
