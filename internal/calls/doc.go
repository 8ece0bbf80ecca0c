// Package calls is the home of the operators: one file for an operator and its gradients, with the struct that names its tensors, its
// formula, what planning needs to know of it, and its definition in plain Go.
//
// A device runs the definition of every call that it has no kernel for. A new operator therefore needs a file here, one in package op
// that puts it into graphs, and a line in package conformance; kernels can come later.
package calls
