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

// trust adds a certificate authority to the machine's trust store, as certutil
// -addstore Root does.
func trust(certificate []byte) error {
	const (
		systemStore     = 10
		localMachine    = 0x20000
		replaceExisting = 3
	)
	name, err := syscall.UTF16PtrFromString("Root")
	if err != nil {
		return err
	}
	store, err := syscall.CertOpenStore(systemStore, 0, 0, localMachine, uintptr(unsafe.Pointer(name)))
	if err != nil {
		return fmt.Errorf("CertOpenStore: %w", err)
	}
	defer func() { _ = syscall.CertCloseStore(store, 0) }()
	context, err := syscall.CertCreateCertificateContext(syscall.X509_ASN_ENCODING, &certificate[0], uint32(len(certificate)))
	if err != nil {
		return fmt.Errorf("CertCreateCertificateContext: %w", err)
	}
	defer func() { _ = syscall.CertFreeCertificateContext(context) }()
	if err := syscall.CertAddCertificateContextToStore(store, context, replaceExisting, nil); err != nil {
		return fmt.Errorf("CertAddCertificateContextToStore: %w", err)
	}
	return nil
}
