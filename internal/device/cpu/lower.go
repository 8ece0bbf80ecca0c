package cpu

import (
	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// lower appends the tasks that compute one call: those of its kernel, or of its definition if there is none.
func (p *program) lower(call device.Call) {
	if p.definitions {
		p.fallback(call)
		return
	}
	switch c := call.(type) {
	case *calls.Conv:
		p.conv(c)
	case *calls.ConvGradData:
		p.convGradData(c)
	case *calls.ConvGradWeight:
		p.convGradWeight(c)
	case *calls.Convolve:
		p.convolve(c)
	case *calls.ConvolveGradX:
		p.convolveGradX(c)
	case *calls.ConvolveGradW:
		p.convolveGradW(c)
	case *calls.UpConv:
		p.upConv(c)
	case *calls.UpConvGradData:
		p.upConvGradData(c)
	case *calls.UpConvGradWeight:
		p.upConvGradWeight(c)
	case *calls.BatchStats:
		p.batchStats(c)
	case *calls.UpdateRunning:
		p.updateRunning(c)
	case *calls.Activate:
		p.activate(c)
	case *calls.NormGradSums:
		p.normGradSums(c)
	case *calls.ActivateGrad:
		p.activateGrad(c)
	case *calls.GroupNorm:
		p.groupNorm(c)
	case *calls.GroupNormGradSums:
		p.groupNormGradSums(c)
	case *calls.GroupNormGrad:
		p.groupNormGrad(c)
	case *calls.Multiply:
		p.multiply(c)
	case *calls.MultiplyGradX:
		p.multiplyGradX(c)
	case *calls.MultiplyGradG:
		p.multiplyGradG(c)
	case *calls.GlobalMean:
		p.globalMean(c)
	case *calls.GlobalMeanGrad:
		p.globalMeanGrad(c)
	case *calls.Add:
		p.add(c)
	case *calls.Concat:
		p.concat(c)
	case *calls.Slice:
		p.slice(c)
	case *calls.MaxPool:
		p.maxPool(c)
	case *calls.MaxPoolGrad:
		p.maxPoolGrad(c)
	case *calls.AvgPool:
		p.avgPool(c)
	case *calls.AvgPoolGrad:
		p.avgPoolGrad(c)
	case *calls.Upsample:
		p.upsample(c)
	case *calls.UpsampleGrad:
		p.upsampleGrad(c)
	case *calls.UnpoolGrad:
		p.unpoolGrad(c)
	case *calls.Dropout:
		p.dropout(c)
	case *calls.DropoutGrad:
		p.dropoutGrad(c)
	case *calls.DropBlock:
		p.dropBlock(c)
	case *calls.DropBlockGrad:
		p.dropBlockGrad(c)
	case *calls.ChannelSum:
		p.channelSum(c)
	case *calls.Combine:
		p.combine(c)
	case *calls.Scale:
		p.scale(c)
	case *calls.Loss:
		p.loss(c)
	case *calls.LossGrad:
		p.lossGrad(c)
	case *calls.Scores:
		p.scores(c)
	case *calls.Sigmoid:
		p.sigmoid(c)
	case *calls.Softmax:
		p.softmax(c)
	case *calls.ClassPixelLoss:
		p.classPixelLoss(c)
	case *calls.ClassPixelLossGrad:
		p.classPixelLossGrad(c)
	case *calls.ClassRegionLoss:
		p.classRegionLoss(c)
	case *calls.ClassRegionLossGrad:
		p.classRegionLossGrad(c)
	case *calls.ClassScores:
		p.classScores(c)
	case *calls.Adam:
		p.adam(c)
	case *calls.Update:
		p.update(c)
	case *calls.Penalize:
		p.penalize(c)
	case *calls.Shrink:
		p.shrink(c)
	case *calls.Clip:
		p.clip(c)
	case *calls.Accumulate:
		p.accumulate(c)
	default:
		p.fallback(call)
	}
}

// fail records the first error.
func (p *program) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// then appends a task.
func (p *program) then(t task) {
	t.call = p.calls
	p.tasks = append(p.tasks, t)
}

// bySample appends a task whose pieces are sorted by sample, `each` for a sample; 0 means that they are not sorted.
func (p *program) bySample(pieces, each, samples int, do func(worker, piece int), reads, writes []region) {
	t := task{pieces: pieces, do: do, reads: reads, writes: writes}
	if each > 0 && pieces == each*samples {
		t.kind, t.samples = perSample, samples
	}
	p.then(t)
}

// byRows notes which rows the pieces of the last task compute.
func (p *program) byRows(height int, span func(piece int) (first, end int)) {
	if t := &p.tasks[len(p.tasks)-1]; t.kind == perSample {
		t.height, t.span = height, span
	}
}

// overMap appends a task over the pieces of a map.
func (p *program) overMap(cut chunks, do func(worker, piece int), reads, writes []region) {
	p.bySample(cut.pieces(), cut.piecesPerSample(), cut.m.N, do, reads, writes)
	p.byRows(cut.m.H, cut.span)
}

// prepare appends a short task for one worker that computes numbers for the tasks of its call from plain memory.
func (p *program) prepare(do func(), reads ...[]float32) {
	t := task{pieces: 1, do: func(int, int) { do() }, kind: prepare}
	for _, x := range reads {
		t.reads = append(t.reads, flat(x))
	}
	p.then(t)
}

// reduce appends a short task for one worker that adds up the partial results of the tasks of its call, and writes
// plain memory.
func (p *program) reduce(do func(), writes ...[]float32) {
	t := task{pieces: 1, do: func(int, int) { do() }, kind: reduce}
	for _, x := range writes {
		t.writes = append(t.writes, flat(x))
	}
	p.then(t)
}

// noteReads adds the plain tensors that a call reads to the reductions of the call, whose tasks begin at `first`:
// tasks of later calls may run before a reduction, and the plan may have given them that memory.
func (p *program) noteReads(call device.Call, first int) {
	for i := range p.tasks[first:] {
		t := &p.tasks[first+i]
		if t.kind != reduce {
			continue
		}
		for _, x := range device.Reads(call) {
			if x.Kind == device.Plain {
				t.reads = append(t.reads, flat(p.plain(x)))
			}
		}
	}
}

// once appends a short task for one worker that is not reordered.
func (p *program) once(do func()) { p.then(task{pieces: 1, do: func(int, int) { do() }}) }
