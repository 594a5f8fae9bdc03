global-incdirs-y += .
srcs-y += $(file < $(sub-dir)/sources.list)
