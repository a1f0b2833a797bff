package vmd.conf;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** A network: an address whose host bits are zero, and how many bits name the network. */
public record Prefix(String address, int length) {
    /** What {@code local} interfaces get their addresses from when the file does not say. */
    public static final Prefix LOCAL = new Prefix("100.64.0.0", 10);

    private static final int MAX_LENGTH_4 = 16;
    private static final int MAX_LENGTH_6 = 64;

    /** A text that is no such network; the message is the reason. */
    static final class Invalid extends Exception {
        private static final long serialVersionUID = 1;

        Invalid(String reason) {
            super(reason, null, false, false);
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    /** An IPv4 network of 1 to 16 bits, 16 unless it says; {@code 10/8} is short for more zeros. */
    static Prefix parse4(String text) throws Invalid {
        int slash = text.lastIndexOf('/');
        int length = slash < 0 ? MAX_LENGTH_4 : length(text.substring(slash + 1), 1, MAX_LENGTH_4);
        long address = address4(slash < 0 ? text : text.substring(0, slash));
        if ((address & 0xffff_ffffL >>> length) != 0) {
            throw new Invalid("bad mask");
        }
        List<String> octets = new ArrayList<>();
        for (int shift = 24; shift >= 0; shift -= 8) {
            octets.add(Long.toString(address >> shift & 0xff));
        }
        return new Prefix(String.join(".", octets), length);
    }

    private static long address4(String text) throws Invalid {
        String[] octets = text.split("\\.", -1);
        if (octets.length > 4) {
            throw new Invalid("invalid format");
        }
        long address = 0;
        for (int i = 0; i < 4; i++) {
            long octet = i < octets.length ? octet(octets[i]) : 0;
            address = address << 8 | octet;
        }
        return address;
    }

    private static int octet(String text) throws Invalid {
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) > 255) {
            throw new Invalid("invalid format");
        }
        return Integer.parseInt(text);
    }

    /** An IPv6 network of at most 64 bits, 64 unless it says; host bits are cleared. */
    static Prefix parse6(String text) throws Invalid {
        int slash = text.lastIndexOf('/');
        int length = slash < 0 ? MAX_LENGTH_6 : length(text.substring(slash + 1), 0, MAX_LENGTH_6);
        String address = slash < 0 ? text : text.substring(0, slash);
        if (!address.matches("[0-9a-fA-F:.]+")) {
            throw new Invalid("invalid format");
        }
        byte[] bytes;
        try {
            // Never a name: this asks nobody.
            bytes = Inet6Address.ofLiteral(address).getAddress();
        } catch (IllegalArgumentException _) {
            throw new Invalid("invalid format");
        }
        if (bytes.length != 16) {
            throw new Invalid("invalid format");
        }
        for (int bit = length; bit < 128; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        return new Prefix(literal(bytes), length);
    }

    private static String literal(byte[] bytes) throws Invalid {
        try {
            return InetAddress.getByAddress(bytes).getHostAddress();
        } catch (java.net.UnknownHostException _) {
            throw new Invalid("invalid format");
        }
    }

    private static int length(String text, int min, int max) throws Invalid {
        long length;
        try {
            length = Long.parseLong(text);
        } catch (NumberFormatException _) {
            throw new Invalid("invalid");
        }
        if (length < min) {
            throw new Invalid("too small");
        }
        if (length > max) {
            throw new Invalid("too large");
        }
        return (int) length;
    }

    @Override
    public String toString() {
        return address + '/' + length;
    }
}
