package vmd.proto;

import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;

/**
 * A disk image to be opened by the daemon.
 *
 * @param path absolute path
 * @param format format of the image
 */
public record DiskSpec(String path, DiskFormat format) {

    void write(FieldWriter out) {
        out.string(path, Limits.PATH_BYTES).oneOf(format);
    }

    static DiskSpec read(FieldReader in) {
        return new DiskSpec(in.string(Limits.PATH_BYTES), in.oneOf(DiskFormat.values()));
    }
}
