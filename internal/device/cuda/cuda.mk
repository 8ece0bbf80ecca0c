# The CUDA build: no GPU and no CUDA toolkit needed. With CUDA_HOME=/usr/local/cuda the toolkit's own cuda.h (12 or 13) is
# taken.

CUDA      = internal/device/cuda
CUDA_LIB ?= bin/cuda
CUDA_ENV  = CGO_ENABLED=1 CGO_LDFLAGS="-L$(abspath $(CUDA_LIB))" \
  CGO_CFLAGS="$(if $(CUDA_HOME),-I$(CURDIR)/$(CUDA)/driver/toolkit -I$(CUDA_HOME)/include,-I$(CURDIR)/$(CUDA)/driver/include) \
  -Wno-deprecated-declarations"

# sweep-cuda, segment-cuda and bench-cuda, of those commands that there are.
cuda: cuda-lib
	@for command in sweep segment bench; do \
	  if [ -d cmd/$$command ]; then echo "bin/$$command-cuda"; $(CUDA_ENV) go build -tags r2gpu -o bin/$$command-cuda ./cmd/$$command || exit 1; fi; \
	done

cuda-lib:
	@$(CUDA)/driver/shim/build.sh $(CUDA_LIB) $(if $(CUDA_HOME),$(CUDA_HOME)/include/cuda.h)

# Kernels anew from their sources (clang-19).
cuda-kernels:
	go generate ./$(CUDA)/kernels

# What a machine without a GPU can tell; .ci/run calls it.
cuda-test:
	$(CUDA)/check.sh

# All conformance tests and golden networks on the simulator: some minutes.
cuda-full:
	go test -count=1 -timeout 1h ./$(CUDA)/gpu -full

# What NVIDIA's own tools say, from wheels in a scratch folder: ptxas on every kernel, the header against the real cuda.h.
cuda-check:
	$(CUDA)/ptxas.sh

# bin/gpu-bundle.tar.gz: all that a machine with a GPU needs to test and time the device, without Go.
gpu-bundle: cuda
	$(CUDA)/gpu/bundle.sh

# Goes through what run.sh does on a GPU, without one: nothing that it measures means anything.
gpu-rehearsal: cuda
	$(CUDA)/gpu/bundle.sh --rehearse

.PHONY: cuda cuda-lib cuda-kernels cuda-test cuda-full cuda-check gpu-bundle gpu-rehearsal
