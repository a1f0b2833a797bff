package vmm.openbsd;

/**
 * Numbers and structure layouts of OpenBSD 7.8's vmm(4) for amd64, all in this one table. An offset
 * is in bytes from the start of the structure that its name begins with.
 */
final class Abi {
    // Requests: direction, size of the argument, group 'V', number.

    static final long CREATE = 0xca60_5601L;
    static final long RUN = 0xc028_5602L;
    static final long INFO = 0xc018_5603L;
    static final long TERM = 0x8004_5604L;
    static final long RESETCPU = 0x8240_5605L;
    static final long INTR = 0x800c_5606L;
    static final long READREGS = 0xc248_5607L;
    static final long WRITEREGS = 0x8248_5608L;
    static final long READVMPARAMS = 0xc020_5609L;
    static final long WRITEVMPARAMS = 0x8020_560aL;
    static final long SHAREMEM = 0xc290_560bL;

    // struct vm_create_params

    static final int CREATE_SIZE = 2656;
    static final int CREATE_RANGE_COUNT = 0, CREATE_CPU_COUNT = 8, CREATE_RANGES = 16;
    static final int CREATE_NAME = 528, CREATE_ID = 600;
    static final int NAME_LENGTH = 64, MAX_RANGES = 16;

    // struct vm_mem_range

    static final int RANGE_SIZE = 32;
    static final int RANGE_GPA = 0, RANGE_VA = 8, RANGE_BYTES = 16, RANGE_TYPE = 24;
    static final int RAM = 0, RESERVED = 1, MMIO = 2;

    // struct vm_run_params

    static final int RUN_SIZE = 40;
    static final int RUN_VM = 0, RUN_VCPU = 4, RUN_VECTOR = 8, RUN_ERROR = 12, RUN_INJECT = 16;
    static final int RUN_PENDING = 20, RUN_EXIT = 24, RUN_REASON = 32, RUN_READY = 34;
    static final int INJECT_NONE = 0, INJECT_INTERRUPT = 1, INJECT_EXCEPTION = 2, INJECT_NMI = 3;

    // struct vm_exit: what has happened, then the registers

    static final int EXIT_SIZE = 600;
    static final int EXIT_REGISTERS = 24, EXIT_CPL = 592;
    static final int IO_BYTES = 0, IO_DIRECTION = 1, IO_REP = 2, IO_STRING = 3, IO_ENCODING = 4;
    static final int IO_PORT = 6, IO_DATA = 8, IO_LENGTH = 12;
    static final int OUT = 0, IN = 1;
    static final int FAULT_TYPE = 0;
    static final int FAULT_HANDLED = 1, FAULT_MMIO_ASSIST = 2, FAULT_PROTECT = 3;

    // struct vm_resetcpu_params, vm_intr_params, vm_rwregs_params, vm_terminate_params

    static final int RESET_SIZE = 576, RESET_REGISTERS = 8;
    static final int INTR_SIZE = 12, INTR_PENDING = 8;
    static final int REGISTERS_SIZE = 584, REGISTERS_MASK = 8, REGISTERS_STATE = 16;
    static final int ALL_REGISTERS = 0x1f;
    static final int TERM_SIZE = 4;

    /** The machine and the processor, at the start of most structures. */
    static final int VM = 0, VCPU = 4;

    // struct vcpu_reg_state

    static final int STATE_SIZE = 568;
    static final int STATE_GPRS = 0, STATE_CONTROL = 144, STATE_MSRS = 224, STATE_DEBUG = 280;
    static final int STATE_SEGMENTS = 328, STATE_GDTR = 520, STATE_IDTR = 544;
    static final int GPR_RAX = 0, GPR_RIP = 16, GPR_RFLAGS = 17;
    static final int GPRS = 18, CONTROLS = 10, MSRS = 7, DEBUGS = 6, SEGMENTS = 8;
    static final int CR0 = 0, CR2 = 1, CR3 = 2, CR4 = 3, CR8 = 4, XCR0 = 5, PDPTE0 = 6;
    static final int MSR_MISC_ENABLE = 6;

    // struct vcpu_segment_info

    static final int SEGMENT_SIZE = 24;
    static final int SEGMENT_SELECTOR = 0, SEGMENT_LIMIT = 4, SEGMENT_ACCESS = 8, SEGMENT_BASE = 16;

    // Exit reasons: the numbers of the hardware, VT-x and AMD-V mixed, and two of vmm's own

    static final int VMX_EXTERNAL_INTERRUPT = 1, VMX_TRIPLE_FAULT = 2, VMX_INTERRUPT_WINDOW = 7;
    static final int VMX_CPUID = 10, VMX_HLT = 12, VMX_IO = 30, VMX_RDMSR = 31, VMX_WRMSR = 32;
    static final int VMX_EPT_VIOLATION = 48;
    static final int SVM_INTERRUPT = 0x60, SVM_VINTR = 0x64, SVM_CPUID = 0x72, SVM_HLT = 0x78;
    static final int SVM_IO = 0x7b, SVM_MSR = 0x7c, SVM_SHUTDOWN = 0x7f, SVM_NPF = 0x400;
    static final int TERMINATED = 0xfffe, NONE = 0xffff;

    private Abi() {}
}
