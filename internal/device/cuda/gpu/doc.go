// Package gpu tests the CUDA device as a whole: conformance, golden networks, replayed against eager programs.
// Without the build tag r2gpu the tests run on the simulator, with it on a GPU; `make gpu-bundle` packs the latter
// with what they need for a machine without Go, where run.sh runs them.
package gpu
