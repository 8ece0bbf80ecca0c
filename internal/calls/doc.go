// Package calls defines the operators: one file for each operator and its gradients, with the struct that names its
// tensors, its formula, the traits that planning needs, and its definition in plain Go.
//
// Every struct here implements [device.Call]; its methods Name, Operands, Traits and Definition are documented there.
// Those that prediction uses also implement [onnx.Operator].
//
// A device runs the definition of every call for which it has no kernel. A new operator therefore needs a file here,
// one in package op that adds it to graphs, and a line in package conformance; kernels can follow later.
package calls
