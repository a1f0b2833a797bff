package vmd.conf;

/** Encryption of a machine's memory by AMD processors. */
public enum Sev {
    OFF,
    SEV,

    /** With the registers as well. */
    SEVES
}
