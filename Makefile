# The front door. Every command installs what it needs (tools/setup), and the same commands run in CI.
.DEFAULT_GOAL := help
.PHONY: help build test demo demo-cluster bench soak chaos sim sim-planted fuzz lint format asan tsan clean
.PRECIOUS: build/%/build.ninja
SEEDS ?= 1000
SECONDS ?= 30
CONNECTIONS ?= 10000
ARGS ?=

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

build/%/build.ninja: CMakePresets.json
	@cmake --preset $*
	@touch $@

build: ## build/release/dockcast, and ws_echo beside it
	@tools/setup build
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target dockcast ws_echo

test: ## everything that can fail, with real Engines and a real Redis; the last line counts
	@tools/test dev

demo: ## containers that talk and a dockcast that shows them, until Ctrl-C
	@exec tools/demo

demo-cluster: ## the same on Redis and three instances behind nginx
	@exec tools/demo --cluster

bench: ## ratios to programs of bare system calls, in one run (ARGS="--only f,g"; ARGS=attacks, ARGS=loud)
	@tools/setup bench
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target dockcast bench_programs
	@exec $(if $(filter attacks loud,$(firstword $(ARGS))),bench/$(ARGS),bench/run $(ARGS))

soak: ## CONNECTIONS=10000 of every kind against one process: nothing is left of them
	@tools/setup build
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target dockcast
	@DOCKCAST_TEST_BINARY=build/release/dockcast exec tests/conformance/soak.py $(CONNECTIONS)

chaos: SECONDS = 600
chaos: ## a real cluster that goes wrong for SECONDS=600, each client's lines compared with the log (SEED=n)
	@tools/setup test
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target dockcast
	@exec tools/chaos $(if $(SEED),--seed $(SEED)) --seconds $(SECONDS) $(ARGS)

sim: ## the simulation: SEEDS=n fresh ones, or SEED=s to replay one
	@tools/setup build
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target sim
	@exec build/release/sim $(if $(SEED),--seed $(SEED) --verbose,--seeds $(SEEDS)) $(ARGS)

sim-planted: ## bugs that are planted in the product, and how many seeds the simulation needs to find each
	@tools/setup build
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target sim sim_planted
	@exec tools/sim-planted $(ARGS)

fuzz: ## the parsers' fuzzers, SECONDS=30 each (ARGS="ws_decoder" runs one)
	@tools/setup fuzz
	@$(MAKE) --no-print-directory build/fuzz/build.ninja
	@cmake --build --preset fuzz
	@exec tools/fuzz $(SECONDS) $(ARGS)

lint: ## clang-format, tools/tidy, clang-tidy
	@tools/setup lint
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run -Werror
	@tools/tidy
	@run-clang-tidy -quiet -p build/dev -extra-arg=-Wno-unknown-warning-option 'src/.*(?<!_test)\.cpp$$'

format: ## clang-format, in place
	@tools/setup lint
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

asan: ## all tests under AddressSanitizer and UBSan (g++)
	@tools/test asan --slow 5

tsan: ## all tests under ThreadSanitizer (clang++)
	@tools/setup fuzz
	@tools/test tsan --slow 10

clean: ## remove build/, and the private Engines in it; downloads are kept in build/cache
	@for engine in build/*/engines/* build/demo/engine; do \
	  if [ -e $$engine/version ]; then tools/engine stop $$engine || exit 1; fi; done
	@if [ -d build ]; then find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +; fi
