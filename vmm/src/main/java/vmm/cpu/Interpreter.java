package vmm.cpu;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import vmm.cpu.decode.Decoder;
import vmm.cpu.exec.Hot;
import vmm.cpu.exec.Interrupts;
import vmm.cpu.exec.Specialiser;
import vmm.cpu.isa.CpuLevel;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Family;
import vmm.cpu.isa.SystemRows;
import vmm.cpu.isa.Table;
import vmm.cpu.jit.Region;
import vmm.cpu.mmu.CodeMappings;
import vmm.engine.Exit;
import vmm.mem.GuestMemory;

/**
 * The run loop: finds the block at RIP, executes its instructions, delivers what they throw, and
 * between blocks looks whether anything else wants attention.
 *
 * <p>A block is found by linear address, and is right as long as {@link Block#stamp} is: it names
 * the mode and the state of the mappings, see {@link CodeMappings}. When the stamp is old, the
 * block's physical address decides.
 */
public final class Interpreter {
    // Reasons for attention.
    private static final int INTERRUPT = 1, KICK = 2, CODE = 4, STOPPED = 8, TRAP = 16, NMI = 32;

    private static final int MAX_BLOCK = 32;

    /** Jumps back in translated code before the next look at what wants attention. */
    private static final int JUMPS_BACK = 256;

    /** Blocks between two returns from the hot loop, so that it is compiled as a whole. */
    private static final int SLICE = 1000;

    /** One table for each level, built when it is first needed. */
    private static final @Nullable Table[] TABLES = new Table[CpuLevel.values().length];

    private final Cpu cpu;
    private final BlockCache cache;
    final Regions regions;
    private final Block[] recent;
    private final CodeMappings code;
    private final CodeReader reader;
    private final Decoder decoder;
    private final Insn[] scratch = new Insn[MAX_BLOCK];

    private final AtomicInteger attention = new AtomicInteger();
    private final ConcurrentLinkedQueue<Long> writtenPages = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread owner;

    public Interpreter(Cpu cpu) {
        this.cpu = cpu;
        decoder = new Decoder(table(cpu.level));
        GuestMemory memory = cpu.mmu.memory();
        cache = new BlockCache(memory);
        regions = new Regions(cpu, cache);
        recent = cache.recent;
        code = cpu.mmu.code;
        reader = new CodeReader(cpu, memory);
        memory.addCodeListener(this::codeWritten);
        stateChanged();
    }

    private static synchronized Table table(CpuLevel level) {
        Table table = TABLES[level.ordinal()];
        if (table == null) {
            table = Table.standard(level);
            TABLES[level.ordinal()] = table;
        }
        return table;
    }

    // From any thread

    private void raise(int reason) {
        if ((attention.getAndAccumulate(reason, (a, b) -> a | b) & reason) == 0) {
            LockSupport.unpark(owner);
        }
    }

    private void clear(int reason) {
        if ((attention.getPlain() & reason) != 0) {
            attention.getAndAccumulate(~reason, (a, b) -> a & b);
        }
    }

    /** Level of the INTR pin. */
    public void interruptLine(boolean asserted) {
        if (asserted) {
            raise(INTERRUPT);
        } else {
            clear(INTERRUPT);
        }
    }

    /** Asks for a non-maskable interrupt. */
    public void nonMaskable() {
        raise(NMI);
    }

    /** Makes {@link #run} return soon. */
    public void kick() {
        raise(KICK);
    }

    private void codeWritten(long pageGpa) {
        if (Thread.currentThread() == owner) {
            cache.dropPage(pageGpa);
        } else {
            writtenPages.add(pageGpa);
            raise(CODE);
        }
    }

    // On the owner's thread

    /** Instructions executed since creation. */
    public long instructions() {
        return cpu.instructions;
    }

    /** To be called when somebody else has changed the processor's state. */
    public void stateChanged() {
        raise(STOPPED | TRAP);
    }

    /** Runs until something outside the processor is needed. */
    public Exit run() {
        owner = Thread.currentThread();
        while (true) {
            Exit exit = attention.getPlain() == 0 ? null : attend();
            if (exit != null) {
                return exit;
            }
            try {
                runBlocks();
            } catch (GuestFault fault) {
                deliver(fault);
            }
        }
    }

    /** Executes one instruction and delivers what it throws. */
    public void step() {
        try {
            executeNext();
        } catch (GuestFault fault) {
            deliver(fault);
        }
    }

    /**
     * Executes one instruction. What it throws is not delivered: RIP is back at the instruction
     * then. A repeated string instruction may count as several.
     */
    public void executeNext() {
        owner = Thread.currentThread();
        dropWritten();
        boolean armed = cpu.breakpoints.armed;
        if (armed && breakpoint()) {
            return;
        }
        cpu.interruptShadow = false;
        cpu.debugShadow = false;
        boolean trap = (cpu.rflags & Cpu.FLAG_TF) != 0;
        long start = cpu.rip;
        int task = cpu.segmentSelector[Cpu.TR];
        Block block = build(linear(), 1);
        Insn insn = block.insns[0];
        try {
            execute(block);
        } catch (GuestFault fault) {
            cpu.breakpoints.pending = 0; // the instruction will come again
            throw fault;
        }
        if (armed) {
            resumeFlag(insn, start, task);
        }
        trap &= traps(insn);
        if ((trap || cpu.breakpoints.pending != 0) && !cpu.debugShadow) {
            int reasons = cpu.breakpoints.pending | (trap ? Interrupts.SINGLE_STEP : 0);
            cpu.breakpoints.pending = 0;
            Interrupts.debugTrap(cpu, reasons);
        }
    }

    /** Delivers a breakpoint on the instruction at RIP if there is one that counts. */
    private boolean breakpoint() {
        if ((cpu.rflags & Cpu.FLAG_RF) != 0 || cpu.debugShadow) {
            return false;
        }
        int met = cpu.breakpoints.instruction(linear());
        if (met != 0) {
            Interrupts.debugFault(cpu, met);
        }
        return met != 0;
    }

    /**
     * RF lasts for one instruction, SDM volume 3 section 17.3.1.1; a repeated one that is not yet
     * done goes on without another breakpoint.
     */
    private void resumeFlag(Insn insn, long start, int task) {
        boolean unfinished = insn.repeat != 0 && cpu.rip == start;
        if (unfinished) {
            cpu.rflags |= Cpu.FLAG_RF;
        } else if (insn.op != SystemRows.IRET && task == cpu.segmentSelector[Cpu.TR]) {
            cpu.rflags &= ~(long) Cpu.FLAG_RF;
        }
    }

    /** What enters a handler clears TF and is not trapped itself; anything else is. */
    private boolean traps(Insn i) {
        int family = i.op >> 6;
        boolean transfer = family == Family.SYSTEM || family == Family.SEGMENT;
        return !transfer || (cpu.rflags & Cpu.FLAG_TF) != 0;
    }

    private void deliver(GuestFault fault) {
        Interrupts.exception(cpu, fault);
        noteEvents();
    }

    /**
     * Deals with one reason for attention, or executes what may be executed while it waits; says
     * whether {@link #run} has to return.
     */
    private @Nullable Exit attend() {
        int reasons = attention.get();
        if ((reasons & CODE) != 0) {
            dropWritten();
        }
        if ((reasons & KICK) != 0) {
            clear(KICK);
            return Exit.KICKED;
        }
        if (cpu.shutdown) {
            return Exit.TRIPLE_FAULT;
        }
        if (cpu.interruptShadow) {
            step();
            return null;
        }
        if ((reasons & NMI) != 0 && !cpu.nmiBlocked) {
            clear(NMI);
            Interrupts.nonMaskable(cpu);
        } else if ((reasons & INTERRUPT) != 0 && (cpu.rflags & Cpu.FLAG_IF) != 0) {
            Interrupts.external(cpu, cpu.platform.acknowledgeInterrupt());
        } else if (cpu.halted) {
            return halt();
        }
        return proceed();
    }

    private @Nullable Exit halt() {
        if ((cpu.rflags & Cpu.FLAG_IF) == 0) {
            return Exit.HALTED_FOREVER;
        }
        while ((attention.get() & (INTERRUPT | KICK | NMI)) == 0) {
            LockSupport.park(this);
            dropWritten();
        }
        return null;
    }

    /** Goes on although there are reasons for attention, and forgets those that are none now. */
    private @Nullable Exit proceed() {
        if (stepped()) {
            step();
            return null;
        }
        clear(TRAP | (cpu.halted || cpu.shutdown ? 0 : STOPPED));
        try {
            execute(lookup());
        } catch (GuestFault fault) {
            deliver(fault);
        }
        return null;
    }

    private void dropWritten() {
        clear(CODE);
        Long page = writtenPages.poll();
        while (page != null) {
            cache.dropPage(page);
            page = writtenPages.poll();
        }
    }

    // The hot loop

    private void runBlocks() {
        Block block = cache.nowhere();
        for (int n = 0; n < SLICE && attention.getOpaque() == 0; n++) {
            long linear = linear();
            Block next = recent[BlockCache.slot(linear)];
            if (next.linear != linear
                    || !current(next.stamp)
                    || cpu.codeLimited && !inLimit(next)) {
                next = lookup();
            }
            block = next;
            execute(block);
        }
    }

    private long linear() {
        long linear = cpu.segmentBase[Cpu.CS] + cpu.rip;
        return cpu.codeSize == 8 ? linear : linear & 0xffff_ffffL;
    }

    private boolean current(long stamp) {
        return stamp == code.stamp(cpu.mode) || stamp == code.globalStamp(cpu.mode);
    }

    private void execute(Block block) {
        cpu.interruptShadow = false;
        Region region = block.region;
        if (region != null && region.fits(cpu)) {
            region.run(cpu.rip, JUMPS_BACK);
            return;
        }
        long start = cpu.rip;
        try {
            once(block);
            if (cpu.rip == start && block.plain) {
                repeat(block, start);
            }
        } catch (GuestFault fault) {
            rewind(block, start);
            throw fault;
        }
        if (block.eventful) {
            noteEvents();
        }
    }

    private void once(Block block) {
        Hot.run(cpu, block.insns);
        if (!block.dropped()) { // else it was left before its end, where the fused ones are
            cpu.instructions += block.fused;
        }
        if (++block.runs == block.translateAt) {
            regions.translate(block);
        }
    }

    /** Executes a block that has jumped to its own start for as long as it does. */
    private void repeat(Block block, long start) {
        while (cpu.rip == start
                && block.region == null
                && attention.getOpaque() == 0
                && !block.dropped()) {
            once(block);
        }
    }

    /** Puts RIP, now behind the instruction that faulted, back to it. */
    private void rewind(Block block, long start) {
        long ip = start;
        for (Insn i : block.decoded()) {
            cpu.instructions++;
            if (ip + i.length == cpu.rip) {
                break;
            }
            ip += i.length;
        }
        cpu.rip = ip;
    }

    private void noteEvents() {
        if (cpu.halted || cpu.shutdown) {
            raise(STOPPED);
        }
        if (stepped()) {
            raise(TRAP);
        }
    }

    /** Whether something may come between any two instructions. */
    private boolean stepped() {
        return (cpu.rflags & Cpu.FLAG_TF) != 0 || cpu.breakpoints.armed;
    }

    // Blocks

    /** The block at RIP, with a fresh stamp; or the fault of fetching it. */
    private Block lookup() {
        long linear = linear();
        long gpa = cpu.mmu.fetchGpa(linear);
        Block block = cache.find(gpa, cpu.mode);
        if (block == null || !fits(block, linear)) {
            block = build(linear, MAX_BLOCK);
            if (!reader.inRam()) {
                return block;
            }
            if (block.secondPage < 0 || cache.find(gpa, cpu.mode) == null) {
                cache.add(block);
            }
        }
        stamp(block, linear);
        recent[BlockCache.slot(linear)] = block;
        return block;
    }

    private void stamp(Block block, long linear) {
        boolean global = cpu.mmu.fetchedGlobal(linear);
        code.found(linear);
        if (block.secondPage >= 0) {
            global = false;
            code.found(behind(linear));
        }
        block.linear = linear;
        block.stamp = global ? code.globalStamp(cpu.mode) : code.stamp(cpu.mode);
    }

    /** The page behind that of {@code linear}. */
    private long behind(long linear) {
        long next = (linear | GuestMemory.PAGE_SIZE - 1) + 1;
        return cpu.longMode() ? next : next & 0xffff_ffffL;
    }

    /**
     * Whether a block that was found by its first page is also right in the next one, and in CS.
     */
    private boolean fits(Block block, long linear) {
        if (block.secondPage >= 0) {
            if (cpu.mmu.fetchGpa(behind(linear)) != block.secondPage) {
                return false;
            }
        }
        return !cpu.codeLimited || inLimit(block);
    }

    /** Whether all bytes of the block at RIP are in the code segment. */
    private boolean inLimit(Block block) {
        return cpu.rip + block.length - 1 <= Integer.toUnsignedLong(cpu.segmentLimit[Cpu.CS]);
    }

    private Block build(long linear, int most) {
        reader.start(cpu.rip, linear);
        int count = 0;
        int length = 0;
        boolean open = true;
        while (open && count < most && (count == 0 || sameAs(linear, length))) {
            Insn i = decode(linear, length, count == 0);
            if (i == null || count > 0 && reader.secondPage() >= 0) {
                reader.seek(cpu.rip, linear);
                break;
            }
            scratch[count++] = i;
            length += i.length;
            open = reader.secondPage() < 0 && !endsBlock(i);
        }
        Insn last = scratch[count - 1];
        int family = last.op >> 6;
        boolean eventful =
                family == Family.SYSTEM || family == Family.SEGMENT || family == Family.FLAG;
        long gpa = reader.firstPage() | linear & GuestMemory.PAGE_SIZE - 1;
        int left = Specialiser.specialise(scratch, count, cpu.codeLimited);
        Block block =
                new Block(
                        Arrays.copyOf(scratch, left),
                        gpa,
                        cpu.mode,
                        length,
                        reader.secondPage(),
                        eventful,
                        count - left,
                        !eventful && most > 1);
        block.translateAt = regions.translateAt(block);
        return block;
    }

    /** Whether the byte behind {@code length} bytes is in the page of the first one. */
    private static boolean sameAs(long linear, int length) {
        return (linear & GuestMemory.PAGE_SIZE - 1) + length < GuestMemory.PAGE_SIZE;
    }

    /** A repeated string instruction may leave RIP on itself. */
    private boolean endsBlock(Insn i) {
        return decoder.form().is(Facts.ENDS_BLOCK) || i.op >> 6 == Family.STRING && i.repeat != 0;
    }

    /** The instruction, or null if it is none; the first one's fault is thrown. */
    private @Nullable Insn decode(long linear, int length, boolean first) {
        reader.seek(cpu.rip + length, linear + length);
        Insn i = new Insn();
        try {
            int result = decoder.decode(reader, cpu.codeSize, cpu.protectedMode(), i);
            if (result == Decoder.OK) {
                return i;
            }
            if (first) {
                throw result == Decoder.TOO_LONG ? cpu.protection() : cpu.undefined();
            }
        } catch (GuestFault fault) {
            if (first) {
                throw fault;
            }
        }
        return null;
    }
}
