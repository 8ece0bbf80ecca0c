package claim

import (
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"r2unet/internal/durable"
)

// Owner is a process that claims runs.
type Owner struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Boot    string    `json:"boot,omitempty"`  // of the host's kernel: containers have host names of their own
	Space   string    `json:"space,omitempty"` // the processes that it can see, such as those of its container
	Process string    `json:"process"`         // a random word, as process numbers are used again
	Since   time.Time `json:"since"`           // of the claim
}

func (o Owner) String() string {
	if o.PID == 0 {
		return "a process that has just begun"
	}
	return fmt.Sprintf("process %d on %s", o.PID, o.Host)
}

// self describes this process.
var self = sync.OnceValue(func() Owner {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return Owner{
		Host: host, PID: os.Getpid(), Boot: strings.TrimSpace(string(boot)), Space: space, Process: rand.Text()[:8],
	}
})

// gone reports whether me can see that the owner has died. False says nothing.
func (o Owner) gone(me Owner) bool {
	together := o.Boot != "" && o.Boot == me.Boot && o.Space != "" && o.Space == me.Space
	if runtime.GOOS != "linux" { // no containers
		together = o.Host == me.Host
	}
	if !together || o.PID == 0 {
		return false
	}
	if o.PID == me.PID {
		return o.Process != me.Process
	}
	return !durable.Alive(o.PID)
}
