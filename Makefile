# SPDX-License-Identifier: BSD-3-Clause
# A thin front of meson: everything that is built, is built by it. Each target installs
# what it needs of Debian 12's packages first (root), and prints little when all is well.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := build
.NOTPARALLEL:
.PHONY: build demo demo-xdp check test proofs model mutants fuzz bench bench-check \
	bench-peers bench-plots plots lint format clean install deb \
	deps deps-build deps-demo deps-demo-xdp deps-test deps-bench deps-lint deps-deb

BUILD := build

# What a target needs. `make deps` installs all of it.
PACKAGES_BUILD := build-essential meson ninja-build pkg-config git libdpdk-dev \
	libcmocka-dev libcyaml-dev libfixbuf-dev libjansson-dev libmicrohttpd-dev libmnl-dev libnftables-dev \
	libsystemd-dev libxxhash-dev libyaml-dev libbpf-dev libxdp-dev libpcap-dev libmd-dev libzstd-dev zlib1g-dev \
	netbase
PACKAGES_DEMO := $(PACKAGES_BUILD) iproute2 ethtool python3
PACKAGES_DEMO_XDP := $(PACKAGES_DEMO) clang bpftool libbpf-dev
# to build the package; and for the manual pages of `make install`
PACKAGES_DEB := $(PACKAGES_BUILD) dpkg-dev debhelper fakeroot lintian pandoc
PACKAGES_TEST := $(PACKAGES_DEMO) $(PACKAGES_DEB) clang libclang-rt-14-dev bpftool libbpf-dev nftables \
	libnetfilter-conntrack-dev libnetfilter-log-dev tcpdump frama-c-base \
	groff-base nfdump systemd-container chromium tshark \
	prometheus python3-prometheus-client dpdk-dev strace
PACKAGES_BENCH := $(PACKAGES_DEMO) dpdk-dev gnuplot-nox iperf3 nftables valgrind
PACKAGES_LINT := $(PACKAGES_BUILD) clang clang-format clang-tidy libbpf-dev python3 \
	shellcheck codespell \
	libnetfilter-conntrack-dev libnetfilter-log-dev

build: deps-build $(BUILD)/build.ninja
	@out=$$(ninja -C $(BUILD) 2>&1) || { echo "$$out"; exit 1; }

# Again after each change of the installed packages: what was missing may be there now.
$(BUILD)/build.ninja: $(wildcard /var/lib/dpkg/status) | deps-build
	@echo "building in $(BUILD)/"
	@out=$$(meson setup $(if $(wildcard $@),--reconfigure) $(BUILD) 2>&1) || \
		{ echo "$$out"; exit 1; }

demo: deps-demo build
	@conf/demo.sh

# The wire of `xdp: true`; root, and a kernel with BTF and AF_XDP.
demo-xdp: deps-demo-xdp build
	@conf/demo_xdp.sh

# For daily work: what is fast of lint, unit tests and scenarios.
check: deps-lint build
	@tests/lint/run --quick
	@meson test -C $(BUILD) --no-rebuild --quiet --suite unit --suite scenario

test: deps-test build
	@tests/run

bench: deps-bench build
	@bench/run

# No input makes the proved parts of lib/ do what C does not define: tests/README.md.
proofs: deps-test
	@tests/proofs/run

# Every order of 1,000 million states: about an hour, 1 GB.
model: deps-build build
	@nice $(BUILD)/tests/model/model_check --states 1e9

# Each fuzz target for so long: tests/fuzz/README.md.
SECONDS := 600
fuzz: deps-test
	@out=$$(tests/asan build-asan 2>&1) || { echo "$$out"; exit 1; }
	@nice tests/fuzz/run $(SECONDS) $(addprefix build-asan/tests/fuzz/,\
		capture_fuzz packet_fuzz track_fuzz engine_fuzz fragment_fuzz text_fuzz)

# Each rule of the tracker switched off once: which scenarios, unit tests and properties notice?
mutants: deps-build build
	@nice tests/mutants/run --all --states 4e6 $(BUILD)

# Beside OVS-DPDK, the kernel and what else is there: root. OVS is not installed for it.
bench-peers: deps-bench build
	@bench/run -f $(BUILD)/peers.txt peers

# Measure what the plots of docs/benchmarks.md show, and draw them; or draw them only.
bench-plots: deps-bench build
	@bench/plots
plots: deps-bench
	@bench/plots -n

# Instruction counts against the committed ones.
bench-check: deps-bench build
	@bench/check

lint: deps-lint build
	@tests/lint/run

format: deps-lint
	@git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' | \
		xargs -0 -r clang-format -i

install: build
	@meson install -C $(BUILD) --quiet

# build/deb/sluice_*.deb
deb: deps-deb
	@packaging/deb

clean:
	@rm -rf build build-*

deps:
	@.ci/deps $(sort $(PACKAGES_TEST) $(PACKAGES_BENCH) $(PACKAGES_LINT) \
		$(PACKAGES_DEB))
deps-build:
	@.ci/deps $(PACKAGES_BUILD)
deps-demo:
	@.ci/deps $(PACKAGES_DEMO)
deps-demo-xdp:
	@.ci/deps $(PACKAGES_DEMO_XDP)
deps-test:
	@.ci/deps $(sort $(PACKAGES_TEST))
deps-bench:
	@.ci/deps $(PACKAGES_BENCH)
deps-lint:
	@.ci/deps $(PACKAGES_LINT)
deps-deb:
	@.ci/deps $(PACKAGES_DEB)
