package vmm.engine;

/**
 * The architectural state of a processor at an instruction boundary, in a form that every engine
 * can give and take.
 *
 * @param gpr RAX RCX RDX RBX RSP RBP RSI RDI R8..R15
 * @param segments ES CS SS DS FS GS LDTR TR, in this order
 * @param control CR0 CR2 CR3 CR4 CR8 and XCR0
 * @param debug DR0..DR3 DR6 DR7
 * @param msrs EFER STAR LSTAR CSTAR SFMASK KERNEL_GS_BASE SYSENTER_CS SYSENTER_ESP SYSENTER_EIP PAT
 *     TSC
 * @param fxsave the 512 bytes of FXSAVE64
 * @param halted whether the processor waits in HLT
 */
public record CpuState(
        long[] gpr,
        long rip,
        long rflags,
        SegmentState[] segments,
        long gdtBase,
        int gdtLimit,
        long idtBase,
        int idtLimit,
        long[] control,
        long[] debug,
        long[] msrs,
        byte[] fxsave,
        boolean halted) {}
