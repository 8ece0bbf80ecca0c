#!/usr/bin/env bash
# Tests and times the CUDA device on a machine with a GPU, and writes results/DATE.json and the logs beside it. It goes on
# after a step that fails and says so at the end.
# usage: run.sh [DATA], a folder with CHASE_DB1 for a short real training
set -uo pipefail
cd "$(dirname "$0")"
data=${1:-}
date=$(date -u +%Y-%m-%d)
out=results
mkdir -p "$out"
failed=()
skipped=()

step() { # NAME COMMAND…: runs a command with a log of its own
  local name=$1
  shift
  printf '==> %s\n' "$name"
  if ! "$@" >"$out/$name.log" 2>&1; then
    failed+=("$name")
    tail -20 "$out/$name.log"
  fi
}

skip() { printf '==> %s: skipped, %s\n' "$1" "$2"; skipped+=("$1"); }

export GOLDEN_NETWORKS=$PWD/golden
step driver ./cuda-tests -test.v -test.run TestDriverHasEveryFunction
step tests ./cuda-tests -test.v -test.timeout 30m
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck initcheck; do
    step "sanitizer-$tool" compute-sanitizer --tool $tool --error-exitcode 1 ./cuda-tests -test.run 'TestTiny|TestGolden'
  done
else
  skip sanitizer "there is no compute-sanitizer"
fi

step throughput ./cuda-tests -test.v -test.timeout 30m -test.run TestThroughput -throughput "$out/ours.jsonl"
: >"$out/torch.jsonl"
if [ -f torch_reference.py ] && python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
  for precision in fp32 tf32; do
    for mode in eager compile; do
      for shape in "32 48" "256 48" "16 256"; do
        set -- $shape
        step "torch-$precision-$mode-$1x$2" python3 torch_peer.py "$out/torch.jsonl" $precision $mode --batch "$1" --size "$2"
      done
    done
  done
else
  skip torch "there is no torch with CUDA"
fi

if [ -n "$data" ]; then
  for device in cuda cpu; do # their AUC should differ by less than 0.001
    step "training-$device" ./sweep-cuda -config experiments.toml -profile quick -data "$data" -only 'dataset=CHASE_DB1,arch=R2U-Net,t=2' \
      -device $device -out "$out/training-$device"
  done
else
  skip training "no folder with datasets was given"
fi

quote() { printf '"%s"' "$(printf '%s' "$1" | tr -d '"\\')"; }
list() { local sep=; printf '['; for x in "$@"; do printf '%s' "$sep"; quote "$x"; sep=,; done; printf ']'; }
rows() { if [ -s "$1" ]; then paste -sd, "$1"; fi; }
{
  printf '{"date": "%s", "commit": "%s",\n' "$date" "$(cat commit)"
  printf ' "gpu": %s,\n' "$(quote "$(grep -o 'cuda: .*' "$out/driver.log" | head -1)")"
  printf ' "failed": %s, "skipped": %s,\n' "$(list "${failed[@]}")" "$(list "${skipped[@]}")"
  printf ' "ours": [%s],\n "torch": [%s]}\n' "$(rows "$out/ours.jsonl")" "$(rows "$out/torch.jsonl")"
} >"$out/$date.json"
echo "written: $out/$date.json"
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
