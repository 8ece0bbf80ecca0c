// Package gpu has the tests of the CUDA device as a whole: conformance, golden networks, replay against eager. Without the
// build tag r2gpu they run on the simulator, with it on a GPU; `make gpu-bundle` packs the latter with what they need for
// a machine without Go, where run.sh runs them.
package gpu
