# src/cli: the commands of `autostack` that speak to the API
autostack_SOURCES += \
	src/cli/api.c \
	src/cli/cli.h \
	src/cli/deploy.c \
	src/cli/exit.def \
	src/cli/follow.c \
	src/cli/list.c \
	src/cli/main.c \
	src/cli/pack.c \
	src/cli/settings.c src/cli/settings.h
