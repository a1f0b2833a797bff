package vmm.kvm;

/**
 * Numbers and structure layouts of Linux's {@code <linux/kvm.h>} for x86-64, all in this one table;
 * every row carries the C expression that it stands for, and a test asks the kernel's headers.
 */
final class Abi {
    /** What KVM_GET_API_VERSION has said since Linux 2.6.22; the documentation refuses others. */
    static final int API_VERSION = 12;

    // Capabilities

    @CExpression("KVM_CAP_USER_MEMORY")
    static final int CAP_USER_MEMORY = 3;

    @CExpression("KVM_CAP_SET_TSS_ADDR")
    static final int CAP_SET_TSS_ADDR = 4;

    @CExpression("KVM_CAP_EXT_CPUID")
    static final int CAP_EXT_CPUID = 7;

    @CExpression("KVM_CAP_SET_IDENTITY_MAP_ADDR")
    static final int CAP_SET_IDENTITY_MAP_ADDR = 37;

    @CExpression("KVM_CAP_VCPU_EVENTS")
    static final int CAP_VCPU_EVENTS = 41;

    @CExpression("KVM_CAP_DEBUGREGS")
    static final int CAP_DEBUGREGS = 50;

    @CExpression("KVM_CAP_XSAVE")
    static final int CAP_XSAVE = 55;

    @CExpression("KVM_CAP_XCRS")
    static final int CAP_XCRS = 56;

    @CExpression("KVM_CAP_IMMEDIATE_EXIT")
    static final int CAP_IMMEDIATE_EXIT = 136;

    @CExpression("KVM_CAP_X86_MSR_FILTER")
    static final int CAP_X86_MSR_FILTER = 189;

    @CExpression("KVM_CAP_EXIT_ON_EMULATION_FAILURE")
    static final int CAP_EXIT_ON_EMULATION_FAILURE = 204;

    // Reasons of an exit

    @CExpression("KVM_EXIT_UNKNOWN")
    static final int EXIT_UNKNOWN = 0;

    @CExpression("KVM_EXIT_EXCEPTION")
    static final int EXIT_EXCEPTION = 1;

    @CExpression("KVM_EXIT_IO")
    static final int EXIT_IO = 2;

    @CExpression("KVM_EXIT_DEBUG")
    static final int EXIT_DEBUG = 4;

    @CExpression("KVM_EXIT_HLT")
    static final int EXIT_HLT = 5;

    @CExpression("KVM_EXIT_MMIO")
    static final int EXIT_MMIO = 6;

    @CExpression("KVM_EXIT_IRQ_WINDOW_OPEN")
    static final int EXIT_IRQ_WINDOW_OPEN = 7;

    @CExpression("KVM_EXIT_SHUTDOWN")
    static final int EXIT_SHUTDOWN = 8;

    @CExpression("KVM_EXIT_FAIL_ENTRY")
    static final int EXIT_FAIL_ENTRY = 9;

    @CExpression("KVM_EXIT_INTR")
    static final int EXIT_INTR = 10;

    @CExpression("KVM_EXIT_INTERNAL_ERROR")
    static final int EXIT_INTERNAL_ERROR = 17;

    @CExpression("KVM_EXIT_SYSTEM_EVENT")
    static final int EXIT_SYSTEM_EVENT = 24;

    @CExpression("KVM_EXIT_IO_OUT")
    static final int EXIT_IO_OUT = 1;

    @CExpression("KVM_INTERNAL_ERROR_EMULATION")
    static final int INTERNAL_ERROR_EMULATION = 1;

    @CExpression("KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES")
    static final int EMULATION_FLAG_INSTRUCTION_BYTES = 1;

    // struct kvm_run, the page that the kernel and we share for each processor

    @CExpression("offsetof(struct kvm_run, request_interrupt_window)")
    static final int RUN_REQUEST_INTERRUPT_WINDOW = 0;

    @CExpression("offsetof(struct kvm_run, immediate_exit)")
    static final int RUN_IMMEDIATE_EXIT = 1;

    @CExpression("offsetof(struct kvm_run, exit_reason)")
    static final int RUN_EXIT_REASON = 8;

    @CExpression("offsetof(struct kvm_run, ready_for_interrupt_injection)")
    static final int RUN_READY_FOR_INTERRUPT = 12;

    @CExpression("offsetof(struct kvm_run, if_flag)")
    static final int RUN_IF_FLAG = 13;

    @CExpression("offsetof(struct kvm_run, cr8)")
    static final int RUN_CR8 = 16;

    @CExpression("offsetof(struct kvm_run, io.direction)")
    static final int RUN_IO_DIRECTION = 32;

    @CExpression("offsetof(struct kvm_run, io.size)")
    static final int RUN_IO_SIZE = 33;

    @CExpression("offsetof(struct kvm_run, io.port)")
    static final int RUN_IO_PORT = 34;

    @CExpression("offsetof(struct kvm_run, io.count)")
    static final int RUN_IO_COUNT = 36;

    @CExpression("offsetof(struct kvm_run, io.data_offset)")
    static final int RUN_IO_DATA_OFFSET = 40;

    @CExpression("offsetof(struct kvm_run, mmio.phys_addr)")
    static final int RUN_MMIO_GPA = 32;

    @CExpression("offsetof(struct kvm_run, mmio.data)")
    static final int RUN_MMIO_DATA = 40;

    @CExpression("offsetof(struct kvm_run, mmio.len)")
    static final int RUN_MMIO_LENGTH = 48;

    @CExpression("offsetof(struct kvm_run, mmio.is_write)")
    static final int RUN_MMIO_IS_WRITE = 52;

    @CExpression("offsetof(struct kvm_run, hw.hardware_exit_reason)")
    static final int RUN_HARDWARE_REASON = 32;

    @CExpression("offsetof(struct kvm_run, internal.suberror)")
    static final int RUN_SUBERROR = 32;

    @CExpression("offsetof(struct kvm_run, internal.ndata)")
    static final int RUN_ERROR_COUNT = 36;

    @CExpression("offsetof(struct kvm_run, internal.data)")
    static final int RUN_ERROR_DATA = 40;

    @CExpression("offsetof(struct kvm_run, emulation_failure.flags)")
    static final int RUN_EMULATION_FLAGS = 40;

    @CExpression("offsetof(struct kvm_run, emulation_failure.insn_size)")
    static final int RUN_EMULATION_LENGTH = 48;

    @CExpression("offsetof(struct kvm_run, emulation_failure.insn_bytes)")
    static final int RUN_EMULATION_BYTES = 49;

    @CExpression("offsetof(struct kvm_run, system_event.type)")
    static final int RUN_SYSTEM_EVENT = 32;

    // Memory

    @CExpression("sizeof(struct kvm_userspace_memory_region)")
    static final int REGION_SIZE = 32;

    @CExpression("offsetof(struct kvm_userspace_memory_region, slot)")
    static final int REGION_SLOT = 0;

    @CExpression("offsetof(struct kvm_userspace_memory_region, flags)")
    static final int REGION_FLAGS = 4;

    @CExpression("offsetof(struct kvm_userspace_memory_region, guest_phys_addr)")
    static final int REGION_GPA = 8;

    @CExpression("offsetof(struct kvm_userspace_memory_region, memory_size)")
    static final int REGION_BYTES = 16;

    @CExpression("offsetof(struct kvm_userspace_memory_region, userspace_addr)")
    static final int REGION_HVA = 24;

    @CExpression("KVM_MEM_LOG_DIRTY_PAGES")
    static final int MEM_LOG_DIRTY_PAGES = 1;

    @CExpression("KVM_MEM_READONLY")
    static final int MEM_READONLY = 2;

    @CExpression("sizeof(struct kvm_dirty_log)")
    static final int DIRTY_LOG_SIZE = 16;

    @CExpression("offsetof(struct kvm_dirty_log, slot)")
    static final int DIRTY_LOG_SLOT = 0;

    @CExpression("offsetof(struct kvm_dirty_log, dirty_bitmap)")
    static final int DIRTY_LOG_BITMAP = 8;

    // Registers

    @CExpression("sizeof(struct kvm_regs)")
    static final int REGS_SIZE = 144;

    @CExpression("offsetof(struct kvm_regs, rax)")
    static final int REGS_RAX = 0;

    @CExpression("offsetof(struct kvm_regs, rbx)")
    static final int REGS_RBX = 8;

    @CExpression("offsetof(struct kvm_regs, rcx)")
    static final int REGS_RCX = 16;

    @CExpression("offsetof(struct kvm_regs, rdx)")
    static final int REGS_RDX = 24;

    @CExpression("offsetof(struct kvm_regs, rsi)")
    static final int REGS_RSI = 32;

    @CExpression("offsetof(struct kvm_regs, rdi)")
    static final int REGS_RDI = 40;

    @CExpression("offsetof(struct kvm_regs, rsp)")
    static final int REGS_RSP = 48;

    @CExpression("offsetof(struct kvm_regs, rbp)")
    static final int REGS_RBP = 56;

    @CExpression("offsetof(struct kvm_regs, r8)")
    static final int REGS_R8 = 64;

    @CExpression("offsetof(struct kvm_regs, rip)")
    static final int REGS_RIP = 128;

    @CExpression("offsetof(struct kvm_regs, rflags)")
    static final int REGS_RFLAGS = 136;

    @CExpression("sizeof(struct kvm_sregs)")
    static final int SREGS_SIZE = 312;

    @CExpression("offsetof(struct kvm_sregs, cs)")
    static final int SREGS_CS = 0;

    @CExpression("offsetof(struct kvm_sregs, ds)")
    static final int SREGS_DS = 24;

    @CExpression("offsetof(struct kvm_sregs, es)")
    static final int SREGS_ES = 48;

    @CExpression("offsetof(struct kvm_sregs, fs)")
    static final int SREGS_FS = 72;

    @CExpression("offsetof(struct kvm_sregs, gs)")
    static final int SREGS_GS = 96;

    @CExpression("offsetof(struct kvm_sregs, ss)")
    static final int SREGS_SS = 120;

    @CExpression("offsetof(struct kvm_sregs, tr)")
    static final int SREGS_TR = 144;

    @CExpression("offsetof(struct kvm_sregs, ldt)")
    static final int SREGS_LDT = 168;

    @CExpression("offsetof(struct kvm_sregs, gdt)")
    static final int SREGS_GDT = 192;

    @CExpression("offsetof(struct kvm_sregs, idt)")
    static final int SREGS_IDT = 208;

    @CExpression("offsetof(struct kvm_sregs, cr0)")
    static final int SREGS_CR0 = 224;

    @CExpression("offsetof(struct kvm_sregs, cr2)")
    static final int SREGS_CR2 = 232;

    @CExpression("offsetof(struct kvm_sregs, cr3)")
    static final int SREGS_CR3 = 240;

    @CExpression("offsetof(struct kvm_sregs, cr4)")
    static final int SREGS_CR4 = 248;

    @CExpression("offsetof(struct kvm_sregs, cr8)")
    static final int SREGS_CR8 = 256;

    @CExpression("offsetof(struct kvm_sregs, efer)")
    static final int SREGS_EFER = 264;

    @CExpression("offsetof(struct kvm_sregs, apic_base)")
    static final int SREGS_APIC_BASE = 272;

    @CExpression("offsetof(struct kvm_sregs, interrupt_bitmap)")
    static final int SREGS_INTERRUPT_BITMAP = 280;

    @CExpression("offsetof(struct kvm_segment, base)")
    static final int SEGMENT_BASE = 0;

    @CExpression("offsetof(struct kvm_segment, limit)")
    static final int SEGMENT_LIMIT = 8;

    @CExpression("offsetof(struct kvm_segment, selector)")
    static final int SEGMENT_SELECTOR = 12;

    @CExpression("offsetof(struct kvm_segment, type)")
    static final int SEGMENT_TYPE = 14;

    @CExpression("offsetof(struct kvm_segment, present)")
    static final int SEGMENT_PRESENT = 15;

    @CExpression("offsetof(struct kvm_segment, dpl)")
    static final int SEGMENT_DPL = 16;

    @CExpression("offsetof(struct kvm_segment, db)")
    static final int SEGMENT_DB = 17;

    @CExpression("offsetof(struct kvm_segment, s)")
    static final int SEGMENT_S = 18;

    @CExpression("offsetof(struct kvm_segment, l)")
    static final int SEGMENT_L = 19;

    @CExpression("offsetof(struct kvm_segment, g)")
    static final int SEGMENT_G = 20;

    @CExpression("offsetof(struct kvm_segment, avl)")
    static final int SEGMENT_AVL = 21;

    @CExpression("offsetof(struct kvm_segment, unusable)")
    static final int SEGMENT_UNUSABLE = 22;

    @CExpression("offsetof(struct kvm_dtable, base)")
    static final int DTABLE_BASE = 0;

    @CExpression("offsetof(struct kvm_dtable, limit)")
    static final int DTABLE_LIMIT = 8;

    @CExpression("sizeof(struct kvm_debugregs)")
    static final int DEBUGREGS_SIZE = 128;

    @CExpression("offsetof(struct kvm_debugregs, db)")
    static final int DEBUGREGS_DB = 0;

    @CExpression("offsetof(struct kvm_debugregs, dr6)")
    static final int DEBUGREGS_DR6 = 32;

    @CExpression("offsetof(struct kvm_debugregs, dr7)")
    static final int DEBUGREGS_DR7 = 40;

    @CExpression("sizeof(struct kvm_xsave)")
    static final int XSAVE_SIZE = 4096;

    @CExpression("sizeof(struct kvm_xcrs)")
    static final int XCRS_SIZE = 392;

    @CExpression("offsetof(struct kvm_xcrs, nr_xcrs)")
    static final int XCRS_COUNT = 0;

    @CExpression("offsetof(struct kvm_xcrs, xcrs[0].xcr)")
    static final int XCRS_NUMBER = 8;

    @CExpression("offsetof(struct kvm_xcrs, xcrs[0].value)")
    static final int XCRS_VALUE = 16;

    @CExpression("sizeof(struct kvm_vcpu_events)")
    static final int EVENTS_SIZE = 64;

    @CExpression("offsetof(struct kvm_vcpu_events, interrupt.injected)")
    static final int EVENTS_INTERRUPT_INJECTED = 8;

    @CExpression("offsetof(struct kvm_vcpu_events, interrupt.nr)")
    static final int EVENTS_INTERRUPT_VECTOR = 9;

    @CExpression("offsetof(struct kvm_vcpu_events, interrupt.soft)")
    static final int EVENTS_INTERRUPT_SOFT = 10;

    @CExpression("offsetof(struct kvm_vcpu_events, interrupt.shadow)")
    static final int EVENTS_INTERRUPT_SHADOW = 11;

    @CExpression("offsetof(struct kvm_vcpu_events, flags)")
    static final int EVENTS_FLAGS = 20;

    @CExpression("KVM_VCPUEVENT_VALID_SHADOW")
    static final int EVENTS_VALID_SHADOW = 4;

    @CExpression("sizeof(struct kvm_interrupt)")
    static final int INTERRUPT_SIZE = 4;

    @CExpression("offsetof(struct kvm_msrs, nmsrs)")
    static final int MSRS_COUNT = 0;

    @CExpression("sizeof(struct kvm_msrs)")
    static final int MSRS_ENTRIES = 8;

    @CExpression("sizeof(struct kvm_msr_entry)")
    static final int MSR_ENTRY_SIZE = 16;

    @CExpression("offsetof(struct kvm_msr_entry, index)")
    static final int MSR_INDEX = 0;

    @CExpression("offsetof(struct kvm_msr_entry, data)")
    static final int MSR_DATA = 8;

    @CExpression("sizeof(struct kvm_msr_filter)")
    static final int MSR_FILTER_SIZE = 392;

    @CExpression("offsetof(struct kvm_msr_filter, flags)")
    static final int MSR_FILTER_FLAGS = 0;

    @CExpression("offsetof(struct kvm_msr_filter, ranges)")
    static final int MSR_FILTER_RANGES = 8;

    @CExpression("KVM_MSR_FILTER_MAX_RANGES")
    static final int MSR_FILTER_MAX_RANGES = 16;

    @CExpression("KVM_MSR_FILTER_DEFAULT_DENY")
    static final int MSR_FILTER_DEFAULT_DENY = 1;

    @CExpression("sizeof(struct kvm_msr_filter_range)")
    static final int MSR_RANGE_SIZE = 24;

    @CExpression("offsetof(struct kvm_msr_filter_range, flags)")
    static final int MSR_RANGE_FLAGS = 0;

    @CExpression("offsetof(struct kvm_msr_filter_range, nmsrs)")
    static final int MSR_RANGE_COUNT = 4;

    @CExpression("offsetof(struct kvm_msr_filter_range, base)")
    static final int MSR_RANGE_BASE = 8;

    @CExpression("offsetof(struct kvm_msr_filter_range, bitmap)")
    static final int MSR_RANGE_BITMAP = 16;

    @CExpression("KVM_MSR_FILTER_READ")
    static final int MSR_FILTER_READ = 1;

    @CExpression("KVM_MSR_FILTER_WRITE")
    static final int MSR_FILTER_WRITE = 2;

    // CPUID, signal mask, capabilities, translation

    @CExpression("sizeof(struct kvm_cpuid2)")
    static final int CPUID2_ENTRIES = 8;

    @CExpression("offsetof(struct kvm_cpuid2, nent)")
    static final int CPUID2_COUNT = 0;

    @CExpression("sizeof(struct kvm_cpuid_entry2)")
    static final int CPUID_ENTRY_SIZE = 40;

    @CExpression("offsetof(struct kvm_cpuid_entry2, function)")
    static final int CPUID_LEAF = 0;

    @CExpression("offsetof(struct kvm_cpuid_entry2, index)")
    static final int CPUID_SUBLEAF = 4;

    @CExpression("offsetof(struct kvm_cpuid_entry2, flags)")
    static final int CPUID_FLAGS = 8;

    @CExpression("offsetof(struct kvm_cpuid_entry2, eax)")
    static final int CPUID_EAX = 12;

    @CExpression("offsetof(struct kvm_cpuid_entry2, ebx)")
    static final int CPUID_EBX = 16;

    @CExpression("offsetof(struct kvm_cpuid_entry2, ecx)")
    static final int CPUID_ECX = 20;

    @CExpression("offsetof(struct kvm_cpuid_entry2, edx)")
    static final int CPUID_EDX = 24;

    @CExpression("KVM_CPUID_FLAG_SIGNIFCANT_INDEX")
    static final int CPUID_FLAG_SUBLEAF = 1;

    @CExpression("offsetof(struct kvm_signal_mask, len)")
    static final int SIGNAL_MASK_LENGTH = 0;

    @CExpression("offsetof(struct kvm_signal_mask, sigset)")
    static final int SIGNAL_MASK_SET = 4;

    @CExpression("sizeof(struct kvm_enable_cap)")
    static final int ENABLE_CAP_SIZE = 104;

    @CExpression("offsetof(struct kvm_enable_cap, cap)")
    static final int ENABLE_CAP_CAP = 0;

    @CExpression("offsetof(struct kvm_enable_cap, args)")
    static final int ENABLE_CAP_ARGS = 8;

    @CExpression("sizeof(struct kvm_translation)")
    static final int TRANSLATION_SIZE = 24;

    @CExpression("offsetof(struct kvm_translation, linear_address)")
    static final int TRANSLATION_LINEAR = 0;

    @CExpression("offsetof(struct kvm_translation, physical_address)")
    static final int TRANSLATION_GPA = 8;

    @CExpression("offsetof(struct kvm_translation, valid)")
    static final int TRANSLATION_VALID = 16;

    // Clock

    @CExpression("sizeof(struct kvm_clock_data)")
    static final int CLOCK_SIZE = 48;

    @CExpression("offsetof(struct kvm_clock_data, clock)")
    static final int CLOCK_NS = 0;

    @CExpression("sizeof(struct kvm_device_attr)")
    static final int DEVICE_ATTR_SIZE = 24;

    @CExpression("offsetof(struct kvm_device_attr, group)")
    static final int DEVICE_ATTR_GROUP = 4;

    @CExpression("offsetof(struct kvm_device_attr, attr)")
    static final int DEVICE_ATTR_ATTR = 8;

    @CExpression("offsetof(struct kvm_device_attr, addr)")
    static final int DEVICE_ATTR_ADDRESS = 16;

    @CExpression("KVM_VCPU_TSC_CTRL")
    static final int VCPU_TSC_CTRL = 0;

    @CExpression("KVM_VCPU_TSC_OFFSET")
    static final int VCPU_TSC_OFFSET = 0;

    // Requests to the device, to a machine, to a processor

    @CExpression("KVM_GET_API_VERSION")
    static final long GET_API_VERSION = io(0x00);

    @CExpression("KVM_CREATE_VM")
    static final long CREATE_VM = io(0x01);

    @CExpression("KVM_CHECK_EXTENSION")
    static final long CHECK_EXTENSION = io(0x03);

    @CExpression("KVM_GET_VCPU_MMAP_SIZE")
    static final long GET_VCPU_MMAP_SIZE = io(0x04);

    @CExpression("KVM_GET_SUPPORTED_CPUID")
    static final long GET_SUPPORTED_CPUID = iowr(0x05, CPUID2_ENTRIES);

    @CExpression("KVM_CREATE_VCPU")
    static final long CREATE_VCPU = io(0x41);

    @CExpression("KVM_GET_DIRTY_LOG")
    static final long GET_DIRTY_LOG = iow(0x42, DIRTY_LOG_SIZE);

    @CExpression("KVM_SET_USER_MEMORY_REGION")
    static final long SET_USER_MEMORY_REGION = iow(0x46, REGION_SIZE);

    @CExpression("KVM_SET_TSS_ADDR")
    static final long SET_TSS_ADDR = io(0x47);

    @CExpression("KVM_SET_IDENTITY_MAP_ADDR")
    static final long SET_IDENTITY_MAP_ADDR = iow(0x48, 8);

    @CExpression("KVM_RUN")
    static final long RUN = io(0x80);

    @CExpression("KVM_GET_REGS")
    static final long GET_REGS = ior(0x81, REGS_SIZE);

    @CExpression("KVM_SET_REGS")
    static final long SET_REGS = iow(0x82, REGS_SIZE);

    @CExpression("KVM_GET_SREGS")
    static final long GET_SREGS = ior(0x83, SREGS_SIZE);

    @CExpression("KVM_SET_SREGS")
    static final long SET_SREGS = iow(0x84, SREGS_SIZE);

    @CExpression("KVM_TRANSLATE")
    static final long TRANSLATE = iowr(0x85, TRANSLATION_SIZE);

    @CExpression("KVM_INTERRUPT")
    static final long INTERRUPT = iow(0x86, INTERRUPT_SIZE);

    @CExpression("KVM_GET_MSRS")
    static final long GET_MSRS = iowr(0x88, MSRS_ENTRIES);

    @CExpression("KVM_SET_MSRS")
    static final long SET_MSRS = iow(0x89, MSRS_ENTRIES);

    @CExpression("KVM_SET_SIGNAL_MASK")
    static final long SET_SIGNAL_MASK = iow(0x8b, SIGNAL_MASK_SET);

    @CExpression("KVM_SET_CPUID2")
    static final long SET_CPUID2 = iow(0x90, CPUID2_ENTRIES);

    @CExpression("KVM_GET_VCPU_EVENTS")
    static final long GET_VCPU_EVENTS = ior(0x9f, EVENTS_SIZE);

    @CExpression("KVM_SET_VCPU_EVENTS")
    static final long SET_VCPU_EVENTS = iow(0xa0, EVENTS_SIZE);

    @CExpression("KVM_GET_DEBUGREGS")
    static final long GET_DEBUGREGS = ior(0xa1, DEBUGREGS_SIZE);

    @CExpression("KVM_SET_DEBUGREGS")
    static final long SET_DEBUGREGS = iow(0xa2, DEBUGREGS_SIZE);

    @CExpression("KVM_ENABLE_CAP")
    static final long ENABLE_CAP = iow(0xa3, ENABLE_CAP_SIZE);

    @CExpression("KVM_GET_TSC_KHZ")
    static final long GET_TSC_KHZ = io(0xa3);

    @CExpression("KVM_GET_XSAVE")
    static final long GET_XSAVE = ior(0xa4, XSAVE_SIZE);

    @CExpression("KVM_SET_XSAVE")
    static final long SET_XSAVE = iow(0xa5, XSAVE_SIZE);

    @CExpression("KVM_GET_XCRS")
    static final long GET_XCRS = ior(0xa6, XCRS_SIZE);

    @CExpression("KVM_SET_XCRS")
    static final long SET_XCRS = iow(0xa7, XCRS_SIZE);

    @CExpression("KVM_X86_SET_MSR_FILTER")
    static final long X86_SET_MSR_FILTER = iow(0xc6, MSR_FILTER_SIZE);

    @CExpression("KVM_SET_CLOCK")
    static final long SET_CLOCK = iow(0x7b, CLOCK_SIZE);

    @CExpression("KVM_GET_CLOCK")
    static final long GET_CLOCK = ior(0x7c, CLOCK_SIZE);

    @CExpression("KVM_SET_DEVICE_ATTR")
    static final long SET_DEVICE_ATTR = iow(0xe1, DEVICE_ATTR_SIZE);

    @CExpression("KVM_GET_DEVICE_ATTR")
    static final long GET_DEVICE_ATTR = iow(0xe2, DEVICE_ATTR_SIZE);

    /** The type byte of KVM's requests. */
    private static final int KVMIO = 0xae;

    private Abi() {}

    // Request numbers, asm-generic/ioctl.h: direction, size of the argument, type, number.

    private static long io(int number) {
        return (long) KVMIO << 8 | number;
    }

    private static long iow(int number, int bytes) {
        return 1L << 30 | (long) bytes << 16 | io(number);
    }

    private static long ior(int number, int bytes) {
        return 2L << 30 | (long) bytes << 16 | io(number);
    }

    private static long iowr(int number, int bytes) {
        return 3L << 30 | (long) bytes << 16 | io(number);
    }
}
