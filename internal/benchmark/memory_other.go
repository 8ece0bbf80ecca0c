//go:build !unix

package benchmark

import "os"

func forgetPeak() {}

func peakRSS() int64 { return 0 }

func peakRSSOf(*os.ProcessState) int64 { return 0 }
