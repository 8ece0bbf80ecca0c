package engines

import "syscall"

// chrootAs starts a process in another root, as a user and group of a number.
func chrootAs(root string, id uint32) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: id, Gid: id}}
}
