# Interleave: which concurrency model should serve this workload on this machine?
#
# make bench   installs what is missing, builds, measures, prints the comparison table
# make test    installs what is missing, builds, runs every test
#
# SANITIZE=address,undefined (or thread) builds a flavour of its own below build/.
# V=1 shows the full command lines. CC=clang works too.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

empty :=
comma := ,
ifeq ($(SANITIZE),)
B := build
else
B := build/sanitize-$(subst $(comma),-,$(SANITIZE))
endif

V ?= 0
ifeq ($(V),0)
Q := @
SUBMAKE = $(MAKE) --no-print-directory -s
say = @printf '  %-8s %s\n' '$(1)' '$(2)';
else
SUBMAKE = $(MAKE)
endif

PREFIX ?= /usr/local
CC := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))

# ---- what is built from what -----------------------------------------------------

# The rooms, from the ground up; scripts/check holds the include arrows between them.
ROOMS        := base workload record servers loadgen harness analysis report commands
SOURCES      := $(sort $(foreach room,$(ROOMS),$(wildcard $(room)/*.c $(room)/*/*.c)))
OBJECTS      := $(SOURCES:%.c=$(B)/obj/%.o)
LLHTTP       := api http llhttp
LLHTTP_FROM  := /usr/share/llhttp
LLHTTP_OBJS  := $(LLHTTP:%=$(B)/obj/llhttp/%.o)
LIBRARY      := $(B)/interleave.a
PROGRAM      := $(B)/interleave
UNIT_TESTS   := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/unit/*.c tests/conformance/*.c))
COUNTED      := $(B)/tests/instructions/conversation
FLOORS       := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/floors/*.c))
SYSTEM_TESTS := $(wildcard tests/system/*.t)

WARNINGS  := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
             -Wmissing-prototypes -Wvla -Wwrite-strings -Wcast-qual -Wundef -Wformat=2 \
             -Wnull-dereference -fno-common $(if $(WERROR),-Werror)
OPTIMISE  ?= -O2 -g
CPPFLAGS  += -I. -D_GNU_SOURCE -isystem /usr/share/include -isystem /usr/include/postgresql
CFLAGS    += -std=c11 $(OPTIMISE) -fno-omit-frame-pointer -pthread $(WARNINGS)
LDFLAGS   += -pthread
LDLIBS    += -lpq -luv -lcjson -lz -lcrypto -lsqlite3 -lturbojpeg -lstb -lblis -lboost_context -luring -lm
ifneq ($(SANITIZE),)
CFLAGS    += -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined
LDFLAGS   += -fsanitize=$(SANITIZE)
endif
ifeq ($(SANITIZE),thread)
SANITIZER := $(B)/obj/tests/support/thread_sanitizer.o
endif
BUILD_ID := -DBUILD_COMPILER='"$(shell $(CC) --version 2>/dev/null | head -n 1 | tr -d '"')"' \
            -DBUILD_FLAGS='"$(OPTIMISE)$(if $(SANITIZE), -fsanitize=$(SANITIZE))"' \
            -DBUILD_COMMIT='"$(shell git describe --always --dirty --abbrev=12 2>/dev/null)"'

# ---- goals -----------------------------------------------------------------------

.PHONY: all
all: ready ## build the program: build/interleave
	+$(Q)$(SUBMAKE) $(PROGRAM)

.PHONY: bench
bench: all ## measure all models (BENCH="--profile standard hello" for more) and print the table
	$(Q)$(PROGRAM) bench $(if $(BENCH),$(BENCH),--profile quick)

.PHONY: claims
claims: all ## measure and judge what is said about the models, an hour (BENCH="--profile quick" for a look)
	$(Q)$(PROGRAM) bench --claims all $(if $(BENCH),$(BENCH),--profile standard --budget 1h)

.PHONY: reproduce
reproduce: all ## measure what the reference has measured, and say what is found again (REFERENCE=DIR)
	$(Q)$(PROGRAM) reproduce $(REFERENCE)

.PHONY: charts
charts: all ## draw the charts of the newest results (RESULTS=DIR for others)
	$(Q)scripts/charts $(if $(RESULTS),$(RESULTS),results/latest)

.PHONY: test
test: ready ## run the tests (TESTS="tests/unit/field.c" for some)
	$(Q)scripts/install-deps --test --quiet
	+$(Q)$(SUBMAKE) $(PROGRAM) $(UNIT_TESTS)
	$(Q)INTERLEAVE=$(abspath $(PROGRAM)) scripts/run-tests \
	    $(if $(TESTS),$(patsubst tests/%.c,$(B)/tests/%,$(TESTS)),$(SYSTEM_TESTS) $(UNIT_TESTS))

.PHONY: check
check: ready ## strict builds, include directions, formatting, static analysis, sanitizers
	$(Q)scripts/check

.PHONY: instructions
instructions: ready ## count instructions per request (BASELINE=update: these are right)
	$(Q)scripts/install-deps --test --quiet
	+$(Q)$(SUBMAKE) $(COUNTED)
	$(Q)scripts/instructions --program $(COUNTED) $(if $(filter update,$(BASELINE)),--update)

.PHONY: floors
floors: $(FLOORS) ## build the floors that scripts/peers compares with

.PHONY: format
format: ## put the sources into the house format
	$(Q)git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

.PHONY: install
install: all ## install the program, its scenarios and man page below PREFIX
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/interleave
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/interleave/scenarios
	$(PROGRAM) man > $(DESTDIR)$(PREFIX)/share/man/man1/interleave.1
	install -m 644 scenarios/*.json $(DESTDIR)$(PREFIX)/share/interleave/scenarios
	install -d $(DESTDIR)$(PREFIX)/share/interleave/servers/reference
	install -m 644 servers/reference/*.json servers/reference/*.js \
	    $(DESTDIR)$(PREFIX)/share/interleave/servers/reference
	install -D -m 755 scripts/postgres $(DESTDIR)$(PREFIX)/share/interleave/scripts/postgres

.PHONY: clean
clean: ## remove everything that was built (results are kept)
	rm -rf build

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# Packages are looked for (and installed where missing) only when asked to build.
.PHONY: ready
ready:
	$(Q)scripts/install-deps --quiet

# ---- rules -----------------------------------------------------------------------

# The stamp changes when the compiler or its flags do, and everything is rebuilt then.
FLAGS_NOW := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS)
STAMP     := $(B)/flags
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(FLAGS_NOW))
$(shell mkdir -p $(B) && printf '%s\n' '$(FLAGS_NOW)' > $(STAMP))
endif

# A test is linked with what it needs of all that there is.
$(LIBRARY): $(OBJECTS) $(LLHTTP_OBJS)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

$(PROGRAM): $(B)/obj/main.o $(SANITIZER) $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/obj/llhttp/%.o: $(LLHTTP_FROM)/%.c $(STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -O2 -g -I/usr/share/include/llhttp -DLLHTTP_STRICT_MODE=1 \
	    $(filter -fsanitize=%,$(CFLAGS)) -c -o $@ $<

$(B)/obj/%.o: %.c $(STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The commit and the flags live in one object, so that a commit rebuilds only that.
$(B)/obj/base/build.o: CPPFLAGS += $(BUILD_ID)
$(B)/obj/base/build.o: $(wildcard $(shell git rev-parse --git-path HEAD --git-path index 2>/dev/null))

$(B)/tests/%: tests/%.c $(SANITIZER) $(LIBRARY) $(STAMP)
	@mkdir -p $(@D)
	$(call say,TEST,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-missing-prototypes -MMD -MP \
	    -MF $@.d -o $@ $< $(SANITIZER) $(LIBRARY) $(LDFLAGS) -lcmocka $(LDLIBS)

$(B)/floors/%: tests/floors/%.c $(STAMP)
	@mkdir -p $(@D)
	$(call say,FLOOR,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS) $(LDLIBS)

.SECONDARY:
-include $(OBJECTS:.o=.d) $(B)/obj/main.d $(UNIT_TESTS:=.d) $(COUNTED).d
