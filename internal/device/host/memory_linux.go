package host

import (
	"bufio"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// available returns how many bytes the process may still allocate: the minimum of what is left in the machine, the
// control group and the limit of the address space (ulimit -v). 0 means not known.
func available() int64 {
	left := memInfo("MemAvailable")
	for _, limit := range []int64{groupRoom(), addressRoom()} {
		if limit > 0 && (left == 0 || limit < left) {
			left = limit
		}
	}
	return left
}

// addressRoom returns how much of the address space is left, including what the Go heap holds but does not use; 0 if
// there is no limit.
func addressRoom() int64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err != nil || limit.Cur > math.MaxInt64 {
		return 0
	}
	content, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(content))
	if err != nil || len(fields) == 0 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	unused := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(unused)
	return max(1, int64(limit.Cur)-pages*int64(os.Getpagesize())+
		int64(unused[0].Value.Uint64()+unused[1].Value.Uint64()))
}

// memInfo reads an entry of /proc/meminfo in bytes.
func memInfo(key string) int64 {
	content, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		if fields := strings.Fields(rest); name == key && len(fields) == 2 {
			kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
			return kilobytes * 1024
		}
	}
	return 0
}

// groupRoom returns how much memory the process's control group has left; 0 if there is no limit. It supports both
// versions of control groups.
func groupRoom() int64 {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		var limit, used, cached int64 // files in the cache are evicted when memory is short
		switch parts[1] {
		case "":
			folder := filepath.Join("/sys/fs/cgroup", parts[2])
			limit, used = readBytes(filepath.Join(folder, "memory.max")),
				readBytes(filepath.Join(folder, "memory.current"))
			cached = statBytes(filepath.Join(folder, "memory.stat"), "inactive_file")
		case "memory":
			folder := filepath.Join("/sys/fs/cgroup/memory", parts[2])
			limit, used = readBytes(filepath.Join(folder, "memory.limit_in_bytes")),
				readBytes(filepath.Join(folder, "memory.usage_in_bytes"))
			cached = statBytes(filepath.Join(folder, "memory.stat"), "total_inactive_file")
		}
		if limit > 0 {
			return max(1, limit-used+cached)
		}
	}
	return 0
}

// statBytes reads an entry of a file of names and numbers; 0 if there is none.
func statBytes(path, key string) int64 {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(content)) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), " "); name == key {
			n, _ := strconv.ParseInt(value, 10, 64)
			return n
		}
	}
	return 0
}

// readBytes reads a file with one number; 0 if there is none, or "max".
func readBytes(path string) int64 {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	return n
}
