# Of this folder only the tape is part of a TA, and of a test image alone.
srcs-y += tape.c
