srcs-y += $(file < $(sub-dir)/sources.list) secp256k1_panic.c
cppflags-y += -I$(SECP256K1_SRC)/include

# libsecp256k1 from the pinned source package, as one translation unit; its warnings are not ours.
srcs-y += secp256k1_unity.c
cppflags-secp256k1_unity.c-y += -I$(SECP256K1_SRC) -I$(SECP256K1_SRC)/src
cflags-secp256k1_unity.c-y += -O2 -w
