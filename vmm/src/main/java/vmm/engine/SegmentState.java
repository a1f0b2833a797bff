package vmm.engine;

/**
 * A segment register with its hidden part.
 *
 * @param selector 16 bits
 * @param base linear base address
 * @param limit in bytes, expanded (granularity applied)
 * @param access bits 8..23 of a descriptor's high word shifted right by 8: type 0..3, S 4, DPL
 *     5..6, P 7, AVL 12, L 13, D/B 14, G 15; bit 16 set means unusable (null)
 */
public record SegmentState(int selector, long base, int limit, int access) {}
