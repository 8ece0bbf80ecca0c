package main

// Result is the outcome of one run of run.sh. It is stored as results/gpu/DATE.json.
type Result struct {
	// Rehearsal is set if no GPU was used: the simulator, PyTorch on the processor, and tiny cases. Then nothing in
	// the result is a measurement.
	Rehearsal bool   `json:"rehearsal"`
	Date      string `json:"date"`
	// Commit of the sources that the bundle was made from.
	Commit string `json:"commit"`
	// GPU, its driver and its precision as the device describes them.
	GPU       string      `json:"gpu"`
	Steps     []Step      `json:"steps"`
	Agreement []Agreement `json:"agreement"`
	// Ours and Torch are all measurements; Ratios compares them with each other and with the goals.
	Ours     []Speed  `json:"ours"`
	Torch    []Speed  `json:"torch"`
	Ratios   []Ratio  `json:"ratios"`
	Training Training `json:"training"`
}

// Step is one command of run.sh.
type Step struct {
	Name string `json:"name"`
	// State is "passed", "failed" or "skipped".
	State   string  `json:"state"`
	Seconds float64 `json:"seconds"`
	// Reason of a step that was skipped.
	Reason string `json:"reason,omitempty"`
}

// Agreement is how far a quantity of ten Adam steps is from PyTorch's in float64, as ‖a − b‖/‖b‖ of the worst tensor.
type Agreement struct {
	Quantity     string  `json:"quantity"`
	Ours         float64 `json:"ours"`
	TorchFloat32 float64 `json:"torch_float32"` // PyTorch's own distance in float32, without TF32
	Allowed      float64 `json:"allowed"`
	Peer         string  `json:"peer"`
}

// Speed is one measurement, as package benchmark and r2unet.py print it.
type Speed struct {
	Peer      string `json:"peer"`
	Precision string `json:"precision"`
	// Mode of PyTorch is "eager", "benchmark" (eager with cudnn.benchmark) or "compile".
	Mode   string `json:"mode,omitempty"`
	Layout string `json:"layout,omitempty"`
	// Eager is set if our kernels were launched one by one, not as a graph.
	Eager             bool    `json:"eager,omitempty"`
	Batch             int     `json:"batch"`
	Size              int     `json:"size"`
	Computes          string  `json:"computes,omitempty"`
	TrainSamplesPerS  float64 `json:"train_samples_per_s"`
	QueuedSamplesPerS float64 `json:"train_queued_samples_per_s,omitempty"`
	InferSamplesPerS  float64 `json:"infer_samples_per_s"`
}

// Ratio compares our replayed graph with PyTorch for one case, in samples per second.
type Ratio struct {
	Work      string `json:"work"` // "training" or "inference"
	Precision string `json:"precision"`
	Batch     int    `json:"batch"`
	Size      int    `json:"size"`
	// Ours is for steps that are waited for one by one, as PyTorch's are; Queued is for training steps that are not.
	Ours   float64 `json:"ours"`
	Queued float64 `json:"queued,omitempty"`
	// TorchEager is PyTorch's best eager mode, TorchCompiled torch.compile's better layout; 0 if not measured.
	TorchEager    float64 `json:"torch_eager"`
	TorchCompiled float64 `json:"torch_compiled"`
	// Ratio is Ours / TorchEager, and Goal its goal.
	Ratio   float64 `json:"ratio"`
	Goal    float64 `json:"goal"`
	Reached bool    `json:"reached"`
}

// Training is the same short training on both devices. Measured is false if it was not run.
type Training struct {
	Measured   bool    `json:"measured"`
	Run        string  `json:"run,omitempty"`
	CUDA       float64 `json:"auc_cuda"`
	CPU        float64 `json:"auc_cpu"`
	Difference float64 `json:"difference"`
	Goal       float64 `json:"goal"`
	Reached    bool    `json:"reached"`
}
