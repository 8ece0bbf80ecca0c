package cpu

import (
	"fmt"

	"r2unet/internal/device"
)

// lower appends the tasks that compute one call.
func (p *program) lower(call device.Call) {
	switch c := call.(type) {
	case *device.Conv:
		p.conv(c)
	case *device.ConvGradData:
		p.convGradData(c)
	case *device.ConvGradWeight:
		p.convGradWeight(c)
	case *device.UpConv:
		p.upConv(c)
	case *device.UpConvGradData:
		p.upConvGradData(c)
	case *device.UpConvGradWeight:
		p.upConvGradWeight(c)
	case *device.BatchStats:
		p.batchStats(c)
	case *device.UpdateRunning:
		p.updateRunning(c)
	case *device.Activate:
		p.activate(c)
	case *device.NormGradSums:
		p.normGradSums(c)
	case *device.ActivateGrad:
		p.activateGrad(c)
	case *device.Add:
		p.add(c)
	case *device.Concat:
		p.concat(c)
	case *device.Slice:
		p.slice(c)
	case *device.MaxPool:
		p.maxPool(c)
	case *device.MaxPoolGrad:
		p.maxPoolGrad(c)
	case *device.ChannelSum:
		p.channelSum(c)
	case *device.Loss:
		p.loss(c)
	case *device.LossGrad:
		p.lossGrad(c)
	case *device.Scores:
		p.scores(c)
	case *device.Sigmoid:
		p.sigmoid(c)
	case *device.Adam:
		p.adam(c)
	default:
		p.fail(fmt.Errorf("no kernel for %T", call))
	}
}

// fail keeps the first error.
func (p *program) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// then appends a task of several pieces.
func (p *program) then(pieces int, do func(worker, piece int)) {
	p.tasks = append(p.tasks, task{pieces: pieces, do: do})
}

// once appends a short task for one worker.
func (p *program) once(do func()) { p.then(1, func(int, int) { do() }) }
