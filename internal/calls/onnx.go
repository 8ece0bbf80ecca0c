package calls

import "r2unet/internal/device"

// present returns the names of the tensors that are there, for a node of ONNX.
func present(tensors ...*device.Tensor) []string {
	var names []string
	for _, t := range tensors {
		if t != nil {
			names = append(names, t.Name)
		}
	}
	return names
}
