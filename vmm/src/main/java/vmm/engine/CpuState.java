package vmm.engine;

/**
 * The architectural state of a processor at an instruction boundary, in a form that every engine
 * can give and take.
 *
 * @param gpr RAX RCX RDX RBX RSP RBP RSI RDI R8..R15
 * @param segments ES CS SS DS FS GS LDTR TR, in this order
 * @param control CR0 CR2 CR3 CR4 CR8 XCR0, and PKRU if the engine knows it
 * @param debug DR0..DR3 DR6 DR7
 * @param msrs EFER STAR LSTAR CSTAR SFMASK KERNEL_GS_BASE SYSENTER_CS SYSENTER_ESP SYSENTER_EIP PAT
 *     TSC
 * @param fxsave the 512 bytes of FXSAVE64; or 832, with header and upper halves of YMM0..15 behind
 *     them as in the standard form of XSAVE
 * @param halted whether the processor waits in HLT
 * @param interruptShadow whether interrupts wait for the end of the next instruction (after STI,
 *     MOV SS, POP SS)
 * @param pendingVector a vector that the interrupt controller has given away already and that the
 *     processor still has to deliver, before anything else; or -1
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
        boolean halted,
        boolean interruptShadow,
        int pendingVector) {

    /** A processor that is between interrupts. */
    public CpuState(
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
            boolean halted) {
        this(
                gpr, rip, rflags, segments, gdtBase, gdtLimit, idtBase, idtLimit, control, debug,
                msrs, fxsave, halted, false, -1);
    }
}
