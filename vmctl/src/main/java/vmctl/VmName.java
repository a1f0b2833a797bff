package vmctl;

import vmd.conf.VmLimits;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;

/** The argument that names a machine: a number, or a name. */
final class VmName {
    private static final long MAX_ID = 0xffff_ffffL;

    private VmName() {}

    static VmRef parse(String word) throws Failure {
        long number = number(word);
        if (word.startsWith("-") || word.isEmpty() || number == 0) {
            throw new Failure("invalid id: " + word);
        }
        if (number > 0) {
            return VmRef.byId((int) number);
        }
        if (word.length() > VmLimits.MAX_NAME) {
            throw new Failure("name too long");
        }
        if (!VmLimits.validName(word)) {
            throw new Failure("invalid VM name");
        }
        return VmRef.byName(word);
    }

    /** The word's number, or -1 where it is no number of a machine. */
    private static long number(String word) {
        long number = 0;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = number * 10 + c - '0';
            if (number > MAX_ID) {
                return -1;
            }
        }
        return number;
    }

    static boolean matches(VmRef ref, VmInfo vm) {
        return ref.id() != 0 ? ref.id() == vm.id() : ref.name().equals(vm.name());
    }
}
