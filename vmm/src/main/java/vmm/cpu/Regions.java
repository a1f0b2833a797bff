package vmm.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmm.cpu.isa.Family;
import vmm.cpu.jit.Part;
import vmm.cpu.jit.Region;
import vmm.cpu.jit.RegionTranslator;
import vmm.mem.GuestMemory;

/** Which blocks are translated, and with which others around them. */
final class Regions {
    /** {@code -Dvmm.jit=off} leaves everything to the interpreter. */
    private static final boolean OFF = "off".equals(System.getProperty("vmm.jit"));

    /** All translated code is forgotten when it is more: the JVM needs some 20 KB for each. */
    private static final int MAX_REGIONS = 1000;

    private static final int MAX_BLOCKS = 16, MAX_INSNS = 120;

    /** A block that jumps to itself is translated when it has run that many times less. */
    private static final int SOONER = 10;

    /** A block that was executed less often than 1 / COLD of {@link #threshold} stays outside. */
    private static final int COLD = 16;

    private final Cpu cpu;
    private final BlockCache cache;
    private final List<Block> translated = new ArrayList<>();

    /**
     * How often a block is executed before it is translated: a region costs the JVM's compilers
     * some 100 ms, and until then it is slow.
     */
    int threshold = 200_000;

    Regions(Cpu cpu, BlockCache cache) {
        this.cpu = cpu;
        this.cache = cache;
    }

    /** After how many runs {@code block}, which is new, should be translated. */
    int translateAt(Block block) {
        boolean loop = RegionTranslator.successors(block.insns, block.length).contains(0);
        return loop ? Math.max(1, threshold / SOONER) : threshold;
    }

    /** How many there are; for tests. */
    int count() {
        translated.removeIf(Block::dropped);
        return translated.size();
    }

    /** Translates what begins with {@code entry}, if it can be. */
    void translate(Block entry) {
        if (OFF || !translatable(entry) || cache.find(entry.gpa, entry.mode) != entry) {
            return;
        }
        makeRoom();
        List<Block> blocks = around(entry);
        Region region = null;
        while (region == null && !blocks.isEmpty()) {
            region = RegionTranslator.translate(cpu, parts(blocks));
            blocks = blocks.subList(0, blocks.size() / 2);
        }
        if (region != null) {
            entry.region = region;
            translated.add(entry);
        }
    }

    /** A segment loaded on the way could make what is translated for flat segments wrong. */
    private boolean translatable(Block block) {
        return block.plain
                && (cpu.codeSize == 8
                        || Arrays.stream(block.insns).noneMatch(i -> i.op >> 6 == Family.SEGMENT));
    }

    private void makeRoom() {
        if (translated.size() < MAX_REGIONS) {
            return;
        }
        translated.removeIf(Block::dropped);
        if (translated.size() > MAX_REGIONS / 2) {
            for (Block block : translated) {
                block.region = null;
                block.runs = 0;
            }
            translated.clear();
        }
    }

    /** Warm blocks in the page of {@code entry} that it leads to, nearest first. */
    private List<Block> around(Block entry) {
        List<Block> found = new ArrayList<>();
        found.add(entry);
        int insns = entry.insns.length;
        for (int k = 0; k < found.size() && !cpu.codeLimited; k++) {
            Block from = found.get(k);
            for (int distance : RegionTranslator.successors(from.insns, from.length)) {
                Block next = neighbour(from, distance);
                if (next != null
                        && !found.contains(next)
                        && found.size() < MAX_BLOCKS
                        && insns + next.insns.length <= MAX_INSNS) {
                    found.add(next);
                    insns += next.insns.length;
                }
            }
        }
        return found;
    }

    /** The warm block at that distance from the start of {@code block}, in the same page. */
    private @Nullable Block neighbour(Block block, int distance) {
        long gpa = block.gpa + distance;
        if ((gpa ^ block.gpa) >>> GuestMemory.PAGE_SHIFT != 0) {
            return null;
        }
        Block next = cache.find(gpa, block.mode);
        boolean fit =
                next != null
                        && next.secondPage < 0
                        && next.runs >= threshold / COLD
                        && translatable(next);
        return fit ? next : null;
    }

    private static List<Part> parts(List<Block> blocks) {
        long start = blocks.getFirst().gpa;
        return blocks.stream()
                .map(b ->
                        new Part(
                                b.insns.clone(),
                                (int) (b.gpa - start),
                                b.length,
                                b.insns.length + b.fused))
                .toList();
    }
}
