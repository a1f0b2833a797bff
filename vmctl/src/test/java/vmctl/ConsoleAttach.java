package vmctl;

import vmd.posix.Fd;
import vmd.posix.FileIo;

/** A process that attaches its input and output to the line that it is given, and nothing else. */
public final class ConsoleAttach {
    private ConsoleAttach() {}

    public static void main(String[] words) {
        Fd line = FileIo.open(words[0], FileIo.O_RDWR | FileIo.O_NOCTTY | FileIo.O_NONBLOCK);
        Console.End end = Console.attach(Fd.own(0), Fd.own(1), line);
        System.exit(end == Console.End.LEFT ? 0 : 1);
    }
}
