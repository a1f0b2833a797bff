# The front door. `make help` lists the targets.

export JAVA_HOME := $(shell etc/build/find-jdk)
ifeq ($(JAVA_HOME),)
$(error the line above says what is missing)
endif

PREFIX  ?= /usr/local
DESTDIR ?=
MVN     := mvn -B -ntp -q
# Test runs are not quiet: their closing lines say how many tests ran.
MVNTEST := mvn -B -ntp
OFFLINE ?=
ifneq ($(OFFLINE),)
MVN     += -o
MVNTEST += -o
endif

.PHONY: all test long demo check fmt conformance instruction-tests bench bench-exits bench-processor fuzz guests kernels workloads install uninstall deb test-deb clean help

all: ## build everything into dist/
	$(MVN) package -DskipTests
	@etc/build/dist

test: all guests ## everything that CI runs: gates, unit and conformance tests, guest boots
	$(MVNTEST) verify
	$(MVNTEST) verify -pl tests -am -Dtest.groups=guest -Dtest.excludedGroups= -Dsurefire.failIfNoSpecifiedTests=false

long: ## the tests with a long mode, in it: a minute of forbidden acts, a hundred killed processes
	$(MVNTEST) verify -pl tests -am -Dtest='MatrixTest,FaultTest' -Dmatrix.seconds=60 -Dfault.cycles=100 -Dsurefire.failIfNoSpecifiedTests=false

demo: all guests ## boot a Linux kernel under vmd and attach to its console
	@tests/guest/demo

guests: ## get the kernels and busybox that demo and tests boot (into build/guest)
	@tests/guest/fetch build/guest

kernels: all ## boot every kernel that Debian has for PCs, 32 and 64 bits; takes minutes
	@tests/guest/fetch build/guest all
	$(MVNTEST) verify -pl tests -am -Dtest.groups=kernels -Dtest.excludedGroups= -Dsurefire.failIfNoSpecifiedTests=false

workloads: all guests ## Debian with systemd, and programs that compute; their results compared with this host's; as root, takes an hour
	@tests/guest/debian build/debian
	$(MVNTEST) verify -pl tests -am -Dtest.groups=workloads -Dtest.excludedGroups= -Dsurefire.failIfNoSpecifiedTests=false

check: ## gates only: format, Error Prone, NullAway, architecture, method sizes, manual pages
	$(MVN) verify -DskipTests
	$(MVN) verify -pl tests -am -Dtest='*ArchitectureTest,*MethodSizeTest' -Dsurefire.failIfNoSpecifiedTests=false
	@if command -v mandoc >/dev/null; then mandoc -T lint -W warning etc/man/*.[58]; else echo "manual pages not checked: no mandoc"; fi

fmt: ## format all sources
	$(MVN) spotless:apply

conformance: ## the processor against the one we run on; CASES=n for more cases a row, SEED=n to repeat
	$(MVNTEST) test -pl vmm -am -Dtest='*ConformanceTest' -Dsurefire.failIfNoSpecifiedTests=false $(if $(CASES),-Dconformance.cases=$(CASES)) $(if $(SEED),-Dconformance.seed=$(SEED))

fuzz: ## explore one fuzz target for half an hour: M=module T='Class#method', as M=vmd T='FrameFuzz#streamIsTheSameInAnyCut'
	JAZZER_FUZZ=1 $(MVNTEST) test -pl $(M) -am -Dtest='$(T)' -Dsurefire.failIfNoSpecifiedTests=false

instruction-tests: all guests ## QEMU's instruction tests on this processor and in a guest, compared; gets their sources, takes 20 minutes
	@tests/guest/instruction-tests

bench: all guests ## boot time and interpreter speed, side by side with QEMU's TCG and Bochs (installed when root; PEERS=no: not)
	@bench/peers
	@bench/run

bench-exits: all ## cost of an exit on KVM, side by side with QEMU's; N=n for another number than 10000
	@bench/run exits $(N)

bench-processor: all ## the software processor alone in nine loops, by JMH; LOOPS="ALU AVX" for some of them
	@bench/run processor $(LOOPS)

install: all ## install below $(DESTDIR)$(PREFIX)
	@etc/build/install "$(DESTDIR)" "$(PREFIX)"

uninstall: ## remove what install put below $(DESTDIR)$(PREFIX)
	@etc/build/uninstall "$(DESTDIR)" "$(PREFIX)"

deb: all ## build a Debian package with a Java runtime of its own: dist/vmd_VERSION_ARCH.deb
	@etc/build/deb

test-deb: deb guests ## install the package in a clean Debian, use and purge it (root, debootstrap); RELEASE=bookworm or trixie
	@tests/deb/run "" $(RELEASE)

clean: ## remove what was built (downloads in build/ stay; rm -r build to drop them)
	rm -rf dist */target

help: ## this list
	@awk -F ':.*## ' '/^[-a-z]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile
