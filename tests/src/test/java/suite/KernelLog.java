package suite;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What a kernel's log says about its hardware. */
final class KernelLog {
    private static final Pattern COMPLAINT =
            Pattern.compile(
                    "(?i)\\b(error|fail|failed|invalid|unable|unsupported|not supported|bug|warning|timeout|timed out|lost|stuck|spurious|bogus|bad)\\b");

    /** Lines that match although nothing is wrong, each with its reason. */
    private static final List<Pattern> KNOWN =
            List.of(
                    // there is no local APIC to find while the machine has one processor and the
                    // 8259 pair
                    Pattern.compile("(?i)apic"),
                    // the processor has no performance counters and no frequency control
                    Pattern.compile("(?i)PMU not available|Performance Events|intel_pstate"),
                    // no SMBIOS table and no memory-mapped PCI configuration space: a PC may lack
                    // both
                    Pattern.compile("DMI not present|MMCONFIG information|pci=nocrs"),
                    // the vendor's IOMMU is not there, which the kernel itself calls no bug
                    Pattern.compile("This is not a bug"),
                    // no machine-check banks
                    Pattern.compile("init MCE device"),
                    // an initramfs that is not signed, a kernel that says that its own checks
                    // passed
                    Pattern.compile("(?i)self-?test|certificate|x509|PKCS"),
                    // two clocks were read with a pause of the host between them; the kernel does
                    // without the one that it cannot measure
                    Pattern.compile("PM-Timer running at invalid rate"),
                    // names of features and settings
                    Pattern.compile(
                            "(?i)error(s)? (report|record|detection|source)|RAS:|fail-safe|pcie_bus_|panic_on|Mitigation"));

    private KernelLog() {}

    /** Lines that complain, without those that are known to be harmless. */
    static List<String> complaints(String log) {
        List<String> complaints = new ArrayList<>();
        for (String line : log.split("\n")) {
            if (COMPLAINT.matcher(line).find()
                    && KNOWN.stream().noneMatch(known -> known.matcher(line).find())) {
                complaints.add(line);
            }
        }
        return complaints;
    }
}
