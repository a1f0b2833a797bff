package vmd.conf;

import java.nio.file.Path;
import vmd.proto.DiskFormat;

/** One disk of a machine; the path is resolved, with no symbolic link in it. */
public record DiskConfig(Path path, DiskFormat format, Position position) {}
