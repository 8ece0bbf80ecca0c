package host

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// available is how many bytes the process may still take: what the machine has left, or its control group where that is
// less. 0 = not known.
func available() int64 {
	left := memInfo("MemAvailable")
	if limit := groupRoom(); limit > 0 && (left == 0 || limit < left) {
		left = limit
	}
	return left
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

// groupRoom is what the process's control group has left; 0 where it has no limit. Both versions of control groups are looked for.
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
		var limit, used int64
		switch parts[1] {
		case "":
			folder := filepath.Join("/sys/fs/cgroup", parts[2])
			limit, used = readBytes(filepath.Join(folder, "memory.max")), readBytes(filepath.Join(folder, "memory.current"))
		case "memory":
			folder := filepath.Join("/sys/fs/cgroup/memory", parts[2])
			limit, used = readBytes(filepath.Join(folder, "memory.limit_in_bytes")), readBytes(filepath.Join(folder, "memory.usage_in_bytes"))
		}
		if limit > 0 {
			return max(1, limit-used)
		}
	}
	return 0
}

// readBytes reads a file with one number; 0 where there is none, or "max".
func readBytes(path string) int64 {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	return n
}
