//go:build r2gpu

package driver

// #include <cuda.h>
// const char *r2unet_cuda_problem(void);
// const char *r2unet_cuda_absent(void);
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"gorgonia.org/cu"
)

// problem returns why the driver cannot be used, or nil.
func problem() error {
	if text := C.GoString(C.r2unet_cuda_problem()); text != "" {
		return errors.New(text)
	}
	return nil
}

// Absent returns the functions of the driver API that the program is linked with but this driver lacks.
func Absent() []string { return strings.Fields(C.GoString(C.r2unet_cuda_absent())) }

// check converts a result of a call that cu does not have into an error with the driver's description.
func check(what string, result C.CUresult) error {
	if result == C.CUDA_SUCCESS {
		return nil
	}
	var text *C.char
	C.cuGetErrorString(result, &text)
	if text == nil {
		return fmt.Errorf("%s: CUDA error %d", what, int(result))
	}
	return fmt.Errorf("%s: %s (%d)", what, C.GoString(text), int(result))
}

// handle returns a stream of cu's as this package's C sees it.
func handle(s cu.Stream) C.CUstream { return C.CUstream(unsafe.Pointer(s.C())) }

// A graph is a captured sequence of launches, and its executable form.
type graph struct {
	graph C.CUgraph
	exec  C.CUgraphExec
}

// Capture starts recording launches on the stream.
func (d *Driver) Capture() error {
	return d.do("capture", func() error {
		return check("cuStreamBeginCapture",
			C.cuStreamBeginCapture(handle(d.stream), C.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL))
	})
}

// EndCapture makes the recorded launches executable.
func (d *Driver) EndCapture() (uint64, error) {
	err := d.do("end the capture", func() error {
		var g graph
		if err := check("cuStreamEndCapture", C.cuStreamEndCapture(handle(d.stream), &g.graph)); err != nil {
			return err
		}
		if err := check("cuGraphInstantiate", C.cuGraphInstantiateWithFlags(&g.exec, g.graph, 0)); err != nil {
			C.cuGraphDestroy(g.graph)
			return err
		}
		d.graphs = append(d.graphs, g)
		return nil
	})
	return uint64(len(d.graphs) - 1), err
}

// Replay starts a graph.
func (d *Driver) Replay(graph uint64) error {
	return d.do("replay", func() error {
		return check("cuGraphLaunch", C.cuGraphLaunch(d.graphs[graph].exec, handle(d.stream)))
	})
}

// FreeGraph frees a graph.
func (d *Driver) FreeGraph(graph uint64) error {
	return d.do("free a graph", func() error {
		g := d.graphs[graph]
		if err := check("cuGraphExecDestroy", C.cuGraphExecDestroy(g.exec)); err != nil {
			return err
		}
		return check("cuGraphDestroy", C.cuGraphDestroy(g.graph))
	})
}
