# Everything here needs Go alone; the linters are fetched by it.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     = mvdan.cc/gofumpt@v0.12.0

# Packages with goroutines of their own: these are also tested under the race detector.
CONCURRENT = ./experiments/... ./datasets/... ./internal/device/... ./internal/durable/...

all: lint test smoke

lint:
	go vet ./...
	go run $(STATICCHECK) ./...
	@unformatted=$$(go run $(GOFUMPT) -l .); if [ -n "$$unformatted" ]; then echo "not formatted by gofumpt:"; echo "$$unformatted"; exit 1; fi

test:
	go test ./...

race:
	go test -race -short $(CONCURRENT)

bench:
	go run ./cmd/bench

# Every part of the program once, on phantoms, in under a minute.
smoke:
	go run ./cmd/sweep -profile smoke -out $$(mktemp -d)

include internal/device/cuda/cuda.mk

.PHONY: all lint test race bench smoke
