package vmm.cpu.isa;

import static vmm.cpu.isa.Facts.DEFAULT_64;
import static vmm.cpu.isa.Facts.ENDS_BLOCK;
import static vmm.cpu.isa.Facts.FORCE_64;
import static vmm.cpu.isa.Facts.NOT_64;
import static vmm.cpu.isa.Facts.NOT_TESTABLE;
import static vmm.cpu.isa.Facts.ONLY_64;

/**
 * Rows of the instructions on segments and privilege (family SEGMENT) and on the processor itself
 * (family SYSTEM), SDM volume 2 appendix A.
 */
public final class SystemRows {
    private static final int G = Family.SEGMENT << 6;

    /** Plus the number of the segment register. */
    public static final int PUSH_SEGMENT = G, POP_SEGMENT = G + 6, LOAD_FAR = G + 12;

    public static final int MOV_FROM_SEGMENT = G + 18,
            MOV_TO_SEGMENT = G + 19,
            JMP_FAR = G + 20,
            CALL_FAR = G + 21,
            JMP_FAR_MEMORY = G + 22,
            CALL_FAR_MEMORY = G + 23,
            RET_FAR = G + 24,
            RET_FAR_IMM = G + 25,
            IRET = G + 26,
            INT = G + 27,
            INT3 = G + 28,
            INTO = G + 29,
            INT1 = G + 30,
            SYSCALL = G + 31,
            SYSRET = G + 32,
            SYSENTER = G + 33,
            SYSEXIT = G + 34,
            LAR = G + 35,
            LSL = G + 36,
            VERR = G + 37,
            VERW = G + 38,
            ARPL = G + 39,
            LLDT = G + 40,
            LTR = G + 41,
            SLDT = G + 42,
            STR = G + 43,
            SWAPGS = G + 44;

    private static final int S = Family.SYSTEM << 6;

    public static final int SGDT = S,
            SIDT = S + 1,
            LGDT = S + 2,
            LIDT = S + 3,
            SMSW = S + 4,
            LMSW = S + 5,
            INVLPG = S + 6,
            CLTS = S + 7,
            MOV_FROM_CR = S + 8,
            MOV_TO_CR = S + 9,
            MOV_FROM_DR = S + 10,
            MOV_TO_DR = S + 11,
            WBINVD = S + 12,
            RDMSR = S + 13,
            WRMSR = S + 14,
            CPUID = S + 15,
            RDTSC = S + 16,
            RDTSCP = S + 17,
            RDPMC = S + 18,
            RDPID = S + 19,
            HLT = S + 20,
            CLI = S + 21,
            STI = S + 22,
            CLAC = S + 23,
            STAC = S + 24,
            RDFSBASE = S + 25,
            RDGSBASE = S + 26,
            WRFSBASE = S + 27,
            WRGSBASE = S + 28,
            RANDOM = S + 29,
            CACHE_LINE = S + 30,
            FENCE = S + 31;

    /** The XSAVE feature set. */
    public static final int XGETBV = S + 32,
            XSETBV = S + 33,
            XSAVE = S + 34,
            XSAVEOPT = S + 35,
            XSAVEC = S + 36,
            XSAVES = S + 37,
            XRSTOR = S + 38,
            XRSTORS = S + 39;

    public static final int RDPKRU = S + 40, WRPKRU = S + 41, INVPCID = S + 42;

    private SystemRows() {}

    static void define(Table t) {
        segmentRegisters(t);
        farTransfers(t);
        descriptorTables(t);
        controlRegisters(t);
        modelSpecific(t);
        caches(t);
        extendedState(t);
    }

    private static void segmentRegisters(Table t) {
        t.row("06", PUSH_SEGMENT, "", NOT_64, NOT_TESTABLE);
        t.row("0E", PUSH_SEGMENT + 1, "", NOT_64, NOT_TESTABLE);
        t.row("16", PUSH_SEGMENT + 2, "", NOT_64, NOT_TESTABLE);
        t.row("1E", PUSH_SEGMENT + 3, "", NOT_64, NOT_TESTABLE);
        t.row("0F A0", PUSH_SEGMENT + 4, "", DEFAULT_64, NOT_TESTABLE);
        t.row("0F A8", PUSH_SEGMENT + 5, "", DEFAULT_64, NOT_TESTABLE);
        t.row("07", POP_SEGMENT, "", NOT_64, NOT_TESTABLE);
        t.row("17", POP_SEGMENT + 2, "", NOT_64, NOT_TESTABLE);
        t.row("1F", POP_SEGMENT + 3, "", NOT_64, NOT_TESTABLE);
        t.row("0F A1", POP_SEGMENT + 4, "", DEFAULT_64, NOT_TESTABLE);
        t.row("0F A9", POP_SEGMENT + 5, "", DEFAULT_64, NOT_TESTABLE);
        t.row("C4", LOAD_FAR, "Gv Mp", NOT_64, NOT_TESTABLE);
        t.row("C5", LOAD_FAR + 3, "Gv Mp", NOT_64, NOT_TESTABLE);
        t.row("0F B2", LOAD_FAR + 2, "Gv Mp", NOT_TESTABLE);
        t.row("0F B4", LOAD_FAR + 4, "Gv Mp", NOT_TESTABLE);
        t.row("0F B5", LOAD_FAR + 5, "Gv Mp", NOT_TESTABLE);
        t.row("8C", MOV_FROM_SEGMENT, "Ev Sw", NOT_TESTABLE);
        t.row("8E", MOV_TO_SEGMENT, "Sw Ew", NOT_TESTABLE);
        t.row("0F 01 F8", SWAPGS, "", ONLY_64, NOT_TESTABLE);
        t.row("63", ARPL, "Ew Gw", NOT_64);
        t.row("0F 02", LAR, "Gv Ew", NOT_TESTABLE);
        t.row("0F 03", LSL, "Gv Ew", NOT_TESTABLE);
        t.row("0F 00 /0", SLDT, "Ev", NOT_TESTABLE);
        t.row("0F 00 /1", STR, "Ev", NOT_TESTABLE);
        t.row("0F 00 /2", LLDT, "Ew", NOT_TESTABLE);
        t.row("0F 00 /3", LTR, "Ew", NOT_TESTABLE);
        t.row("0F 00 /4", VERR, "Ew", NOT_TESTABLE);
        t.row("0F 00 /5", VERW, "Ew", NOT_TESTABLE);
    }

    private static void farTransfers(Table t) {
        t.row("9A", CALL_FAR, "Ap", NOT_64, ENDS_BLOCK, NOT_TESTABLE);
        t.row("EA", JMP_FAR, "Ap", NOT_64, ENDS_BLOCK, NOT_TESTABLE);
        t.row("FF /3", CALL_FAR_MEMORY, "Mp", ENDS_BLOCK, NOT_TESTABLE);
        t.row("FF /5", JMP_FAR_MEMORY, "Mp", ENDS_BLOCK, NOT_TESTABLE);
        t.row("CA", RET_FAR_IMM, "Iw", ENDS_BLOCK, NOT_TESTABLE);
        t.row("CB", RET_FAR, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("CF", IRET, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("CD", INT, "Ib", ENDS_BLOCK, NOT_TESTABLE);
        t.row("CC", INT3, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("CE", INTO, "", NOT_64, ENDS_BLOCK, NOT_TESTABLE);
        t.row("F1", INT1, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("0F 05", SYSCALL, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("0F 07", SYSRET, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("0F 34", SYSENTER, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("0F 35", SYSEXIT, "", ENDS_BLOCK, NOT_TESTABLE);
    }

    private static void descriptorTables(Table t) {
        t.row("0F 01 /0", SGDT, "M", FORCE_64, NOT_TESTABLE);
        t.row("0F 01 /1", SIDT, "M", FORCE_64, NOT_TESTABLE);
        t.row("0F 01 /2", LGDT, "M", FORCE_64, NOT_TESTABLE);
        t.row("0F 01 /3", LIDT, "M", FORCE_64, NOT_TESTABLE);
        t.row("0F 01 /4", SMSW, "Ev", NOT_TESTABLE);
        t.row("0F 01 /6", LMSW, "Ew", ENDS_BLOCK, NOT_TESTABLE);
        t.row("0F 01 /7", INVLPG, "Mb", ENDS_BLOCK, NOT_TESTABLE);
        t.row("66 0F 38 82", INVPCID, "Gy M", FORCE_64, ENDS_BLOCK, NOT_TESTABLE);
        t.row("NP 0F 01 CA", CLAC, "", NOT_TESTABLE);
        t.row("NP 0F 01 CB", STAC, "", NOT_TESTABLE);
        t.row("0F 01 F9", RDTSCP, "", NOT_TESTABLE);
    }

    private static void controlRegisters(Table t) {
        t.row("0F 06", CLTS, "", NOT_TESTABLE);
        t.row("0F 20", MOV_FROM_CR, "Rd Cd", NOT_TESTABLE);
        t.row("0F 22", MOV_TO_CR, "Cd Rd", ENDS_BLOCK, NOT_TESTABLE);
        t.row("0F 21", MOV_FROM_DR, "Rd Dd", NOT_TESTABLE);
        t.row("0F 23", MOV_TO_DR, "Dd Rd", ENDS_BLOCK, NOT_TESTABLE);
        t.row("F4", HLT, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("FA", CLI, "", NOT_TESTABLE);
        t.row("FB", STI, "", ENDS_BLOCK, NOT_TESTABLE);
    }

    private static void modelSpecific(Table t) {
        t.row("0F 30", WRMSR, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("0F 32", RDMSR, "", NOT_TESTABLE);
        t.row("0F 31", RDTSC, "", NOT_TESTABLE);
        t.row("0F 33", RDPMC, "", NOT_TESTABLE);
        t.row("0F A2", CPUID, "", NOT_TESTABLE);
        t.row("F3 0F AE /0", RDFSBASE, "Ry", ONLY_64, NOT_TESTABLE);
        t.row("F3 0F AE /1", RDGSBASE, "Ry", ONLY_64, NOT_TESTABLE);
        t.row("F3 0F AE /2", WRFSBASE, "Ry", ONLY_64, NOT_TESTABLE);
        t.row("F3 0F AE /3", WRGSBASE, "Ry", ONLY_64, NOT_TESTABLE);
        t.row("NP 0F C7 /6", RANDOM, "Rv", NOT_TESTABLE);
        t.row("66 0F C7 /6", RANDOM, "Rv", NOT_TESTABLE);
        t.row("NP 0F C7 /7", RANDOM, "Rv", NOT_TESTABLE);
        t.row("66 0F C7 /7", RANDOM, "Rv", NOT_TESTABLE);
        t.row("NP 0F 01 EE", RDPKRU, "", NOT_TESTABLE);
        t.row("NP 0F 01 EF", WRPKRU, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("F3 0F C7 /7", RDPID, "Rd", NOT_TESTABLE);
    }

    private static void caches(Table t) {
        t.row("0F 08", WBINVD, "", NOT_TESTABLE); // INVD: there is no cache that could lose data
        t.row("0F 09", WBINVD, "", NOT_TESTABLE);
        t.row("NP 0F AE E8+i", FENCE, "");
        t.row("NP 0F AE F0+i", FENCE, "");
        t.row("NP 0F AE F8+i", FENCE, "");
        t.row("NP 0F AE /7", CACHE_LINE, "Mb"); // CLFLUSH
        t.row("66 0F AE /7", CACHE_LINE, "Mb"); // CLFLUSHOPT
        t.row("66 0F AE /6", CACHE_LINE, "Mb"); // CLWB
    }

    private static void extendedState(Table t) {
        t.row("NP 0F 01 D0", XGETBV, "", NOT_TESTABLE);
        t.row("NP 0F 01 D1", XSETBV, "", ENDS_BLOCK, NOT_TESTABLE);
        t.row("NP 0F AE /4", XSAVE, "M", NOT_TESTABLE);
        t.row("NP 0F AE /5", XRSTOR, "M", NOT_TESTABLE);
        t.row("NP 0F AE /6", XSAVEOPT, "M", NOT_TESTABLE);
        t.row("NP 0F C7 /3", XRSTORS, "M", NOT_TESTABLE);
        t.row("NP 0F C7 /4", XSAVEC, "M", NOT_TESTABLE);
        t.row("NP 0F C7 /5", XSAVES, "M", NOT_TESTABLE);
    }
}
