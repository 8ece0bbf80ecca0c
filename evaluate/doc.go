// Package evaluate turns probabilities into measures, and measures into the
// paper's tables.
//
// A [Collector] takes test images one by one and yields [Measures]: inside the
// field of view and over all pixels, with all pixels in one count and as the
// mean over images. A finished or failed run is a [Result]; [Table] sets
// results beside the rows that the paper printed.
//
// Sub-packages: measures (one file a measure), rank (exact AUC in bounded
// memory), shape (distances and centre-lines), paper (the printed tables), audit
// (what the printed tables contradict), record (what is in a results folder),
// archive (reads one), statistics, figure, report and board.
package evaluate
