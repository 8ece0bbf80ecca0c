// Package driver is an NVIDIA GPU behind the interface cuda.Driver: the driver API through gorgonia.org/cu, and beside
// it what cu lacks (stream capture, graphs, pinned memory). It exists only under the build tag r2gpu; `make cuda` sets
// what a build with the tag needs: the header in include/, and libcuda.a from shim/.
package driver
