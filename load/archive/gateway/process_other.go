//go:build !linux

package gateway

import "syscall"

// dieWithParent does nothing where the kernel does not offer it.
func dieWithParent() *syscall.SysProcAttr { return nil }
