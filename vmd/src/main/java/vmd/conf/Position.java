package vmd.conf;

/**
 * Where in a configuration file something was written: the file as it was named, the line from 1.
 */
public record Position(String file, int line) {
    /** Of what came with a request. */
    public static final Position REQUEST = new Position("request", 0);

    @Override
    public String toString() {
        return file + ":" + line;
    }
}
