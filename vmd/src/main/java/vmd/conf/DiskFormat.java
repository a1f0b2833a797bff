package vmd.conf;

/** How the blocks of a disk are kept in its file. */
public enum DiskFormat {
    RAW
}
