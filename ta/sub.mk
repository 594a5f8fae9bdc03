srcs-y += $(file < $(sub-dir)/sources.list)
subdirs-y += cmd crypto keystore optee policy
