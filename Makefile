# SPDX-License-Identifier: Apache-2.0
#
# The front desk: one short word for each thing people do here. The build is
# Meson's (meson.build), the work is done by the scripts in tools/.
#
#   make              build the server, the trusted application as a process,
#                     and the command line into build/
#   make run          build and start teekmsd on 127.0.0.1:8080;
#                     make run ARGS='--listen 127.0.0.1:8081 --state-dir /tmp/b'
#   make test         every suite; the last line is "N passed, N failed";
#                     SUITES='unit integration' chooses (tools/run-tests --list)
#   make check        the quick checks of the source only
#   make bench        measure, three minutes; BENCH_FULL=1 adds 10^6 keys
#   make fuzz         fuzz every parser for FUZZ_SECONDS (60) each
#   make qemu         the server inside a real OP-TEE under QEMU
#   make ta           the trusted application as an OP-TEE image
#   make install      DESTDIR and PREFIX as usual
#   make clean        remove what was built, with the disk of make qemu; other
#                     keys and downloads stay

ARGS ?=
SUITES ?=
PREFIX ?= /usr/local
export BENCH_FULL FUZZ_SECONDS

build:
	@tools/install-deps run
	@tools/build build -Dtests=false -Dprefix=$(PREFIX)

run: build
	@tools/run build $(ARGS)

test:
	@tools/run-tests $(SUITES)

check:
	@tools/run-tests check

bench:
	@tools/install-deps run test bench
	@CC=gcc tools/build build-gcc
	@/usr/bin/python3 test/bench/bench.py --build build-gcc

fuzz:
	@tools/install-deps run test
	@tools/run-fuzz

qemu:
	@tools/qemu-guest serve $(ARGS)

ta:
	@tools/qemu-guest ta

install: build
	@meson install -C build --no-rebuild

clean:
	rm -rf build build-*

.PHONY: build run test check bench fuzz qemu ta install clean
