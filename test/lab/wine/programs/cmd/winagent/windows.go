package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

var (
	kernel32                 = syscall.NewLazyDLL("kernel32.dll")
	freeConsole              = kernel32.NewProc("FreeConsole")
	attachConsole            = kernel32.NewProc("AttachConsole")
	generateConsoleCtrlEvent = kernel32.NewProc("GenerateConsoleCtrlEvent")
	advapi32                 = syscall.NewLazyDLL("advapi32.dll")
	regCreateKeyEx           = advapi32.NewProc("RegCreateKeyExW")
	regSetValueEx            = advapi32.NewProc("RegSetValueExW")
)

// interrupt presses Ctrl+C in the console of a process (agent: ProcessInvoker.Windows.cs).
func interrupt(pid uint32) error {
	_, _, _ = freeConsole.Call()
	if ok, _, err := attachConsole.Call(uintptr(pid)); ok == 0 {
		return fmt.Errorf("AttachConsole: %w", err)
	}
	defer func() { _, _, _ = freeConsole.Call() }()
	if ok, _, err := generateConsoleCtrlEvent.Call(syscall.CTRL_C_EVENT, 0); ok == 0 {
		return fmt.Errorf("GenerateConsoleCtrlEvent: %w", err)
	}
	return nil
}

// killTree ends a process and what it has started, children last (agent: ProcessInvoker.Windows.cs).
func killTree(pid uint32) {
	children := childrenOf(pid)
	if process, err := syscall.OpenProcess(syscall.PROCESS_TERMINATE, false, pid); err == nil {
		_ = syscall.TerminateProcess(process, 1)
		_ = syscall.CloseHandle(process)
	}
	for _, child := range children {
		killTree(child)
	}
}

func childrenOf(pid uint32) []uint32 {
	snapshot, err := syscall.CreateToolhelp32Snapshot(syscall.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = syscall.CloseHandle(snapshot) }()
	var children []uint32
	entry := syscall.ProcessEntry32{Size: uint32(unsafe.Sizeof(syscall.ProcessEntry32{}))}
	for err = syscall.Process32First(snapshot, &entry); err == nil; err = syscall.Process32Next(snapshot, &entry) {
		if entry.ParentProcessID == pid && entry.ProcessID != pid {
			children = append(children, entry.ProcessID)
		}
	}
	return children
}

// authority is a certificate in the machine's trust store, as certutil -addstore Root leaves it there.
type authority struct {
	// SHA-1 of the certificate, in upper-case hexadecimal.
	Thumbprint string
	// The certificate with the properties that the store keeps (type CERT_CERT_PROP_ID and the DER).
	Blob []byte
}

func (one authority) trust() error {
	const (
		allAccess = 0xF003F
		binary    = 3
	)
	name, err := syscall.UTF16PtrFromString(`Software\Microsoft\SystemCertificates\Root\Certificates\` + one.Thumbprint)
	if err != nil {
		return err
	}
	value, err := syscall.UTF16PtrFromString("Blob")
	if err != nil {
		return err
	}
	var key syscall.Handle
	code, _, _ := regCreateKeyEx.Call(syscall.HKEY_LOCAL_MACHINE, uintptr(unsafe.Pointer(name)), 0, 0, 0, allAccess, 0,
		uintptr(unsafe.Pointer(&key)), 0)
	if code != 0 {
		return fmt.Errorf("RegCreateKeyEx: %w", syscall.Errno(code))
	}
	defer func() { _ = syscall.RegCloseKey(key) }()
	code, _, _ = regSetValueEx.Call(uintptr(key), uintptr(unsafe.Pointer(value)), 0, binary,
		uintptr(unsafe.Pointer(&one.Blob[0])), uintptr(len(one.Blob)))
	if code != 0 {
		return fmt.Errorf("RegSetValueEx: %w", syscall.Errno(code))
	}
	return nil
}
