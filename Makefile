# Everything here needs Go alone; the linters are fetched by it.

# Settings and their reasons are in .golangci.yml. The first run on a machine compiles it, which takes a minute or two.
GOLANGCI = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# Packages that start goroutines or lock what several may use: these are also tested under the race detector. The commands
# are not, but for the smoke sweep.
CONCURRENT = $(shell grep -rlE '^[[:space:]]+go [a-z]|[.]Go.func|"sync"|"sync/atomic"' --include='*.go' --exclude='*_test.go' datasets evaluate experiments internal \
  | grep -v /asm/ | xargs -n 1 dirname | sort -u | sed 's|^|./|')

# A folder for results that nobody wants to keep; it is gone when the command has ended.
SCRATCH = scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT &&

all: lint test smoke

# The systems that are built and vetted for, tests included, without being at hand.
CROSS = windows/amd64 darwin/amd64 darwin/arm64

cross:
	@for system in $(CROSS); do \
	  echo "GOOS=$${system%/*} GOARCH=$${system#*/} go build, go vet"; \
	  CGO_ENABLED=0 GOOS=$${system%/*} GOARCH=$${system#*/} go build ./... && CGO_ENABLED=0 GOOS=$${system%/*} GOARCH=$${system#*/} go vet ./... || exit 1; \
	done

lint: cross
	go vet ./...
	$(GOLANGCI) run --allow-parallel-runners ./...
	cd examples && $(GOLANGCI) run --allow-parallel-runners ./...
	$(GOLANGCI) fmt --diff .

test:
	go test -timeout 20m ./...

race:
	CGO_ENABLED=1 go test -race -short -timeout 40m $(CONCURRENT)
	$(SCRATCH) CGO_ENABLED=1 go run -race ./cmd/sweep -profile smoke -out $$scratch

bench:
	go run ./cmd/bench

# The tests that read our files with other programs, and the commands of docs/interchange.md: installs these programs into
# .interchange. INTERCHANGE_ALSO=torch adds PyTorch, which is large; or R2UNET_TORCH_PYTHON names a Python with it, NumPy
# and Pillow.
INTERCHANGE_ALSO =
interchange:
	test -x .interchange/bin/python || python3 -m venv .interchange
	.interchange/bin/pip install --quiet onnx==1.23.2 onnxruntime==1.32.0 tensorboard==2.21.0 mlflow-skinny==3.17.2 numpy pillow safetensors==0.8.0 $(INTERCHANGE_ALSO)
	R2UNET_ONNX_PYTHON=$(CURDIR)/.interchange/bin/python \
	R2UNET_TORCH_PYTHON=$${R2UNET_TORCH_PYTHON:-$(CURDIR)/.interchange/bin/python} \
	  go test -count=1 -timeout 1h -v -run 'ONNX|PyTorch|TensorBoard|MLflow|Interchange' ./internal/model ./evaluate/tensorboard ./evaluate/mlflow ./cmd/export

# Every part of the program once, on phantoms, in under a minute.
smoke:
	$(SCRATCH) go run ./cmd/sweep -profile smoke -out $$scratch

# The long versions of the guarantees in docs/reliability.md. SOAK_SEED=n draws other moments.
soak:
	SOAK_KILLS=200 SOAK_FAULTS=200 SOAK_SIGNALS=10 go test -count=1 -timeout 4h -v -run 'Killed|Fault|Signal|Interrupted|Threads' ./experiments

# Every fuzz target for a while.
FUZZTIME = 1m
fuzz:
	@grep -rl '^func Fuzz' --include=*_test.go . | while read -r file; do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' $$file); do \
	    echo "$$(dirname $$file) $$target"; \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzzminimizetime 5s -fuzztime $(FUZZTIME) $$(dirname $$file) || exit 1; \
	  done; \
	done

# A real Slurm and a real Kubernetes on this machine, the container image: says what it cannot run, and why.
engines:
	.ci/engines

include internal/device/cuda/cuda.mk

.PHONY: all cross lint test race bench interchange smoke soak fuzz engines
