// Package driver implements cuda.Driver for an NVIDIA GPU: the driver API through gorgonia.org/cu, and in addition
// what cu lacks (stream capture, graphs, pinned memory). It exists only under the build tag r2gpu; `make cuda`
// provides what a build with the tag needs: the header in include/, and libcuda.a from shim/.
package driver
