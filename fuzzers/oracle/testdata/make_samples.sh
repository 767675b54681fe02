#!/bin/sh
# make_samples.sh LABEL COMPILER [SYMBOLISER]: what a compiler's sanitizers report of shapes.cc, as
# out/LABEL-SHAPE.txt below the current folder; programs go to bin/. The samples in reports/ are these,
# cut by hand. "setarch -R": older ThreadSanitizers do not start where addresses are too random.
label=$1
compiler=$2
symboliser=${3:+:external_symbolizer_path=$3}
source=$(dirname "$0")/shapes.cc
mkdir -p out bin

build() {  # PROGRAM OPTION...
  program=bin/$label-$1
  shift
  "$compiler" -std=c++17 -g -w -fno-omit-frame-pointer -fno-optimize-sibling-calls -pthread "$@" \
    "$source" -o "$program"
}
report() {  # NAME COMMAND...
  name=$1
  shift
  "$@" >/dev/null 2>"out/$label-$name.txt"
}

build asan -O1 -fsanitize=address
build asan2 -O2 -fsanitize=address
build ubsan -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
build tsan -O1 -fsanitize=thread

plain=detect_leaks=0$symboliser
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1$symboliser"
for shape in const-ref lambda rvalue index bool double-free abi pointers segv size deep; do
  report $shape env ASAN_OPTIONS=$plain bin/$label-asan $shape
done
for shape in inlined clone; do
  report $shape env ASAN_OPTIONS=$plain bin/$label-asan2 $shape
done
report leak env ASAN_OPTIONS=detect_leaks=1$symboliser bin/$label-asan leak
report colour env ASAN_OPTIONS=$plain:color=always bin/$label-asan const-ref
report no-symboliser env ASAN_OPTIONS=$plain:symbolize=0 bin/$label-asan const-ref
report check env ASAN_OPTIONS=$plain:redzone=17 bin/$label-asan const-ref
report no-memory sh -c "ulimit -v 30000000; ASAN_OPTIONS=$plain bin/$label-asan const-ref"
report overflow env ASAN_OPTIONS=$plain bin/$label-ubsan overflow
report overflow-colour env ASAN_OPTIONS=$plain:color=always \
  UBSAN_OPTIONS="$UBSAN_OPTIONS:color=always" bin/$label-ubsan overflow
threads=halt_on_error=1:second_deadlock_stack=1$symboliser
for shape in race order thread-leak segv; do
  report tsan-$shape env TSAN_OPTIONS=$threads setarch -R bin/$label-tsan $shape
done
report tsan-race-colour env TSAN_OPTIONS=$threads:color=always setarch -R bin/$label-tsan race
