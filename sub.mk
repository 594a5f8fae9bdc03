# The rooms of the trusted application, for OP-TEE's dev kit. The build itself is ta/optee/Makefile; each room's
# sources are those of its sources.list, which Meson reads too.
global-incdirs-y += .
subdirs-y += common abi codec ta
subdirs-$(CFG_TEEKMS_TEST) += test/replay
