package durable

import "golang.org/x/sys/windows"

// systemFaults are what Windows calls the machine's failures. Package syscall has the numbers of Unix, but gives none
// of them to an error of the system.
var systemFaults = []error{
	windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL,
	windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_NOT_ENOUGH_QUOTA,
	windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_OUTOFMEMORY, windows.ERROR_COMMITMENT_LIMIT,
	windows.ERROR_TOO_MANY_OPEN_FILES, windows.ERROR_NO_SYSTEM_RESOURCES,
	windows.ERROR_CRC, windows.ERROR_IO_DEVICE, windows.ERROR_NOT_READY,
	windows.ERROR_WRITE_FAULT, windows.ERROR_READ_FAULT,
}
