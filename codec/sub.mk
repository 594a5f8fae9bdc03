srcs-y += $(file < $(sub-dir)/sources.list)
