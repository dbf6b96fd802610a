# eigenstep: make all | test | demo | install PREFIX=… ; README.md has the rest.
# Objects go to build/$(CFG)/; ./eigenstep is the release build.
CFG    ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
PYTHON ?= /usr/bin/python3
WERROR ?= $(if $(CI),-Werror)
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
B      := build/$(CFG)

# Goals that need libraries first install what is missing on Debian, or name it
# elsewhere, then call make again: pkg-config is asked only in that second run.
GOALS := all test demo bench kills load faults reproduce valgrind coverage install \
  deb docs sanitize gallery accuracy fuzz tsan tidy mutation
.PHONY: $(GOALS) $(GOALS:%=do-%) deps lint format format-check check-deps clean \
  test-deps bench-deps dist uninstall do-uninstall
all:
$(GOALS): %:
	@.ci/deps core $(if $(filter $@,test valgrind coverage sanitize tsan mutation),test) \
	  $(if $(filter $@,bench),bench) \
	  $(if $(filter $@,accuracy),accuracy) \
	  $(if $(filter $@,reproduce gallery),pages) \
	  $(if $(filter $@,fuzz tsan),fuzz) $(if $(filter $@,tidy),tidy) \
	  $(if $(filter $@,deb),deb)
	@$(MAKE) --no-print-directory -j$(JOBS) do-$@
deps:
	@.ci/deps core
test-deps:
	@.ci/deps core test
bench-deps:
	@.ci/deps core bench

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
  -Wmissing-prototypes -Wvla
OPT_release  := -O2
OPT_debug    := -O0
OPT_asan     := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer
OPT_coverage := -O0 --coverage
OPT_tsan     := -O1 -fsanitize=thread -fno-omit-frame-pointer
OPT_fuzz     := -O1 -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT = $(OPT_$(CFG))
# No contraction: results must not depend on which clone of a loop runs.
# Sanitizers name lines, for which lines are enough.
DEBUG_asan := -g1
DEBUG_fuzz := -g1
DEBUG_coverage := -g0
DEBUG_tsan := -g1
# clang's own OpenMP is not that of the libraries: loops run on one thread.
OPENMP := $(if $(filter-out fuzz,$(CFG)),-fopenmp)
# One set of objects for both libraries: the shared one shows what the public
# headers declare, and binds its own calls as the static one does.
LINKING := -fPIC -fvisibility=hidden -fno-semantic-interposition
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE $(or $(DEBUG_$(CFG)),-g) $(OPT) \
  -ffp-contract=off $(LINKING) $(WARN) $(WERROR) $(OPENMP) -Iinclude -Isrc -I. -I$(B) \
  -DES_HAVE_DNNL=$(HAVE_DNNL) -DES_HAVE_MPI=$(HAVE_MPI) $(PKG_CFLAGS) $(CFLAGS)

# oneDNN computes networks fast; HAVE_DNNL=0 builds all the rest without it,
# and networks then run on plain loops.
HAVE_DNNL ?= $(if $(wildcard /usr/include/dnnl.h /usr/local/include/dnnl.h),1,0)
# MPI lets one sweep run on many ranks; HAVE_MPI=0 builds all the rest.
HAVE_MPI ?= $(if $(MPI_PKG),1,0)
# SUNDIALS is a peer of the benchmarks alone.
HAVE_SUNDIALS ?= $(if $(wildcard /usr/include/cvode/cvode.h),1,0)
SUNDIALS_LIBS := $(if $(filter 1,$(HAVE_SUNDIALS)),-lsundials_cvode \
  -lsundials_arkode -lsundials_nvecserial -lsundials_nvecopenmp \
  -lsundials_sunmatrixdense -lsundials_sunlinsoldense \
  -lsundials_sunlinsolspgmr -lsundials_sunnonlinsolfixedpoint)
comma := ,
ifneq ($(filter do-%,$(MAKECMDGOALS)),)
# OpenBLAS's OpenMP build is not the one that -lopenblas finds: name its folder.
BLAS_DIR := $(firstword $(wildcard \
  /usr/lib/$(shell $(CC) -print-multiarch 2>/dev/null)/openblas-openmp))
MPI_PKG := $(firstword $(foreach p,ompi-c mpich mpi-c,\
  $(shell pkg-config --exists $(p) 2>/dev/null && echo $(p))))
MPI_CFLAGS := $(if $(filter 1,$(HAVE_MPI)),$(shell pkg-config --cflags $(MPI_PKG)))
MPI_LIBS := $(if $(filter 1,$(HAVE_MPI)),$(shell pkg-config --libs $(MPI_PKG)))
PKG_CFLAGS := $(shell pkg-config --cflags hdf5-serial yaml-0.1 libcjson zlib gsl) \
  $(MPI_CFLAGS)
PKG_LIBS := $(if $(BLAS_DIR),-L$(BLAS_DIR) -Wl$(comma)-rpath$(comma)$(BLAS_DIR)) \
  -llapacke -lopenblas \
  $(if $(filter 1,$(HAVE_DNNL)),-ldnnl) \
  $(shell pkg-config --libs hdf5-serial yaml-0.1 libcjson zlib) -lgsl -lm \
  $(MPI_LIBS)
# Hundreds of test binaries are linked: gold takes a quarter of the time.
TEST_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
endif
# The rooms; src/cli is the program and not the library.
LIB_SRC := $(sort $(filter-out src/cli/% \
  $(if $(filter 0,$(HAVE_DNNL)),%onednn.c) \
  $(if $(filter 0,$(HAVE_MPI)),src/sweep/mpi%),$(wildcard src/*/*.c)) \
  $(wildcard models/*/*.c))
CLI_SRC := $(sort $(wildcard src/cli/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)
LIB     := $(B)/libeigenstep.a
defined = $(shell sed -n 's/^.define ES_$(1) "*\([0-9.]*\).*/\1/p' \
  include/eigenstep/eigenstep.h)
VERSION := $(call defined,VERSION)
ABI     := $(call defined,ABI)
SHARED  := $(B)/libeigenstep.so.$(ABI)
PROGRAM := $(if $(filter release,$(CFG)),eigenstep,$(B)/eigenstep)

TEST_SRC := $(sort $(wildcard tests/*/test_*.c))
TEST_BIN := $(TEST_SRC:tests/%.c=$(B)/tests/%)
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
BENCH_BIN := $(BENCH_SRC:tests/%.c=$(B)/tests/%)
# No reader is there, and clang takes many minutes over sanitized lanes.
$(patsubst %.c,build/fuzz/%.o,$(wildcard models/linear/*lanes*.c \
  models/linear/*rows_*.c)): OPT_fuzz := -O1
# Targets of fuzzing are linked with a test that runs their seeds, and with
# libFuzzer; commands come along as experiments name them.
FUZZ_SRC := $(sort $(filter-out %/libfuzzer.c,$(wildcard tests/fuzz/targets/*.c)))
FUZZ_OBJ := $(FUZZ_SRC:%.c=$(B)/%.o) $(filter-out %/main.o,$(CLI_OBJ))
# The benchmark of steppers has peers to link, and files of its own.
ODE_SRC := $(sort $(wildcard tests/bench/ode/*.c))
ODE_OBJ := $(ODE_SRC:%.c=$(B)/%.o)

do-all: $(PROGRAM)

$(B)/githash.h: FORCE
	@mkdir -p $(@D)
	@if [ -e .git ]; then hash=$$(git rev-parse --short=12 HEAD); \
	   git diff --quiet HEAD -- || hash=$$hash-modified; \
	 else hash=$$(cat .githash 2>/dev/null || echo unknown); fi; \
	 line="#define ES_GIT_HASH \"$$hash\""; \
	 [ "$$(cat $@ 2>/dev/null)" = "$$line" ] || echo "$$line" > $@
# What was built with other settings of these is built again.
$(B)/dnnl.stamp: setting = $(HAVE_DNNL)
$(B)/sundials.stamp: setting = $(HAVE_SUNDIALS)
$(B)/mpi.stamp: setting = $(HAVE_MPI)
$(B)/%.stamp: FORCE
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = "$(setting)" ] || echo "$(setting)" > $@
$(B)/src/net/engine.o $(B)/libeigenstep.a: $(B)/dnnl.stamp
$(B)/src/sweep/ranks.o $(B)/libeigenstep.a: $(B)/mpi.stamp
FORCE:

# Tests are not what is covered; what one puts in the C library's place must be
# seen by libraries.
$(B)/tests/%.o: OPT_coverage := -O0
$(B)/tests/%.o: LINKING :=
$(B)/%.o: %.c | $(B)/githash.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $(LIB_OBJ)

$(SHARED): $(LIB_OBJ)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) -shared -Wl,-soname,$(notdir $@) -Wl,-z,defs \
	  $(LIB_OBJ) $(PKG_LIBS) -o $@

$(PROGRAM): $(CLI_OBJ) $(LIB)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(CLI_OBJ) $(LIB) $(PKG_LIBS) -o $@

$(B)/tests/%: $(B)/tests/%.o $(LIB)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(TEST_LD) $< $(LIB) $(PKG_LIBS) -lcmocka -o $@

$(ODE_OBJ): CFLAGS_ALL += -DES_HAVE_SUNDIALS=$(HAVE_SUNDIALS) \
  -DES_BENCH_BLAS='"$(BLAS_DIR)"'
$(B)/tests/bench/ode/sundials.o: $(B)/sundials.stamp
$(B)/tests/bench/bench_ode: $(B)/tests/bench/bench_ode.o $(ODE_OBJ) $(LIB)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(SUNDIALS_LIBS) \
	  $(PKG_LIBS) -o $@

$(B)/tests/fuzz/test_corpus: $(B)/tests/fuzz/test_corpus.o $(FUZZ_OBJ) $(LIB)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(TEST_LD) $(filter %.o,$^) $(LIB) \
	  $(PKG_LIBS) -o $@
# The libraries' OpenMP is named, as nothing of ours asks for it.
$(B)/tests/fuzz/fuzz: $(B)/tests/fuzz/targets/libfuzzer.o $(FUZZ_OBJ) $(LIB)
	$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer $(LDFLAGS) $(filter %.o,$^) $(LIB) \
	  $(PKG_LIBS) -l:libgomp.so.1 -o $@

.SECONDARY: $(TEST_SRC:%.c=$(B)/%.o) $(BENCH_SRC:%.c=$(B)/%.o)
-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_SRC:%.c=$(B)/%.d) \
  $(BENCH_SRC:%.c=$(B)/%.d) $(ODE_SRC:%.c=$(B)/%.d) \
  $(FUZZ_SRC:%.c=$(B)/%.d) $(B)/tests/fuzz/targets/libfuzzer.d

# The suite: unit tests, then the command line, then both again under the
# address and undefined-behaviour sanitizers; counts come last.
do-test: do-all $(SHARED) $(TEST_BIN) $(B)/eigenstep-faults $(B)/tests/bench/bench_ode
	@$(MAKE) --no-print-directory CFG=asan do-build-tests
	@tests/run release asan
do-build-tests: do-all $(TEST_BIN) $(B)/eigenstep-faults
do-sanitize:
	@$(MAKE) --no-print-directory CFG=asan do-build-tests
	@ES_ALL=1 tests/run asan

do-valgrind: $(TEST_BIN) do-all $(B)/eigenstep-faults
	@JOBS=$(JOBS) tests/valgrind

# clang's OpenMP tells ThreadSanitizer what it does, gcc's does not.
do-tsan: do-all $(B)/eigenstep-faults
	@$(MAKE) --no-print-directory CFG=tsan CC="$(FUZZ_CC)" do-build-tsan
	@tests/tsan
do-build-tsan: $(PROGRAM) $(filter-out $(B)/tests/torch/%,$(TEST_BIN)) \
  $(B)/tests/faults/race

do-coverage:
	@$(MAKE) --no-print-directory CFG=coverage do-build-tests
	@tests/coverage

# Every target of tests/fuzz/ for FUZZ_SECONDS, or FUZZ_TARGETS="yaml npy".
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 600
do-fuzz:
	@$(MAKE) --no-print-directory CFG=fuzz CC="$(FUZZ_CC)" do-build-fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZ_TARGETS)
do-build-fuzz: $(B)/tests/fuzz/fuzz

# A sample of MUTANTS drawn by SEED, of FILES: tests/mutation/README.md.
MUTATED := $(foreach r,api metrics models ntk ode overlay sweep,\
  $(patsubst %.c,$(B)/%.o,$(wildcard tests/$(r)/*.c)))
do-mutation: do-all $(MUTATED)
	@$(PYTHON) tests/mutation/mutation.py --compile '$(CC) $(CFLAGS_ALL)' \
	  --link '$(LDFLAGS) $(TEST_LD)' --libraries '$(PKG_LIBS) -lcmocka' \
	  --tests '$(MUTATED)' --program '$(CLI_OBJ)' --objects '$(LIB_OBJ)' \
	  --jobs '$(JOBS)'

do-demo: do-all
	@tests/demo

# Idle threads spin as briefly as the program has them do (src/cli/main.c).
do-bench: export GOMP_SPINCOUNT ?= 5000
do-bench: do-all $(BENCH_BIN)
	@for b in $(filter $(B)/tests/bench/bench_%,$(BENCH_BIN)); do \
	  PYTHON=$(PYTHON) $$b || exit 1; done
	@$(PYTHON) tests/bench/performance.py out/bench docs
	@echo "docs/performance.md is made of out/bench/*.csv"

# All models against three oracles: under a minute of one core. REFERENCE=1 makes
# the references with 50 digits again first: minutes.
do-accuracy: do-all
	@$(if $(REFERENCE),$(PYTHON) tests/accuracy/reference.py)
	@$(PYTHON) tests/accuracy/accuracy.py --page docs/accuracy.md

# Three hundred kills of trainings and sweeps, each gone on with: minutes.
do-kills: do-all
	@tests/kills

# The largest and longest runs, full disks, two at once, clocks, what may only
# be read: hours. PARTS="full twice", SECONDS=60; makes docs/load.md.
do-load: do-all
	@SECONDS_LONG=$(SECONDS) PYTHON=$(PYTHON) tests/load/run

# The program with faults (tests/faults): what our objects call is wrapped.
FAULTY := $(B)/eigenstep-faults
$(FAULTY): $(B)/tests/faults/shim.o $(CLI_OBJ) $(LIB)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) \
	  $$(nm $< | sed -n 's/.* T __wrap_/-Wl,--wrap=/p') \
	  $< $(CLI_OBJ) $(LIB) $(PKG_LIBS) -o $@
# Every fault of every command, what is held at the end counted by the shim: a
# quarter of an hour; then, under the sanitizers, the first of those that come
# from one place by one way. COMMANDS="flow train", JOBS.
do-faults: do-all
	@$(MAKE) --no-print-directory do-build-faults
	@$(MAKE) --no-print-directory CFG=asan do-build-faults
	@$(PYTHON) tests/faults/faults.py build/release/eigenstep-faults \
	  $(COMMANDS) --jobs $(JOBS)
	@$(PYTHON) tests/faults/faults.py build/asan/eigenstep-faults \
	  $(COMMANDS) --jobs $(JOBS) --alike 1 --modes one
do-build-faults: $(FAULTY)

# All experiments, or EXPERIMENTS="a b".
do-reproduce: do-all $(BENCH_BIN)
	@PYTHON=$(PYTHON) tests/reproduce $(EXPERIMENTS)

# docs/commands, from what --help prints.
do-docs: do-all
	@rm -f docs/commands/*.md
	@install/pages $(PROGRAM) docs/commands md

# experiments/README.md, from the experiments' files and results.
do-gallery:
	@$(PYTHON) tests/experiments.py gallery >experiments/README.md.part
	@mv experiments/README.md.part experiments/README.md

# Packagers set DESTDIR, and LIBDIR where libraries of several machines live
# beside each other. Man pages are what --help says.
SHARE := $(DESTDIR)$(PREFIX)/share
do-install: do-all $(SHARED)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig \
	  $(DESTDIR)$(PREFIX)/include/eigenstep $(SHARE)/eigenstep/plots \
	  $(SHARE)/eigenstep/experiments $(SHARE)/man/man1 \
	  $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/eigenstep
	install -m 644 $(LIB) $(SHARED) $(DESTDIR)$(LIBDIR)/
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(LIBDIR)/libeigenstep.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	  -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(strip $(PKG_LIBS))|' \
	  install/eigenstep.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/eigenstep.pc
	install -m 644 include/eigenstep/*.h $(DESTDIR)$(PREFIX)/include/eigenstep/
	install -m 644 plots/*.gp $(SHARE)/eigenstep/plots/
	install -m 644 experiments/*.yaml $(SHARE)/eigenstep/experiments/
	install/pages $(PROGRAM) $(SHARE)/man/man1 man
	install -m 644 install/eigenstep.bash \
	  $(SHARE)/bash-completion/completions/eigenstep
	install -m 644 install/eigenstep.zsh $(SHARE)/zsh/site-functions/_eigenstep

uninstall: do-uninstall # which needs no library
do-uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/eigenstep $(DESTDIR)$(LIBDIR)/libeigenstep.* \
	  $(DESTDIR)$(LIBDIR)/pkgconfig/eigenstep.pc \
	  $(SHARE)/man/man1/eigenstep.1 $(SHARE)/man/man1/eigenstep-*.1 \
	  $(SHARE)/bash-completion/completions/eigenstep \
	  $(SHARE)/zsh/site-functions/_eigenstep
	rm -rf $(DESTDIR)$(PREFIX)/include/eigenstep $(SHARE)/eigenstep

# What is committed, as eigenstep-VERSION.tar.gz, with the commit's name in it.
RELEASE := eigenstep-$(VERSION)
dist:
	@mkdir -p build
	@git rev-parse --short=12 HEAD >build/.githash
	@git archive --prefix=$(RELEASE)/ --add-file=build/.githash HEAD | \
	  gzip -n >build/$(RELEASE).tar.gz
	@echo build/$(RELEASE).tar.gz

# Debian's packages, made of that alone: install/debian is their recipe.
do-deb: dist
	@install/deb build/$(RELEASE).tar.gz $(VERSION)

check-deps:
	@tests/check-deps
FORMATTED = $$(git ls-files --cached --others --exclude-standard '*.c' '*.h')
format:
	@clang-format -i $(FORMATTED)
format-check:
	@clang-format --dry-run -Werror $(FORMATTED)
lint: format-check check-deps
	@.ci/deps core lint
	@$(MAKE) --no-print-directory -j$(JOBS) do-lint
do-lint: | $(B)/githash.h
	@mkdir -p build/cppcheck
	@cppcheck -j $(JOBS) --cppcheck-build-dir=build/cppcheck --quiet --std=c11 \
	  --error-exitcode=1 --suppressions-list=tests/cppcheck.supp \
	  --enable=warning,style,performance,portability \
	  -Iinclude -Isrc -I. src models tests
	@printf '%s\n' $(LIB_SRC) $(CLI_SRC) $(TEST_SRC) | xargs -n 16 -P $(JOBS) \
	  clang -fsyntax-only $(filter-out -fopenmp,$(CFLAGS_ALL)) -Werror

# clang-tidy over everything (.clang-tidy): minutes of a processor at first,
# then what changed.
TIDY_SRC := $(LIB_SRC) $(CLI_SRC) $(sort $(wildcard tests/*/*.c tests/*/*/*.c))
do-tidy: $(TIDY_SRC:%.c=build/tidy/%.ok)
build/tidy/%.ok: %.c .clang-tidy | $(B)/githash.h
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- $(CFLAGS_ALL) -DES_BENCH_BLAS='""' \
	  -DES_HAVE_SUNDIALS=0 >$@.log 2>/dev/null || \
	  { grep -v 'warnings treated as errors' $@.log; exit 1; }
	@$(CC) $(CFLAGS_ALL) -MM -MP -MT $@ -MF build/tidy/$*.d $< && touch $@
-include $(TIDY_SRC:%.c=build/tidy/%.d)

clean:
	rm -rf build eigenstep
