package claim

import (
	"fmt"
	"time"

	"r2unet/internal/durable"
)

// Owner is a process that claims runs.
type Owner struct {
	durable.Owner

	Since time.Time `json:"since"` // of the claim
}

func (o Owner) String() string {
	if o.PID == 0 {
		return "a process that has just begun"
	}
	return fmt.Sprintf("process %d on %s", o.PID, o.Host)
}

// self describes this process.
func self() Owner { return Owner{Owner: durable.Self()} }

// gone reports whether me can see that the owner has died. False says nothing.
func (o Owner) gone(me Owner) bool { return o.Owner.Gone(me.Owner) }
