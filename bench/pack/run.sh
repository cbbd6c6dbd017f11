#!/bin/sh
# Selectivity Lab for machines without Node and without a network. Needs only /bin/sh and a Vulkan driver.
#   ./run.sh lab ...      the command line (./run.sh lab --help)
#   ./run.sh bench ...    benchmarks in Node (./run.sh bench --help)
#   ./run.sh test [TEXT]  GPU tests whose file contains TEXT
case $0 in */*) here=$(cd "${0%/*}" && pwd) ;; *) here=$(pwd) ;; esac
what=$1
[ $# -gt 0 ] && shift
case $what in
  lab) script=src/cli/main.js ;;
  bench) script=bench/pack/bench.js ;;
  test) script=bench/pack/tests.js ;;
  *) echo "usage: run.sh lab|bench|test ..." >&2; exit 2 ;;
esac
# The command line keeps its caches in the user's folders; a user without one gets them beside this script.
[ -n "$HOME" ] || export HOME="$here/home"
exec "$here/node" "$here/app/$script" "$@"
